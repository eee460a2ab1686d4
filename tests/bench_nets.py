"""`make bench`: a foreign net of as many polygons as there are grids, each drawn three metres off,
is matched to the grids. Nothing here passes or fails: read it.
"""

from __future__ import annotations

import argparse
import resource
from dataclasses import replace

import numpy as np
import shapely
from sqlalchemy import Connection, text

from gis.coordinates import metres_per_degree
from gis.model import BoundaryFile, BoundaryRow
from gis.nets import NetKind
from gis.store.database import connect_engine
from gis.store.roles import APP
from gis.workflows.match_net import MatchAsked, match_foreign
from tests.bench import measured, migrated
from tests.makers import NOW, TODAY, keep
from tests.tiling import tiling

SHIFT_M = 3.0
HOUSES = 5  # a grid


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--grids", type=int, default=20_000)
    side = round(parser.parse_args().grids ** 0.5)
    grids = [
        BoundaryRow(n, f"{n:06}", "", None, _multi(shape))
        for n, shape in enumerate(tiling(side, side), start=1)
    ]
    kx, ky = metres_per_degree(29.0)
    off = np.array([SHIFT_M / kx, SHIFT_M / ky])
    foreign = [
        replace(row, code=f"N{row.code}", shape=shapely.transform(row.shape, lambda xy: xy + off))
        for row in grids
    ]
    file = BoundaryFile(foreign, "EPSG:4490", "EPSG:4490", "0" * 64, "foreign")
    asked = MatchAsked("police", "police", NetKind.POLICE, TODAY.valid_on)
    with migrated() as (cluster, _):
        engine = connect_engine(cluster.url(APP), pool_size=1, patient=True)
        with engine.connect() as connection:
            keep(connection, grids)
            _build(connection, grids)
            connection.commit()
            with measured(connection) as cost:
                found = match_foreign(connection, file, asked, NOW).matched
        engine.dispose()
    corners = shapely.get_num_coordinates([row.shape for row in grids]).mean()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{len(foreign):,} polygons {SHIFT_M:g} m off matched to {len(grids):,} grids of"
        f" {corners:.0f} corners: {cost.wall_s:.1f} s wall, {cost.cpu_s:.1f} s CPU; peak"
        f" {peak:,.0f} MB with both nets in memory"
    )
    same = sum(owner == f"N{grid}" for grid, owner in found.owners.items())
    print(f"  {same:,} grids go to their own polygon; {len(found.offences):,} places offend")


def _multi(shape: shapely.Geometry) -> shapely.MultiPolygon:
    return shape if shape.geom_type == "MultiPolygon" else shapely.MultiPolygon([shape])


def _build(connection: Connection, grids: list[BoundaryRow]) -> None:
    """Houses at random places of the whole area."""
    west, south, east, north = shapely.total_bounds([row.shape for row in grids])
    dice = np.random.default_rng(1)
    count = HOUSES * len(grids)
    lon, lat = dice.uniform(west, east, count), dice.uniform(south, north, count)
    connection.execute(
        text(
            "INSERT INTO building (code, name, address, households, point)"
            " SELECT 'h' || row_number() OVER (), '', '', 10, ST_SetSRID(ST_MakePoint(x, y), 4490)"
            " FROM unnest(CAST(:lon AS float8[]), CAST(:lat AS float8[])) AS at(x, y)"
        ),
        {"lon": lon.tolist(), "lat": lat.tolist()},
    )


if __name__ == "__main__":
    main()
