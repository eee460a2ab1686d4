"""Where do matters lie that came with a point and its error?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from gis.coordinates import convert, distance_m, metres_per_degree
from gis.errors import BadInput
from gis.intake import Found, PlaceCandidate, PointGiven, Spot
from gis.locating import DEFAULT_ACCURACY_M, Candidate
from gis.matters import Words
from gis.model import BEIJING, Point
from gis.store.database import rows
from gis.store.placements import Disc, places_at
from gis.store.precedents import places_near

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence

    from shapely.geometry.base import BaseGeometry
    from sqlalchemy import Connection

    from gis.intake import PlaceGiven
    from gis.model import AsOf
    from gis.store.placements import Placed
    from gis.store.precedents import Precedent

# Systems that people take for one another, by the names they know them by.
MISTAKEN: Final = {"wgs84": "WGS 84", "gcj02": "GCJ-02", "bd09": "BD-09"}


@dataclass(frozen=True, slots=True)
class PointsGiven:
    """The points among some places, by their numbers: as given, and their error discs; `wrong` are
    those whose coordinates can't be true.
    """

    given: Mapping[int, PointGiven]
    discs: Mapping[int, Disc]
    wrong: Mapping[int, BadInput]

    @classmethod
    def among(cls, places: Sequence[PlaceGiven | None]) -> PointsGiven:
        given: dict[int, PointGiven] = {}
        discs: dict[int, Disc] = {}
        wrong: dict[int, BadInput] = {}
        for n, one in enumerate(places):
            if isinstance(one, PointGiven):
                try:
                    discs[n] = _disc(one)
                    given[n] = one
                except BadInput as error:
                    wrong[n] = error
        return cls(given, discs, wrong)

    def only(self, numbers: Container[int]) -> PointsGiven:
        """Those of some numbers."""
        return PointsGiven(
            {n: one for n, one in self.given.items() if n in numbers},
            {n: one for n, one in self.discs.items() if n in numbers},
            {n: one for n, one in self.wrong.items() if n in numbers},
        )

    def as_spots(self) -> dict[int, Disc]:
        """Their discs as `at_points` finds the spots: on the lattice, with the radius gone by."""
        return {
            n: Disc(disc.on_lattice().lon, disc.on_lattice().lat, self.given[n].radius_m or 0.0)
            for n, disc in self.discs.items()
        }


def _disc(given: PointGiven) -> Disc:
    """Raises BadInput."""
    lon, lat = convert(given.lon, given.lat, given.crs, "cgcs2000")
    radius_m = DEFAULT_ACCURACY_M if given.radius_m is None else given.radius_m
    return Disc(float(lon), float(lat), radius_m)


def at_points(
    connection: Connection, points: PointsGiven, placed: Mapping[int, Placed], as_of: AsOf
) -> dict[int, Spot]:
    """Where matters at points lie, by their numbers; `placed` are the points' placements."""
    given, discs = points.given, points.discs
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
        n: decided(unsure[n], one)
        for n, one in zip(points, found, strict=True)
        if one is not None and any(each.path == one.path for each in unsure[n].candidates)
    }


def decided(spot: Spot, found: Precedent) -> Spot:
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
