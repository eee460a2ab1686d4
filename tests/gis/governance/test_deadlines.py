"""Clocks, lateness and escalation: due times to the minute."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.errors import Conflict
from gis.governance.arrangements import published_days
from gis.governance.calendar import WorkCalendar
from gis.governance.classify import propose
from gis.governance.deadlines import (
    Terms,
    after_step,
    clocks_for,
    escalation_level,
    escalation_times,
    extended,
    is_late,
    lateness,
    limit_for,
    next_due,
    standing,
)
from gis.governance.rulebook import rulebook
from gis.governance.step_table import RULES
from gis.governance.steps import Step
from gis.matters import Clock, ClockKind, Limit, TimeLimit, TimeUnit, Urgency
from gis.model import BEIJING

BOOK = rulebook()
CALENDAR = WorkCalendar(published_days(), BOOK.hours)
ITEMS = BOOK.default_list.items
INTAKE, ACKNOWLEDGE, UNIT, WHOLE = ClockKind
STRINGS = Path(__file__).parents[3] / "maps" / "strings"
ROWS = {rule.step: rule for rule in reversed(RULES)}  # the first row of each step


def at(text: str) -> datetime:
    """An instant of 2026 in Beijing time: "09-20 17:00"."""
    return datetime.strptime(f"2026-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=BEIJING)


def terms(category: str | None = None, **changes) -> Terms:
    item = ITEMS[category] if category else None
    return Terms(CALENDAR, BOOK.defaults, item.urgency if item else Urgency.NORMAL, item, **changes)


def clock(clocks, kind: ClockKind) -> Clock:
    """The latest clock of a kind."""
    return max((one for one in clocks if one.kind is kind), key=lambda one: one.number)


def due(clocks, kind: ClockKind) -> str:
    return f"{clock(clocks, kind).due_at:%m-%d %H:%M}"


def take(clocks, step: Step, when: str, given: Terms):
    return after_step(clocks, ROWS[step], at(when), given)


# ---- five days in the life ----------------------------------------------------------------------


def test_scenario_a_dispatched_on_a_make_up_sunday_at_17_00_it_is_due_on_monday_at_12_00():
    rubbish = terms("E0102")
    clocks = clocks_for(rubbish, at("09-20 16:52"))
    clocks = take(clocks, Step.DISPATCH, "09-20 17:00", rubbish)

    assert ITEMS["E0102"].handling.time == TimeLimit(4, TimeUnit.WORKING_HOUR)
    assert due(clocks, UNIT) == "09-21 12:00"
    assert due(clocks, INTAKE) == "09-21 18:00"


def ticket_of_the_hotline():
    """Wed 30 Sep 16:40; to one unit at 17:00, back at 17:20, to another at 17:30."""
    fumes = terms("E0601")
    clocks = clocks_for(fumes, at("09-30 16:40"), inherited_due_at=at("10-13 18:00"))
    clocks = take(clocks, Step.DISPATCH, "09-30 17:00", fumes)
    clocks = take(clocks, Step.RETURN, "09-30 17:20", fumes)
    return take(clocks, Step.DISPATCH, "09-30 17:30", fumes), fumes


def test_scenario_b_acknowledgement_within_two_working_hours_is_due_on_8_october_at_10_30():
    clocks, _ = ticket_of_the_hotline()

    assert due(clocks, ACKNOWLEDGE) == "10-08 10:30"


def test_scenario_b_handling_in_five_working_days_ends_on_13_october_at_18_00():
    clocks, _ = ticket_of_the_hotline()

    assert ITEMS["E0601"].handling.time == TimeLimit(5, TimeUnit.WORKING_DAY)
    assert due(clocks, UNIT) == "10-13 18:00"


def test_scenario_b_the_hotlines_due_date_is_kept_throughout():
    clocks, fumes = ticket_of_the_hotline()
    kept = [clock(clocks, WHOLE)]
    for step, when in [
        (Step.ACKNOWLEDGE, "10-08 10:20"),
        (Step.CLASSIFY, "10-08 11:00"),
        (Step.DISPATCH, "10-08 11:10"),
        (Step.PAUSE, "10-09 09:00"),
        (Step.RESUME, "10-10 09:00"),
        (Step.HANDLE, "10-12 09:00"),
        (Step.REWORK, "10-12 10:00"),
    ]:
        clocks = take(clocks, step, when, fumes)
        kept.append(clock(clocks, WHOLE))

    assert set(kept) == {Clock(WHOLE, at("09-30 16:40"), at("10-13 18:00"), None)}
    with pytest.raises(Conflict, match="clock_inherited"):
        extended(
            kept[0], TimeLimit(1, TimeUnit.WORKING_DAY), at("10-12 09:00"), CALENDAR, whole=kept[0]
        )


def test_scenario_b_each_dispatch_has_clocks_of_its_own_and_the_first_ones_stay_stopped():
    clocks, _ = ticket_of_the_hotline()
    units = [one for one in clocks if one.kind is UNIT]

    assert [(one.number, one.stopped_at) for one in units] == [(1, at("09-30 17:20")), (2, None)]
    assert [one.number for one in clocks if one.kind is INTAKE] == [1, 2]


def test_scenario_c_executed_within_ten_calendar_days_of_the_resolution_by_20_may():
    pruning = terms("N01")
    clocks = clocks_for(pruning, at("05-04 20:10"))
    clocks = take(clocks, Step.DISPATCH, "05-06 09:20", pruning)
    assert due(clocks, UNIT) == "06-06 18:00"  # a month to deliberate

    clocks = take(clocks, Step.DELIBERATE, "05-10 10:00", pruning)
    assert due(clocks, UNIT) == "05-20 18:00"
    assert f"{at(due(clocks, UNIT)):%a}" == "Wed"


def test_scenario_c_confirmed_on_the_first_working_day_it_is_confirmed_in_time():
    clocks = take(
        clocks_for(terms("N01"), at("05-04 20:10")), Step.DISPATCH, "05-06 09:20", terms("N01")
    )

    assert due(clocks, INTAKE) == "05-06 18:00"
    assert not is_late(clock(clocks, INTAKE), at("05-20 12:00"))


def test_scenario_e_first_answer_within_two_working_days_by_4_march_at_18_00():
    proposal = propose("网格员张某收费50元", None, BOOK.in_force())
    assert proposal.about == ("grid_member",)

    clocks = clocks_for(terms(conduct=True), at("03-02 10:15"))
    assert [one.kind for one in clocks] == [WHOLE]
    assert due(clocks, WHOLE) == "03-04 18:00"


# ---- which limit --------------------------------------------------------------------------------


def test_first_action_is_two_clock_hours_when_urgent_even_at_night():
    assert due(clocks_for(terms("E0401"), at("10-03 23:00")), INTAKE) == "10-04 01:00"


def test_a_raised_urgency_brings_the_limits_of_that_urgency():
    raised = replace(terms("C0102"), urgency=Urgency.CRITICAL)

    assert limit_for(INTAKE, raised) == TimeLimit(1, TimeUnit.CLOCK_HOUR)
    assert limit_for(UNIT, raised) == ITEMS["C0102"].handling.time


def test_an_items_own_limits_hold_for_its_own_urgency_only():
    own = Limit(TimeLimit(3, TimeUnit.WORKING_HOUR), "here")
    item = replace(ITEMS["C0102"], first_action=own, acknowledge=own)
    normal = Terms(CALENDAR, BOOK.defaults, Urgency.NORMAL, item)
    urgent = replace(normal, urgency=Urgency.URGENT)

    assert limit_for(INTAKE, normal) == limit_for(ACKNOWLEDGE, normal) == own.time
    assert limit_for(INTAKE, urgent) == TimeLimit(2, TimeUnit.CLOCK_HOUR)
    assert limit_for(ACKNOWLEDGE, urgent) == TimeLimit(1, TimeUnit.CLOCK_HOUR)


def test_while_nothing_is_decided_the_reply_has_its_own_default():
    assert limit_for(WHOLE, terms()) == BOOK.defaults.undecided_reply.time
    with pytest.raises(ValueError, match="list item"):
        limit_for(UNIT, terms())


# ---- the whole clock ----------------------------------------------------------------------------


def test_the_whole_clock_goes_by_the_item_decided_later_yet_from_receipt():
    clocks = clocks_for(terms(), at("09-21 10:00"))
    assert due(clocks, WHOLE) == "10-12 18:00"

    clocks = take(clocks, Step.CLASSIFY, "09-23 10:00", terms("E0102"))
    assert due(clocks, WHOLE) == "09-24 18:00"
    assert clock(clocks, WHOLE).started_at == at("09-21 10:00")


def test_a_return_gives_the_whole_no_more_time():
    rubbish = terms("E0102")
    clocks = clocks_for(rubbish, at("09-21 10:00"))
    before = clock(clocks, WHOLE)
    for step, when in [
        (Step.DISPATCH, "09-21 11:00"),
        (Step.RETURN, "09-21 15:00"),
        (Step.DISPATCH, "09-22 11:00"),
    ]:
        clocks = take(clocks, step, when, rubbish)

    assert clock(clocks, WHOLE) == before


def test_an_extension_given_by_a_person_outlives_a_new_classification():
    clocks = clocks_for(terms("E0102"), at("09-21 10:00"))
    whole = clock(clocks, WHOLE)
    longer = extended(
        whole, TimeLimit(9, TimeUnit.WORKING_DAY), at("09-22 10:00"), CALENDAR, whole=whole
    )
    clocks = take([longer], Step.REFER, "09-23 10:00", terms(conduct=True))

    assert clocks == (longer,)


def test_reopened_it_goes_on_with_what_was_left_of_the_whole():
    rubbish = terms("E0102")
    clocks = clocks_for(rubbish, at("09-21 10:00"))
    assert due(clocks, WHOLE) == "09-24 18:00"
    clocks = take(clocks, Step.DISPATCH, "09-21 11:00", rubbish)
    clocks = take(clocks, Step.HANDLE, "09-22 10:00", rubbish)
    clocks = take(clocks, Step.REPLY, "09-22 16:00", rubbish)
    clocks = take(clocks, Step.REOPEN, "10-08 10:00", rubbish)

    assert due(clocks, WHOLE) == "10-10 18:00"  # two working days had been left


def test_late_at_the_reply_it_is_late_when_reopened():
    clocks = clocks_for(terms("E0102"), at("09-21 10:00"))
    clocks = take(clocks, Step.REPLY, "09-28 10:00", terms("E0102"))
    clocks = take(clocks, Step.REOPEN, "10-08 10:00", terms("E0102"))

    assert due(clocks, WHOLE) == "09-24 18:00"


# ---- pause, rework, extension -------------------------------------------------------------------


def dispatched(category: str, when: str):
    return take(clocks_for(terms(category), at(when)), Step.DISPATCH, when, terms(category))


def test_a_paused_clock_goes_on_with_what_was_left():
    clocks = dispatched("E0102", "09-21 09:00")
    assert due(clocks, UNIT) == "09-21 15:00"
    clocks = take(clocks, Step.PAUSE, "09-21 10:00", terms("E0102"))
    assert not clock(clocks, UNIT).running
    assert clock(clocks, WHOLE).running

    clocks = take(clocks, Step.RESUME, "09-22 10:00", terms("E0102"))
    assert clock(clocks, UNIT).running
    assert due(clocks, UNIT) == "09-22 15:00"


def test_lateness_cant_be_hidden_by_a_pause():
    with pytest.raises(Conflict, match="clock_late"):
        take(dispatched("E0102", "09-21 09:00"), Step.PAUSE, "09-21 15:01", terms("E0102"))


def test_rework_has_what_was_left_when_it_was_reported_done():
    clocks = dispatched("E0102", "09-21 09:00")
    clocks = take(clocks, Step.HANDLE, "09-21 14:30", terms("E0102"))
    clocks = take(clocks, Step.REWORK, "09-22 09:00", terms("E0102"))

    assert due(clocks, UNIT) == "09-22 09:30"
    assert len([one for one in clocks if one.kind is UNIT]) == 1


def test_an_extension_counts_from_the_due_time():
    clocks = dispatched("E0601", "09-21 09:00")
    unit, whole = clock(clocks, UNIT), clock(clocks, WHOLE)
    longer = extended(
        unit, TimeLimit(2, TimeUnit.WORKING_DAY), at("09-23 09:00"), CALENDAR, whole=whole
    )

    assert (unit.due_at, longer.due_at) == (at("09-29 18:00"), at("10-08 18:00"))
    assert replace(longer, due_at=unit.due_at, moved=False) == unit


@pytest.mark.parametrize(
    ("kind", "days", "now", "key"),
    [
        (UNIT, 9, "09-23 09:00", "error.extension_beyond_whole"),
        (UNIT, 1, "10-08 18:00", "error.extension_too_short"),
        (INTAKE, 1, "09-21 09:00", "error.clock_stopped"),
        (ACKNOWLEDGE, 1, "09-21 09:00", "error.clock_not_extendable"),
    ],
)
def test_an_extension_that_makes_no_sense_is_refused(kind, days, now, key):
    clocks = dispatched("E0601", "09-21 09:00")

    with pytest.raises(Conflict, match=key):
        extended(
            clock(clocks, kind),
            TimeLimit(days, TimeUnit.WORKING_DAY),
            at(now),
            CALENDAR,
            whole=clock(clocks, WHOLE),
        )


def test_a_due_time_in_a_year_not_yet_arranged_is_provisional():
    assert clock(dispatched("E0601", "12-30 09:00"), UNIT).provisional
    assert not clock(dispatched("E0102", "12-30 09:00"), UNIT).provisional


# ---- how it stands, in words --------------------------------------------------------------------


def words(one: Clock, now: str, language: str = "zh-CN") -> str:
    said = standing(one, at(now), CALENDAR).words
    strings = json.loads((STRINGS / f"{language}.json").read_text(encoding="utf-8"))
    return strings[said.key].format_map(said.filled(language))


@pytest.mark.parametrize(
    ("now", "said"),
    [
        ("10-08 09:00", "剩 5 个工作日"),
        ("10-08 10:00", "剩 4 个工作日"),
        ("10-13 09:00", "剩 1 个工作日"),
        ("10-13 09:30", "剩 6 小时"),
        ("10-13 16:30", "剩 90 分"),
        ("10-13 17:35", "剩 25 分"),
        ("10-13 18:00", "剩不到 1 分"),
        ("10-13 18:01", "时限已到"),
        ("10-14 09:05", "已超时 5 分"),
        ("10-14 12:00", "已超时 3 小时"),
        ("10-14 18:00", "已超时限1个工作日"),
        ("10-16 09:00", "已超时限2个工作日"),
    ],
)
def test_a_limit_in_working_days_is_told_in_service_time(now, said):
    assert words(clock(dispatched("E0601", "09-30 17:30"), UNIT), now) == said


@pytest.mark.parametrize(
    ("now", "said"),
    [
        ("10-03 23:35", "剩 85 分"),
        ("10-04 01:05", "已超时 5 分"),
        ("10-04 03:30", "已超时 2 小时"),
        ("10-05 23:00", "已超时 46 小时"),
        ("10-06 02:00", "已超时 2 天"),
    ],
)
def test_a_limit_in_clock_hours_is_told_by_the_clock(now, said):
    assert words(clock(clocks_for(terms("E0401"), at("10-03 23:00")), INTAKE), now) == said


def test_a_clock_that_stands_still_says_so():
    clocks = take(dispatched("E0601", "09-30 17:30"), Step.PAUSE, "10-08 09:00", terms("E0601"))
    done = take(clocks, Step.HANDLE, "10-09 09:00", terms("E0601"))
    late = take(dispatched("E0601", "09-30 17:30"), Step.HANDLE, "10-13 18:01", terms("E0601"))

    assert words(clock(clocks, UNIT), "10-20 09:00") == "计时已暂停"
    assert words(clock(done, UNIT), "10-20 09:00") == "按时完成"
    assert words(clock(late, UNIT), "10-20 09:00") == "已完成，超过时限"
    assert words(clock(late, UNIT), "10-20 09:00", "en") == "done late"


def test_due_soon_is_less_than_half_an_hour():
    one = clock(dispatched("E0601", "09-30 17:30"), UNIT)

    assert not standing(one, at("10-13 17:30"), CALENDAR).soon
    assert standing(one, at("10-13 17:31"), CALENDAR).soon
    assert not standing(one, at("10-13 18:01"), CALENDAR).soon


@given(
    st.integers(0, 60 * 24 * 30),
    st.integers(0, 60 * 24 * 30),
    st.sampled_from(["E0601", "E0401", "N01"]),
)
def test_time_only_makes_it_later(first, second, category):
    one = clock(dispatched(category, "09-21 09:00"), UNIT)
    before, after = (at("09-21 09:00") + timedelta(minutes=m) for m in sorted((first, second)))

    assert is_late(one, before) <= is_late(one, after)
    assert lateness(one, before, CALENDAR) <= lateness(one, after, CALENDAR)
    assert (lateness(one, after, CALENDAR) > timedelta(0)) <= is_late(one, after)


def test_lists_are_ordered_by_the_running_clock_that_is_due_first():
    clocks = dispatched("E0601", "09-30 17:30")
    assert next_due(clocks).kind is ACKNOWLEDGE

    clocks = take(clocks, Step.ACKNOWLEDGE, "10-08 09:30", terms("E0601"))
    assert next_due(clocks).kind is UNIT
    assert next_due(take(clocks, Step.CANCEL, "10-08 10:00", terms("E0601"))) is None


# ---- who must be told ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "level"),
    [
        ("10-13 18:00", 0),
        ("10-13 18:01", 1),
        ("10-14 18:00", 1),
        ("10-14 18:01", 2),
        ("10-16 18:00", 2),
        ("10-16 18:01", 3),
        ("12-31 18:00", 3),
    ],
)
def test_one_more_is_told_for_each_step_of_lateness(now, level):
    assert escalation_level(at("10-13 18:00"), at(now), BOOK.escalation, CALENDAR) == level


def test_the_instants_of_escalation_are_known_beforehand():
    times = escalation_times(at("09-30 18:00"), BOOK.escalation, CALENDAR)

    assert times == [at("09-30 18:00"), at("10-08 18:00"), at("10-10 18:00")]
