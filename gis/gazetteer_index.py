"""Known addresses, found by their parts: which places lie on this road, at this door?

Every known address is entered under the paths that lead to it, and under each beginning of them:
road → lane → door → 附号 → building, village → group → door, compound → building. A path is a
tuple of parts; the first is a name with its class, the others are numbers.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rapidfuzz import process
from rapidfuzz.distance import OSA, Levenshtein

from gis.address_parts import Address, Element, ElementKind, comparable, in_figures
from gis.address_text import fold
from gis.address_values import figures
from gis.address_words import words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

KIND: Final = ElementKind
Path = tuple[str, ...]
ROAD, VILLAGE, HOUSE = "r", "v", "h"  # the classes of names: house is a compound or a landmark
MOST_DOORS: Final = 10  # of a list 1、3、5号; more are not told apart
SLIP: Final = 0.6  # least likeness of a name with one slip: names of two characters allow none
DOUBTFUL: Final = 0.5  # likeness of slips that may hide a number or a direction
USUAL_ENDS: Final = ("路", "街", "大道", "巷", "小区", "花园", "苑", "村")


@dataclass(frozen=True, slots=True)
class Facts:
    """What an address says below its regions, ready for comparing. "" is: not said."""

    roads: tuple[str, ...]
    village: str
    houses: tuple[str, ...]
    numbers: dict[ElementKind, str]

    @property
    def doors(self) -> tuple[str, ...]:
        """Every door of a list: "1、3附2" is ("1", "3附2")."""
        door = self.numbers.get(KIND.DOOR, "")
        return tuple(re.split("[、~]", door)[:MOST_DOORS]) if door else ()

    def names(self) -> Iterator[tuple[str, str]]:
        """Every name with its class."""
        yield from ((ROAD, one) for one in self.roads)
        if self.village:
            yield VILLAGE, self.village
        yield from ((HOUSE, one) for one in self.houses)


NUMBERS: Final = (KIND.GROUP, KIND.LANE, KIND.ALLEY, KIND.DOOR, KIND.BUILDING)


def facts_of(address: Address, aliases: Iterable[str] = ()) -> Facts:
    """The facts of a parsed address; a road's section belongs to its name."""
    roads: list[str] = []
    houses = [fold(one) for one in aliases]
    for one in address.elements:
        if one.kind is KIND.ROAD:
            roads.append(comparable(one))
        elif one.kind is KIND.SECTION and roads:
            roads[-1] += f"{one.value}段"
        elif one.kind in (KIND.COMPOUND, KIND.HAMLET):
            houses.append(comparable(one))
    if address.landmark:
        houses.append(fold(address.landmark))
    village = comparable(Element(KIND.VILLAGE, address.value(KIND.VILLAGE)))
    numbers: dict[ElementKind, str] = {
        one.kind: one.value for one in address.elements if one.kind in NUMBERS
    }
    return Facts(tuple(roads), village, tuple(houses), numbers)


def paths(facts: Facts) -> Iterator[Path]:
    """Every path that leads to a place with these facts, whole.

    >>> from gis.addresses import parse
    >>> list(paths(facts_of(parse("滨河路96号附2书香苑3幢"))))
    [('r滨河路', 'd96', 's2', 'b3'), ('h书香苑', 'b3')]
    """
    between = _steps(facts, (KIND.LANE, KIND.ALLEY))
    building = _steps(facts, (KIND.BUILDING,))
    doors = [_door(one) for one in facts.doors] or [()]
    for road in facts.roads:
        yield from ((ROAD + road, *between, *door, *building) for door in doors)
    if facts.village:
        group = _steps(facts, (KIND.GROUP,))
        yield from ((VILLAGE + facts.village, *group, *door, *building) for door in doors)
    for house in facts.houses:
        if facts.roads or facts.village or building:
            yield (HOUSE + house, *building)
        else:
            yield from ((HOUSE + house, *door) for door in doors)


def _steps(facts: Facts, kinds: tuple[ElementKind, ...]) -> Path:
    return tuple(kind.value[0] + facts.numbers[kind] for kind in kinds if kind in facts.numbers)


