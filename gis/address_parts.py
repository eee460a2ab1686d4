"""What are the parts of an address, and how is each written in the one standard form?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from gis.address_numbers import arabic
from gis.address_text import fold

if TYPE_CHECKING:
    from collections.abc import Sequence


class ElementKind(StrEnum):
    """地址要素: what a part of an address is."""

    PROVINCE = "province"  # 省
    CITY = "city"  # 市
    COUNTY = "county"  # 区县
    TOWNSHIP = "township"  # 乡
    TOWN = "town"  # 镇
    SUBDISTRICT = "subdistrict"  # 街道
    COMMUNITY = "community"  # 社区, in Taiwan 里
    COMMITTEE = "committee"  # 居委会
    VILLAGE = "village"  # 村
    GROUP = "group"  # 组 社 队, in Taiwan 鄰
    HAMLET = "hamlet"  # 自然村: 湾 坝 院子
    ROAD = "road"  # 路 街 巷 道
    SECTION = "section"  # 段
    LANE = "lane"  # 巷 with a number, on a road
    ALLEY = "alley"  # 弄 with a number
    DOOR = "door"  # 门牌号, with 附号 or 之
    COMPOUND = "compound"  # 小区, also a large house with a name
    BUILDING = "building"  # 栋 幢 座 号楼
    STAIRWELL = "stairwell"  # 单元
    FLOOR = "floor"  # 层 楼
    ROOM = "room"  # 室

    @property
    def type_code(self) -> int:
        """The two-figure code of the element type in the police's standard addresses.

        That list has no code for sections, lanes, doors and floors: they take the code of the
        road, the building and the room that they are a part of.
        """
        return TYPE_CODES[self]


TYPE_CODES: Final = {
    **{ElementKind.PROVINCE: 11, ElementKind.CITY: 12, ElementKind.COUNTY: 13},
    **{ElementKind.TOWNSHIP: 21, ElementKind.TOWN: 22, ElementKind.SUBDISTRICT: 23},
    **{ElementKind.COMMUNITY: 31, ElementKind.COMMITTEE: 32, ElementKind.VILLAGE: 33},
    **{ElementKind.GROUP: 34, ElementKind.HAMLET: 44, ElementKind.COMPOUND: 42},
    **dict.fromkeys(
        (ElementKind.ROAD, ElementKind.SECTION, ElementKind.LANE, ElementKind.ALLEY), 41
    ),
    **{ElementKind.DOOR: 50, ElementKind.BUILDING: 50, ElementKind.STAIRWELL: 61},
    **{ElementKind.FLOOR: 62, ElementKind.ROOM: 62},
}
ORDER: Final = tuple(ElementKind)
REGIONS: Final = ORDER[:9]
ABOVE_COMMUNITY: Final = frozenset(ORDER[:6])
NAMED: Final = frozenset(
    {*REGIONS, ElementKind.HAMLET, ElementKind.ROAD, ElementKind.COMPOUND}
)  # the value is a name as written; of all others it is a number


@dataclass(frozen=True, slots=True)
class Element:
    """One part of an address.

    `value` is a name as written (滨河路, 臺北市) or a number in Arabic figures, without its word:
    "18附3" for a door, "3" or "A" for a building, "-1" for the first floor underground, "1-4" and
    "1、3" for several at once. A house with a number and a word keeps the word: "2号教学楼".
    """

    kind: ElementKind
    value: str


@dataclass(frozen=True, slots=True)
class Address:
    """An address taken apart.

    `elements` stand in the order written. `landmark` is a name that is no element (柳岸农贸市场).
    `relation` says how the place lies to what is named (旁边, 对面, 东南角); "" means there.
    `crossing` is the other road, where the place is the crossing of two. `rest` is what was not
    understood, piece by piece.
    """

    elements: tuple[Element, ...]
    landmark: str = ""
    relation: str = ""
    crossing: tuple[Element, ...] = ()
    rest: tuple[str, ...] = ()

    def value(self, kind: ElementKind) -> str:
        """The value of the first element of `kind`, "" where there is none."""
        return next((one.value for one in self.elements if one.kind is kind), "")


HOUSE_WORDS: Final = ("楼", "舍")
WORDS: Final = {
    **{ElementKind.GROUP: "组", ElementKind.SECTION: "段", ElementKind.LANE: "巷"},
    **{ElementKind.ALLEY: "弄", ElementKind.DOOR: "号", ElementKind.BUILDING: "幢"},
    **{ElementKind.STAIRWELL: "单元", ElementKind.FLOOR: "层", ElementKind.ROOM: "室"},
}


def render(elements: tuple[Element, ...]) -> str:
    """The standard form of elements, in their order: 滨河路18号附3, 柳荫花园7幢2单元3层.

    >>> render((Element(ElementKind.COMPOUND, "柳荫花园"), Element(ElementKind.BUILDING, "7")))
    '柳荫花园7幢'
    """
    written = ""
    for one in reversed(elements):
        written = _written(one, before=written[:1]) + written
    return written


def standard(elements: tuple[Element, ...], upper: Sequence[str] = ()) -> str:
    """The standard address: regions, then road, door, compound, building … in that order.

    `upper` are the names of the regions that hold the place, top first. Where they are given they
    go before what people wrote of regions: the place decides, a list may be old. What was written
    of a village or a community below them stays.

    >>> house, door = Element(ElementKind.BUILDING, "3"), Element(ElementKind.DOOR, "96")
    >>> standard((house, Element(ElementKind.ROAD, "滨河路"), door), ["示例区", "滨江街道"])
    '示例区滨江街道滨河路96号3幢'
    """
    said = {fold(one) for one in upper}
    kept = [one for one in elements if not (upper and _is_said(one, said))]
    return "".join(upper) + render(tuple(sorted(kept, key=_place_in_order)))


def _is_said(one: Element, said: set[str]) -> bool:
    return one.kind in ABOVE_COMMUNITY or (one.kind in REGIONS and fold(one.value) in said)


def _place_in_order(one: Element) -> int:
    """Sections, lanes and alleys stay behind their own road: there may be two."""
    along = (ElementKind.SECTION, ElementKind.LANE, ElementKind.ALLEY)
    return ORDER.index(ElementKind.ROAD if one.kind in along else one.kind)


def _written(one: Element, before: str) -> str:
    if one.kind in NAMED or one.value.startswith("之") or one.value.endswith(HOUSE_WORDS):
        return one.value
    if one.kind is ElementKind.DOOR and re.fullmatch(r"[^、~]+附[0-9]+", one.value):
        return f"{one.value}号" if before.isdigit() else one.value.replace("附", "号附")
    if one.kind is ElementKind.FLOOR and one.value.startswith("-"):
        return f"负{one.value[1:]}层"
    return f"{one.value}{WORDS[one.kind]}"


def comparable(one: Element) -> str:
    """The value of an element as it is compared: folded, numerals of a road's name in figures.

    >>> comparable(Element(ElementKind.ROAD, "柳岸三巷"))
    '柳岸3巷'
    >>> comparable(Element(ElementKind.CITY, "臺北市"))
    '台北市'
    """
    folded = fold(one.value)
    return in_figures(folded) if one.kind is ElementKind.ROAD else folded


def in_figures(road: str) -> str:
    """A road's name with its numerals in figures: 柳岸三巷 is 柳岸3巷."""
    return ROAD_NUMBER.sub(lambda found: arabic(found[0]), road)


ROAD_NUMBER: Final = re.compile(r"[〇一二三四五六七八九十百]+(?=[路街巷道段]|大道|大街)")
