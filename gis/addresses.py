"""Which parts does an address have, as people write it?

`parse` cuts it into elements in the order written: regions, road, door, compound, building,
stairwell, floor, room. What it can't place it keeps apart, and it never fails. Nothing here knows
which places there are: that is for `gis/gazetteer.py`.
"""

from __future__ import annotations

import re
from typing import Final

from gis.address_numbers import NUMERALS
from gis.address_parts import REGIONS, Address, Element, ElementKind
from gis.address_text import fold, tidy
from gis.address_values import doors, figures, floors, without_word
from gis.address_words import (
    ends_like_compound,
    is_taiwan,
    landmark_words,
    marks,
    region_suffixes,
    road_words,
    words,
)

READ: Final = 300  # characters; what comes after is no address any more and goes to the rest
LONGEST_NAME: Final = 15
SIGNS_BEFORE: Final = re.compile(r"^[\W_]+")
KIND: Final = ElementKind
HOUSES: Final = frozenset({KIND.DOOR, KIND.COMPOUND, KIND.BUILDING, KIND.STAIRWELL, KIND.FLOOR})
INSIDE: Final = frozenset({KIND.BUILDING, KIND.STAIRWELL, KIND.FLOOR})
RURAL: Final = frozenset({KIND.VILLAGE, KIND.GROUP})
SAME_RANK: Final = {
    **dict.fromkeys((KIND.TOWNSHIP, KIND.TOWN, KIND.SUBDISTRICT), 1),
    **dict.fromkeys((KIND.COMMUNITY, KIND.COMMITTEE, KIND.VILLAGE), 2),
}


def parse(text: str) -> Address:
    """`text` taken apart. Never raises; takes time in proportion to the length.

    >>> found = parse("示例区滨河路十八号附３楼下")
    >>> [(one.kind.value, one.value) for one in found.elements], found.relation
    ([('county', '示例区'), ('road', '滨河路'), ('door', '18附3')], '楼下')
    """
    tidied = tidy(text)
    reader = _Reader(tidied[:READ])
    reader.read()
    if tidied[READ:]:
        reader.rest.append(tidied[READ:])
    return reader.address()


