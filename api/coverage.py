"""Coverage by radius: the figures as JSON and tables, the gaps and the reach as GeoJSON.

Every answer is taken from one `CoveragePlan`. Households are scoped data: a region outside the
asker's own looks like one that isn't there.
"""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field

from api.access import Access, TheScope, open_to
from api.dependencies import AsOfNow, Database, Language, Now, TheService
from api.inputs import Code, Text
from api.lists import GEOJSON, named_region
from gis import coverage_plan
from gis.accounts import Role
from gis.coverage import MOST_RADIUS_M, Parts
from gis.coverage_plan import CoveragePlan, Place, Score
from gis.model import AsOf
from gis.places import Facility, FacilityStandard
from gis.store import coverage as store
from gis.workflows.plan_coverage import Question, plan_coverage
from maps import coverage_words
from maps.coverage_words import name_of
from maps.marks import mark_of
from maps.words import say

router = APIRouter(prefix="/api/v1", tags=["coverage"])

ROLES: Final = (Role.PLANNER, Role.DISPATCHER, Role.COMMUNITY_CLERK, Role.GRID_MEMBER)
LISTED: Final = 3000  # gap buildings in a list or on a map, those with most households first
HTML: Final = "text/html; charset=utf-8"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


# ---- what is asked ------------------------------------------------------------------------------


def asked_plan(
    database: Database,
    scope: TheScope,
    as_of: AsOfNow,
    now: Now,
    kind: Annotated[Code, Query(description="code of a facility kind, such as elderly_station")],
    region: Annotated[
        Annotated[Text, Field(max_length=200)] | None,
        Query(description="level:code; without it all that the account may see"),
    ] = None,
    radius_m: Annotated[
        float | None,
        Query(gt=0, le=MOST_RADIUS_M, allow_inf_nan=False, description="instead of the rule's"),
    ] = None,
) -> CoveragePlan:
    """The one value behind every answer here."""
    question = Question(kind, named_region(region) if region is not None else None, radius_m)
    return plan_coverage(database, question, scope, as_of, AsOf.at(now).valid_on)


ThePlan = Annotated[CoveragePlan, Depends(asked_plan)]


# ---- what is answered ---------------------------------------------------------------------------


class PlaceOut(BaseModel):
    level: str
    code: str
    name: str

    @classmethod
    def of(cls, place: Place) -> PlaceOut:
        return cls(level=place.level, code=place.code, name=place.name)


class PartsOut(BaseModel):
    """Three parts of a whole, and each in per cent with one decimal: 100 together, or null."""

    served: int
    unserved: int
    unknown: int
    whole: int
    percent: tuple[float, float, float] | None

    @classmethod
    def of(cls, parts: Parts) -> PartsOut:
        return cls(
            served=parts.served,
            unserved=parts.unserved,
            unknown=parts.unknown,
            whole=parts.whole,
            percent=parts.percent,
        )


class StandardOut(BaseModel):
    """The rule in force. `derived` names values that follow from its level of the life circle."""

    radius_m: float | None
    source: str
    valid_from: date
    verified: bool
    derived: list[str]

    @classmethod
    def of(cls, rule: FacilityStandard | None) -> StandardOut | None:
        if rule is None:
            return None
        return cls(
            radius_m=rule.radius_m,
            source=rule.source,
            valid_from=rule.valid_from,
            verified=rule.verified,
            derived=sorted(rule.derived),
        )


class KindOut(BaseModel):
    code: str
    name: str
    level: str
    mark: str


class ScoreOut(BaseModel):
    """One grid or community; `code` is empty for the buildings in none."""

    code: str
    name: str
    parent: str
    households: PartsOut
    gap_buildings: int
    band: coverage_plan.Band

    @classmethod
    def of(cls, score: Score, language: str) -> ScoreOut:
        return cls(
            code=score.code,
            name=name_of(score, language),
            parent=score.parent,
            households=PartsOut.of(score.tally.households),
            gap_buildings=score.tally.buildings.unserved,
            band=score.band,
        )


