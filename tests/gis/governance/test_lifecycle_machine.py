"""Whatever the order of steps, and whoever tries them: what must hold of a matter holds."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from gis.errors import GridError
from gis.governance.arrangements import published_days
from gis.governance.calendar import WorkCalendar
from gis.governance.classify import Route
from gis.governance.deadlines import Terms, after_step, clocks_for, is_late
from gis.governance.lifecycle import FIRST_STATE, allowed, next_steps
from gis.governance.rulebook import rulebook
from gis.governance.step_table import OPEN
from gis.governance.steps import Actor, Facts, Input, Rule, Step
from gis.matters import Clock, ClockKind, ListItem, MatterClass, MatterState, PrivateWay
from gis.model import BEIJING
from tests.gis.governance.test_lifecycle import RUNNING

S = MatterState
BOOK = rulebook()
CALENDAR = WorkCalendar(published_days(), BOOK.hours)
ITEMS = list(BOOK.default_list.items.values())
HANDLERS = list(BOOK.handlers.values())
NEGATIVE = {code for entry in BOOK.negative for code in entry.categories}
PEOPLE = range(3)
EVERYBODY = frozenset(Actor)
EVERYTHING = frozenset(Input)
ONWARD = {
    S.TRIAGE: (Step.CLASSIFY,),
    S.PROPOSED: (Step.DISPATCH, Step.SETTLE),
    S.DISPATCHED: (Step.ACKNOWLEDGE, Step.RETURN),
    S.RETURNED: (Step.DISPATCH,),
    S.REOPENED: (Step.DISPATCH, Step.CLASSIFY),
    S.ACKNOWLEDGED: (Step.HANDLE, Step.DELIBERATE),
    S.HANDLED: (Step.VERIFY, Step.REWORK),
    S.VERIFIED: (Step.REPLY, Step.APPRAISE),
    S.REPLIED: (Step.CLOSE, Step.APPRAISE),
    S.CLOSED: (Step.REOPEN,),
    S.REFERRED: (Step.CONCLUDE, Step.SEND_BACK),
    S.CANCELLED: (Step.REOPEN,),
    S.MERGED: (Step.CLASSIFY,),
}
"""Where a matter goes on from each state, mostly the first way."""

items = st.sampled_from(MatterClass).flatmap(
    lambda klass: st.sampled_from([one for one in ITEMS if one.matter_class is klass])
)
people = st.sampled_from(PEOPLE)
handlers = st.sampled_from(HANDLERS)
waits = st.integers(0, 2 * 24 * 60)


@dataclass
class Matter:
    """What a store would keep of one matter."""

    route: Route
    item: ListItem | None
    reporters: int
    clocks: tuple[Clock, ...] = ()
    state: MatterState = S.TRIAGE
    conduct: bool = False
    handler: str | None = None
    reported_by: int = 0
    handled_by: int | None = None
    verified_by: int | None = None
    named_in_full: bool = False
    returned_by: list[str] = field(default_factory=list)
    on_the_spot: bool = False
    deliberated: bool = False
    appraised: bool = False
    way: PrivateWay | None = None
    waiting: int = 0
    level: int = 0
    levels: list[int] = field(default_factory=lambda: [0])


class LifeOfAMatter(RuleBasedStateMachine):
    """Random people try random steps; what is allowed happens."""

    @initialize(
        route=st.sampled_from(Route),
        item=items,
        reporters=st.integers(0, 3),
        upstream=st.booleans(),
    )
    def arrives(self, route, item, reporters, upstream):
        self.now = datetime(2026, 9, 18, 16, tzinfo=BEIJING)
        self.m = Matter(route, item if route is Route.HANDLER else None, reporters)
        self.m.state = FIRST_STATE[route]
        self.m.conduct = route is Route.DISCIPLINE
        self.m.waiting = reporters
        due = self.now + timedelta(days=9) if upstream else None
        self.m.clocks = clocks_for(self.terms(), self.now, inherited_due_at=due)
        self.whole = self.clock_of(ClockKind.WHOLE)

    @rule(
        step=st.sampled_from(Step),
        actors=st.just(EVERYBODY) | st.frozensets(st.sampled_from(Actor), min_size=1),
        person=people,
        given_inputs=st.just(EVERYTHING) | st.frozensets(st.sampled_from(Input)),
        item=items,
        handler=handlers,
        levels_up=st.integers(-1, 2),
        wait=waits,
    )
    def somebody_tries(self, step, actors, person, given_inputs, item, handler, levels_up, wait):
        self.now += timedelta(minutes=wait)
        self.tries(step, self.facts(actors, person, handler, levels_up), given_inputs, person, item)

    @rule(
        ways=st.lists(st.sampled_from([0, 0, 0, 1]), min_size=1, max_size=7),
        who=st.lists(people, min_size=7, max_size=7),
        item=items,
        handler=handlers,
        wait=waits,
    )
    def it_goes_on(self, ways, who, item, handler, wait):
        for way, person in zip(ways, who, strict=False):
            self.now += timedelta(minutes=wait)
            step = ONWARD[self.m.state][way % len(ONWARD[self.m.state])]
            competent = self.m.item and BOOK.handlers[self.m.item.handler]
            facts = self.facts(EVERYBODY, person, competent or handler, 1)
            self.tries(step, facts, EVERYTHING, person, item)

    @rule(pick=st.integers(0, 99), person=people, item=items, wait=waits)
    def somebody_does_what_is_shown(self, pick, person, item, wait):
        self.now += timedelta(minutes=wait)
        handler = BOOK.handlers[(self.m.item or item).handler]
        facts = self.facts(EVERYBODY, person, handler, 1)
        shown = [one for one in next_steps(self.m.state, facts) if not one.blocked]
        if not shown:
            return
        chosen = shown[pick % len(shown)]
        done = self.tries(chosen.step, facts, frozenset(chosen.needs), person, item)
        # The one thing that the clocks refuse, not the table:
        assert done or (chosen.step is Step.PAUSE and self.unit_is_late())

    @rule()
    def a_reporter_gets_a_reply(self):
        self.m.waiting = max(0, self.m.waiting - 1)

    @rule()
    def another_report_is_merged_into_it(self):
        if self.m.state in OPEN | {S.REPLIED}:
            self.m.reporters += 1
            self.m.waiting += 1

    # ---- what a workflow would do ---------------------------------------------------------------

    def tries(self, step, facts, given_inputs, person, item) -> bool:
        """Does somebody's step happen? Nothing has changed where it doesn't."""
        before = replace(self.m, returned_by=list(self.m.returned_by), levels=list(self.m.levels))
        try:
            row = allowed(self.m.state, step, facts, given_inputs)
            self.changes(row, person, item, facts)
            self.m.clocks = after_step(self.m.clocks, row, self.now, self.terms())
        except GridError:
            self.m = before
            return False
        self.m.state = row.to or self.m.state
        return True

    def unit_is_late(self) -> bool:
        return is_late(self.clock_of(ClockKind.UNIT), self.now)

    def facts(self, actors, person, handler, levels_up) -> Facts:
        m = self.m
        self.chosen = handler
        unit = self.clock_of(ClockKind.UNIT)
        return Facts(
            actor=actors,
            matter_class=m.item.matter_class if m.item else None,
            item_published=m.item is not None,
            negative=m.item is not None and m.item.category in NEGATIVE,
            conduct=m.conduct,
            actor_handled=person == m.handled_by,
            named_in_full=m.named_in_full,
            returned_before=m.handler in m.returned_by,
            on_the_spot=m.on_the_spot,
            deliberated=m.deliberated,
            appraised=m.appraised,
            private_way=m.way,
            waiting_reporters=m.waiting,
            paused=unit is not None and unit.paused_at is not None and unit.stopped_at is None,
            handler_self_governing=handler.self_governing,
            target_open=True,
            levels_up=levels_up,
        )

    def terms(self) -> Terms:
        m = self.m
        urgency = m.item.urgency if m.item else ITEMS[0].urgency
        return Terms(CALENDAR, BOOK.defaults, urgency, m.item, m.deliberated, m.conduct)

    def clock_of(self, kind) -> Clock | None:
        found = [one for one in self.m.clocks if one.kind is kind]
        return found[-1] if found else None

    def changes(self, row: Rule, person, item, facts) -> None:
        m = self.m
        match row.step:
            case Step.CLASSIFY:
                m.item = item
            case Step.DISPATCH:
                m.handler, m.named_in_full, m.on_the_spot = self.chosen.code, False, False
            case Step.ACKNOWLEDGE:
                m.named_in_full = m.item.matter_class is MatterClass.MAJOR
            case Step.RETURN:
                m.returned_by.append(m.handler)
            case Step.DELIBERATE:
                m.deliberated = True
            case Step.HANDLE | Step.SETTLE:
                m.handled_by = person
                m.on_the_spot = row.step is Step.SETTLE
                if m.item.matter_class is MatterClass.PRIVATE:
                    m.way = PrivateWay.MUTUAL
            case Step.VERIFY:
                m.verified_by = person
            case Step.REWORK:
                m.on_the_spot = False
            case Step.APPRAISE:
                m.appraised = True
            case Step.REOPEN:
                m.waiting, m.verified_by = m.reporters, None
            case Step.REFER:
                m.conduct = True
            case Step.SEND_BACK:
                m.conduct = False
            case Step.ESCALATE:
                m.level += facts.levels_up
                m.levels.append(m.level)

    # ---- what must hold -------------------------------------------------------------------------

    @invariant()
    def every_matter_at_work_has_one_class_from_a_published_item(self):
        if self.m.state in {S.DISPATCHED, S.ACKNOWLEDGED, S.HANDLED, S.VERIFIED, S.REPLIED}:
            assert self.m.item is not None

    @invariant()
    def a_major_matter_names_unit_section_and_person_once_handled(self):
        if self.done() and self.m.item.matter_class is MatterClass.MAJOR:
            assert self.m.named_in_full
            assert self.m.handler

    @invariant()
    def a_minor_matter_is_done_after_its_deliberation_or_was_settled_on_the_spot(self):
        if self.done() and self.m.item.matter_class is MatterClass.MINOR:
            assert self.m.on_the_spot or self.m.deliberated
        if self.closed() and self.m.item.matter_class is MatterClass.MINOR:
            assert self.m.on_the_spot or self.m.appraised

    @invariant()
    def no_unit_sends_it_back_twice(self):
        assert len(set(self.m.returned_by)) == len(self.m.returned_by)

    @invariant()
    def a_private_matter_is_done_with_its_way(self):
        if self.done() and self.m.item.matter_class is MatterClass.PRIVATE:
            assert self.m.way is not None

    @invariant()
    def closed_means_verified_by_another_person_and_each_reporter_replied_to(self):
        if self.m.state in {S.VERIFIED, S.REPLIED} or self.closed():
            assert self.m.verified_by is not None
            assert self.m.verified_by != self.m.handled_by
        if self.m.state in {S.CLOSED, S.CANCELLED}:
            assert self.m.waiting == 0

    @invariant()
    def no_body_of_self_government_has_what_the_negative_list_names(self):
        m = self.m
        if m.state in {S.DISPATCHED, S.ACKNOWLEDGED} and m.item.category in NEGATIVE:
            assert not BOOK.handlers[m.handler].self_governing
        if self.done() and m.on_the_spot:
            assert m.item.category not in NEGATIVE

    @invariant()
    def it_moves_up_one_level_at_a_time_and_keeps_where_it_began(self):
        steps = zip(self.m.levels, self.m.levels[1:], strict=False)
        assert all(after - before == 1 for before, after in steps)
        assert self.m.levels[0] == 0

    @invariant()
    def the_clocks_that_run_are_those_of_the_state(self):
        standing = [one for one in self.m.clocks if one.stopped_at is None]
        assert sorted(one.kind for one in standing) == sorted(RUNNING[self.m.state])

    @invariant()
    def the_whole_clock_began_at_receipt_and_an_inherited_one_is_due_as_ever(self):
        whole = self.clock_of(ClockKind.WHOLE)
        assert [one.kind for one in self.m.clocks].count(ClockKind.WHOLE) == 1
        assert whole.started_at == self.whole.started_at
        if self.whole.inherited:
            assert whole.due_at == self.whole.due_at

    def closed(self) -> bool:
        """Closed as a matter of the three classes."""
        return self.m.state is S.CLOSED and not self.m.conduct

    def done(self) -> bool:
        return self.m.state in {S.HANDLED, S.VERIFIED, S.REPLIED} or self.closed()


TestLifeOfAMatter = LifeOfAMatter.TestCase
TestLifeOfAMatter.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
