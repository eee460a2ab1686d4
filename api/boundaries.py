"""Levels and regions as they stood on any day: lists, facts, shapes. Open to every account."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from api.dependencies import AsOfNow, Database
from api.inputs import Code, PageSize, Text
from api.lists import GEOJSON, HEADERS, MOST_SHAPES, TheBox, one_page, place_in_list
from gis.errors import BadInput
from gis.store import edition_lock, levels, regions
from gis.store.regions import Box, RegionFacts, RegionRow

router = APIRouter(prefix="/api/v1", tags=["regions"])


class BoxOut(BaseModel):
    """A box in degrees, WGS 84."""

    west: float
    south: float
    east: float
    north: float

    @classmethod
    def of(cls, box: Box | None) -> BoxOut | None:
        return cls(west=box[0], south=box[1], east=box[2], north=box[3]) if box else None


class LevelOut(BaseModel):
    """A level, how many regions it has on the day, and how many of them with a shape."""

    code: str
    name: str
    rank: int
    under: str | None
    overlay: bool
    count: int
    shapes: int
    box: BoxOut | None


class LevelsOut(BaseModel):
    levels: list[LevelOut]
    boundary_version: int


class RegionOut(BaseModel):
    code: str
    name: str | None
    level: str
    level_name: str
    parent_code: str | None
    has_shape: bool

    @classmethod
    def of(cls, row: RegionRow) -> RegionOut:
        return cls(
            code=row.code,
            name=row.name,
            level=row.level,
            level_name=row.level_name,
            parent_code=row.parent_code,
            has_shape=row.has_shape,
        )


class RegionsOut(BaseModel):
    regions: list[RegionOut]
    next: str | None = Field(description="give it as `after` to get the next page; null at the end")


class CodeOut(BaseModel):
    scheme: str
    code: str


class NameOut(BaseModel):
    lang: str
    kind: str
    name: str


class AncestorOut(BaseModel):
    level: str
    level_name: str
    code: str | None
    name: str | None


class EditionOut(BaseModel):
    name: str
    source: str
    valid_from: date


class FactsOut(BaseModel):
    """One region on one day; `valid_to` is the first day it isn't so any more."""

    code: str
    name: str | None
    level: str
    level_name: str
    codes: list[CodeOut]
    names: list[NameOut]
    ancestors: list[AncestorOut]
    children_count: dict[str, int]
    valid_from: date | None
    valid_to: date | None
    edition: EditionOut
    area_m2: float | None
    bbox: tuple[float, float, float, float] | None
    center: tuple[float, float] | None

    @classmethod
    def of(cls, facts: RegionFacts) -> FactsOut:
        return cls(
            code=facts.code,
            name=facts.name,
            level=facts.level,
            level_name=facts.level_name,
            codes=[CodeOut(scheme=scheme, code=code) for scheme, code in facts.codes],
            names=[NameOut(lang=lang, kind=kind, name=name) for lang, kind, name in facts.names],
            ancestors=[
                AncestorOut(level=a.level, level_name=a.level_name, code=a.code, name=a.name)
                for a in facts.ancestors
            ],
            children_count=facts.children_count,
            valid_from=facts.valid_from,
            valid_to=facts.valid_to,
            edition=EditionOut(
                name=facts.edition, source=facts.source, valid_from=facts.edition_from
            ),
            area_m2=facts.area_m2,
            bbox=facts.box,
            center=facts.centre,
        )


@router.get("/levels")
def list_levels(database: Database, as_of: AsOfNow) -> LevelsOut:
    """Every level, top first, with what it holds on the day."""
    counts = regions.level_counts(database, as_of)
    listed = []
    for one in levels.all_levels(database):
        held = counts.get(one.code)
        listed.append(
            LevelOut(
                code=one.code,
                name=one.name,
                rank=one.rank,
                under=one.under,
                overlay=one.overlay,
                count=held.count if held else 0,
                shapes=held.shapes if held else 0,
                box=BoxOut.of(held.box if held else None),
            )
        )
    return LevelsOut(levels=listed, boundary_version=edition_lock.boundary_version(database))


@router.get("/regions")
def list_regions(
    database: Database,
    as_of: AsOfNow,
    level: Annotated[Code | None, Query(description="only this level")] = None,
    q: Annotated[
        Annotated[Text, Field(max_length=100)], Query(description="start of a code, part of a name")
    ] = "",
    limit: PageSize = 50,
    after: Annotated[Annotated[Text, Field(max_length=300)] | None, Query()] = None,
) -> RegionsOut:
    """Regions in force by code, a page at a time."""
    found = regions.list_regions(
        database, as_of, level=level, words=q, after=place_of(after), most=limit + 1
    )
    page, following = one_page(found, limit, _place)
    return RegionsOut(regions=[RegionOut.of(row) for row in page], next=following)


@router.get(
    "/regions.geojson",
    response_class=Response,
    responses={200: {"content": {GEOJSON: {"schema": {"type": "object"}}}}, 304: {}},
)
def regions_geojson(
    request: Request,
    database: Database,
    as_of: AsOfNow,
    level: Annotated[Code, Query()],
    box: TheBox,
    zoom: Annotated[
        float | None, Query(ge=0, le=24, allow_inf_nan=False, description="simplify for this zoom")
    ] = None,
) -> Response:
    """Shapes of one level that touch a box, at most 3,000; `truncated` says when there are more."""
    version = edition_lock.boundary_version(database)
    asked = (version, level, box, zoom, as_of.valid_on, request.query_params.get("known_at"))
    tag = '"' + hashlib.sha256(repr(asked).encode()).hexdigest()[:32] + '"'
    headers = {"ETag": tag, **HEADERS}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    level = levels.level_of(database, level).code
    made = regions.regions_geojson(database, level, box, as_of, zoom=zoom, most=MOST_SHAPES)
    return Response(made, media_type=GEOJSON, headers=headers)


@router.get("/regions/{level}/{code}")
def region_facts(level: Code, code: Code, database: Database, as_of: AsOfNow) -> FactsOut:
    """All there is to say of one region on the day."""
    return FactsOut.of(regions.region_facts(database, level, code, as_of))


def _place(row: RegionRow) -> str:
    return f"{row.id}:{row.code}"


def place_of(cursor: str | None) -> tuple[str, int] | None:
    """The code and id a cursor stands for. Raises BadInput for one we didn't make."""
    if cursor is None:
        return None
    number, _, code = place_in_list(cursor).partition(":")
    try:
        if not 0 < int(number) < 2**63:
            raise BadInput("error.cursor")
    except ValueError:
        raise BadInput("error.cursor") from None
    return code, int(number)
