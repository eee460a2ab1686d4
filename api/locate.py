"""Where does a place belong? One place, or ten thousand in one request."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Final

import numpy as np
from fastapi import APIRouter, Query
from pydantic import BaseModel, Field, ValidationError, WithJsonSchema
from sqlalchemy import Connection

from api.dependencies import AsOfNow, Database, Language, TheService
from api.inputs import Body, Code, Finite, NearReach, Text
from gis.coordinates import Numbers, convert, convert_each, parse_crs
from gis.disputes import Contested
from gis.intake import Region
from gis.locating import DEFAULT_ACCURACY_M, Method
from gis.model import AsOf, Point
from gis.store import edition_lock, levels
from gis.store.datum_fit import Witness, fit_of, told
from gis.store.disputes import disputes_at, disputes_at_many
from gis.store.locating import Located, locate
from gis.store.locating_many import ManyLocated
from gis.store.measured_many import measure_many
from gis.store.nearest_many import Nearest, nearest_buildings
from maps.words import say

router = APIRouter(prefix="/api/v1", tags=["locate"])

MOST_PLACES: Final = 10_000
MOST_ACCURACY_M: Final = 5_000

Crs = Annotated[
    Text,
    Field(
        min_length=4,
        max_length=20,
        description="wgs84, cgcs2000, gcj02, bd09 or EPSG:n; never guessed",
        examples=["wgs84"],
    ),
]
Accuracy = Annotated[Finite, Field(ge=0, le=MOST_ACCURACY_M)]


class OwnerOut(BaseModel):
    level: str
    level_name: str
    code: str | None
    name: str | None


class NeighbourOut(BaseModel):
    """Another region of the owner's level within reach, and its share of the error disc."""

    code: str
    name: str | None
    edge_m: float
    share: float


class RegionSaidOut(BaseModel):
    level: str
    code: str
    name: str


class DisputedOut(BaseModel):
    """A dispute in force at the place: who claims it, which grid acts there, and until when."""

    code: str
    claimants: list[RegionSaidOut]
    owner: RegionSaidOut
    ends_on: date | None
    share: float = Field(description="of the error disc on contested ground")

    @classmethod
    def of(cls, one: Contested) -> DisputedOut:
        return cls(
            code=one.code,
            claimants=[_region_out(one.known[number]) for number in one.claimants],
            owner=_region_out(one.known[one.owner]),
            ends_on=one.ends_on,
            share=round(one.share, 4),
        )


def _region_out(one: Region) -> RegionSaidOut:
    return RegionSaidOut(level=one.level, code=one.code, name=one.name)


class PlacementOut(BaseModel):
    """Where a place belongs: one owner a level, top first, and how sure that is."""

    lon: float = Field(description="degrees, CGCS2000 (= WGS 84 to the metre)")
    lat: float
    crs: str
    accuracy_m: float = Field(description="the place's own error in metres")
    precision_m: float = Field(
        description="how far off the lines near it may be drawn; the error disc holds both errors"
    )
    accuracy_assumed: bool = Field(description="true: none was given, a phone's was taken")
    at: date
    known_at: datetime
    owners: list[OwnerOut]
    method: Method
    confidence: float = Field(description="share of the error disc inside the owner, 0 … 1")
    confident: bool
    edge_m: float | None = Field(description="metres to the owner's edge, inside and outside alike")
    edition: str | None
    version_id: int | None
    boundary_version: int
    neighbours: list[NeighbourOut]
    disputed: list[DisputedOut] = Field(
        description="contested ground: `owners` say what the boundaries say; work there falls to"
        " the temporary `owner` of the first"
    )


class PlaceIn(Body):
    lon: Finite
    lat: Finite
    accuracy_m: Accuracy | None = None
    building: Code | None = Field(None, description="its code; only to check the system by")
    address: Annotated[Text, Field(max_length=300)] | None = Field(
        None, description="address or names of regions; only to check the system by"
    )


