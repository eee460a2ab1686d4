"""Names, addresses and codes: from what was raised to compounds and buildings of a register."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from data.demo.blocks import is_compound
from data.demo.frame import degrees, dice, shapes
from data.demo.raised import gate_of
from data.demo.yard import around
from gis.coordinates import to_lattice
from gis.model import Point
from gis.places import Building, Compound, PropertyMode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from data.demo.layout import Lot
    from data.demo.raised import Door, Raised
    from data.demo.village import Cottage

UNLOCATED: Final = 60  # buildings that have an address but that nobody has put on the map
PROPERTY_COMPANIES: Final = ("安居", "和顺", "邻里", "清溪")
FIRST_WORDS: Final = (
    *(
        "江声",
        "望江",
        "柳荫",
        "青石",
        "竹影",
        "桐花",
        "云栖",
        "听雨",
        "晨光",
        "和顺",
        "长青",
        "明月",
    ),
    *(
        "春晖",
        "向阳",
        "东风",
        "红星",
        "书香",
        "桂园",
        "槐安",
        "锦绣",
        "枫林",
        "翠湖",
        "金沙",
        "银杏",
    ),
    *(
        "石榴",
        "海棠",
        "紫薇",
        "玉兰",
        "芳草",
        "朝阳",
        "新华",
        "建设",
        "光明",
        "友谊",
        "团结",
        "幸福",
    ),
    *("兴业", "丰裕", "瑞景", "溪畔"),
)
LAST_WORDS: Final = {
    "slabs": ("小区", "新村", "大院", "苑", "里"),
    "mid": ("花园", "苑", "家园", "雅居", "庭"),
    "towers": ("名邸", "国际", "华庭", "公馆", "府"),
}
MODES: Final = {
    "slabs": (0.2, 0.2, 0.15, 0.45),  # company, community, self-managed, none
    "mid": (0.85, 0.05, 0.1, 0.0),
    "towers": (1.0, 0.0, 0.0, 0.0),
}
WITH_COMPANY: Final = ("滨河苑", "胜利花苑", "柳荫花园", "清溪名邸")
OLD_SHARE: Final = 0.75


def compounds(lots: Sequence[Lot], numbers: Mapping[Door, int]) -> dict[Lot, Compound]:
    """The residential compounds, with names that occur once, in the order of the lots."""
    random = dice("compounds")
    taken = {lot.name for lot in lots}
    found: dict[Lot, Compound] = {}
    for lot in filter(is_compound, lots):
        name = lot.name or _free_name(lot, taken, random)
        taken.add(name)
        use = "slabs" if lot.use == "victory" else lot.use
        mode = list(PropertyMode)[int(random.choice(4, p=MODES[use]))]
        is_old = use == "slabs" and bool(random.random() < OLD_SHARE)
        if name in WITH_COMPANY:
            mode, is_old = PropertyMode.COMPANY, False
        company = int(random.integers(len(PROPERTY_COMPANIES)))
        gate = gate_of(lot)
        found[lot] = Compound(
            f"500199C{len(found) + 1:03}",
            name,
            f"{gate.street}{numbers[gate]}号",
            shapely.Polygon(degrees(*around(lot.x0, lot.x1, lot.t0, lot.t1).T)),
            mode,
            is_old,
            f"500199P{company + 1}" if mode is PropertyMode.COMPANY else None,
        )
    return found


def _free_name(lot: Lot, taken: set[str], random: np.random.Generator) -> str:
    lasts = LAST_WORDS[lot.use]
    while True:
        name = f"{random.choice(FIRST_WORDS)}{random.choice(lasts)}"
        if name not in taken:
            return name


@dataclass(frozen=True, slots=True)
class _Address:
    """What stands on a house's wall and in the register."""

    name: str
    whole: str
    grid_code: str
    compound_code: str | None = None


def buildings(
    raised: Sequence[Raised],
    cottages: Sequence[Cottage],
    compound_of: Mapping[Lot, Compound],
    numbers: Mapping[Door, int],
) -> list[Building]:
    """Every building with its code, name and address; a few of them not located."""
    houses: list[Raised | Cottage] = [*raised, *cottages]
    addresses = [_in_town(one, compound_of, numbers) for one in raised] + _in_villages(cottages)
    ground = shapes([one.corners for one in houses])
    ground = shapely.transform(ground, lambda xy: degrees(*xy.T))
    inside = to_lattice(shapely.get_coordinates(shapely.point_on_surface(ground))).tolist()
    lost = _without_place(houses, addresses)
    return [
        Building(
            f"500199B{number + 1:05}",
            address.name,
            address.whole,
            one.households,
            None if number in lost else Point(*inside[number]),
            None if number in lost else ground[number],
            one.storeys,
            one.stairwells,
            address.compound_code,
            address.grid_code,
        )
        for number, (one, address) in enumerate(zip(houses, addresses, strict=True))
    ]


def _in_town(
    one: Raised, compound_of: Mapping[Lot, Compound], numbers: Mapping[Door, int]
) -> _Address:
    number, street = f"{numbers[one.door]}号", one.door.street
    compound = compound_of.get(one.lot)
    if one.sub:
        name = f"{number}附{one.sub}"
        return _Address(name, f"{street}{name}", one.lot.grid_code)
    if compound is None:
        return _Address(one.name, f"{street}{number}{one.name}", one.lot.grid_code)
    whole = f"{compound.address}{compound.name}{one.name}"
    return _Address(one.name, whole, one.lot.grid_code, compound.code)


def _in_villages(cottages: Sequence[Cottage]) -> list[_Address]:
    found, houses = [], {one.cell.code: count(1) for one in cottages}
    for one in cottages:
        name = f"{int(one.cell.code[-3:])}组{next(houses[one.cell.code])}号"
        found.append(_Address(name, f"{one.cell.community}{name}", one.cell.code))
    return found


def _without_place(houses: Sequence[Raised | Cottage], addresses: Sequence[_Address]) -> set[int]:
    """Houses at streets and in villages that the map lacks; none that the scenarios speak of."""
    likely = [
        number
        for number, (one, address) in enumerate(zip(houses, addresses, strict=True))
        if one.households and not address.compound_code and not address.whole.startswith("滨河路")
    ]
    return set(dice("unlocated").choice(likely, UNLOCATED, replace=False).tolist())
