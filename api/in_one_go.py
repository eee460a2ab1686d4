"""Plain requests in one go: those that wait together, in one thread and one transaction.

The framework resolves every dependency of every request by itself and gives each its thread, which
takes longer than the work of a short request. A route of this class is asked in one go instead
where its request is plain, together with all others that wait (`api.together`). Every other request
goes the framework's way, with the same checks and the same work, and answers byte for byte the
same.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Generic, TypeAlias, TypeVar

from fastapi.concurrency import run_in_threadpool
from fastapi.routing import APIRoute
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from api.access import authorise_each
from api.dependencies import Transaction, clock, service_of, turn
from gis.errors import GridError, Unavailable

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from datetime import datetime

    from fastapi import Request
    from fastapi.responses import Response
    from sqlalchemy import Connection

    from api.dependencies import Service
    from gis.accounts import Caller

MOST_PLAIN_BYTES: Final = 64 * 1024
PLAIN_TYPES: Final = ("application/json", "application/json; charset=utf-8")

Asked = TypeVar("Asked")


@dataclass(frozen=True, slots=True)
class Asking(Generic[Asked]):
    """A plain request that was let in: what it asks for, and who asks."""

    request: Request
    asked: Asked
    caller: Caller


if TYPE_CHECKING:
    Outcome: TypeAlias = "Response | GridError | DBAPIError | PoolTimeout"
    Reader: TypeAlias = Callable[[Request, bytes], Asked | None]
    Work: TypeAlias = Callable[
        [Connection, Sequence[Asking[Asked]], datetime], list[Response | GridError]
    ]


def in_one_go(read: Reader[Asked], work: Work[Asked]) -> type[APIRoute]:
    """A class of routes whose plain requests `work` answers, several in one transaction. `read`
    tells from a body what is asked for, and None where the framework has to look at it, such as a
    body with faults.
    """

    class InOneGo(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            framework: Callable[[Request], Awaitable[Response]] = super().get_route_handler()

            async def answer(request: Request) -> Response:
                asked = read(request, await request.body()) if _is_plain(request) else None
                if asked is None:
                    return await framework(request)
                service = service_of(request)
                answered = partial(_answered, service, work)
                outcome: Outcome = await service.together.join((request, asked), answered)
                if isinstance(outcome, Exception):
                    raise outcome
                return outcome

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


async def _answered(
    service: Service, work: Work[Asked], group: list[tuple[Request, Asked]]
) -> list[Outcome]:
    """The answers to a group. Where the database is away all are told so, and come again; where it
    refuses something, whoever is at fault is found by trying each alone.
    """
    try:
        async with turn(service):
            now = await clock()
            return await run_in_threadpool(_do, service, work, group, now)
    except (PoolTimeout, Unavailable) as error:
        return [error] * len(group)
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
        return [error] * len(group)


def _do(
    service: Service, work: Work[Asked], group: list[tuple[Request, Asked]], now: datetime
) -> list[Outcome]:
    """The transaction ends before the answers are given on: 201 means kept."""
    with Transaction(service.engine) as opened:
        callers = authorise_each([request for request, _ in group], opened, now)
        asking = {
            n: Asking(*one, caller)
            for n, (one, caller) in enumerate(zip(group, callers, strict=True))
            if not isinstance(caller, GridError)
        }
        refused = {n: one for n, one in enumerate(callers) if isinstance(one, GridError)}
        done = work(opened.connection, list(asking.values()), now) if asking else []
        outcomes = {**refused, **dict(zip(asking, done, strict=True))}
    return [outcomes[n] for n in range(len(group))]
