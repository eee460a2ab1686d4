"""How regions stand to one another, or to a given shape, on any day; as lists and as GeoJSON."""

from __future__ import annotations

import json
from typing import Annotated, Any, Final

import numpy as np
import shapely
from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.boundaries import place_of
from api.dependencies import AsOfNow, Database
from api.inputs import Body, Code, PageSize, Text
from api.lists import GEOJSON, HEADERS, one_page
from api.locate import Crs
from gis.coordinates import convert, parse_crs
from gis.errors import BadInput
from gis.store.relations import Page, Related, Relation, meeting, related

router = APIRouter(prefix="/api/v1", tags=["regions"])

MOST_CORNERS: Final = 20_000
FEATURES: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {GEOJSON: {"schema": {"type": "object"}}}}
}
Zoom = Annotated[
    float | None, Query(ge=0, le=24, allow_inf_nan=False, description="simplify for this zoom")
]
After = Annotated[
    Annotated[Text, Field(max_length=300)] | None, Query(description="`next` of a page")
]


class RelatedOut(BaseModel):
    code: str
    name: str | None
    level: str
    level_name: str
    shared_m2: float | None = Field(description="ground in common, of overlaps and of a shape")
    shared_m: float | None = Field(description="edge in common, of neighbours")

    @classmethod
    def of(cls, row: Related) -> RelatedOut:
        return cls(
            code=row.code,
            name=row.name,
            level=row.level,
            level_name=row.level_name,
            shared_m2=None if row.shared_m2 is None else round(row.shared_m2, 2),
            shared_m=None if row.shared_m is None else round(row.shared_m, 2),
        )


class RelatedPage(BaseModel):
    regions: list[RelatedOut]
    next: str | None = Field(description="give it as `after` to get the next page; null at the end")


class GeometryIn(Body):
    """A GeoJSON geometry: numbers in nested lists, longitude first."""

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False, frozen=True)

    type: Annotated[Text, Field(max_length=20, examples=["Polygon"])]
    coordinates: list[Any]


class ShapeIn(Body):
    """What regions are looked for with; at most 20,000 corners."""

    crs: Crs
    geometry: GeometryIn


def page_asked(limit: PageSize = 50, after: After = None) -> Page:
    """A page of a list."""
    return Page(limit + 1, place_of(after))


def shapes_asked(zoom: Zoom = None, limit: PageSize = 50, after: After = None) -> Page:
    """A page of a list with shapes."""
    return Page(limit + 1, place_of(after), shapes=True, zoom=zoom)


ThePage = Annotated[Page, Depends(page_asked)]
TheShapes = Annotated[Page, Depends(shapes_asked)]
OnlyLevel = Annotated[Code | None, Query(description="only regions of this level")]


@router.get("/regions/{level}/{code}/{relation}")
def list_related(
    level: Code,
    code: Code,
    relation: Relation,
    database: Database,
    as_of: AsOfNow,
    page: ThePage,
    of_level: OnlyLevel = None,
) -> RelatedPage:
    """Regions that stand in a relation to one on the day, by code."""
    return _list(related(database, (level, code), relation, as_of, page, level=of_level), page)


@router.get(
    "/regions/{level}/{code}/{relation}/shapes.geojson",
    response_class=Response,
    responses=FEATURES,
)
def related_shapes(
    level: Code,
    code: Code,
    relation: Relation,
    database: Database,
    as_of: AsOfNow,
    page: TheShapes,
    of_level: OnlyLevel = None,
) -> Response:
    """The same as features, with `next` beside them."""
    return _features(related(database, (level, code), relation, as_of, page, level=of_level), page)


@router.post("/regions/intersecting")
def list_intersecting(
    body: ShapeIn,
    database: Database,
    as_of: AsOfNow,
    page: ThePage,
    of_level: OnlyLevel = None,
) -> RelatedPage:
    """Regions that have a point in common with a shape, and how much ground."""
    return _list(meeting(database, shape_in(body), as_of, page, level=of_level), page)


@router.post("/regions/intersecting/shapes.geojson", response_class=Response, responses=FEATURES)
def intersecting_shapes(
    body: ShapeIn,
    database: Database,
    as_of: AsOfNow,
    page: TheShapes,
    of_level: OnlyLevel = None,
) -> Response:
    """The same as features, with `next` beside them."""
    return _features(meeting(database, shape_in(body), as_of, page, level=of_level), page)


def shape_in(body: ShapeIn) -> shapely.Geometry:
    """The shape given, in degrees of EPSG:4490. Raises BadInput for what isn't one."""
    try:
        given = shapely.from_geojson(json.dumps(body.geometry.model_dump()))
    except (shapely.GEOSException, ValueError, RecursionError):
        raise BadInput("error.geometry_unreadable") from None
    if given is None or given.is_empty or given.has_z:
        raise BadInput("error.geometry_unreadable")
    corners = shapely.get_coordinates(given)
    if len(corners) > MOST_CORNERS:
        raise BadInput("error.geometry_too_large", limit=MOST_CORNERS)
    lon, lat = convert(corners[:, 0], corners[:, 1], parse_crs(body.crs), "cgcs2000")
    placed: shapely.Geometry = shapely.set_coordinates(given, np.column_stack([lon, lat]))
    return placed


def _list(found: list[Related], page: Page) -> RelatedPage:
    shown, following = one_page(found, page.most - 1, _place)
    return RelatedPage(regions=[RelatedOut.of(row) for row in shown], next=following)


def _features(found: list[Related], page: Page) -> Response:
    shown, following = one_page(found, page.most - 1, _place)
    features = ",".join(_feature(row) for row in shown)
    head = f'{{"type":"FeatureCollection","next":{json.dumps(following)},"features":['
    return Response(f"{head}{features}]}}", media_type=GEOJSON, headers=HEADERS)


def _feature(row: Related) -> str:
    words = RelatedOut.of(row).model_dump_json()
    name = json.dumps(row.code)
    return (
        f'{{"type":"Feature","id":{name},"properties":{words},"geometry":{row.geometry or "null"}}}'
    )


def _place(row: Related) -> str:
    return f"{row.id}:{row.code}"
