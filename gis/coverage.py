"""Whom does a facility serve, and who is left out?

A household is served when an open facility of the very kind stands within the radius of its
building, measured on the ground from point to point; on the rim counts as within. Three more
rules keep the figures honest:

- Only open facilities count, and only those that serve at their kind's own level: a larger one
  doesn't stand in for a smaller.
- A building that nobody has located is *unknown*, never left out and never served.
- Shares always speak of served, unserved and unknown together, and add up to 100.

The figures, the list of gaps and the picture all come from one `RadiusCoverage`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from gis.coordinates import to_lattice
from gis.errors import BadInput
from gis.model import Point
from gis.nearest import NOBODY, nearest
from gis.places import FacilityStatus

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from numpy.typing import NDArray
    from shapely import MultiPolygon, Polygon

    from gis.places import Building, Facility, FacilityKind

    Mask: TypeAlias = NDArray[np.bool_]
    Codes: TypeAlias = NDArray[np.object_]
    Numbers: TypeAlias = NDArray[np.float64]

MOST_RADIUS_M: Final = 50_000.0
CIRCLE_CORNERS: Final = 180  # the drawn circle lies within 0.16 m of one of 1000 m
NO_REGION: Final = ""


# ---- who lives where ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Homes:
    """Where households live, as columns: one row a building, for half a million of them at once.

    `lon`, `lat` in degrees (EPSG:4490), NaN where nobody has located the building. `grid` and
    `community` are codes, `NO_REGION` where unknown.
    """

    building: Codes
    lon: Numbers
    lat: Numbers
    households: NDArray[np.int64]
    grid: Codes
    community: Codes

    @property
    def located(self) -> Mask:
        """Which buildings have coordinates."""
        return np.isfinite(self.lon) & np.isfinite(self.lat)


def homes_of(
    buildings: Sequence[Building], grid_of: Mapping[str, str], community_of: Mapping[str, str]
) -> Homes:
    """The buildings as columns, in their order.

    `grid_of` gives the grid by building code; a building it doesn't name stays with the grid that
    its source states. `community_of` gives the community by grid code.
    """
    grids = [grid_of.get(one.code) or one.grid_code or NO_REGION for one in buildings]
    nowhere = Point(np.nan, np.nan)
    points = [one.point or nowhere for one in buildings]
    return Homes(
        np.array([one.code for one in buildings], dtype=object),
        np.array([point.lon for point in points], dtype=np.float64),
        np.array([point.lat for point in points], dtype=np.float64),
        np.array([one.households for one in buildings], dtype=np.int64),
        np.array(grids, dtype=object),
        np.array([community_of.get(grid, NO_REGION) for grid in grids], dtype=object),
    )


# ---- figures ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Parts:
    """A whole in three parts: served, unserved, unknown. Counts, never negative."""

    served: int
    unserved: int
    unknown: int

    @property
    def whole(self) -> int:
        """All of them together."""
        return self.served + self.unserved + self.unknown

    @property
    def per_mille(self) -> tuple[int, int, int] | None:
        """The three parts in thousandths, exactly 1000 together; None where the whole is nothing.

        A part that is there is never shown as 0, so 1000 means all and 0 means none. What
        rounding leaves over goes to the largest part (the first of equals).

        >>> Parts(320, 100, 60).per_mille
        (667, 208, 125)
        >>> Parts(99_999, 1, 0).per_mille
        (999, 1, 0)
        """
        parts = [self.served, self.unserved, self.unknown]
        if not self.whole:
            return None
        shares = [max(1, round(1000 * part / self.whole)) if part else 0 for part in parts]
        largest = parts.index(max(parts))
        shares[largest] += 1000 - sum(shares)
        return shares[0], shares[1], shares[2]

    @property
    def percent(self) -> tuple[float, float, float] | None:
        """`per_mille` as percentages with one decimal."""
        shares = self.per_mille
        return None if shares is None else (shares[0] / 10, shares[1] / 10, shares[2] / 10)


@dataclass(frozen=True, slots=True)
class Tally:
    """Served, unserved and unknown, by households and by the buildings that have any."""

    households: Parts
    buildings: Parts


@dataclass(frozen=True, slots=True)
class BuildingService:
    """One building's answer. `served` is None where the building isn't located; then, and where no
    open facility of the kind is there at all, `facility` and `distance_m` are None, too.
    """

    building: str
    grid: str
    households: int
    served: bool | None
    facility: str | None
    distance_m: float | None


# ---- the answer ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class RadiusCoverage:
    """Whom the open facilities of one kind serve within a radius; picture and figures in one.

    `facilities` are those that count, by code; `unplaced` would count if somebody located them.
    `nearest` indexes `facilities` a building (`NOBODY` for none), also beyond the radius;
    `distance_m` is the way to it on the ground, NaN for none.
    """

    kind: FacilityKind
    radius_m: float
    homes: Homes
    facilities: tuple[Facility, ...]
    unplaced: tuple[Facility, ...]
    nearest: NDArray[np.intp]
    distance_m: Numbers

    @property
    def served(self) -> Mask:
        """The buildings within the radius, its rim included."""
        return np.nan_to_num(self.distance_m, nan=np.inf) <= self.radius_m

    @property
    def unknown(self) -> Mask:
        """The buildings that nobody has located."""
        return ~self.homes.located

    @property
    def unserved(self) -> Mask:
        """The buildings that are located and outside the radius of every facility."""
        return self.homes.located & ~self.served

    def total(self) -> Tally:
        """Everybody together."""
        return self._tallies(np.zeros(len(self.homes.building), dtype=np.intp), 1)[0]

    def by_grid(self) -> dict[str, Tally]:
        """By grid code, in order; `NO_REGION` holds the buildings without a grid."""
        return self._by(self.homes.grid)

    def by_community(self) -> dict[str, Tally]:
        """By community code, in order; `NO_REGION` holds the buildings without one."""
        return self._by(self.homes.community)

    def by_building(self) -> Iterator[BuildingService]:
        """Every building's answer, in the order of `homes`."""
        served, located = self.served.tolist(), self.homes.located.tolist()
        for row, code in enumerate(self.homes.building):
            found = self.nearest[row] != NOBODY
            yield BuildingService(
                code,
                self.homes.grid[row],
                int(self.homes.households[row]),
                served[row] if located[row] else None,
                self.facilities[self.nearest[row]].code if found else None,
                float(self.distance_m[row]) if found else None,
            )

    def gaps(self) -> list[BuildingService]:
        """The inhabited buildings left out, most households first, then by code."""
        left_out = [one for one in self.by_building() if one.served is False and one.households]
        return sorted(left_out, key=lambda one: (-one.households, one.building))

    def circles(self) -> list[Polygon]:
        """The outline of every counted facility's radius, in the order of `facilities`."""
        return [circle_on_ground(one.point, self.radius_m) for one in self.facilities if one.point]

    def outline(self) -> MultiPolygon:
        """All circles dissolved into one area: to look at, never to decide by."""
        import shapely

        joined = shapely.union_all(self.circles())
        return shapely.MultiPolygon([part for part in shapely.get_parts(joined) if part.area])

    def _by(self, region: Codes) -> dict[str, Tally]:
        codes, group = np.unique(region.astype(str), return_inverse=True)
        return dict(zip(codes.tolist(), self._tallies(group, len(codes)), strict=True))

    def _tallies(self, group: NDArray[np.intp], groups: int) -> list[Tally]:
        lived_in = (self.homes.households > 0).astype(np.int64)
        sums = [
            np.bincount(group[mask], weights=weights[mask], minlength=groups).astype(np.int64)
            for weights in (self.homes.households, lived_in)
            for mask in (self.served, self.unserved, self.unknown)
        ]
        return [
            Tally(Parts(*row[:3]), Parts(*row[3:]))
            for row in np.column_stack(sums).reshape(groups, 6).tolist()
        ]


