"""设施覆盖: the page of the coverage map. Its figures come by URL, never with the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from maps.marks import mark_of
from maps.pages import CHINA
from maps.theme import coverage_theme, map_theme

if TYPE_CHECKING:
    from gis.places import FacilityKind
    from maps.navigation import PageLink

WORDS = ("map.", "page.common.", "page.coverage.", "coverage.")
PREFERRED = "elderly_station"  # what to begin with where no facility is known yet


def coverage_page(
    *,
    language: str,
    nonce: str,
    kinds: Sequence[FacilityKind],
    open_by_kind: Mapping[str, int],
    today: date,
    bounds: tuple[float, float, float, float] | None,
    review_no: str | None,
    account_name: str,
    open_pages: Sequence[PageLink] = (),
) -> str:
    """Whom the facilities of a kind serve, by grid and community, on a map and in tables.

    `open_by_kind` counts open facilities by kind; `today` is the day in Asia/Shanghai; `bounds`
    what to show until the first answer (degrees, WGS 84), None for China; `review_no` the 审图号,
    without which the page says that it is for internal use only.
    """
    from maps.layers import coverage_layers
    from maps.mapkit import AppPage, OfflineMap

    box = bounds or CHINA
    drawn = OfflineMap.over(box)
    for layer in coverage_layers():
        drawn.add_child(layer)
    theme = {**map_theme(), **coverage_theme()}
    page = AppPage(
        "coverage",
        language=language,
        nonce=nonce,
        word_prefixes=WORDS,
        boot={
            "account": account_name,
            "bounds": list(box),
            "kind": first_kind(kinds, open_by_kind, today),
            "kinds": [_choice(one, open_by_kind, today) for one in kinds],
            "reviewNo": review_no,
            "theme": theme,
            "today": today.isoformat(),
        },
        theme=theme,
        pages=open_pages,
    )
    page.add_child(drawn)
    return page.render()


def first_kind(kinds: Sequence[FacilityKind], open_by_kind: Mapping[str, int], today: date) -> str:
    """The kind with most open facilities that has a radius today; the first of equals."""
    ready = [one for one in kinds if _radius(one, today)]
    return max(ready, key=lambda one: (open_by_kind.get(one.code, 0), one.code == PREFERRED)).code


def _choice(kind: FacilityKind, open_by_kind: Mapping[str, int], today: date) -> dict[str, object]:
    return {
        "code": kind.code,
        "name": kind.name,
        "level": kind.level.value,
        "mark": mark_of(kind.code, kind.name),
        "open": open_by_kind.get(kind.code, 0),
        "radius_m": _radius(kind, today),
    }


def _radius(kind: FacilityKind, today: date) -> float | None:
    rule = kind.standard_on(today)
    return rule.radius_m if rule else None
