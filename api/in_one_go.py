"""One request in one thread: who asks, the work and the commit, without the framework in between.

The framework resolves every dependency by itself and gives each its thread, which takes longer than
the work of a short request. A route of this class is asked in one go instead where its request is
plain. Every other request goes the framework's way, which is the same function with the same
checks, and answers byte for byte the same.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from fastapi.concurrency import run_in_threadpool
from fastapi.routing import APIRoute

from api.access import authorise
from api.dependencies import Transaction, clock, service_of, turn

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from datetime import datetime

    from fastapi import Request
    from fastapi.responses import Response
    from sqlalchemy import Connection

    from gis.accounts import Caller

    Work: TypeAlias = Callable[[Connection, Caller, datetime], Response]

MOST_PLAIN_BYTES: Final = 64 * 1024
PLAIN_TYPES: Final = ("application/json", "application/json; charset=utf-8")

Reader: TypeAlias = Callable[["Request", bytes], "Work | None"]


def in_one_go(read: Reader) -> type[APIRoute]:
    """A class of routes whose plain requests `read` turns into their work, given the body; it gives
    None for what the framework has to look at, such as a body with faults.
    """

    class InOneGo(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            framework: Callable[[Request], Awaitable[Response]] = super().get_route_handler()

            async def answer(request: Request) -> Response:
                work = read(request, await request.body()) if _is_plain(request) else None
                if work is None:
                    return await framework(request)
                now = await clock()
                async with turn(request):
                    return await run_in_threadpool(_do, request, work, now)

            return answer

    return InOneGo


def _is_plain(request: Request) -> bool:
    """A short JSON body, no query, and no dependency that a test has put in another's place."""
    length = request.headers.get("content-length", "")
    return (
        request.headers.get("content-type", "").lower() in PLAIN_TYPES
        and len(length) < 10
        and length.isdecimal()
        and int(length) <= MOST_PLAIN_BYTES
        and not request.scope["query_string"]
        and not request.app.dependency_overrides
    )


def _do(request: Request, work: Work, now: datetime) -> Response:
    """The transaction ends before the answer is given on: 201 means kept."""
    with Transaction(service_of(request).engine) as opened:
        caller = authorise(request, opened, now)
        assert caller is not None, "routes open to the public go the framework's way"
        return work(opened.connection, caller, now)
