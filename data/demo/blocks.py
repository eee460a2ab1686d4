"""Where people live in town: slabs in rows, towers, old small houses, shophouses at the streets."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Final

import numpy as np

from data.demo.frame import bend, dice
from data.demo.raised import Raised, door_at, gate_of
from data.demo.yard import Yard, rectangle

if TYPE_CHECKING:
    from collections.abc import Iterator

    from data.demo.frame import Numbers
    from data.demo.layout import Lot

SHOP_STRIP_M: Final = 15.0
SHOPS_IN_A_ROW: Final = 6


@dataclass(frozen=True, slots=True)
class Style:
    """How a kind of compound is built: metres, and homes a floor at each stairwell."""

    depth: float
    wide: float  # of one stairwell's part
    stairwells: tuple[int, ...]
    storeys: tuple[int, ...]
    apart: float  # between rows
    gap: float  # between gables
    homes: int


SLABS: Final = Style(11.5, 14, (2, 2, 3), (6, 6, 7, 7, 8), 17, 9, 2)
MID: Final = Style(14, 17, (2, 2, 3), (9, 11, 11), 26, 13, 2)
TOWERS: Final = Style(25, 27, (1,), (18, 24, 28, 33), 30, 22, 4)


def is_compound(lot: Lot) -> bool:
    """Is it a residential compound with a gate of its own?"""
    return lot.use in ("slabs", "mid", "towers", "victory")


def houses(lot: Lot) -> list[Raised]:
    """The houses of a lot: shophouses at its fronts, and behind them what its use wants."""
    random = dice(f"houses {lot.cell.code} {lot.x0:.0f} {lot.t0:.0f}")
    fronts = [side for side in "nswe" if side in lot.fronts and lot.fronts[side].shops]
    strips = dict.fromkeys(fronts, SHOP_STRIP_M)
    found = [house for side in fronts for house in _shops(lot, side, fronts, random)]
    yard = Yard(lot, strips)
    if lot.use == "rows":
        found += _small(lot, yard, random)
    elif lot.use == "victory":
        found += _victory(lot, yard)
    elif is_compound(lot):
        style = {"slabs": SLABS, "mid": MID, "towers": TOWERS}[lot.use]
        found += _in_rows(lot, yard, style, random)
    return found


# ---- behind the gate ----------------------------------------------------------------------------


def _in_rows(lot: Lot, yard: Yard, style: Style, random: np.random.Generator) -> Iterator[Raised]:
    """Rows of houses alike, numbered down the columns from the north-west."""
    usual = int(random.choice(style.stairwells))
    storeys = int(random.choice(style.storeys))
    places = []
    for row in yard.rows(style.depth, style.apart):
        stairwells, wests = _row(row, style, usual)
        places += [(column, west, row[0], stairwells) for column, west in enumerate(wests)]
    places.sort(key=lambda place: place[0])
    number = count(1)
    for _, west, south, stairwells in places:
        corners = _outline(style, west, south, stairwells * style.wide)
        if yard.holds(corners):
            homes = round(storeys * stairwells * style.homes * random.uniform(0.85, 1))
            name = f"{next(number)}幢"
            yield Raised(yard.out(corners), lot, gate_of(lot), homes, storeys, stairwells, name)


def _row(row: tuple[float, float, float], style: Style, usual: int) -> tuple[int, list[float]]:
    """How many stairwells a house of this row has, and where each house begins in the west."""
    _, left, right = row
    for stairwells in range(usual, 0, -1):
        step = stairwells * style.wide + style.gap
        fit = int((right - left + style.gap) // step)
        if fit:
            spare = (right - left - fit * step + style.gap) / 2
            return stairwells, [left + spare + place * step for place in range(fit)]
    return 0, []


def _outline(style: Style, west: float, south: float, long: float) -> Numbers:
    if style is not TOWERS:
        return rectangle(west, south, west + long, south + style.depth)
    a, b, c, d = 0.0, 8.0, style.wide - 8, style.wide  # a tower has four wings
    e, f = 8.0, style.depth - 8
    wings = [(b, a), (c, a), (c, e), (d, e), (d, f), (c, f), (c, style.depth), (b, style.depth)]
    wings += [(b, f), (a, f), (a, e), (b, e)]
    return np.asarray(np.array(wings) + np.array([west, south]))


def _victory(lot: Lot, yard: Yard) -> Iterator[Raised]:
    """胜利花苑: four slabs in the north, a garden, two slabs in the south."""
    west, south, _, north = yard.outline.bounds
    places = [(west + 2 + 38 * n, north - 14) for n in range(4)]
    places += [(west + 10 + 42 * n, south + 14) for n in range(2)]
    for number, (left, low) in enumerate(places, start=1):
        corners = yard.out(rectangle(left, low, left + 28, low + 12))
        yield Raised(corners, lot, gate_of(lot), 27, 7, 2, f"{number}幢")


def _small(lot: Lot, yard: Yard, random: np.random.Generator) -> Iterator[Raised]:
    """Old houses wall to wall along alleys, all under the number of the lot's gate."""
    number = count(1)
    for row, (south, left, right) in enumerate(yard.rows(11.0, 7.0)):
        x = left + random.uniform(0, 3)
        for house in count():
            wide = random.uniform(11, 15)
            if x + wide > right:
                break
            if random.random() > 0.08:
                deep = random.uniform(9, 11)
                low = south if row % 2 else south + 11.0 - deep
                corners = yard.out(rectangle(x, low, x + wide, low + deep))
                storeys, homes = int(random.integers(1, 4)), int(random.choice([1, 2, 2, 3, 4]))
                yield Raised(corners, lot, gate_of(lot), homes, storeys, sub=next(number))
            x += wide + (3.0 if house % 5 == 4 else 0.2)


