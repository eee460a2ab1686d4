"""边界体检: the page of boundary health."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from api.access import Access, TheCaller, open_to
from api.dependencies import AsOfNow, Database, Language, TheService
from api.editions import READERS
from api.headers import nonce
from api.maps import Page, around, level_choices
from api.navigation import pages_for
from gis.accounts import Role
from gis.store import regions
from maps.audit_page import audit_page

router = APIRouter(route_class=Page, include_in_schema=False, default_response_class=HTMLResponse)


@router.get("/audit")
@open_to(Access.ACCOUNT, *READERS)
def show_audit(
    request: Request,
    database: Database,
    caller: TheCaller,
    as_of: AsOfNow,
    language: Language,
    service: TheService,
) -> HTMLResponse:
    """What is wrong with the boundaries in force, and what would mend it."""
    counts = regions.level_counts(database, as_of)
    page = audit_page(
        language=language,
        nonce=nonce(request),
        levels=level_choices(database, counts),
        today=as_of.valid_on,
        bounds=around(counts),
        may_mend=Role.PLANNER in caller.roles,
        review_no=service.settings.review_no,
        account_name=caller.name,
        open_pages=pages_for(request, caller),
    )
    return HTMLResponse(page)
