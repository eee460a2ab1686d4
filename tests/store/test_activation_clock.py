"""An edition is prepared while intake goes on, and known from an instant nobody was told before."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import count

import pytest
from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.exc import OperationalError

from gis.errors import Conflict
from gis.model import AsOf
from gis.ownership import PlaceStated, Statement
from gis.store import edition_lock, homes, rehome_matters
from gis.store.activation import activate
from gis.store.cluster import Cluster
from gis.store.database import analyze, connect_engine
from gis.store.editions import EditionScope, NewEdition, keep_draft
from gis.store.levels import level_of
from gis.store.ownership import state_ownership
from gis.store.roles import APP, OWNER
from tests.bench_rehoming import settle, time_the_lock
from tests.makers import LONG_AGO, NOW, TODAY, keep
from tests.matter_town import Town
from tests.sketch import sketch
from tests.store.test_rehoming import PARENTS, home, houses, spot
from tests.store.test_rehoming_matters import at_point

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)


@pytest.fixture
def engine(cluster: Cluster, own_database: str) -> Iterator[Engine]:
    made = connect_engine(cluster.url(APP, own_database), pool_size=3)
    yield made
    made.dispose()


def drafted(connection: Connection, drawing: str) -> None:
    scope = EditionScope(level_of(connection, "grid").id, None, LONG_AGO)
    new = NewEdition("new", scope, "a test", "0", "EPSG:4490")
    keep_draft(connection, new, sketch(drawing, parents=PARENTS))


def before_the_lock(connection: Connection, act: Callable[[int], None]) -> None:
    """Do something whenever an activation asks for the exclusive lock: 1 for an instant, to begin;
    2 to end.
    """
    asked = count(1)

    def look(_connection, _cursor, statement, parameters, _context, _many) -> None:
        wanted = edition_lock.EDITION_LOCK in dict(parameters or {}).values()
        if "pg_advisory_xact_lock(" in statement and wanted:
            act(next(asked))

    event.listen(connection, "before_cursor_execute", look)


# ---- the clock ----------------------------------------------------------------------------------


def owner(connection: Connection, known_at: datetime) -> Statement:
    place = spot(1.5)
    asked = PlaceStated(str(place.lon), str(place.lat), "cgcs2000")
    as_of = AsOf(TODAY.valid_on, known_at)
    return state_ownership(connection, place.lon, place.lat, asked, as_of)[0]


def again(connection: Connection, told: Statement) -> Statement:
    return owner(connection, datetime.fromisoformat(told.known_at))


def test_what_was_stated_before_and_during_an_activation_is_stated_the_same_ever_after(
    engine: Engine,
):
    with engine.begin() as connection:
        keep(connection, sketch("A A B"))
        drafted(connection, "A B B")
    ticks = count(1)
    told: list[Statement] = []

    def clock() -> datetime:
        return NOW + next(ticks) * SECOND

    with engine.connect() as activating, engine.connect() as asking:

        def ask(_: int) -> None:
            told.append(owner(asking, clock()))
            asking.rollback()

        before_the_lock(activating, ask)
        now = clock()  # the door reads it, then somebody is told how things stand
        ask(0)
        activate(activating, "new", now, clock=clock)
        activating.commit()
        assert [one.owner.code for one in told] == ["A", "A", "A"]
        assert [again(asking, one) for one in told] == told
        assert owner(asking, clock()).owner.code == "B"


def test_a_statement_waits_for_the_end_of_an_activation_only(engine: Engine):
    with engine.begin() as connection:
        keep(connection, sketch("A A B"))
    with engine.connect() as activating, engine.connect() as asking:
        edition_lock.take_turn(activating)
        known_at = edition_lock.announce(activating, NOW, clock=lambda: NOW + SECOND)
        assert owner(asking, NOW + DAY).known_at < known_at.isoformat()
        asking.rollback()
        edition_lock.hold_editions(activating)
        asking.execute(text("SET LOCAL lock_timeout = '100ms'"))
        with pytest.raises(OperationalError):
            owner(asking, NOW + DAY)


def test_a_change_is_never_known_before_the_one_before_it(connection: Connection):
    keep(connection, sketch("A A B"), now=NOW + DAY)
    assert edition_lock.announce(connection, NOW, clock=lambda: NOW) > NOW + DAY
    assert edition_lock.announce(connection, NOW) == NOW, "without a clock the past is told"


def test_intake_that_waited_for_an_activation_sees_what_it_changed(connection: Connection):
    town = Town(connection)
    drafted(connection, "A C C")
    activate(connection, "new", NOW, clock=lambda: NOW + 2 * SECOND)
    no = town.arrives("暴露垃圾", "E0102", place=at_point(1.5), now=NOW + SECOND)
    held = connection.execute(text("SELECT region_id FROM matter WHERE no = :no"), {"no": no})
    assert held.scalar_one() == town.regions["C"]


def test_buildings_that_waited_for_an_activation_get_the_grids_it_made(connection: Connection):
    keep(connection, sketch("A A B"))
    drafted(connection, "A B B")
    activate(connection, "new", NOW, clock=lambda: NOW + 2 * SECOND)
    houses(connection, AsOf.at(NOW + SECOND), one=spot(1.5))
    assert home(connection, "one", TODAY.valid_on) == "B"


# ---- prepared outside, looked at again inside ---------------------------------------------------


def test_under_the_lock_only_matters_are_located_that_came_while_it_was_prepared(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
):
    with engine.begin() as connection:
        town = Town(connection)
        houses(connection, stays=spot(0.5), moves=spot(1.5))
        before = town.arrives("暴露垃圾", "E0102", place=at_point(1.5))
        drafted(connection, "A C C")
    located: list[tuple[str, int]] = []
    under_lock: list[bool] = []

    def counted(what: str, really):
        def locate(connection, lon, *rest):
            located.append((f"{what} {'under the lock' if under_lock else 'before'}", len(lon)))
            return really(connection, lon, *rest)

        return locate

    monkeypatch.setattr(homes, "grids_of_many", counted("grids", homes.grids_of_many))
    many = rehome_matters.locate_many
    monkeypatch.setattr(rehome_matters, "locate_many", counted("matters", many))

    def meanwhile(time: int) -> None:
        if time == 2:
            under_lock.append(True)
            with engine.begin() as other:
                here = replace_connection(town, other)
                arrived.append(here.arrives("暴露垃圾", "E0102", place=at_point(1.7)))

    arrived: list[str] = []
    with engine.begin() as activating:
        before_the_lock(activating, meanwhile)
        done = activate(activating, "new", NOW + DAY)
    assert (done.rehomed.buildings.moved, done.rehomed.matters) == (1, 2)
    assert located == [("grids before", 1), ("matters before", 1), ("matters under the lock", 1)]
    with engine.connect() as connection:
        assert home(connection, "moves", TODAY.valid_on) == "C"
        held = text("SELECT region_id FROM matter WHERE no = ANY (:no)")
        found = connection.execute(held, {"no": [before, *arrived]}).scalars().all()
        assert found == [town.regions["C"]] * 2


@pytest.mark.prove
def test_while_100_000_buildings_are_re_homed_intake_is_kept_out_for_less_than_a_second(
    engine: Engine, cluster: Cluster, own_database: str
):
    with engine.connect() as connection:
        connection.execute(text("SET statement_timeout = 0"))
        settle(connection, side=60, buildings=100_000)
        connection.commit()
        analyze(cluster.url(OWNER, own_database))
        connection.execute(text("SET statement_timeout = 0"))
        asked_s = time_the_lock(connection)
        done = activate(connection, "new", NOW + DAY)
        connection.commit()
        assert time.perf_counter() - asked_s[-1] < 1.0
        assert done.rehomed.buildings.moved == 100_000


def test_buildings_do_not_come_in_while_an_activation_is_prepared(engine: Engine):
    with engine.begin() as connection:
        keep(connection, sketch("A A B"))
    with engine.connect() as activating, engine.connect() as importing:
        edition_lock.take_turn(activating)
        importing.execute(text("SET LOCAL lock_timeout = '100ms'"))
        with pytest.raises(OperationalError):
            houses(importing, one=spot(1.5))


def test_what_was_prepared_leaves_nothing_behind_when_the_lock_cannot_be_had(engine: Engine):
    with engine.begin() as connection:
        keep(connection, sketch("A A B"))
        houses(connection, one=spot(1.5))
        drafted(connection, "A C C")
    with engine.connect() as intake, engine.connect() as activating:
        edition_lock.share_editions(intake)
        with pytest.raises(Conflict):
            activate(activating, "new", NOW, patience_s=0.1)
        activating.rollback()
        intake.rollback()
        assert home(activating, "one", TODAY.valid_on) == "A"
        codes = activating.execute(text("SELECT code FROM region_code ORDER BY 1")).scalars().all()
        assert codes == ["A", "B"]


def test_a_second_activation_waits_for_its_turn_only_so_long(engine: Engine):
    with engine.begin() as connection:
        keep(connection, sketch("A A B"))
        drafted(connection, "A C C")
    with engine.connect() as first, engine.connect() as second:
        edition_lock.take_turn(first)
        with pytest.raises(Conflict) as late:
            activate(second, "new", NOW, patience_s=0.1)
        assert late.value.key == "error.editions_held"


def replace_connection(town: Town, connection: Connection) -> Town:
    """The same town, seen through another connection."""
    made = object.__new__(Town)
    made.__dict__.update(town.__dict__, connection=connection)
    return made
