"""The published days off, and files of them that are wrong."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from gis.errors import BadFile
from gis.governance.arrangements import published_days

DAYS = {one.day: one for one in published_days()}
GOOD = """
[2026]
source = "a notice"
off = [{ name = "国庆节", from = 2026-10-01, until = 2026-10-07 }]
make_up = [2026-10-10]
"""


def test_every_day_of_a_published_year_is_there_once_and_certain():
    assert Counter(day.year for day in DAYS) == {2025: 365, 2026: 365}
    assert not any(one.provisional for one in DAYS.values())


def test_both_years_have_248_working_days_as_two_other_calendars_count():
    worked = Counter(one.day.year for one in DAYS.values() if one.working)

    assert worked == {2025: 248, 2026: 248}


def test_the_make_up_days_are_the_weekends_that_are_worked():
    worked = [f"{day:%Y-%m-%d}" for day, one in DAYS.items() if one.working and day.weekday() > 4]

    assert worked == [
        *("2025-01-26", "2025-02-08", "2025-04-27", "2025-09-28", "2025-10-11"),
        *("2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"),
    ]


def test_the_weekdays_off_are_the_thirteen_holidays_and_those_moved():
    off = [day for day, one in DAYS.items() if not one.working and day.weekday() < 5]

    assert sum(day.year == 2025 for day in off) == 13 + 5
    assert sum(day.year == 2026 for day in off) == 13 + 6
    assert date(2026, 5, 4) in off
    assert date(2026, 2, 23) in off


def test_a_file_of_the_same_form_can_be_handed_in():
    given = {one.day: one.working for one in published_days(GOOD)}

    assert not given[date(2026, 10, 7)]
    assert given[date(2026, 10, 10)]
    assert given[date(2026, 1, 1)]


@pytest.mark.parametrize(
    ("change", "key", "place"),
    [
        (("[2026]", "[26]"), "error.rules_year", "26"),
        (("2026-10-10]", "2026-10-12]"), "error.rules_make_up", "2026.make_up"),
        (("2026-10-10]", "2026-10-03]"), "error.rules_make_up", "2026.make_up"),
        (("until = 2026-10-07", "until = 2026-09-30"), "error.rules_days_off", "2026.off[1]"),
        (("until = 2026-10-07", "until = 2027-01-02"), "error.rules_days_off", "2026.off[1]"),
        (("until = 2026-10-07", "til = 2026-10-07"), "error.rules_missing", "2026.off[1].until"),
        (("until = 2026-10-07", 'until = "7"'), "error.rules_type", "2026.off[1].until"),
        (("make_up", "makeup"), "error.rules_unknown", "2026.makeup"),
        (('source = "a notice"', ""), "error.rules_missing", "2026.source"),
        (("2026-10-10]", "2026-10-10T09:00:00]"), "error.rules_type", "2026.make_up"),
    ],
)
def test_a_mistake_is_told_with_its_place(change, key, place):
    with pytest.raises(BadFile) as caught:
        published_days(GOOD.replace(*change))
    assert (caught.value.key, caught.value.values["place"]) == (key, place)


def test_a_file_that_isnt_toml_is_told_with_its_line():
    with pytest.raises(BadFile) as caught:
        published_days("[2026\n")
    assert caught.value.key == "error.rules_syntax"
    assert "line 1" in str(caught.value.values["detail"])