class CoverageFacilityOut(BaseModel):
    """A facility in the region, or one outside that reaches in; `counts`: it serves."""

    code: str
    name: str
    status: str
    counts: bool
    lon: float | None
    lat: float | None

    @classmethod
    def of(cls, one: Facility, *, counts: bool) -> CoverageFacilityOut:
        lon, lat = (one.point.lon, one.point.lat) if one.point else (None, None)
        return cls(
            code=one.code, name=one.name, status=one.status.value, counts=counts, lon=lon, lat=lat
        )


class SentenceOut(BaseModel):
    topic: str
    label: str
    text: str


class CoverageOut(BaseModel):
    """Whom the open facilities of a kind serve. Grids and communities come weakest first."""

    kind: KindOut
    radius_m: float
    own_radius: bool
    standard: StandardOut | None
    region: PlaceOut | None
    above: list[PlaceOut]
    below: list[PlaceOut]
    day: date
    known_at: datetime
    households: PartsOut
    buildings: PartsOut
    good_grids: int = Field(description="grids that serve 90 % and more of their households")
    inhabited_grids: int
    grids: list[ScoreOut]
    communities: list[ScoreOut]
    facilities: list[CoverageFacilityOut]
    box: tuple[float, float, float, float] | None
    method: list[SentenceOut] = Field(description="how the figures came about, to be read")

    @classmethod
    def of(cls, plan: CoveragePlan, language: str, review_no: str | None) -> CoverageOut:
        total, (good, inhabited) = plan.coverage.total(), plan.good_grids()
        kind, region = plan.kind, plan.region
        mark = mark_of(kind.code, kind.name)
        return cls(
            kind=KindOut(code=kind.code, name=kind.name, level=kind.level.value, mark=mark),
            radius_m=plan.radius_m,
            own_radius=plan.own_radius,
            standard=StandardOut.of(plan.standard),
            region=PlaceOut.of(region) if region else None,
            above=[PlaceOut.of(one) for one in plan.above],
            below=[PlaceOut.of(one) for one in plan.below],
            day=plan.day,
            known_at=plan.known_at,
            households=PartsOut.of(total.households),
            buildings=PartsOut.of(total.buildings),
            good_grids=good,
            inhabited_grids=inhabited,
            grids=[ScoreOut.of(one, language) for one in plan.grid_scores()],
            communities=[ScoreOut.of(one, language) for one in plan.community_scores()],
            facilities=[CoverageFacilityOut.of(f, counts=plan.counts(f)) for f in plan.shown],
            box=plan.box,
            method=[
                SentenceOut(topic=one.topic, label=one.label, text=one.text)
                for one in coverage_words.method(plan, language, review_no)
            ],
        )


# ---- the routes ---------------------------------------------------------------------------------


@router.get("/coverage")
@open_to(Access.ACCOUNT, *ROLES)
def coverage(plan: ThePlan, language: Language, service: TheService) -> CoverageOut:
    """Whom the open facilities of a kind serve within their radius, by grid and community."""
    return CoverageOut.of(plan, language, service.settings.review_no)


@router.get(
    "/coverage.csv", response_class=Response, responses={200: {"content": {"text/csv": {}}}}
)
@open_to(Access.ACCOUNT, *ROLES)
def coverage_csv(plan: ThePlan, language: Language, service: TheService) -> Response:
    """The scorecard as CSV."""
    from maps.sheets import coverage_csv

    made = coverage_csv(plan, language, service.settings.review_no)
    return _file(plan, language, made, "csv", "text/csv; charset=utf-8")


@router.get("/coverage.xlsx", response_class=Response, responses={200: {"content": {XLSX: {}}}})
@open_to(Access.ACCOUNT, *ROLES)
def coverage_xlsx(
    database: Database, plan: ThePlan, language: Language, service: TheService
) -> Response:
    """Scorecard, gap buildings (3,000 at most) and method as a workbook."""
    from maps.sheets import coverage_xlsx

    gaps = plan.gaps(LISTED)
    words = store.building_words(database, [one.building for one in gaps])
    made = coverage_xlsx(plan, gaps, words, language, service.settings.review_no)
    return _file(plan, language, made, "xlsx", XLSX)


