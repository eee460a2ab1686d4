"""What place does an address mean, and which address has a place?"""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from api.access import Access, open_to
from api.dependencies import AsOfNow, Database, Language
from api.inputs import Body, Finite, Text, clean
from api.locate import Accuracy, Crs
from gis.address_parts import ElementKind
from gis.coordinates import convert, parse_crs
from gis.locating import DEFAULT_ACCURACY_M
from gis.store.geocoding import Geocoded, Level, Thing, geocode
from gis.store.reverse import reverse
from maps.words import say

if TYPE_CHECKING:
    from gis.address_parts import Element

router = APIRouter(prefix="/api/v1", tags=["addresses"])

LONGEST_ADDRESS: Final = 300
MOST_ADDRESSES: Final = 1_000
REVERSE_M: Final = 100.0
REFUSED: Final = {
    "lost_letters": "geocode.lost_letters",
    "too_long": "geocode.too_long",
}
"""What `clean` refuses, by its names for it → the key of the sentence."""

# One bad address must not cost the others their answer, so each is judged by itself.
AnyAddress = Annotated[
    Any, WithJsonSchema({"description": "an address; anything else comes back with its error"})
]
AddressText = Annotated[Text, Field(min_length=1, max_length=LONGEST_ADDRESS)]


class ElementOut(BaseModel):
    kind: ElementKind
    type_code: int = Field(description="of the police's standard addresses: 11 … 62")
    value: str


class RegionOut(BaseModel):
    level: str
    code: str
    name: str


class KnownPlaceOut(BaseModel):
    """What has the address: a building, compound, facility, or a line of an imported list. Of kind
    `learnt`: a name in no register; `code` is the region where people said before that it lies.
    """

    kind: str
    code: str
    name: str
    address: str
    lon: float | None = Field(description="degrees, CGCS2000 (= WGS 84 to the metre)")
    lat: float | None
    radius_m: float | None = Field(
        None, description="of kind road: how far it reaches from that point, which is on it"
    )
    line: dict[str, Any] | None = Field(None, description="of kind road: its line, GeoJSON")


class AddressCandidateOut(KnownPlaceOut):
    score: float = Field(description="how well it agrees, 0 … 1")
    grid: RegionOut | None
    learnt: bool = Field(False, description="only because a person decided so before")


class GeocodeOut(BaseModel):
    """What an address means. Without a `place` nothing is guessed: `candidates` are to choose from,
    `regions` end with the deepest that is sure.
    """

    elements: list[ElementOut] = []
    standard: str = Field("", description="the elements in the one standard form")
    landmark: str = ""
    relation: str = Field("", description="how it lies to what is named: 旁边, 对面, 楼下 …")
    crossing: list[ElementOut] = Field([], description="the other road of a crossing")
    rest: list[str] = Field([], description="what was not understood")
    level: ElementKind | None = Field(None, description="the deepest part that is known")
    score: float = 0.0
    place: KnownPlaceOut | None = None
    candidates: list[AddressCandidateOut] = []
    regions: list[RegionOut] = Field([], description="that surely hold it, top first")
    grid: RegionOut | None = None
    hint: str = Field("", description="what would make it sure, or what it rests on")
    decided_on: date | None = Field(None, description="a person decided where these words are")


class GeocodeBatchOut(GeocodeOut):
    error: str | None = None


class GeocodeBatchIn(Body):
    addresses: Annotated[list[AnyAddress], Field(min_length=1, max_length=MOST_ADDRESSES)]


class GeocodesOut(BaseModel):
    results: list[GeocodeBatchOut] = Field(description="in the order given, bad ones with `error`")


class ReverseOut(BaseModel):
    """The address of a place: its own where a footprint or an address point is near enough."""

    standard: str = Field(description="regions and address in the standard form; '' for none near")
    place: KnownPlaceOut | None
    metres: float | None = Field(description="to the place, 0 inside its footprint")
    regions: list[RegionOut]
    confident: bool = Field(description="false: the error disc reaches into another grid")


