"""The levels of this deployment: rows, not tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert

from gis.errors import BadInput, Conflict, NotFound
from gis.model import Level
from gis.store.database import rows
from gis.store.tables.regions import level

if TYPE_CHECKING:
    from sqlalchemy import Connection

STEP = 1000  # room between two ranks for the levels a deployment adds


def all_levels(connection: Connection) -> list[Level]:
    """Every level, top first."""
    return [Level(*row) for row in rows(connection, "levels")]


def level_of(connection: Connection, code: str) -> Level:
    """The level with that code. Raises NotFound, naming the levels there are."""
    levels = all_levels(connection)
    for one in levels:
        if one.code == code:
            return one
    known = ", ".join(one.code for one in levels)
    raise NotFound("error.level_not_found", level=code, known=known)


def add_level(
    connection: Connection, code: str, name: str, *, under: str | None, overlay: bool
) -> Level:
    """Add a level below `under`, or at the end beside the ladder.

    Ranks of the others stay. Raises Conflict when the code is taken or no rank is free between
    two neighbours (after about ten insertions at one place), BadInput for a code that isn't
    lower-case letters, digits and underscores.
    """
    levels = all_levels(connection)
    if any(one.code == code for one in levels):
        raise Conflict("error.level_exists", level=code)
    if not _is_code(code):
        raise BadInput("error.level_code", level=code)
    above = level_of(connection, under) if under else None
    connection.execute(
        insert(level).values(
            code=code,
            name=name,
            rank=_free_rank(levels, above),
            under_id=above.id if above else None,
            overlay=overlay,
        )
    )
    return level_of(connection, code)


def _is_code(code: str) -> bool:
    letters = set("abcdefghijklmnopqrstuvwxyz0123456789_")
    return 0 < len(code) <= 40 and set(code) <= letters and code[0].isalpha()


def _free_rank(levels: list[Level], above: Level | None) -> int:
    last = max((one.rank for one in levels), default=0)
    if above is None or above.rank == last:
        return last + STEP
    following = min(one.rank for one in levels if one.rank > above.rank)
    rank = (above.rank + following) // 2
    if rank == above.rank:
        raise Conflict("error.level_no_room", level=above.code)
    return rank
