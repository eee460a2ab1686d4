"""`make bench`: ten thousand places with all that is measured, and what stands nearest to them.

CPU is this process and its PostgreSQL backend together. Peers are the database asked for all at
once, as `wangge` itself does without an index, and PostGIS's own nearest neighbour, `<->`, which
compares degrees. Nothing here passes or fails: read it.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import Connection, text

from gis.coordinates import metres_per_degree
from gis.locating import DEFAULT_ACCURACY_M
from gis.model import BoundaryRow
from gis.store.database import analyze, connect_engine, copy_rows, rows
from gis.store.locating_many import locate_many
from gis.store.measured_many import DayIndex, index_day, measure_many
from gis.store.nearest_many import nearest_buildings, nearest_staffed
from gis.store.roles import APP, OWNER
from tests.bench import Cost, best_of, measured, migrated
from tests.makers import TODAY, keep
from tests.tiling import tiling

Degrees = NDArray[np.float64]
BLOCK = 100  # houses stand in blocks of so many, 500 m wide; places are at or near houses
REACH_M = 500.0
ALONE = 1000  # places that are asked one by one
NEAREST = """
SELECT p.n, b.code FROM asked p
 CROSS JOIN LATERAL (SELECT code FROM building b WHERE b.retired_at IS NULL
                      ORDER BY b.geom <-> p.geom LIMIT 1) AS b
"""
STAFFED = """
INSERT INTO post (member_id, role, region_id, responsible, valid)
SELECT m.id, 'grid_member', c.region_id, true, tstzrange('2020-01-01', NULL)
  FROM member m, region_code c
 WHERE c.region_id % 2 = 0
"""


def main() -> None:
    """Build a town with houses, measure places, look for what is nearest."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=40, help="grids are side × side")
    parser.add_argument("--places", type=int, default=10_000)
    parser.add_argument("--buildings", type=int, default=60_000)
    wanted = parser.parse_args()
    with migrated() as (cluster, _):
        engine = connect_engine(cluster.url(APP), pool_size=1, patient=True)
        with engine.connect() as connection:
            houses = _settle(connection, wanted.side, wanted.buildings)
            connection.commit()
            analyze(cluster.url(OWNER))
            connection.execute(text("SET max_parallel_workers_per_gather = 0"))
            connection.commit()
            print(
                f"\n{wanted.side**2:,} grids, {wanted.buildings:,} buildings,"
                f" {wanted.places:,} places, load {os.getloadavg()[0]:.1f}"
            )
            lon, lat = _near(houses, wanted.places)
            _measure(connection, lon, lat)
            _find_buildings(connection, lon, lat)
            _find_staffed(connection, lon, lat)
        engine.dispose()


