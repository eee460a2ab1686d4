"""The way to the database: one engine a process, one connection and transaction a door."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, text

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine, TextClause

QUERIES = Path(__file__).parent / "sql"


def connect_engine(url: str, *, pool_size: int = 20) -> Engine:
    """An engine for a `postgresql://` address. `pool_size` must reach the number of threads that
    ask at once: with fewer, requests fail while waiting for one another.
    """
    return create_engine(
        url.replace("postgresql://", "postgresql+psycopg://", 1),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=10,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={"application_name": "wangge"},
    )


@cache
def query(name: str) -> TextClause:
    """The spatial query of that name, from `gis/store/sql/<name>.sql`, without its header."""
    lines = (QUERIES / f"{name}.sql").read_text(encoding="utf-8").splitlines()
    return text("\n".join(line for line in lines if not line.startswith("--")))


def rows(connection: Connection, name: str, **values: object) -> list[Any]:
    """All rows of a named query; each holds its columns as attributes."""
    return list(connection.execute(query(name), values))
