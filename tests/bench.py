"""`make bench`: locating beside its peers, in one run, on the same data. CPU and wall.

CPU is this process and its PostgreSQL backend together. Ratios are peer ÷ Wangge: above 1 Wangge
needs less. Nothing here passes or fails: read it.
"""

from __future__ import annotations

import argparse
import csv
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import geopandas
import numpy as np
import pandas as pd
import shapely
from sqlalchemy import Connection, text

from api.locate_command import locate_file
from data.points import read_points
from gis.locating import DEFAULT_ACCURACY_M
from gis.model import BoundaryRow
from gis.store.cluster import Cluster, throwaway
from gis.store.database import analyze, connect_engine, copy_rows
from gis.store.locating import locate
from gis.store.locating_many import locate_many
from gis.store.roles import APP, OWNER
from migrations import upgrade
from tests.makers import TODAY, keep
from tests.tiling import tiling

Answer = TypeVar("Answer")
TICK = os.sysconf("SC_CLK_TCK")
COVERING = """
SELECT c.code FROM shape s
  JOIN region_version v ON v.shape_id = s.id AND v.valid @> current_date AND upper_inf(v.known)
  JOIN region_code c ON c.region_id = v.region_id AND c.valid @> current_date
 WHERE ST_Covers(s.geom, ST_SetSRID(ST_MakePoint(:lon, :lat), 4490)) ORDER BY c.code LIMIT 1
"""
JOINED = """
SELECT DISTINCT ON (p.n) p.n, g.code
  FROM (SELECT c.code, s.geom FROM shape s
          JOIN region_version v ON v.shape_id = s.id
           AND v.valid @> current_date AND upper_inf(v.known)
          JOIN region_code c ON c.region_id = v.region_id AND c.valid @> current_date) AS g
 CROSS JOIN LATERAL (
       SELECT n FROM bare
        WHERE bare.geom && g.geom AND ST_Covers(g.geom, bare.geom) OFFSET 0) AS p
 ORDER BY p.n, g.code
"""


@dataclass
class Cost:
    """What something cost: seconds of wall clock and of processor."""

    wall_s: float = 0.0
    cpu_s: float = 0.0


@contextmanager
def measured(connection: Connection) -> Iterator[Cost]:
    """Wall clock and processor of this process and the connection's backend."""
    pid = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
    cost = Cost()
    wall, cpu = time.perf_counter(), time.process_time() + _backend_s(pid)
    yield cost
    cost.wall_s = time.perf_counter() - wall
    cost.cpu_s = time.process_time() + _backend_s(pid) - cpu


def best_of(connection: Connection, run: Callable[[], Answer], rounds: int) -> tuple[Cost, Answer]:
    """The cost of the round that took least processor, and the answer; what it wrote is undone."""
    costs = []
    for _ in range(rounds):
        with measured(connection) as cost:
            answer = run()
        connection.rollback()
        costs.append(cost)
    return min(costs, key=lambda cost: cost.cpu_s), answer


def _backend_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


@contextmanager
def migrated() -> Iterator[tuple[Cluster, Path]]:
    """A throwaway database with our tables, and a folder beside it that its server can enter."""
    with tempfile.TemporaryDirectory(prefix="wangge-bench-") as folder:
        Path(folder).chmod(0o711)
        with throwaway(Path(folder)) as cluster:
            upgrade(cluster.url(OWNER))
            yield cluster, Path(folder)


