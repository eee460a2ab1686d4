"""Whose grids may the caller propose to change, and what do those grids hold today?"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from api.access import Access, TheCaller, TheScope, open_to
from api.change_shapes import corners
from api.dependencies import AsOfNow, Database, Now
from api.inputs import Code, PageSize, Text
from api.lists import After, one_page
from gis.impact import GridImpact
from gis.model import BoundaryRow
from gis.store.proposal_facts import CommunityRow, communities_in_scope
from gis.workflows.propose_change import PROPOSERS, look_at_community

router = APIRouter(prefix="/api/v1/proposals", tags=["proposals"])


class CommunityOut(BaseModel):
    """A community whose grids the caller may propose to change."""

    code: str
    name: str
    above: str = Field(description="name of the region it lies in")


class CommunitiesOut(BaseModel):
    communities: list[CommunityOut]
    next: str | None = Field(description="give it as `after` to get the next page; null at the end")


class GridOut(BaseModel):
    """A grid in force; `member` is responsible for it today."""

    code: str
    name: str
    member: str | None
    households: int
    buildings: int
    matters: int = Field(description="open ones")


class StandingOut(BaseModel):
    """A community before any change; `shapes`: its grids as a FeatureCollection, exact."""

    code: str
    name: str
    grids: list[GridOut]
    shapes: dict[str, object]


@router.get("/communities")
@open_to(Access.ACCOUNT, *PROPOSERS)
def list_communities(
    database: Database,
    scope: TheScope,
    as_of: AsOfNow,
    after: After,
    q: Annotated[
        Annotated[Text, Field(max_length=100)], Query(description="start of a code, part of a name")
    ] = "",
    limit: PageSize = 50,
) -> CommunitiesOut:
    """Communities the caller plans or works for, by code."""
    found = communities_in_scope(database, scope, as_of, words=q, after=after, most=limit + 1)
    page, following = one_page(found, limit, _code)
    listed = [CommunityOut(code=one.code, name=one.name, above=one.above) for one in page]
    return CommunitiesOut(communities=listed, next=following)


@router.get("/communities/{code}")
@open_to(Access.ACCOUNT, *PROPOSERS)
def one_community(code: Code, database: Database, caller: TheCaller, now: Now) -> StandingOut:
    """The grids of a community in force: members, households, open matters, exact shapes."""
    there = look_at_community(database, caller.account_id, code, now)
    names = {one.code: one.name for one in there.grids}
    return StandingOut(
        code=there.code,
        name=there.name,
        grids=[_grid(one, names[one.code]) for one in there.impact.grids],
        shapes={
            "type": "FeatureCollection",
            "features": [_feature(one) for one in there.grids if one.shape is not None],
        },
    )


def _code(row: CommunityRow) -> str:
    return row.code


def _grid(one: GridImpact, name: str) -> GridOut:
    held = one.before
    return GridOut(
        code=one.code,
        name=name or one.code,
        member=one.member,
        households=held.households if held else 0,
        buildings=held.buildings if held else 0,
        matters=held.matters if held else 0,
    )


def _feature(one: BoundaryRow) -> dict[str, object]:
    shape = one.shape
    return {
        "type": "Feature",
        "id": one.code,
        "properties": {"code": one.code, "name": one.name},
        "geometry": shape and {"type": "MultiPolygon", "coordinates": corners(shape)},
    }
