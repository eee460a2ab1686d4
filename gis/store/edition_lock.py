"""Who keeps whom out while boundaries change, and from which instant a change is known.

One activation is prepared at a time (`take_turn`) while intake goes on. All that can be written
beforehand is; only for the end does it hold the edition lock alone (`hold_editions`), which intake
and whoever states a place share.

A change is known from the instant at which its preparation begins (`announce`), later than every
instant at which somebody told how things stood. Until it is in force, whoever tells that tells what
was known before (`told_at`). So what was told once is told the same ever after.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError

from gis.errors import Conflict
from gis.model import AsOf
from gis.store.database import rows
from gis.store.tables.regions import boundary_state

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection
    from sqlalchemy.sql.functions import Function

LOCK_PATIENCE_S: Final = 10.0
LOCK_NOT_AVAILABLE: Final = "55P03"  # PostgreSQL's state code
EDITION_LOCK: Final = 0x6564  # "ed": activation holds it alone, intake shares it (intake_begin.sql)
TURN_LOCK: Final = 0x6574  # "et": one activation at a time, from its preparation on

ANNOUNCED: Final = 0x654 << 51
"""Locks from this number to the next such are announcements: microseconds since `BEGINNING`."""
BEGINNING: Final = datetime(2000, 1, 1, tzinfo=UTC)
INSTANT: Final = timedelta(microseconds=1)


# ---- locks --------------------------------------------------------------------------------------


def take_turn(connection: Connection, *, patience_s: float | None = None) -> None:
    """Keep every other activation out until this transaction ends, and whoever shares the turn.

    With `patience_s`, neither this nor any later lock of the transaction is waited for any longer.
    Raises Conflict when somebody else holds it that long.
    """
    _wait(connection, func.pg_advisory_xact_lock(TURN_LOCK), patience_s)


def share_turn(connection: Connection, as_of: AsOf) -> AsOf:
    """Keep every activation out, not even prepared, until this transaction ends, beside others who
    do the same; intake never waits for it. For what takes long, as a list of buildings.

    The two times to go by from here on: the day that was given, and knowledge of all that was
    activated before.
    """
    connection.execute(select(func.pg_advisory_xact_lock_shared(TURN_LOCK)))
    return AsOf(as_of.valid_on, max(as_of.known_at, last_change(connection)))


def hold_editions(connection: Connection, *, patience_s: float | None = None) -> None:
    """Keep intake and whoever states a place out until this transaction ends; as `take_turn`."""
    _wait(connection, func.pg_advisory_xact_lock(EDITION_LOCK), patience_s)


def share_editions(connection: Connection) -> None:
    """Keep every activation out until this transaction ends, beside others who do the same.

    Call it before any row is held: an activation that waits for the row would wait for ever.
    """
    connection.execute(select(func.pg_advisory_xact_lock_shared(EDITION_LOCK)))


def _wait(connection: Connection, lock: Function[None], patience_s: float | None) -> None:
    if patience_s is not None:
        patience = f"{round(patience_s * 1000)}ms"
        connection.execute(select(func.set_config("lock_timeout", patience, True)))
    try:
        connection.execute(select(lock))
    except OperationalError as late:
        if getattr(late.orig, "sqlstate", None) != LOCK_NOT_AVAILABLE:
            raise
        raise Conflict("error.editions_held", seconds=round(patience_s or 0)) from None


# ---- the clock of what is known -----------------------------------------------------------------


def announce(
    connection: Connection,
    now: datetime,
    *,
    clock: Callable[[], datetime] | None = None,
    patience_s: float | None = None,
) -> datetime:
    """The instant from which the activation that has the turn is known.

    From here until its end whoever tells how things stand tells what was known before (`told_at`).
    Those who are telling it already are waited for, so that `clock` reads later than theirs did;
    nor is the instant earlier than the last change. Without a clock the past is told: it is `now`.
    """
    begun = now if clock is None else clock()
    number = ANNOUNCED + (begun - BEGINNING) // INSTANT
    connection.execute(select(func.pg_advisory_xact_lock(number)))
    with connection.begin_nested() as brief:
        hold_editions(connection, patience_s=patience_s)
        known_at = now if clock is None else max(clock(), last_change(connection) + INSTANT)
        brief.rollback()  # which gives the lock back
    return known_at


def told_at(connection: Connection, known_at: datetime) -> datetime:
    """The instant of knowledge to tell by, at most `known_at`: before any change that another
    transaction has under way.

    Asked for under the shared edition lock.
    """
    found = connection.execute(text(UNDER_WAY), {"kind": ANNOUNCED >> 51}).scalar()
    if found is None:
        return known_at
    return min(known_at, BEGINNING + (int(found) - ANNOUNCED) * INSTANT - INSTANT)


UNDER_WAY: Final = """
SELECT min(number) FROM (
       SELECT (CAST(classid AS bigint) << 32) | CAST(objid AS bigint) AS number
         FROM pg_locks
        WHERE locktype = 'advisory' AND objsubid = 1 AND granted AND pid <> pg_backend_pid()
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())) AS held
 WHERE number >> 51 = :kind
"""


def as_of_now(connection: Connection, now: datetime) -> AsOf:
    """The two times of what is looked up under the shared edition lock: whoever waited for it,
    having read the clock before, sees what the activation changed.
    """
    return AsOf(AsOf.at(now).valid_on, max(now, last_change(connection)))


def last_change(connection: Connection) -> datetime:
    """The instant from which the last edition that was activated is known."""
    (found,) = rows(connection, "last_change")
    return found.at or BEGINNING


def boundary_version(connection: Connection) -> int:
    """The number of the boundary state; it grows with every activation."""
    return int(connection.execute(select(boundary_state.c.version)).scalar_one())
