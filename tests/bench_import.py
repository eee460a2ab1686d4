"""`make bench`: buildings with their grids come in, beside what one would write by hand.

Three lines, processor time of client and database and wall clock for each:

a. points get their grids and are written: an index made for them and COPY, beside COPY, GiST on the
   points, and a join driven from the polygons; the same columns in the end, GiST on the points only
   where the way needs it;
b. the same with the indexes that a table of buildings has (codes, points), on either side; what the
   trigrams of addresses add is told apart;
c. `wangge import buildings`, whole: a file, its checks, the report, the history of homes, the
   address book. The peer of b does none of that.

Nothing here passes or fails: read it.
"""

from __future__ import annotations

import argparse
import csv
import os
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import shapely
from sqlalchemy import Connection, text

from api.place_commands import many_objects
from data.buildings import read_buildings
from data.sheets import Asked
from gis.model import BoundaryRow
from gis.store.database import analyze, connect_engine
from gis.store.roles import APP, OWNER
from gis.store.tilings import deepest_drawn, tiling_on
from gis.workflows.import_places import KEEP, import_buildings
from tests.bench import Cost, measured, migrated
from tests.makers import TODAY, keep
from tests.tiling import SOUTH, WEST, tiling

FIRST = "青山金石龙凤花木云江长天白红新南北东西春"
SECOND = "竹园桥溪湖林岭泉湾峰坪滩渡店场院塘坝沟垭"
HOUSES_A_DOOR = 10
DOORS_A_ROAD = 200
COPY_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
POINT = np.frombuffer(bytes.fromhex("0101000020") + (4490).to_bytes(4, "little"), np.uint8)
CODES = "UNIQUE INDEX ON {} (code)"
BOTH = (CODES, "INDEX ON {} USING gist (point)")


