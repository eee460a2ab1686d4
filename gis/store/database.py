"""The way to the database: one engine a process, one connection and transaction a door."""

from __future__ import annotations

import json
import re
import select
import time
from collections import namedtuple
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import psycopg
from psycopg import sql
from psycopg.pq import TransactionStatus
from sqlalchemy import create_engine, event, text
from sqlalchemy.exc import DBAPIError, InvalidatePoolError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from sqlalchemy import Connection, Dialect, Engine, TextClause
    from sqlalchemy.pool import ConnectionPoolEntry

    from gis.model import AsOf

Asked: TypeAlias = "tuple[str, Mapping[str, object]]"  # a named query and its values
LONG_IDLE_S: Final = 15.0
PATIENT = "-c statement_timeout=0 -c idle_in_transaction_session_timeout=30min"
READ_ONLY: Final = text("SET TRANSACTION READ ONLY")
QUERIES = Path(__file__).parent / "sql"
as_json: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
"""How lists of rows are handed to queries in files: without blanks, letters as they are."""
NAMED: Final = re.compile(r"(?<![:\w]):(\w+)")  # :name, and not the ::type of a cast


def connect_engine(url: str, *, pool_size: int = 20, patient: bool = False) -> Engine:
    """An engine for a `postgresql://` address. `pool_size` must reach the number of threads that
    ask at once: with fewer, requests fail while waiting for one another.

    `patient` lifts the role's time limits for a statement and for thinking between two: for
    commands, where a person waits, and for jobs.
    """
    options = {"options": PATIENT} if patient else {}
    engine = create_engine(
        url.replace("postgresql://", "postgresql+psycopg://", 1),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=10,
        pool_use_lifo=True,  # the connection used last has its statements planned already
        hide_parameters=True,
        connect_args={"application_name": "wangge", **options},
    )
    event.listen(engine, "checkin", _note_use)
    event.listen(engine, "checkout", partial(_check_alive, engine.dialect))
    return engine


def _note_use(driver: Any, record: ConnectionPoolEntry) -> None:
    record.info["used_at"] = time.monotonic()


def _has_something_to_say(driver: Any) -> bool:
    """Is there anything to read on an idle connection, its end above all?"""
    if driver.closed:
        return True
    waiting = select.poll()
    waiting.register(driver.fileno(), select.POLLIN)
    return bool(waiting.poll(0))


def _check_alive(dialect: Dialect, driver: Any, record: ConnectionPoolEntry, _: object) -> None:
    """Ask an idle connection whether it still works, where there is a reason to doubt it: its
    socket has something to say, as when the server went away, or it was idle for long, so that a
    network may have dropped it in silence. To ask each time would cost every request a way there
    and back.
    """
    used_at = record.info.get("used_at")
    if used_at is None:
        return  # just opened
    if time.monotonic() - used_at < LONG_IDLE_S and not _has_something_to_say(driver):
        return
    try:
        dialect.do_ping(driver)
    except psycopg.Error:
        raise InvalidatePoolError from None


@cache
def query(name: str) -> TextClause:
    """The spatial query of that name, from `gis/store/sql/<name>.sql`, without its header."""
    lines = (QUERIES / f"{name}.sql").read_text(encoding="utf-8").splitlines()
    return text("\n".join(line for line in lines if not line.startswith("--")))


@cache
def _as_driver_says(name: str) -> str:
    """A named query in the driver's own form, its blanks shortened: long ones it would parse anew
    each time.
    """
    short = re.sub(r"\s*\n\s*", "\n", re.sub(r" {2,}", " ", query(name).text))
    return NAMED.sub(r"%(\1)s", short.replace("%", "%%"))


