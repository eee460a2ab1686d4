"""Buildings and facilities, read: lists, one building, shapes for a map.

Where a building stands, its code, name and address are open to every account. How many live in it
and how it is built is read within the scope; outside it is None.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gis.coordinates import metres_per_degree
from gis.errors import NotFound
from gis.places import FacilityStatus, PropertyMode, ServingLevel
from gis.store.database import rows, times
from gis.store.known_addresses import standard_address, whole_address
from gis.store.scope import scope_values

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from gis.accounts import Scope
    from gis.model import AsOf
    from gis.store.regions import Box

EVERYWHERE: Final[Box] = (-180.0, -90.0, 180.0, 90.0)


@dataclass(frozen=True, slots=True)
class Named:
    """A thing by its code and its name."""

    code: str
    name: str | None


@dataclass(frozen=True, slots=True)
class CompoundFacts:
    """The compound of a building and who looks after it; `company` where a company does."""

    code: str
    name: str
    property_mode: PropertyMode
    company: Named | None


@dataclass(frozen=True, slots=True)
class BuildingRow:
    """A building. `inside` the scope its details are given; outside they are None.

    `lon`, `lat` (degrees, EPSG:4490) are None where nobody has located it; `geometry` is its
    footprint as GeoJSON, not given in lists. `standard` is its standard address: the regions above
    its grid, then road, door, compound and building.
    """

    code: str
    name: str
    address: str
    lon: float | None
    lat: float | None
    grid: Named | None
    compound: CompoundFacts | None
    inside: bool
    households: int | None
    storeys: int | None
    stairwells: int | None
    geometry: str | None
    standard: str


@dataclass(frozen=True, slots=True)
class NearBuilding:
    """A building near a place: metres to its footprint, or to its point where it has none; 0 and
    `contains` inside the footprint.
    """

    building: BuildingRow
    metres: float
    contains: bool


@dataclass(frozen=True, slots=True)
class FacilityRow:
    """A facility. `level` None: its kind's own."""

    code: str
    kind: str
    name: str
    status: FacilityStatus
    level: ServingLevel | None
    floor_area_m2: float | None
    land_area_m2: float | None
    hours: str
    address: str
    building_code: str | None
    grid_code: str | None
    lon: float | None
    lat: float | None


@dataclass(frozen=True, slots=True)
class Shapes:
    """Features of a map (GeoJSON texts); `total` says how many there were in the box."""

    features: list[str]
    total: int

    def collection(self) -> str:
        """The FeatureCollection, with `total` and whether some were left out."""
        truncated = json.dumps(len(self.features) < self.total)
        return (
            f'{{"type":"FeatureCollection","truncated":{truncated},"total":{self.total},'
            f'"features":[{",".join(self.features)}]}}'
        )


def list_buildings(
    connection: Connection,
    scope: Scope,
    as_of: AsOf,
    *,
    words: str = "",
    region_id: int | None = None,
    after: str | None = None,
    most: int = 100,
) -> list[BuildingRow]:
    """Buildings by code; `words` finds the start of a code, part of a name or an address."""
    like = words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    found = rows(
        connection,
        "buildings_list",
        **times(as_of),
        **scope_values(scope),
        region_id=region_id,
        codes=None,
        prefix=f"{like}%" if like else None,
        part=f"%{like}%",
        after=after,
        most=most,
    )
    return [_building(row) for row in found]


def building_facts(connection: Connection, code: str, scope: Scope, as_of: AsOf) -> BuildingRow:
    """One building with its footprint. Raises NotFound."""
    found = _these(connection, [code], scope, as_of)
    if not found:
        raise NotFound("error.building_not_found", code=code)
    return found[code]


def buildings_near(
    connection: Connection,
    scope: Scope,
    as_of: AsOf,
    lon: float,
    lat: float,
    *,
    reach_m: float,
    most: int,
) -> list[NearBuilding]:
    """Buildings within `reach_m` metres of a place (degrees, EPSG:4490): those that contain it
    first, then the nearest; ties by code.
    """
    kx, ky = metres_per_degree(lat)
    found = rows(
        connection,
        "buildings_near_point",
        lon=lon,
        lat=lat,
        kx=kx,
        ky=ky,
        dx=reach_m / kx if kx > 0 else 360.0,
        dy=reach_m / ky,
        reach_m=reach_m,
        most=most,
    )
    facts = _these(connection, [row.code for row in found], scope, as_of)
    return [NearBuilding(facts[row.code], row.metres, row.contains) for row in found]


