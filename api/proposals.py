"""Changes of grids over HTTP: what one would mean, and keeping it as a draft edition."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Annotated, Literal

import numpy as np
from fastapi import APIRouter
from pydantic import BaseModel, Field
from shapely import LineString, Polygon

from api.access import Access, TheCaller, open_to
from api.change_shapes import corners
from api.dependencies import Database, Language, Now, TheService
from api.inputs import Body, Code, Day, Name
from gis.coordinates import LATTICE_DECIMALS
from gis.errors import BadInput
from gis.impact import Counted, GridImpact
from gis.model import BEIJING
from gis.proposals import (
    Merge,
    MoveEdge,
    Operation,
    Recode,
    SplitAlong,
    SplitBuildings,
    TransferArea,
    TransferBuildings,
)
from gis.store import edition_life
from gis.workflows.propose_change import (
    NEW,
    PROPOSERS,
    Change,
    Looked,
    Submitted,
    look_at_change,
    submit_change,
)
from maps.faults import fault_words

router = APIRouter(prefix="/api/v1", tags=["proposals"])

LEAST_RING = 3

Lon = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Lat = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Corner = tuple[Lon, Lat]
Corners = Annotated[list[Corner], Field(min_length=2, max_length=2000)]
Chosen = Annotated[list[Code], Field(min_length=1, max_length=5000)]
NewCode = Annotated[
    Code | None, Field(description="code of the new grid; left out: the next free one")
]


class SplitAlongIn(Body):
    """Split a grid along a line; the larger side keeps the code."""

    do: Literal["split_along"]
    grid: Code
    line: Corners
    new: NewCode = None


class SplitBuildingsIn(Body):
    """Split a grid: these buildings, with the ground around them, become the new one."""

    do: Literal["split_buildings"]
    grid: Code
    buildings: Chosen
    new: NewCode = None


class MergeIn(Body):
    """Join grids that touch; `into` is the one whose code stays."""

    do: Literal["merge"]
    grids: Annotated[list[Code], Field(min_length=2, max_length=100)]
    into: Code


class MoveEdgeIn(Body):
    """Draw the edge between two grids anew."""

    do: Literal["move_edge"]
    one: Code
    other: Code
    line: Corners


class TransferAreaIn(Body):
    """Give what lies in an area, drawn as its corners, to a neighbour."""

    do: Literal["transfer_area"]
    source: Code
    to: Code
    area: Annotated[list[Corner], Field(min_length=LEAST_RING, max_length=2000)]


class TransferBuildingsIn(Body):
    """Give buildings, with the ground around them, to a neighbour."""

    do: Literal["transfer_buildings"]
    source: Code
    to: Code
    buildings: Chosen


class RecodeIn(Body):
    """Give a grid another code: the old one ends."""

    do: Literal["recode"]
    grid: Code
    new: Code


OperationIn = Annotated[
    SplitAlongIn
    | SplitBuildingsIn
    | MergeIn
    | MoveEdgeIn
    | TransferAreaIn
    | TransferBuildingsIn
    | RecodeIn,
    Field(discriminator="do"),
]


class ChangeIn(Body):
    """A change of the grids of one community. Coordinates are [longitude, latitude] in WGS 84."""

    community: Code
    operations: Annotated[list[OperationIn], Field(min_length=1, max_length=20)]

    def to_domain(self) -> Change:
        made = [_operation(one, f"{NEW}{n:02}") for n, one in enumerate(self.operations)]
        return Change(self.community, made)


class ProposalIn(ChangeIn):
    """A change to be kept: the name of its edition, the day from which it is to hold (today)."""

    name: Name
    valid_from: Day | None = None


class CountedOut(BaseModel):
    households: int
    buildings: int
    matters: int = Field(description="open ones")

    @classmethod
    def of(cls, one: Counted) -> CountedOut:
        return cls(households=one.households, buildings=one.buildings, matters=one.matters)


class GridImpactOut(BaseModel):
    """A grid before and after; null where it isn't there. `member` is responsible today."""

    code: str
    before: CountedOut | None
    after: CountedOut | None
    member: str | None
    reshaped: bool
    pieces: int

    @classmethod
    def of(cls, one: GridImpact) -> GridImpactOut:
        return cls(
            code=one.code,
            before=CountedOut.of(one.before) if one.before else None,
            after=CountedOut.of(one.after) if one.after else None,
            member=one.member,
            reshaped=one.reshaped,
            pieces=one.pieces,
        )


class MemberLoadOut(BaseModel):
    member: str
    before: CountedOut
    after: CountedOut


class PostAtOut(BaseModel):
    grid: str
    member: str
    name: str
    role: str
    responsible: bool


class FaultOut(BaseModel):
    kind: str
    text: str
    m2: float | None
    lon: float | None
    lat: float | None
    stops: bool


class NetImpactOut(BaseModel):
    """What becomes of a net: `grid` joins or leaves `unit`, or holds ground of `others` too."""

    net: str
    name: str
    unit: str | None
    grid: str
    does: Literal["joins", "leaves", "mixed"]
    others: list[str]