def main() -> None:
    """Draw a town, bring points in by either way, then a file of buildings as the product does."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--side", type=int, default=100, help="grids are side × side")
    parser.add_argument("--points", type=int, default=1_000_000, help="of lines a and b")
    parser.add_argument("--buildings", type=int, default=100_000, help="of line c")
    wanted = parser.parse_args()
    with migrated() as (cluster, folder):
        engine = connect_engine(cluster.url(APP), pool_size=1, patient=True)
        with engine.connect() as connection:
            _put_grids_in_force(connection, wanted.side)
            analyze(cluster.url(OWNER))
            print(f"{wanted.side**2:,} grids, load {os.getloadavg()[0]:.1f}")
            peer_us = _points(connection, _anywhere(wanted.side, wanted.points))
            _file(connection, folder, _anywhere(wanted.side, wanted.buildings), peer_us)
        engine.dispose()


def _put_grids_in_force(connection: Connection, side: int) -> None:
    grids = tiling(side, side)
    rows = [
        BoundaryRow(n, f"{n:09}", "", None, shapely.MultiPolygon([grid]))
        for n, grid in enumerate(grids, start=1)
    ]
    keep(connection, rows)
    connection.commit()


def _anywhere(side: int, count: int) -> np.ndarray:
    random = np.random.default_rng(4)
    return np.round(random.uniform(0.3, side - 0.3, (count, 2)) * 0.01 + [WEST, SOUTH], 7)


# ---- a and b: points ----------------------------------------------------------------------------


def _points(connection: Connection, xy: np.ndarray) -> float:
    """Lines a and b; what the peer of b needs for a building, in microseconds of processor."""
    codes = np.char.mod("%08d", np.arange(len(xy))).astype("S8")
    mine, peer = partial(_by_index, connection, codes, xy), partial(_by_join, connection, codes, xy)
    _by_index(connection, codes[:100_000], xy[:100_000])  # compile
    connection.rollback()
    print(f"\na. {len(xy):,} points with their grids")
    _pair(connection, len(xy), mine, peer)
    connection.rollback()
    print("b. … and the indexes of both on codes and points")
    _, by_hand = _pair(
        connection,
        len(xy),
        lambda: (mine(), _index(connection, "mine", *BOTH)),
        lambda: (peer("UNIQUE INDEX ON stage (code)"), _index(connection, "peer", CODES)),
    )
    different = connection.execute(
        text("SELECT count(*) FROM mine m FULL JOIN peer p USING (code) WHERE m.grid <> p.grid")
    ).scalar_one()
    print(f"   {different} of the grids differ")
    with measured(connection) as trigrams:
        _trigrams(connection)
    _say("trigrams of addresses, apart", trigrams, len(xy))
    connection.rollback()
    return by_hand.cpu_s / len(xy) * 1e6


def _pair(
    connection: Connection, count: int, ours: Callable[[], object], theirs: Callable[[], object]
) -> tuple[Cost, Cost]:
    with measured(connection) as mine:
        ours()
    _say("Wangge, index made for it", mine, count)
    with measured(connection) as peer:
        theirs()
    _say("COPY + GiST + join", peer, count)
    ratios = f"×{peer.cpu_s / mine.cpu_s:.1f} CPU, ×{peer.wall_s / mine.wall_s:.1f} wall"
    print(f"   {ratios}", flush=True)
    return mine, peer


def _by_index(connection: Connection, codes: np.ndarray, xy: np.ndarray) -> None:
    level = deepest_drawn(connection)
    assert level is not None
    owners = tiling_on(connection, level, TODAY).locate(xy[:, 0], xy[:, 1])
    _copy(connection, "mine", codes, xy, owners)


def _by_join(connection: Connection, codes: np.ndarray, xy: np.ndarray, *more: str) -> None:
    _copy(connection, "stage", codes, xy)
    for index in ("INDEX ON stage USING gist (point)", *more):
        connection.execute(text(f"CREATE {index}"))
    connection.execute(text("ANALYZE stage"))
    connection.execute(
        text(
            "CREATE TEMPORARY TABLE peer ON COMMIT DROP AS"
            " SELECT DISTINCT ON (p.code) p.code, p.point, g.region_id AS grid"
            "  FROM (SELECT v.region_id, c.code, s.geom FROM shape s"
            "          JOIN region_version v ON v.shape_id = s.id AND upper_inf(v.known)"
            "          JOIN region_code c ON c.region_id = v.region_id) AS g"
            " CROSS JOIN LATERAL (SELECT code, point FROM stage WHERE stage.point && g.geom"
            "                        AND ST_Covers(g.geom, stage.point) OFFSET 0) AS p"
            " ORDER BY p.code, g.code"
        )
    )


def _index(connection: Connection, table: str, *indexes: str) -> None:
    """What the peer answers needs an index on codes; its points have theirs, on the stage."""
    for index in indexes:
        connection.execute(text(f"CREATE {index.format(table)}"))


def _trigrams(connection: Connection) -> None:
    connection.execute(
        text(
            "CREATE TEMPORARY TABLE said ON COMMIT DROP AS"
            " SELECT '滨河路' || CAST(code AS integer) / 10 || '号' AS address FROM mine"
        )
    )
    connection.execute(text("CREATE INDEX ON said USING gin (address gin_trgm_ops)"))


def _copy(
    connection: Connection,
    table: str,
    codes: np.ndarray,
    xy: np.ndarray,
    grid: np.ndarray | None = None,
) -> None:
    """Codes and points, and grids where they are given, laid out by the column for binary COPY."""
    grids = "" if grid is None else ", grid bigint"
    connection.execute(text(f"DROP TABLE IF EXISTS pg_temp.{table}"))
    connection.execute(
        text(
            f'CREATE TEMPORARY TABLE {table} (code text COLLATE "C", point geometry{grids})'
            " ON COMMIT DROP"
        )
    )
    driver = connection.connection.driver_connection
    assert driver is not None
    with driver.cursor() as cursor:
        columns = "code, point" + (", grid" if grid is not None else "")
        with cursor.copy(f"COPY {table} ({columns}) FROM STDIN (FORMAT binary)") as copy:
            copy.write(COPY_HEADER)
            for start in range(0, len(xy), 100_000):
                some = slice(start, start + 100_000)
                grids_of = None if grid is None else grid[some]
                copy.write(_laid_out(codes[some], xy[some], grids_of))
            copy.write(b"\xff\xff")


def _laid_out(codes: np.ndarray, xy: np.ndarray, grid: np.ndarray | None) -> bytes:
    fields = [("count", ">i2"), ("code_size", ">i4"), ("code", "S8")]
    fields += [("point_size", ">i4"), ("head", "u1", 9), ("xy", "<f8", 2)]
    fields += [] if grid is None else [("grid_size", ">i4"), ("grid", ">i8")]
    rows = np.zeros(len(xy), fields)
    rows["count"] = 2 if grid is None else 3
    rows["code_size"], rows["code"] = 8, codes
    rows["point_size"], rows["head"], rows["xy"] = 25, POINT, xy
    if grid is not None:
        rows["grid_size"], rows["grid"] = 8, grid
    return rows.tobytes()


# ---- c: the whole import ------------------------------------------------------------------------


def _file(connection: Connection, folder: Path, xy: np.ndarray, peer_us: float) -> None:
    file = folder / "buildings.csv"
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(["楼栋编码", "楼栋名称", "地址", "户数", "经度", "纬度"])
        writer.writerows(_lines(xy))
    print(f"c. `wangge import buildings` of {len(xy):,} rows, from the file to homes and addresses")
    with many_objects(), measured(connection) as mine, _children() as child:
        sheet = read_buildings(file, Asked(crs="wgs84"))
        done = import_buildings(connection, sheet, TODAY, KEEP)
        connection.commit()
    assert (done.kept, len(done.added)) == (True, len(xy))
    mine.cpu_s += child.cpu_s
    _say("Wangge, file to homes", mine, len(xy))
    print(f"   ×{peer_us * len(xy) / 1e6 / mine.cpu_s:.2f} CPU of b's COPY + GiST + join")
    own, children = (
        resource.getrusage(who).ru_maxrss / 1024
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    print(f"   peaks of memory: {own:,.0f} MB here, {children:,.0f} MB in the child that reads")


@contextmanager
def _children() -> Iterator[Cost]:
    """Processor time of the processes that ended meanwhile: the child that reads the file."""
    before, cost = os.times(), Cost()
    yield cost
    after = os.times()
    cost.cpu_s = after.children_user + after.children_system
    cost.cpu_s -= before.children_user + before.children_system


def _lines(xy: np.ndarray) -> Iterator[tuple[str, str, str, int, float, float]]:
    """Ten houses a door, two hundred doors a road."""
    roads = [
        f"{third}{first}{second}路"
        for third in ("", *"上下")
        for first in FIRST
        for second in SECOND
    ]
    for n, (lon, lat) in enumerate(xy.tolist()):
        door, house = divmod(n, HOUSES_A_DOOR)
        road, door = divmod(door, DOORS_A_ROAD)
        yield f"{n:08}", f"{house + 1}幢", f"{roads[road % len(roads)]}{door + 1}号", 12, lon, lat


def _say(what: str, cost: Cost, count: int) -> None:
    each = cost.cpu_s / count * 1e6
    print(
        f"   {what:<30}{cost.wall_s:8.1f} s wall {cost.cpu_s:8.1f} s CPU {each:8.1f} µs each",
        flush=True,
    )


if __name__ == "__main__":
    main()
