"""Buildings and facilities over HTTP. Where a building stands is open to every account; how many
households it has is told within the caller's regions.
"""

from __future__ import annotations

import json
from datetime import date
from typing import Annotated, Any, Final, Self

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from api.access import Access, open_to
from api.dependencies import AsOfNow, Database
from api.inputs import Code, Finite, PageSize, Text
from api.lists import (
    GEOJSON,
    HEADERS,
    MOST_SHAPES,
    After,
    TheBox,
    TheRegion,
    TheWorkScope,
    one_page,
)
from api.locate import Crs
from gis.coordinates import convert, parse_crs
from gis.facility_kinds import facility_kinds
from gis.locating import MOST_REACH_M
from gis.places import FacilityStatus, PropertyMode, ServingLevel
from gis.store import places
from gis.store.places import BuildingRow, FacilityRow, Named

router = APIRouter(prefix="/api/v1", tags=["places"])

MOST_NEAR: Final = 50
SHAPES: dict[int | str, dict[str, Any]] = {
    200: {"content": {GEOJSON: {"schema": {"type": "object"}}}}
}


class NamedOut(BaseModel):
    code: str
    name: str | None

    @classmethod
    def of(cls, one: Named | None) -> NamedOut | None:
        return cls(code=one.code, name=one.name) if one else None


class CompoundOut(BaseModel):
    code: str
    name: str
    property_mode: PropertyMode
    property_company: NamedOut | None


class BuildingOut(BaseModel):
    """A building; the details are null outside the caller's regions."""

    code: str
    name: str
    address: str
    standard: str = Field(description="the standard address: regions, road, door, compound, house")
    grid: NamedOut | None
    compound: CompoundOut | None
    lon: float | None
    lat: float | None
    households: int | None = Field(description="null outside the caller's regions")
    storeys: int | None
    stairwells: int | None

    @classmethod
    def of(cls, row: BuildingRow, **more: Any) -> Self:
        compound = None
        if row.compound is not None:
            compound = CompoundOut(
                code=row.compound.code,
                name=row.compound.name,
                property_mode=row.compound.property_mode,
                property_company=NamedOut.of(row.compound.company),
            )
        return cls(
            code=row.code,
            name=row.name,
            address=row.address,
            standard=row.standard,
            grid=NamedOut.of(row.grid),
            compound=compound,
            lon=row.lon,
            lat=row.lat,
            households=row.households,
            storeys=row.storeys,
            stairwells=row.stairwells,
            **more,
        )


class BuildingFactsOut(BuildingOut):
    footprint: dict[str, Any] | None = Field(description="GeoJSON geometry")


class NearBuildingOut(BuildingOut):
    metres: float = Field(description="to the footprint, or to the point where there is none")
    contains: bool = Field(description="true: the place is inside the footprint")


class NearBuildingsOut(BaseModel):
    buildings: list[NearBuildingOut] = Field(description="the nearest first")


class BuildingsOut(BaseModel):
    buildings: list[BuildingOut]
    next: str | None = Field(description="give it as `after` to get the next page; null at the end")


class FacilityOut(BaseModel):
    code: str
    kind: str
    name: str
    status: FacilityStatus
    level: ServingLevel | None = Field(description="null: its kind's own")
    floor_area_m2: float | None
    land_area_m2: float | None
    hours: str
    address: str
    building: str | None
    grid: str | None
    lon: float | None
    lat: float | None

    @classmethod
    def of(cls, row: FacilityRow) -> FacilityOut:
        return cls(
            code=row.code,
            kind=row.kind,
            name=row.name,
            status=row.status,
            level=row.level,
            floor_area_m2=row.floor_area_m2,
            land_area_m2=row.land_area_m2,
            hours=row.hours,
            address=row.address,
            building=row.building_code,
            grid=row.grid_code,
            lon=row.lon,
            lat=row.lat,
        )


class FacilitiesOut(BaseModel):
    facilities: list[FacilityOut]
    next: str | None


class StandardOut(BaseModel):
    """A rule about a kind on the day asked about; null: its source says nothing."""

    valid_from: date
    valid_to: date | None
    radius_m: float | None
    minutes: float | None
    min_floor_m2: float | None
    min_land_m2: float | None
    derived: list[str]
    note: str
    source: str
    verified: bool


class FacilityKindOut(BaseModel):
    code: str
    name: str
    level: ServingLevel
    basic_function: int | None
    standard: StandardOut | None


class FacilityKindsOut(BaseModel):
    kinds: list[FacilityKindOut]


@router.get("/buildings")
@open_to(Access.ACCOUNT)
def list_buildings(
    database: Database,
    as_of: AsOfNow,
    scope: TheWorkScope,
    region: TheRegion,
    after: After,
    q: Annotated[
        Annotated[Text, Field(max_length=100)],
        Query(description="start of a code, part of a name or an address"),
    ] = "",
    limit: PageSize = 50,
) -> BuildingsOut:
    """Buildings by code, a page at a time."""
    found = places.list_buildings(
        database, scope, as_of, words=q, region_id=region, after=after, most=limit + 1
    )
    page, following = one_page(found, limit, _code)
    return BuildingsOut(buildings=[BuildingOut.of(row) for row in page], next=following)


