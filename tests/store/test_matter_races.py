"""Two people at one matter at the same instant: one wins, the other is told."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select

from gis.errors import GridError
from gis.governance.steps import Step
from gis.store.activation import activate
from gis.store.cluster import Cluster
from gis.store.database import connect_engine
from gis.store.editions import EditionScope, NewEdition, keep_draft
from gis.store.levels import level_of
from gis.store.roles import APP
from gis.store.tables.matters import matter, matter_event, matter_task
from gis.workflows.step_effects import Given
from gis.workflows.take_step import take_step
from tests.matter_town import RULES, START, Town
from tests.sketch import sketch

Act = Callable[[Engine], None]


def at_once(engine: Engine, *acts: Act) -> list[str]:
    """Run both at once, each on a connection of its own; what became of each, in order."""
    ready = threading.Barrier(len(acts))
    outcome = ["done"] * len(acts)

    def run(number: int, act: Act) -> None:
        ready.wait()
        try:
            act(engine)
        except GridError as error:
            outcome[number] = error.key

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return outcome


def taking(town: Town, no: str, step: Step, version: int, **given: str) -> Act:
    def act(engine: Engine) -> None:
        with engine.begin() as connection:
            who = town.people["desk"]
            take_step(connection, who, no, step, version, Given(**given), RULES, town.now)

    return act


def test_of_two_steps_from_one_version_one_wins_and_the_other_is_told(
    cluster: Cluster, own_database: str
):
    engine = connect_engine(cluster.url(APP, own_database), pool_size=4)
    with engine.begin() as connection:
        town = Town(connection)
        numbers = [town.arrives("暴露垃圾", "E0102") for _ in range(6)]
    for no in numbers:
        outcome = at_once(
            engine,
            taking(town, no, Step.DISPATCH, 1, handler="city"),
            taking(town, no, Step.DISPATCH, 1, handler="market"),
        )
        assert sorted(outcome) == ["done", "error.matter_changed"]
    with engine.begin() as connection:
        versions = connection.execute(select(matter.c.version)).scalars().all()
        tasks = connection.execute(select(matter_task.c.hop)).scalars().all()
        seqs = connection.execute(select(matter_event.c.seq)).scalars().all()
    assert versions == [2] * len(numbers)
    assert tasks == [1] * len(numbers)
    assert sorted(seqs) == sorted([1, 2, 3, 4] * len(numbers))
    engine.dispose()


def test_two_merged_into_each_other_at_once_leave_one_open(cluster: Cluster, own_database: str):
    """Both are held in one order, so nobody waits in a ring and nothing is lost in a circle."""
    engine = connect_engine(cluster.url(APP, own_database), pool_size=4)
    with engine.begin() as connection:
        town = Town(connection)
        pairs = [
            (town.arrives("暴露垃圾", "E0102"), town.arrives("垃圾", "E0102")) for _ in range(4)
        ]
    for one, other in pairs:
        outcome = at_once(
            engine,
            taking(town, one, Step.MERGE, 1, target=other),
            taking(town, other, Step.MERGE, 1, target=one),
        )
        assert outcome.count("done") == 1
        with engine.begin() as connection:
            found = select(matter.c.state).where(matter.c.no.in_((one, other)))
            assert sorted(connection.execute(found).scalars()) == ["merged", "proposed"]
    engine.dispose()


def test_no_matter_is_given_to_a_grid_that_is_just_ending(cluster: Cluster, own_database: str):
    """The step that names the grid waits for the activation, and then doesn't find it."""
    engine = connect_engine(cluster.url(APP, own_database), pool_size=4)
    with engine.begin() as connection:
        town = Town(connection)
        no = town.arrives("有件事", None, grid="C")
        scope = EditionScope(level_of(connection, "grid").id, None, START.date())
        rows = sketch("A A C", parents={"A": "K", "C": "L"})
        keep_draft(connection, NewEdition("并入A", scope, "a test", "0", ""), rows)
    town.now = START + timedelta(minutes=5)
    act = taking(town, no, Step.CLASSIFY, 1, list_item="E0102", grid="B")
    with engine.connect() as activating, ThreadPoolExecutor(1) as pool:
        activating.begin()
        activate(activating, "并入A", START + timedelta(minutes=1))
        waiting = pool.submit(at_once, engine, act)
        with pytest.raises(TimeoutError):
            waiting.result(timeout=0.5)
        activating.commit()
        assert waiting.result(timeout=30) == ["error.grid_unknown"]
    engine.dispose()
