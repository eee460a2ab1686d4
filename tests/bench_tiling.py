"""`make bench`: the tiling index beside its peers, one run, the same places. CPU and wall.

CPU is this process and its PostgreSQL backend together. Everybody has one thread on one and the
same processor, so that wall clock compares too. Ratios are peer ÷ Wangge: above 1 Wangge needs
less. Every answer is compared. Nothing passes or fails: read it.
"""

from __future__ import annotations

import argparse
import math
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import Connection, text

from gis.store.database import connect_engine, copy_rows
from gis.store.roles import APP
from gis.tiling_index import NOBODY, Stamp, TilingIndex
from tests.bench import Cost, best_of, measured, migrated
from tests.bench_tiling_peers import peers
from tests.tiling import tiling

Answer = NDArray[np.int64]
Degrees = NDArray[np.float64]
POLYGONS_FIRST = """
SELECT p.n, min(g.n) AS grid
  FROM (SELECT n, geom FROM bench_grid) AS g
 CROSS JOIN LATERAL (
       SELECT n FROM bench_place a
        WHERE a.geom && g.geom AND ST_Covers(g.geom, a.geom) OFFSET 0) AS p
 GROUP BY p.n
"""
AS_PLANNED = """
SELECT p.n, min(g.n) AS grid
  FROM bench_place p JOIN bench_grid g ON ST_Covers(g.geom, p.geom)
 GROUP BY p.n
"""


