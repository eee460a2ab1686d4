"""调整网格边界 and 版本: the pages where grids are redrawn and where that is decided."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from api.access import Access, TheCaller, open_to
from api.dependencies import AsOfNow, Database, Language, TheService
from api.editions import READERS
from api.headers import nonce
from api.maps import Page, around
from api.navigation import pages_for
from gis.store import regions
from gis.workflows.propose_change import PROPOSERS
from maps.change_pages import Around, editions_page, proposals_page

router = APIRouter(route_class=Page, include_in_schema=False, default_response_class=HTMLResponse)


def what_is_around(
    request: Request,
    database: Database,
    caller: TheCaller,
    as_of: AsOfNow,
    language: Language,
    service: TheService,
) -> Around:
    """What both pages stand in."""
    return Around(
        language=language,
        nonce=nonce(request),
        today=as_of.valid_on,
        bounds=around(regions.level_counts(database, as_of)),
        review_no=service.settings.review_no,
        account_name=caller.name,
        open_pages=pages_for(request, caller),
    )


TheAround = Annotated[Around, Depends(what_is_around, scope="function")]


@router.get("/proposals")
@open_to(Access.ACCOUNT, *PROPOSERS)
def show_proposals(here: TheAround) -> HTMLResponse:
    """Draw a change of grids, see what it means, submit it."""
    return HTMLResponse(proposals_page(here))


@router.get("/editions")
@open_to(Access.ACCOUNT, *READERS)
def show_editions(here: TheAround) -> HTMLResponse:
    """What editions change, and every decision about them."""
    return HTMLResponse(editions_page(here))
