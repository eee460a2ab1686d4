"""Where does a new matter lie? At a point with its error, or at a building, grid or facility."""

from __future__ import annotations

from dataclasses import replace
from math import hypot
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from gis.coordinates import convert, distance_m, metres_per_degree, to_lattice
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
from gis.locating import DEFAULT_ACCURACY_M, REACH_M, Candidate, Placement, place
from gis.matters import Words
from gis.model import BEIJING, Level, Point
from gis.store.database import rows, times
from gis.store.disputes import disputes_at
from gis.store.geocoding import LEARNT, Geocoded, geocode
from gis.store.locating import LEAST_RADIUS_M
from gis.store.precedents import place_near, places_by_words
from gis.store.regions import ancestors
from gis.store.tables.places import building

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from gis.intake import PlaceGiven
    from gis.model import AsOf
    from gis.store.database import Asked
    from gis.store.precedents import Precedent
    from gis.store.regions import Ancestor

# Systems that people take for one another, by the names they know them by.
MISTAKEN: Final = {"wgs84": "WGS 84", "gcj02": "GCJ-02", "bd09": "BD-09"}

FOUND_BY: Final = {
    Thing.BUILDING: Found.BUILDING,
    Thing.FACILITY: Found.FACILITY,
    Thing.GRID: Found.GRID,
}


def spot_of(
    connection: Connection,
    given: PlaceGiven | None,
    as_of: AsOf,
    looked: list[Any] | None = None,
) -> Spot:
    """Where a matter lies. What we don't know is `Found.NOWHERE`, with a warning if one was named.
    On contested ground it goes to the temporary owner (`gis.disputes`).

    `looked` is the answer to `first_look` for the same place and times, where there is one. Raises
    BadInput for coordinates that can't be true.
    """
    spot = Spot(Found.NOWHERE) if given is None else _found(connection, given, as_of, looked)
    if spot.lon is None or spot.lat is None:
        return spot
    radius_m = spot.radius_m or 0.0
    contested = disputes_at(connection, spot.lon, spot.lat, as_of, radius_m=radius_m)
    return in_dispute(spot, contested[0]) if contested else spot


def _found(
    connection: Connection, given: PlaceGiven, as_of: AsOf, looked: list[Any] | None
) -> Spot:
    if isinstance(given, PointGiven):
        return _at_point(connection, given, as_of, looked)
    if isinstance(given, AddressGiven):
        return _at_address(connection, given, as_of)
    return _at_code(connection, given, as_of)


def first_look(given: PlaceGiven | None, as_of: AsOf) -> Asked | None:
    """What `spot_of` asks first about a point, so that it can be asked ahead; None for any other
    place, and for coordinates that can't be true.
    """
    if not isinstance(given, PointGiven):
        return None
    try:
        lon, lat, radius_m = _disc(given)
    except BadInput:
        return None
    return _question(Point(to_lattice(lon), to_lattice(lat)), as_of, radius_m)


# ---- a point ------------------------------------------------------------------------------------


def _disc(given: PointGiven) -> tuple[float, float, float]:
    """Longitude, latitude (EPSG:4490) and the error radius in metres. Raises BadInput."""
    lon, lat = convert(given.lon, given.lat, given.crs, "cgcs2000")
    return float(lon), float(lat), DEFAULT_ACCURACY_M if given.radius_m is None else given.radius_m


def _at_point(
    connection: Connection, given: PointGiven, as_of: AsOf, looked: list[Any] | None = None
) -> Spot:
    lon, lat, radius_m = _disc(given)
    point, placement, known = place_at(
        connection, lon, lat, as_of, accuracy_m=radius_m, looked=looked
    )
    owner = placement.owner
    spot = Spot(Found(placement.method), lon=point.lon, lat=point.lat, radius_m=given.radius_m)
    if owner is None:
        return replace(spot, warning=_mistaken_system(connection, given, point, as_of))
    spot = replace(
        spot,
        candidates=tuple(map(_candidate, _possible(owner, placement.neighbours))),
        known=known,
        confident=placement.confident and given.radius_m is not None,
        edge_m=placement.edge_m,
        version_id=owner.version_id,
    )
    if spot.confident and (spot.edge_m or 0.0) < radius_m:
        spot = replace(spot, width_m=_width_m(connection, owner.version_id, point.lat))
    return spot if spot.sure else _by_precedent(connection, spot, as_of)


