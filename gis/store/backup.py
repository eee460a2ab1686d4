"""A backup that is whole or isn't there, and a restore that can be taken back."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from gis.errors import BadFile, BadInput, Conflict, Unavailable
from gis.store.cluster import Cluster
from gis.store.cluster_conf import SUPERUSER
from gis.store.cluster_files import locked
from gis.store.roles import DATABASE, OWNER, check_server, prepare
from gis.store.server import Server
from gis.whole_files import written_whole

MAGIC: Final = b"PGDMP"  # how pg_dump's custom format begins
FRESH: Final = "wangge_restoring"
LOCK_WAIT: Final = "10min"  # how long a dump waits for a table that is being changed
POLL_S: Final = 0.2
OTHERS: Final = (
    "SELECT pid FROM pg_stat_activity"
    " WHERE datname = %s AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
)
BEIJING: Final = ZoneInfo("Asia/Shanghai")

Progress = Callable[[int], None]  # hears the bytes written so far
Migrate = Callable[[str], None]  # brings the database at an owner's address up to date


def backup(url: str, file: Path, *, pg_dump: str, progress: Progress) -> int:
    """Write a backup of the database at `url` to `file`, readable by its writer alone.

    It is written aside, checked, and takes its name when all of it is on the disk; an older
    backup there is replaced only then. Returns the size in bytes. Raises BadInput when something
    else is in the way, Unavailable when the database or the disk fails.
    """
    _check_target(file)
    try:
        with _aside(file) as aside:
            _dump(url, aside, pg_dump, progress)
            contents(aside, pg_dump)
    except OSError as error:
        raise Unavailable("error.backup_failed", reason=str(error.strerror)) from error
    return file.stat().st_size


def restore(
    cluster: Cluster, file: Path, *, end_sessions: bool, migrate: Migrate, now: datetime
) -> str:
    """Put a backup in the place of the database of a running cluster.

    It is read into a fresh database, brought up to date by `migrate` and checked; then the two
    change names in one transaction. Returns the name under which the old one is kept. Raises
    BadFile for what is no whole backup of ours, Conflict while somebody is connected (with
    `end_sessions` their connections are ended instead); the database is then as it was.
    """
    server = cluster.server
    tables = contents(file, server.postgres.program("pg_dump"))
    if "alembic_version" not in tables:
        raise BadFile("error.not_our_backup", file=str(file))
    kept = f"{DATABASE}_before_restore_{stamp(now)}"
    with locked(cluster.place, cluster.tell, "maintenance"), server.connect() as admin:
        if not end_sessions:  # say so before the long work, not only after it
            _clear_sessions(admin, end_sessions=False)
        try:
            _drop(admin, FRESH)
            load(server, file, FRESH)
            _check_restored(server, tables, migrate)
            _end_sign_ins(server)
            with only_us(server, end_sessions=end_sessions):
                _rename_both(admin, kept)
        finally:
            _drop(admin, FRESH)
    return kept


def contents(file: Path, pg_dump: str) -> set[str]:
    """The names of the tables in a backup. Raises BadFile when it is none or can't be read."""
    try:
        with file.open("rb") as opened:
            begins = opened.read(len(MAGIC))
    except OSError as error:
        raise BadFile("error.backup_unreadable", file=str(file)) from error
    if begins != MAGIC:
        raise BadFile("error.not_a_backup", file=str(file))
    listed = _run([_beside(pg_dump, "pg_restore"), "--list", str(file)])
    if listed.returncode:
        raise BadFile("error.not_a_backup", file=str(file))
    # 3456; 0 16789 TABLE DATA public alembic_version wangge_owner
    lines = (line.split() for line in listed.stdout.splitlines() if not line.startswith(";"))
    return {words[6] for words in lines if words[3:5] == ["TABLE", "DATA"]}


def load(server: Server, file: Path, database: str) -> None:
    """Read a backup into a database of its own, made for it. Raises BadFile at the first fault."""
    prepare(server, database)
    options = ["--exit-on-error", "--jobs", "2", "--no-password"]
    address = server.url(SUPERUSER, database)
    program = server.postgres.program("pg_restore")
    ran = _run([program, *options, "--dbname", address, str(file)])
    if ran.returncode:
        raise BadFile("error.restore_failed", file=str(file), reason=_last_line(ran.stderr))
    with server.connect(database) as connection:
        connection.execute("ANALYZE")


@contextmanager
def only_us(server: Server, *, end_sessions: bool) -> Iterator[None]:
    """Keep everybody but the superuser out of the database for the length of a block.

    Raises Conflict while somebody is connected; with `end_sessions` the connection is ended. A
    database that has another name, or that is served no more after the block, stays closed.
    """
    with server.connect() as admin:
        _limit_connections(admin, 0)
        try:
            _clear_sessions(admin, end_sessions=end_sessions)
            yield
        finally:
            with suppress(psycopg.OperationalError):
                _limit_connections(admin, -1)


