"""`make bench`: a whole import of buildings with their grids, beside COPY, GiST and a join.

The peer is what one would write by hand: COPY of the same columns into a table with the same
indexes, and the grid of each building by a join driven from the polygons, kept with it. It checks
nothing, reports nothing and keeps no history; the import does. Read it.
"""

from __future__ import annotations

import argparse
import cProfile
import csv
import os
import pstats
from pathlib import Path

import numpy as np
import shapely
from sqlalchemy import Connection, text

from data.buildings import read_buildings
from data.sheets import Asked
from gis.model import BoundaryRow
from gis.store.database import analyze, connect_engine, copy_rows
from gis.store.roles import APP, OWNER
from gis.workflows.import_places import KEEP, import_buildings
from tests.bench import measured, migrated
from tests.makers import TODAY, keep
from tests.tiling import SOUTH, WEST, tiling


def main() -> None:
    """Draw a town, write a file of buildings, bring it in by either way."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=100, help="grids are side × side")
    parser.add_argument("--buildings", type=int, default=1_000_000)
    parser.add_argument("--profile", action="store_true", help="where this process spends its time")
    wanted = parser.parse_args()
    with migrated() as (cluster, folder):
        engine = connect_engine(cluster.url(APP), pool_size=1, patient=True)
        with engine.connect() as connection:
            grids = tiling(wanted.side, wanted.side)
            rows = [
                BoundaryRow(n, f"{n:09}", "", None, shapely.MultiPolygon([grid]))
                for n, grid in enumerate(grids, start=1)
            ]
            keep(connection, rows)
            connection.commit()
            analyze(cluster.url(OWNER))
            _compare(connection, folder, wanted)
        engine.dispose()


def _compare(connection: Connection, folder: Path, wanted: argparse.Namespace) -> None:
    random = np.random.default_rng(4)
    xy = random.uniform(0.3, wanted.side - 0.3, (wanted.buildings, 2)) * 0.01 + [WEST, SOUTH]
    xy = np.round(xy, 7)
    file = folder / "buildings.csv"
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(["楼栋编码", "楼栋名称", "地址", "户数", "经度", "纬度"])
        writer.writerows(_lines(xy))
    print(f"{wanted.side**2:,} grids, {len(xy):,} buildings, load {os.getloadavg()[0]:.1f}")
    with measured(connection) as peer:
        _by_hand(connection, xy)
    connection.rollback()
    _say("COPY + GiST + join", peer.wall_s, peer.cpu_s)
    profile = cProfile.Profile()
    with measured(connection) as mine:
        if wanted.profile:
            profile.enable()
        sheet = read_buildings(file, Asked(crs="wgs84"))
        done = import_buildings(connection, sheet, TODAY, KEEP)
        connection.commit()
        profile.disable()
    assert (done.kept, len(done.added)) == (True, len(xy))
    _say("Wangge, file to homes", mine.wall_s, mine.cpu_s)
    print(f"  ×{peer.cpu_s / mine.cpu_s:.2f} CPU, ×{peer.wall_s / mine.wall_s:.2f} wall")
    if wanted.profile:
        pstats.Stats(profile).sort_stats("tottime").print_stats(25)
        pstats.Stats(profile).sort_stats("cumulative").print_stats(45)


def _lines(xy: np.ndarray) -> list[tuple[str, str, str, int, float, float]]:
    return [
        (f"{n:08}", f"{n % 40}幢", f"滨江路{n // 40}号", 12, lon, lat)
        for n, (lon, lat) in enumerate(xy.tolist())
    ]


def _by_hand(connection: Connection, xy: np.ndarray) -> None:
    connection.execute(
        text(
            "CREATE TEMPORARY TABLE house (code text, name text, address text, households integer,"
            " point geometry(Point, 4490)) ON COMMIT DROP"
        )
    )
    places = shapely.set_srid(shapely.points(xy), 4490)
    wkb = shapely.to_wkb(places, hex=True, include_srid=True)
    lines = ((*line[:4], point) for line, point in zip(_lines(xy), wkb.tolist(), strict=True))
    copy_rows(connection, "house", ("code", "name", "address", "households", "point"), lines)
    for index in (
        "UNIQUE INDEX ON house (code)",
        "INDEX ON house USING gist (point)",
        "INDEX ON house USING gin (address gin_trgm_ops)",
    ):
        connection.execute(text(f"CREATE {index}"))
    connection.execute(text("ANALYZE house"))
    connection.execute(
        text(
            "CREATE TEMPORARY TABLE housed ON COMMIT DROP AS"
            " SELECT DISTINCT ON (p.code) p.code, g.region_id AS grid"
            "  FROM (SELECT v.region_id, c.code, s.geom FROM shape s"
            "          JOIN region_version v ON v.shape_id = s.id AND upper_inf(v.known)"
            "          JOIN region_code c ON c.region_id = v.region_id) AS g"
            " CROSS JOIN LATERAL (SELECT code FROM house WHERE house.point && g.geom"
            "                        AND ST_Covers(g.geom, house.point) OFFSET 0) AS p"
            " ORDER BY p.code, g.code"
        )
    )
    connection.execute(text("CREATE UNIQUE INDEX ON housed (code)"))


def _say(what: str, wall_s: float, cpu_s: float) -> None:
    print(f"  {what:<24}{wall_s:9.1f} s wall {cpu_s:9.1f} s CPU", flush=True)


if __name__ == "__main__":
    main()
