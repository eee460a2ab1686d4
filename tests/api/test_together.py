"""Those that wait are worked on together; nobody waits for company, and nobody pays for another."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any

import pytest

from api.together import Together
from gis.errors import Unavailable
from tests import loops

Groups = Together[str, str]


class Worker:
    """Works on groups while its door is open, and keeps a list of them."""

    def __init__(self) -> None:
        self.groups: list[list[str]] = []
        self.open = asyncio.Event()
        self.open.set()

    async def __call__(self, group: list[str]) -> list[str]:
        self.groups.append(list(group))
        await self.open.wait()
        if "bad" in group:
            raise ValueError(f"refused: {len(group)}")
        return [one.upper() for one in group]


def on_a_loop(test: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    @wraps(test)
    def run() -> None:
        loops.run(test())

    return run


async def come(groups: Groups, worker: Worker, *names: str) -> list[asyncio.Task[str]]:
    """They come one after the other; given time to get where they wait."""
    tasks = [asyncio.create_task(groups.join(one, worker)) for one in names]
    for _ in range(5):
        await asyncio.sleep(0)
    return tasks


@on_a_loop
async def test_who_comes_alone_goes_alone_and_who_comes_meanwhile_goes_with_the_others():
    groups, worker = Groups(at_once=1), Worker()
    assert await groups.join("a", worker) == "A"
    worker.open.clear()
    (first,) = await come(groups, worker, "b")
    waiting = await come(groups, worker, "c", "d", "e")
    assert worker.groups == [["a"], ["b"]]
    worker.open.set()

    assert await asyncio.gather(first, *waiting) == ["B", "C", "D", "E"]
    assert worker.groups == [["a"], ["b"], ["c", "d", "e"]]


@on_a_loop
async def test_a_group_is_no_larger_than_it_may_be_and_the_next_follows_in_order():
    groups, worker = Groups(at_once=1, most_together=2), Worker()
    worker.open.clear()
    await come(groups, worker, "a")
    waiting = await come(groups, worker, "b", "c", "d")
    worker.open.set()

    assert await asyncio.gather(*waiting) == ["B", "C", "D"]
    assert worker.groups == [["a"], ["b", "c"], ["d"]]


@on_a_loop
async def test_one_that_fails_takes_nobody_with_it():
    groups, worker = Groups(at_once=1), Worker()
    worker.open.clear()
    await come(groups, worker, "a")
    waiting = await come(groups, worker, "b", "bad", "c")
    worker.open.set()
    told = await asyncio.gather(*waiting, return_exceptions=True)

    assert (told[0], str(told[1]), told[2]) == ("B", "refused: 1", "C")
    assert worker.groups[1:] == [["b", "bad", "c"], ["b"], ["bad"], ["c"]]


@on_a_loop
async def test_where_too_many_wait_the_next_is_sent_away_and_later_let_in_again():
    groups, worker = Groups(at_once=1, most_waiting=2), Worker()
    worker.open.clear()
    at_work = await come(groups, worker, "a")
    waiting = await come(groups, worker, "b", "c")
    with pytest.raises(Unavailable) as refused:
        await groups.join("d", worker)
    assert refused.value.key == "error.busy"
    worker.open.set()
    await asyncio.gather(*at_work, *waiting)

    assert await groups.join("d", worker) == "D"


@on_a_loop
async def test_who_stops_waiting_is_worked_on_all_the_same_and_keeps_nobody_from_an_answer():
    groups, worker = Groups(at_once=1), Worker()
    worker.open.clear()
    await come(groups, worker, "a")
    gone, stays = await come(groups, worker, "b", "c")
    gone.cancel()
    await asyncio.sleep(0)
    worker.open.set()

    assert await stays == "C"
    assert worker.groups[1] == ["b", "c"]


def test_an_error_that_nobody_waits_for_any_more_is_not_logged(caplog: pytest.LogCaptureFixture):
    """Its message may quote what somebody wrote."""

    async def all_are_gone() -> None:
        groups, worker = Groups(at_once=1), Worker()
        worker.open.clear()
        await come(groups, worker, "a")
        (gone,) = await come(groups, worker, "bad")
        gone.cancel()
        worker.open.set()
        await groups.finish()

    loops.run(all_are_gone())
    gc.collect()

    assert caplog.text == ""


@on_a_loop
async def test_the_end_waits_for_those_at_work_and_those_who_wait():
    groups, worker = Groups(at_once=1), Worker()
    worker.open.clear()
    tasks = await come(groups, worker, "a", "b")
    tasks += await come(groups, worker, "c")
    end = asyncio.create_task(groups.finish())
    await asyncio.sleep(0)
    assert not end.done()
    worker.open.set()
    await end

    assert await asyncio.gather(*tasks) == ["A", "B", "C"]
