"""The made-up regions of the demo: 示例区, marked 合成示例, the same bytes from every run.

One county, 3 subdistricts, 12 communities and about 100 grids, nested without gap or overlap, and
a later edition that splits two grids, so that there is a before and an after to look at.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

import numpy as np

from gis.coordinates import to_lattice
from gis.model import BoundaryRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray
    from shapely import MultiPolygon, Polygon

SEED: Final = 20261122
COUNTY: Final = ("500199", "示例区（合成示例）")
WEST, SOUTH, EAST, NORTH = 106.535, 29.545, 106.587, 29.579
GRIDS: Final = 100
FIRST: Final = date(2025, 1, 1)
SECOND: Final = date(2026, 7, 1)
SUBDISTRICTS: Final = ("滨江街道", "河西街道", "山前街道")
COMMUNITIES: Final = (
    ("河滨社区", "码头社区", "柳岸社区", "新桥社区"),
    ("西苑社区", "纺织社区", "桐林社区", "学府社区"),
    ("山前社区", "石梯村", "茶园村", "云坪村"),
)
NUMERALS: Final = "一二三四五六七八九十"


@dataclass(frozen=True, slots=True)
class DemoEdition:
    """The rows of one level from one day on."""

    level: str
    name: str
    valid_from: date
    rows: list[BoundaryRow]


@dataclass(frozen=True, slots=True)
class _Place:
    """A region of the demo: its code, name and the numbers of the cells it is made of."""

    code: str
    name: str
    parent: str | None
    cells: list[int]


def demo_editions() -> list[DemoEdition]:
    """Every edition of the demo, in the order in which they are to be activated."""
    cells = _cells()
    county = _Place(*COUNTY, None, list(range(len(cells))))
    subdistricts = _divide(county, cells, SUBDISTRICTS, digits=3)
    communities = [
        one
        for above, names in zip(subdistricts, COMMUNITIES, strict=True)
        for one in _divide(above, cells, names, digits=3)
    ]
    grids = [one for above in communities for one in _grids(above, cells)]
    first = [
        DemoEdition("county", "示例·区县", FIRST, _rows([county], cells)),
        DemoEdition("subdistrict", "示例·街道", FIRST, _rows(subdistricts, cells)),
        DemoEdition("community", "示例·社区", FIRST, _rows(communities, cells)),
        DemoEdition("grid", "示例·网格 2025", FIRST, _rows(grids, cells)),
    ]
    return [*first, DemoEdition("grid", "示例·网格 2026", SECOND, _split_two(_rows(grids, cells)))]


def _cells() -> list[Polygon]:
    """One cell a grid: the Voronoi cells of evenly spread points."""
    import shapely

    random = np.random.default_rng(SEED)
    around = shapely.box(WEST, SOUTH, EAST, NORTH)
    points = np.column_stack(
        [random.uniform(WEST, EAST, GRIDS), random.uniform(SOUTH, NORTH, GRIDS)]
    )
    for _ in range(12):  # Lloyd's relaxation: each point to the middle of its cell
        points = _middles(_voronoi(points, around))
    cells = shapely.set_precision(_voronoi(points, around), 1e-7)
    return [to_lattice(cell) for cell in cells]


def _voronoi(points: NDArray[np.float64], around: Polygon) -> NDArray[np.object_]:
    import shapely

    made = shapely.voronoi_polygons(shapely.MultiPoint(points), extend_to=around)
    clipped: NDArray[np.object_] = shapely.intersection(shapely.get_parts(made), around)
    middles = _middles(clipped)
    return clipped[np.lexsort((middles[:, 0], middles[:, 1]))]


def _middles(cells: Sequence[Polygon] | NDArray[np.object_]) -> NDArray[np.float64]:
    import shapely

    middles: NDArray[np.float64] = shapely.get_coordinates(shapely.centroid(np.array(cells)))
    return middles


def _divide(
    above: _Place, cells: list[Polygon], names: Sequence[str], *, digits: int
) -> list[_Place]:
    """Cut a region into as many parts as there are names: bands of its longer side, west or north
    first, with the same number of cells each.
    """
    if len(names) == 1:
        return [_Place(f"{above.code}{1:0{digits}}", names[0], above.code, above.cells)]
    groups = _bands(above.cells, cells, len(names))
    return [
        _Place(f"{above.code}{number:0{digits}}", name, above.code, group)
        for number, (name, group) in enumerate(zip(names, groups, strict=True), start=1)
    ]


def _bands(numbers: list[int], cells: list[Polygon], parts: int) -> list[list[int]]:
    middles = _middles([cells[n] for n in numbers])
    if parts == 4:
        halves = _bands(numbers, cells, 2)
        return [quarter for half in halves for quarter in _bands(half, cells, 2)]
    wide = np.ptp(middles[:, 0]) * 0.87 >= np.ptp(middles[:, 1])
    order = np.argsort(middles[:, 0] if wide else -middles[:, 1], kind="stable")
    return [[numbers[i] for i in band] for band in np.array_split(order, parts)]


def _grids(community: _Place, cells: list[Polygon]) -> Iterable[_Place]:
    """One grid a cell, numbered from west to east in rows from north to south."""
    middles = _middles([cells[n] for n in community.cells])
    bands = np.round((NORTH - middles[:, 1]) / 0.004)
    order = np.lexsort((middles[:, 0], bands))
    for number, i in enumerate(order, start=1):
        name = f"{community.name}第{_numeral(number)}网格"
        yield _Place(f"{community.code}{number:03}", name, community.code, [community.cells[i]])


def _numeral(number: int) -> str:
    if number <= 10:
        return NUMERALS[number - 1]
    return "十" + NUMERALS[number - 11]


def _rows(places: list[_Place], cells: list[Polygon]) -> list[BoundaryRow]:
    return [
        BoundaryRow(number, one.code, one.name, one.parent, _joined([cells[n] for n in one.cells]))
        for number, one in enumerate(places, start=1)
    ]


def _joined(cells: list[Polygon]) -> MultiPolygon:
    import shapely

    joined = to_lattice(shapely.union_all(cells, grid_size=1e-7))
    if isinstance(joined, shapely.Polygon):
        return shapely.MultiPolygon([joined])
    assert isinstance(joined, shapely.MultiPolygon), "cells are areas"
    return joined


def _split_two(rows: list[BoundaryRow]) -> list[BoundaryRow]:
    """The 2026 edition: the first grids of two communities are cut in two."""
    found = [row for row in rows if row.code.endswith("001")][:2]
    kept = [row for row in rows if row not in found]
    pieces = [piece for row in found for piece in _halves(row, rows)]
    together = sorted([*kept, *pieces], key=lambda row: row.code)
    return [
        BoundaryRow(number, row.code, row.name, row.parent_code, row.shape)
        for number, row in enumerate(together, start=1)
    ]


def _halves(row: BoundaryRow, rows: list[BoundaryRow]) -> list[BoundaryRow]:
    """Cut a grid from corner to corner, so that its neighbours keep their edges as they are."""
    import shapely

    assert row.shape is not None, "the demo draws every grid"
    west, east = sorted(_fairest_cut(row.shape.geoms[0]), key=lambda part: part.centroid.x)
    number = 1 + sum(other.parent_code == row.parent_code for other in rows)
    new_code = f"{row.parent_code}{number:03}"
    new_name = f"{row.name[: row.name.index('第')]}第{_numeral(number)}网格"
    return [
        BoundaryRow(0, row.code, row.name, row.parent_code, shapely.MultiPolygon([west])),
        BoundaryRow(0, new_code, new_name, row.parent_code, shapely.MultiPolygon([east])),
    ]


def _fairest_cut(cell: Polygon) -> tuple[Polygon, Polygon]:
    """The two most equal parts of a convex cell that a line between two corners can make."""
    import shapely

    ring = list(cell.exterior.coords)[:-1]
    cuts = [
        (shapely.Polygon(ring[i : j + 1]), shapely.Polygon(ring[j:] + ring[: i + 1]))
        for i in range(len(ring))
        for j in range(i + 2, len(ring))
        if j - i < len(ring) - 1
    ]
    return min(cuts, key=lambda parts: abs(parts[0].area - parts[1].area))
