"""Known addresses, found by their parts: which places lie on this road, at this door?

Every known address is entered under the paths that lead to it, and under each beginning of them:
road → lane → door → 附号 → building, village → group → door, compound → building. A path is a
tuple of parts; the first is a name with its class, the others are numbers.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from rapidfuzz import process
from rapidfuzz.distance import OSA, Levenshtein

from gis.address_parts import Address, Element, ElementKind, comparable, in_figures
from gis.address_text import fold, normalise
from gis.address_values import figures
from gis.address_words import words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

KIND: Final = ElementKind
Path = tuple[str, ...]
ROAD, VILLAGE, HOUSE = "r", "v", "h"  # the classes of names: house is a compound or a landmark
CLASSES: Final = (ROAD, VILLAGE, HOUSE)
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

    @property
    def door(self) -> tuple[object, ...] | None:
        """What is the same for all that is at one door: a shop, its house, the office above it.

        None without a door or a building, where names alone tell things apart.
        """
        if KIND.DOOR not in self.numbers and KIND.BUILDING not in self.numbers:
            return None
        return (self.roads or self.village or self.houses, tuple(sorted(self.numbers.items())))

    @property
    def is_part(self) -> bool:
        """One building of several that share a name."""
        return KIND.BUILDING in self.numbers

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
    houses = [normalise(one) for one in aliases]
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


@dataclass(frozen=True, slots=True)
class Entry:
    """A known address, ready for comparing: whose it is, the lowest region that holds it."""

    code: str
    region: str
    facts: Facts
    kind: str = ""


class Register(Protocol):
    """Known addresses by their paths, wherever they are kept."""

    def alike(self, name: str) -> dict[tuple[str, str], float]:
        """Known names, with their class, that `name` may mean: see `alike`."""

    def knows(self, path: Path) -> bool:
        """Whether anything lies under a path."""

    def under(self, path: Path, most: int | None = None) -> Sequence[int]:
        """The numbers of the entries under a path, the lowest first, at most `most` of them."""

    def entry(self, number: int) -> Entry:
        """The entry of a number that `under` gave."""


def deepest(register: Register, path: Path) -> Path:
    """The longest beginning of `path` that is known; () when not even its name is."""
    for size in range(len(path), 0, -1):
        if register.knows(path[:size]):
            return path[:size]
    return ()


def beginnings(facts: Facts) -> set[Path]:
    """Every beginning of every path that leads to a place with these facts."""
    return {path[:size] for path in paths(facts) for size in range(1, len(path) + 1)}


class PathIndex:
    """A register in memory: for tests, figures and short lists."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._under: dict[Path, list[int]] = defaultdict(list)
        self._names: dict[str, list[str]] = {ROAD: [], VILLAGE: [], HOUSE: []}

    def add(self, entry: Entry) -> None:
        """Enter an entry under every beginning of its paths."""
        for path in beginnings(entry.facts):
            if len(path) == 1 and path not in self._under:
                self._names[path[0][0]].append(path[0][1:])
            self._under[path].append(len(self._entries))
        self._entries.append(entry)

    def entry(self, number: int) -> Entry:
        return self._entries[number]

    def knows(self, path: Path) -> bool:
        return path in self._under

    def under(self, path: Path, most: int | None = None) -> Sequence[int]:
        return self._under.get(path, [])[:most]

    def alike(self, name: str) -> dict[tuple[str, str], float]:
        return alike(name, lambda key: (key,) in self._under, self._near)

    def _near(self, name: str) -> Iterator[tuple[str, str]]:
        for group, known in self._names.items():
            near = process.extract(name, known, scorer=OSA.distance, score_cutoff=1, limit=None)
            yield from ((group, one) for one, _, _ in near)


def alike(
    name: str,
    knows: Callable[[str], bool],
    near: Callable[[str], Iterable[tuple[str, str]]],
) -> dict[tuple[str, str], float]:
    """Known names, with their class, that `name` may mean, each with its likeness in (0, 1].

    Exact ones if there are any; else those that it contains at its end (words before it) or
    that lack only a usual ending; else those with one slip of the pen: a character more, less
    or other, or two that changed places. A slip that may hide a number or a direction (东, 二)
    makes all of them doubtful. `knows` is asked about a name behind its class; `near` gives the
    known names at most one slip from one.
    """
    for likeness, tried in readings(name):
        found = {(group, one): likeness for one in tried for group in CLASSES if knows(group + one)}
        if found:
            return found
    return _slips(name, near)


def readings(name: str) -> Iterator[tuple[float, tuple[str, ...]]]:
    """The ways a name is read before slips are thought of, with the likeness each leaves."""
    yield 1.0, (name,)
    yield 0.95, _endings(name)
    yield 0.9, _variants(name)


def _slips(
    name: str, near: Callable[[str], Iterable[tuple[str, str]]]
) -> dict[tuple[str, str], float]:
    found: dict[tuple[str, str], float] = {}
    for written in {name, figures(name)}:
        for group, one in near(written):
            likeness = 1 - 1 / max(len(written), len(one))
            if likeness >= SLIP and not are_two(written, one):
                found[group, one] = likeness
    is_doubtful = any(hides_telling(name, one) for _, one in found)
    return dict.fromkeys(found, DOUBTFUL) if is_doubtful else found


def one_less(name: str) -> set[str]:
    """`name` and what is left of it without one character.

    Two names at most one slip apart (OSA distance 1) always share one of these; so a table of them
    finds slips by equality, where trigrams of names of three characters find nothing.

    >>> sorted(one_less("滨河路"))
    ['河路', '滨河', '滨河路', '滨路']
    """
    return {name, *(name[:at] + name[at + 1 :] for at in range(len(name)))}


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
