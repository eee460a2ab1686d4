"""What routes are given: a connection, the two times, the language, who asks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Annotated, Any, Final, Protocol, Self

import anyio
from fastapi import Depends, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from sqlalchemy import Connection

from api.day_indexes import DayIndexes
from api.doorkeeper import Doorkeeper
from api.errors import language_of
from api.inputs import Day, Instant
from api.settings import Settings
from api.tilings import Tilings
from api.together import Together
from gis.errors import BadInput, Unavailable
from gis.model import BEIJING, AsOf
from gis.passwords import Passwords
from gis.store.database import read_only
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
    hold a connection wait for a thread, while every thread waits for a connection. `together` lets
    plain requests of `api.in_one_go` go in groups. `tilings` and `keys` serve the short way of
    `api.thin`, `days` batches.
    """

    settings: Settings
    engine: Beginner
    passwords: Passwords
    turns: anyio.CapacityLimiter
    tilings: Tilings
    keys: Doorkeeper = field(default_factory=Doorkeeper)
    together: Together[Any, Any] = field(default_factory=Together)
    days: DayIndexes = field(default_factory=DayIndexes)
    parameters: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict)

    @property
    def rules(self) -> SignInRules:
        return self.settings.sign_in_rules()


def service_of(request: Request) -> Service:
    found: Service = request.app.state.service
    return found


class Transaction:
    """One connection and one transaction for one request, opened when first asked for.

    As a block: commits at its end, takes everything back when an error passes through.
    """

    def __init__(self, engine: Beginner) -> None:
        self._engine = engine
        self._open = ExitStack()
        self._connection: Connection | None = None
        self.only_reads = False

    @property
    def begun(self) -> bool:
        """Has somebody asked for the connection already?"""
        return self._connection is not None

    @property
    def connection(self) -> Connection:
        return self.begin()

    def begin(self) -> Connection:
        """The connection, opened at the first call."""
        if self._connection is None:
            self._connection = self._open.enter_context(self._engine.begin())
        return self._connection

    def only_read(self) -> Connection:
        """The connection, on which PostgreSQL lets nothing be changed from here on."""
        connection = self.begin()
        if not self.only_reads:
            read_only(connection)
            self.only_reads = True
        return connection

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        self._open.__exit__(kind, error, where)


@asynccontextmanager
async def turn(service: Service) -> AsyncIterator[None]:
    """A turn at the database for the length of a block; waits for it without holding a thread."""
    whose = object()
    try:
        with anyio.fail_after(PATIENCE_S):
            await service.turns.acquire_on_behalf_of(whose)
    except TimeoutError:
        raise Unavailable("error.busy") from None
    try:
        yield
    finally:
        service.turns.release_on_behalf_of(whose)


async def transaction(request: Request) -> AsyncIterator[Transaction]:
    """One of the few async functions: to make one takes no thread, only to end one does."""
    async with turn(service_of(request)):
        opened = Transaction(service_of(request).engine)
        try:
            yield opened
        except BaseException as error:
            with anyio.CancelScope(shield=True):  # whoever asked may be gone; this is for us
                await run_in_threadpool(opened.__exit__, type(error), error, error.__traceback__)
            raise
        await run_in_threadpool(opened.__exit__, None, None, None)


# `scope="function"`: the commit comes before the answer leaves, so that 201 means kept.
TheTransaction = Annotated[Transaction, Depends(transaction, scope="function")]


async def database(request: Request, opened: TheTransaction) -> Connection:
    """The request's connection; PostgreSQL lets a GET change nothing from here on."""
    if request.method in READING:
        ready, begin = opened.only_reads, opened.only_read
    else:
        ready, begin = opened.begun, opened.begin
    # Where there is nothing to wait for it takes no thread: `authorise` has begun it in its own.
    return begin() if ready else await run_in_threadpool(begin)


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
    if strange := sorted(set(given) - known):
        there = ", ".join(sorted(known)) or "-"
        raise RequestValidationError(
            [_fault("extra_forbidden", name) | {"ctx": {"known": there}} for name in strange]
        )
    repeated = sorted({name for name in given if given.count(name) > 1})
    if repeated:
        raise RequestValidationError([_fault("repeated", name) for name in repeated])


def _fault(kind: str, name: str) -> dict[str, object]:
    loc = ("query", name) if kind == "repeated" else ("query", "parameters", name)
    return {"type": kind, "loc": loc, "msg": kind}
