"""Working days and service hours: what a limit comes out to, to the minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.errors import BadInput
from gis.governance.arrangements import published_days
from gis.governance.calendar import CalendarDay, ServiceHours, WorkCalendar
from gis.matters import TimeLimit, TimeUnit
from gis.model import BEIJING

CALENDAR = WorkCalendar(published_days())
CLOCK_HOUR, WORKING_HOUR, WORKING_DAY, CALENDAR_DAY = TimeUnit
MINUTE = timedelta(minutes=1)

# Two published years and a month on both sides of them.
FIRST = datetime(2024, 12, 1, tzinfo=BEIJING)
instants = st.integers(0, 791 * 24 * 60).map(lambda n: FIRST + n * MINUTE)
units = st.sampled_from(TimeUnit)
working_units = st.sampled_from([WORKING_HOUR, WORKING_DAY])
amounts = st.integers(1, 60)


def at(text: str) -> datetime:
    """An instant of 2026 in Beijing time: "09-20 17:00"."""
    return datetime.strptime(f"2026-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=BEIJING)


def due(start: str, amount: int, unit: TimeUnit) -> str:
    return f"{CALENDAR.add(at(start), TimeLimit(amount, unit)):%m-%d %H:%M}"


# ---- by hand ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        ("09-21 09:00", 1, "09-21 10:00"),
        ("09-21 11:00", 1, "09-21 12:00"),  # ends with the span, not after lunch
        ("09-21 12:00", 1, "09-21 15:00"),  # 12:00 sharp isn't worked any more
        ("09-21 13:59", 4, "09-21 18:00"),
        ("09-21 14:00", 4, "09-21 18:00"),
        ("09-21 17:59", 1, "09-22 09:59"),
        ("09-21 18:00", 1, "09-22 10:00"),
        ("09-21 23:30", 3, "09-22 12:00"),
        ("09-22 00:00", 3, "09-22 12:00"),
        ("09-19 10:00", 1, "09-20 10:00"),  # a Saturday off before a Sunday worked
        ("09-20 17:00", 4, "09-21 12:00"),
        ("09-24 17:00", 2, "09-28 10:00"),  # Mid-Autumn, three days
        ("09-30 17:30", 2, "10-08 10:30"),  # National Day, seven days
        ("10-03 11:11", 1, "10-08 10:00"),
        ("10-10 17:00", 7, "10-12 17:00"),  # a Saturday worked, a Sunday off
    ],
)
def test_working_hours_run_in_service_hours_only(start, hours, end):
    assert due(start, hours, WORKING_HOUR) == end


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        ("09-21 00:00", 1, "09-22 18:00"),  # the day of dispatch isn't counted, however early
        ("09-21 23:59", 1, "09-22 18:00"),
        ("09-18 10:00", 1, "09-20 18:00"),  # Sunday 20 September is worked
        ("09-19 10:00", 1, "09-20 18:00"),
        ("09-20 10:00", 1, "09-21 18:00"),
        ("09-30 17:30", 5, "10-13 18:00"),
        ("10-01 08:00", 1, "10-08 18:00"),
        ("10-09 09:00", 1, "10-10 18:00"),
        ("02-13 12:00", 1, "02-14 18:00"),
        ("02-14 12:00", 1, "02-24 18:00"),
        ("03-02 10:15", 2, "03-04 18:00"),
    ],
)
def test_working_days_begin_after_the_day_of_dispatch_and_end_at_six(start, days, end):
    assert due(start, days, WORKING_DAY) == end


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [("09-30 17:30", 2, "09-30 19:30"), ("10-03 23:00", 2, "10-04 01:00")],
)
def test_clock_hours_run_through_nights_and_holidays(start, hours, end):
    assert due(start, hours, CLOCK_HOUR) == end


def test_a_last_calendar_day_isnt_moved_by_a_holiday():
    assert due("05-10 09:00", 10, CALENDAR_DAY) == "05-20 18:00"
    assert due("09-21 09:00", 12, CALENDAR_DAY) == "10-03 18:00"


def test_the_answer_is_the_same_in_whatever_zone_the_question_is_put():
    limit = TimeLimit(4, WORKING_HOUR)

    assert CALENDAR.add(datetime(2026, 9, 20, 9, tzinfo=UTC), limit) == at("09-21 12:00")
    assert CALENDAR.add(datetime(2026, 9, 20, 9, tzinfo=UTC), limit).tzinfo is BEIJING


def test_an_instant_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="without time zone"):
        CALENDAR.is_working(datetime(2026, 9, 20, 9))  # noqa: DTZ001


def test_the_instants_of_opening_are_worked_and_those_of_closing_are_not():
    edges = ["09-21 08:59", "09-21 09:00", "09-21 12:00", "09-21 13:59", "09-21 14:00"]

    assert [CALENDAR.is_working(at(edge)) for edge in edges] == [False, True, False, False, True]
    assert not CALENDAR.is_working(at("09-21 18:00"))


def test_the_next_service_is_the_instant_itself_or_the_next_opening():
    assert CALENDAR.next_service(at("09-21 10:30")) == at("09-21 10:30")
    assert CALENDAR.next_service(at("09-21 12:00")) == at("09-21 14:00")
    assert CALENDAR.next_service(at("09-30 18:00")) == at("10-08 09:00")


def test_elapsed_time_counts_service_time_for_working_units_only():
    over = (at("09-30 17:30"), at("10-08 10:30"))

    assert CALENDAR.elapsed(*over, WORKING_DAY) == timedelta(hours=2)
    assert CALENDAR.elapsed(*over, CLOCK_HOUR) == timedelta(days=7, hours=17)
    assert CALENDAR.elapsed(*reversed(over), CLOCK_HOUR) == timedelta(0)


# ---- what isn't published, and other hours ------------------------------------------------------


def test_a_year_without_arrangement_is_monday_to_friday_and_provisional():
    new_year = date(2027, 1, 1)

    assert CALENDAR.is_working_day(new_year)
    assert CALENDAR.is_provisional(new_year)
    assert not CALENDAR.is_provisional(date(2026, 12, 31))


def test_a_due_time_beyond_the_published_days_says_so():
    last = CALENDAR.due(at("12-30 17:00"), TimeLimit(1, WORKING_DAY))
    beyond = CALENDAR.due(at("12-30 17:00"), TimeLimit(2, WORKING_DAY))
    by_the_clock = CALENDAR.due(at("12-30 17:00"), TimeLimit(90, CLOCK_HOUR))

    assert (last.at, last.provisional) == (at("12-31 18:00"), False)
    assert beyond.provisional
    assert not by_the_clock.provisional


def test_a_day_of_the_table_may_be_expected_only():
    expected = WorkCalendar([CalendarDay(date(2027, 1, 1), working=False, provisional=True)])

    assert not expected.is_working_day(date(2027, 1, 1))
    assert expected.is_provisional(date(2027, 1, 1))


def test_service_hours_are_the_deployments_own():
    summer = WorkCalendar(published_days(), ServiceHours.parse("08:30-12:00,15:00-18:30"))

    assert summer.add(at("09-21 11:30"), TimeLimit(1, WORKING_HOUR)) == at("09-21 15:30")
    assert summer.add(at("09-21 11:30"), TimeLimit(1, WORKING_DAY)) == at("09-22 18:30")
    assert summer.hours.per_day == timedelta(hours=7)


@pytest.mark.parametrize(
    "text", ["", "9", "9-12", "09:00-25:00", "12:00-09:00", "09:00-12:00,11:00-18:00", "a:b-c:d"]
)
def test_service_hours_that_make_no_sense_are_refused(text):
    with pytest.raises(BadInput) as caught:
        ServiceHours.parse(text)
    assert caught.value.key == "error.service_hours"


# ---- a clock that stood still -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("due_at", "unit", "away", "back", "moved"),
    [
        ("09-21 12:00", WORKING_HOUR, "09-21 10:00", "09-21 15:00", "09-21 17:00"),
        ("09-21 12:00", WORKING_HOUR, "09-21 10:00", "09-21 20:00", "09-22 11:00"),
        ("09-21 12:00", CLOCK_HOUR, "09-21 10:00", "09-22 10:00", "09-22 12:00"),
        ("10-13 18:00", WORKING_DAY, "10-08 10:00", "10-10 11:00", "10-15 18:00"),
        ("10-13 18:00", WORKING_DAY, "10-08 10:00", "10-08 16:00", "10-13 18:00"),
        ("10-13 18:00", WORKING_DAY, "10-13 10:00", "10-13 16:00", "10-13 18:00"),
        ("10-13 18:00", WORKING_DAY, "10-13 10:00", "10-14 16:00", "10-14 18:00"),
        ("10-13 18:00", WORKING_DAY, "10-13 10:00", "10-14 18:00", "10-15 18:00"),
        ("09-30 18:00", WORKING_DAY, "09-30 10:00", "10-02 10:00", "10-08 18:00"),
        ("05-20 18:00", CALENDAR_DAY, "05-18 10:00", "05-23 10:00", "05-25 18:00"),
        ("05-20 18:00", CALENDAR_DAY, "05-20 10:00", "05-23 10:00", "05-23 18:00"),
        ("05-20 18:00", CALENDAR_DAY, "05-20 10:00", "05-23 19:00", "05-24 18:00"),
        ("10-13 18:00", WORKING_DAY, "10-13 18:00", "10-20 09:00", "10-13 18:00"),
    ],
)
def test_what_was_left_when_a_clock_stopped_is_left_when_it_goes_on(
    due_at, unit, away, back, moved
):
    assert CALENDAR.postponed(at(due_at), unit, at(away), at(back)).at == at(moved)


@given(instants, amounts, units, instants, instants)
def test_standing_still_never_brings_the_end_nearer(start, amount, unit, one, other):
    away, back = sorted((one, other))
    due_at = CALENDAR.add(start, TimeLimit(amount, unit))
    moved = CALENDAR.postponed(due_at, unit, away, back).at

    assert moved >= due_at
    assert CALENDAR.postponed(due_at, unit, away, away).at == due_at
    if away < due_at:
        assert moved > back or unit is CALENDAR_DAY


# ---- whatever the limit -------------------------------------------------------------------------


@given(instants, instants, amounts, units)
def test_who_starts_later_is_never_due_earlier(one, other, amount, unit):
    earlier, later = sorted((one, other))
    limit = TimeLimit(amount, unit)

    assert CALENDAR.add(earlier, limit) <= CALENDAR.add(later, limit)


@given(instants, amounts, units)
def test_a_longer_limit_ends_later(start, amount, unit):
    end = CALENDAR.add(start, TimeLimit(amount, unit))

    assert start < end < CALENDAR.add(start, TimeLimit(amount + 1, unit))


@given(instants, amounts, amounts, units)
def test_two_limits_one_after_the_other_are_their_sum(start, first, second, unit):
    between = CALENDAR.add(start, TimeLimit(first, unit))

    assert CALENDAR.add(between, TimeLimit(second, unit)) == CALENDAR.add(
        start, TimeLimit(first + second, unit)
    )


@given(instants, amounts, working_units)
def test_a_working_limit_ends_with_a_minute_that_is_worked(start, amount, unit):
    end = CALENDAR.add(start, TimeLimit(amount, unit))

    assert CALENDAR.is_working(end - MINUTE)


@given(instants, amounts)
def test_working_hours_are_exactly_the_service_time_that_passes(start, amount):
    end = CALENDAR.add(start, TimeLimit(amount, WORKING_HOUR))

    assert CALENDAR.elapsed(start, end, WORKING_HOUR) == timedelta(hours=amount)


@given(instants, amounts)
def test_working_days_are_exactly_the_worked_days_after_the_first(start, amount):
    end = CALENDAR.add(start, TimeLimit(amount, WORKING_DAY))
    days = [
        start.date() + timedelta(days=n) for n in range(1, (end.date() - start.date()).days + 1)
    ]

    assert sum(CALENDAR.is_working_day(day) for day in days) == amount
    assert end.time() == time(18)


@settings(max_examples=40)
@given(instants, st.integers(0, 3000))
def test_service_time_agrees_with_counting_minute_by_minute(start, minutes):
    counted = sum(CALENDAR.is_working(start + n * MINUTE) for n in range(minutes))

    assert CALENDAR.elapsed(start, start + minutes * MINUTE, WORKING_HOUR) == counted * MINUTE


@given(instants, instants, instants)
def test_elapsed_time_adds_up(one, other, third):
    first, middle, last = sorted((one, other, third))

    for unit in TimeUnit:
        whole = CALENDAR.elapsed(first, last, unit)
        assert whole == CALENDAR.elapsed(first, middle, unit) + CALENDAR.elapsed(middle, last, unit)


@given(instants)
def test_the_next_service_is_worked_and_nothing_is_worked_before_it(start):
    opens = CALENDAR.next_service(start)

    assert CALENDAR.is_working(opens)
    assert CALENDAR.elapsed(start, opens, WORKING_HOUR) == timedelta(0)
