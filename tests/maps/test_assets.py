"""The assets: exact, local, and never half there."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from gis.errors import BadFile, Unavailable
from maps import assets

ROOT = Path(__file__).parents[2]


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """Somewhere to install to, with an npm that lays out files of our own making."""
    made = {name: f"/* {name} */" for name in assets.WANTED}

    def lay_out(scratch: Path) -> Path:
        for name, text in made.items():
            file = scratch / "node_modules" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        return scratch / "node_modules"

    packages = lay_out(tmp_path / "once")
    sums = tmp_path / "assets.sha256"
    sums.write_text(
        "".join(f"{assets._sha256(packages / s)}  {n}\n" for s, n in assets.WANTED.items())
    )
    monkeypatch.setattr(assets, "SUMS", sums)
    monkeypatch.setattr(assets, "ROOT", tmp_path)
    monkeypatch.setattr(assets, "VENDOR", tmp_path / "static" / "vendor")
    monkeypatch.setattr(assets, "_run_npm", lay_out)
    return made


def test_every_asset_here_is_the_one_written_down_and_names_no_other_origin():
    assert assets.faults(assets.VENDOR) == []
    assert sorted(assets.expected_sums()) == sorted(assets.WANTED.values())


def test_versions_are_exact_and_the_lock_file_names_no_address():
    package = json.loads((ROOT / "package.json").read_text())
    wanted = package["dependencies"] | package["devDependencies"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values())
    lock = (ROOT / "package-lock.json").read_text()
    assert "http" not in lock
    locked = json.loads(lock)["packages"]
    assert {name: locked[f"node_modules/{name}"]["version"] for name in wanted} == wanted
    assert all("integrity" in entry for name, entry in locked.items() if name)


def test_a_second_run_fetches_nothing(elsewhere, monkeypatch):
    assert assets.install() is True
    monkeypatch.setattr(assets, "_run_npm", lambda scratch: pytest.fail("npm ran again"))
    assert assets.install() is False
    manifest = json.loads((assets.VENDOR / "manifest.json").read_text())
    assert manifest == assets.expected_sums()


def test_a_damaged_or_missing_file_is_fetched_again(elsewhere):
    assets.install()
    (assets.VENDOR / "leaflet/leaflet.js").write_text("broken")
    (assets.VENDOR / "leaflet/leaflet.css").unlink()
    assert assets.faults(assets.VENDOR) == ["leaflet/leaflet.js", "leaflet/leaflet.css"]
    assert assets.install() is True
    assert assets.faults(assets.VENDOR) == []


def test_a_file_with_another_sum_is_refused_and_the_old_ones_stay(elsewhere):
    assets.install()
    (assets.VENDOR / "leaflet/leaflet.js").write_text("older")
    elsewhere["swagger-ui-dist/swagger-ui.css"] = "another release"
    with pytest.raises(BadFile, match=r"swagger-ui/swagger-ui\.css"):
        assets.install()
    assert (assets.VENDOR / "leaflet/leaflet.js").read_text() == "older"
    assert list((assets.ROOT / "build").iterdir()) == []


@pytest.mark.parametrize(
    "css",
    [
        "a{background:url(https://cdn.example/a.png)}",
        "@font-face{src:url( '//cdn.example/f.woff2' )}",
        "@import 'http://cdn.example/more.css';",
    ],
)
def test_a_style_sheet_that_names_another_origin_is_refused(css):
    assert len(assets.remote_urls(css)) == 1
    assert assets.remote_urls("a{background:url(data:image/svg+xml,<svg xmlns='http://w3'>)}") == []


def test_without_any_npm_the_message_says_what_to_do(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(assets, "VENDOR", tmp_path / "vendor")
    monkeypatch.setattr(assets, "_npm_commands", list)
    assert assets.main() == 1
    shown = capsys.readouterr().err
    assert "找不到 npm" in shown
    assert "make setup" in shown


def test_a_failing_npm_is_followed_by_the_next_and_then_by_a_clear_error(monkeypatch, tmp_path):
    asked = []

    def fail(command, **options):
        asked.append(command[0])
        return subprocess.CompletedProcess(command, 1, "", "")

    monkeypatch.setattr(assets, "_npm_commands", lambda: [["npm"], ["python"]])
    monkeypatch.setattr(subprocess, "run", fail)
    with pytest.raises(Unavailable, match="assets_unreachable"):
        assets._run_npm(tmp_path)
    assert asked == ["npm", "python"]
