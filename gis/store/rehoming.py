"""What an activated edition means for everything that has its home in a region.

Called at the end of an activation, in its transaction and under its lock, while the temporary table
`touched` still says which regions changed on which days.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import text

from gis.model import GRID, AsOf
from gis.store.database import rows
from gis.store.rehome_matters import rehome_matters
from gis.store.rehome_places import NONE_MOVED, PlacesRehomed, rehome_places

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class StrandedPost:
    """失去网格的任职: a post whose region isn't in force any more. `region`: its last code.

    A person has to find it a new home: it is never moved.
    """

    id: int
    region_id: int
    member_code: str
    member_name: str
    role: str
    responsible: bool
    level: str
    region: str


@dataclass(frozen=True, slots=True)
class Rehomed:
    """What an activation moved: buildings, facilities, open matters; and the posts it stranded."""

    buildings: PlacesRehomed = NONE_MOVED
    facilities: PlacesRehomed = NONE_MOVED
    matters: int = 0
    stranded: tuple[StrandedPost, ...] = ()


NOTHING_MOVED: Final = Rehomed()


def rehome(
    connection: Connection, edition: str, level_id: int, since: date, now: datetime
) -> Rehomed:
    """Give buildings, facilities and open matters in the regions of `touched` their homes anew.

    Homes change from the edition's day on; matters, if that day has come, now. Posts stay where
    they are: those whose region ended are named.
    """
    if not connection.execute(text("SELECT EXISTS (SELECT FROM touched)")).scalar():
        return NOTHING_MOVED
    connection.execute(text("ANALYZE touched"))
    grids = _is_grid(connection, level_id)
    return Rehomed(
        rehome_places(connection, "building", since, now) if grids else NONE_MOVED,
        rehome_places(connection, "facility", since, now) if grids else NONE_MOVED,
        rehome_matters(connection, edition, now),
        _stranded_here(connection, now),
    )


def _is_grid(connection: Connection, level_id: int) -> bool:
    asked = text("SELECT code FROM level WHERE id = :id")
    return bool(connection.execute(asked, {"id": level_id}).scalar_one() == GRID)


def stranded_posts(connection: Connection, now: datetime) -> list[StrandedPost]:
    """Every post that needs a new home at an instant, by the member's code."""
    day = AsOf.at(now).valid_on
    return [StrandedPost(*row) for row in rows(connection, "posts_stranded", day=day, now=now)]


def _stranded_here(connection: Connection, now: datetime) -> tuple[StrandedPost, ...]:
    every = stranded_posts(connection, now)
    asked = text("SELECT region_id FROM touched WHERE region_id = ANY (CAST(:ids AS bigint[]))")
    ids = {"ids": [one.region_id for one in every]}
    touched = set(connection.execute(asked, ids).scalars()) if every else set()
    return tuple(one for one in every if one.region_id in touched)
