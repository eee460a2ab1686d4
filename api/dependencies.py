"""What routes are given: a connection, the two times, the language, who asks."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Final, Protocol

import anyio
from fastapi import Depends, Query, Request
from fastapi.concurrency import contextmanager_in_threadpool, run_in_threadpool
from fastapi.exceptions import RequestValidationError
from sqlalchemy import Connection, text

from api.errors import language_of
from api.inputs import Day, Instant
from api.settings import Settings
from api.thin import Doorkeeper
from api.tilings import Tilings
from gis.errors import BadInput, Unavailable
from gis.model import BEIJING, AsOf
from gis.passwords import Passwords
from gis.workflows.sign_in import SignInRules

READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
PATIENCE_S: Final = 10.0  # how long a request waits for its turn before it is told to come back


class Beginner(Protocol):
    """An Engine, or what stands for one in a test: opens a connection with a transaction."""

    def begin(self) -> AbstractContextManager[Connection]: ...


@dataclass(frozen=True)
class Service:
    """What one running service holds; `app.state.service`.

    `turns` lets as many requests work at once as there are connections. Without it, requests that
    hold a connection wait for a thread, while every thread waits for a connection. `tilings` and
    `keys` serve the short way of `api.thin`.
    """

    settings: Settings
    engine: Beginner
    passwords: Passwords
    turns: anyio.CapacityLimiter
    tilings: Tilings
    keys: Doorkeeper = field(default_factory=Doorkeeper)
    parameters: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict)

    @property
    def rules(self) -> SignInRules:
        return self.settings.sign_in_rules()


def service_of(request: Request) -> Service:
    found: Service = request.app.state.service
    return found


class Transaction:
    """One connection and one transaction for one request, opened when first asked for."""

    def __init__(self, engine: Beginner) -> None:
        self._engine = engine
        self._open = ExitStack()
        self._connection: Connection | None = None

    @property
    def begun(self) -> bool:
        """Has somebody asked for the connection already?"""
        return self._connection is not None

    @property
    def connection(self) -> Connection:
        if self._connection is None:
            self._connection = self._open.enter_context(self._engine.begin())
        return self._connection

    @contextmanager
    def lifetime(self) -> Iterator[Transaction]:
        """Commits at the end; takes everything back when an error passes through."""
        with self._open:
            yield self


async def transaction(request: Request) -> AsyncIterator[Transaction]:
    """One of the few async functions: it waits for its turn without holding a thread."""
    service = service_of(request)
    try:
        with anyio.fail_after(PATIENCE_S):
            await service.turns.acquire_on_behalf_of(request)
    except TimeoutError:
        raise Unavailable("error.busy") from None
    try:
        async with contextmanager_in_threadpool(Transaction(service.engine).lifetime()) as opened:
            yield opened
    finally:
        service.turns.release_on_behalf_of(request)


# `scope="function"`: the commit comes before the answer leaves, so that 201 means kept.
TheTransaction = Annotated[Transaction, Depends(transaction, scope="function")]


async def database(request: Request, opened: TheTransaction) -> Connection:
    """The request's connection; PostgreSQL lets a GET change nothing from here on."""
    reading = request.method in READING
    if opened.begun and not reading:
        return opened.connection  # nothing to wait for, so no thread
    return await run_in_threadpool(_begin, opened, reading)


def _begin(opened: Transaction, reading: bool) -> Connection:
    if reading:
        opened.connection.execute(text("SET TRANSACTION READ ONLY"))
    return opened.connection


Database = Annotated[Connection, Depends(database, scope="function")]


# What needs no database is async too: a thread for so little takes longer than the thing itself,
# and a request has half a dozen of them.


async def clock() -> datetime:
    """The time of the request."""
    return datetime.now(UTC)


Now = Annotated[datetime, Depends(clock)]


async def as_of_now(
    now: Now,
    at: Annotated[
        Day | None, Query(description="as it stood on this day (YYYY-MM-DD, Asia/Shanghai); today")
    ] = None,
    known_at: Annotated[
        Instant | None, Query(description="as it was known then (ISO 8601 with zone); now")
    ] = None,
) -> AsOf:
    """The two times of a read, both the present unless given."""
    if known_at is not None and known_at > now:
        raise BadInput("error.known_at_future")
    known = now if known_at is None else known_at.astimezone(UTC)
    return AsOf(now.astimezone(BEIJING).date() if at is None else at, known)


AsOfNow = Annotated[AsOf, Depends(as_of_now)]


async def language_here(request: Request) -> str:
    """The language of the user."""
    return language_of(request)


async def service_here(request: Request) -> Service:
    """The running service, for a route."""
    return service_of(request)


Language = Annotated[str, Depends(language_here)]
TheService = Annotated[Service, Depends(service_here)]


async def known_parameters(request: Request) -> None:
    """Refuse query parameters that the address doesn't have, and the same one twice.

    `att=2020-01-01` would otherwise answer for today, and nobody would notice.
    """
    path = getattr(request.scope.get("route"), "path", "")
    known = service_of(request).parameters.get((path, request.method))
    if known is None:
        return
    given = [name for name, _ in request.query_params.multi_items()]
    if set(given) - known:
        raise RequestValidationError([_fault("extra_forbidden", "query")])
    repeated = sorted({name for name in given if given.count(name) > 1})
    if repeated:
        raise RequestValidationError([_fault("repeated", name) for name in repeated])


def _fault(kind: str, name: str) -> dict[str, object]:
    loc = ("query", name) if kind == "repeated" else ("query", "parameters", name)
    return {"type": kind, "loc": loc, "msg": kind}
