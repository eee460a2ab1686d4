"""`python -m tests.bench_coverage`: coverage of 500,000 buildings beside its usual peer.

The peer buffers the facilities in a projected CRS and joins (geopandas), reading the same rows from
the same database. Seconds of CPU (with the backend's) and of wall, and how many buildings the two
judge differently. Most of the run goes into building the town.
Nothing here passes or fails: read it.
"""

from __future__ import annotations

import argparse

import geopandas
import numpy as np
import pandas as pd
import shapely
from sqlalchemy import Connection, text

from gis.accounts import EVERYTHING
from gis.model import BoundaryRow
from gis.store.database import analyze, connect_engine, copy_rows
from gis.store.roles import APP, OWNER
from gis.workflows.plan_coverage import Question, plan_coverage
from tests.bench import measured, migrated
from tests.makers import TODAY, keep
from tests.tiling import tiling

KIND = "elderly_station"
RADIUS_M = 500.0
UTM_48 = 32648  # the projection of 102° to 108° east
EVERY_BUILDING = """
SELECT b.code, b.households, c.code AS grid, ST_X(b.point) AS lon, ST_Y(b.point) AS lat
  FROM building b JOIN place_home h ON h.kind = 'building' AND h.object_id = b.id
  JOIN region_code c ON c.region_id = h.region_id
"""
FACILITIES = "SELECT ST_X(point) AS lon, ST_Y(point) AS lat FROM facility WHERE status = 'open'"
HOMES = """
INSERT INTO place_home (kind, object_id, region_id, valid, known)
SELECT 'building', b.id, c.region_id, daterange('2020-01-01', NULL), tstzrange('2020-01-01', NULL)
  FROM building b JOIN region_code c ON c.code = b.address
"""


def main() -> None:
    """Build a town and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=60, help="grids along one side")
    parser.add_argument("--buildings", type=int, default=500_000)
    parser.add_argument("--facilities", type=int, default=2_000)
    args = parser.parse_args()
    with migrated() as (cluster, _):
        engine = connect_engine(cluster.url(APP), patient=True)
        with engine.begin() as connection:
            _build(connection, args.side, args.buildings, args.facilities)
        analyze(cluster.url(OWNER))
        with engine.begin() as connection:
            _compare(connection)
        engine.dispose()


def _build(connection: Connection, side: int, buildings: int, facilities: int) -> None:
    shapes = tiling(side, side, corners=40)
    grids = [
        BoundaryRow(number, f"{number:06}", "", None, shapely.MultiPolygon([shape]))
        for number, shape in enumerate(shapes, 1)
    ]
    keep(connection, grids)
    dice = np.random.default_rng(7)
    cell = dice.integers(len(grids), size=buildings)
    boxes = np.array([row.shape.bounds for row in grids if row.shape is not None])
    at = boxes[cell, :2] + dice.random((buildings, 2)) * (boxes[cell, 2:] - boxes[cell, :2])
    homes = dice.integers(1, 120, size=buildings)
    copy_rows(
        connection,
        "building",
        ("code", "name", "address", "households", "point"),
        (
            (f"b{n}", "", grids[g].code, int(h), f"SRID=4490;POINT({x} {y})")
            for n, (g, h, (x, y)) in enumerate(zip(cell, homes, at.tolist(), strict=True))
        ),
    )
    connection.execute(text(HOMES))
    spots = boxes[:, :2].min(axis=0) + dice.random((facilities, 2)) * np.ptp(boxes[:, :2], axis=0)
    copy_rows(
        connection,
        "facility",
        ("code", "kind", "name", "status", "point"),
        (
            (f"f{n}", KIND, f"f{n}", "open", f"SRID=4490;POINT({x} {y})")
            for n, (x, y) in enumerate(spots.tolist())
        ),
    )


def _compare(connection: Connection) -> None:
    for _ in range(2):
        with measured(connection) as planning:
            plan = plan_coverage(
                connection, Question(KIND, None, RADIUS_M), EVERYTHING, TODAY, TODAY.valid_on
            )
        with measured(connection) as counting:
            scores, total, gaps = plan.grid_scores(), plan.coverage.total(), plan.gaps(3000)
        ours = planning.cpu_s + counting.cpu_s
        wall = planning.wall_s + counting.wall_s
        print(f"wangge     {ours:6.2f} s CPU {wall:6.2f} s wall  ({len(scores)} grids scored)")
    with measured(connection) as peer:
        inside, by_grid = _peer(connection)
    print(f"geopandas  {peer.cpu_s:6.2f} s CPU {peer.wall_s:6.2f} s wall  ({len(by_grid)} grids)")
    codes = plan.coverage.homes.building[plan.coverage.served]
    differ = len(set(codes.tolist()) ^ inside)
    print(f"CPU ratio {peer.cpu_s / ours:.1f}; {len(plan.coverage.homes.building):,} buildings,")
    print(f"{total.buildings.served:,} served; the two differ on {differ:,}; {len(gaps):,} listed")


def _peer(connection: Connection) -> tuple[set[str], pd.Series]:
    def points(query: str) -> geopandas.GeoDataFrame:
        rows = pd.read_sql(text(query), connection)
        spots = geopandas.points_from_xy(rows.lon, rows.lat)
        return geopandas.GeoDataFrame(rows, geometry=spots, crs=4490).to_crs(UTM_48)

    buildings, discs = points(EVERY_BUILDING), points(FACILITIES)
    discs["geometry"] = discs.buffer(RADIUS_M)
    inside = set(geopandas.sjoin(buildings, discs[["geometry"]]).code)
    served = buildings.households.where(buildings.code.isin(inside), 0)
    return inside, served.groupby(buildings.grid).sum()


if __name__ == "__main__":
    main()
