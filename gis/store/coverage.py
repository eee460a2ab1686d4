"""Where do households live, and which facilities of a kind are there? For the coverage map.

Households are counts, but they are scoped: who may see one district gets nothing of another.
Facilities are public by what they are; only how many households they serve is not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from sqlalchemy import func, select

from gis.coverage import NO_REGION, Homes
from gis.errors import NotFound
from gis.model import COMMUNITY, GRID, Point
from gis.places import Facility, FacilityStatus, ServingLevel
from gis.store.database import rows, times
from gis.store.regions import ancestors, region_facts
from gis.store.scope import scope_values, within
from gis.store.tables.places import facility
from gis.store.tables.regions import region

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from gis.accounts import Scope
    from gis.model import AsOf
    from gis.store.regions import Box, RegionFacts

SIMPLE_DEG: Final = 2e-5


@dataclass(frozen=True, slots=True)
class Below:
    """A region of a subtree; `path` its ancestors' ids, top first; `source` of its edition."""

    id: int
    level: str
    code: str
    name: str
    path: tuple[int, ...]
    source: str


@dataclass(frozen=True, slots=True)
class BuildingWords:
    """What a list or a map says of a building; `geometry` is GeoJSON text, None where unknown."""

    name: str
    address: str
    geometry: str | None


def region_in_scope(
    connection: Connection, level: str, code: str, scope: Scope, as_of: AsOf
) -> RegionFacts:
    """One region of the scope. Raises NotFound for one that isn't there and for one outside."""
    facts = region_facts(connection, level, code, as_of)
    if not ids_in_scope(connection, [facts.id], scope):
        raise NotFound("error.region_not_found", code=code, day=as_of.valid_on.isoformat())
    return facts


def ids_in_scope(connection: Connection, ids: Sequence[int], scope: Scope) -> set[int]:
    """Those of a few regions that lie in the scope, as they stand today."""
    found = connection.scalars(select(region.c.id).where(region.c.id.in_(ids), within(scope)))
    return set(found)


def subtree(connection: Connection, root_id: int | None, scope: Scope, as_of: AsOf) -> list[Below]:
    """The region and all below it that the scope holds, top first; None: all the scope holds.

    A grid that stood here on that day but lies outside the scope today is left out.
    """
    found = rows(
        connection, "coverage_regions", root=root_id, **times(as_of), **scope_values(scope)
    )
    return [Below(r.id, r.level, r.code, r.name or r.code, tuple(r.path), r.source) for r in found]


def words_above(
    connection: Connection, below: Sequence[Below], as_of: AsOf
) -> dict[int, tuple[str, str]]:
    """Level and code of the regions that lie above those of a subtree, by id."""
    inside = {one.id for one in below}
    outside = sorted({i for one in below for i in one.path} - inside)
    found = ancestors(connection, outside, as_of)
    return {one.id: (one.level, one.code) for one in found if one.code}


def homes(
    connection: Connection,
    below: Sequence[Below],
    above: Mapping[int, tuple[str, str]],
    as_of: AsOf,
    *,
    homeless: bool,
) -> Homes:
    """The buildings at home in these regions, with their grids' and communities' codes.

    `above` gives level and code of regions above those in `below`, by id. `homeless` adds the
    buildings that are at home nowhere. Households and places are today's, homes those of `as_of`.
    """
    ids = [one.id for one in below]
    packed = rows(connection, "coverage_homes", ids=ids, homeless=homeless, **times(as_of))[0]
    known = dict(above) | {one.id: (one.level, one.code) for one in below}
    paths = {one.id: (one.id, *reversed(one.path)) for one in below}
    at = np.frombuffer(packed.regions, dtype=">i8")
    regions, which = np.unique(at, return_inverse=True)
    steps = [paths.get(int(one), ()) for one in regions]
    return Homes(
        np.array(packed.codes, dtype=object),
        np.frombuffer(packed.lons, dtype=">f8").astype(np.float64),
        np.frombuffer(packed.lats, dtype=">f8").astype(np.float64),
        np.frombuffer(packed.households, dtype=">i4").astype(np.int64),
        _codes(steps, known, GRID)[which],
        _codes(steps, known, COMMUNITY)[which],
    )


def _codes(paths: Sequence[Sequence[int]], known: Mapping[int, tuple[str, str]], level: str) -> Any:
    """For each way up the code of its first region of a level, `NO_REGION` where it has none."""
    found = [
        next((known[i][1] for i in path if i in known and known[i][0] == level), NO_REGION)
        for path in paths
    ]
    return np.array([*found, NO_REGION], dtype=object)  # one more: never an empty array of floats


def facilities_of_kind(
    connection: Connection, kind: str, as_of: AsOf
) -> tuple[list[Facility], dict[str, int]]:
    """Every facility of a kind in any state, by code; and the regions they are at home in."""
    found = rows(connection, "coverage_facilities", kind=kind, **times(as_of))
    homes_by_code = {r.code: int(r.home) for r in found if r.home is not None}
    return [_facility(r) for r in found], homes_by_code


def _facility(r: Any) -> Facility:
    return Facility(
        code=r.code,
        kind=r.kind,
        name=r.name,
        status=FacilityStatus(r.status),
        point=None if r.lon is None else Point(r.lon, r.lat),
        level=ServingLevel(r.level) if r.level else None,
        floor_area_m2=r.floor_area_m2,
        land_area_m2=r.land_area_m2,
        hours=r.hours,
        address=r.address,
        building_code=r.building_code,
    )


def open_by_kind(connection: Connection) -> dict[str, int]:
    """How many open facilities there are of each kind that has any."""
    counted = (
        select(facility.c.kind, func.count())
        .where(facility.c.status == FacilityStatus.OPEN.value)
        .group_by(facility.c.kind)
    )
    return {kind: int(count) for kind, count in connection.execute(counted)}


def building_words(
    connection: Connection, codes: Sequence[str], *, decimals: int = 7
) -> dict[str, BuildingWords]:
    """Name, address and shape of some thousands of buildings by code."""
    found = rows(connection, "coverage_buildings", codes=list(codes), decimals=decimals)
    return {r.code: BuildingWords(r.name, r.address, r.geometry) for r in found}


def box_around(connection: Connection, ids: Sequence[int], as_of: AsOf) -> Box | None:
    """The box around a few regions' shapes; None where none of them has one."""
    found = rows(connection, "coverage_box", ids=list(ids), **times(as_of))[0]
    return None if found.west is None else (found.west, found.south, found.east, found.north)


def simple_shapes(
    connection: Connection, level: str, codes: Sequence[str], as_of: AsOf
) -> dict[str, str]:
    """Outlines of some thousand regions by code, as GeoJSON text, simplified to some two metres."""
    found = rows(
        connection,
        "coverage_shapes",
        level=level,
        codes=list(codes),
        tolerance=SIMPLE_DEG,
        **times(as_of),
    )
    return {r.code: r.geometry for r in found}
