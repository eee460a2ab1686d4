"""Addresses led to places with their regions, and places to their standard addresses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text

from gis.address_parts import render
from gis.addresses import parse
from gis.coordinates import metres_per_degree
from gis.model import GRID
from gis.store.database import rows
from gis.store.gazetteer import match_addresses, region_names
from gis.store.regions import ancestors
from gis.store.spots import place_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection

    from gis.gazetteer import AddressMatch
    from gis.intake import Region
    from gis.model import AsOf
    from gis.store.regions import Ancestor

AT: Final = frozenset({"", "楼下", "楼上", "楼顶", "门口", "门前", "门外", "里面", "内", "院内"})
"""Relations that leave the place where the address is."""


@dataclass(frozen=True, slots=True)
class Level:
    """A region as answers name it."""

    level: str
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Thing:
    """What has an address. `kind` is building, compound, facility or imported; degrees EPSG:4490,
    None where nobody has located it.
    """

    kind: str
    code: str
    name: str
    address: str
    lon: float | None
    lat: float | None
    region_id: int | None = None


@dataclass(frozen=True, slots=True)
class ScoredThing:
    """A place that an address may mean; `grid` is where it lies, if that is known."""

    thing: Thing
    score: float
    grid: Level | None


@dataclass(frozen=True, slots=True)
class Geocoded:
    """What an address means. `regions` surely hold it, top first; `grid` is the last where that is
    a grid. `hint` is the key of what would make it sure, "" where it is.
    """

    match: AddressMatch
    standard: str
    place: Thing | None
    candidates: tuple[ScoredThing, ...]
    regions: tuple[Level, ...]
    grid: Level | None
    hint: str


def geocode(connection: Connection, texts: Sequence[str], as_of: AsOf) -> list[Geocoded]:
    """What each address means, in the order given."""
    found = match_addresses(connection, texts, as_of)
    codes = {one.code for match in found for one in match.candidates}
    things = _things(connection, codes | {match.place for match in found if match.place})
    regions = _Regions(connection, as_of, found)
    return [_geocoded(match, things, regions) for match in found]


def is_beside(match: AddressMatch) -> bool:
    """Whether the spot lies beside what is named, not at it: its grid may be the next one."""
    return match.address.relation not in AT or bool(match.address.crossing)


def _geocoded(match: AddressMatch, things: dict[str, Thing], regions: _Regions) -> Geocoded:
    place = things.get(match.place) if match.place else None
    chain = regions.levels(match.region)
    if is_beside(match) and chain and chain[-1].level == GRID:
        chain = chain[:-1]
    grid = chain[-1] if chain and chain[-1].level == GRID else None
    candidates = tuple(
        ScoredThing(things[one.code], one.score, regions.grid(one.region))
        for one in match.candidates
        if one.code in things
    )
    whole = (*match.address.elements, *match.address.crossing)
    return Geocoded(match, render(whole), place, candidates, chain, grid, _hint(match, place, grid))


def _hint(match: AddressMatch, place: Thing | None, grid: Level | None) -> str:
    if place is not None and grid is not None:
        return ""
    if is_beside(match):
        return "geocode.hint.beside"
    if match.candidates:
        return "geocode.hint.choose"
    return "geocode.hint.more" if match.region else "geocode.hint.unknown"


def _things(connection: Connection, codes: Iterable[str]) -> dict[str, Thing]:
    found = connection.execute(
        text(
            "SELECT a.code, a.name, a.text, a.region_id, ST_X(a.point) AS lon, ST_Y(a.point) AS lat"
            "  FROM unnest(CAST(:codes AS text[])) AS k(code)"
            '  JOIN known_address a ON a.code = k.code COLLATE "C"'
        ),
        {"codes": sorted(set(codes))},
    )
    return {row.code: _thing(row) for row in found}


def _thing(row: Any) -> Thing:
    kind, _, code = row.code.partition(":")
    return Thing(kind, code, row.name, row.text, row.lon, row.lat, row.region_id)


class _Regions:
    """The words for every region that some answers speak of."""

    def __init__(
        self,
        connection: Connection,
        as_of: AsOf,
        found: Sequence[AddressMatch],
    ) -> None:
        self._names = region_names(connection, as_of)
        codes = {one.region for one in found} | {c.region for m in found for c in m.candidates}
        ids = {int(number) for code in codes for number in self._names.chain(code)}
        told = ancestors(connection, sorted(ids), as_of)
        self._words: dict[str, Ancestor] = {str(one.id): one for one in told}

    def levels(self, code: str) -> tuple[Level, ...]:
        """A region with all above it, top first; () for none."""
        chain = [self._words[one] for one in reversed(self._names.chain(code))]
        return tuple(Level(one.level, one.code or "", one.name or one.code or "") for one in chain)

    def grid(self, code: str) -> Level | None:
        chain = self.levels(code)
        return chain[-1] if chain and chain[-1].level == GRID else None


# ---- the other way round ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reversed:
    """The address of a place. `metres` to the thing that has it, 0 inside its footprint; without a
    thing nothing with an address is within reach. `confident`: the error disc lies in one grid.
    """

    standard: str
    thing: Thing | None
    metres: float | None
    regions: tuple[Level, ...]
    confident: bool


def reverse(
    connection: Connection,
    lon: float,
    lat: float,
    as_of: AsOf,
    *,
    accuracy_m: float,
    reach_m: float,
) -> Reversed:
    """The standard address of a place (degrees, EPSG:4490): that of the building whose footprint
    holds it, else of the nearest known address within `reach_m`; ties by code.
    """
    point, placement, known = place_at(connection, lon, lat, as_of, accuracy_m=accuracy_m)
    owner = placement.owner
    path = (*owner.path, owner.region_id) if owner else ()
    regions = tuple(_level(known[one]) for one in path)
    kx, ky = metres_per_degree(point.lat)
    found = rows(
        connection,
        "address_near_point",
        lon=point.lon,
        lat=point.lat,
        kx=kx,
        ky=ky,
        dx=reach_m / kx if kx > 0 else 360.0,
        dy=reach_m / ky,
        reach_m=reach_m,
    )
    if not found:
        return Reversed("", None, None, regions, placement.confident)
    thing = _thing(found[0])
    words = render(parse(thing.address).elements) or thing.address
    upper = "".join(one.name for one in regions if one.level != GRID)
    return Reversed(upper + words, thing, found[0].metres, regions, placement.confident)


def _level(one: Region) -> Level:
    return Level(one.level, one.code, one.name)
