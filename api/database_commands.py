"""Commands about the database: the embedded cluster, or what one can do with somebody else's."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import psycopg
import typer
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from api.settings import Settings
from api.terminal import complain, language, tell
from gis.errors import Conflict, Unavailable
from gis.store.backup import backup, restore, stamp
from gis.store.cluster import Cluster
from gis.store.cluster_conf import SUPERUSER
from gis.store.postgres import client_program
from gis.store.roles import APP, OWNER, PUBLIC, WORKER, check_server, role_script
from gis.store.upgrade import upgrade
from maps.words import say

app = typer.Typer(
    no_args_is_help=True, help="数据库 database: start, stop, back up, restore, upgrade"
)

MEGABYTE: Final = 1_000_000
LINE_EVERY_S: Final = 10.0


class Role(StrEnum):
    """As whom one looks into the database."""

    OWNER = "owner"
    APP = "app"
    WORKER = "worker"
    PUBLIC = "public"
    SUPERUSER = "superuser"


NAMES: Final = {
    Role.OWNER: OWNER,
    Role.APP: APP,
    Role.WORKER: WORKER,
    Role.PUBLIC: PUBLIC,
    Role.SUPERUSER: SUPERUSER,
}


@app.command()
def start() -> None:
    """启动 Start the embedded database, to stay until it is stopped."""
    running = _own_cluster().start()
    tell("database.started" if running.started_here else "database.runs_already")


@app.command()
def stop() -> None:
    """停止 Stop the embedded database."""
    stopped = _own_cluster().stop()
    tell("database.stopped" if stopped else "database.does_not_run")


@app.command()
def status() -> None:
    """状态 Where the database is and whether it answers."""
    settings = Settings()
    if settings.database_url:
        _status_of_another(settings.database_url)
        return
    found = _own_cluster().status()
    if found.pid is None:
        tell("database.does_not_run")
    else:
        tell("database.runs", pid=found.pid, major=found.major)
    for name, value in {
        "data": found.data,
        "socket": found.socket_folder,
        "log": found.log,
        "owner": found.owner,
    }.items():
        tell(f"database.{name}", value=value)
    if found.pid is not None and not found.has_ballast:
        tell("database.no_ballast")


@app.command(context_settings={"ignore_unknown_options": True})
def psql(
    arguments: Annotated[list[str] | None, typer.Argument(help="for psql itself")] = None,
    role: Annotated[Role, typer.Option(help="角色 as whom")] = Role.OWNER,
) -> None:
    """查询 Open psql in the database."""
    settings = Settings()
    if settings.database_url:
        url = settings.migrate_url or settings.database_url
    else:
        cluster = _own_cluster()
        if not cluster.server.is_running():
            raise Unavailable("error.database_not_running")
        url = cluster.url(NAMES[role])
    address = conninfo_to_dict(url)
    environment = dict(os.environ)
    if password := address.pop("password", None):
        environment["PGPASSWORD"] = str(password)
    program = client_program("psql")
    command = [program, make_conninfo(**address), *(arguments or [])]  # type: ignore[arg-type]
    os.execve(program, command, environment)  # noqa: S606 - psql takes our place on purpose


@app.command("backup")
def make_backup(
    file: Annotated[Path, typer.Argument(help="备份文件 the file to write, such as wangge.dump")],
) -> None:
    """备份 Write everything into one file, which appears only when it is whole."""
    settings = Settings()
    if settings.database_url:
        url = settings.migrate_url or settings.database_url
        _backup(url, file, client_program("pg_dump"))
        return
    cluster = _own_cluster()
    with cluster.in_use():
        _backup(cluster.url(SUPERUSER), file, cluster.server.postgres.program("pg_dump"))


@app.command("restore")
def restore_backup(
    file: Annotated[Path, typer.Argument(help="备份文件 a file that `backup` wrote")],
    yes: Annotated[
        bool, typer.Option("--yes", help="断开现有连接 end the connections of the service")
    ] = False,
) -> None:
    """恢复 Put a backup in the place of the database, which is kept under another name."""
    from migrations import upgrade as migrate

    cluster = _own_cluster()
    with cluster.in_use():
        tell("database.restoring", file=file)
        kept = restore(cluster, file, end_sessions=yes, migrate=migrate, now=datetime.now(tz=UTC))
    tell("database.restored", file=file, kept=kept)


@app.command("upgrade")
def upgrade_database() -> None:
    """升级 Back up, then bring PostgreSQL's data, the extensions and the tables up to date."""
    from migrations import upgrade as migrate

    settings = Settings()
    now = datetime.now(tz=UTC)
    if settings.database_url:
        _upgrade_another(settings, migrate, now)
        return
    with _progress() as step:
        done = upgrade(_own_cluster(), migrate=migrate, progress=step, now=now)
    tell("database.backed_up", file=done.backup, megabytes=_megabytes(done.backup))
    if done.kept:
        tell("database.moved_major", major=done.major, kept=done.kept)
    tell("database.upgraded")


@app.command()
def script() -> None:
    """脚本 Print the psql script with which an administrator prepares an own PostGIS server."""
    print(role_script())


def _own_cluster() -> Cluster:
    """The embedded cluster. Raises Conflict where the settings name somebody else's server."""
    settings = Settings()
    if settings.database_url:
        raise Conflict("error.database_not_ours")
    return Cluster(settings.cluster_home(), tell=complain)


def _status_of_another(url: str) -> None:
    address = conninfo_to_dict(url)
    tell("database.someone_elses", host=address.get("host") or "localhost")
    try:
        with psycopg.connect(url) as connection:
            check_server(connection)
    except psycopg.OperationalError as error:
        raise Unavailable("error.database_does_not_answer") from error
    tell("database.answers")


def _upgrade_another(settings: Settings, migrate: Callable[[str], None], now: datetime) -> None:
    """The tables only: PostgreSQL and PostGIS of another server are its administrator's."""
    url = settings.migrate_url or settings.database_url or ""
    folder = settings.cluster_home() / "backups"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _backup(url, folder / f"before_upgrade_{stamp(now)}.dump", client_program("pg_dump"))
    migrate(url)
    tell("database.upgraded")


def _backup(url: str, file: Path, pg_dump: str) -> None:
    with _progress() as step:
        backup(url, file, pg_dump=pg_dump, progress=step)
    tell("database.backed_up", file=file, megabytes=_megabytes(file))


def _megabytes(file: Path) -> str:
    return f"{file.stat().st_size / MEGABYTE:.1f}"


@contextmanager
def _progress() -> Iterator[Callable[[int], None]]:
    """A line that counts the megabytes on a terminal; elsewhere one every ten seconds."""
    on_terminal = sys.stderr.isatty()
    said_at = time.monotonic()

    def step(done: int) -> None:
        nonlocal said_at
        if not on_terminal and time.monotonic() - said_at < LINE_EVERY_S:
            return
        said_at = time.monotonic()
        words = say(language(), "database.backing_up", megabytes=f"{done / MEGABYTE:.1f}")
        start_of_line, end = ("\r", "") if on_terminal else ("", "\n")
        print(start_of_line + words, end=end, file=sys.stderr, flush=True)

    try:
        yield step
    finally:
        if on_terminal:
            print(file=sys.stderr)