def radius_on(kind: FacilityKind, day: date, jurisdiction: str = "") -> float:
    """The service radius of a kind on a day, in metres, as its rule in force says.

    Raises BadInput `error.no_service_radius` where the rules give none: some kinds serve a whole
    community wherever they stand.
    """
    standard = kind.standard_on(day, jurisdiction)
    if standard is None or standard.radius_m is None:
        raise BadInput("error.no_service_radius", kind=kind.name)
    return standard.radius_m


def served_within(
    homes: Homes, facilities: Sequence[Facility], kind: FacilityKind, radius_m: float
) -> RadiusCoverage:
    """Which households the open facilities of `kind` serve within `radius_m` metres on the ground.

    `facilities` may hold anything; what counts is chosen here. Of facilities equally near the
    lowest code is called the nearest. Raises BadInput `error.bad_radius` unless
    0 < `radius_m` <= `MOST_RADIUS_M`.
    """
    if not 0 < radius_m <= MOST_RADIUS_M:
        raise BadInput("error.bad_radius", most=int(MOST_RADIUS_M))
    counting = sorted((one for one in facilities if _counts(one, kind)), key=lambda one: one.code)
    placed = tuple(one for one in counting if one.point is not None)
    points = [one.point for one in placed if one.point is not None]
    lon = np.array([point.lon for point in points], dtype=np.float64)
    lat = np.array([point.lat for point in points], dtype=np.float64)
    found, metres = nearest(homes.lon, homes.lat, lon, lat)
    found.setflags(write=False)
    metres.setflags(write=False)
    unplaced = tuple(one for one in counting if one.point is None)
    return RadiusCoverage(kind, float(radius_m), homes, placed, unplaced, found, metres)


def _counts(facility: Facility, kind: FacilityKind) -> bool:
    return (
        facility.kind == kind.code
        and facility.status is FacilityStatus.OPEN
        and facility.level in (None, kind.level)
    )


def circle_on_ground(middle: Point, radius_m: float, corners: int = CIRCLE_CORNERS) -> Polygon:
    """The circle of `radius_m` metres on the ground around a place, as a polygon in degrees.

    Its corners lie on the circle (geodesics on the CGCS2000 ellipsoid, then the lattice), the
    first one in the north, then by the west; in between it runs up to r (1 - cos(pi / corners))
    inside.
    """
    import shapely
    from pyproj import Geod

    ellipsoid = Geod(a=6_378_137.0, rf=298.257222101)
    turn = np.linspace(0.0, -360.0, corners, endpoint=False)
    same = np.ones(corners)
    lon, lat, _ = ellipsoid.fwd(middle.lon * same, middle.lat * same, turn, radius_m * same)
    return shapely.Polygon(to_lattice(np.column_stack([lon, lat])))
