"""Which pages may the caller open? The navigation shows those and no others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import Request
from fastapi.routing import iter_route_contexts

from api.access import declaration_of
from maps.navigation import PAGES

if TYPE_CHECKING:
    from gis.accounts import Caller
    from maps.navigation import PageLink


def pages_for(request: Request, caller: Caller) -> list[PageLink]:
    """The pages whose route declares no role, or one that the caller holds."""
    endpoints = {
        context.path: context.endpoint
        for context in iter_route_contexts(request.app.routes)
        if context.path in {page.path for page in PAGES}
    }
    return [page for page in PAGES if page.path in endpoints and _may(endpoints[page.path], caller)]


def _may(endpoint: object, caller: Caller) -> bool:
    declared = declaration_of(endpoint) if callable(endpoint) else None
    return declared is not None and (not declared.roles or bool(declared.roles & caller.roles))