def _these(
    connection: Connection, codes: list[str], scope: Scope, as_of: AsOf
) -> dict[str, BuildingRow]:
    """Some buildings by code, with their footprints; those that are not there are left out."""
    found = rows(
        connection,
        "buildings_list",
        **times(as_of),
        **scope_values(scope),
        region_id=None,
        codes=codes,
        prefix=None,
        part=None,
        after=None,
        most=len(codes),
    )
    return {row.code: _building(row) for row in found}


def buildings_geojson(
    connection: Connection,
    scope: Scope,
    as_of: AsOf,
    box: Box,
    *,
    region_id: int | None = None,
    most: int,
) -> Shapes:
    """Footprints that touch a box, points where there is no footprint; lowest codes first."""
    west, south, east, north = box
    found = rows(
        connection,
        "buildings_in_box",
        **times(as_of),
        **scope_values(scope),
        west=west,
        south=south,
        east=east,
        north=north,
        region_id=region_id,
        most=most,
    )
    features = [
        _feature(
            {
                "code": row.code,
                "name": row.name,
                "address": row.address,
                "households": row.households,
                "grid": row.grid,
            },
            row.geometry,
        )
        for row in found
    ]
    return Shapes(features, found[0].total if found else 0)


def list_facilities(
    connection: Connection,
    as_of: AsOf,
    *,
    kind: str | None = None,
    status: FacilityStatus | None = None,
    region_id: int | None = None,
    box: Box | None = None,
    after: str | None = None,
    most: int = 100,
) -> list[FacilityRow]:
    """Facilities by code; with a box those whose place is in it."""
    west, south, east, north = box or EVERYWHERE
    found = rows(
        connection,
        "facilities_list",
        **times(as_of),
        kind=kind,
        status=status and status.value,
        region_id=region_id,
        located=box is not None,
        west=west,
        south=south,
        east=east,
        north=north,
        after=after,
        most=most,
    )
    return [
        FacilityRow(
            row.code,
            row.kind,
            row.name,
            FacilityStatus(row.status),
            row.level and ServingLevel(row.level),
            *row[5:],
        )
        for row in found
    ]


def facilities_geojson(found: list[FacilityRow], most: int) -> Shapes:
    """Facilities with a place as points, at most `most`."""
    features = [
        _feature(
            {
                "code": one.code,
                "kind": one.kind,
                "name": one.name,
                "status": one.status.value,
                "level": one.level and one.level.value,
                "hours": one.hours,
                "address": one.address,
                "grid": one.grid_code,
            },
            json.dumps({"type": "Point", "coordinates": [one.lon, one.lat]}),
        )
        for one in found[:most]
    ]
    return Shapes(features, len(found))


def _building(row: Any) -> BuildingRow:
    company = None if row.company_code is None else Named(row.company_code, row.company_name)
    compound = None
    if row.compound_code is not None:
        compound = CompoundFacts(
            row.compound_code, row.compound_name, PropertyMode(row.property_mode), company
        )
    return BuildingRow(
        code=row.code,
        name=row.name,
        address=row.address,
        lon=row.lon,
        lat=row.lat,
        grid=None if row.grid_code is None else Named(row.grid_code, row.grid_name),
        compound=compound,
        inside=row.inside,
        households=row.households if row.inside else None,
        storeys=row.storeys if row.inside else None,
        stairwells=row.stairwells if row.inside else None,
        geometry=row.geometry,
        standard=standard_address(
            whole_address(row.address, row.compound_name or "", row.name), row.upper
        ),
    )


def _feature(facts: dict[str, Any], geometry: str) -> str:
    words = json.dumps(facts, ensure_ascii=False)
    code = json.dumps(facts["code"])
    return f'{{"type":"Feature","id":{code},"properties":{words},"geometry":{geometry}}}'
