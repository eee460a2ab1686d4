"""What stands in each cell: its lanes, and the lots between them with their use.

A plan only, in metres of the straight sheet; `streets`, `blocks` and `works` draw it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import sin
from typing import TYPE_CHECKING, Final

from data.demo.frame import BROOK, EAST, FAR_BANK, GRID_H, GRID_W, TOWN_END, WEST, dice
from gis.places import RoadClass

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from data.demo.lines import Lines
    from data.demo.regions import Cell

HALF_M: Final = {
    RoadClass.TRUNK: 14.0,
    RoadClass.SECONDARY: 10.0,
    RoadClass.STREET: 7.5,
    RoadClass.LANE: 3.0,
    RoadClass.STEPS: 3.0,
    RoadClass.FOOTPATH: 1.5,
    RoadClass.VILLAGE: 3.0,
}
PAVEMENT_M: Final = 4.0
CLIFF_FROM, CLIFF_TO = WEST + 20, 540.0
WEST_BANK_ROAD, EAST_BANK_ROAD = BROOK - 36.0, BROOK + 36.0


@dataclass(frozen=True, slots=True)
class Street:
    """A straight piece of road of the plan: a row at `t` or a column at `x`.

    `start` and `end` are places along it. House numbers begin at its start.
    """

    name: str
    road_class: RoadClass
    is_row: bool
    at: float
    start: float
    end: float
    bridge: bool = False
    steep: bool = False

    def passes(self, at: float) -> bool:
        """Does it run past a place along it?"""
        return min(self.start, self.end) <= at <= max(self.start, self.end)


@dataclass(frozen=True, slots=True)
class Front:
    """The side of a lot that faces a named street. `shops`: with a row of shophouses."""

    street: str
    road_class: RoadClass
    shops: bool


@dataclass(frozen=True, slots=True, eq=False)
class Lot:
    """The ground of one compound or one public use, without the pavement: a rectangle of the plan.

    `fronts` are by side: n, s, w, e; there is always one. `name` is "" where chance names it.
    """

    cell: Cell
    x0: float
    x1: float
    t0: float
    t1: float
    use: str
    fronts: dict[str, Front]
    name: str = ""

    @property
    def grid_code(self) -> str:
        """The grid it lies in, as the later edition has it."""
        east_half = self.x0 >= self.cell.middle[0]
        return (self.cell.split_code if east_half else "") or self.cell.code


def _row(name: str, road: RoadClass, t: float, x0: float, x1: float, **more: bool) -> Street:
    return Street(name, road, True, t, x0, x1, **more)


def _column(name: str, road: RoadClass, x: float, t0: float, t1: float, **more: bool) -> Street:
    return Street(name, road, False, x, t0, t1, **more)


_T, _S, _A = RoadClass.TRUNK, RoadClass.SECONDARY, RoadClass.STREET
_L, _P, _F = RoadClass.LANE, RoadClass.STEPS, RoadClass.FOOTPATH
_W, _E = WEST_BANK_ROAD, EAST_BANK_ROAD

STREETS: Final = (
    _row("滨江步道", _F, -25, WEST + 30, _W - 20),
    _row("码头路", _S, 0, WEST, -195),
    _row("滨河路", _S, 0, -195, _W),
    _row("滨河路", _S, 0, _W, _E, bridge=True),
    _row("滨河路", _S, 0, _E, EAST),
    _row("槐荫街", _A, 235, WEST, 0),
    _row("柳堤街", _A, 480, WEST, 0),
    _row("柳岸路", _S, 730, WEST, 0),
    _row("柳林街", _A, 985, WEST, 0),
    _row("望江街", _A, GRID_H, 0, _W),
    _row("青石路", _A, 430, 0, _W),
    _row("文昌大道", _T, 640, 0, _W),
    _row("文昌大道", _T, 640, _W, _E, bridge=True),
    _row("文昌大道", _T, 640, _E, EAST),
    _row("纺织路", _S, 845, 0, _W),
    _row("桃园街", _A, 1050, 0, _W),
    _row("新桥一路", _A, 215, _E, EAST),
    _row("新桥二路", _A, 430, _E, EAST),
    _row("桐林路", _S, 850, _E, EAST),
    _row("学府路", _A, 1050, _E, 2000),
    _row("南环路", _S, TOWN_END, WEST, _W),
    _row("南环路", _S, TOWN_END, _W, _E, bridge=True),
    _row("南环路", _S, TOWN_END, _E, EAST),
    _row("山前横街", _A, 1420, 590, _W),
    _row("山前下街", _A, 1600, 590, _W),
    *(_column("", _P, x, -25, 0) for x in (-405, -195, 0, 2 * GRID_W, 800, 1000)),
    _column("码头一巷", _L, -405, 0, 235),
    _column("码头二巷", _L, -195, 0, 235),
    _column("码头三巷", _L, -430, 235, 480),
    _column("码头四巷", _L, -215, 235, 480),
    _column("十八梯", _L, -390, 480, 635),
    _column("十八梯", _P, -390, 635, 700, steep=True),
    _column("十八梯", _L, -390, 700, 730),
    _column("三十步", _L, -200, 480, 630),
    _column("三十步", _P, -200, 630, 695, steep=True),
    _column("三十步", _L, -200, 695, 730),
    _column("柳岸一巷", _A, -420, 730, 985),
    _column("柳岸二巷", _A, -190, 730, 985),
    _column("柳岸三巷", _A, -400, 985, TOWN_END),
    _column("柳岸四巷", _A, -205, 985, TOWN_END),
    _column("胜利路", _S, 0, 0, 560),
    _column("胜利路", _S, 0, 560, 650, steep=True),
    _column("胜利路", _S, 0, 650, TOWN_END),
    _column("柳荫路", _A, GRID_W, 0, 560),
    _column("柳荫路", _P, GRID_W, 560, 640, steep=True),
    _column("柳荫路", _A, GRID_W, 640, TOWN_END),
    _column("建设路", _A, 2 * GRID_W, 0, 560),
    _column("建设路", _A, 2 * GRID_W, 560, 640, steep=True),
    _column("建设路", _A, 2 * GRID_W, 640, TOWN_END),
    _column("示例大桥", _T, 590, FAR_BANK - 60, 0, bridge=True),
    _column("示例大道", _T, 590, 0, TOWN_END),
    _column("山云路", _S, 590, TOWN_END, 1600),
    _column("文昌路", _A, 800, 0, 845),
    _column("文昌路", _A, 800, 1050, TOWN_END),
    _column("书院路", _A, 1000, 0, TOWN_END),
    _column("清溪西路", _A, _W, 0, 1600),
    _column("清溪东路", _A, _E, 0, TOWN_END),
    _column("学林路", _A, 1470, 0, TOWN_END),
    _column("桐荫路", _A, 1730, 0, TOWN_END),
    _column("东湖路", _A, 2000, 0, TOWN_END),
    _column("山前老街", _A, 800, TOWN_END, 1600),
    _column("山前新街", _A, 1000, TOWN_END, 1600),
)

# How a cell is divided, as in a drawing: rows of lots from north to south, a lane between them.
# Chosen by a place inside it; the others by dice, after the habits of their community.
CHOSEN: Final = {
    (97, 110): (("slabs:江声小区",), ("slabs:望江小区",)),
    (290, 110): (("slabs:滨河苑",), ("victory:胜利花苑",)),
    (490, 110): (("mid:柳荫花园",),),
    (97, 325): (("slabs", "market:河滨菜市场"), ("slabs", "slabs")),
    (290, 325): (("slabs", "kindergarten:河滨幼儿园"), ("mid", "mid")),
    (490, 530): (("office:河滨社区综合服务中心", "slabs"), ("slabs", "slabs")),
    (695, 325): (("hospital:滨江街道社区卫生服务中心", "mid"),),
    (690, 110): (("office:滨江街道综合服务中心", "mid"),),
    (900, 535): (("school:示例中学",),),
    (490, 740): (("primary:纺织小学", "slabs"), ("slabs", "slabs")),
    (795, 947): (("park:纺织公园", "mid"),),
    (690, 1150): (("slabs", "slabs"), ("slabs", "slabs")),
    (-300, 605): (("rows", "primary:码头小学"), ("rows", "rows")),
    (-300, 350): (("rows", "office:码头社区综合服务中心"), ("rows", "rows")),
    (-100, 860): (("slabs", "market:柳岸农贸市场"), ("slabs", "slabs")),
    (1600, 535): (("mall:新桥商圈",),),
    (1600, 320): (("towers", "towers"), ("towers", "towers")),
    (1340, 110): (("towers:清溪名邸",),),
    (1340, 320): (("mid", "office:桥东街道综合服务中心"), ("kindergarten:新桥幼儿园", "mid")),
    (1865, 740): (("park:桐林公园", "primary:桐林小学"), ("mid",)),
    (2130, 1050): (("campus:示例职业学院",),),
    (695, 1335): (("office:山前镇综合服务中心", "market:山前集市"), ("rows", "rows")),
    (1100, 1335): (("primary:山前小学", "slabs"),),
}
_SMALL: Final = (("rows", "rows"), ("rows", "rows"))
_OLD: Final = (("slabs", "rows"), ("rows", "slabs"))
_FOUR: Final = (("slabs", "slabs"), ("slabs", "slabs"))
_MIXED: Final = (("slabs", "mid"), ("slabs", "slabs"))
_NEW: Final = (("mid",), ("mid",))
_HIGH: Final = (("towers", "mid"),)
_HABITS: Final = {
    "码头社区": (_SMALL, _OLD, _OLD),
    "河滨社区": (_FOUR, _MIXED, _FOUR),
    "柳岸社区": (_FOUR, _OLD, _FOUR),
    "纺织社区": (_FOUR, _FOUR, _MIXED),
    "文昌社区": (_MIXED, _NEW, _FOUR),
    "新桥社区": (_HIGH, (("towers",),), _NEW),
    "桐林社区": (_HIGH, _MIXED, _NEW),
    "学府社区": (_MIXED, _NEW, _MIXED),
    "山前社区": (_OLD, _OLD, _FOUR),
}
_SHOPS_AT: Final = {
    RoadClass.TRUNK: 0.35,
    RoadClass.SECONDARY: 0.6,
    RoadClass.STREET: 0.34,
    RoadClass.LANE: 0.2,
}


def lay_out(cells: Sequence[Cell], lines: Lines) -> tuple[list[Lot], list[Street]]:
    """Every lot of the town and every street and lane; tells `lines` where they meet."""
    for cell in cells:
        for x in (cell.x0, cell.x1):
            for t in (cell.t0, cell.t1):
                lines.meet(x, t)
    lots: list[Lot] = []
    lanes: list[Street] = []
    for cell in cells:
        if cell.rural or cell.t0 < 0:
            continue
        drawing = _drawing(cell)
        lanes += _lanes(cell, drawing)
        lots += _lots(cell, drawing)
    streets = [*STREETS, *lanes]
    _tell(streets, lines)
    return lots, streets


def _drawing(cell: Cell) -> tuple[tuple[str, ...], ...]:
    for place, chosen in CHOSEN.items():
        if cell.holds(*place):
            return chosen
    habits = _HABITS[cell.community]
    return habits[dice(f"habit {cell.code}").integers(len(habits))]


def _tell(streets: Sequence[Street], lines: Lines) -> None:
    rows = [street for street in streets if street.is_row]
    columns = [street for street in streets if not street.is_row]
    for row in rows:
        for x in (row.start, row.end):
            lines.meet(x, row.at)
    for column in columns:
        for t in (column.start, column.end):
            lines.meet(column.at, t)
        for row in rows:
            if row.passes(column.at) and column.passes(row.at) and not column.bridge:
                lines.meet(column.at, row.at)


# ---- inside a cell ------------------------------------------------------------------------------


def _lanes(cell: Cell, drawing: tuple[tuple[str, ...], ...]) -> Iterator[Street]:
    west, east, north, south = _kerbs(cell)
    if len(drawing) == 2:
        yield _row("", _L, cell.middle[1], west, east)
    if any(len(line) == 2 for line in drawing):
        first, last = (len(line) == 2 for line in (drawing[0], drawing[-1]))
        start = north if first else cell.middle[1]
        end = south if last else cell.middle[1]
        yield from _with_steps(_column("", _L, cell.middle[0], start, end))


def town_cliff(x: float) -> float:
    """How far from the river the upper town begins, at `x` from `CLIFF_FROM` to `CLIFF_TO`.

    West of 胜利路 it lies beyond the end of the boulevard, east of it before the boulevard.
    """
    return 662 + 10 * sin(x / 90) if x < 0 else 603 + 14 * sin(x / 140)


def _with_steps(lane: Street) -> Iterator[Street]:
    """A lane, in three pieces where it climbs the cliff."""
    cliff = town_cliff(lane.at)
    if not (CLIFF_FROM < lane.at < CLIFF_TO and lane.start + 20 < cliff < lane.end - 20):
        yield lane
        return
    yield replace(lane, end=cliff - 15)
    yield replace(lane, start=cliff - 15, end=cliff + 15, road_class=_P, steep=True)
    yield replace(lane, start=cliff + 15)


def _kerbs(cell: Cell) -> tuple[float, float, float, float]:
    """Where lanes end: the middle of the streets around, west, east, north, south."""
    west = {BROOK: EAST_BANK_ROAD, WEST: WEST + 12}.get(cell.x0, cell.x0)
    east = {BROOK: WEST_BANK_ROAD, EAST: EAST - 12}.get(cell.x1, cell.x1)
    return west, east, cell.t0, cell.t1


def _lots(cell: Cell, drawing: tuple[tuple[str, ...], ...]) -> Iterator[Lot]:
    random = dice(f"fronts {cell.code}")
    sides = {side: _front(cell, side, random.random()) for side in "nswe"}
    west, east, north, south = _kerbs(cell)
    x0, x1 = west + _set_back(sides["w"]), east - _set_back(sides["e"])
    t0, t1 = north + _set_back(sides["n"]), south - _set_back(sides["s"])
    apart = HALF_M[_L] + 2
    for r, line in enumerate(drawing):
        top = t0 if r == 0 else cell.middle[1] + apart
        bottom = t1 if r == len(drawing) - 1 else cell.middle[1] - apart
        for c, word in enumerate(line):
            left = x0 if c == 0 else cell.middle[0] + apart
            right = x1 if c == len(line) - 1 else cell.middle[0] - apart
            outer = {"n": r == 0, "s": r == len(drawing) - 1, "w": c == 0, "e": c == len(line) - 1}
            fronts = {s: f for s, f in sides.items() if f is not None and outer[s]}
            use, _, name = word.partition(":")
            yield Lot(cell, left, right, top, bottom, use, fronts, name)


def _set_back(front: Front | None) -> float:
    return 4.0 if front is None else HALF_M[front.road_class] + PAVEMENT_M


def _front(cell: Cell, side: str, luck: float) -> Front | None:
    west, east, north, south = _kerbs(cell)
    at, along = {
        "n": (north, cell.middle[0]),
        "s": (south, cell.middle[0]),
        "w": (west, cell.middle[1] + 1),
        "e": (east, cell.middle[1] + 1),
    }[side]
    for street in STREETS:
        if street.is_row == (side in "ns") and street.at == at and street.passes(along):
            shops = luck < _SHOPS_AT.get(street.road_class, 0) and not street.steep
            return Front(street.name, street.road_class, shops or _always_shops(cell, side))
    return None


def _always_shops(cell: Cell, side: str) -> bool:
    """滨河路18号附3 and its neighbours are wanted by the scenarios."""
    return side == "n" and cell.t0 == 0 and cell.x1 <= 2 * GRID_W
