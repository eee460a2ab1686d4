"""The demo's regions: cells of the plan, and the communities and editions made of them.

Every region is a union of cells, and neighbours share every vertex, so the tiling is exact by
construction. A cell is one grid; the later edition cuts two of them in two.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, Final, TypeAlias

from data.demo.frame import BORDER, BROOK, EAST, GRID_H, GRID_W, HILLS_END, TOWN_END, WEST, path
from gis.model import BoundaryRow

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shapely import Geometry, Polygon

    from data.demo.lines import Lines

Rectangle: TypeAlias = tuple[float, float, float, float]  # x0, x1, t0, t1

COUNTY: Final = ("500199", "示例区（合成示例）")
SUBDISTRICTS: Final = {"500199001": "滨江街道", "500199002": "桥东街道", "500199100": "山前镇"}
COMMUNITIES: Final = {
    "河滨社区": "500199001001",
    "码头社区": "500199001002",
    "柳岸社区": "500199001003",
    "纺织社区": "500199001004",
    "文昌社区": "500199001005",
    "新桥社区": "500199002001",
    "桐林社区": "500199002002",
    "学府社区": "500199002003",
    "山前社区": "500199100001",
    "石梯村": "500199100201",
    "茶园村": "500199100202",
    "云坪村": "500199100203",
}
FIRST: Final = date(2025, 1, 1)
SECOND: Final = date(2026, 7, 1)
ODD_NAMES: Final = {"500199002003002": "学府社区第二网格（含学府路东段"}  # for the audit to find
NUMERALS: Final = "一二三四五六七八九十"


@dataclass(frozen=True, slots=True)
class DemoEdition:
    """The rows of one level from one day on."""

    level: str
    name: str
    valid_from: date
    rows: list[BoundaryRow]


@dataclass(frozen=True, slots=True)
class Cell:
    """A rectangle of the plan: one grid, with its code and name.

    `use` is what an exclusive grid (专属网格) is for, "" for a base grid. `split_code` is the code
    of the eastern half from the second edition on, "" where the grid stays whole.
    """

    x0: float
    x1: float
    t0: float
    t1: float
    community: str
    use: str = ""
    code: str = ""
    name: str = ""
    split_code: str = ""

    @property
    def middle(self) -> tuple[float, float]:
        """Its middle in the plan."""
        return (self.x0 + self.x1) / 2, (self.t0 + self.t1) / 2

    @property
    def rural(self) -> bool:
        """Is it a village's?"""
        return self.community.endswith("村")

    def holds(self, x: float, t: float) -> bool:
        """Does a place of the plan lie inside?"""
        return self.x0 < x < self.x1 and self.t0 < t < self.t1


# ---- the plan -----------------------------------------------------------------------------------

OLD_TOWN_ROWS: Final = (0.0, 235.0, 480.0, 730.0, 985.0, TOWN_END)
OLD_TOWN_COLUMNS: Final = (
    (WEST, -405.0, -195.0, 0.0),
    (WEST, -430.0, -215.0, 0.0),
    (WEST, -390.0, -200.0, 0.0),
    (WEST, -420.0, -190.0, 0.0),
    (WEST, -400.0, -205.0, 0.0),
)
MIDDLE_ROWS: Final = (0.0, GRID_H, 430.0, 640.0, 845.0, 1050.0, TOWN_END)
MIDDLE_COLUMNS: Final = (0.0, GRID_W, 2 * GRID_W, 590.0, 800.0, 1000.0, BROOK)
NEW_TOWN_ROWS: Final = (0.0, 215.0, 430.0, 640.0, 850.0, 1050.0, TOWN_END)
NEW_TOWN_COLUMNS: Final = (BROOK, 1470.0, 1730.0, 2000.0, EAST)
MARKET_ROWS: Final = (TOWN_END, 1420.0, 1600.0)
MARKET_COLUMNS: Final = (590.0, 800.0, 1000.0, BROOK)