class ImpactOut(BaseModel):
    """What a change would mean, before anybody approves it.

    `moving`: open matters that another grid would hold; `unplaced`: those of an ending grid whose
    place nobody knows; `homeless`: buildings in no grid; `posts` need a new home; `ended`: codes
    whose statistics and groups break off. `shapes` is a FeatureCollection of the grids
    that differ, `ground` one of what changes hands: `source`, `to`, `m2`.
    """

    grids: list[GridImpactOut]
    members: list[MemberLoadOut]
    moving: list[str]
    unplaced: list[str]
    homeless: list[str]
    posts: list[PostAtOut]
    ended: list[str]
    nets: list[NetImpactOut] = Field(description="business nets and groups that it concerns")
    faults: list[FaultOut]
    shapes: dict[str, object]
    ground: dict[str, object]


class ProposalOut(BaseModel):
    """The draft edition that keeps the change, and what it would mean."""

    id: int
    name: str
    valid_from: date
    impact: ImpactOut


@router.post("/proposals/impact")
@open_to(Access.ACCOUNT, *PROPOSERS)
def proposal_impact(
    body: ChangeIn,
    database: Database,
    caller: TheCaller,
    service: TheService,
    now: Now,
    language: Language,
) -> ImpactOut:
    """What a change would mean; nothing is kept."""
    asked = replace(body.to_domain(), pattern=service.settings.code_pattern())
    return _impact(look_at_change(database, caller.account_id, asked, now), language)


@router.post("/proposals", status_code=201)
@open_to(Access.ACCOUNT, *PROPOSERS)
def submit_proposal(
    body: ProposalIn,
    database: Database,
    caller: TheCaller,
    service: TheService,
    now: Now,
    language: Language,
) -> ProposalOut:
    """Keep a change as a draft edition of its community; approvals and withdrawing are its own."""
    day = body.valid_from or now.astimezone(BEIJING).date()
    kept_as = Submitted(body.name, day)
    asked = replace(body.to_domain(), pattern=service.settings.code_pattern())
    looked = submit_change(database, caller.account_id, asked, kept_as, now)
    found = edition_life.facts_of(database, name=body.name)
    return ProposalOut(
        id=found.id, name=found.name, valid_from=day, impact=_impact(looked, language)
    )


# ---- in and out ---------------------------------------------------------------------------------


def _operation(one: OperationIn, new: str) -> Operation:
    match one:
        case SplitAlongIn():
            return SplitAlong(one.grid, _line(one.line), one.new or new)
        case SplitBuildingsIn():
            return SplitBuildings(one.grid, frozenset(one.buildings), one.new or new)
        case MergeIn():
            return Merge(tuple(dict.fromkeys(one.grids)), one.into)
        case MoveEdgeIn():
            return MoveEdge(one.one, one.other, _line(one.line))
        case TransferAreaIn():
            return TransferArea(one.source, one.to, _area(one.area))
        case TransferBuildingsIn():
            return TransferBuildings(one.source, one.to, frozenset(one.buildings))
        case RecodeIn():
            return Recode(one.grid, one.new)


def _line(corners: list[Corner]) -> LineString:
    made = LineString(np.round(np.array(corners), LATTICE_DECIMALS))
    if not made.length:
        raise BadInput("error.proposal_line")
    return made


def _area(corners: list[Corner]) -> Polygon:
    made = Polygon(np.round(np.array(corners), LATTICE_DECIMALS))
    if not made.is_valid or made.is_empty:
        raise BadInput("error.proposal_area_crosses")
    return made


def _impact(looked: Looked, language: str) -> ImpactOut:
    found = looked.impact
    return ImpactOut(
        grids=[GridImpactOut.of(one) for one in found.grids],
        members=[
            MemberLoadOut(
                member=one.member, before=CountedOut.of(one.before), after=CountedOut.of(one.after)
            )
            for one in found.members
        ],
        moving=list(found.moving),
        unplaced=list(found.unplaced),
        homeless=list(found.homeless),
        posts=[
            PostAtOut(
                grid=one.grid,
                member=one.member_code,
                name=one.member_name,
                role=one.role,
                responsible=one.responsible,
            )
            for one in looked.posts
        ],
        ended=list(found.ended),
        nets=[
            NetImpactOut(
                net=one.net,
                name=one.net_name,
                unit=one.unit,
                grid=one.grid,
                does=one.does,
                others=list(one.others),
            )
            for one in looked.nets
        ],
        faults=[
            FaultOut(
                kind=one.kind.value,
                text=fault_words(language, one),
                m2=one.m2,
                lon=one.lon,
                lat=one.lat,
                stops=not one.tolerated,
            )
            for one in looked.report.faults
        ],
        shapes=_shapes(looked),
        ground=_ground(looked),
    )


def _shapes(looked: Looked) -> dict[str, object]:
    features = [
        {
            "type": "Feature",
            "id": one.code,
            "properties": {"code": one.code, "name": one.name},
            "geometry": {"type": "MultiPolygon", "coordinates": corners(one.shape)},
        }
        for one in looked.grids
        if one.code in looked.changed and one.shape is not None
    ]
    return {"type": "FeatureCollection", "features": features}


def _ground(looked: Looked) -> dict[str, object]:
    features = [
        {
            "type": "Feature",
            "properties": {"source": one.source, "to": one.to, "m2": round(one.m2, 1)},
            "geometry": {"type": "MultiPolygon", "coordinates": corners(one.shape)},
        }
        for one in looked.handed
    ]
    return {"type": "FeatureCollection", "features": features}
