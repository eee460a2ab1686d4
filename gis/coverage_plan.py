"""What does a planner get to see of coverage? One value, from which every figure is taken.

The page, its JSON, the tables and the one-file map read the same `CoveragePlan`, so they cannot
disagree. Everything here is what `RadiusCoverage` found, with names, rule and day beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import numpy as np

from gis.coverage import NO_REGION, Parts, RadiusCoverage, Tally, circle_on_ground
from gis.nearest import NOBODY, nearest
from gis.places import FacilityStatus

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from shapely import MultiPolygon

    from gis.coverage import Homes
    from gis.places import Facility, FacilityKind, FacilityStandard

BREAKS: Final = (400, 600, 750, 900)  # thousandths of the households, from the palest class up
Box = tuple[float, float, float, float]  # west, south, east, north: degrees, EPSG:4490


class Band(StrEnum):
    """The class a region is drawn in. What nobody knows and where nobody lives have their own."""

    UNDER_40 = "under_40"
    FROM_40 = "from_40"
    FROM_60 = "from_60"
    FROM_75 = "from_75"
    FROM_90 = "from_90"
    UNKNOWN = "unknown"  # more than half of the households live where nobody has located
    EMPTY = "empty"  # no households


_BY_SHARE: Final = (Band.UNDER_40, Band.FROM_40, Band.FROM_60, Band.FROM_75, Band.FROM_90)


def band_of(households: Parts) -> Band:
    """The class by the share served of all households, the unknown among them.

    The share as it is shown decides (in thousandths), so that a printed 90.0 % is in the class
    from 90 % on.

    >>> band_of(Parts(9, 1, 0)), band_of(Parts(1, 0, 2)), band_of(Parts(0, 0, 0))
    (<Band.FROM_90: 'from_90'>, <Band.UNKNOWN: 'unknown'>, <Band.EMPTY: 'empty'>)
    """
    shares = households.per_mille
    if shares is None:
        return Band.EMPTY
    if 2 * households.unknown > households.whole:
        return Band.UNKNOWN
    return _BY_SHARE[sum(shares[0] >= least for least in BREAKS)]


@dataclass(frozen=True, slots=True)
class Place:
    """A region by its words."""

    level: str
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Score:
    """One region's line in the tables. `parent` is the community of a grid, `NO_REGION` for none.

    `code` is `NO_REGION` for the buildings that belong to no region of the level.
    """

    code: str
    name: str
    parent: str
    tally: Tally

    @property
    def band(self) -> Band:
        return band_of(self.tally.households)


@dataclass(frozen=True, slots=True)
class Gap:
    """An inhabited building left out, and the nearest open facility (None where there is none)."""

    building: str
    grid: str
    households: int
    facility: str | None
    distance_m: float | None


@dataclass(frozen=True, slots=True, eq=False)
class CoveragePlan:
    """Coverage of one kind of facility in one region on one day, with all that must be said of it.

    `region` None: all that the asker may see. `above` are the regions on the way up that the asker
    may see, top first, `below` those directly under it. `standard` is the rule in force on the day,
    None where there is none; `own_radius` says that somebody chose another radius. `shown` are the
    facilities in the region, of any state, and the open ones outside that reach in. `as_it_stands`
    is False where grids and rule are of another day than households and facilities, which are
    today's always. `sources` are those of the boundaries.
    """

    coverage: RadiusCoverage
    region: Place | None
    above: tuple[Place, ...]
    below: tuple[Place, ...]
    day: date
    known_at: datetime
    as_it_stands: bool
    standard: FacilityStandard | None
    own_radius: bool
    grids: Mapping[str, Place]
    communities: Mapping[str, Place]
    community_of: Mapping[str, str]
    shown: tuple[Facility, ...]
    sources: tuple[str, ...]
    box: Box | None

    @property
    def kind(self) -> FacilityKind:
        return self.coverage.kind

    @property
    def radius_m(self) -> float:
        return self.coverage.radius_m

    def grid_scores(self) -> list[Score]:
        """Every grid, weakest first; those without a share last."""
        tallies = self.coverage.by_grid()
        return _scores(self.grids, tallies, self.community_of)

    def community_scores(self) -> list[Score]:
        """Every community, weakest first; those without a share last."""
        return _scores(self.communities, self.coverage.by_community(), {})

    def good_grids(self) -> tuple[int, int]:
        """How many grids serve 90 % and more of their households, of how many that have any."""
        bands = [one.band for one in self.grid_scores() if one.band is not Band.EMPTY]
        return bands.count(Band.FROM_90), len(bands)

    def counts(self, facility: Facility) -> bool:
        """Is the facility one of those that serve? It is open, and of its kind's own level."""
        at_its_level = facility.level in (None, self.kind.level)
        return facility.status is FacilityStatus.OPEN and at_its_level

    def gaps(self, most: int) -> list[Gap]:
        """The inhabited buildings left out, most households first, then by code; at most `most`."""
        homes, coverage = self.coverage.homes, self.coverage
        left_out = np.flatnonzero(coverage.unserved & (homes.households > 0))
        if len(left_out) > most:
            least = -np.partition(-homes.households[left_out], most - 1)[most - 1]
            left_out = left_out[homes.households[left_out] >= least]
        ordered = sorted(left_out, key=lambda at: (-homes.households[at], homes.building[at]))
        return [self._gap(int(at)) for at in ordered[:most]]

    def _gap(self, at: int) -> Gap:
        homes, coverage = self.coverage.homes, self.coverage
        found = coverage.nearest[at] != NOBODY
        return Gap(
            homes.building[at],
            homes.grid[at],
            int(homes.households[at]),
            coverage.facilities[coverage.nearest[at]].name if found else None,
            float(coverage.distance_m[at]) if found else None,
        )

    def outline(self) -> MultiPolygon:
        """What the shown facilities reach, dissolved: to look at, never to decide by."""
        import shapely

        circles = [
            circle_on_ground(one.point, self.radius_m)
            for one in self.shown
            if one.point and self.counts(one)
        ]
        joined = shapely.union_all(circles)
        return shapely.MultiPolygon([part for part in shapely.get_parts(joined) if part.area])