# ---- at the street ------------------------------------------------------------------------------


def _shops(lot: Lot, side: str, fronts: list[str], random: np.random.Generator) -> Iterator[Raised]:
    """Shophouses along one side: rows of up to six, each row one number with 附号."""
    corners = [side in "we" and other in fronts for other in "ns"]
    edge = _Edge(lot, side)
    at = 3.0 + (SHOP_STRIP_M if corners[0] else 0.0)
    end = edge.long - 3.0 - (SHOP_STRIP_M if corners[1] else 0.0)
    while end - at > 14:
        room = min(end - at, random.uniform(52, 66))
        widths = _widths(room, random)
        door = door_at(lot, side, edge.along((at + sum(widths) / 2) / edge.long))
        storeys = int(random.integers(2, 5))
        for sub, wide in enumerate(widths, start=1):
            deep = 10.5 if lot.use != "rows" else 9.5
            homes = int(random.integers(0, storeys))
            yield Raised(edge.house(at, wide, deep), lot, door, homes, storeys, sub=sub)
            at += wide
        at += random.uniform(6, 9)


def _widths(room: float, random: np.random.Generator) -> list[float]:
    shops = min(SHOPS_IN_A_ROW, max(2, int(room // 11)))
    parts = random.uniform(0.8, 1.2, shops)
    return list(parts / parts.sum() * min(room, shops * 13.0))


class _Edge:
    """One side of a lot as it runs on the true ground, measured from the west or the north."""

    def __init__(self, lot: Lot, side: str) -> None:
        self._from, self._to = (lot.x0, lot.x1) if side in "ns" else (lot.t0, lot.t1)
        along = np.linspace(self._from, self._to, 24)
        across = np.full(24, {"n": lot.t0, "s": lot.t1, "w": lot.x0, "e": lot.x1}[side])
        x, t = (along, across) if side in "ns" else (across, along)
        self._line = np.column_stack(bend(x, t))
        steps = np.diff(self._line, axis=0)
        lengths = np.hypot(*steps.T)
        self._walked = np.concatenate([[0.0], np.cumsum(lengths)])
        self.long = float(self._walked[-1])
        inwards = 1.0 if side in "sw" else -1.0
        self._normals = inwards * np.column_stack([-steps[:, 1], steps[:, 0]]) / lengths[:, None]
        self._halfway = (self._walked[1:] + self._walked[:-1]) / 2

    def along(self, share: float) -> float:
        """The place along the street of the plan, `share` of the way from its beginning."""
        return self._from + share * (self._to - self._from)

    def house(self, at: float, wide: float, deep: float) -> Numbers:
        """The corners of a house that stands at the edge from `at` on; neighbours share a wall."""
        walls = np.array([at, at + wide])
        near = np.column_stack([np.interp(walls, self._walked, line) for line in self._line.T])
        turn = np.column_stack([np.interp(walls, self._halfway, n) for n in self._normals.T])
        far = near + deep * turn
        return np.array([near[0], near[1], far[1], far[0]])
