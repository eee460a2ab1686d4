"""Which PostgreSQL with PostGIS is on this machine, and how are its programs run?"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gis.errors import Unavailable

OLDEST_MAJOR: Final = 14
OLDEST_POSTGIS: Final = (3, 3)
# Debian and Ubuntu, the PostgreSQL project's own RPMs, and whatever an administrator built.
PROGRAM_FOLDERS: Final = ("usr/lib/postgresql/*/bin", "usr/pgsql-*/bin", "usr/local/pgsql/bin")
# On Debian and Ubuntu this package brings the distribution's own PostgreSQL with it.
POSTGIS_PACKAGE: Final = "postgresql-postgis"


@dataclass(frozen=True)
class Postgres:
    """One installed PostgreSQL that has PostGIS; `programs` is the folder of its programs."""

    major: int
    programs: Path
    postgis: tuple[int, int]

    def program(self, name: str) -> str:
        """The path of one of its programs, such as "initdb"."""
        return str(self.programs / name)


@dataclass(frozen=True)
class Owner:
    """The user of the operating system under whom a cluster runs and to whom its files belong."""

    name: str
    uid: int
    gid: int

    @classmethod
    def of(cls, uid: int) -> Owner:
        """The user with this number. Raises Unavailable for one without a name."""
        try:
            entry = pwd.getpwuid(uid)
        except KeyError as error:
            raise Unavailable("error.user_without_name", uid=uid) from error
        return cls(entry.pw_name, entry.pw_uid, entry.pw_gid)


def installed_postgres(machine: Path = Path("/")) -> list[Postgres]:
    """Every PostgreSQL from 14 on with PostGIS on this machine, newest first."""
    folders = (folder for pattern in PROGRAM_FOLDERS for folder in machine.glob(pattern))
    found = (_look_into(folder) for folder in folders)
    return sorted(
        (postgres for postgres in found if postgres and postgres.major >= OLDEST_MAJOR),
        key=lambda postgres: postgres.major,
        reverse=True,
    )


def find_postgres(installed: Sequence[Postgres], data_majors: Iterable[int] = ()) -> Postgres:
    """The PostgreSQL to use: the one whose data exists, else the newest.

    `data_majors` are the majors of the data folders there are; the newest of them counts.
    Raises Unavailable when none is installed, when PostGIS is older than 3.3, or when the data
    belongs to a major that is not installed.
    """
    wanted = max(data_majors, default=None)
    fitting = [postgres for postgres in installed if postgres.postgis >= OLDEST_POSTGIS]
    if wanted is not None and wanted not in {postgres.major for postgres in fitting}:
        raise Unavailable(
            "error.other_major",
            major=wanted,
            installed=", ".join(str(postgres.major) for postgres in fitting) or "–",
            command=apt_line(f"postgresql-{wanted}-postgis-3"),
        )
    if not installed:
        raise Unavailable("error.postgis_missing", command=apt_line(POSTGIS_PACKAGE))
    if not fitting:
        version = ".".join(str(part) for part in installed[0].postgis)
        raise Unavailable("error.postgis_too_old", version=version, oldest="3.3")
    return next(postgres for postgres in fitting if wanted in (None, postgres.major))


def client_program(name: str) -> str:
    """The newest of a client program such as "psql"; a newer one also serves older servers.

    Raises Unavailable when it isn't installed.
    """
    found = [path for pattern in PROGRAM_FOLDERS for path in Path("/").glob(f"{pattern}/{name}")]
    newest = max(found, key=_number_in, default=None) or shutil.which(name)
    if newest is None:
        raise Unavailable("error.client_missing", name=name, command=apt_line("postgresql-client"))
    return str(newest)


def apt_line(*packages: str) -> str:
    """The one line that installs these packages on Debian and Ubuntu."""
    sudo = "" if os.geteuid() == 0 else "sudo "
    return f"{sudo}apt-get install -y {' '.join(packages)}"


def run_as(
    owner: Owner, command: Sequence[str], *, typed: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a program of PostgreSQL as `owner`, with `typed` on its standard input.

    Root steps down to the owner; everyone else is the owner already.
    """
    stepping_down = os.geteuid() == 0 and owner.uid != 0
    return subprocess.run(
        command,
        input=typed,
        stdin=subprocess.DEVNULL if typed is None else None,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
        cwd="/",  # a folder the owner can't enter would stop initdb and postgres
        env=clean_environment(),
        umask=0o077,
        user=owner.uid if stepping_down else None,
        group=owner.gid if stepping_down else None,
        extra_groups=[] if stepping_down else None,
    )


def clean_environment() -> dict[str, str]:
    """What PostgreSQL's programs see of our environment: a path, and a locale that is there.

    An uninstalled LC_ALL aborts initdb, PGOPTIONS or PGSERVICE would lead elsewhere, and English
    messages are what `server.py` reads.
    """
    path = os.environ.get("PATH", "/usr/bin:/bin")
    return {"PATH": path, "HOME": "/", "LC_ALL": "C.UTF-8", "LANG": "C.UTF-8"}


def _look_into(folder: Path) -> Postgres | None:
    try:
        told = run_as(
            Owner.of(os.geteuid()), [str(folder / "pg_config"), "--version", "--sharedir"]
        )
    except OSError:
        return None
    version = re.match(r"PostgreSQL (\d+).*\n(.+)\n", told.stdout)
    if told.returncode or not version or not (folder / "initdb").exists():
        return None
    postgis = _postgis_version(Path(version[2]) / "extension" / "postgis.control")
    return Postgres(int(version[1]), folder, postgis) if postgis else None


def _number_in(program: Path) -> int:
    numbers = re.findall(r"\d+", str(program))
    return int(numbers[0]) if numbers else 0


def _postgis_version(control: Path) -> tuple[int, int] | None:
    try:
        found = re.search(r"default_version\s*=\s*'(\d+)\.(\d+)", control.read_text("utf-8"))
    except OSError:
        return None
    return (int(found[1]), int(found[2])) if found else None
