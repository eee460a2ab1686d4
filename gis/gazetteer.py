"""Which known place, or at least which region, does an address mean?

An address is compared part by part with the known ones. One place is named only when it agrees
well enough and no other agrees nearly as well; otherwise there is a list to choose from, and the
deepest region that is sure. Never a guess.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gis.address_parts import Address, ElementKind
from gis.addresses import parse
from gis.gazetteer_index import KIND, Entry, PathIndex, Register, facts_of
from gis.gazetteer_question import Question, agreement
from gis.gazetteer_regions import KnownRegion, RegionNames, Stated

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

THRESHOLD: Final = 0.84  # least score of a place that is named; docs/addresses.md tells why
MARGIN: Final = 0.04  # by which it must lead the next
LISTED: Final = 5  # candidates told
LINES: Final = (KIND.ROAD, KIND.LANE, KIND.ALLEY)  # they may go on through the next region
COMPARED: Final = 500  # entries looked at under one path; beyond, only their region is told


@dataclass(frozen=True, slots=True)
class KnownAddress:
    """A place with its address: `region` is the code of the lowest region that holds it.

    `aliases` are other names that people use for it; `kind` says what it is (a building).
    """

    code: str
    text: str
    region: str = ""
    aliases: tuple[str, ...] = ()
    kind: str = ""


@dataclass(frozen=True, slots=True)
class AddressCandidate:
    """A place that an address may mean: how well it agrees, in [0, 1], and its region."""

    code: str
    score: float
    region: str


@dataclass(frozen=True, slots=True)
class AddressMatch:
    """What an address was found to mean.

    `place` is a known place's code, None when none is sure; then `candidates` are to choose from,
    best first, by score and code. `region` is the deepest region that is sure, "" for none.
    `level` is the deepest part of the address that was recognised. With a relation or a crossing
    in `address`, place and region are those of what is named, and the spot lies beside it.
    """

    address: Address
    place: str | None
    region: str
    level: ElementKind | None
    score: float
    candidates: tuple[AddressCandidate, ...] = ()


class Matcher:
    """Addresses compared with a register, wherever that is kept.

    `regions` know every region by which the register's entries go.
    """

    def __init__(self, regions: RegionNames, register: Register) -> None:
        self._regions = regions
        self._register = register

    def match(self, text: str) -> AddressMatch:
        """What `text` means here. Never raises; ties go by code, so everybody gets one answer."""
        return self.match_parsed(parse(text))

    def match_parsed(self, address: Address) -> AddressMatch:
        """What an address means that is taken apart already."""
        stated = self._regions.stated(address)
        asked = Question(facts_of(address), self._register)
        if address.crossing:
            other = Question(facts_of(Address(address.crossing)), self._register)
            return self._crossing(address, stated, asked, other)
        ranked = self._ranked(asked, stated)
        place = _only(ranked) if self._is_specific(asked, ranked) else None
        if place:
            level = asked.level() or KIND.COMPOUND
            return AddressMatch(address, place.code, place.region, level, place.score, ranked)
        return self._fallback(address, stated, asked, ranked)

    def _ranked(self, asked: Question, stated: Stated) -> tuple[AddressCandidate, ...]:
        """The best candidates, one for each place, by score and code.

        What has the same door in the same region as a better one of another kind is the same
        place: a shop doesn't compete with its house. Two houses at one door do.
        """
        best: dict[str, tuple[AddressCandidate, Entry]] = {}
        for at in asked.entries(COMPARED):
            known = self._register.entry(at)
            chain = self._regions.chain(known.region)
            score = round(agreement(asked, known.facts, stated, chain), 4)
            if score > 0 and (known.code not in best or best[known.code][0].score < score):
                best[known.code] = (AddressCandidate(known.code, score, known.region), known)
        kinds: dict[tuple[object, ...], str] = {}
        ranked = []
        for one, known in sorted(best.values(), key=lambda pair: (-pair[0].score, pair[0].code)):
            door = known.facts.door
            if door is None or kinds.setdefault((door, one.region), known.kind) == known.kind:
                ranked.append(one)
        return tuple(ranked[:LISTED])

    def _is_specific(self, asked: Question, ranked: Sequence[AddressCandidate]) -> bool:
        """Whether one place is meant at all: a road or a compound alone is none."""
        if asked.facts.doors or KIND.BUILDING in asked.facts.numbers:
            return True
        return bool(ranked) and asked.names_one_thing()

    def _fallback(
        self,
        address: Address,
        stated: Stated,
        asked: Question,
        ranked: tuple[AddressCandidate, ...],
    ) -> AddressMatch:
        """No place is sure: the deepest region that holds everything that was recognised."""
        sure = asked.sure_entries()
        score = ranked[0].score if ranked else stated.likeness
        if not sure or stated.is_elsewhere:
            region = "" if stated.is_elsewhere else stated.deepest
            return AddressMatch(address, None, region, stated.level, score, ranked)
        level = asked.level()
        region = self._along(asked, sure) if level in LINES else self._common(sure)
        region = self._regions.agreed(region, stated.deepest)
        return AddressMatch(address, None, region, level, score, ranked)

    def _common(self, entries: Iterable[int]) -> str:
        return self._regions.common({self._register.entry(at).region for at in entries})

    def _along(self, asked: Question, sure: set[int]) -> str:
        """The region of an unknown number on a known road.

        Between two known numbers it is the region that holds both; beyond them, or without a
        number, nobody knows how far the road goes: one level above what holds all known ones.
        """
        between = asked.neighbours(sure)
        return self._common(between) if between else self._regions.above(self._common(sure))

    def _crossing(
        self, address: Address, stated: Stated, one: Question, other: Question
    ) -> AddressMatch:
        """A crossing lies near what is known of both roads: one level above what holds it all."""
        first, second = one.sure_entries(), other.sure_entries()
        if not first or not second or stated.is_elsewhere:
            region = "" if stated.is_elsewhere else stated.deepest
            return AddressMatch(address, None, region, stated.level, 0.0)
        region = self._regions.above(self._common((*first, *second)))
        region = self._regions.agreed(region, stated.deepest)
        return AddressMatch(address, None, region, KIND.ROAD, 1.0)


def name_to_learn(address: Address) -> str:
    """The name that a place goes by in an address (老供销社旁边), as names are compared; "" where
    there is none. A road is no such name: it is too long to lie somewhere.

    >>> name_to_learn(parse("示例区老供销社旁边"))
    '老供销社'
    """
    facts = facts_of(address)
    return facts.houses[-1] if facts.houses else ""


class Gazetteer(Matcher):
    """Known regions and addresses in memory, made once and then only read.

    `above` are the names of regions higher than the known ones (重庆市): an address with another
    name there speaks of somewhere else.
    """

    def __init__(
        self,
        regions: Iterable[KnownRegion],
        addresses: Iterable[KnownAddress],
        above: Sequence[str] = (),
    ) -> None:
        index = PathIndex()
        for one in addresses:
            facts = facts_of(parse(one.text), one.aliases)
            index.add(Entry(one.code, one.region, facts, one.kind))
        super().__init__(RegionNames(regions, above), index)


def _only(ranked: Sequence[AddressCandidate]) -> AddressCandidate | None:
    """The one that agrees well enough, while no other agrees nearly as well."""
    if not ranked or ranked[0].score < THRESHOLD:
        return None
    if len(ranked) > 1 and ranked[1].score > ranked[0].score - MARGIN:
        return None
    return ranked[0]
