"""Which known names may an address mean, and how well does a known address agree with it?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from gis.address_parts import ElementKind
from gis.gazetteer_index import HOUSE, KIND, Facts, Path, Register, deepest, paths

if TYPE_CHECKING:
    from gis.gazetteer_regions import Stated

SURE: Final = 0.95  # least likeness of a name that a region may be told by, without a place
STEPS: Final = {
    **{"r": KIND.ROAD, "v": KIND.VILLAGE, "h": KIND.COMPOUND, "g": KIND.GROUP, "l": KIND.LANE},
    **{"a": KIND.ALLEY, "d": KIND.DOOR, "s": KIND.DOOR, "b": KIND.BUILDING},
}
# How much each part says. What is said and stands otherwise in the register counts against it;
# what the register doesn't say counts less.
NAME, NUMBER, STEP, SILENT = 3.0, 3.0, 2.0, 1.0
UPPER, LOWER, NOBODYS = 6.0, 2.0, 0.5
UNSAID: Final = 0.75  # the register tells apart what the address doesn't: no place can be sure


class Question:
    """The facts of an address, led to known names."""

    def __init__(self, facts: Facts, register: Register) -> None:
        self.facts = facts
        self._register = register
        self.alike = {name: register.alike(name) for _, name in facts.names()}
        self._branches: dict[str, list[tuple[Path, float]]] = {}
        for path in paths(facts):
            name = path[0][1:]
            for (group, known), likeness in self.alike[name].items():
                branch = deepest(register, (group + known, *path[1:]))
                self._branches.setdefault(name, []).append((branch, likeness))

    def entries(self, most: int) -> list[int]:
        """Known addresses worth comparing, at most about `most`: the deepest paths first."""
        every = [branch for many in self._branches.values() for branch in many]
        every.sort(key=lambda branch: (-len(branch[0]), -branch[1], branch[0]))
        found: dict[int, None] = {}
        for path, _ in every:
            under = self._register.under(path, most + 1)
            if len(found) + len(under) <= most:
                found.update(dict.fromkeys(under))
        return list(found)

    def _sure(self) -> list[list[tuple[Path, float]]]:
        """For each name that is surely known, its deepest branches."""
        found = []
        for many in self._branches.values():
            sure = [one for one in many if one[1] >= SURE]
            depth = max((len(path) for path, _ in sure), default=0)
            if depth:
                found.append([one for one in sure if len(one[0]) == depth])
        return found

    def sure_entries(self) -> set[int]:
        """The known addresses that share all that was recognised, or else any of it."""
        under = self._register.under
        sets = [{at for path, _ in many for at in under(path)} for many in self._sure()]
        if not sets:
            return set()
        return set.intersection(*sets) or set.union(*sets)

    def neighbours(self, entries: set[int]) -> set[int]:
        """Of `entries` on the road, those next to the asked number, below and above, on its side.

        Doors and lanes share one row of numbers on each side, odd here and even there. Empty where
        the number isn't between two.
        """
        wanted = self._next_number()
        if wanted is None:
            return set()
        level, entry = self.level(), self._register.entry
        numbers = {at: _row_number(entry(at).facts, level) for at in entries}
        known = [one for one in numbers.values() if one is not None and one % 2 == wanted % 2]
        below = max((one for one in known if one <= wanted), default=None)
        beyond = min((one for one in known if one >= wanted), default=None)
        if below is None or beyond is None:
            return set()
        return {at for at, one in numbers.items() if one in (below, beyond)}

    def _next_number(self) -> int | None:
        return _row_number(self.facts, self.level())

    def level(self) -> ElementKind | None:
        """The kind of the deepest part that was recognised."""
        every = [path for many in self._branches.values() for path, _ in many]
        lowest = max(every, key=lambda path: (len(path), path), default=())
        return STEPS[lowest[-1][0]] if lowest else None

    def names_one_thing(self) -> bool:
        """Whether a name alone, of a market or a compound, is that of exactly one known address.

        The buildings of a compound are parts of it, not others of its name.
        """
        under = [
            self._register.under(path)
            for name in self.facts.houses
            for path, likeness in self._branches.get(name, [])
            if path[0][0] == HOUSE and likeness >= SURE
        ]
        found = {at for many in under for at in many}
        return sum(not self._register.entry(at).facts.is_part for at in found) == 1


def _row_number(facts: Facts, level: ElementKind | None) -> int | None:
    """The number behind a road, a lane or an alley: of the lane there, else of the door."""
    deeper = [KIND.LANE, KIND.ALLEY]
    if level in deeper:
        deeper = deeper[deeper.index(level) + 1 :]
    number = next((facts.numbers[kind] for kind in deeper if kind in facts.numbers), "")
    found = re.search("[0-9]+", number or next(iter(facts.doors), ""))
    return int(found[0]) if found else None


def agreement(asked: Question, known: Facts, stated: Stated, chain: tuple[str, ...]) -> float:
    """How well a known address agrees with what is asked, in [0, 1].

    The weighted share of what the address says that the known one confirms. `chain` is the known
    one's region with all above it. What the register tells apart and the address doesn't say (the
    附号, the building) keeps the score below every threshold in use.
    """
    parts = [*_names(asked, known), *_numbers(asked.facts, known), *_regions(stated, chain)]
    weight = sum(one for one, _ in parts)
    if not weight:
        return 0.0
    score = sum(weight * likeness for weight, likeness in parts) / weight
    return score * (UNSAID if _leaves_open(asked.facts, known) else 1.0)


def _names(asked: Question, known: Facts) -> list[tuple[float, float]]:
    theirs = list(known.names())
    groups = {group for group, _ in theirs}
    found = []
    for group, name in asked.facts.names():
        likeness = max((asked.alike[name].get(one, 0.0) for one in theirs), default=0.0)
        found.append((NAME if likeness or group in groups else SILENT, likeness))
    return found


def _numbers(asked: Facts, known: Facts) -> list[tuple[float, float]]:
    found = []
    if asked.doors and known.doors:
        found.append((NUMBER, max(_door(one, two) for one in asked.doors for two in known.doors)))
    elif asked.doors:
        found.append((SILENT, 0.0))
    for kind, weight in ((KIND.BUILDING, NUMBER), (KIND.GROUP, STEP)):
        mine, theirs = asked.numbers.get(kind), known.numbers.get(kind)
        if mine:
            found.append((weight if theirs else SILENT, float(mine == theirs)))
    for kind in (KIND.LANE, KIND.ALLEY):
        mine, theirs = asked.numbers.get(kind), known.numbers.get(kind)
        if mine or theirs:
            found.append((STEP, float(mine == theirs)))
    return found


def _door(one: str, other: str) -> float:
    """18附3 and 18附3: 1. 18 and 18附3: the same gate. 18附3 and 18附4: neighbours."""
    if one == other:
        return 1.0
    first, second = one.partition("附"), other.partition("附")
    if first[0] != second[0]:
        return 0.0
    return 0.3 if first[2] and second[2] else 0.5


def _regions(stated: Stated, chain: tuple[str, ...]) -> list[tuple[float, float]]:
    found = [(NOBODYS, 0.0)] * stated.unknown
    if stated.is_elsewhere:
        found.append((UPPER, 0.0))
    for codes, likeness in stated.named:
        holds = not codes.isdisjoint(chain)
        found.append((SILENT, likeness) if holds else (LOWER, 0.0))
    return found


def _leaves_open(asked: Facts, known: Facts) -> bool:
    """Whether the register tells apart, by a number, what the address doesn't say."""
    kinds = (KIND.GROUP, KIND.BUILDING)
    if any(kind in known.numbers and kind not in asked.numbers for kind in kinds):
        return True
    return bool(known.doors) and not asked.doors and not asked.houses and not asked.village
