"""Where do new matters lie? At a point with its error, or at a building, grid or facility.

Several are looked up together, in as few statements as one alone.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from gis.coordinates import convert, distance_m, metres_per_degree
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
from gis.locating import DEFAULT_ACCURACY_M, Candidate
from gis.matters import Words
from gis.model import BEIJING, Point
from gis.store import placements
from gis.store.database import as_json, rows, times
from gis.store.disputes import disputes_at_each
from gis.store.geocoding import Geocoded, geocode
from gis.store.placements import Disc, places_at
from gis.store.precedents import places_by_words, places_near
from gis.store.regions import ancestors
from gis.store.tables.places import building

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from shapely.geometry.base import BaseGeometry
    from sqlalchemy import Connection

    from gis.intake import PlaceGiven
    from gis.model import AsOf
    from gis.store.database import Asked
    from gis.store.placements import Placed
    from gis.store.precedents import Precedent
    from gis.store.regions import Ancestor

# Systems that people take for one another, by the names they know them by.
MISTAKEN: Final = {"wgs84": "WGS 84", "gcj02": "GCJ-02", "bd09": "BD-09"}

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
    (found,) = spots_of(connection, [given], as_of)
    if isinstance(found, BadInput):
        raise found
    return found


def spots_of(
    connection: Connection,
    given: Sequence[PlaceGiven | None],
    as_of: AsOf,
    looked: list[list[Any]] | None = None,
) -> list[Spot | BadInput]:
    """The same for several matters, each as if asked alone, in the order given; BadInput for
    coordinates that can't be true. `looked` is the answer to `first_look` for the same places and
    times, where there is one.
    """
    discs, spots = _discs(given)
    points = {n: one for n, one in enumerate(given) if isinstance(one, PointGiven) and n in discs}
    codes = {n: one for n, one in enumerate(given) if isinstance(one, CodeGiven)}
    addresses = {n: one for n, one in enumerate(given) if isinstance(one, AddressGiven)}
    placed = places_at(connection, discs, as_of, looked)
    spots |= _at_points(connection, points, discs, placed, as_of)
    spots |= _at_codes(connection, codes, as_of)
    spots |= _at_addresses(connection, addresses, as_of)
    _on_contested_ground(connection, spots, as_of)
    return [spots.get(n) or Spot(Found.NOWHERE) for n in range(len(given))]


def first_look(given: Sequence[PlaceGiven | None], as_of: AsOf) -> list[Asked]:
    """What `spots_of` asks first, so that it can be asked ahead; nothing where no point is given
    that can be true.
    """
    discs, _ = _discs(given)
    return placements.first_look(discs, as_of) if discs else []


def _on_contested_ground(
    connection: Connection, spots: dict[int, Spot | BadInput], as_of: AsOf
) -> None:
    """Give what lies on contested ground to its temporary owner."""
    discs = {
        n: Disc(one.lon, one.lat, one.radius_m or 0.0)
        for n, one in spots.items()
        if isinstance(one, Spot) and one.lon is not None and one.lat is not None
    }
    found = disputes_at_each(connection, list(discs.values()), as_of)
    for n, contested in zip(discs, found, strict=True):
        spot = spots[n]
        if contested and isinstance(spot, Spot):
            spots[n] = in_dispute(spot, contested[0])


# ---- points -------------------------------------------------------------------------------------


def _discs(
    given: Sequence[PlaceGiven | None],
) -> tuple[dict[int, Disc], dict[int, Spot | BadInput]]:
    """The error discs of the points among some places, by their numbers, and what is wrong with
    those that can't be true.
    """
    discs: dict[int, Disc] = {}
    wrong: dict[int, Spot | BadInput] = {}
    for n, one in enumerate(given):
        if isinstance(one, PointGiven):
            try:
                discs[n] = _disc(one)
            except BadInput as error:
                wrong[n] = error
    return discs, wrong


def _disc(given: PointGiven) -> Disc:
    """Raises BadInput."""
    lon, lat = convert(given.lon, given.lat, given.crs, "cgcs2000")
    radius_m = DEFAULT_ACCURACY_M if given.radius_m is None else given.radius_m
    return Disc(float(lon), float(lat), radius_m)


def _at_points(
    connection: Connection,
    given: Mapping[int, PointGiven],
    discs: Mapping[int, Disc],
    placed: Mapping[int, Placed],
    as_of: AsOf,
) -> dict[int, Spot]:
    spots = {n: _spot(one, placed[n]) for n, one in given.items()}
    outside = {n: (one, placed[n].point) for n, one in given.items() if not spots[n].candidates}
    for n, warning in _mistaken_systems(connection, outside, as_of).items():
        spots[n] = replace(spots[n], warning=warning)
    over_the_edge = {
        n: one
        for n, one in spots.items()
        if one.confident and (one.edge_m or 0.0) < discs[n].radius_m
    }
    for n, width_m in _widths_m(connection, over_the_edge).items():
        spots[n] = replace(spots[n], width_m=width_m)
    unsure = {n: one for n, one in spots.items() if one.candidates and not one.sure}
    return spots | _by_precedent(connection, unsure, as_of)


def _spot(given: PointGiven, placed: Placed) -> Spot:
    point, placement = placed.point, placed.placement
    spot = Spot(Found(placement.method), lon=point.lon, lat=point.lat, radius_m=given.radius_m)
    owner = placement.owner
    if owner is None:
        return spot
    return replace(
        spot,
        candidates=tuple(map(_candidate, _possible(owner, placement.neighbours))),
        known=placed.known,
        confident=placement.confident and given.radius_m is not None,
        edge_m=placement.edge_m,
        version_id=owner.version_id,
    )


def _possible(owner: Candidate, neighbours: tuple[Candidate, ...]) -> list[Candidate]:
    """The owner and whoever holds some of the error disc, the largest share first."""
    some = [owner, *(one for one in neighbours if one.share)]
    return sorted(some, key=lambda one: (-(one.share or 0.0), one.code, one.region_id))


def _candidate(one: Candidate) -> PlaceCandidate:
    return PlaceCandidate((*one.path, one.region_id), one.share or 0.0)


def _by_precedent(
    connection: Connection, unsure: Mapping[int, Spot], as_of: AsOf
) -> dict[int, Spot]:
    """Unsure places where a person decided before, and decided for one that each can be."""
    points = {
        n: Point(one.lon, one.lat)
        for n, one in unsure.items()
        if one.lon is not None and one.lat is not None
        if one.radius_m is not None and not one.is_rough
    }
    found = places_near(connection, list(points.values()), as_of)
    return {
        n: _decided(unsure[n], one)
        for n, one in zip(points, found, strict=True)
        if one is not None and any(each.path == one.path for each in unsure[n].candidates)
    }


def _decided(spot: Spot, found: Precedent) -> Spot:
    """The place as it was decided; what else it could have been is told no more."""
    region = spot.known[found.region_id]
    day = found.decided_at.astimezone(BEIJING).date().isoformat()
    return replace(
        spot,
        method=Found.PRECEDENT,
        candidates=(PlaceCandidate(found.path, 1.0),),
        confident=True,
        note=Words("note.precedent", {"day": day, "name": region.name}),
    )


def _widths_m(connection: Connection, spots: Mapping[int, Spot]) -> dict[int, float]:
    """For each the diameter of the largest circle inside its region, in metres, to a metre."""
    if not spots:
        return {}
    import shapely  # loaded only where a disc reaches over an edge

    versions = sorted({one.version_id for one in spots.values() if one.version_id is not None})
    found = rows(connection, "region_shapes", version_ids=versions)
    shapes = {row.version_id: shapely.from_wkb(bytes(row.geom)) for row in found}
    return {
        n: _width_m(shapes[one.version_id], one.lat)
        for n, one in spots.items()
        if one.lat is not None
    }


def _width_m(shape: BaseGeometry, lat: float) -> float:
    import shapely

    scale = metres_per_degree(lat)
    flat = shapely.transform(shape, lambda xy: xy * scale)
    assert isinstance(flat, shapely.MultiPolygon), "the column holds nothing else"
    return 2 * float(shapely.length(shapely.maximum_inscribed_circle(flat, tolerance=0.5)))


def _mistaken_systems(
    connection: Connection, outside: Mapping[int, tuple[PointGiven, Point]], as_of: AsOf
) -> dict[int, Words]:
    """Outside everything: would the same numbers lie inside in another system of web maps?"""
    tried = [
        (n, system, disc)
        for n, (given, _) in outside.items()
        for system in _others(given.crs)
        if (disc := _as_if_in(system, given))
    ]
    placed = places_at(connection, {k: disc for k, (_, _, disc) in enumerate(tried)}, as_of)
    warnings: dict[int, Words] = {}
    for k, (n, system, disc) in enumerate(tried):
        if n not in warnings and placed[k].placement.owner is not None:
            point = outside[n][1]
            away_m = float(distance_m(disc.lon, disc.lat, point.lon, point.lat))
            metres = round(away_m, -1)
            warnings[n] = Words("warning.crs", {"system": MISTAKEN[system], "metres": metres})
    return warnings


def _as_if_in(system: str, given: PointGiven) -> Disc | None:
    try:
        return Disc(*convert(given.lon, given.lat, system, "cgcs2000"))
    except BadInput:
        return None


def _others(crs: str) -> list[str]:
    """The systems that may be meant where `crs` is said."""
    declared = "wgs84" if crs == "cgcs2000" else crs
    return [one for one in MISTAKEN if one != declared] if declared in MISTAKEN else []


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
    spots = {one: _decided(Spot(Found.PRECEDENT, known=known), before[one]) for one in before}
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
    given = {
        n: PointGiven(row.lon, row.lat, "cgcs2000", Origin.PICK)
        for n, row in things.items()
        if row.lon is not None
    }
    discs = {n: _disc(one) for n, one in given.items()}
    placed = places_at(connection, discs, as_of)
    return _at_points(connection, given, discs, placed, as_of)


def _named(found: Iterable[Ancestor]) -> dict[int, Region]:
    return {
        one.id: Region(one.id, one.level, one.code or "", one.name or one.code or "")
        for one in found
    }
