"""A house as it is raised, before it has its code; and the numbers on the doors."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from data.demo.layout import STREETS, Lot

if TYPE_CHECKING:
    from collections.abc import Iterable

    from data.demo.frame import Numbers
    from gis.places import GroundKind

NUMBER_EVERY_M: Final = 28.0


@dataclass(frozen=True, slots=True)
class Door:
    """Where a house number hangs: at a place along one side of a street. Several may share it."""

    street: str
    odd: bool
    at: float


@dataclass(frozen=True, slots=True, eq=False)
class Raised:
    """One house. `corners` in metres of the true ground; `sub` is its 附号 in a row, 0 for none;
    `name` what stands on its wall, "" for a house of a row.
    """

    corners: Numbers
    lot: Lot
    door: Door
    households: int
    storeys: int
    stairwells: int = 1
    name: str = ""
    sub: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Covered:
    """Ground of one kind; `corners` in metres of the true ground."""

    corners: Numbers
    kind: GroundKind
    name: str


def door_at(lot: Lot, side: str, at: float) -> Door:
    """The door at one side of a lot: odd numbers north and west of a street, even ones beyond."""
    return Door(lot.fronts[side].street, odd=side in "se", at=at)


def gate_of(lot: Lot) -> Door:
    """The lot's own gate: in the middle of a side without shops, if it has one."""
    side = min(lot.fronts, key=lambda side: (lot.fronts[side].shops, "nwes".index(side)))
    at = (lot.x0 + lot.x1) / 2 if side in "ns" else (lot.t0 + lot.t1) / 2
    return door_at(lot, side, at)


def house_numbers(doors: Iterable[Door]) -> dict[Door, int]:
    """The number on every door: two every 28 m from the beginning of its street, never twice."""
    by_side: dict[tuple[str, bool], set[Door]] = defaultdict(set)
    for door in doors:
        by_side[door.street, door.odd].add(door)
    numbers = {}
    for (street, odd), row in sorted(by_side.items()):
        begin = min(one.start for one in STREETS if one.name == street)
        last = -1 if odd else 0
        for door in sorted(row, key=lambda door: door.at):
            by_place = 2 * int((door.at - begin) // NUMBER_EVERY_M) + (1 if odd else 2)
            last = numbers[door] = max(last + 2, by_place)
    return numbers
