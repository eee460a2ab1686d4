"""To a newer PostgreSQL, newer extensions, newer tables; with a backup first."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

import psycopg
from psycopg import sql

from gis.errors import Unavailable
from gis.store.backup import Migrate, Progress, backup, load, only_us, stamp
from gis.store.cluster import Cluster
from gis.store.cluster_conf import SUPERUSER
from gis.store.cluster_files import locked
from gis.store.postgres import Postgres, find_postgres, installed_postgres
from gis.store.roles import DATABASE
from gis.store.server import Server

UPGRADE_EXTENSIONS: Final = (
    "SELECT postgis_extensions_upgrade()",
    "ALTER EXTENSION btree_gist UPDATE",
    "ALTER EXTENSION pg_trgm UPDATE",
)


@dataclass(frozen=True)
class Upgraded:
    """What an upgrade did; `kept` is the data of an older PostgreSQL, if there was one."""

    backup: Path
    major: int
    kept: Path | None


def upgrade(cluster: Cluster, *, migrate: Migrate, progress: Progress, now: datetime) -> Upgraded:
    """Bring a cluster to the newest PostgreSQL installed, its extensions and its tables up to date.

    A backup is written to `backups` in the home first. The data of an older PostgreSQL is copied,
    compared and kept. Raises Conflict while somebody is connected.
    """
    newest = find_postgres(installed_postgres())
    kept = None
    with locked(cluster.place, cluster.tell, "maintenance"):
        with cluster.in_use():
            stays = cluster.place.stays.exists()
            with only_us(cluster.server, end_sessions=False):
                saved = _backup_first(cluster, newest, progress, now)
                if newest.major > cluster.server.postgres.major:
                    kept = cluster.server.data
                    move(cluster, newest, saved)
        moved = replace(cluster)  # looks anew where its data is
        with moved.in_use() as running:
            with moved.server.connect(DATABASE) as connection:
                for statement in UPGRADE_EXTENSIONS:
                    connection.execute(statement)
            migrate(running.migrate_url)
            if stays:
                moved.start()
    return Upgraded(saved, moved.server.postgres.major, kept)


def move(cluster: Cluster, newer: Postgres, saved: Path) -> None:
    """Make a data folder of a newer PostgreSQL from a backup, and stop the old server.

    The new folder takes its name when it holds as many rows as the old one, table by table.
    """
    place, old = cluster.place, cluster.server
    cluster.tell("database.moving", old=old.postgres.major, new=newer.major)
    building = place.root / f"building-pg{newer.major}"
    shutil.rmtree(building, ignore_errors=True)
    new = replace(old, postgres=newer, data=building, socket_folder=place.socket_folder("-new"))
    try:
        new.make()
        new.start(cluster.tell)
        load(new, saved, DATABASE)
        if row_counts(new) != row_counts(old):
            raise Unavailable("error.upgrade_differs", old=old.postgres.major, new=newer.major)
        new.stop()
        old.stop()
        building.rename(place.data(newer.major))
    finally:
        new.stop()
        shutil.rmtree(building, ignore_errors=True)
        shutil.rmtree(new.socket_folder, ignore_errors=True)


def row_counts(server: Server) -> dict[str, int]:
    """How many rows each table of the database has, counted."""
    with server.connect(DATABASE) as connection:
        names = connection.execute(
            "SELECT oid::regclass::text, relnamespace::regnamespace::text, relname FROM pg_class"
            " WHERE relkind = 'r' AND relnamespace::regnamespace::text !~ '^(pg_|information_)'"
            " AND relname <> 'spatial_ref_sys'"  # PostGIS's own, different in each version
        ).fetchall()
        return {name: _count(connection, schema, table) for name, schema, table in names}


def _backup_first(cluster: Cluster, newest: Postgres, progress: Progress, now: datetime) -> Path:
    folder = cluster.place.home / "backups"
    folder.mkdir(mode=0o700, exist_ok=True)
    saved = folder / f"before_upgrade_{stamp(now)}.dump"
    url = cluster.url(SUPERUSER)
    backup(url, saved, pg_dump=newest.program("pg_dump"), progress=progress)
    return saved


def _count(connection: psycopg.Connection[tuple[object, ...]], schema: str, table: str) -> int:
    statement = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(schema, table))
    row = connection.execute(statement).fetchone()
    return int(str(row[0])) if row else 0
