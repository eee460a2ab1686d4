"""The pages: regions on a map, signing in, the API's description. Errors are pages here, too."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.routing import APIRoute

from api.access import Access, TheCaller, open_to
from api.dependencies import AsOfNow, Database, Language, TheService
from api.errors import PROBLEMS, language_of
from api.headers import nonce
from api.navigation import pages_for
from gis.errors import GridError, NotSignedIn, PasswordMustChange
from gis.store import editions, levels, regions
from gis.store.regions import Box, LevelCount
from maps.pages import LevelChoice, docs_page, error_page, regions_page, sign_in_page
from maps.words import say

Handler = Callable[[Request], Coroutine[Any, Any, Response]]

SIGN_IN: Final = "/sign-in"


class Page(APIRoute):
    """A route for people: who isn't signed in is sent to sign in, an error is a page."""

    def get_route_handler(self) -> Handler:
        answer = super().get_route_handler()

        async def with_pages(request: Request) -> Response:
            try:
                return await answer(request)
            except (NotSignedIn, PasswordMustChange):
                onward = quote(request.url.path, safe="/")
                return RedirectResponse(f"{SIGN_IN}?next={onward}", status_code=303)
            except RequestValidationError:
                return _error_page(request, 422, "page.error.address")
            except GridError as error:
                status = next(PROBLEMS[kind][0] for kind in type(error).__mro__ if kind in PROBLEMS)
                return _error_page(request, status, error.key, **error.values)

        return with_pages


router = APIRouter(
    route_class=Page,
    include_in_schema=False,
    default_response_class=HTMLResponse,
)


@router.get("/")
def show_regions(
    request: Request,
    database: Database,
    caller: TheCaller,
    as_of: AsOfNow,
    language: Language,
    service: TheService,
) -> HTMLResponse:
    """区划与网格: the regions of a level on any day."""
    counts = regions.level_counts(database, as_of)
    page = regions_page(
        language=language,
        nonce=nonce(request),
        levels=level_choices(database, counts),
        today=as_of.valid_on,
        bounds=around(counts),
        edition_count=len(editions.all_editions(database)),
        review_no=service.settings.review_no,
        account_name=caller.name,
        open_pages=pages_for(request, caller),
    )
    return HTMLResponse(page)


@router.get(SIGN_IN)
@open_to(Access.PUBLIC)
def show_sign_in(request: Request, language: Language) -> HTMLResponse:
    """登录."""
    return HTMLResponse(sign_in_page(language=language, nonce=nonce(request)))


@router.get("/docs")
@open_to(Access.PUBLIC)
def show_docs(request: Request, language: Language) -> HTMLResponse:
    """The API's description, out of our own files."""
    return HTMLResponse(docs_page(language=language, nonce=nonce(request)))


def level_choices(database: Database, counts: dict[str, LevelCount]) -> list[LevelChoice]:
    """Every level with how many regions it has."""
    return [
        LevelChoice(
            code=one.code,
            name=one.name,
            rank=one.rank,
            overlay=one.overlay,
            count=counts[one.code].count if one.code in counts else 0,
        )
        for one in levels.all_levels(database)
    ]


def around(counts: dict[str, LevelCount]) -> Box | None:
    """The box around everything that has a shape."""
    boxes = [one.box for one in counts.values() if one.box]
    if not boxes:
        return None
    west, south, east, north = zip(*boxes, strict=True)
    return (min(west), min(south), max(east), max(north))


def _error_page(request: Request, status: int, key: str, **values: Any) -> HTMLResponse:
    language = language_of(request)
    page = error_page(
        language=language,
        nonce=nonce(request),
        title=say(language, "page.error.title"),
        text=say(language, key, **values),
    )
    return HTMLResponse(page, status_code=status)
