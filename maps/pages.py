"""Which pages does the service show? Each function gives one whole page as HTML.

`language` is one of `maps.words.LANGUAGES`; `nonce` the one in the CSP of the answer. Text from
people goes into the page's boot data only. Folium is imported with the first map page.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final, TypedDict

from maps.navigation import PageLink
from maps.shell import render
from maps.theme import map_theme

CHINA: Final = (73.5, 18.1, 134.8, 53.6)


class LevelChoice(TypedDict):
    """One entry of `GET /api/v1/levels`: a level to choose; `count` regions are known of it."""

    code: str
    name: str
    rank: int
    overlay: bool
    count: int


def regions_page(
    *,
    language: str,
    nonce: str,
    levels: Sequence[LevelChoice],
    today: date,
    bounds: tuple[float, float, float, float] | None,
    edition_count: int,
    review_no: str | None,
    account_name: str,
    open_pages: Sequence[PageLink] = (),
) -> str:
    """区划与网格: the regions of a level on any day, on a map and in a list.

    `today` is the day in Asia/Shanghai; `bounds` west, south, east, north in degrees (WGS 84) of
    all there is to see, None when nothing has a shape; `review_no` the 审图号, without which the
    page says that it is for internal use only; `open_pages` those the reader may go to.
    """
    from maps.layers import parents_layer, regions_layer
    from maps.mapkit import AppPage, OfflineMap

    box = bounds or CHINA
    drawn = OfflineMap.over(box)
    drawn.add_child(parents_layer())
    drawn.add_child(regions_layer())
    page = AppPage(
        "regions",
        language=language,
        nonce=nonce,
        word_prefixes=("map.", "page.common."),
        boot={
            "account": account_name,
            "bounds": list(box),
            "editions": edition_count,
            "levels": list(levels),
            "reviewNo": review_no,
            "theme": map_theme(),
            "today": today.isoformat(),
        },
        theme=map_theme(),
        pages=open_pages,
    )
    page.add_child(drawn)
    return page.render()


def sign_in_page(*, language: str, nonce: str) -> str:
    """The sign-in page; after it the reader goes on to the path in `?next=`, else to `/`."""
    return render(
        "sign_in",
        language=language,
        nonce=nonce,
        word_prefixes=("page.common.", "page.sign_in."),
    )


def docs_page(*, language: str, nonce: str) -> str:
    """The API's description, read from `/openapi.json` by Swagger UI out of our own files."""
    return render("docs", language=language, nonce=nonce, word_prefixes=("page.common.",))


def error_page(*, language: str, nonce: str, title: str, text: str) -> str:
    """What went wrong and a way on; `title` and `text` are already in the reader's language."""
    return render(
        "error",
        language=language,
        nonce=nonce,
        word_prefixes=("page.common.",),
        title=title,
        text=text,
    )