# One letter a cell, row by row from the river: the first of its community, or one of `USES`.
OLD_TOWN: Final = ("码码码", "码码码", "码码码", "柳柳柳", "柳柳柳")
MIDDLE: Final = (
    "河河河文文文",
    "河河河文文文",
    "河河河文校文",
    "柳纺纺纺文文",
    "柳纺纺园园纺",
    "柳纺纺纺纺纺",
)
NEW_TOWN: Final = ("新新新新", "新新新新", "新商桐桐", "桐桐桐桐", "学学学院", "学学学院")
MARKET: Final = ("山山山", "山山山")
USES: Final = {
    "校": ("文昌社区", "示例中学"),
    "园": ("纺织社区", ""),
    "商": ("新桥社区", "新桥商圈"),
    "院": ("学府社区", "示例职业学院"),
}
ONE_CELL: Final = "园院"  # letters that stand on several squares and make one cell
VILLAGES: Final = (
    ("石梯村", TOWN_END, 1600.0, (WEST, -200.0, 200.0, 590.0)),
    ("石梯村", 1600.0, 2080.0, (WEST, -80.0, 420.0)),
    ("云坪村", 1600.0, 2080.0, (420.0, 810.0, BROOK)),
    ("云坪村", 2080.0, HILLS_END, (WEST, -100.0, 400.0, 800.0, BROOK)),
    ("茶园村", TOWN_END, 1600.0, (BROOK, 1730.0, EAST)),
    ("茶园村", 1600.0, 2080.0, (BROOK, 1700.0, EAST)),
    ("茶园村", 2080.0, HILLS_END, (BROOK, 1720.0, EAST)),
)
WATERFRONT: Final = (
    ("码头社区", "客运码头", WEST, 0.0),
    ("河滨社区", "滨江公园", 0.0, 590.0),
    ("文昌社区", "文昌江滩", 590.0, BROOK),
    ("新桥社区", "清溪河口", BROOK, EAST),
)
SPLIT: Final = ((1600.0, 320.0), (690.0, 1150.0))  # the second edition cuts the cells around these


def cells() -> list[Cell]:
    """Every cell with its code and name, in the order of the codes."""
    town = [
        *_lettered(OLD_TOWN_ROWS, OLD_TOWN_COLUMNS, OLD_TOWN),
        *_lettered(MIDDLE_ROWS, [MIDDLE_COLUMNS] * 6, MIDDLE),
        *_lettered(NEW_TOWN_ROWS, [NEW_TOWN_COLUMNS] * 6, NEW_TOWN),
        *_lettered(MARKET_ROWS, [MARKET_COLUMNS] * 2, MARKET),
    ]
    drawn = [
        *_town_cells(town),
        *(Cell(*x, t0, t1, name) for name, t0, t1, cuts in VILLAGES for x in pairwise(cuts)),
        *(Cell(x0, x1, BORDER, 0.0, name, use) for name, use, x0, x1 in WATERFRONT),
    ]
    return sorted(_numbered(drawn), key=lambda cell: cell.code)


def _lettered(
    rows: Sequence[float], columns: Sequence[Sequence[float]], letters: Sequence[str]
) -> list[tuple[str, Rectangle]]:
    return [
        (letter, (*x, *t))
        for t, cuts, line in zip(pairwise(rows), columns, letters, strict=True)
        for x, letter in zip(pairwise(cuts), line, strict=True)
    ]


def _town_cells(lettered: list[tuple[str, Rectangle]]) -> Iterator[Cell]:
    meaning = {name[0]: (name, "") for name in COMMUNITIES} | USES
    for letter, rectangle in lettered:
        if letter not in ONE_CELL:
            yield Cell(*rectangle, *meaning[letter])
    for letter in ONE_CELL:
        x0, x1, t0, t1 = zip(*(one for given, one in lettered if given == letter), strict=True)
        yield Cell(min(x0), max(x1), min(t0), max(t1), *meaning[letter])