# One bad place must not cost the others their answer, so each is judged by itself.
AnyPlace = Annotated[
    Any,
    WithJsonSchema(
        {
            "description": "lon, lat (numbers); accuracy_m, building, address may come with them."
            " Anything else comes back with its error",
            "type": "object",
        }
    ),
]
UNREAD: Final = PlaceIn.model_construct(lon=float("nan"), lat=float("nan"))


def _judged(given: object) -> PlaceIn:
    """A place of a batch; `UNREAD` for one that can't be read."""
    try:
        return PlaceIn.model_validate(given)
    except ValidationError:
        return UNREAD


class BatchIn(Body):
    crs: Crs
    trust_crs: bool = Field(False, description="true: don't check the system by what is said")
    places: Annotated[list[AnyPlace], Field(min_length=1, max_length=MOST_PLACES)]
    nearest_building_m: NearReach | None = Field(
        None, description="metres: also the nearest building within this reach"
    )


class NearestBuildingOut(BaseModel):
    code: str
    metres: float = Field(description="0 inside its footprint")


class BatchPlaceOut(BaseModel):
    """One place of a batch, in the order given; a bad one has its `error` and nothing else."""

    codes: dict[str, str] = Field(default={}, description="the owner's code by level")
    method: Method | None = None
    confidence: float | None = None
    edge_m: float | None = None
    edition: str | None = None
    disputed: list[DisputedOut] = Field(
        default=[], description="contested ground, as of a single place"
    )
    building: NearestBuildingOut | None = Field(
        None, description="the nearest building, if it was asked for and one is within reach"
    )
    error: str | None = None


class BatchOut(BaseModel):
    at: date
    known_at: datetime
    boundary_version: int
    warning: str | None = Field(
        None, description="the system seems to be another: then no place is given an owner"
    )
    places: list[BatchPlaceOut]


@router.get("/locate")
def locate_one(
    database: Database,
    as_of: AsOfNow,
    lon: Annotated[Finite, Query(description="longitude in degrees, or easting in metres")],
    lat: Annotated[Finite, Query(description="latitude in degrees, or northing in metres")],
    crs: Annotated[Crs, Query()],
    accuracy_m: Annotated[Accuracy | None, Query(description="error radius in metres")] = None,
) -> PlacementOut:
    """Exactly one owner a level for a place: what covers it, the lowest code on a shared edge."""
    system = parse_crs(crs)
    x, y = convert(lon, lat, system, "cgcs2000")
    radius_m = DEFAULT_ACCURACY_M if accuracy_m is None else accuracy_m
    found = locate(database, x, y, as_of, accuracy_m=radius_m)
    placement = found.placement
    return PlacementOut(
        lon=found.point.lon,
        lat=found.point.lat,
        crs=system,
        accuracy_m=radius_m,
        precision_m=found.precision_m,
        accuracy_assumed=accuracy_m is None,
        at=as_of.valid_on,
        known_at=as_of.known_at,
        owners=_owners(found, [one.code for one in levels.all_levels(database)]),
        method=placement.method,
        confidence=round(placement.confidence, 4),
        confident=placement.confident,
        edge_m=None if placement.edge_m is None else round(placement.edge_m, 2),
        edition=placement.owner.edition if placement.owner else None,
        version_id=placement.owner.version_id if placement.owner else None,
        boundary_version=edition_lock.boundary_version(database),
        neighbours=_neighbours(found),
        disputed=[
            DisputedOut.of(one)
            for one in disputes_at(
                database, found.point.lon, found.point.lat, as_of, radius_m=radius_m
            )
        ],
    )


def _owners(found: Located, order: list[str]) -> list[OwnerOut]:
    owners = found.placement.owners
    listed = [found.known[owners[level]] for level in order if level in owners]
    return [
        OwnerOut(level=one.level, level_name=one.level_name, code=one.code, name=one.name)
        for one in listed
    ]


