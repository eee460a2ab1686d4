"""网格地图: the field map of one grid, for the phone first."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Cookie, Request
from fastapi.responses import HTMLResponse

from api.access import Access, TheCaller, open_to
from api.dependencies import AsOfNow, Database, Language, Now, TheService
from api.headers import nonce
from api.inputs import Code
from api.maps import Page
from api.navigation import pages_for
from gis.accounts import Role
from gis.store.field_grids import FieldGrid
from gis.workflows.field_day import field_day
from maps.field_page import GridChoice, field_page

router = APIRouter(route_class=Page, include_in_schema=False, default_response_class=HTMLResponse)

NO_MAP: Final = "off"  # what the page's own switch writes into the cookie `map`


@router.get("/field")
@open_to(Access.ACCOUNT, Role.GRID_MEMBER, Role.COMMUNITY_CLERK, Role.DISPATCHER)
def show_field(
    request: Request,
    database: Database,
    caller: TheCaller,
    as_of: AsOfNow,
    now: Now,
    language: Language,
    service: TheService,
    grid: Code | None = None,
    map_switch: Annotated[str | None, Cookie(alias="map")] = None,
) -> HTMLResponse:
    """网格地图: the caller's own grid, or the one of `?grid=CODE` within the caller's scope."""
    day = field_day(database, caller, as_of, now, grid)
    page = field_page(
        language=language,
        nonce=nonce(request),
        grid=_choice(day.grid),
        bounds=day.grid.box,
        choices=[_choice(one) for one in day.choices],
        more=day.more,
        account=(caller.account_id, caller.login, caller.name),
        open_pages=pages_for(request, caller),
        review_no=service.settings.review_no,
        with_map=map_switch != NO_MAP,
    )
    return HTMLResponse(page)


def _choice(grid: FieldGrid) -> GridChoice:
    return GridChoice(code=grid.code, name=grid.name, community=grid.parent_name or "")