def _numbered(drawn: list[Cell]) -> Iterator[Cell]:
    """Base grids of a community are numbered from west to east in rows from north to south,
    exclusive ones by themselves behind a Z, the halves of the later edition after all others.
    """
    for community, above in COMMUNITIES.items():
        inside = [cell for cell in drawn if cell.community == community]
        inside.sort(key=lambda cell: (round(cell.middle[1] / 200), cell.middle[0]))
        base = [cell for cell in inside if not cell.use]
        for number, cell in enumerate(base, start=1):
            is_split = any(cell.holds(*place) for place in SPLIT)
            yield replace(
                cell,
                code=f"{above}{number:03}",
                name=f"{community}第{numeral(number)}网格",
                split_code=f"{above}{len(base) + 1:03}" if is_split else "",
            )
        for number, cell in enumerate((cell for cell in inside if cell.use), start=1):
            name = f"{community}{cell.use}专属网格"
            yield replace(cell, code=f"{above}Z{number:03}", name=name)


def numeral(number: int) -> str:
    """A number up to 19 as it is written in names."""
    return NUMERALS[number - 1] if number <= 10 else "十" + NUMERALS[number - 11]


# ---- editions -----------------------------------------------------------------------------------


def editions(drawn: Sequence[Cell], lines: Lines) -> list[DemoEdition]:
    """Every edition, in the order in which they are to be activated."""
    whole: list[_Drawn] = [
        (cell.code, ODD_NAMES.get(cell.code, cell.name), _shape(cell, lines)) for cell in drawn
    ]
    later = [
        part for cell, one in zip(drawn, whole, strict=True) for part in _cut(cell, one, lines)
    ]
    return [
        DemoEdition("county", "示例·区县", FIRST, _rows(_joined(whole, {COUNTY[0]: COUNTY[1]}, 6))),
        DemoEdition("subdistrict", "示例·街道", FIRST, _rows(_joined(whole, SUBDISTRICTS, 9), 6)),
        DemoEdition("community", "示例·社区", FIRST, _rows(_joined(whole, _names(), 12), 9)),
        DemoEdition("grid", "示例·网格 2025", FIRST, _rows(whole, 12)),
        DemoEdition("grid", "示例·网格 2026", SECOND, _rows(sorted(later, key=_code), 12)),
    ]


_Drawn: TypeAlias = "tuple[str, str, Geometry]"  # code, name, shape


def _code(drawn: _Drawn) -> str:
    return drawn[0]


def _names() -> dict[str, str]:
    return {code: name for name, code in COMMUNITIES.items()}


def _shape(cell: Cell, lines: Lines) -> Polygon:
    import shapely

    return shapely.Polygon(path(lines.ring(cell.x0, cell.x1, cell.t0, cell.t1)))


def _cut(cell: Cell, whole: _Drawn, lines: Lines) -> list[_Drawn]:
    """The cell as the second edition has it: whole, or cut along the lane in its middle."""
    if not cell.split_code:
        return [whole]
    middle = cell.middle[0]
    number = numeral(int(cell.split_code[-3:]))
    return [
        (cell.code, cell.name, _shape(replace(cell, x1=middle), lines)),
        (
            cell.split_code,
            f"{cell.community}第{number}网格",
            _shape(replace(cell, x0=middle), lines),
        ),
    ]


def _joined(grids: list[_Drawn], names: dict[str, str], digits: int) -> list[_Drawn]:
    import shapely

    return [
        (code, name, shapely.coverage_union_all([g for c, _, g in grids if c[:digits] == code]))
        for code, name in sorted(names.items())
    ]


def _rows(drawn: list[_Drawn], parent_digits: int = 0) -> list[BoundaryRow]:
    import shapely

    return [
        BoundaryRow(
            number,
            code,
            name,
            code[:parent_digits] or None,
            shapely.MultiPolygon(list(shapely.get_parts(shape))),
        )
        for number, (code, name, shape) in enumerate(drawn, start=1)
    ]
