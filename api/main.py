"""The HTTP door: puts the parts together. Light to import; nothing here reads a file or a map."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import anyio
import anyio.to_thread
from fastapi import Depends, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Scope

from api import (
    accounts,
    addresses,
    audit,
    audit_page,
    boundaries,
    change_pages,
    change_shapes,
    coverage,
    coverage_page,
    disputes,
    edition_steps,
    editions,
    errors,
    field_page,
    health,
    locate,
    locate_region,
    maps,
    matter_reads,
    matter_steps,
    matters,
    net_matching,
    nets,
    ownership,
    people,
    places,
    plates,
    proposal_places,
    proposals,
    relations,
    responsible,
    sessions,
    unowned,
)
from api.access import Access, authorise, declaration_of
from api.dependencies import Beginner, Service, known_parameters
from api.headers import Outermost
from api.settings import Settings
from api.thin import ThinLocate
from api.tilings import Tilings
from gis.passwords import Passwords

# Every route of the service; a new module adds its router here and its routes to the scope test.
# They are gone through one after the other for each request: what is asked most often comes first.
ROUTERS: Final = (
    matters.router,
    matter_reads.router,
    matter_steps.router,
    health.router,
    sessions.router,
    accounts.router,
    boundaries.router,
    editions.router,
    edition_steps.router,
    proposal_places.router,
    change_shapes.router,
    proposals.router,
    audit.router,
    disputes.router,
    net_matching.router,
    nets.router,
    relations.router,
    locate.router,
    locate_region.router,
    addresses.router,
    ownership.router,
    coverage.router,
    coverage_page.router,
    audit_page.router,
    unowned.router,
    change_pages.router,
    responsible.router,
    places.router,
    plates.router,
    people.router,
    maps.router,
    field_page.router,
)

STATIC: Final = Path(__file__).parent.parent / "maps" / "static"
MOST_BODY_BYTES: Final = 2 * 1024 * 1024
FAREWELL_S: Final = 5.0  # how long matters that are being taken in may hold up the end
SPARE_THREADS: Final = 12  # beside one for each connection: for files, which need none

PROBLEM: Final = {
    "type": "object",
    "description": "Problem details, RFC 9457; the types are listed in docs/api.md",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "fields": {"type": "array", "items": {"type": "object"}},
        "faults": {"type": "array", "items": {"type": "object"}},
        "reference": {"type": "string"},
    },
}
ANY_PROBLEM: Final[dict[int | str, dict[str, Any]]] = {
    "default": {
        "description": "What went wrong, and what to do about it",
        "content": {"application/problem+json": {"schema": PROBLEM}},
    }
}
LOCKS: Final = {
    "session": {"type": "apiKey", "in": "cookie", "name": "wangge_session"},
    "key": {"type": "http", "scheme": "bearer", "description": "an API key, wg_…"},
}
OPENED_BY: Final[dict[Access, list[dict[str, list[str]]]]] = {
    Access.PUBLIC: [],
    Access.ACCOUNT: [{"session": []}, {"key": []}],
    Access.PERSON: [{"session": []}],
    Access.SYSTEM: [{"key": []}],
}


class App(FastAPI):
    """FastAPI with our layers outside of all of its own."""

    def build_middleware_stack(self) -> ASGIApp:
        inner = super().build_middleware_stack()
        return ThinLocate(Outermost(inner), lambda: self.state.service)

    def openapi(self) -> dict[str, Any]:
        """The description of the API, with who may use each route."""
        described = super().openapi()
        described.setdefault("components", {})["securitySchemes"] = LOCKS
        for path, method, endpoint in api_routes(self):
            operation = described["paths"].get(path, {}).get(method.lower())
            if operation is not None:
                declared = declaration_of(endpoint)
                operation["security"] = OPENED_BY[declared.access]
                operation["x-access"] = declared.access.value
                operation["x-roles"] = sorted(declared.roles)
        return described


class Files(StaticFiles):
    """Our own scripts, styles and pictures: kept by the browser, asked about before each use."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "public, no-cache"
        if response.headers.get("content-type", "").endswith("+xml"):
            response.headers["Content-Type"] += "; charset=utf-8"
        return response


def create_app(
    settings: Settings,
    engine: Beginner,
    passwords: Passwords | None = None,
    tilings: Tilings | None = None,
) -> App:
    """The service over a database. `engine` is closed by whoever opened it; `tilings`, if given,
    are looked after elsewhere, else nothing is answered from an index.
    """
    app = App(
        title="Wangge",
        version=version("wangge"),
        docs_url=None,
        redoc_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False},
        dependencies=[Depends(authorise), Depends(known_parameters)],
        responses=ANY_PROBLEM,
        max_body_size=MOST_BODY_BYTES,
        redirect_slashes=False,
        lifespan=_lifespan,
    )
    errors.install(app)
    app.add_middleware(GZipMiddleware, minimum_size=1024, compresslevel=5)
    for router in ROUTERS:
        app.include_router(router)
    app.mount("/static", Files(directory=STATIC))
    app.state.service = Service(
        settings=settings,
        engine=engine,
        passwords=passwords or Passwords(),
        turns=anyio.CapacityLimiter(settings.connections),
        tilings=tilings or Tilings(settings.tiling_folder()),
    )
    app.state.service.parameters.update(_query_parameters(app))
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """As many threads as connections, and some for files: none waits for one that waits for it.
    Who is at work at the end is waited for.
    """
    threads = anyio.to_thread.current_default_thread_limiter()
    threads.total_tokens = app.state.service.settings.connections + SPARE_THREADS
    yield
    with anyio.move_on_after(FAREWELL_S):
        await app.state.service.together.finish()


def api_routes(app: FastAPI) -> list[tuple[str, str, Any]]:
    """(path, method, endpoint) of every route of the API and the pages."""
    return [
        (context.path or "", method, context.endpoint)
        for context in iter_route_contexts(app.routes)
        if isinstance(context.original_route, APIRoute)
        for method in sorted(context.methods or ())
    ]


def _query_parameters(app: FastAPI) -> dict[tuple[str, str], frozenset[str]]:
    """The names each described route knows; pages that aren't described take any.

    From the routes themselves: the description of the whole API takes seconds to write.
    """
    return {
        (context.path or "", method): frozenset(_query_names(context.dependant))
        for context in iter_route_contexts(app.routes)
        if isinstance(context.original_route, APIRoute) and context.original_route.include_in_schema
        for method in context.methods or ()
    }


def _query_names(asked: Dependant) -> Iterator[str]:
    """The query parameters that a function and all that it depends on ask for."""
    yield from (one.alias for one in asked.query_params)
    for part in asked.dependencies:
        yield from _query_names(part)
