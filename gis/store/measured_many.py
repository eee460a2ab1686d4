"""Locating many places by an index, with what is measured: `locate_many`'s answers, without the
database where one region of the deepest level covers the place.

The index names the owner. Whether another region covers the place too, and how far the owner's edge
is, is worked out from the shapes of those regions whose box holds it; they are read once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

from gis.coordinates import metres_per_degree, to_lattice
from gis.locating import REACH_M, Method
from gis.store.codes_of_many import CodeIndex, codes_of_many, index_codes
from gis.store.database import rows, times
from gis.store.levels import all_levels
from gis.store.locating import LEAST_RADIUS_M
from gis.store.locating_many import (
    OVERLAYS_FROM,
    ManyLocated,
    all_ladders,
    locate_many,
    owners_of_many,
)
from gis.tiling_edges import Rings, shares_of_discs
from gis.tiling_index import NOBODY
from gis.tiling_kernel import PER_DEGREE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from sqlalchemy import Connection

    from gis.model import AsOf
    from gis.tiling_index import TilingIndex

    Degrees = NDArray[np.float64]
    Ids = NDArray[np.int64]

MOST_SHAPES: Final = 30_000
"""So many shapes are kept for the next places: about 100 MB of city grids."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A region's shape and the name of the edition that drew it."""

    shape: shapely.Geometry
    edition: str


@dataclass(frozen=True, slots=True)
class Rough:
    """Where lines are known to be drawn to some metres only: boxes of regions, and those metres."""

    boxes: shapely.STRtree
    precision_m: Degrees

    def widened(self, lon: Degrees, lat: Degrees, radius_m: Degrees) -> Degrees:
        """The radii of error discs, each as large as its error and that of the roughest lines near
        it together: what `places_precision` makes of them.
        """
        kx, ky = metres_per_degree(lat)
        near_m = np.maximum(REACH_M, radius_m)
        dx, dy = near_m / np.maximum(kx, 1e-6), near_m / ky
        place, box = self.boxes.query(_as_compared(lon - dx, lat - dy, lon + dx, lat + dy))
        roughest_m = np.zeros(len(lon))
        np.maximum.at(roughest_m, place, self.precision_m[box])
        return np.hypot(radius_m, roughest_m)


@dataclass(frozen=True, slots=True)
class DayIndex:
    """The indexes of one day's ladders, how rough lines are, and the shapes that places have asked
    for so far.
    """

    as_of: AsOf
    indexes: Sequence[CodeIndex]
    rough: Rough
    drawn: dict[int, Drawn] = field(default_factory=dict)


def index_day(connection: Connection, as_of: AsOf, kept: TilingIndex | None = None) -> DayIndex:
    """What places are located by on a day, as it was known then. `kept` as in `index_codes`."""
    found = rows(connection, "tiling_precision", **times(as_of))
    sides = np.array([tuple(row) for row in found], dtype=float).reshape(-1, 5).T
    rough = Rough(shapely.STRtree(_as_compared(*sides[:4])), sides[4])
    return DayIndex(as_of, index_codes(connection, as_of, kept), rough)


def measure_many(
    connection: Connection,
    lon: Degrees,
    lat: Degrees,
    radius_m: Degrees,
    as_of: AsOf,
    day: DayIndex | None,
) -> ManyLocated:
    """What `locate_many` says of places: arrays of degrees in EPSG:4490 and of error radii in
    metres. By the index of the day where there is one; by the database what lies in no region of
    its level.
    """
    main = None if day is None else _deepest_tiling(connection, day)
    if day is None or main is None:
        return locate_many(connection, lon, lat, radius_m, as_of)
    owners = main.tiling.locate(lon, lat)
    found = np.flatnonzero(owners != NOBODY)
    rest = np.flatnonzero((owners == NOBODY) & np.isfinite(lon) & np.isfinite(lat))
    answer = _nothing(connection, len(lon))
    if len(found):
        here = to_lattice(lon[found]), to_lattice(lat[found])
        codes = codes_of_many(connection, *here, as_of, day.indexes)
        measured = _measured(connection, day, main, *here, radius_m[found], owners[found])
        _put(answer, found, ManyLocated(codes, *measured))
    if len(rest):
        _put(answer, rest, locate_many(connection, lon[rest], lat[rest], radius_m[rest], as_of))
    return answer


def owners_by_index(
    connection: Connection,
    day: DayIndex | None,
    lon: Degrees,
    lat: Degrees,
    as_of: AsOf,
    owners: Ids | None = None,
) -> Ids:
    """What `owners_of_many` says of places, by the index of the day where there is one; the rest by
    the database. `owners`: those that are known already, `NOBODY` where not.
    """
    if owners is None:
        main = None if day is None else _deepest_tiling(connection, day)
        owners = np.full(len(lon), NOBODY) if main is None else main.tiling.locate(lon, lat)
    rest = np.flatnonzero((owners == NOBODY) & np.isfinite(lon) & np.isfinite(lat))
    if len(rest):
        owners[rest] = owners_of_many(connection, lon[rest], lat[rest], as_of)
    return owners


