"""Addresses led to places, with the regions that hold them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text

from gis.address_parts import REGIONS, ElementKind, render
from gis.crossings import SPREAD_M, corner
from gis.gazetteer import LISTED, name_to_learn
from gis.gazetteer_index import facts_of
from gis.model import BEIJING, GRID
from gis.store.gazetteer import match_addresses, region_names
from gis.store.locating import locate
from gis.store.precedents import places_by_names, places_by_words
from gis.store.regions import ancestors
from gis.store.roads import crossings_of, road_name, roads_named

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date

    from sqlalchemy import Connection

    from gis.address_parts import Address
    from gis.gazetteer import AddressMatch
    from gis.gazetteer_regions import RegionNames
    from gis.model import AsOf, Point
    from gis.store.precedents import Precedent
    from gis.store.regions import Ancestor
    from gis.store.roads import Road

KIND: Final = ElementKind
AT: Final = frozenset({"", "楼下", "楼上", "楼顶", "门口", "门前", "门外", "里面", "内", "院内"})
"""Relations that leave the place where the address is."""

LEARNT: Final = "learnt"
CROSSING: Final = "crossing"
ROAD: Final = "road"
LEARNT_SCORE: Final = 0.5
"""Of a place that only earlier decisions know: below every threshold, so it never decides."""


@dataclass(frozen=True, slots=True)
class Level:
    """A region as answers name it."""

    id: int
    level: str
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Thing:
    """What has an address. `kind` is building, compound, facility or imported; degrees EPSG:4490,
    None where nobody has located it. Of kind `learnt` is a name that stands in no register: `code`
    is that of the region where people said that it lies. A `crossing` and a `road` have no code; of
    a road the point is one near its middle, from which it reaches `radius_m` metres, and `line` its
    line as GeoJSON.
    """

    kind: str
    code: str
    name: str
    address: str
    lon: float | None
    lat: float | None
    region_id: int | None = None
    radius_m: float | None = None
    line: str | None = None


@dataclass(frozen=True, slots=True)
class ScoredThing:
    """A place that an address may mean, and the regions that hold it, top first. `learnt`: only
    because a person decided so before.
    """

    thing: Thing
    score: float
    regions: tuple[Level, ...]
    learnt: bool = False

    @property
    def grid(self) -> Level | None:
        return _grid(self.regions)


@dataclass(frozen=True, slots=True)
class Geocoded:
    """What an address means. `regions` surely hold it, top first; `grid` is the last where that is
    a grid. `hint` is the key of what would make it sure, "" where it is. `decided_on` is the day
    on which a person decided where these words are, None where nobody did.
    """

    match: AddressMatch
    standard: str
    place: Thing | None
    candidates: tuple[ScoredThing, ...]
    regions: tuple[Level, ...]
    grid: Level | None
    hint: str
    decided_on: date | None = None

    def paths(self) -> list[tuple[int, ...]]:
        """The ids of the regions that it can be in, top first, once each; the likeliest first."""
        known = tuple(one.id for one in self.regions)
        if self.place is not None or not self.candidates:
            return [known] if known else []
        listed = [tuple(one.id for one in each.regions) for each in self.candidates]
        inside = [path for path in dict.fromkeys(listed) if path and path[: len(known)] == known]
        return inside or ([known] if known else [])


def geocode(connection: Connection, texts: Sequence[str], as_of: AsOf) -> list[Geocoded]:
    """What each address means, in the order given."""
    found = match_addresses(connection, texts, as_of)
    codes = {one.code for match in found for one in match.candidates}
    decided = places_by_words(connection, texts, as_of)
    names = [
        name_to_learn(match.address) if not match.candidates and one not in decided else ""
        for one, match in zip(texts, found, strict=True)
    ]
    learnt = places_by_names(connection, names, as_of)
    said = list(chain(decided.values(), *learnt.values()))
    codes |= {match.place for match in found if match.place} | {one.place for one in said}
    things = things_of(connection, codes - {""})
    regions = _Regions(connection, as_of, found, said)
    told = [
        _geocoded(
            match, things, regions, decided.get(one), _Learnt(name, learnt.get(name, []), things)
        )
        for one, match, name in zip(texts, found, names, strict=True)
    ]
    return _along_roads(connection, _at_crossings(connection, told, as_of), as_of)


@dataclass(frozen=True, slots=True)
class _Learnt:
    """A name that no register knows, and where people said that it lies: at a building or a
    compound, else just in a region.
    """

    name: str
    decisions: Sequence[Precedent]
    things: dict[str, Thing]

    def candidates(self, regions: _Regions) -> Iterator[ScoredThing]:
        for one in self.decisions[:LISTED]:
            levels = regions.levels(str(one.region_id))
            code = levels[-1].code if levels else ""
            region = Thing(LEARNT, code, self.name, self.name, None, None, one.region_id)
            thing = self.things.get(one.place, region)
            yield ScoredThing(thing, LEARNT_SCORE, levels, learnt=True)


def is_beside(match: AddressMatch) -> bool:
    """Whether the spot lies beside what is named, not at it: its grid may be the next one."""
    return match.address.relation not in AT or bool(match.address.crossing)


def _geocoded(
    match: AddressMatch,
    things: dict[str, Thing],
    regions: _Regions,
    decided: Precedent | None,
    learnt: _Learnt,
) -> Geocoded:
    place = things.get(match.place) if match.place else None
    chain = regions.levels(match.region)
    if is_beside(match) and _grid(chain):
        chain = chain[:-1]
    if decided is not None:
        chain = regions.levels(str(decided.region_id))
    candidates = tuple(
        ScoredThing(things[one.code], one.score, regions.levels(one.region))
        for one in match.candidates
        if one.code in things
    )
    if decided is not None and decided.place:
        known = [one for one in candidates if f"{one.thing.kind}:{one.thing.code}" != decided.place]
        candidates = (*_Learnt("", [decided], things).candidates(regions), *known)
    candidates = candidates or tuple(learnt.candidates(regions))
    standard = render((*match.address.elements, *match.address.crossing))
    grid = _grid(chain)
    if decided is not None:
        day = decided.decided_at.astimezone(BEIJING).date()
        hint = "geocode.hint.decided"
        return Geocoded(match, standard, place, candidates, chain, grid, hint, day)
    return Geocoded(
        match, standard, place, candidates, chain, grid, _hint(match, place, grid, candidates)
    )


# ---- crossings ----------------------------------------------------------------------------------


def _at_crossings(connection: Connection, told: list[Geocoded], as_of: AsOf) -> list[Geocoded]:
    """What is told of crossings, with their places where the roads are known and nobody decided."""
    pairs = {
        n: (road_name(one.match.address.value(KIND.ROAD)), road_name(other))
        for n, one in enumerate(told)
        if one.decided_on is None and (other := _other_road(one.match.address))
    }
    met = crossings_of(connection, pairs.values())
    for n, pair in pairs.items():
        if pair in met:
            told[n] = _at_crossing(connection, told[n], met[pair], as_of)
    return told


def _other_road(address: Address) -> str:
    return next((one.value for one in address.crossing if one.kind is KIND.ROAD), "")


def _at_crossing(
    connection: Connection, told: Geocoded, met: Sequence[Point], as_of: AsOf
) -> Geocoded:
    """The place of a crossing, moved to the corner that is named; a list where the roads cross more
    than once. Crossings outside the regions that the address names are none of them.
    """
    stated = region_names(connection, as_of).stated(told.match.address)
    if stated.is_elsewhere:
        return told
    spots = [_spot(connection, told.match.address, one, as_of) for one in met]
    inside = [
        one
        for one in spots
        if one.regions and stated.deepest in ("", *(str(level.id) for level in one.regions))
    ]
    match = replace(told.match, level=KIND.ROAD, score=1.0)
    if len(inside) != 1:
        hint = "geocode.hint.choose" if inside else told.hint
        return replace(told, candidates=tuple(inside[:LISTED]) or told.candidates, hint=hint)
    (only,) = inside
    hint = "" if only.grid else "geocode.hint.beside"
    return replace(
        told, match=match, place=only.thing, regions=only.regions, grid=only.grid, hint=hint
    )


def _spot(connection: Connection, address: Address, crossing: Point, as_of: AsOf) -> ScoredThing:
    """The corner of a crossing with the regions that surely hold it, its error being `SPREAD_M`."""
    at = corner(crossing, address.relation)
    found = locate(connection, at.lon, at.lat, as_of, accuracy_m=SPREAD_M)
    owner = found.placement.owner
    path = (*owner.path, owner.region_id) if owner else ()
    if not found.placement.confident:
        others = [(*one.path, one.region_id) for one in found.placement.neighbours if one.share]
        path = tuple(number for number in path if all(number in one for one in others))
    known = [found.known[number] for number in path]
    regions = tuple(Level(a.id, a.level, a.code or "", a.name or a.code or "") for a in known)
    words = f"{address.value(KIND.ROAD)}与{_other_road(address)}交叉口"
    name = words + (address.relation if at != crossing else "")
    return ScoredThing(
        Thing(CROSSING, "", name, name, found.point.lon, found.point.lat), 1.0, regions
    )


# ---- roads --------------------------------------------------------------------------------------


def _along_roads(connection: Connection, told: list[Geocoded], as_of: AsOf) -> list[Geocoded]:
    """What is told of roads named without a number: the road is the place, as far as it reaches."""
    bare = [n for n, one in enumerate(told) if _names_a_road_alone(one)]
    if not bare:
        return told
    names = region_names(connection, as_of)
    said = {n: names.stated(told[n].match.address) for n in bare}
    here = {n: one.deepest for n, one in said.items() if not one.is_elsewhere}
    asked = [(facts_of(told[n].match.address).roads[0], int(at or 0)) for n, at in here.items()]
    for (n, at), found in zip(here.items(), roads_named(connection, asked, as_of), strict=True):
        if found:
            told[n] = _along_road(connection, told[n], found, at, names, as_of)
    return told


def _names_a_road_alone(one: Geocoded) -> bool:
    address = one.match.address
    kinds = {part.kind for part in address.elements} - {*REGIONS}
    open_still = one.place is None and one.decided_on is None
    alone = kinds in ({KIND.ROAD}, {KIND.ROAD, KIND.SECTION})
    return open_still and alone and not (address.crossing or address.landmark)


def _along_road(
    connection: Connection,
    told: Geocoded,
    found: Sequence[Road],
    stated: str,
    names: RegionNames,
    as_of: AsOf,
) -> Geocoded:
    """One road is the place; several of its name are listed, and what holds them all is sure."""
    held = [names.agreed(str(one.region_id or ""), stated) for one in found]
    chains = [list(reversed(names.chain(one))) for one in held]
    ids = sorted({int(number) for chain in chains for number in chain})
    words = {str(one.id): one for one in ancestors(connection, ids, as_of)}
    name = "".join(part.value for part in told.match.address.elements if part.kind is KIND.ROAD)
    roads = [
        ScoredThing(
            Thing(ROAD, "", name, name, r.lon, r.lat, None, round(r.radius_m, 1), r.line),
            1.0,
            tuple(_level(words[number]) for number in chain),
        )
        for r, chain in zip(found, chains, strict=True)
    ]
    match = replace(told.match, level=KIND.ROAD, score=1.0)
    if len(roads) > 1:
        common = names.common(held)
        regions = tuple(_level(words[one]) for one in reversed(names.chain(common)))
        listed = tuple(roads[:LISTED])
        hint = "geocode.hint.choose"
        return replace(
            told, match=match, candidates=listed, regions=regions, grid=_grid(regions), hint=hint
        )
    (road,) = roads
    grid = None if is_beside(match) else road.grid
    regions = road.regions if grid or not road.grid else road.regions[:-1]
    hint = "" if grid else "geocode.hint.road"
    return replace(told, match=match, place=road.thing, regions=regions, grid=grid, hint=hint)


def _level(one: Ancestor) -> Level:
    return Level(one.id, one.level, one.code or "", one.name or one.code or "")


def _grid(chain: tuple[Level, ...]) -> Level | None:
    return chain[-1] if chain and chain[-1].level == GRID else None


def _hint(
    match: AddressMatch,
    place: Thing | None,
    grid: Level | None,
    candidates: tuple[ScoredThing, ...],
) -> str:
    if any(one.learnt for one in candidates):
        return "geocode.hint.learnt"
    if place is not None and grid is not None:
        return ""
    if is_beside(match):
        return "geocode.hint.beside"
    if match.candidates:
        return "geocode.hint.choose"
    return "geocode.hint.more" if match.region else "geocode.hint.unknown"


def things_of(connection: Connection, codes: Iterable[str]) -> dict[str, Thing]:
    found = connection.execute(
        text(
            "SELECT a.code, a.name, a.text, a.region_id, ST_X(a.point) AS lon, ST_Y(a.point) AS lat"
            "  FROM unnest(CAST(:codes AS text[])) AS k(code)"
            '  JOIN known_address a ON a.code = k.code COLLATE "C"'
        ),
        {"codes": sorted(set(codes))},
    )
    return {row.code: thing_of(row) for row in found}


def thing_of(row: Any) -> Thing:
    kind, _, code = row.code.partition(":")
    return Thing(kind, code, row.name, row.text, row.lon, row.lat, row.region_id)


class _Regions:
    """The words for every region that some answers speak of."""

    def __init__(
        self,
        connection: Connection,
        as_of: AsOf,
        found: Sequence[AddressMatch],
        decided: Iterable[Precedent],
    ) -> None:
        self._names = region_names(connection, as_of)
        codes = {one.region for one in found} | {c.region for m in found for c in m.candidates}
        codes |= {str(one.region_id) for one in decided}
        ids = {int(number) for code in codes for number in self._names.chain(code)}
        told = ancestors(connection, sorted(ids), as_of)
        self._words: dict[str, Ancestor] = {str(one.id): one for one in told}

    def levels(self, code: str) -> tuple[Level, ...]:
        """A region with all above it, top first; () for none."""
        return tuple(_level(self._words[one]) for one in reversed(self._names.chain(code)))