def _by_precedent(connection: Connection, spot: Spot, as_of: AsOf) -> Spot:
    """An unsure place where a person decided before, and decided for one that it can be."""
    if spot.lon is None or spot.lat is None or spot.radius_m is None or spot.is_rough:
        return spot
    found = place_near(connection, spot.lon, spot.lat, as_of)
    if found is None or all(one.path != found.path for one in spot.candidates):
        return spot
    return _decided(replace(spot, known=spot.known), found)


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


def _width_m(connection: Connection, version_id: int, lat: float) -> float:
    """The diameter of the largest circle inside a region, in metres, to a metre."""
    import shapely  # loaded only where a disc reaches over an edge

    (found,) = rows(connection, "region_shape", version_id=version_id)
    kx, ky = metres_per_degree(lat)
    flat = shapely.transform(shapely.from_wkb(bytes(found.geom)), lambda xy: xy * (kx, ky))
    assert isinstance(flat, shapely.MultiPolygon), "the column holds nothing else"
    return 2 * float(shapely.length(shapely.maximum_inscribed_circle(flat, tolerance=0.5)))


def place_at(
    connection: Connection,
    lon: float,
    lat: float,
    as_of: AsOf,
    *,
    accuracy_m: float,
    looked: list[Any] | None = None,
) -> tuple[Point, Placement, dict[int, Region]]:
    """Where one place belongs, as `locating.locate` says it, in one statement: the point on the
    lattice, its placement, and every region of the paths by id.

    Where the boundaries near it are drawn to some metres only (`edition.precision_m`), the error
    disc is as large as both errors together, independent of each other: their root sum of squares.
    """
    point = Point(to_lattice(float(lon)), to_lattice(float(lat)))
    (found,) = looked or _looked_up(connection, point, as_of, accuracy_m)
    if found.precision_m > 0:
        (found,) = _looked_up(connection, point, as_of, hypot(accuracy_m, found.precision_m))
    known = {
        number: Region(number, level, code or "", name or code or "")
        for number, level, code, name in found.known or []
    }
    level_of = {number: one.level for number, one in known.items()}
    candidates = [_measured(*one) for one in found.near or []]
    placement = place(candidates, [Level(*one) for one in found.levels or []], level_of)
    return point, placement, known


def _looked_up(connection: Connection, point: Point, as_of: AsOf, accuracy_m: float) -> list[Any]:
    name, values = _question(point, as_of, accuracy_m)
    return rows(connection, name, **values)


def _question(point: Point, as_of: AsOf, accuracy_m: float) -> Asked:
    radius_m = max(accuracy_m, LEAST_RADIUS_M)
    kx, ky = metres_per_degree(point.lat)
    near = max(REACH_M, radius_m)
    values = {
        "lon": point.lon,
        "lat": point.lat,
        "dx": near / kx if kx > 0 else 360.0,
        "dy": near / ky,
        "kx": kx,
        "ky": ky,
        "radius_m": radius_m,
    }
    return "spot_at_point", values | times(as_of)


def _measured(
    region_id: int,
    version_id: int,
    level: str,
    code: str,
    path: list[int],
    covers: bool,
    edition: str,
    edge_m: float | None,
    share: float | None,
) -> Candidate:
    share = None if share is None else min(1.0, share)
    return Candidate(
        region_id, version_id, level, code, tuple(path), covers, edition, edge_m, share
    )


def _possible(owner: Candidate, neighbours: tuple[Candidate, ...]) -> list[Candidate]:
    """The owner and whoever holds some of the error disc, the largest share first."""
    some = [owner, *(one for one in neighbours if one.share)]
    return sorted(some, key=lambda one: (-(one.share or 0.0), one.code, one.region_id))