class _Reader:
    """Walks from mark to mark; what lies between two marks is a name, if it is anything."""

    def __init__(self, tidied: str) -> None:
        self.shown = tidied  # names are cut from this
        self.text = fold(tidied)  # and marks are found in this; both have the same length
        self.start = 0  # of the name being read
        self.at = 0  # the next character to look at
        self.elements: list[Element] = []
        self.joined = 0  # where the second road of a crossing begins, 0 for none
        self.landmark = self.relation = ""
        self.is_crossing = False
        self.rest: list[str] = []
        self.is_taiwan = is_taiwan(tidied, self.text)

    def read(self) -> None:
        self._skip(words()["noise"]["starts"])
        pattern = marks()
        while found := pattern.search(self.text, self.at):
            kind = found.lastgroup or ""
            if READERS[kind](self, found):
                self.start = self.at = max(self.at, found.end())
            elif kind == "bare":
                self.at = found.end()
            else:
                self.at = found.start() + 1
        self._leave(len(self.text))

    def address(self) -> Address:
        every = tuple(self.elements)
        cut = (self.joined or self._last_road()) if self.is_crossing else len(every)
        return Address(every[:cut], self.landmark, self.relation, every[cut:], tuple(self.rest))

    # ---- what stands before a mark ------------------------------------------------------------

    def _skip(self, many: list[str]) -> None:
        for one in many:
            if self.text.startswith(one, self.at):
                self.at += len(one)
        leads = words()["noise"]["leads"]
        while self.at < len(self.text) and self.text[self.at] in leads:
            self.at += 1
        self.start = self.at

    def _name(self, end: int) -> str:
        """The name that ends at `end`, as shown; what is too long before it goes to the rest."""
        name = SIGNS_BEFORE.sub("", self.shown[self.start : end]).rstrip("、 -~#.:。")
        if len(name) > LONGEST_NAME:
            self.rest.append(name[:-LONGEST_NAME])
            name = name[-LONGEST_NAME:]
        return name

    def _leave(self, end: int) -> None:
        """Keep a name that no mark explains: a compound by its ending, a landmark, or the rest."""
        name = self._name(end)
        if not name:
            return
        is_named = any(char.isalpha() for char in name) and len(name) > 1
        if is_named and not self.relation and ends_like_compound(fold(name)) and self._no_house():
            self._put(KIND.COMPOUND, name)
        elif is_named and not self.landmark and not self.relation:
            self.landmark = name
        else:
            self.rest.append(name)

    def _no_house(self) -> bool:
        return not any(one.kind in INSIDE or one.kind is KIND.COMPOUND for one in self.elements)

    def _last_road(self) -> int:
        roads = [at for at, one in enumerate(self.elements) if one.kind is KIND.ROAD]
        return roads[-1] if len(roads) > 1 else len(self.elements)

    def _has(self, *kinds: ElementKind) -> bool:
        return any(one.kind in kinds for one in self.elements[self.joined :])

    def _put(self, kind: ElementKind, value: str) -> bool:
        """Add an element. The same one twice is a doubled prefix; another of its kind, rest."""
        new = Element(kind, value)
        if new in self.elements[self.joined :]:
            return True
        if kind is KIND.ROAD:
            too_late = self._has(*HOUSES)
        elif kind is KIND.COMPOUND:
            too_late = self._has(*INSIDE)
        else:
            too_late = self._has(kind)
        if too_late:
            self.rest.append(value)
        else:
            self.elements.append(new)
        return True

    def _put_name(self, end: int, *, inside: bool = False) -> None:
        """The name before a number: a hamlet, a compound or a road, by what stands around it."""
        name = self._name(end)
        if not name:
            return
        is_house = inside or self._has(KIND.ROAD, KIND.DOOR) or ends_like_compound(fold(name))
        if self.relation:
            self.rest.append(name)
        elif self.elements and self.elements[-1].kind in RURAL and not inside:
            self._put(KIND.HAMLET, name)
        elif len(name) > 1:
            self._put(KIND.COMPOUND if is_house else KIND.ROAD, name)
        else:
            self.rest.append(name)

    # ---- one reader for each kind of mark; False: it is none here ------------------------------

    def region(self, found: re.Match[str]) -> bool:
        kind = KIND(region_suffixes()[found[0]])
        name = self._collapsed(self._name(found.end()))
        before, after = fold(name)[: -len(found[0])], self.text[found.end() :][:8]
        if before and Element(kind, name) in self.elements and not self._has(*HOUSES):
            return True
        if not before or not self._may_be_region(kind, before, after):
            return False
        is_office = SAME_RANK.get(kind) and after.startswith(tuple(words()["landmarks"]["offices"]))
        if self.relation or is_office or self._has(*HOUSES, KIND.ROAD):
            return False
        if kind is KIND.CITY and self._has(KIND.CITY):
            kind = KIND.COUNTY
        if kind is KIND.COMMUNITY or kind is KIND.COMMITTEE or kind is KIND.VILLAGE:
            name = _without_office(name)
        return self._put(kind, name)

    def _may_be_region(self, kind: ElementKind, before: str, after: str) -> bool:
        no, following = words()["not_a_region"], after[:1]
        if kind is KIND.CITY:
            return (
                len(before) > 1
                and not self._has(KIND.COUNTY)
                and (not following or following not in no["city_before"])
            )
        if kind is KIND.COUNTY:
            return before[-1] not in no["county_after"] and not after.startswith(
                tuple(no["county_before"])
            )
        if kind in (KIND.TOWN, KIND.TOWNSHIP):
            return following != no["town_before"] and not self._has_rank(1)
        if kind is KIND.SUBDISTRICT:
            return not self._has_rank(1)
        if kind is KIND.VILLAGE:
            return self._may_be_village(before, after)
        return True

    def _has_rank(self, rank: int) -> bool:
        return any(SAME_RANK.get(one.kind) == rank for one in self.elements)

    def _may_be_village(self, before: str, after: str) -> bool:
        if self._has_rank(2) or (self.is_taiwan and after.startswith("里")):
            return False
        if after and after[0] in words()["not_a_region"]["village_before"]:
            return False
        if re.match(rf"[0-9{NUMERALS}]{{1,4}}(?:组|社|队|村民)", after):
            return True
        if re.match(r"[0-9A-Z" + NUMERALS + r"]{1,4}(?:栋|幢|座|单元|号楼)", after):
            return False
        return before[-1] != "新" and not after.startswith(road_words())

    def _collapsed(self, name: str) -> str:
        """重庆重庆市 → 重庆市: a prefix written twice, the first time without its suffix."""
        for size in range(2, len(name) // 2 + 1):
            if name[:size] == name[size : 2 * size]:
                return name[size:]
        return name

    def li(self, found: re.Match[str]) -> bool:
        """里: in Taiwan the community below a 區, else a part of a name."""
        name = self._name(found.end())
        under = bool(self.elements) and self.elements[-1].kind is KIND.COUNTY
        if not (self.is_taiwan and under and 1 < len(name) <= 4 and not self.relation):
            return False
        return self._put(KIND.COMMUNITY, name)

    def road(self, found: re.Match[str]) -> bool:
        end, after = found.end(), self.text[found.end() :][:6]
        if not self._take_connector(found.start()) or self.relation:
            return False
        if after.startswith(landmark_words()) or (
            found[0] == "街" and after[:1] and after[0] in words()["roads"]["street_before"]
        ):
            return False
        name = self._name(end)
        return len(name) > len(found[0]) and self._put(KIND.ROAD, _undoubled(name))

    def _take_connector(self, end: int) -> bool:
        """Skip 和, 与 … between two roads; False when nothing but that stands before the mark."""
        lists = words()["roads"]
        if self._has(KIND.ROAD) and not self._has(*HOUSES):
            rest = self.text[self.start : end]
            for one in lists["connectors"]:
                if rest.startswith(one) and not rest.startswith(tuple(lists["no_connectors"])):
                    self.start += len(one)
                    self.joined = self.joined or len(self.elements)
                    break
        return self.start < end

    def compound(self, found: re.Match[str]) -> bool:
        name = self._name(found.end())
        if len(name) <= len(found[0]) or self.relation or self._has(*INSIDE):
            return False
        return self._put(KIND.COMPOUND, name)

    def door(self, found: re.Match[str]) -> bool:
        value = doors(found[0])
        if self.relation or self._has(KIND.DOOR, *INSIDE):
            return self._second_door(found, value)
        self._put_name(found.start())
        return self._put(KIND.DOOR, value)

    def _second_door(self, found: re.Match[str], value: str) -> bool:
        """The room of a house (3幢2单元5号), or one more door, which is one too many."""
        named = self.start < found.start()
        is_last = bool(self.elements) and self.elements[-1].kind in INSIDE and not named
        if is_last and "附" not in value and not self.is_taiwan and not self.relation:
            return self._put(KIND.ROOM, value)
        self._leave(found.start())
        if Element(KIND.DOOR, value) not in self.elements:
            self.rest.append(found[0])
        return True

    def building(self, found: re.Match[str]) -> bool:
        return self._number(KIND.BUILDING, found, inside=True)

    def house(self, found: re.Match[str]) -> bool:
        self._put_name(found.start(), inside=True)
        return self._put(KIND.BUILDING, figures(found[0]))

    def stairwell(self, found: re.Match[str]) -> bool:
        is_word = found[0].endswith(("梯", "门"))
        if is_word and not self._has(KIND.BUILDING):
            return False
        return self._number(KIND.STAIRWELL, found, inside=True)

    def group(self, found: re.Match[str]) -> bool:
        name = self._name(found.start())
        if name and not self._has_rank(2) and not self.is_taiwan:
            self._put(KIND.VILLAGE, name)
            self.start = found.start()
        if not self._has(*REGIONS):
            return False
        return self._number(KIND.GROUP, found)

    def section(self, found: re.Match[str]) -> bool:
        return self._number(KIND.SECTION, found)

    def lane(self, found: re.Match[str]) -> bool:
        if self.start < found.start() or not self._has(KIND.ROAD):
            return self.road_with_number(found)
        return self._number(KIND.LANE, found)

    def road_with_number(self, found: re.Match[str]) -> bool:
        """柳岸三巷: the number belongs to the name of the road."""
        name = self._name(found.end())
        if self.start >= found.start() or self.relation or self._has(KIND.DOOR):
            return False
        return self._put(KIND.ROAD, name)

    def alley(self, found: re.Match[str]) -> bool:
        return self._number(KIND.ALLEY, found)

    def floor(self, found: re.Match[str]) -> bool:
        if not self.elements and self.start >= found.start():
            return False
        if self.text.startswith("单元", found.end() + 1):  # 3楼2单元: the third house
            return self._number(KIND.BUILDING, found, inside=True)
        self._put_name(found.start(), inside=self._has(KIND.ROAD))
        if self.relation or self._has(KIND.FLOOR):
            self.rest.append(found[0])
            return True
        value, room = floors(found[0])
        self._put(KIND.FLOOR, value)
        return self._put(KIND.ROOM, room) if room else True

    def room(self, found: re.Match[str]) -> bool:
        if not self._has(*HOUSES) and self.start >= found.start():
            return False
        return self._number(KIND.ROOM, found, inside=True)

    def bare(self, found: re.Match[str]) -> bool:
        """A number without its word: 柳荫花园3-2-501, 滨河路18, 3幢501."""
        parts, last = found[0].split("-"), self.elements[-1].kind if self.elements else None
        name = self._name(found.start())
        if len(max(parts, key=len)) > 5 or self.relation:
            return False
        if not name and last in (*INSIDE, KIND.DOOR):
            return not self._has(KIND.ROOM) and self._put(KIND.ROOM, found[0])
        if not name and last in (KIND.ROAD, KIND.LANE, KIND.ALLEY, KIND.SECTION, KIND.GROUP):
            return self._put(KIND.DOOR, doors(found[0]))
        if not name and last is not KIND.COMPOUND:
            return False
        if name and not ends_like_compound(fold(name)) and len(parts) == 1:
            return False
        return self._numbered_house(found, parts)

    def _numbered_house(self, found: re.Match[str], parts: list[str]) -> bool:
        self._put_name(found.start(), inside=True)
        kinds = {1: (KIND.BUILDING,), 2: (KIND.BUILDING, KIND.ROOM)}.get(
            len(parts), (KIND.BUILDING, KIND.STAIRWELL, KIND.ROOM)
        )
        for kind, part in zip(kinds, [*parts[:2], "-".join(parts[2:])], strict=False):
            self._put(kind, figures(part))
        return True

    def crossing(self, found: re.Match[str]) -> bool:
        if found[0] in words()["relations"]["mouths"]:
            self._put_road_at_its_mouth(found.start())
        roads = sum(one.kind is KIND.ROAD for one in self.elements)
        self.is_crossing = self.is_crossing or (roads > 0 and not self._has(KIND.DOOR))
        return self.stand(found)

    def _put_road_at_its_mouth(self, end: int) -> None:
        """The road that 滨河路口 names; 滨河路建设路口 names a second one."""
        before = self.text[self.start : end]
        no_road = before.endswith(tuple(words()["relations"]["no_mouths"]))
        if not (no_road or self._has(*HOUSES)) and len(before) > 1:
            self._put(KIND.ROAD, _undoubled(self._name(end + 1)))
            self.start = end

    def stand(self, found: re.Match[str]) -> bool:
        """How the place lies to what was named before."""
        corner = found[0] in words()["relations"]["corners"]
        if not self.elements and self.start >= found.start():
            return False
        self._leave(found.start())
        if not self.relation or (corner and self.is_crossing):
            self.relation = found[0]
        else:
            self.rest.append(found[0])
        return True

    def separator(self, found: re.Match[str]) -> bool:
        """Ends a name; but between two roads it may join them."""
        if self.start < found.start():
            self._leave(found.start())
        return True

    def _number(self, kind: ElementKind, found: re.Match[str], *, inside: bool = False) -> bool:
        self._put_name(found.start(), inside=inside)
        if self.relation:
            self.rest.append(found[0])
            return True
        return self._put(kind, figures(without_word(found[0])))


READERS: Final = {
    **{name: getattr(_Reader, name) for name in ("region", "li", "road", "compound", "door")},
    **{name: getattr(_Reader, name) for name in ("house", "building", "stairwell", "group")},
    **{
        name: getattr(_Reader, name)
        for name in ("section", "lane", "alley", "floor", "room", "bare")
    },
    **{"crossing": _Reader.crossing, "relation": _Reader.stand, "aside": _Reader.stand},
    "separator": _Reader.separator,
}


def _undoubled(name: str) -> str:
    half = len(name) // 2
    return name[half:] if name[:half] == name[half:] else name


def _without_office(name: str) -> str:
    """石梯村村委会 → 石梯村, 石油路社区居民委员会 → 石油路社区: the place, not its office."""
    for office in ("居民委员会", "居委会", "村民委员会", "村委会"):
        short = name.removesuffix(office)
        if short != name:
            return short if short.endswith(("社区", "村")) else name
    return name
