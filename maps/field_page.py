"""The field map of one grid: what a grid member has in hand all day.

List first, map after: the page is whole without a map, and then neither Leaflet nor map data is
fetched. Folium is imported only for the page with one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TypedDict

from maps.navigation import PageLink
from maps.shell import render, words_for
from maps.theme import matter_theme

OWN: Final = "page.field."
WORDS: Final = ("page.common.failed", "page.common.offline", "state.")
WORDS_OF_OTHERS: Final = ("matter_class.", "map.internal", "map.review_no")


class GridChoice(TypedDict):
    """A grid to open: its code, its name and the name of its community ("" unknown)."""

    code: str
    name: str
    community: str


def field_page(
    *,
    language: str,
    nonce: str,
    grid: GridChoice,
    bounds: tuple[float, float, float, float] | None,
    choices: Sequence[GridChoice],
    more: bool,
    account: tuple[int, str, str],
    open_pages: Sequence[PageLink],
    review_no: str | None,
    with_map: bool,
) -> str:
    """网格地图: open matters of one grid in a list and on a map, reporting, and the next steps.

    `bounds` is the grid's box (west, south, east, north, degrees, WGS 84), without which there is
    no map either; `choices` are the first grids that may be opened instead, `more` says that
    there are others; `account` is the number, login and name of who reads; `review_no` the 审图号,
    without which the map says that it is for internal use only.
    """
    number, login, name = account
    page: dict[str, Any] = {
        "language": language,
        "nonce": nonce,
        "word_prefixes": (*WORDS, *WORDS_OF_OTHERS),
        "boot": {
            "account": name,
            "bounds": bounds,
            "choices": [one | {"community": ""} for one in choices],
            "grid": grid,
            "me": {"id": number, "login": login},
            # without what they all begin with: a kilobyte for a phone in the country
            "own": {
                key.removeprefix(OWN): word for key, word in words_for(language, (OWN,)).items()
            },
            "reviewNo": review_no,
            "theme": matter_theme(),
        },
        "more": more,
        "pages": open_pages,
        "map_wanted": with_map,
        "with_map": with_map and bounds is not None,
    }
    if not with_map or bounds is None:
        return render("field", map_styles=(), map_scripts=(), map_html="", map_script="", **page)
    return _with_map(bounds, page)


def _with_map(bounds: tuple[float, float, float, float], page: dict[str, Any]) -> str:
    from maps.layers import field_layers
    from maps.mapkit import AppPage, OfflineMap

    drawn = OfflineMap.over(bounds)
    for layer in field_layers():
        drawn.add_child(layer)
    whole = AppPage("field", **page)
    whole.add_child(drawn)
    return whole.render()
