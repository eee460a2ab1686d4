"""Whatever people try, in whatever order: what is kept of a matter holds together."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from gis.errors import GridError
from gis.governance.steps import Step
from gis.matters import (
    Channel,
    ClockKind,
    MatterClass,
    MatterState,
    PrivateWay,
    ReturnReason,
    TimeLimit,
    TimeUnit,
)
from gis.store.tables.matters import clock, matter, matter_event, matter_report, matter_task
from gis.workflows.step_effects import MoreTime
from tests.gis.governance.test_lifecycle import RUNNING
from tests.gis.governance.test_lifecycle_machine import ONWARD
from tests.matter_town import START, Town

WHO = ("zhang", "li", "secretary", "clerk", "desk", "city", "section", "discipline", "nobody")
EVERYTHING = {
    "reason": "因故",
    "section": "一队",
    "person": "赵某",
    "return_reason": ReturnReason.NOT_COMPETENT,
    "counter_proposal": "market",
    "resolution": "适度修枝",
    "result": "已办",
    "private_way": PrivateWay.MUTUAL,
    "appraisal": "满意",
    "limit": MoreTime(ClockKind.UNIT, TimeLimit(1, TimeUnit.WORKING_DAY)),
}
UNITS = {
    MatterClass.MAJOR: "city",
    MatterClass.MINOR: "committee",
    MatterClass.PRIVATE: "committee",
}
FIRST = {
    Step.DISPATCH: "desk",
    Step.CLASSIFY: "desk",
    Step.ACKNOWLEDGE: "unit",
    Step.HANDLE: "unit",
    Step.DELIBERATE: "unit",
    Step.RETURN: "unit",
    Step.SETTLE: "zhang",
    Step.VERIFY: "zhang",
    Step.REWORK: "zhang",
    Step.REPLY: "desk",
    Step.APPRAISE: "desk",
    Step.CLOSE: "desk",
    Step.REOPEN: "desk",
    Step.CONCLUDE: "discipline",
    Step.SEND_BACK: "discipline",
}


@pytest.fixture
def town(connection: Connection) -> Town:
    return Town(connection)


wild = st.tuples(st.sampled_from(Step), st.sampled_from(WHO), st.booleans(), st.integers(0, 2880))
onward = st.tuples(st.integers(0, 3), st.none(), st.booleans(), st.integers(0, 600))


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    category=st.sampled_from(["E0102", "N01", None]),
    moves=st.lists(st.one_of(onward, onward, onward, wild), min_size=4, max_size=14),
)
def test_random_people_taking_random_steps_never_break_what_is_kept(town: Town, category, moves):
    outer = town.connection.begin_nested()
    town.now = START
    try:
        no = town.arrives("有件事", category, by="nobody", channel=Channel.QR)
        life = Life(town, no)
        for first, who, answers, minutes in moves:
            town.now += timedelta(minutes=minutes)
            if answers:
                life.answers(who or "desk")
            life.moves(first, who)
            life.holds_together()
    finally:
        outer.rollback()


class Life:
    """One matter in the hands of people who try things."""

    def __init__(self, town: Town, no: str) -> None:
        self.town, self.no = town, no
        self.id = self.row().id
        self.whole = self.clocks(ClockKind.WHOLE)[0]

    def row(self):
        found = select(matter).where(matter.c.no == self.no)
        return self.town.connection.execute(found).one()

    def clocks(self, kind: ClockKind):
        found = select(clock).where(clock.c.matter_id == self.id, clock.c.kind == kind)
        return self.town.connection.execute(found.order_by(clock.c.number)).all()

    def events(self):
        found = select(matter_event).where(matter_event.c.matter_id == self.id)
        return self.town.connection.execute(found.order_by(matter_event.c.seq)).all()

    def moves(self, first, who) -> None:
        row = self.row()
        klass = MatterClass(row.item["class"]) if row.item else MatterClass.MAJOR
        step = first
        if who is None:
            ways = ONWARD[MatterState(row.state)]
            step = ways[0 if first < 3 else -1]
            if row.state == "acknowledged" and klass is MatterClass.MINOR and first < 2:
                step = Step.DELIBERATE
            who = FIRST.get(step, "desk")
        unit = UNITS[klass]
        if who == "unit":
            who = "secretary" if unit == "committee" else unit
        given = EVERYTHING | {
            "handler": unit,
            "list_item": row.category or "E0102",
            "target": self.no,
        }
        self.tries(lambda: self.town.takes(who, self.no, step, self.town.now, **given))

    def answers(self, who: str) -> None:
        self.tries(lambda: self.town.replies(who, self.no, self.town.now))

    def tries(self, act) -> None:
        before = self.row()
        point = self.town.connection.begin_nested()
        try:
            act()
            point.commit()
        except GridError:
            point.rollback()
            assert self.row() == before

    def holds_together(self) -> None:
        row, events = self.row(), self.events()
        state = MatterState(row.state)
        assert [one.seq for one in events] == list(range(1, len(events) + 1))
        assert row.version == 1 + sum(one.action not in FIRST_EVENTS for one in events)
        assert events[-1].state == row.state
        assert (row.queue is not None) == (state is MatterState.TRIAGE)
        self.clocks_hold(row, state)
        self.tasks_hold(row, state)
        if state in (MatterState.REPLIED, MatterState.CLOSED, MatterState.CANCELLED):
            self.nobody_waits(events)
            assert row.closed_at is not None
        elif state is not MatterState.MERGED:
            assert row.closed_at is None
        if state in (MatterState.VERIFIED, MatterState.REPLIED) or (
            state is MatterState.CLOSED and not row.conduct
        ):
            self.verified_by_another(events)

    def clocks_hold(self, row, state) -> None:
        found = self.town.connection.execute(select(clock).where(clock.c.matter_id == self.id))
        standing = [one for one in found if one.stopped_at is None]
        assert sorted(one.kind for one in standing) == sorted(RUNNING[state])
        running = [one.due_at for one in standing if one.paused_at is None]
        assert row.due_at == min(running, default=None)
        [whole] = self.clocks(ClockKind.WHOLE)
        assert whole.started_at == self.whole.started_at

    def tasks_hold(self, row, state) -> None:
        found = self.town.connection.execute(
            select(matter_task)
            .where(matter_task.c.matter_id == self.id)
            .order_by(matter_task.c.hop)
        ).all()
        assert [one.hop for one in found] == list(range(1, len(found) + 1))
        now_open = [one for one in found if one.ended_at is None]
        assert len(now_open) <= 1
        if state in (MatterState.DISPATCHED, MatterState.ACKNOWLEDGED):
            assert [one.organisation_id for one in now_open] == [row.handler_id]
        if row.conduct:
            assert now_open == []

    def nobody_waits(self, events) -> None:
        reopened = [one.recorded_at for one in events if one.action == Step.REOPEN]
        said = select(matter_report).where(matter_report.c.matter_id == self.id)
        for one in self.town.connection.execute(said):
            assert one.replied_at is not None
            assert not reopened or one.replied_at >= reopened[-1]

    def verified_by_another(self, events) -> None:
        done = [one for one in events if one.action in (Step.HANDLE, Step.SETTLE)]
        checked = [one for one in events if one.action == Step.VERIFY]
        assert checked[-1].seq > done[-1].seq
        assert checked[-1].actor_id != done[-1].actor_id


FIRST_EVENTS = {"received", "located", "proposed"}
