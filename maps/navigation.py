"""Which pages are there to go to? The doors say which of them the reader may open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class PageLink:
    """A page in the navigation: its name, its path, the key of its word."""

    name: str
    path: str
    word: str


PAGES: Final = (
    PageLink("regions", "/", "page.nav.regions"),
    PageLink("coverage", "/coverage", "page.nav.coverage"),
    PageLink("audit", "/audit", "page.nav.audit"),
    PageLink("proposals", "/proposals", "page.nav.proposals"),
    PageLink("editions", "/editions", "page.nav.editions"),
    PageLink("nets", "/nets", "page.nav.nets"),
    PageLink("field", "/field", "page.nav.field"),
)