def _neighbours(found: Located) -> list[NeighbourOut]:
    return [
        NeighbourOut(
            code=one.code,
            name=found.known[one.region_id].name,
            edge_m=round(one.edge_m or 0.0, 2),
            share=round(one.share or 0.0, 4),
        )
        for one in found.placement.neighbours
    ]


@router.post("/locate/batch")
def locate_batch(
    body: BatchIn, database: Database, as_of: AsOfNow, language: Language, service: TheService
) -> BatchOut:
    """At most 10,000 places at once. A bad one comes back with its error beside the others.

    Batch after batch about one day is answered from an index of that day.
    """
    given = [_judged(one) for one in body.places]
    given_lon = np.array([one.lon for one in given])
    given_lat = np.array([one.lat for one in given])
    lon, lat, problems = convert_each(given_lon, given_lat, parse_crs(body.crs), "cgcs2000")
    accuracy = [one.accuracy_m for one in given]
    radius = np.array([DEFAULT_ACCURACY_M if a is None else a for a in accuracy])
    errors = {n: say(language, "locate.unread") for n, one in enumerate(given) if one is UNREAD}
    errors = {
        int(n): say(language, key, lat=round(given_lat[n]))
        for key, mask in problems.items()
        for n in np.flatnonzero(mask)
        if given[n] is not UNREAD
    } | errors
    warning = _crs_warning(body, given, lon, lat, database, as_of, language)
    if warning is not None:
        errors = {n: errors.get(n, warning) for n in range(len(body.places))}
        lon = np.full_like(lon, np.nan)
    day = service.days.of(database, as_of, len(lon), service.tilings.kept())
    many = measure_many(database, lon, lat, radius, as_of, day)
    disputed = disputes_at_many(database, lon, lat, radius, as_of)
    reach_m, built = body.nearest_building_m, None
    if reach_m is not None:
        built = nearest_buildings(database, lon, lat, reach_m=reach_m)
    places = [
        BatchPlaceOut(error=errors[n])
        if n in errors
        else _batch_place(many, n, disputed.get(n, []), built)
        for n in range(len(body.places))
    ]
    return BatchOut(
        at=as_of.valid_on,
        known_at=as_of.known_at,
        boundary_version=edition_lock.boundary_version(database),
        warning=warning,
        places=places,
    )


def _crs_warning(
    body: BatchIn,
    given: list[PlaceIn],
    lon: Numbers,
    lat: Numbers,
    database: Connection,
    as_of: AsOf,
    language: str,
) -> str | None:
    """What is said where buildings and addresses speak for another system than `crs`."""
    witnesses = [
        Witness(f"building:{one.building}" if one.building else "", "", one.address or "")
        for one in given
    ]
    if body.trust_crs:
        return None
    points = [Point(float(x), float(y)) if x == x else None for x, y in zip(lon, lat, strict=True)]
    found = fit_of(database, points, parse_crs(body.crs), witnesses, as_of)
    return None if found is None else say(language, "error.crs_misfit", **told(found))


def _batch_place(
    many: ManyLocated, n: int, disputed: list[Contested], built: Nearest | None
) -> BatchPlaceOut:
    edge_m = many.edge_m[n]
    owners = {level: codes[n] for level, codes in many.codes.items()}
    return BatchPlaceOut(
        codes={level: code for level, code in owners.items() if code is not None},
        method=many.method[n],
        confidence=round(many.confidence[n], 4),
        edge_m=None if edge_m is None else round(edge_m, 2),
        edition=many.edition[n],
        disputed=[DisputedOut.of(one) for one in disputed],
        building=None if built is None else _building(built, n),
    )


def _building(built: Nearest, n: int) -> NearestBuildingOut | None:
    code = built.codes[n]
    if code is None:
        return None
    return NearestBuildingOut(code=code, metres=round(float(built.metres[n]), 2))