def _door(door: str) -> Path:
    number, _, sub = door.partition("附")
    return (f"d{number}", f"s{sub}") if sub else (f"d{number}",)


class PathIndex:
    """Which entries lie under a path, and which names are known."""

    def __init__(self) -> None:
        self._under: dict[Path, list[int]] = defaultdict(list)
        self._names: dict[str, list[str]] = {ROAD: [], VILLAGE: [], HOUSE: []}

    def add(self, entry: int, facts: Facts) -> None:
        """Enter an entry under every beginning of its paths."""
        begun = {path[:size] for path in paths(facts) for size in range(1, len(path) + 1)}
        for path in begun:
            if len(path) == 1 and path not in self._under:
                self._names[path[0][0]].append(path[0][1:])
            self._under[path].append(entry)

    def under(self, path: Path) -> list[int]:
        """The entries under a path, in the order they were added; none: an empty list."""
        return self._under.get(path, [])

    def deepest(self, path: Path) -> Path:
        """The longest beginning of `path` that is known; () when not even its name is."""
        for size in range(len(path), 0, -1):
            if path[:size] in self._under:
                return path[:size]
        return ()

    def alike(self, name: str) -> dict[tuple[str, str], float]:
        """Known names that `name` may mean, each with its likeness in (0, 1].

        Exact ones if there are any; else those that it contains at its end (words before it) or
        that lack only a usual ending; else those with one slip of the pen: a character more, less
        or other, or two that changed places. A slip that may hide a number or a direction (东, 二)
        makes all of them doubtful.
        """
        for likeness, tried in ((1.0, (name,)), (0.95, _endings(name)), (0.9, _variants(name))):
            found = {
                (group, one): likeness
                for one in tried
                for group in self._names
                if (group + one,) in self._under
            }
            if found:
                return found
        return self._slips(name)

    def _slips(self, name: str) -> dict[tuple[str, str], float]:
        found: dict[tuple[str, str], float] = {}
        for group, known in self._names.items():
            for written in {name, figures(name)}:
                near = process.extract(written, known, scorer=OSA.distance, score_cutoff=1, limit=9)
                for one, _, _ in near:
                    likeness = 1 - 1 / max(len(written), len(one))
                    if likeness >= SLIP and not are_two(written, one):
                        found[group, one] = likeness
        is_doubtful = any(hides_telling(name, one) for _, one in found)
        return dict.fromkeys(found, DOUBTFUL) if is_doubtful else found


def _endings(name: str) -> tuple[str, ...]:
    """What stands at the end of `name`, of three characters or more: 我在滨河路."""
    return tuple(name[cut:] for cut in range(1, len(name) - 2))


def _variants(name: str) -> tuple[str, ...]:
    """`name` with a usual ending more or less: 滨河 for 滨河路."""
    shorter = [name.removesuffix(end) for end in USUAL_ENDS if name.endswith(end)]
    longer = [in_figures(name + end) for end in USUAL_ENDS if not name.endswith(end)]
    return tuple(one for one in (*shorter, *longer) if len(one) > 1)


def are_two(written: str, known: str) -> bool:
    """Whether two names that differ little are two names all the same, and no slip of the pen.

    They are when what was written has a number or a direction that the other hasn't (东, 二), or
    when both end in a usual but different way (柳荫花园, 柳荫家园).
    """
    telling = words()["names"]["telling"]
    for edit in Levenshtein.editops(written, known):
        gone = written[edit.src_pos] if edit.tag != "insert" else ""
        if gone and (gone in telling or gone.isdigit()):
            return True
    one, other = _end(written), _end(known)
    return bool(one and other) and one != other


def hides_telling(written: str, known: str) -> bool:
    """Whether what was written lost a number or a direction: 柳岸巷 for 柳岸一巷."""
    telling = words()["names"]["telling"]
    come = {
        known[edit.dest_pos] for edit in Levenshtein.editops(written, known) if edit.tag != "delete"
    }
    return any(char in telling or char.isdigit() for char in come)


def _end(name: str) -> str:
    return max((end for end in words()["names"]["ends"] if name.endswith(end)), key=len, default="")
