"""边界体检: the page of boundary health. Its faults come by URL, never with the page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from maps.pages import CHINA, LevelChoice
from maps.theme import FAULT, NOTE, REPAIR, map_theme

if TYPE_CHECKING:
    from maps.navigation import PageLink

WORDS = ("map.", "page.common.", "page.audit.")


def audit_page(
    *,
    language: str,
    nonce: str,
    levels: Sequence[LevelChoice],
    today: date,
    bounds: tuple[float, float, float, float] | None,
    may_mend: bool,
    review_no: str | None,
    account_name: str,
    open_pages: Sequence[PageLink] = (),
) -> str:
    """What is wrong with the boundaries of a level: counts by kind, a list, and places on the map.

    `may_mend` shows how to make a draft of what is safe; the others as for the page of regions.
    """
    from maps.layers import audit_layers
    from maps.mapkit import AppPage, OfflineMap

    box = bounds or CHINA
    drawn = OfflineMap.over(box)
    for layer in audit_layers():
        drawn.add_child(layer)
    theme = {**map_theme(), "fault": FAULT, "note": NOTE, "repair": REPAIR}
    page = AppPage(
        "audit",
        language=language,
        nonce=nonce,
        word_prefixes=WORDS,
        boot={
            "account": account_name,
            "bounds": list(box),
            "levels": list(levels),
            "mayMend": may_mend,
            "reviewNo": review_no,
            "theme": theme,
            "today": today.isoformat(),
        },
        theme=theme,
        pages=open_pages,
    )
    page.add_child(drawn)
    return page.render()
