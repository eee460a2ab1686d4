"""The roles and the database inside a server: make them, and is a server fit for us?"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import sql

from gis.errors import Unavailable
from gis.store.cluster_conf import SUPERUSER
from gis.store.postgres import OLDEST_POSTGIS, run_as
from gis.store.server import Server

DATABASE: Final = "wangge"
OWNER: Final = "wangge_owner"
APP: Final = "wangge_app"
WORKER: Final = "wangge_worker"
PUBLIC: Final = "wangge_public"
EXTENSIONS: Final = ("postgis", "btree_gist", "pg_trgm")
SCRIPT: Final = Path(__file__).parent / "sql" / "roles.sql"


def role_script() -> str:
    """The psql script that prepares a server, the same for ours and for anybody's."""
    return SCRIPT.read_text("utf-8")


def prepare(server: Server, database: str = DATABASE) -> None:
    """Run the role script for `database`, unless this very script ran there before."""
    mark = f"roles.sql {hashlib.sha256(role_script().encode()).hexdigest()[:16]}"
    if _mark(server, database) == mark:
        return
    command = [server.postgres.program("psql"), "-X", "-q", "-v", f"database={database}"]
    ran = run_as(server.owner, [*command, server.url(SUPERUSER, "postgres")], typed=role_script())
    if ran.returncode:
        raise Unavailable("error.roles_not_made", reason=ran.stderr.strip().rpartition("\n")[2])
    with server.connect() as connection:
        connection.execute(
            sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(database), mark)
        )


def check_server(connection: psycopg.Connection[Any]) -> None:
    """Refuse a database we can't work in: PostGIS before 3.3, an extension or UTF-8 missing.

    Under an LC_CTYPE of C, pg_trgm finds no trigrams in Chinese: no search by name or address.
    Raises Unavailable, which names the first thing wrong.
    """
    found = dict(connection.execute("SELECT extname, extversion FROM pg_extension").fetchall())
    for extension in EXTENSIONS:
        if extension not in found:
            raise Unavailable("error.extension_missing", extension=extension)
    version = tuple(int(part) for part in found["postgis"].split(".")[:2])
    if version < OLDEST_POSTGIS:
        raise Unavailable("error.postgis_too_old", version=found["postgis"], oldest="3.3")
    row = connection.execute(
        "SELECT current_setting('server_encoding') = 'UTF8', cardinality(show_trgm('网格')) > 0"
    ).fetchone()
    if row != (True, True):
        raise Unavailable("error.database_locale")


def _mark(server: Server, database: str) -> str | None:
    with server.connect() as connection:
        row = connection.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s",
            (database,),
        ).fetchone()
    return row[0] if row else None
