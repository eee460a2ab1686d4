"""调整网格边界 and 版本: the pages where grids are redrawn and where that is decided.

Which grids, drafts and rights there are comes by URL, never with the page.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from maps.pages import CHINA, LevelChoice
from maps.theme import change_theme, map_theme

if TYPE_CHECKING:
    from maps.mapkit import UrlGeoJson
    from maps.navigation import PageLink

WORDS: Final = ("map.", "page.common.", "page.editions.", "page.proposals.", "edition.", "role.")
NET_WORDS: Final = ("map.", "page.common.", "page.nets.", "page.proposals.comma", "dispute.")

KINDS: Final = {
    "split_along": "page.proposals.split_along",
    "split_buildings": "page.proposals.split_buildings",
    "merge": "page.proposals.merge",
    "move_edge": "page.proposals.move_edge",
    "transfer_area": "page.proposals.transfer_area",
    "transfer_buildings": "page.proposals.transfer_buildings",
    "recode": "page.proposals.recode",
}
"""The changes there are, by the name the service knows them by, with their words."""

PICKS: Final = {
    "grid": "page.proposals.pick_grid",
    "into": "page.proposals.pick_into",
    "one": "page.proposals.pick_one",
    "other": "page.proposals.pick_other",
    "source": "page.proposals.pick_source",
    "to": "page.proposals.pick_to",
}
"""The grids that a change may ask for, by the name of its field, with their words."""


@dataclass(frozen=True, slots=True)
class Around:
    """What every page of ours stands in: language, nonce, day, bounds, account, other pages."""

    language: str
    nonce: str
    today: date
    bounds: tuple[float, float, float, float] | None
    review_no: str | None
    account_name: str
    open_pages: Sequence[PageLink] = ()


def proposals_page(around: Around) -> str:
    """Where a planner chooses a community, draws a change, sees what it means, and submits it."""
    from maps.layers import proposal_layers

    return _page("proposals", around, proposal_layers(), kinds=KINDS, picks=PICKS)


def editions_page(around: Around) -> str:
    """Every edition: what it changes, faults, approvals, into force, and back."""
    from maps.layers import edition_layers

    return _page("editions", around, edition_layers())


TABS: Final = {
    "nets": "page.nets.nets",
    "disputes": "page.nets.disputes",
    "unowned": "page.nets.unowned",
}
"""What the page of nets lists, with their words."""


def nets_page(
    around: Around,
    *,
    levels: Sequence[LevelChoice],
    may_keep: bool,
    may_see_unowned: bool,
    net_kinds: Mapping[str, str],
) -> str:
    """Business nets, disputes and unowned places on one map. `may_keep`: foreign nets are matched
    and disputes settled here; `net_kinds` are the kinds of nets with their words.
    """
    from maps.layers import edition_layers

    tabs = {one: word for one, word in TABS.items() if may_see_unowned or one != "unowned"}
    boot: dict[str, object] = {"levels": list(levels), "mayKeep": may_keep, "tabs": list(tabs)}
    return _page(
        "nets",
        around,
        edition_layers(),
        words=NET_WORDS,
        boot=boot,
        tabs=tabs,
        net_kinds=net_kinds,
    )


def _page(
    name: str,
    around: Around,
    layers: Iterable[UrlGeoJson],
    *,
    words: Sequence[str] = WORDS,
    boot: Mapping[str, object] | None = None,
    **values: Mapping[str, str],
) -> str:
    from maps.mapkit import AppPage, OfflineMap

    box = around.bounds or CHINA
    drawn = OfflineMap.over(box)
    for layer in layers:
        drawn.add_child(layer)
    theme = {**map_theme(), **change_theme()}
    page = AppPage(
        name,
        language=around.language,
        nonce=around.nonce,
        word_prefixes=words,
        boot={
            "account": around.account_name,
            "bounds": list(box),
            "reviewNo": around.review_no,
            "theme": theme,
            "today": around.today.isoformat(),
            **(boot or {}),
        },
        theme=theme,
        pages=around.open_pages,
        **values,
    )
    page.add_child(drawn)
    return page.render()
