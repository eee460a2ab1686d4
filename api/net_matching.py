"""A foreign net over HTTP: polygons in, sets of grids and the offending places out."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any, Final

from fastapi import APIRouter
from pydantic import BaseModel, Field
from shapely import MultiPolygon, Polygon

from api.access import Access, TheCaller, open_to
from api.dependencies import Database, Language, Now
from api.inputs import Body, Code, Day, Name, Text
from api.lists import RegionWritten, named_region
from api.locate import Crs
from api.nets import NetFaultOut
from api.relations import GeometryIn, ShapeIn, shape_in
from gis.coordinates import to_lattice
from gis.errors import BadInput, Conflict, NotAllowed
from gis.model import BEIJING, AsOf, BoundaryFile, BoundaryRow
from gis.net_matching import TOLERANCE_M, MatchBy, Offence, UnitMatch, Verdict
from gis.nets import NetKind
from gis.store import levels, nets
from gis.store.approvals import holds_a_role_over
from gis.store.audit import region_count
from gis.store.regions import region_id_of
from gis.workflows.keep_nets import KEEPERS
from gis.workflows.match_net import MatchAsked, match_foreign
from maps.net_places import offence_features, offence_words, verdict_words

router = APIRouter(prefix="/api/v1", tags=["nets"])

MOST_GRIDS: Final = 5_000  # more is for the command


class PolygonIn(Body):
    """A polygon of the foreign net; its code becomes the unit's."""

    code: Code
    name: Annotated[Text, Field(max_length=200)] = ""
    geometry: GeometryIn


class MatchIn(Body):
    """A foreign net; with `keep` it is kept as sets of grids, else only matched. `replace`: in the
    place of the net with that code.
    """

    code: Code
    name: Name
    kind: NetKind
    region: Annotated[RegionWritten, Field(description="LEVEL:CODE whose grids count")]
    crs: Crs
    polygons: Annotated[list[PolygonIn], Field(min_length=1, max_length=500)]
    tolerance_m: Annotated[
        float, Field(ge=0, le=100, description="pieces nowhere wider than this pass")
    ] = TOLERANCE_M
    by: MatchBy = MatchBy.AREA
    source: Annotated[Text, Field(max_length=200, description="the document it comes from")] = ""
    valid_from: Day | None = None
    keep: bool = False
    replace: bool = False


class UnitMatchOut(BaseModel):
    """A foreign polygon as a set of grids. `cut`: grids it shares with others."""

    code: str
    name: str
    verdict: Verdict
    text: str
    grids: list[str]
    cut: list[str]
    m2: float
    offending_m2: float

    @classmethod
    def of(cls, one: UnitMatch, language: str) -> UnitMatchOut:
        return cls(
            code=one.code,
            name=one.name,
            verdict=one.verdict,
            text=verdict_words(language, one),
            grids=list(one.grids),
            cut=list(one.cut),
            m2=round(one.m2, 1),
            offending_m2=round(one.offending_m2, 1),
        )


class OffenceOut(BaseModel):
    """Ground on the wrong side: of `grid`, which goes to `owner`, inside `polygon`."""

    polygon: str | None
    grid: str | None
    owner: str | None
    m2: float
    buildings: int
    households: int
    text: str

    @classmethod
    def of(cls, one: Offence, language: str) -> OffenceOut:
        return cls(
            polygon=one.polygon,
            grid=one.grid,
            owner=one.owner,
            m2=round(one.m2, 1),
            buildings=one.buildings,
            households=one.households,
            text=offence_words(language, one),
        )


class MatchOut(BaseModel):
    """The verdict on each polygon and every offending place; `places` are these as features."""

    tolerance_m: float
    fits: bool = Field(description="no offence at all")
    units: list[UnitMatchOut]
    offences: list[OffenceOut]
    places: dict[str, Any]
    kept: bool
    faults: list[NetFaultOut]


@router.post("/nets/match")
@open_to(Access.ACCOUNT, *KEEPERS)
def match_polygons(
    body: MatchIn, database: Database, caller: TheCaller, now: Now, language: Language
) -> MatchOut:
    """Match a foreign net given as polygons to sets of grids: verdicts, and where it cuts grids."""
    since = body.valid_from or now.astimezone(BEIJING).date()
    as_of = AsOf(since, now)
    root = region_id_of(database, *named_region(body.region), as_of)
    if not holds_a_role_over(database, caller.account_id, KEEPERS, root, now):
        raise NotAllowed("error.net_not_yours", code=body.code)
    if body.keep and not body.replace and nets.is_kept(database, body.code):
        raise Conflict("error.net_kept_already", code=body.code)
    count = region_count(database, levels.level_of(database, "grid").id, root, as_of)
    if count > MOST_GRIDS:
        raise BadInput("error.match_too_large", count=count, most=MOST_GRIDS)
    asked = MatchAsked(
        body.code, body.name, body.kind, since, root, body.tolerance_m, body.by, body.keep
    )
    report = match_foreign(database, _file(body), asked, now, account_id=caller.account_id)
    found = report.matched
    places = offence_features(found.offences, language)
    return MatchOut(
        tolerance_m=body.tolerance_m,
        fits=not found.offences,
        units=[UnitMatchOut.of(one, language) for one in found.units],
        offences=[OffenceOut.of(one, language) for one in found.offences],
        places={"type": "FeatureCollection", "features": places},
        kept=report.kept is not None,
        faults=[NetFaultOut.of(one, language) for one in report.kept.faults] if report.kept else [],
    )


def _file(body: MatchIn) -> BoundaryFile:
    """The polygons as if they had been read from a file."""
    rows = [
        BoundaryRow(n, one.code, one.name, None, _area(body, one))
        for n, one in enumerate(body.polygons, start=1)
    ]
    said = hashlib.sha256(body.model_dump_json(include={"crs", "polygons"}).encode())
    return BoundaryFile(rows, body.crs, body.crs, said.hexdigest(), body.source)


def _area(body: MatchIn, one: PolygonIn) -> MultiPolygon:
    placed = to_lattice(shape_in(ShapeIn(crs=body.crs, geometry=one.geometry)))
    if isinstance(placed, Polygon):
        return MultiPolygon([placed])
    if not isinstance(placed, MultiPolygon):
        raise BadInput("error.match_not_area", code=one.code)
    return placed
