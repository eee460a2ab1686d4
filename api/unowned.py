"""Unowned places over HTTP: ground of communities that no grid has, and what stands on it."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field

from api.access import Access, TheCaller, open_to
from api.audit import MOST_REGIONS
from api.dependencies import AsOfNow, Database, Language, Now
from api.editions import READERS
from api.inputs import PageSize
from api.lists import GEOJSON, HEADERS, REACHES_MEMBERS, After, TheRegion, cursor
from gis.accounts import Role
from gis.errors import BadInput
from gis.model import GRID
from gis.store import approvals, levels
from gis.store.audit import region_count
from gis.unowned import Unowned
from gis.workflows.list_unowned import list_unowned
from maps.unowned_places import unowned_geojson, unowned_words

router = APIRouter(prefix="/api/v1", tags=["audit"])


class NearGridOut(BaseModel):
    code: str
    metres: float


class UnownedOut(BaseModel):
    """One unowned place. Counts are null for those without a role of work over the region."""

    community: str
    m2: float
    lon: float
    lat: float
    whole: bool = Field(description="the community has no grid at all")
    nearest: list[NearGridOut]
    buildings: int | None
    households: int | None
    matters: int | None
    text: str

    @classmethod
    def of(cls, one: Unowned, language: str) -> UnownedOut:
        return cls(
            community=one.community,
            m2=round(one.m2, 1),
            lon=one.lon,
            lat=one.lat,
            whole=one.whole,
            nearest=[NearGridOut(code=g.code, metres=g.metres) for g in one.nearest],
            buildings=one.buildings,
            households=one.households,
            matters=one.matters,
            text=unowned_words(language, one),
        )


class UnownedPage(BaseModel):
    day: date
    count: int
    m2: float = Field(description="of all of them")
    places: list[UnownedOut]
    next: str | None = Field(description="give it as `after` to get the next page; null at the end")


def unowned_here(
    database: Database, caller: TheCaller, as_of: AsOfNow, now: Now, root: TheRegion
) -> list[Unowned]:
    """The unowned places asked for. Raises BadInput when the region is too large for one answer."""
    level = levels.level_of(database, GRID)
    grids = region_count(database, level.id, root, as_of)
    if grids > MOST_REGIONS:
        raise BadInput("error.unowned_too_large", count=grids, most=MOST_REGIONS)
    roles = (*REACHES_MEMBERS, Role.PLANNER)
    counts = approvals.holds_a_role_over(database, caller.account_id, roles, root, now)
    return list_unowned(database, root, as_of, now, count=counts)


Found = Annotated[list[Unowned], Depends(unowned_here, scope="function")]


@router.get("/unowned")
@open_to(Access.ACCOUNT, *READERS)
def list_places(
    found: Found, as_of: AsOfNow, language: Language, limit: PageSize = 100, after: After = None
) -> UnownedPage:
    """Ground of communities that no grid has, largest first, with the nearest grids."""
    if after is not None and not (after.isascii() and after.isdigit() and len(after) < 9):
        raise BadInput("error.cursor")
    first = int(after or 0)
    return UnownedPage(
        day=as_of.valid_on,
        count=len(found),
        m2=round(sum(one.m2 for one in found), 1),
        places=[UnownedOut.of(one, language) for one in found[first : first + limit]],
        next=cursor(str(first + limit)) if len(found) > first + limit else None,
    )


@router.get(
    "/unowned.geojson",
    response_class=Response,
    responses={200: {"content": {GEOJSON: {"schema": {"type": "object"}}}}},
)
@open_to(Access.ACCOUNT, *READERS)
def place_shapes(found: Found, language: Language) -> Response:
    """The same as features."""
    return Response(unowned_geojson(found, language), media_type=GEOJSON, headers=HEADERS)