def rows(connection: Connection, name: str, **values: object) -> list[Any]:
    """All rows of a named query; each holds its columns as attributes.

    It goes past SQLAlchemy to the driver, in the same transaction: for statements that stand in
    files SQLAlchemy's part costs more than the driver's. Raises its errors all the same.
    """
    driver = connection.connection.driver_connection
    assert driver is not None, "the connection is open"
    if driver.pgconn.transaction_status == TransactionStatus.IDLE:
        return rows_at_once(connection, (name, values))[0]  # BEGIN goes the same way
    with _its_errors(connection, driver, name):
        return _named(name, driver.execute(_as_driver_says(name), values))


def rows_at_once(connection: Connection, *asked: Asked) -> list[list[Any]]:
    """The rows of several named queries, each as `rows` gives them, in one way there and back. They
    run one after the other, each seeing what the ones before did and waited for.
    """
    driver = connection.connection.driver_connection
    assert driver is not None, "the connection is open"
    with _its_errors(connection, driver, ", ".join(name for name, _ in asked)):
        with driver.pipeline():
            sent = [driver.execute(_as_driver_says(name), values) for name, values in asked]
        return [_named(name, one) for (name, _), one in zip(asked, sent, strict=True)]


def _named(name: str, found: psycopg.Cursor[Any]) -> list[Any]:
    """The driver's own rows with names make their class anew for each answer, which takes longer
    than a short query; ours is made once a query.
    """
    if name not in _ROWS:
        columns = [one.name for one in found.description or ()]
        _ROWS[name] = namedtuple(name, columns)._make  # type: ignore[attr-defined]
    return list(map(_ROWS[name], found.fetchall()))


_ROWS: Final[dict[str, Callable[[Iterable[Any]], Any]]] = {}


@contextmanager
def _its_errors(connection: Connection, driver: Any, name: str) -> Iterator[None]:
    try:
        yield
    except psycopg.Error as error:
        if driver.closed:
            connection.invalidate(error)
        raise DBAPIError.instance(
            name,
            None,
            error,
            psycopg.Error,
            hide_parameters=True,
            connection_invalidated=driver.closed,
        ) from error


def read_only(connection: Connection) -> None:
    """Let PostgreSQL refuse every change from here on until the transaction ends."""
    connection.execute(READ_ONLY)


def times(as_of: AsOf) -> dict[str, object]:
    """The two times of a read, as the queries in files call them."""
    return {"valid_on": as_of.valid_on, "known_at": as_of.known_at}


def copy_rows(
    connection: Connection, table: str, columns: tuple[str, ...], lines: Iterable[tuple[Any, ...]]
) -> None:
    """Write many rows with COPY, inside the connection's own transaction."""
    driver = connection.connection.driver_connection
    assert driver is not None, "the connection is open"
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for line in lines:
            copy.write_row(line)


def analyze_temporary(connection: Connection, *tables: str) -> None:
    """Tell the planner how large temporary tables are and how alike their rows. Few rows are looked
    at, three hundred: for staged ones, which are gone through from end to end, that is enough.
    """
    connection.execute(text("SELECT set_config('default_statistics_target', '1', true)"))
    for name in tables:
        connection.execute(text(f"ANALYZE pg_temp.{name}"))
    connection.execute(text("RESET default_statistics_target"))


def drop_temporary(connection: Connection, *tables: str) -> None:
    """Drop temporary tables that an earlier step of the same transaction may have left."""
    for name in tables:
        connection.execute(text(f"DROP TABLE IF EXISTS pg_temp.{name}"))


def revision(connection: Connection) -> str:
    """The migration the database stands at; empty when it was never migrated."""
    try_table = connection.scalar(text("SELECT to_regclass('alembic_version')"))
    if try_table is None:
        return ""
    return connection.scalar(text("SELECT version_num FROM alembic_version")) or ""


def analyze(migrate_url: str) -> None:
    """Have PostgreSQL look at its tables anew, as their owner: after much has been written, before
    autovacuum comes by a minute later, it would plan for empty ones.
    """
    import psycopg

    with psycopg.connect(migrate_url, autocommit=True) as owner:
        owner.execute("ANALYZE")