@router.get("/coverage.html", response_class=Response, responses={200: {"content": {HTML: {}}}})
@open_to(Access.ACCOUNT, *ROLES)
def coverage_html(
    database: Database, plan: ThePlan, as_of: AsOfNow, language: Language, service: TheService
) -> Response:
    """The map for a meeting in one file that opens without a network: at most 2,000 features."""
    from maps.export import gaps_to_draw, meeting_file, regions_to_draw

    level, scores = regions_to_draw(plan)
    shapes = store.simple_shapes(database, level, [one.code for one in scores], as_of)
    made = meeting_file(
        plan,
        {code: json.loads(shape) for code, shape in shapes.items()},
        gap_features(database, plan, gaps_to_draw(plan), decimals=6),
        reach_features(plan),
        language=language,
        review_no=service.settings.review_no,
    )
    return _file(plan, language, made.encode(), "html", HTML)


@router.get(
    "/coverage/gaps.geojson",
    response_class=Response,
    responses={200: {"content": {GEOJSON: {"schema": {"type": "object"}}}}},
)
@open_to(Access.ACCOUNT, *ROLES)
def gaps_geojson(database: Database, plan: ThePlan) -> Response:
    """The inhabited buildings left out: footprint or point, at most 3,000, most households first;
    `total` says how many there are.
    """
    return _geojson(
        gap_features(database, plan, LISTED), total=plan.coverage.total().buildings.unserved
    )


@router.get(
    "/coverage/reach.geojson",
    response_class=Response,
    responses={200: {"content": {GEOJSON: {"schema": {"type": "object"}}}}},
)
@open_to(Access.ACCOUNT, *ROLES)
def reach_geojson(plan: ThePlan) -> Response:
    """The radius of the facilities that serve here, dissolved: to look at, not to decide by."""
    return _geojson(reach_features(plan), total=None)


def gap_features(
    database: Database, plan: CoveragePlan, most: int, *, decimals: int = 7
) -> list[dict[str, Any]]:
    """The gap buildings with most households as GeoJSON features."""
    gaps = plan.gaps(most)
    words = store.building_words(database, [one.building for one in gaps], decimals=decimals)
    return [
        {
            "type": "Feature",
            "id": gap.building,
            "properties": {
                "code": gap.building,
                "name": words[gap.building].name,
                "address": words[gap.building].address,
                "grid": gap.grid,
                "households": gap.households,
                "facility": gap.facility,
                "distance_m": None if gap.distance_m is None else round(gap.distance_m),
            },
            "geometry": json.loads(words[gap.building].geometry or "null"),
        }
        for gap in gaps
        if gap.building in words
    ]


def reach_features(plan: CoveragePlan) -> list[dict[str, Any]]:
    """The outline of what the shown facilities reach, as one feature; none where nobody serves."""
    import shapely

    area = plan.outline()
    if area.is_empty:
        return []
    return [
        {
            "type": "Feature",
            "id": "reach",
            "properties": {"code": "reach", "radius_m": plan.radius_m},
            "geometry": json.loads(shapely.to_geojson(area)),
        }
    ]


def _geojson(features: list[dict[str, Any]], *, total: int | None) -> Response:
    answer: dict[str, Any] = {"type": "FeatureCollection", "features": features}
    if total is not None:
        answer["total"] = total
    return Response(json.dumps(answer, ensure_ascii=False), media_type=GEOJSON)


def _file(plan: CoveragePlan, language: str, made: bytes, kind: str, media: str) -> Response:
    """A file to keep. Its name tells kind, region and day; old browsers get a plain one."""
    region = plan.region.code if plan.region else "all"
    word = say(language, "coverage.file")
    name = f"{word}-{plan.kind.code}-{region}-{plan.day.isoformat()}.{kind}"
    header = f"attachment; filename=\"coverage.{kind}\"; filename*=UTF-8''{quote(name, safe='')}"
    return Response(made, media_type=media, headers={"Content-Disposition": header})
