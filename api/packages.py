"""Are the system's packages here that Wangge needs, and how does one get them?"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from ctypes.util import find_library
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gis.errors import GridError, Unavailable
from gis.store.postgres import POSTGIS_PACKAGE, apt_line, find_postgres, installed_postgres
from maps.pdf_fonts import PACKAGE as PDF_FONT
from maps.pdf_fonts import chinese_font_file
from maps.words import say

# Chromium without windows draws the same pages for half the processor time. Then the whole one:
# Debian's name, Ubuntu's name.
WINDOWLESS: Final = "chromium-headless-shell"
CHROMIUM: Final = (WINDOWLESS, "chromium", "chromium-browser")
LIBATOMIC: Final = "libatomic1"  # the Node that Playwright brings along needs it
CJK_FONT: Final = "fonts-noto-cjk"
FONT_FOLDERS: Final = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"))
CJK_FONT_FILES: Final = ("*CJK*", "*wqy*", "*DroidSansFallback*", "*SourceHan*")
# Read by Debian's package of PostgreSQL when it is installed: without it, a cluster called main
# would be made and started, which nobody asked for.
NO_MAIN_CLUSTER: Final = Path("/etc/postgresql-common/createcluster.d/wangge.conf")


@dataclass(frozen=True)
class Need:
    """Something that must be on the machine; `packages` are its names, the first wins."""

    name: str
    is_here: Callable[[], bool]
    packages: tuple[str, ...]


NEEDS: Final = (
    Need("PostGIS", lambda: has_postgis(), (POSTGIS_PACKAGE,)),
    Need("PDF", lambda: has_pdf_font(), (PDF_FONT,)),
)
TEST_NEEDS: Final = (
    Need("Chromium", lambda: chromium() is not None, CHROMIUM),
    Need("libatomic", lambda: find_library("atomic") is not None, (LIBATOMIC,)),
    Need("CJK", lambda: has_cjk_font(), (CJK_FONT,)),
)
# Not refused where it stays away, but installed where that can be.
TEST_WISHES: Final = (
    Need(
        "Chromium",
        lambda: bool(shutil.which(WINDOWLESS)) or not _is_offered(WINDOWLESS),
        (WINDOWLESS,),
    ),
)


def check_packages(*, tests: bool, install: bool, language: str) -> None:
    """Look for what Wangge needs, and with `tests` for what its tests need.

    As root with `install` what is missing is installed, which is said first; so is what only
    makes the tests quicker. Raises Unavailable with the one line that installs what is needed, or
    when that has not helped.
    """
    wanted = NEEDS + TEST_NEEDS if tests else NEEDS
    missing = _missing(wanted)
    if install and os.geteuid() == 0 and shutil.which("apt-get"):
        wished = _missing(TEST_WISHES) if tests else []
        if missing or wished:
            _install([*missing, *wished], language)
            missing = _missing(wanted)
    if missing:
        names = "、".join(need.name for need in missing)
        raise Unavailable("error.packages_missing", names=names, command=install_line(missing))
    if not install:
        print(say(language, "packages.all_here"))


def chromium() -> str | None:
    """The program of the Chromium that the tests drive; None where there is none."""
    return next(filter(None, map(shutil.which, CHROMIUM)), None)


def install_line(missing: Sequence[Need]) -> str:
    """The one line that installs what is missing.

    >>> install_line(NEEDS).split()[-4:]
    ['install', '-y', '--no-install-recommends', 'postgresql-postgis']
    """
    return apt_line("--no-install-recommends", *dict.fromkeys(map(_package_of, missing)))


def has_postgis() -> bool:
    """Is there a PostgreSQL with PostGIS? Raises Unavailable when there is only one too old."""
    try:
        find_postgres(installed_postgres())
    except GridError as error:
        if error.key == "error.postgis_missing":
            return False
        raise
    return True


def has_pdf_font() -> bool:
    """Can Chinese be written in a PDF on this machine?"""
    try:
        chinese_font_file()
    except GridError:
        return False
    return True


def has_cjk_font() -> bool:
    """Can Chinese be drawn on this machine?"""
    return any(
        next(folder.rglob(pattern), None) is not None
        for folder in FONT_FOLDERS
        for pattern in CJK_FONT_FILES
    )


def _missing(wanted: Sequence[Need]) -> list[Need]:
    return [need for need in wanted if not need.is_here()]


def _install(missing: Sequence[Need], language: str) -> None:
    quietly = ["-q", "-o", "DPkg::Lock::Timeout=120"]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    print(say(language, "packages.updating"), flush=True)
    subprocess.run(["apt-get", "update", *quietly], check=False, env=environment)
    line = install_line(missing)
    print(say(language, "packages.installing", command=line), flush=True)
    with _no_main_cluster():
        subprocess.run([*line.split(), *quietly], check=False, env=environment)


@contextmanager
def _no_main_cluster() -> Iterator[None]:
    """Keep the package from making a cluster of its own, where there is no PostgreSQL so far."""
    if NO_MAIN_CLUSTER.parent.parent.exists():
        yield
        return
    NO_MAIN_CLUSTER.parent.mkdir(parents=True)
    NO_MAIN_CLUSTER.write_text("create_main_cluster = false\n", encoding="ascii")
    try:
        yield
    finally:
        NO_MAIN_CLUSTER.unlink()


def _package_of(need: Need) -> str:
    """The first of its packages that this system offers; the first of all when none is known."""
    for package in need.packages:
        if _is_offered(package):
            return package
    return need.packages[0]


def _is_offered(package: str) -> bool:
    if not shutil.which("apt-cache"):
        return False
    told = subprocess.run(
        ["apt-cache", "policy", package],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
    )
    return "Candidate:" in told.stdout and "Candidate: (none)" not in told.stdout
