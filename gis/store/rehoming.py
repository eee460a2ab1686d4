"""What an activated edition means for everything that has its home in a region.

Called in an activation, in its transaction, while the temporary table `touched` still says which
regions changed on which days: places before its lock is held, matters under it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import text

from gis.model import GRID, AsOf
from gis.store.database import rows
from gis.store.net_carrying import NOTHING_CARRIED, NetsCarried, carry_nets
from gis.store.rehome_matters import rehome_matters
from gis.store.rehome_places import NONE_MOVED, PlacesRehomed, rehome_places

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from gis.store.editions import EditionScope
    from gis.store.rehome_matters import MattersForeseen, Undone


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
    """What an activation moved: buildings, facilities, open matters, memberships of nets; and the
    posts it stranded.
    """

    buildings: PlacesRehomed = NONE_MOVED
    facilities: PlacesRehomed = NONE_MOVED
    matters: int = 0
    stranded: tuple[StrandedPost, ...] = ()
    nets: NetsCarried = NOTHING_CARRIED


NOTHING_MOVED: Final = Rehomed()


@dataclass(frozen=True, slots=True)
class Prepared:
    """What moved before the edition lock was held. `touched`: does the edition change anything?"""

    touched: bool
    buildings: PlacesRehomed = NONE_MOVED
    facilities: PlacesRehomed = NONE_MOVED
    nets: NetsCarried = NOTHING_CARRIED


def rehome_places_of(connection: Connection, scope: EditionScope, now: datetime) -> Prepared:
    """Give buildings and facilities in and near the regions of `touched` their homes anew, and
    grids among them their units of nets, from the edition's day on. Whoever has the turn need not
    hold the edition lock for it.
    """
    if not _anything_touched(connection):
        return Prepared(touched=False)
    if not _is_grid(connection, scope.level_id):
        return Prepared(touched=True)
    return Prepared(
        True,
        rehome_places(connection, "building", scope.valid_from, now),
        rehome_places(connection, "facility", scope.valid_from, now),
        carry_nets(connection, scope.valid_from, now),
    )


def rehome(
    connection: Connection,
    edition: str,
    prepared: Prepared,
    now: datetime,
    foreseen: MattersForeseen | None,
    undone: Undone | None = None,
) -> Rehomed:
    """Give open matters in the regions of `touched` to those that hold them now, if the edition's
    day has come, and give back what the edition `undone` moved. Posts stay where they are: those
    whose region ended are named.
    """
    if not prepared.touched:
        return NOTHING_MOVED
    return Rehomed(
        prepared.buildings,
        prepared.facilities,
        rehome_matters(connection, edition, now, foreseen, undone),
        _stranded_here(connection, now),
        prepared.nets,
    )


def _anything_touched(connection: Connection) -> bool:
    connection.execute(text("ANALYZE touched"))
    return bool(connection.execute(text("SELECT EXISTS (SELECT FROM touched)")).scalar())


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
