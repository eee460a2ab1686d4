"""调整网格边界, 版本 and 业务网: where grids are redrawn, where that is decided, and which nets,
disputes and unowned places there are.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from api.access import Access, TheCaller, open_to
from api.dependencies import AsOfNow, Database, Language, TheService
from api.editions import READERS
from api.headers import nonce
from api.maps import Page, around, level_choices
from api.navigation import pages_for
from gis.nets import NetKind
from gis.store import regions
from gis.workflows.keep_nets import KEEPERS
from gis.workflows.propose_change import PROPOSERS
from maps.change_pages import Around, editions_page, nets_page, proposals_page
from maps.words import say

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


@router.get("/nets")
@open_to(Access.ACCOUNT)
def show_nets(
    here: TheAround, database: Database, caller: TheCaller, as_of: AsOfNow, language: Language
) -> HTMLResponse:
    """Business nets, disputes and unowned places."""
    counts = regions.level_counts(database, as_of)
    page = nets_page(
        here,
        levels=level_choices(database, counts),
        may_keep=bool(caller.roles & set(KEEPERS)),
        may_see_unowned=bool(caller.roles & set(READERS)),
        net_kinds={kind.value: say(language, f"net.kind.{kind}") for kind in NetKind},
    )
    return HTMLResponse(page)
