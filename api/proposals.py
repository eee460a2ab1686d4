"""Changes of grids over HTTP: what one would mean, and keeping it as a draft edition."""

from __future__ import annotations

from datetime import date
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.access import Access, TheCaller, open_to
from api.change_shapes import corners
from api.dependencies import Database, Language, Now, TheService
from api.editions import seen_edition
from api.inputs import RowId
from api.proposal_bodies import ChangeIn, ProposalIn
from gis.codes import named
from gis.editions import APPROVERS
from gis.errors import BadInput, NotAllowed
from gis.impact import Counted, GridImpact
from gis.model import BEIJING
from gis.store import edition_life
from gis.workflows.edition_rights import may_see_impact
from gis.workflows.propose_change import (
    PROPOSERS,
    Looked,
    Sides,
    Submitted,
    look_at_change,
    look_at_draft,
    look_at_sides,
    submit_change,
)
from maps.faults import fault_words
from maps.words import say

router = APIRouter(prefix="/api/v1", tags=["proposals"])


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


class ContestedOut(BaseModel):
    """A dispute, not settled yet, on ground that changes hands; `ends_on`: last day of its term."""

    code: str
    reason: str
    ends_on: date | None


class ImpactOut(BaseModel):
    """What a change would mean, before anybody approves it.

    `moving`: open matters that another grid would hold; `unplaced`: those of an ending grid whose
    place nobody knows; `rehoused`: buildings that another grid would have, `homeless`: that none
    would, `cut`: that would lie in several; `posts` need a new home; `ended`: codes whose
    statistics and groups break off. `shapes` is a FeatureCollection of the grids that differ,
    `ground` one of what changes hands: `source`, `to`, `m2`.
    """

    grids: list[GridImpactOut]
    members: list[MemberLoadOut]
    moving: list[str]
    unplaced: list[str]
    rehoused: list[str]
    homeless: list[str]
    cut: list[str]
    posts: list[PostAtOut]
    ended: list[str]
    nets: list[NetImpactOut] = Field(description="business nets and groups that it concerns")
    disputes: list[ContestedOut]
    faults: list[FaultOut]
    shapes: dict[str, object]
    ground: dict[str, object]


class SideOut(BaseModel):
    """A grid whose households or buildings would be others; null where it isn't there."""

    code: str
    before: CountedOut | None
    after: CountedOut | None


class SidesOut(BaseModel):
    """Which grid would have which households, while a change is still being drawn.

    `refused` says why it can't be made as it stands; then nothing else is told but `codes`: what is
    amiss with new codes. A new grid without a code has one that begins with `?`.
    """

    grids: list[SideOut]
    rehoused: list[str] = Field(description="codes of buildings that another grid would have")
    cut: list[str] = Field(description="codes of buildings that would lie in several grids")
    codes: list[str]
    refused: str | None


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
    asked = body.to_domain(service.settings.code_pattern())
    return _impact(look_at_change(database, caller.account_id, asked, now), language)


@router.post("/proposals/sides")
@open_to(Access.ACCOUNT, *PROPOSERS)
def proposal_sides(
    body: ChangeIn,
    database: Database,
    caller: TheCaller,
    service: TheService,
    now: Now,
    language: Language,
) -> SidesOut:
    """Who would be on which side of what is being drawn: quicker than the impact, unjudged."""
    try:
        asked = body.to_domain(service.settings.code_pattern())
        found = look_at_sides(database, caller.account_id, asked, now)
    except BadInput as drawn_wrong:
        found = Sides((), (), drawn_wrong)
    refused = found.refused
    return SidesOut(
        grids=[
            SideOut(
                code=one.code,
                before=CountedOut.of(one.before) if one.before else None,
                after=CountedOut.of(one.after) if one.after else None,
            )
            for one in found.grids
        ],
        rehoused=list(found.rehoused),
        cut=list(found.cut),
        codes=[fault_words(language, one) for one in found.codes],
        refused=say(language, refused.key, **refused.values) if refused else None,
    )


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
    asked = body.to_domain(service.settings.code_pattern())
    looked = submit_change(database, caller.account_id, asked, kept_as, now)
    found = edition_life.facts_of(database, name=body.name)
    return ProposalOut(
        id=found.id, name=found.name, valid_from=day, impact=_impact(looked, language)
    )


@router.get("/proposals/{edition_id}/impact")
@open_to(Access.ACCOUNT, *sorted(APPROVERS))
def draft_impact(
    edition_id: RowId, database: Database, caller: TheCaller, now: Now, language: Language
) -> ImpactOut:
    """What an open draft of a community's grids would mean as things stand now, for those who
    decide about it; its faults are told by themselves.
    """
    found = seen_edition(edition_id, database, caller).facts
    if not may_see_impact(database, found, caller.account_id, now):
        raise NotAllowed("error.draft_impact_not_yours", edition=found.name)
    return _impact(look_at_draft(database, found, now), language)


# ---- out ---------------------------------------------------------------------------------------


def _impact(looked: Looked, language: str) -> ImpactOut:
    found = looked.impact
    names = {one.code: named(one.name, one.code, one.parent_code) for one in looked.grids}
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
        rehoused=list(found.rehoused),
        homeless=list(found.homeless),
        cut=list(looked.cut),
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
        disputes=[
            ContestedOut(code=one.code, reason=one.reason, ends_on=one.ends_on)
            for one in looked.disputes
        ],
        faults=[
            FaultOut(
                kind=one.kind.value,
                text=fault_words(language, one, names),
                m2=one.m2,
                lon=one.lon,
                lat=one.lat,
                stops=not one.tolerated,
            )
            for one in looked.faults
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