def _deepest_tiling(connection: Connection, day: DayIndex) -> CodeIndex | None:
    """The index of the deepest level that is drawn on any ladder: who covers a place there owns it,
    whatever covers it on other ladders. None where nothing is drawn.
    """
    drawn = {row.level_id for row in rows(connection, "levels_with_shapes")}
    deepest = [
        (max(rung.rank for rung in ladder.rungs if rung.id in drawn), -ladder.number)
        for ladder in all_ladders(all_levels(connection))
        if ladder.number < OVERLAYS_FROM and any(rung.id in drawn for rung in ladder.rungs)
    ]
    known = {one.ladder: one for one in day.indexes}
    return known.get(-max(deepest)[1]) if deepest else None


def _as_compared(west: Degrees, south: Degrees, east: Degrees, north: Degrees) -> Any:
    """Boxes as the database compares them: with sides in single precision, rounded outwards."""
    return shapely.box(_below(west), _below(south), -_below(-east), -_below(-north))


def _below(degrees: Degrees) -> Degrees:
    """The greatest numbers of single precision that aren't greater."""
    single = degrees.astype(np.float32)
    return np.where(single > degrees, np.nextafter(single, np.float32(-np.inf)), single).astype(
        np.float64
    )


def _nothing(connection: Connection, count: int) -> ManyLocated:
    return ManyLocated(
        codes={one.code: [None] * count for one in all_levels(connection)},
        method=[Method.OUTSIDE] * count,
        confidence=[0.0] * count,
        edge_m=[None] * count,
        edition=[None] * count,
    )


def _put(answer: ManyLocated, places: NDArray[np.intp], said: ManyLocated) -> None:
    """Write down what is said of some places."""
    columns: list[tuple[list[Any], list[Any]]] = [
        (answer.method, said.method),
        (answer.confidence, said.confidence),
        (answer.edge_m, said.edge_m),
        (answer.edition, said.edition),
        *((answer.codes[level], codes) for level, codes in said.codes.items()),
    ]
    for into, values in columns:
        for n, value in zip(places.tolist(), values, strict=True):
            into[n] = value


def _measured(
    connection: Connection,
    day: DayIndex,
    main: CodeIndex,
    lon: Degrees,
    lat: Degrees,
    radius_m: Degrees,
    owners: Ids,
) -> tuple[list[Method], list[float], list[Any], list[Any]]:
    """Method, share of the error disc, metres to the owner's edge and its edition, of places that
    a region covers.
    """
    place, number = _pairs(main, lon, lat)
    ids, of = np.unique(number, return_inverse=True)
    drawn = _drawn(connection, day, ids.tolist())
    shapes = np.array([one.shape for one in drawn], dtype=object)
    covers, far = Rings.of(shapes).measure(lon, lat, place, of)
    own = number == owners[place]
    edge_m = np.empty(len(lon))
    edge_m[place[own]] = far[own]
    covering = np.bincount(place[covers], minlength=len(lon))
    at = np.searchsorted(ids, owners)
    radius_m = day.rough.widened(lon, lat, np.maximum(radius_m, LEAST_RADIUS_M))
    share, near = np.ones(len(lon)), np.flatnonzero(edge_m < radius_m)
    share[near] = shares_of_discs(lon[near], lat[near], radius_m[near], shapes[at[near]])
    return (
        [Method.SHARED_EDGE if count > 1 else Method.COVERS for count in covering.tolist()],
        np.minimum(share, 1.0).tolist(),
        list(edge_m.tolist()),
        [drawn[k].edition for k in at.tolist()],
    )


def _pairs(main: CodeIndex, lon: Degrees, lat: Degrees) -> tuple[Ids, Ids]:
    """Every place with the id of every region whose box holds it. On the lattice: no box is missed
    by rounding.
    """
    tiling = main.tiling
    shown = np.flatnonzero(tiling.edges > 0)
    west, south, east, north = tiling.boxes.reshape(-1, 4)[shown].T
    units = np.rint(np.column_stack([lon, lat]) * PER_DEGREE)
    tree = shapely.STRtree(np.asarray(shapely.points(units), dtype=object))
    box, place = tree.query(shapely.box(west, south, east, north))
    return np.asarray(place), np.asarray(tiling.ids[shown[box]])


def _drawn(connection: Connection, day: DayIndex, ids: list[int]) -> list[Drawn]:
    """The shapes of some regions; those that aren't known yet are read."""
    if len(day.drawn) > MOST_SHAPES:
        day.drawn.clear()
    known = dict(day.drawn)
    missing = [number for number in ids if number not in known]
    if missing:
        found = rows(connection, "tiling_editions", ids=missing, **times(day.as_of))
        shapes = shapely.from_wkb([row.shape for row in found])
        for row, shape in zip(found, shapes, strict=True):
            known[row.region_id] = day.drawn[row.region_id] = Drawn(shape, row.edition)
    return [known[number] for number in ids]