@router.get("/buildings.geojson", response_class=Response, responses=SHAPES)
@open_to(Access.ACCOUNT)
def buildings_geojson(
    database: Database, as_of: AsOfNow, scope: TheWorkScope, region: TheRegion, bbox: TheBox
) -> Response:
    """Footprints in a box, at most 3,000; `truncated` says when there are more."""
    made = places.buildings_geojson(
        database, scope, as_of, bbox, region_id=region, most=MOST_SHAPES
    )
    return Response(made.collection(), media_type=GEOJSON, headers=HEADERS)


@router.get("/buildings/near")
@open_to(Access.ACCOUNT)
def buildings_near(
    database: Database,
    as_of: AsOfNow,
    scope: TheWorkScope,
    lon: Annotated[Finite, Query(description="longitude in degrees, or easting in metres")],
    lat: Annotated[Finite, Query(description="latitude in degrees, or northing in metres")],
    crs: Annotated[Crs, Query()],
    reach_m: Annotated[Finite, Query(ge=0, le=MOST_REACH_M, description="in metres")] = 100.0,
    limit: Annotated[int, Query(ge=1, le=MOST_NEAR)] = 10,
) -> NearBuildingsOut:
    """The buildings that contain a place, then the nearest within reach, with their distance."""
    x, y = convert(lon, lat, parse_crs(crs), "cgcs2000")
    found = places.buildings_near(database, scope, as_of, x, y, reach_m=reach_m, most=limit)
    return NearBuildingsOut(
        buildings=[
            NearBuildingOut.of(one.building, metres=round(one.metres, 1), contains=one.contains)
            for one in found
        ]
    )


@router.get("/buildings/{code}")
@open_to(Access.ACCOUNT)
def building_facts(
    code: Code, database: Database, as_of: AsOfNow, scope: TheWorkScope
) -> BuildingFactsOut:
    """One building with its footprint, its grid and its compound."""
    found = places.building_facts(database, code, scope, as_of)
    footprint = json.loads(found.geometry) if found.geometry else None
    return BuildingFactsOut.of(found, footprint=footprint)


@router.get("/facilities")
@open_to(Access.ACCOUNT)
def list_facilities(
    database: Database,
    as_of: AsOfNow,
    region: TheRegion,
    after: After,
    kind: Annotated[Code | None, Query(description="a kind's code")] = None,
    status: FacilityStatus | None = None,
    limit: PageSize = 50,
) -> FacilitiesOut:
    """Facilities by code, a page at a time."""
    found = places.list_facilities(
        database, as_of, kind=kind, status=status, region_id=region, after=after, most=limit + 1
    )
    page, following = one_page(found, limit, _code)
    return FacilitiesOut(facilities=[FacilityOut.of(row) for row in page], next=following)


@router.get("/facilities.geojson", response_class=Response, responses=SHAPES)
@open_to(Access.ACCOUNT)
def facilities_geojson(
    database: Database,
    as_of: AsOfNow,
    region: TheRegion,
    bbox: TheBox,
    kind: Annotated[Code | None, Query(description="a kind's code")] = None,
    status: FacilityStatus | None = None,
) -> Response:
    """Facilities in a box as points, at most 3,000; `truncated` says when there are more."""
    found = places.list_facilities(
        database, as_of, kind=kind, status=status, region_id=region, box=bbox, most=MOST_SHAPES + 1
    )
    made = places.facilities_geojson(found, MOST_SHAPES)
    return Response(made.collection(), media_type=GEOJSON, headers=HEADERS)


@router.get("/facility-kinds")
@open_to(Access.ACCOUNT)
def list_facility_kinds(as_of: AsOfNow) -> FacilityKindsOut:
    """Every kind of facility, with the rule in force on the day and its source."""
    listed = []
    for kind in facility_kinds().values():
        rule = kind.standard_on(as_of.valid_on)
        listed.append(
            FacilityKindOut(
                code=kind.code,
                name=kind.name,
                level=kind.level,
                basic_function=kind.basic_function,
                standard=rule
                and StandardOut(
                    valid_from=rule.valid_from,
                    valid_to=rule.valid_to,
                    radius_m=rule.radius_m,
                    minutes=rule.minutes,
                    min_floor_m2=rule.min_floor_m2,
                    min_land_m2=rule.min_land_m2,
                    derived=sorted(rule.derived),
                    note=rule.note,
                    source=rule.source,
                    verified=rule.verified,
                ),
            )
        )
    return FacilityKindsOut(kinds=listed)


def _code(row: BuildingRow | FacilityRow) -> str:
    return row.code
