"""设施覆盖: the page of the coverage map."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from api.access import Access, TheCaller, open_to
from api.coverage import ROLES
from api.dependencies import AsOfNow, Database, Language, TheService
from api.headers import nonce
from api.maps import Page, around
from api.navigation import pages_for
from gis.facility_kinds import facility_kinds
from gis.store import regions
from gis.store.coverage import open_by_kind
from maps.coverage_page import coverage_page

router = APIRouter(route_class=Page, include_in_schema=False, default_response_class=HTMLResponse)


@router.get("/coverage")
@open_to(Access.ACCOUNT, *ROLES)
def show_coverage(
    request: Request,
    database: Database,
    caller: TheCaller,
    as_of: AsOfNow,
    language: Language,
    service: TheService,
) -> HTMLResponse:
    """Whom the facilities of a kind serve: the map for planners."""
    page = coverage_page(
        language=language,
        nonce=nonce(request),
        kinds=list(facility_kinds().values()),
        open_by_kind=open_by_kind(database),
        today=as_of.valid_on,
        bounds=around(regions.level_counts(database, as_of)),
        review_no=service.settings.review_no,
        account_name=caller.name,
        open_pages=pages_for(request, caller),
    )
    return HTMLResponse(page)
