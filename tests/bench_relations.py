"""`make bench`: relations between regions at the size of a big city, and its levels of detail.

Each question is asked five times; beside it the same work by hand with geopandas, all
shapes in memory, without dates, codes or pages. Nothing here passes or fails: read it.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable, Sized
from typing import TypeAlias

import geopandas
import numpy as np
import shapely
from sqlalchemy import Connection, text

from gis.model import BoundaryRow
from gis.store.database import analyze, connect_engine
from gis.store.lod import make_missing
from gis.store.relations import Page, Relation, meeting, related
from gis.store.roles import APP, OWNER
from tests.bench import measured, migrated
from tests.makers import TODAY, keep
from tests.tiling import tiling

BLOCK = 3  # a community is 3 × 3 grids, a subdistrict 10 × 10 communities
TOWN = 30
PAGE = Page(51)
BY_HAND = {
    Relation.COVERS: "covers",
    Relation.COVERED_BY: "covered_by",
    Relation.OVERLAPS: "overlaps",
    Relation.NEIGHBOURS: "touches",
}
"""What geopandas calls it; neighbours are then sifted by the length of the shared edge."""

Frames: TypeAlias = dict[str, geopandas.GeoDataFrame]
WITH_SHAPES = Page(51, shapes=True, zoom=12)


def main() -> None:
    """Build four levels, one county topmost, ask every relation, make the levels of detail."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=100, help="grids are side × side")
    parser.add_argument("--detail", action=argparse.BooleanOptionalAction, default=True)
    wanted = parser.parse_args()
    with migrated() as (cluster, _):
        engine = connect_engine(cluster.url(APP), pool_size=1, patient=True)
        with engine.connect() as connection:
            frames = _settle(connection, wanted.side)
            connection.commit()
            analyze(cluster.url(OWNER))
            connection.execute(text("SET max_parallel_workers_per_gather = 0"))
            _ask_all(connection, frames, wanted.side)
            if wanted.detail:
                _simplify(connection)
        engine.dispose()


def _settle(connection: Connection, side: int) -> Frames:
    grids = tiling(side, side)
    at = np.arange(side * side)
    x, y = at % side, at // side
    below = None
    frames = {}
    sizes = {"county": side, "subdistrict": TOWN, "community": BLOCK, "grid": 1}
    for level, size in sizes.items():
        group = (y // size) * 1000 + x // size
        parent = None if below is None else (y // below) * 1000 + x // below
        rows = []
        for row, number in enumerate(np.unique(group), start=1):
            inside = np.flatnonzero(group == number) if size > 1 else np.array([row - 1])
            number_here = group[inside[0]] if size > 1 else int(at[row - 1])
            shape = shapely.coverage_union_all(grids[inside]) if size > 1 else grids[row - 1]
            above = None if parent is None else f"{parent[inside[0]]:06}"
            rows.append(BoundaryRow(row, f"{number_here:06}", "", above, _multi(shape)))
        keep(connection, rows, level=level, edition=level)
        below = size
        shapes = [row.shape for row in rows]
        frames[level] = geopandas.GeoDataFrame(geometry=shapes, index=[row.code for row in rows])
        print(f"{len(rows):,} {level}s kept", flush=True)
    return frames


def _multi(shape: shapely.Geometry) -> shapely.MultiPolygon:
    return shape if shape.geom_type == "MultiPolygon" else shapely.MultiPolygon([shape])


def _ask_all(connection: Connection, frames: Frames, side: int) -> None:
    middle = (side // 2 // BLOCK) * 1000 + side // 2 // BLOCK
    town = (side // 2 // TOWN) * 1000 + side // 2 // TOWN
    asked = {
        "grid": f"{side * side // 2:06}",
        "community": f"{middle:06}",
        "subdistrict": f"{town:06}",
        "county": "000000",
    }
    square = shapely.box(105.5, 28.5, 105.53, 28.53)
    questions: dict[str, Callable[[], Sized]] = {}
    by_hand: dict[str, Callable[[], Sized]] = {}
    for relation in Relation:
        for level, code in asked.items():
            questions[f"{relation} of a {level}"] = _question(connection, level, code, relation)
            if relation in BY_HAND:
                by_hand[f"{relation} of a {level}"] = _hand(frames, level, code, relation)
    questions["a shape of 3 × 3 km"] = lambda: meeting(connection, square, TODAY, PAGE)
    questions["children with shapes"] = lambda: related(
        connection, ("community", asked["community"]), Relation.CHILDREN, TODAY, WITH_SHAPES
    )
    for name, question in questions.items():
        line = f"{name:32} {_timed(connection, question)}"
        if name in by_hand:
            line += f"   by hand {_timed(connection, by_hand[name])}"
        print(line, flush=True)


def _timed(connection: Connection, question: Callable[[], Sized]) -> str:
    """Rows, median of the wall clock, mean of the processor."""
    wall_ms, cpu_ms = [], []
    for _ in range(5):
        with measured(connection) as cost:
            found = question()
        wall_ms.append(cost.wall_s * 1000)
        cpu_ms.append(cost.cpu_s * 1000)
    wall, cpu = statistics.median(wall_ms), statistics.mean(cpu_ms)
    return f"{len(found):5} rows {wall:8.1f} ms wall {cpu:8.1f} ms CPU"


def _hand(frames: Frames, level: str, code: str, relation: Relation) -> Callable[[], Sized]:
    """The rows of every level (of neighbours: of one) whose shape stands in the relation."""
    shape = frames[level].geometry[code]
    wanted = [level] if relation is Relation.NEIGHBOURS else list(frames)

    def ask() -> Sized:
        found = []
        for one in wanted:
            frame = frames[one]
            near = frame.iloc[frame.sindex.query(shape, predicate=BY_HAND[relation])]
            if relation is Relation.NEIGHBOURS:
                shared = near.geometry.boundary.intersection(shape.boundary).length
                near = near[shared > 0]
            found += list(near.index)
        return found

    return ask


def _question(
    connection: Connection, level: str, code: str, relation: Relation
) -> Callable[[], Sized]:
    return lambda: related(connection, (level, code), relation, TODAY, PAGE)


def _simplify(connection: Connection) -> None:
    with measured(connection) as cost:
        made = 0
        while did := make_missing(connection, TODAY):
            made += did
    print(f"levels of detail: {made:,} shapes, {cost.wall_s:.1f} s wall, {cost.cpu_s:.1f} s CPU")


if __name__ == "__main__":
    main()
