"""Locating many places at once in SQL: the rule of `gis.locating`, said in joins.

The polygons drive the joins, level by level from the deepest rung up, so that a place found early
is not looked for again. What single places get (`gis.store.locating`) is what these get: a property
test holds the two together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import exists, select, text

from gis.coordinates import metres_per_degree, to_lattice
from gis.locating import REACH_M, Method, ladders
from gis.model import GRID, AsOf
from gis.store import levels as store_levels
from gis.store import regions
from gis.store.database import copy_rows, drop_temporary, query, rows, times
from gis.store.locating import LEAST_RADIUS_M
from gis.store.tables.regions import edition
from gis.store.tilings import cover_many
from gis.tiling_index import NOBODY

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from numpy.typing import NDArray
    from sqlalchemy import Connection

    from gis.model import AsOf, Level

OVERLAYS_FROM = 1000  # ladder numbers from here on are overlays: never the deepest owner


@dataclass(frozen=True, slots=True)
class ManyLocated:
    """One entry a place, in the order given. `codes` by level; None where a level has no owner."""

    codes: dict[str, list[str | None]]
    method: list[Method]
    confidence: list[float]
    edge_m: list[float | None]
    edition: list[str | None]


@dataclass(frozen=True, slots=True)
class Ladder:
    """Levels on which a place is looked for one after the other, the deepest first."""

    number: int
    rungs: list[Level]
    has_gaps: bool = True


def locate_many(
    connection: Connection,
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    radius_m: NDArray[np.float64],
    as_of: AsOf,
    *,
    reach_m: float = REACH_M,
) -> ManyLocated:
    """Where many places belong: arrays of degrees in EPSG:4490 and of error radii in metres.

    NaN coordinates are outside. The precision of the boundaries counts as in `locating.locate`.
    Holds its tables in the connection's transaction; 200,000 places at a time need about 100 MB of
    the server.
    """
    levels = store_levels.all_levels(connection)
    _stage(connection, lon, lat, np.maximum(radius_m, LEAST_RADIUS_M))
    if connection.execute(select(exists().where(edition.c.precision_m > 0))).scalar():
        connection.execute(query("places_precision"), {"reach_m": reach_m, **times(as_of)})
    _own(connection, all_ladders(levels), as_of.valid_on, as_of.known_at, reach_m)
    return _collect(connection, levels, len(lon), as_of)


def owners_of_many(
    connection: Connection, lon: NDArray[np.float64], lat: NDArray[np.float64], as_of: AsOf
) -> NDArray[np.int64]:
    """The region that each place belongs to, the deepest of the deepest ladder, by its id; `NOBODY`
    outside of all. The same owners as `locate_many`, without what is measured.
    """
    levels = store_levels.all_levels(connection)
    _stage(connection, lon, lat, np.full(len(lon), LEAST_RADIUS_M))
    tilings = [one for one in all_ladders(levels) if one.number < OVERLAYS_FROM]
    _own(connection, tilings, as_of.valid_on, as_of.known_at, REACH_M)
    owners = np.full(len(lon), NOBODY, dtype=np.int64)
    for row in rows(connection, "placed_owners"):
        owners[row.n] = row.region_id
    return owners


def chains_of_many(
    connection: Connection,
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    ladder: Ladder,
    as_of: AsOf,
) -> list[tuple[int, list[int]]]:
    """The owners on one ladder: (number of the place, ids of the regions from the top down to the
    owner), for the places that have one.
    """
    _stage(connection, lon, lat, np.full(len(lon), LEAST_RADIUS_M))
    _own(connection, [ladder], as_of.valid_on, as_of.known_at, REACH_M)
    found = connection.execute(text("SELECT n, path || region_id AS chain FROM placed"))
    return [(row.n, row.chain) for row in found]


def grids_of_many(
    connection: Connection,
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    days: Sequence[date],
    known_at: datetime,
) -> list[list[int | None]]:
    """The grid of each place on each of several days: one list of region ids a day, in the order
    given, None for a place in no grid. The same owners as `locate_many`, without what is measured.
    """
    levels = store_levels.all_levels(connection)
    grid = next((one for one in levels if one.code == GRID), None)
    chosen = [
        one
        for one in all_ladders(levels)
        if one.number < OVERLAYS_FROM and grid is not None and grid in one.rungs
    ]
    return [_grids_on(connection, lon, lat, chosen, AsOf(day, known_at)) for day in days]


def _grids_on(
    connection: Connection,
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    chosen: list[Ladder],
    as_of: AsOf,
) -> list[int | None]:
    """The grids of places on one day: by an index where that pays, the rest by the database."""
    owners = _covering_grids(connection, lon, lat, chosen, as_of)
    rest = np.flatnonzero(owners == NOBODY)
    if len(rest):
        _stage(connection, lon[rest], lat[rest], np.full(len(rest), LEAST_RADIUS_M))
        _own(connection, chosen, as_of.valid_on, as_of.known_at, REACH_M)
        for row in rows(connection, "placed_grids"):
            owners[rest[row.n]] = row.region_id
    return [None if one == NOBODY else one for one in owners.tolist()]


def _covering_grids(
    connection: Connection,
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    chosen: list[Ladder],
    as_of: AsOf,
) -> NDArray[np.int64]:
    """The grid of whoever covers each place on the deepest rung, if grids stand on one ladder."""
    drawn = {row.level_id for row in rows(connection, "levels_with_shapes")}
    rungs = [rung for one in chosen for rung in one.rungs if rung.id in drawn]
    found = None
    if len(chosen) == 1 and rungs:
        found = cover_many(connection, lon, lat, rungs[0], GRID, as_of)
    return np.full(len(lon), NOBODY, dtype=np.int64) if found is None else found


def _own(
    connection: Connection,
    ladders: list[Ladder],
    valid_on: date,
    known_at: datetime,
    reach_m: float,
) -> None:
    """Find the owners of the staged places, ladder by ladder."""
    times = {"valid_on": valid_on, "known_at": known_at}
    drawn = {row.level_id for row in rows(connection, "levels_with_shapes")}
    for ladder in ladders:
        rungs = [rung for rung in ladder.rungs if rung.id in drawn]
        _climb(connection, ladder.number, rungs, times)
        if ladder.has_gaps:
            _fill_gaps(connection, ladder.number, rungs, times, reach_m)


def all_ladders(levels: list[Level]) -> list[Ladder]:
    """The ladders of the tilings, then every overlay as one of its own."""
    tilings = [Ladder(number, rungs) for number, rungs in enumerate(ladders(levels))]
    overlays = [one for one in levels if one.overlay]
    return tilings + [
        Ladder(OVERLAYS_FROM + number, [one], has_gaps=False) for number, one in enumerate(overlays)
    ]


def _stage(
    connection: Connection,
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    radius_m: NDArray[np.float64],
) -> None:
    drop_temporary(connection, "place", "placed")
    connection.execute(query("places_stage"))
    connection.execute(query("placed_stage"))
    lon, lat = to_lattice(lon), to_lattice(lat)
    kx, ky = metres_per_degree(lat)
    there = np.flatnonzero(np.isfinite(lon) & np.isfinite(lat))
    columns = [array[there].tolist() for array in (lon, lat, radius_m, kx, ky)]
    lines = zip(there.tolist(), *columns, strict=True)
    copy_rows(connection, "place", ("n", "lon", "lat", "radius_m", "kx", "ky"), lines)


def _climb(connection: Connection, number: int, rungs: list[Level], times: dict[str, Any]) -> None:
    for rung in rungs:
        box = _await(connection, number, rung, gaps=False)
        if box is None:
            return
        connection.execute(
            query("places_cover"),
            {**times, **box, "ladder": number, "rank": rung.rank, "level_id": rung.id},
        )


def _fill_gaps(
    connection: Connection, number: int, rungs: list[Level], times: dict[str, Any], reach_m: float
) -> None:
    for rung in rungs:
        box = _await(connection, number, rung, gaps=True)
        if box is None:
            continue
        reach_deg = reach_m / _least_metres_per_degree(box)
        widened = {
            "west": box["west"] - reach_deg,
            "south": box["south"] - reach_deg,
            "east": box["east"] + reach_deg,
            "north": box["north"] + reach_deg,
        }
        values = {"ladder": number, "rank": rung.rank, "level_id": rung.id}
        reach = {"reach_m": reach_m, "reach_deg": reach_deg}
        connection.execute(query("places_nearest"), {**times, **widened, **values, **reach})


def _await(
    connection: Connection, number: int, rung: Level, *, gaps: bool
) -> dict[str, float] | None:
    """Lay out the places this rung is asked about; their box, or None when there are none."""
    drop_temporary(connection, "waiting")
    connection.execute(query("places_waiting"), {"ladder": number, "rank": rung.rank, "gaps": gaps})
    edges = connection.execute(
        text(
            "SELECT min(lon) AS west, min(lat) AS south, max(lon) AS east, max(lat) AS north"
            " FROM waiting"
        )
    ).one()
    if edges.west is None:
        return None
    connection.execute(text("CREATE INDEX ON waiting USING gist (geom)"))
    connection.execute(text("ANALYZE waiting"))
    return dict(edges._mapping)


def _least_metres_per_degree(box: dict[str, float]) -> float:
    """Of the box's latitudes the shortest degree, a little shortened: a reach no place exceeds."""
    farthest = min(max(abs(box["south"]), abs(box["north"])), 89.9)
    return 0.999 * min(*metres_per_degree(farthest), *metres_per_degree(0.0))


def _collect(connection: Connection, levels: list[Level], count: int, as_of: AsOf) -> ManyLocated:
    answer = ManyLocated(
        codes={one.code: [None] * count for one in levels},
        method=[Method.OUTSIDE] * count,
        confidence=[0.0] * count,
        edge_m=[None] * count,
        edition=[None] * count,
    )
    found = connection.execute(
        text("SELECT n, path || region_id AS chain FROM placed ORDER BY n, ladder")
    ).all()
    ids = {number for row in found for number in row.chain}
    known = {one.id: one for one in regions.ancestors(connection, sorted(ids), as_of)}
    for n, chain in found:
        for number in chain:
            one = known[number]
            if answer.codes[one.level][n] is None:
                answer.codes[one.level][n] = one.code
    for row in rows(connection, "places_measured", overlays_from=OVERLAYS_FROM):
        answer.method[row.n] = Method(row.method)
        answer.confidence[row.n] = min(1.0, row.share)
        answer.edge_m[row.n] = row.edge_m
        answer.edition[row.n] = row.edition
    return answer
