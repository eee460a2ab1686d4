"""Requests that wait for the same work are worked on together.

Who comes while nobody is at work is worked on at once, alone. Who comes meanwhile waits, and then
goes in one group with all who wait. Nobody waits for company, so a quiet service is as quick as
ever, and a busy one does for many at once what it would do for each.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final, Generic, TypeAlias, TypeVar

from gis.errors import Unavailable

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")
Work: TypeAlias = Callable[[list[Asked]], Awaitable[list[Answer]]]

AT_ONCE: Final = 2  # groups at work: while the database works on one, the next is made ready
MOST_TOGETHER: Final = 32
MOST_WAITING: Final = 512
"""Whoever finds so many waiting is sent away: at a few hundred a second that is two seconds."""


class Together(Generic[Asked, Answer]):
    """The groups of one kind of work. Belongs to one event loop."""

    def __init__(
        self,
        *,
        at_once: int = AT_ONCE,
        most_together: int = MOST_TOGETHER,
        most_waiting: int = MOST_WAITING,
    ) -> None:
        self._most_together, self._most_waiting = most_together, most_waiting
        self._at_work = asyncio.Semaphore(at_once)
        self._forming: _Group[Asked, Answer] | None = None
        self._groups: set[_Group[Asked, Answer]] = set()
        self._waiting = 0

    async def join(self, asked: Asked, work: Work[Asked, Answer]) -> Answer:
        """The answer to one of a group: `work` gives one for each, in the order given.

        An error that `work` raises for a group takes nobody with it: each is tried again, alone.
        Raises Unavailable where too many wait. Who stops waiting is worked on all the same.
        """
        if self._waiting >= self._most_waiting:
            raise Unavailable("error.busy")
        group = self._forming
        if group is None or len(group.members) >= self._most_together:
            group = self._forming = _Group()
            group.done = asyncio.create_task(self._work_on(group, work))
            group.done.add_done_callback(_look)
            self._groups.add(group)
        self._waiting += 1
        number = len(group.members)
        group.members.append(asked)
        await asyncio.wait([group.done])  # which neither raises nor ends it when we are ended
        if group.done.exception() is None or len(group.members) == 1:
            return group.done.result()[number]
        async with self._at_work:
            (answer,) = await work([asked])
        return answer

    async def finish(self) -> None:
        """Wait until nobody is at work any more."""
        while self._groups:
            await asyncio.wait([group.done for group in self._groups])

    async def _work_on(
        self, group: _Group[Asked, Answer], work: Work[Asked, Answer]
    ) -> list[Answer]:
        async with self._at_work:
            if self._forming is group:
                self._forming = None  # who comes from here on goes with the next
            self._waiting -= len(group.members)
            try:
                return await work(group.members)
            finally:
                self._groups.discard(group)


class _Group(Generic[Asked, Answer]):
    """Those who go together, and the task that works on them once it is their turn."""

    done: asyncio.Task[list[Answer]]

    def __init__(self) -> None:
        self.members: list[Asked] = []


def _look(done: asyncio.Task[Any]) -> None:
    """An error that all who waited for have gone from would be logged with its message, which may
    quote the data of a person.
    """
    if not done.cancelled():
        done.exception()