def stamp(now: datetime) -> str:
    """A moment as part of a name, in Beijing time.

    >>> from datetime import UTC
    >>> stamp(datetime(2026, 11, 22, 1, 2, 3, tzinfo=UTC))
    '20261122_090203'
    """
    return f"{now.astimezone(BEIJING):%Y%m%d_%H%M%S}"


def _check_target(file: Path) -> None:
    if not file.parent.is_dir():
        raise BadInput("error.folder_missing", folder=str(file.parent))
    if not file.exists():
        return
    if not file.is_file() or not _is_backup(file):
        raise BadInput("error.file_in_the_way", file=str(file))


@contextmanager
def _aside(file: Path) -> Iterator[Path]:
    """A new empty file beside `file` that only we may read, and that takes its place."""
    with ExitStack() as open_files:
        try:
            whole = open_files.enter_context(written_whole(file, 0o600))
        except OSError as error:
            raise BadInput("error.folder_not_writable", folder=str(file.parent)) from error
        yield Path(whole.name)


def _is_backup(file: Path) -> bool:
    with suppress(OSError), file.open("rb") as opened:
        return opened.read(len(MAGIC)) == MAGIC
    return False


def _dump(url: str, aside: Path, pg_dump: str, progress: Progress) -> None:
    address: dict[str, Any] = conninfo_to_dict(url)
    password = address.pop("password", None)  # others can read a command line
    # Into a file by name: on its standard output pg_dump 17 leaves out where each table begins.
    options = ["--format", "custom", "--no-password", "--lock-wait-timeout", LOCK_WAIT]
    options += ["--file", str(aside), "--dbname", make_conninfo(**address)]
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as said:
        environment = _environment() | ({"PGPASSWORD": str(password)} if password else {})
        process = subprocess.Popen(
            [*_end_with_us(), pg_dump, *options],
            stdin=subprocess.DEVNULL,
            stderr=said,
            env=environment,
        )
        try:
            while process.poll() is None:
                progress(aside.stat().st_size)
                time.sleep(POLL_S)
        finally:
            process.kill()
            process.wait()
        progress(aside.stat().st_size)
        if process.returncode:
            said.seek(0)
            raise Unavailable("error.backup_failed", reason=_last_line(said.read()))


def _check_restored(server: Server, tables: Iterable[str], migrate: Migrate) -> None:
    with server.connect(FRESH) as connection:
        check_server(connection)
        there = {
            name
            for (name,) in connection.execute("SELECT relname FROM pg_class WHERE relkind = 'r'")
        }
    missing = sorted(set(tables) - there)
    if missing:
        raise BadFile("error.restore_failed", file=FRESH, reason=f"no table {missing[0]}")
    migrate(server.url(OWNER, FRESH))


def _end_sign_ins(server: Server) -> None:
    """Sessions that ended after the backup was made must not come back to life with it."""
    with server.connect(FRESH) as connection:
        if connection.execute("SELECT to_regclass('account_session')").fetchone() != (None,):
            connection.execute("DELETE FROM account_session")


def _rename_both(admin: psycopg.Connection[Any], kept: str) -> None:
    rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
    with admin.transaction():  # PostgreSQL itself waits up to 5 s for sessions that are ending
        admin.execute(rename.format(sql.Identifier(DATABASE), sql.Identifier(kept)))
        admin.execute(rename.format(sql.Identifier(FRESH), sql.Identifier(DATABASE)))


def _clear_sessions(admin: psycopg.Connection[Any], *, end_sessions: bool) -> None:
    others = [pid for (pid,) in admin.execute(OTHERS, (DATABASE,))]
    if others and not end_sessions:
        raise Conflict("error.database_in_use", count=len(others))
    for pid in others:
        admin.execute("SELECT pg_terminate_backend(%s)", (pid,))


def _limit_connections(admin: psycopg.Connection[Any], limit: int) -> None:
    statement = sql.SQL("ALTER DATABASE {} CONNECTION LIMIT {}")
    admin.execute(statement.format(sql.Identifier(DATABASE), sql.Literal(limit)))


def _drop(admin: psycopg.Connection[Any], database: str) -> None:
    statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
    admin.execute(statement.format(sql.Identifier(database)))


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*_end_with_us(), *command],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
        env=_environment(),
    )


def _environment() -> dict[str, str]:
    """Ours, with a locale that is there: a server of somebody else's may need PGSSLROOTCERT."""
    return {**os.environ, "LC_ALL": "C.UTF-8"}


def _end_with_us() -> list[str]:
    """The prefix with which a program ends when we are killed."""
    return ["setpriv", "--pdeathsig", "KILL"]


def _beside(program: str, name: str) -> str:
    return str(Path(program).with_name(name))


def _last_line(said: str) -> str:
    return said.strip().rpartition("\n")[2]