def main() -> None:
    """Build the tiling, then one place, a batch and a file, each beside its peers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=100, help="grids are side × side")
    parser.add_argument("--places", type=int, default=100_000)
    wanted = parser.parse_args()
    with migrated() as (cluster, folder):
        engine = connect_engine(cluster.url(APP), pool_size=1)
        with engine.connect() as connection:
            _run(connection, cluster.url(OWNER), wanted.side, wanted.places, folder)
        engine.dispose()


def _run(connection: Connection, owner_url: str, side: int, places: int, folder: Path) -> None:
    grids = tiling(side, side)
    codes = [f"{number:09}" for number in range(len(grids))]
    rows = [
        BoundaryRow(n, code, "", None, shapely.MultiPolygon([grid]))
        for n, (code, grid) in enumerate(zip(codes, grids, strict=True), start=1)
    ]
    keep(connection, rows)
    connection.commit()
    analyze(owner_url)
    connection.execute(text("SET max_parallel_workers_per_gather = 0"))
    connection.commit()
    random = np.random.default_rng(2)
    west, south, east, north = shapely.total_bounds(grids)
    lon = np.round(random.uniform(west, east, places), 7)
    lat = np.round(random.uniform(south, north, places), 7)
    frame = geopandas.GeoDataFrame({"code": codes}, geometry=grids, crs=4490)
    corners = shapely.get_num_coordinates(grids).mean()
    print(
        f"{len(grids):,} grids of {corners:.0f} corners, {places:,} places,"
        f" load {os.getloadavg()[0]:.1f}"
    )
    _one(connection, lon, lat, frame)
    _batch(connection, lon, lat, frame)
    _file(connection, lon, lat, frame, folder)


def _one(
    connection: Connection, lon: np.ndarray, lat: np.ndarray, frame: geopandas.GeoDataFrame
) -> None:
    count = 1000
    places = list(zip(lon[:count].tolist(), lat[:count].tolist(), strict=True))

    def wangge() -> list[str | None]:
        found = [locate(connection, x, y, TODAY) for x, y in places]
        return [f.placement.owner.code if f.placement.owner else None for f in found]

    def bare() -> list[str | None]:
        query = text(COVERING)
        return [connection.execute(query, {"lon": x, "lat": y}).scalar() for x, y in places]

    def sjoin() -> list[str | None]:
        return [_sjoin(np.array([x]), np.array([y]), frame)[0] for x, y in places]

    _compare(connection, f"one place, {count:,} times", wangge, {"bare SQL": bare, "sjoin": sjoin})


def _batch(
    connection: Connection, lon: np.ndarray, lat: np.ndarray, frame: geopandas.GeoDataFrame
) -> None:
    def wangge() -> list[str | None]:
        radius = np.full(len(lon), DEFAULT_ACCURACY_M)
        return locate_many(connection, lon, lat, radius, TODAY).codes["grid"]

    def bare() -> list[str | None]:
        made = "n integer, geom geometry(Point, 4490)"
        connection.execute(text(f"CREATE TEMPORARY TABLE bare ({made}) ON COMMIT DROP"))
        points = shapely.to_wkb(
            shapely.set_srid(shapely.points(lon, lat), 4490), hex=True, include_srid=True
        )
        copy_rows(connection, "bare", ("n", "geom"), enumerate(points))
        connection.execute(text("CREATE INDEX ON bare USING gist (geom)"))
        connection.execute(text("ANALYZE bare"))
        answer: list[str | None] = [None] * len(lon)
        for n, code in connection.execute(text(JOINED)):
            answer[n] = code
        return answer

    peers = {"bare SQL": bare, "sjoin": lambda: _sjoin(lon, lat, frame)}
    _compare(connection, f"batch of {len(lon):,} (code only for the peers)", wangge, peers)


def _file(
    connection: Connection,
    lon: np.ndarray,
    lat: np.ndarray,
    frame: geopandas.GeoDataFrame,
    folder: Path,
) -> None:
    given = folder / "places.csv"
    with given.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(["id", "lon", "lat", "what"])
        writer.writerows(
            zip(range(len(lon)), lon.tolist(), lat.tolist(), ["暴露垃圾"] * len(lon), strict=True)
        )

    def wangge() -> list[str | None]:
        made = folder / "located.csv"
        locate_file(
            connection, read_points(given, "lon", "lat", crs="wgs84"), TODAY, made, force=True
        )
        with made.open(encoding="utf-8", newline="") as written:
            return [row["grid"] or None for row in csv.DictReader(written)]

    def sjoin() -> list[str | None]:
        read = pd.read_csv(given)
        read["grid"] = _sjoin(read["lon"].to_numpy(), read["lat"].to_numpy(), frame)
        made = folder / "joined.csv"
        read.to_csv(made, index=False)
        with made.open(encoding="utf-8", newline="") as written:
            return [row["grid"] or None for row in csv.DictReader(written)]

    peers = {"pandas + sjoin": sjoin}
    _compare(connection, f"file of {len(lon):,} rows (code only for the peer)", wangge, peers)


def _sjoin(lon: np.ndarray, lat: np.ndarray, frame: geopandas.GeoDataFrame) -> list[str | None]:
    """geopandas with the same rule: covered_by, the lowest code."""
    points = geopandas.GeoDataFrame(geometry=geopandas.points_from_xy(lon, lat), crs=4490)
    joined = geopandas.sjoin(points, frame, predicate="covered_by", how="left")
    lowest = joined["code"].groupby(level=0).min()
    return [code if isinstance(code, str) else None for code in lowest]


def _compare(
    connection: Connection,
    what: str,
    ours: Callable[[], list[str | None]],
    peers: dict[str, Callable[[], list[str | None]]],
) -> None:
    print(f"\n{what}")
    mine, answer = _best(connection, ours)
    print(f"  {'Wangge':<16}{mine.wall_s:9.3f} s wall {mine.cpu_s:9.3f} s CPU")
    for name, peer in peers.items():
        cost, theirs = _best(connection, peer)
        # In a gap or just outside Wangge names the nearest grid; a peer names none.
        differ = sum(a != b for a, b in zip(answer, theirs, strict=True) if b is not None)
        print(
            f"  {name:<16}{cost.wall_s:9.3f} s wall {cost.cpu_s:9.3f} s CPU"
            f"   ×{cost.wall_s / mine.wall_s:6.2f} wall ×{cost.cpu_s / mine.cpu_s:6.2f} CPU"
            f"   {differ} answers differ"
        )


def _best(
    connection: Connection, run: Callable[[], list[str | None]], rounds: int = 3
) -> tuple[Cost, list[str | None]]:
    costs = []
    answer: list[str | None] = []
    for _ in range(rounds):
        with measured(connection) as cost:
            answer = run()
        connection.rollback()
        costs.append(cost)
    return min(costs, key=lambda cost: cost.cpu_s), answer


if __name__ == "__main__":
    main()
