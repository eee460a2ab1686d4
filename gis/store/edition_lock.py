"""The edition lock: activation holds it alone, intake and whoever states a place share it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from gis.errors import Conflict
from gis.store.tables.regions import boundary_state

if TYPE_CHECKING:
    from sqlalchemy import Connection

LOCK_PATIENCE_S = 10.0
LOCK_NOT_AVAILABLE = "55P03"  # PostgreSQL's state code
EDITION_LOCK = 0x6564  # "ed": activation holds it alone, intake shares it (intake_begin.sql)


def hold_editions(connection: Connection, *, patience_s: float | None = None) -> None:
    """Keep every other activation and all intake out until this transaction ends.

    With `patience_s`, neither this nor any later lock of the transaction is waited for any longer.
    Raises Conflict when somebody else holds it that long.
    """
    if patience_s is not None:
        patience = f"{round(patience_s * 1000)}ms"
        connection.execute(select(func.set_config("lock_timeout", patience, True)))
    try:
        connection.execute(select(func.pg_advisory_xact_lock(EDITION_LOCK)))
    except OperationalError as late:
        if getattr(late.orig, "sqlstate", None) != LOCK_NOT_AVAILABLE:
            raise
        raise Conflict("error.editions_held", seconds=round(patience_s or 0)) from None


def share_editions(connection: Connection) -> None:
    """Keep every activation out until this transaction ends, beside others who do the same.

    Call it before any row is held: an activation that waits for the row would wait for ever.
    """
    connection.execute(select(func.pg_advisory_xact_lock_shared(EDITION_LOCK)))


def boundary_version(connection: Connection) -> int:
    """The number of the boundary state; it grows with every activation."""
    return int(connection.execute(select(boundary_state.c.version)).scalar_one())
