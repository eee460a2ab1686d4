"""Missing system packages: named in one line, or installed by root, who is told so first."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from api import packages
from api.packages import NEEDS, TEST_NEEDS, check_packages, install_line
from gis.errors import Unavailable
from gis.store.postgres import Postgres

APT_CACHE = """#!/bin/sh
echo "$2:"
case "$2" in {unknown}) echo "  Candidate: (none)";; *) echo "  Candidate: 1.0";; esac
"""
APT_GET = """#!/bin/sh
echo "apt-get $1, main cluster: $(cat {no_main_cluster} 2>/dev/null || echo as ever)" >> {said}
[ "$1" = update ] || touch {installed}
"""


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A Debian on which PostGIS is missing until apt-get has installed it."""
    put_program(tmp_path, "apt-cache", APT_CACHE.format(unknown="chromium|chromium-headless-shell"))
    no_main_cluster = tmp_path / "postgresql-common" / "createcluster.d" / "wangge.conf"
    put_program(
        tmp_path,
        "apt-get",
        APT_GET.format(
            no_main_cluster=no_main_cluster,
            said=tmp_path / "said",
            installed=tmp_path / "installed",
        ),
    )
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(packages, "NO_MAIN_CLUSTER", no_main_cluster)
    monkeypatch.setattr(packages, "has_postgis", lambda: (tmp_path / "installed").exists())
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return tmp_path


def put_program(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text)
    (folder / name).chmod(0o755)


def test_this_machine_has_what_the_tests_need(capsys):
    check_packages(tests=True, install=False, language="en")

    assert capsys.readouterr().out == "Every system package that is needed is here.\n"


def test_what_is_missing_is_named_with_the_line_that_installs_it(machine):
    with pytest.raises(Unavailable) as refused:
        check_packages(tests=False, install=False, language="en")

    assert refused.value.values == {
        "names": "PostGIS",
        "command": "apt-get install -y --no-install-recommends postgresql-postgis",
    }


def test_an_ordinary_user_gets_the_line_with_sudo_and_nothing_is_run(machine, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(Unavailable) as refused:
        check_packages(tests=False, install=True, language="en")

    assert str(refused.value.values["command"]).startswith("sudo apt-get install -y ")
    assert not (machine / "said").exists()


def test_root_installs_after_saying_so_and_without_a_main_cluster(machine, capfd):
    check_packages(tests=False, install=True, language="en")

    assert (machine / "said").read_text().splitlines() == [
        "apt-get update, main cluster: as ever",
        "apt-get install, main cluster: create_main_cluster = false",
    ]
    assert "Installing: apt-get install -y" in capfd.readouterr().out
    assert list((machine / "postgresql-common" / "createcluster.d").iterdir()) == []


def test_where_postgresql_is_at_home_already_its_habits_stay(machine):
    (machine / "postgresql-common").mkdir()
    check_packages(tests=False, install=True, language="en")

    assert "create_main_cluster" not in (machine / "said").read_text()


def test_an_installation_that_does_not_help_is_said(machine):
    put_program(machine, "apt-get", "#!/bin/sh\nexit 100\n")
    with pytest.raises(Unavailable) as refused:
        check_packages(tests=False, install=True, language="en")

    assert refused.value.key == "error.packages_missing"


def test_a_package_goes_by_the_name_this_system_has_for_it(machine):
    assert install_line(TEST_NEEDS).split()[-3:] == [
        "chromium-browser",
        "libatomic1",
        "fonts-noto-cjk",
    ]


def test_root_gets_the_quicker_chromium_where_there_is_one_and_tests_run_without_it(
    machine, monkeypatch, capfd
):
    monkeypatch.setattr(packages, "has_postgis", lambda: True)
    here = {"chromium": "/usr/bin/chromium"}
    which = packages.shutil.which
    monkeypatch.setattr(
        packages.shutil, "which", lambda name: here.get(name) if "chrom" in name else which(name)
    )
    check_packages(tests=True, install=True, language="en")
    assert not (machine / "said").exists()  # none is offered
    put_program(machine, "apt-cache", APT_CACHE.format(unknown="nothing"))
    check_packages(tests=True, install=True, language="en")  # apt-get brings none, all the same

    assert "Installing: apt-get install -y" in capfd.readouterr().out
    assert (machine / "said").read_text().count("apt-get install") == 1
    assert packages.chromium() == "/usr/bin/chromium"
    here[packages.WINDOWLESS] = "/usr/bin/chromium-headless-shell"
    check_packages(tests=True, install=True, language="en")
    assert (machine / "said").read_text().count("apt-get install") == 1
    assert packages.chromium() == "/usr/bin/chromium-headless-shell"


def test_a_postgis_too_old_is_said_and_not_installed_again(machine, monkeypatch):
    monkeypatch.undo()
    old = [Postgres(14, Path("/usr/lib/postgresql/14/bin"), (3, 2))]
    monkeypatch.setattr(packages, "installed_postgres", lambda: old)
    with pytest.raises(Unavailable) as refused:
        check_packages(tests=False, install=True, language="en")

    assert refused.value.key == "error.postgis_too_old"


def test_the_needs_of_the_tests_come_on_top():
    names = [need.name for need in NEEDS + TEST_NEEDS]
    assert names == ["PostGIS", "PDF", "Chromium", "libatomic", "CJK"]
