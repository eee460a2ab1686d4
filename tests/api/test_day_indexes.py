"""An index of a day is made when it pays, for the boundaries in force, and a few are kept."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Connection

from api.day_indexes import MOST_DAYS, DayIndexes
from gis.model import AsOf
from gis.store import codes_of_many
from tests.makers import NOW, TODAY, keep
from tests.sketch import sketch


@pytest.fixture
def town(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> Connection:
    monkeypatch.setattr(codes_of_many, "LEAST_PLACES", 0)
    keep(connection, sketch("1 2 3 ."), edition="网格")
    return connection


def test_the_database_answers_until_an_index_has_paid_for_itself(town):
    days = DayIndexes()
    assert days.of(town, TODAY, 5) is None
    made = days.of(town, TODAY, 1)  # two places for each of three regions
    assert made is not None
    assert days.of(town, TODAY, 0) is made


def test_an_index_is_of_its_day_and_of_what_was_known(town):
    days = DayIndexes()
    before = AsOf(TODAY.valid_on, NOW - timedelta(days=1))
    today, unknown = days.of(town, TODAY, 9), days.of(town, before, 9)
    assert len(today.indexes) == 1
    assert [len(one.ids) for one in unknown.indexes] == [0]
    assert days.of(town, AsOf(TODAY.valid_on, NOW + timedelta(days=1)), 0) is today


def test_an_activation_ends_every_index(town):
    days = DayIndexes()
    first = days.of(town, TODAY, 9)
    keep(town, sketch("1 1 3 ."), edition="二", now=NOW + timedelta(hours=1))
    later = AsOf(TODAY.valid_on, NOW + timedelta(hours=3))
    assert days.of(town, later, 1) is None
    assert days.of(town, later, 9) is not first


def test_no_more_than_a_few_days_are_kept(town):
    days = DayIndexes()
    asked = [AsOf(TODAY.valid_on + timedelta(days=n), NOW) for n in range(MOST_DAYS + 3)]
    assert all(days.of(town, one, 9) for one in asked)
    kept = [days.of(town, one, 0) for one in reversed(asked)]
    assert sum(one.made is not None for one in days._days.values()) <= MOST_DAYS
    assert all(kept[:MOST_DAYS])
