"""What a tiling index is made of, and what has changed since: read from the boundaries.

For places by the hundred thousand an index of their box is built in the transaction itself and
thrown away: it can't be out of date. The index that the service answers from is kept as a file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely
from sqlalchemy import func, select

from gis.locating import ladders
from gis.model import BEIJING, AsOf
from gis.store.database import rows, times
from gis.store.levels import all_levels
from gis.store.tables.regions import boundary_state, region_version
from gis.tiling_index import NOBODY, Stamp, TilingIndex

if TYPE_CHECKING:
    from datetime import date, datetime

    from numpy.typing import NDArray
    from sqlalchemy import Connection

    from gis.model import Level

    Degrees = NDArray[np.float64]
    Ids = NDArray[np.int64]
    Chain = tuple[tuple[str, str | None, str | None], ...]

FEW: Final = 5_000
"""Fewer places than this are left to the database: they take it less than building takes us."""

PLACES_PER_REGION: Final = 20
"""With more places than this for each region of their box building an index is worth while."""

NO_STAMP: Final = Stamp("", 0)


@dataclass(frozen=True, slots=True)
class BoundaryState:
    """Which boundaries hold: a number that grows with every activation, and when it last did."""

    version: int
    changed_at: datetime


def boundary_state_now(connection: Connection) -> BoundaryState:
    """The state that this transaction sees."""
    row = connection.execute(select(boundary_state.c.version, boundary_state.c.changed_at)).one()
    return BoundaryState(row.version, row.changed_at)


def deepest_drawn(connection: Connection) -> Level | None:
    """The deepest level with shapes of the deepest ladder: whoever covers a place there owns it."""
    drawn = {row.level_id for row in rows(connection, "levels_with_shapes")}
    for ladder in ladders(all_levels(connection)):
        for rung in ladder:
            if rung.id in drawn:
                return rung
    return None


# ---- the index that is kept ----------------------------------------------------------------------


def build_tiling(
    connection: Connection, level: Level, now: datetime, former: TilingIndex | None = None
) -> TilingIndex | None:
    """The index of a level as it stands today, out of a `former` one if that is less work: the same
    either way. None when the boundaries changed while they were read: then try again.
    """
    as_of = AsOf.at(now)
    state = boundary_state_now(connection)
    last = connection.execute(select(func.max(region_version.c.id))).scalar_one() or 0
    until = rows(connection, "tiling_until", valid_on=as_of.valid_on)[0].day
    stamp = Stamp(level.code, state.version, as_of.valid_on, until, last, state.changed_at)
    made = tiling_on(connection, level, as_of, stamp, former)
    return made if boundary_state_now(connection) == state else None


def tiling_on(
    connection: Connection,
    level: Level,
    as_of: AsOf,
    stamp: Stamp = NO_STAMP,
    former: TilingIndex | None = None,
) -> TilingIndex:
    """The index of a level as it stood and was known then. It is put together from several reads:
    right if `boundary_state_now` is the same before and after.
    """
    found = rows(connection, "tiling_marks", level_id=level.id, **times(as_of))
    codes, ids = [row.code for row in found], [row.region_id for row in found]
    marks = [row.mark for row in found]

    def shapes_of(some: list[int]) -> NDArray[np.object_]:
        drawn = rows(connection, "tiling_shapes", ids=some, **times(as_of))
        shapes = {row.region_id: row.shape for row in drawn}
        return np.asarray(shapely.from_wkb([shapes.get(number) for number in some]), dtype=object)

    if former is not None and former.stamp.level == level.code:
        patched = former.renewed(codes, ids, marks, stamp, shapes_of)
        if patched is not None:
            return patched
    return TilingIndex.build(shapes_of(ids), codes, ids, stamp, marks)


def is_current(stamp: Stamp, level: Level, state: BoundaryState, now: datetime) -> bool:
    """Does an index speak for a level, in this boundary state, today?

    The time of the last change tells the state from one of the same number in a database that has
    gone back to a backup.
    """
    return speaks_for(stamp, level, state, now.astimezone(BEIJING).date())


def speaks_for(stamp: Stamp, level: Level, state: BoundaryState, day: date) -> bool:
    """Does an index speak for a level, in this boundary state, on a day?"""
    said = (stamp.level, stamp.boundary_version, stamp.changed_at)
    return said == (level.code, state.version, state.changed_at) and stamp.holds_on(day)


def changed_boxes(connection: Connection, level: Level, stamp: Stamp) -> Degrees:
    """Where an index may be wrong: west, south, east, north of every shape that the regions changed
    since have ever had; degrees, EPSG:4490.
    """
    found = rows(
        connection,
        "tiling_changed",
        level_id=level.id,
        last_version=stamp.last_version,
        changed_at=stamp.changed_at,
    )
    return np.array([tuple(row) for row in found], dtype=float).reshape(-1, 4)


def chains(connection: Connection, level: Level, as_of: AsOf) -> dict[int, Chain]:
    """Level, code and name of each drawn region and of those above it, top first, by its id."""
    found = rows(connection, "tiling_words", level_id=level.id, **times(as_of))
    return {row.region_id: tuple(tuple(one) for one in row.chain) for row in found}


# ---- many places at once -------------------------------------------------------------------------


def cover_many(
    connection: Connection, lon: Degrees, lat: Degrees, level: Level, wanted: str, as_of: AsOf
) -> Ids | None:
    """For each place the region of the level `wanted` at or above the region of `level` that covers
    it, `NOBODY` where none does; the owner that the database names. Degrees, EPSG:4490.

    None when the database is the quicker way: few places, or thinly spread ones.
    """
    there = np.isfinite(lon) & np.isfinite(lat)
    if np.count_nonzero(there) < FEW:
        return None
    box = {
        "west": float(lon[there].min()),
        "south": float(lat[there].min()),
        "east": float(lon[there].max()),
        "north": float(lat[there].max()),
    }
    (counted,) = rows(connection, "tiling_count", level_id=level.id, **box)
    if np.count_nonzero(there) < PLACES_PER_REGION * counted.regions:
        return None
    found = rows(
        connection, "tiling_regions", level_id=level.id, wanted=wanted, **box, **times(as_of)
    )
    index = TilingIndex.build(
        shapely.from_wkb([row.shape for row in found]),
        [row.code for row in found],
        range(len(found)),
        NO_STAMP,
    )
    owners = np.array([*(row.wanted_id or NOBODY for row in found), NOBODY], dtype=np.int64)
    return np.asarray(owners[index.locate(lon, lat)])