def main() -> None:
    """Build, keep and ask an index, then ask the peers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=255, help="grids are side × side")
    parser.add_argument("--places", type=int, default=1_000_000)
    wanted = parser.parse_args()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # before any thread or server starts
    with migrated() as (cluster, folder):
        engine = connect_engine(cluster.url(APP), pool_size=1, patient=True)
        with engine.connect() as connection:
            _run(connection, wanted.side, wanted.places, folder)
        engine.dispose()


def _run(connection: Connection, side: int, places: int, folder: Path) -> None:
    grids = tiling(side, side)
    lon, lat = _anywhere(grids, places)
    corners = shapely.get_num_coordinates(grids).mean()
    load = os.getloadavg()[0]
    print(f"\n{len(grids):,} grids of {corners:.0f} corners, {places:,} places, load {load:.1f}")
    index = _build(connection, grids)
    _patch(connection, grids, index)
    _keep(connection, index, folder / "grid.tiles")
    kept = TilingIndex.read(folder / "grid.tiles")
    _grow(connection, kept, side, lon, lat)
    _ask(connection, grids, kept, lon, lat)


def _anywhere(grids: NDArray[np.object_], places: int) -> tuple[Degrees, Degrees]:
    random = np.random.default_rng(2)
    west, south, east, north = shapely.total_bounds(grids)
    lon = np.round(random.uniform(west, east, places), 7)
    return lon, np.round(random.uniform(south, north, places), 7)


def _built(grids: NDArray[np.object_]) -> TilingIndex:
    """Codes are numbers of one length, so that the order of codes is that of the grids."""
    codes = [f"{n:09}" for n in range(len(grids))]
    marks = [0] * len(grids)
    return TilingIndex.build(grids, codes, range(len(grids)), Stamp("grid", 1), marks)


def _build(connection: Connection, grids: NDArray[np.object_]) -> TilingIndex:
    _built(grids[:4])  # compile
    costs = []
    for _ in range(3):
        before = _memory_mb("VmRSS")
        Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far
        with measured(connection) as cost:
            index = _built(grids)
        costs.append(cost)
    _say("build", min(costs, key=lambda cost: cost.cpu_s))
    print(f"  {_memory_mb('VmHWM') - before:.0f} MB at its peak beside the shapes")
    return index


def _patch(connection: Connection, grids: NDArray[np.object_], index: TilingIndex) -> None:
    """The index after some grids in the middle were drawn anew, as they were."""

    def patch(changed: int) -> TilingIndex | None:
        middle = len(grids) // 2
        codes, ids = [f"{n:09}" for n in range(len(grids))], range(len(grids))
        marks = [1 if middle <= n < middle + changed else 0 for n in ids]
        return index.renewed(codes, ids, marks, Stamp("grid", 2), lambda some: grids[some])

    patch(1)  # compile
    for changed in (10, len(grids) // 100):
        costs = []
        for _ in range(3):
            with measured(connection) as cost:
                patched = patch(changed)
            costs.append(cost)
        assert patched is not None
        assert np.array_equal(patched.stream, index.stream)
        _say(f"patch, {changed} changed", min(costs, key=lambda cost: cost.cpu_s))


def _keep(connection: Connection, index: TilingIndex, path: Path) -> None:
    with measured(connection) as written:
        index.write(path)
    _say("write the file", written)
    with measured(connection) as read:
        TilingIndex.read(path)
    _say("open it", read)
    print(f"  {path.stat().st_size / 1e6:.0f} MB on disk")


def _grow(
    connection: Connection, index: TilingIndex, side: int, lon: Degrees, lat: Degrees
) -> None:
    """How much longer ten times the grids and ten times the places take, and what n log n would."""
    fewer = tiling(round(side / math.sqrt(10)), round(side / math.sqrt(10)))
    small, places = _built(fewer), len(lon) // 10
    few_lon, few_lat = _anywhere(fewer, places)
    few, _ = best_of(connection, lambda: small.locate(few_lon, few_lat), 9)
    all_, _ = best_of(connection, lambda: index.locate(lon, lat), 9)
    _say(f"{len(fewer):,} grids, {places:,} places", few)
    grown = 10 * math.log(len(lon)) / math.log(places)
    print(f"  ten times as much takes ×{all_.wall_s / few.wall_s:.1f}; n log n ×{grown:.1f}")


def _ask(
    connection: Connection,
    grids: NDArray[np.object_],
    index: TilingIndex,
    lon: Degrees,
    lat: Degrees,
) -> None:
    def prepared() -> Answer:
        shapely.prepare(grids)
        tree = shapely.STRtree(shapely.points(lon, lat))
        grid, place = tree.query(grids, predicate="covers")
        return _lowest(place, grid, len(lon))

    def of_polygons() -> Answer:
        place, grid = tree.query(shapely.points(lon, lat), predicate="covered_by")
        return _lowest(place, grid, len(lon))

    def gather() -> Answer:
        return np.asarray(numbers[at])

    tree = shapely.STRtree(grids)
    at = np.random.default_rng(3).integers(0, len(index.cells), len(lon))
    numbers = np.asarray(index.cells)
    mine, answer = best_of(connection, lambda: index.locate(lon, lat), 9)
    _say("Wangge", mine)
    floor, _ = best_of(connection, gather, 9)
    _say("one random gather", floor, mine)
    for name, peer in (("shapely, prepared", prepared), ("shapely, STRtree", of_polygons)):
        cost, theirs = best_of(connection, peer, 3)
        _say(name, cost, mine, answer, theirs)
    _stage(connection, grids, lon, lat)
    for name, sql in (
        ("PostGIS, polygons first", POLYGONS_FIRST),
        ("PostGIS, planned", AS_PLANNED),
    ):
        cost, theirs = best_of(connection, _in_sql(connection, sql, len(lon)), 1)
        _say(name, cost, mine, answer, theirs)
    for name, ask in peers(grids, lon, lat):
        cost, theirs = best_of(connection, ask, 2)
        _say(name, cost, mine, answer, theirs)


def _stage(
    connection: Connection,
    grids: NDArray[np.object_],
    lon: Degrees,
    lat: Degrees,
) -> None:
    for setting in ("max_parallel_workers_per_gather = 0", "statement_timeout = 0"):
        connection.execute(text(f"SET {setting}"))
    for room in ("temp_buffers = '1GB'", "work_mem = '256MB'"):  # nothing is read twice
        connection.execute(text(f"SET {room}"))
    for name, shapes in (("bench_grid", grids), ("bench_place", shapely.points(lon, lat))):
        connection.execute(text(f"CREATE TEMPORARY TABLE {name} (n integer, geom geometry)"))
        wkb = shapely.to_wkb(shapely.set_srid(shapes, 4490), hex=True, include_srid=True)
        copy_rows(connection, name, ("n", "geom"), enumerate(wkb))
        connection.execute(text(f"CREATE INDEX ON {name} USING gist (geom)"))
        connection.execute(text(f"ANALYZE {name}"))
    connection.commit()


def _in_sql(connection: Connection, sql: str, count: int) -> Callable[[], Answer]:
    def ask() -> Answer:
        rows = connection.execute(text(f"SELECT array_agg(n), array_agg(grid) FROM ({sql}) AS f"))
        places, numbers = rows.one()
        found = np.full(count, NOBODY, np.int64)
        if places:
            found[np.array(places)] = numbers
        return found

    return ask


def _lowest(place: NDArray[np.intp], grid: NDArray[np.intp], count: int) -> Answer:
    lowest = np.full(count, np.iinfo(np.int64).max)
    np.minimum.at(lowest, place, grid)
    lowest[lowest == np.iinfo(np.int64).max] = NOBODY
    return lowest


def _say(
    name: str,
    cost: Cost,
    mine: Cost | None = None,
    answer: Answer | None = None,
    theirs: Answer | None = None,
) -> None:
    line = f"  {name:<26}{cost.wall_s:9.3f} s wall {cost.cpu_s:9.3f} s CPU"
    if mine:
        line += f"   ×{cost.wall_s / mine.wall_s:7.2f} wall ×{cost.cpu_s / mine.cpu_s:7.2f} CPU"
    if answer is not None and theirs is not None:
        line += f"   {np.count_nonzero(answer != theirs)} answers differ"
    print(line, flush=True)


def _memory_mb(what: str) -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(what + ":"):
            return int(line.split()[1]) / 1024
    raise KeyError(what)


if __name__ == "__main__":
    main()
