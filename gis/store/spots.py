"""Where do new matters lie? At a point with its error, or at a building, grid or facility.

Several are looked up together, in as few statements as one alone.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

from sqlalchemy import select

from gis.disputes import in_dispute
from gis.errors import BadInput
from gis.intake import (
    AddressGiven,
    CodeGiven,
    Found,
    Origin,
    PlaceCandidate,
    PointGiven,
    Region,
    Spot,
    Thing,
)
from gis.matters import Words
from gis.store import placements
from gis.store.database import as_json, rows, times
from gis.store.disputes import disputes_asked, disputes_at_each, disputes_told
from gis.store.geocoding import Geocoded, geocode
from gis.store.placements import Disc, places_at
from gis.store.point_spots import PointsGiven, at_points, decided
from gis.store.precedents import places_by_words
from gis.store.regions import ancestors
from gis.store.tables.places import building

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence

    from sqlalchemy import Connection

    from gis.intake import PlaceGiven
    from gis.model import AsOf
    from gis.store.database import Asked
    from gis.store.regions import Ancestor

Kind = TypeVar("Kind", CodeGiven, AddressGiven)

FOUND_BY: Final = {
    Thing.BUILDING: Found.BUILDING,
    Thing.FACILITY: Found.FACILITY,
    Thing.GRID: Found.GRID,
}


def spot_of(connection: Connection, given: PlaceGiven | None, as_of: AsOf) -> Spot:
    """Where a matter lies. What we don't know is `Found.NOWHERE`, with a warning if one was named.
    On contested ground it goes to the temporary owner (`gis.disputes`).

    Raises BadInput for coordinates that can't be true.
    """
    (found,) = Places([given]).spots(connection, as_of)
    if isinstance(found, BadInput):
        raise found
    return found


class Places:
    """Places of several matters, to be looked up together, each as if it were alone."""

    def __init__(self, given: Sequence[PlaceGiven | None]) -> None:
        self._given = given
        self._points = PointsGiven.among(given)

    def first_look(self, as_of: AsOf) -> list[Asked]:
        """What `spots` asks first, so that it can be asked ahead; nothing where no point is given
        that can be true.
        """
        if not self._points.discs:
            return []
        return [
            disputes_asked(self._points.as_spots(), as_of),
            *placements.first_look(self._points.discs, as_of),
        ]

    def spots(
        self,
        connection: Connection,
        as_of: AsOf,
        looked: list[list[Any]] | None = None,
        *,
        wanted: Container[int] | None = None,
    ) -> list[Spot | BadInput]:
        """The spots in the order given, as `spot_of` finds each; BadInput for coordinates that
        can't be true. `looked` is the answer to `first_look` for the same times, where there is
        one. What isn't `wanted` isn't looked up, and is nowhere.
        """
        every = range(len(self._given))
        numbers = every if wanted is None else [n for n in every if n in wanted]
        points = self._points.only(numbers)
        contested, near = (looked[0], looked[1:]) if looked else (None, None)
        placed = places_at(connection, points.discs, as_of, near)
        spots = at_points(connection, points, placed, as_of)
        known = {} if contested is None else disputes_told(contested)
        spots |= _at_codes(connection, self._only(CodeGiven, numbers), as_of)
        spots |= _at_addresses(connection, self._only(AddressGiven, numbers), as_of)
        unasked = spots if contested is None else {n: spots[n] for n in spots.keys() - points.discs}
        known |= disputes_at_each(connection, _discs_of(unasked), as_of)
        found = {n: in_dispute(s, known[n][0]) if n in known else s for n, s in spots.items()}
        return [points.wrong.get(n) or found.get(n) or Spot(Found.NOWHERE) for n in every]

    def _only(self, kind: type[Kind], numbers: Iterable[int]) -> dict[int, Kind]:
        return {n: one for n in numbers if isinstance(one := self._given[n], kind)}


def _discs_of(spots: Mapping[int, Spot]) -> dict[int, Disc]:
    """The error discs of those that lie somewhere."""
    return {
        n: Disc(one.lon, one.lat, one.radius_m or 0.0)
        for n, one in spots.items()
        if one.lon is not None and one.lat is not None
    }


# ---- addresses ----------------------------------------------------------------------------------


def _at_addresses(
    connection: Connection, given: Mapping[int, AddressGiven], as_of: AsOf
) -> dict[int, Spot]:
    """A sure address has its grid; any other keeps what it can be, for somebody to choose from.

    A decision that a person made before on the same words goes before what they say.
    """
    if not given:
        return {}
    texts = sorted({one.text for one in given.values()})
    before = places_by_words(connection, texts, as_of)
    asked = [one for one in texts if one not in before]
    found = dict(zip(asked, geocode(connection, asked, as_of), strict=True)) if asked else {}
    paths = [
        *(one.path for one in before.values()),
        *(p for g in found.values() for p in g.paths()),
    ]
    known = _named(ancestors(connection, sorted({n for path in paths for n in path}), as_of))
    houses = _building_ids(connection, found.values())
    spots = {one: decided(Spot(Found.PRECEDENT, known=known), before[one]) for one in before}
    spots |= {one: _at_address(place, known, houses) for one, place in found.items()}
    return {n: spots[one.text] for n, one in given.items()}


def _at_address(found: Geocoded, known: Mapping[int, Region], houses: Mapping[str, int]) -> Spot:
    place = found.place
    spot = Spot(Found.ADDRESS, lon=place.lon if place else None, lat=place.lat if place else None)
    if place is not None and place.radius_m is not None:
        spot = replace(spot, radius_m=place.radius_m)
    paths = found.paths()
    if not paths:
        return replace(spot, method=Found.NOWHERE, warning=Words("warning.address_unknown"))
    sure = found.grid is not None and place is not None
    return replace(
        spot,
        candidates=tuple(PlaceCandidate(path, 1.0 if len(paths) == 1 else 0.0) for path in paths),
        known=known,
        confident=sure,
        building_id=houses.get(place.code) if place and place.kind == "building" else None,
        warning=None if sure else Words(_unsure(found)),
    )


def _unsure(found: Geocoded) -> str:
    learnt = any(one.learnt for one in found.candidates)
    return "warning.address_learnt" if learnt else "warning.address_unsure"


def _building_ids(connection: Connection, found: Iterable[Geocoded]) -> dict[str, int]:
    codes = {one.place.code for one in found if one.place and one.place.kind == "building"}
    if not codes:
        return {}
    asked = select(building.c.code, building.c.id).where(building.c.code.in_(sorted(codes)))
    return {row.code: row.id for row in connection.execute(asked)}


# ---- codes --------------------------------------------------------------------------------------


def _at_codes(
    connection: Connection, given: Mapping[int, CodeGiven], as_of: AsOf
) -> dict[int, Spot]:
    if not given:
        return {}
    asked = [
        {"n": n, "thing": one.thing.value, "code": one.code}
        for n, one in given.items()
        if one.thing
    ]
    found = rows(connection, "things_by_code", things=as_json(asked), **times(as_of))
    things = {row.n: row for row in found}
    ids = {n for row in found for n in row.path or ()}
    known = _named(ancestors(connection, sorted(ids), as_of))
    spots = {n: _at_code(one, things.get(n), known) for n, one in given.items()}
    homeless = {
        n: row for n, row in things.items() if row.region_id is None and row.lon is not None
    }
    spots |= _at_their_points(connection, homeless, as_of)
    return {
        n: replace(one, building_id=things[n].id)
        if n in things and given[n].thing is Thing.BUILDING
        else one
        for n, one in spots.items()
    }


def _at_code(given: CodeGiven, row: Any, known: Mapping[int, Region]) -> Spot:
    if given.thing is None or row is None:
        key = "warning.qr_unknown" if given.by_qr else "warning.code_unknown"
        return Spot(Found.NOWHERE, warning=Words(key))
    spot = Spot(Found.NOWHERE, lon=row.lon, lat=row.lat)
    if row.region_id is None:
        return spot
    only = PlaceCandidate(tuple(row.path), 1.0)
    method = FOUND_BY[given.thing]
    return replace(spot, method=method, candidates=(only,), known=known, confident=True)


def _at_their_points(
    connection: Connection, things: Mapping[int, Any], as_of: AsOf
) -> dict[int, Spot]:
    """Things that belong to no grid yet: as if somebody had tapped on the map where they lie."""
    numbers = [n for n, row in things.items() if row.lon is not None]
    rows_of = [things[n] for n in numbers]
    tapped = [PointGiven(row.lon, row.lat, "cgcs2000", Origin.PICK) for row in rows_of]
    points = PointsGiven.among(tapped)
    placed = places_at(connection, points.discs, as_of)
    found = at_points(connection, points, placed, as_of)
    return {number: found[n] for n, number in enumerate(numbers)}


def _named(found: Iterable[Ancestor]) -> dict[int, Region]:
    return {
        one.id: Region(one.id, one.level, one.code or "", one.name or one.code or "")
        for one in found
    }
