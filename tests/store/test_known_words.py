"""Codes and names over two times: what was known of them once can still be asked."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import ProgrammingError

from gis.accounts import EVERYTHING
from gis.model import AsOf
from gis.store import coverage, regions
from gis.store.locating import locate
from gis.store.locating_many import locate_many
from tests.makers import NOW, keep
from tests.sketch import sketch

DAY = date(2023, 6, 1)


def known(days: int) -> AsOf:
    return AsOf(DAY, NOW + timedelta(days=days))


def a_town_with_a_late_edition(connection: Connection) -> None:
    """A and B since 2020; two days later we learn that from 2022 on A was B's, called otherwise."""
    keep(connection, sketch("A B", names={"A": "甲", "B": "乙"}))
    keep(
        connection,
        sketch("B B", names={"B": "大乙"}),
        edition="late",
        valid_from=date(2022, 1, 1),
        now=NOW + timedelta(days=2),
    )


def test_a_region_that_a_late_edition_ended_keeps_its_code_and_name_for_those_who_asked_before(
    connection,
):
    a_town_with_a_late_edition(connection)
    before = locate(connection, 106.505, 29.505, known(1))
    after = locate(connection, 106.505, 29.505, known(3))

    assert before.placement.owner.code == "A"
    assert before.known[before.placement.owner.region_id].name == "甲"
    assert after.placement.owner.code == "B"
    assert after.known[after.placement.owner.region_id].name == "大乙"


def test_lists_and_facts_of_an_earlier_knowledge_have_its_codes_and_names(connection):
    a_town_with_a_late_edition(connection)
    listed = regions.list_regions(connection, known(1))

    assert [(one.code, one.name) for one in listed] == [("A", "甲"), ("B", "乙")]
    facts = regions.region_facts(connection, "grid", "A", known(1))
    assert facts.codes == [("main", "A")]
    assert facts.names == [("zh", "official", "甲")]
    assert '"name": "乙"' in regions.regions_geojson(
        connection, "grid", (106, 29, 107, 30), known(1), zoom=None, most=9
    )


def test_many_places_get_the_code_that_one_gets_by_the_same_knowledge(connection):
    a_town_with_a_late_edition(connection)
    for days in (1, 3):
        one = locate(connection, 106.505, 29.505, known(days)).placement.owner.code
        many = locate_many(
            connection, np.array([106.505]), np.array([29.505]), np.array([1.0]), known(days)
        )
        assert many.codes["grid"] == [one]


def test_an_earlier_knowledge_is_asked_for_by_its_codes_and_counted_by_them(connection):
    a_town_with_a_late_edition(connection)
    before = regions.region_ids(connection, {("grid", "A")}, known(1))

    assert set(before) == {("grid", "A")}
    assert regions.region_ids(connection, {("grid", "A")}, known(3)) == {}
    below = coverage.subtree(connection, None, EVERYTHING, known(1))
    assert [(one.code, one.name) for one in below] == [("A", "甲"), ("B", "乙")]
    assert set(coverage.simple_shapes(connection, "grid", ["A", "B"], known(1))) == {"A", "B"}


def test_what_was_known_is_never_rewritten(connection):
    a_town_with_a_late_edition(connection)
    for statement in ("UPDATE region_code_past SET code = 'X'", "DELETE FROM region_name_past"):
        with pytest.raises(ProgrammingError, match="permission denied"), connection.begin_nested():
            connection.execute(text(statement))