@router.get("/geocode")
@open_to(Access.ACCOUNT)
def geocode_one(
    database: Database,
    as_of: AsOfNow,
    language: Language,
    address: Annotated[AddressText, Query(description="as people write it")],
) -> GeocodeOut:
    """The place that an address surely means; else candidates and the deepest sure region."""
    (found,) = geocode(database, [address], as_of)
    return GeocodeOut.model_validate(told(found, language))


@router.post("/geocode/batch")
@open_to(Access.ACCOUNT)
def geocode_batch(
    body: GeocodeBatchIn,
    database: Database,
    as_of: AsOfNow,
    language: Language,
) -> GeocodesOut:
    """At most 1,000 addresses at once. A bad one comes back with its error beside the others."""
    every = [judged(one) for one in body.addresses]
    found = iter(geocode(database, [address for address, fault in every if not fault], as_of))
    results = [
        GeocodeBatchOut(error=say(language, fault, most=LONGEST_ADDRESS))
        if fault
        else GeocodeBatchOut.model_validate(told(next(found), language))
        for _, fault in every
    ]
    return GeocodesOut(results=results)


@router.get("/reverse")
@open_to(Access.ACCOUNT)
def reverse_one(
    database: Database,
    as_of: AsOfNow,
    lon: Annotated[Finite, Query(description="longitude in degrees, or easting in metres")],
    lat: Annotated[Finite, Query(description="latitude in degrees, or northing in metres")],
    crs: Annotated[Crs, Query()],
    accuracy_m: Annotated[Accuracy | None, Query(description="error radius in metres")] = None,
) -> ReverseOut:
    """The standard address of a place: the building it lies in, else the nearest within 100 m."""
    x, y = convert(lon, lat, parse_crs(crs), "cgcs2000")
    radius_m = DEFAULT_ACCURACY_M if accuracy_m is None else accuracy_m
    found = reverse(database, x, y, as_of, accuracy_m=radius_m, reach_m=REVERSE_M)
    return ReverseOut(
        standard=found.standard,
        place=KnownPlaceOut.model_validate(_place(found.thing)) if found.thing else None,
        metres=None if found.metres is None else round(found.metres, 1),
        regions=[_region(one) for one in found.regions],
        confident=found.confident,
    )


# ---- in the reader's words ----------------------------------------------------------------------


def judged(given: object) -> tuple[str, str]:
    """(address, "") for one that is looked at, else ("", the key of why it isn't)."""
    if not isinstance(given, str):
        return "", "geocode.not_text"
    try:
        address = clean(given)
    except PydanticCustomError as refused:
        return "", REFUSED.get(refused.type, "geocode.bad_letters")
    if len(address) > LONGEST_ADDRESS:
        return "", "geocode.too_long"
    return (address, "") if address else ("", "geocode.empty")


def told(found: Geocoded, language: str) -> dict[str, object]:
    """A result in the shape of `GeocodeOut`, with what would make it sure in one language."""
    match = found.match
    address = match.address
    return {
        "elements": [_element(one) for one in address.elements],
        "standard": found.standard,
        "landmark": address.landmark,
        "relation": address.relation,
        "crossing": [_element(one) for one in address.crossing],
        "rest": address.rest,
        "level": match.level,
        "score": match.score,
        "place": _place(found.place) if found.place else None,
        "candidates": [
            {
                **_place(one.thing),
                "score": one.score,
                "learnt": one.learnt,
                "grid": _region(one.grid).model_dump() if one.grid else None,
            }
            for one in found.candidates
        ],
        "regions": [_region(one).model_dump() for one in found.regions],
        "grid": _region(found.grid).model_dump() if found.grid else None,
        "hint": say(language, found.hint) if found.hint else "",
        "decided_on": found.decided_on,
    }


def _element(one: Element) -> dict[str, object]:
    return {"kind": one.kind, "type_code": one.kind.type_code, "value": one.value}


def _place(one: Thing) -> dict[str, object]:
    return {
        "kind": one.kind,
        "code": one.code,
        "name": one.name,
        "address": one.address,
        "lon": one.lon,
        "lat": one.lat,
        "radius_m": one.radius_m,
        "line": None if one.line is None else json.loads(one.line),
    }


def _region(one: Level) -> RegionOut:
    return RegionOut(level=one.level, code=one.code, name=one.name)