def _candidate(one: Candidate) -> PlaceCandidate:
    return PlaceCandidate((*one.path, one.region_id), one.share or 0.0)


def _mistaken_system(
    connection: Connection, given: PointGiven, point: Point, as_of: AsOf
) -> Words | None:
    """Outside everything: would the same numbers lie inside in another system of web maps?"""
    if given.crs not in ("cgcs2000", *MISTAKEN):
        return None
    declared = "wgs84" if given.crs == "cgcs2000" else given.crs
    for system, name in MISTAKEN.items():
        if system == declared:
            continue
        lon, lat = convert(given.lon, given.lat, system, "cgcs2000")
        if place_at(connection, lon, lat, as_of, accuracy_m=0.0)[1].owner is not None:
            away_m = float(distance_m(lon, lat, point.lon, point.lat))
            return Words("warning.crs", {"system": name, "metres": round(away_m, -1)})
    return None


# ---- an address ---------------------------------------------------------------------------------


def _at_address(connection: Connection, given: AddressGiven, as_of: AsOf) -> Spot:
    """A sure address has its grid; any other keeps what it can be, for somebody to choose from.

    A decision that a person made before on the same words goes before what they say.
    """
    before = places_by_words(connection, [given.text], as_of).get(given.text)
    if before is not None:
        known = _named(ancestors(connection, list(before.path), as_of))
        return _decided(Spot(Found.PRECEDENT, known=known), before)
    (found,) = geocode(connection, [given.text], as_of)
    place = found.place
    spot = Spot(Found.ADDRESS, lon=place.lon if place else None, lat=place.lat if place else None)
    house = _building_id(connection, place.code) if place and place.kind == "building" else None
    paths = found.paths()
    if not paths:
        return replace(spot, method=Found.NOWHERE, warning=Words("warning.address_unknown"))
    known = _named(ancestors(connection, sorted({n for path in paths for n in path}), as_of))
    candidates = tuple(PlaceCandidate(path, 1.0 if len(paths) == 1 else 0.0) for path in paths)
    sure = found.grid is not None and place is not None
    return replace(
        spot,
        candidates=candidates,
        known=known,
        confident=sure,
        building_id=house,
        warning=None if sure else Words(_unsure(found)),
    )


def _unsure(found: Geocoded) -> str:
    learnt = any(one.thing.kind == LEARNT for one in found.candidates)
    return "warning.address_learnt" if learnt else "warning.address_unsure"


def _building_id(connection: Connection, code: str) -> int | None:
    return connection.execute(select(building.c.id).where(building.c.code == code)).scalar()


# ---- a code -------------------------------------------------------------------------------------


def _at_code(connection: Connection, given: CodeGiven, as_of: AsOf) -> Spot:
    thing = given.thing
    row = _thing(connection, thing, given.code, as_of) if thing else None
    if thing is None or row is None:
        key = "warning.qr_unknown" if given.by_qr else "warning.code_unknown"
        return Spot(Found.NOWHERE, warning=Words(key))
    spot = Spot(Found.NOWHERE, lon=row.lon, lat=row.lat)
    if row.region_id is not None:
        known = _named(ancestors(connection, list(row.path), as_of))
        only = PlaceCandidate(tuple(row.path), 1.0)
        spot = replace(
            spot, method=FOUND_BY[thing], candidates=(only,), known=known, confident=True
        )
    elif row.lon is not None:
        nearby = PointGiven(row.lon, row.lat, "cgcs2000", Origin.PICK)
        spot = _at_point(connection, nearby, as_of)
    return replace(spot, building_id=row.id) if thing is Thing.BUILDING else spot


def _thing(connection: Connection, thing: Thing, code: str, as_of: AsOf) -> Any:
    found = rows(connection, "thing_by_code", thing=thing.value, code=code, **times(as_of))
    return found[0] if found else None


def _named(found: Iterable[Ancestor]) -> dict[int, Region]:
    return {
        one.id: Region(one.id, one.level, one.code or "", one.name or one.code or "")
        for one in found
    }