def _scores(
    places: Mapping[str, Place], tallies: Mapping[str, Tally], parent_of: Mapping[str, str]
) -> list[Score]:
    """One for each place, and one for the buildings without any; parts of others are left out."""
    nobody = Tally(Parts(0, 0, 0), Parts(0, 0, 0))
    codes = [*places, *({NO_REGION} & tallies.keys())]
    scores = [
        Score(
            code,
            places[code].name if code in places else code,
            parent_of.get(code, NO_REGION),
            tallies.get(code, nobody),
        )
        for code in codes
    ]
    return sorted(scores, key=_weakness)


def _weakness(score: Score) -> tuple[int, int, int, str]:
    shares = score.tally.households.per_mille
    without = {Band.UNKNOWN: 1, Band.EMPTY: 2}.get(score.band, 0)
    return (without, shares[0] if shares else 0, -score.tally.households.unserved, score.code)


def reach_in(facilities: Sequence[Facility], homes: Homes, radius_m: float) -> list[Facility]:
    """Those facilities that have a located building within the radius."""
    placed = [one for one in facilities if one.point is not None]
    points = [one.point for one in placed if one.point is not None]
    lon = np.array([point.lon for point in points], dtype=np.float64)
    lat = np.array([point.lat for point in points], dtype=np.float64)
    located = homes.located
    _, metres = nearest(lon, lat, homes.lon[located], homes.lat[located])
    reached = np.nan_to_num(metres, nan=np.inf) <= radius_m
    return [one for one, within in zip(placed, reached.tolist(), strict=True) if within]