def _settle(connection: Connection, side: int, buildings: int) -> Degrees:
    """Grids, houses of four walls, and a member for every other grid; where the houses stand."""
    grids = tiling(side, side)
    keep(
        connection,
        [
            BoundaryRow(n + 1, f"{n:09}", "", None, shapely.MultiPolygon([one]))
            for n, one in enumerate(grids)
        ],
    )
    random = np.random.default_rng(5)
    west, south, east, north = shapely.total_bounds(grids)
    blocks = random.uniform([west, south], [east, north], (buildings // BLOCK, 2))
    at = np.repeat(blocks, BLOCK, axis=0) + random.uniform(
        -0.0025, 0.0025, (len(blocks) * BLOCK, 2)
    )
    half = random.uniform(4e-5, 1e-4, at.shape)
    walls = shapely.box(*(at - half).T, *(at + half).T)
    shapes = shapely.set_srid(shapely.multipolygons(walls, indices=np.arange(len(walls))), 4490)
    wkb = shapely.to_wkb(shapes, hex=True, include_srid=True)
    columns = ("code", "name", "address", "households", "geom")
    lines = ((f"b{n:07}", "", "", 1, one) for n, one in enumerate(wkb.tolist()))
    copy_rows(connection, "building", columns, lines)
    connection.execute(text("INSERT INTO member (code, name) VALUES ('m', '甲')"))
    connection.execute(text(STAFFED))
    return at


def _near(houses: Degrees, count: int) -> tuple[Degrees, Degrees]:
    random = np.random.default_rng(6)
    some = houses[random.integers(0, len(houses), count)] + random.normal(0, 2e-4, (count, 2))
    return np.round(some[:, 0], 7), np.round(some[:, 1], 7)


def _measure(connection: Connection, lon: Degrees, lat: Degrees) -> None:
    radius_m = np.full(len(lon), DEFAULT_ACCURACY_M)

    def by(day: DayIndex | None) -> Callable[[], list[str | None]]:
        return lambda: measure_many(connection, lon, lat, radius_m, TODAY, day).codes["grid"]

    index_day(connection, TODAY)  # loads the kernels
    by(None)()
    for said, precision_m in (("measured", 0), ("with rough lines", 12)):
        connection.execute(text("UPDATE edition SET precision_m = :m"), {"m": precision_m})
        connection.commit()
        with measured(connection) as making:
            day = index_day(connection, TODAY)
        mine, answer = best_of(connection, by(day), 5)
        theirs, wanted = best_of(connection, by(None), 2)
        _say(f"{said}, by an index", mine)
        _say("  the index, made once", making)
        _say("  by the database", theirs, mine, answer, wanted)
    _in_gaps(connection, lon, lat, day)


def _in_gaps(connection: Connection, lon: Degrees, lat: Degrees, day: DayIndex) -> None:
    """Places that nobody covers, index or not: what the database takes for them."""
    outside = lon + 10.0
    radius_m = np.full(len(lon), DEFAULT_ACCURACY_M)
    cost, _ = best_of(
        connection, lambda: measure_many(connection, outside, lat, radius_m, TODAY, day).codes, 2
    )
    _say("outside of everything", cost)
    cost, _ = best_of(
        connection, lambda: locate_many(connection, outside, lat, radius_m, TODAY).codes, 2
    )
    _say("  by the database alone", cost)


def _find_buildings(connection: Connection, lon: Degrees, lat: Degrees) -> None:
    mine, found = best_of(
        connection, lambda: nearest_buildings(connection, lon, lat, reach_m=REACH_M).codes, 5
    )
    _say("nearest building", mine)
    some = list(zip(lon[:ALONE].tolist(), lat[:ALONE].tolist(), strict=True))
    each, alone = best_of(
        connection, lambda: [_building_near(connection, x, y) for x, y in some], 1
    )
    times = len(lon) / len(some)
    each = Cost(each.wall_s * times, each.cpu_s * times)
    _say("  one by one", each, mine, found[: len(some)], alone)
    points = shapely.to_wkb(
        shapely.set_srid(shapely.points(lon, lat), 4490), hex=True, include_srid=True
    )
    connection.execute(text("CREATE TEMPORARY TABLE asked (n integer, geom geometry)"))
    copy_rows(connection, "asked", ("n", "geom"), enumerate(points.tolist()))
    connection.commit()

    def by_postgis() -> list[str | None]:
        near = {row.n: row.code for row in connection.execute(text(NEAREST))}
        return [near.get(n) for n in range(len(lon))]

    _say("  PostGIS <->, in degrees", *_beside(best_of(connection, by_postgis, 2), mine, found))


def _building_near(connection: Connection, lon: float, lat: float) -> str | None:
    kx, ky = metres_per_degree(lat)
    reach = {"dx": REACH_M / kx, "dy": REACH_M / ky, "reach_m": REACH_M, "most": 1}
    found = rows(connection, "buildings_near_point", lon=lon, lat=lat, kx=kx, ky=ky, **reach)
    return found[0].code if found else None


def _find_staffed(connection: Connection, lon: Degrees, lat: Degrees) -> None:
    cost, _ = best_of(
        connection, lambda: nearest_staffed(connection, lon, lat, TODAY, reach_m=REACH_M).codes, 3
    )
    _say("nearest grid of a member", cost)


def _beside(
    theirs: tuple[Cost, Sequence[object]], mine: Cost, answer: Sequence[object]
) -> tuple[Cost, Cost, Sequence[object], Sequence[object]]:
    return theirs[0], mine, answer, theirs[1]


def _say(
    what: str,
    cost: Cost,
    mine: Cost | None = None,
    answer: Sequence[object] = (),
    theirs: Sequence[object] = (),
) -> None:
    line = f"  {what:<28}{cost.wall_s:8.2f} s wall {cost.cpu_s:8.2f} s CPU"
    if mine is not None:
        differ = sum(a != b for a, b in zip(answer, theirs, strict=True))
        line += f"   ×{cost.cpu_s / mine.cpu_s:6.1f} CPU   {differ} answers differ"
    print(line, flush=True)


if __name__ == "__main__":
    main()
