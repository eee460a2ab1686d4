"""One object has one home at a time, over two times: the database refuses a second one."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from tests.makers import keep
from tests.sketch import sketch

DAYS = (
    "(,)",
    "(,2026-03-01)",
    "[2026-03-01,)",
    "[2026-03-01,2026-03-02)",
    "[2026-03-02,2026-04-01)",
)
INSTANTS = (
    *("(,)", "(,2026-03-01)", "(,2026-03-01]", "[2026-03-01,)", "(2026-03-01,)"),
    *("[2026-03-01,2026-03-01]", "[2026-03-01,2026-03-01 00:00:00.000001)"),
    *("[2026-03-01 00:00:00.000001,2026-03-02)", "[1950-01-01,2026-03-01)"),
    *("[2254-03-01,2254-03-01 00:00:00.000001)", "[2254-03-01 00:00:00.000001,2254-03-02)"),
    *("[2026-03-01,infinity)", "[-infinity,1900-01-01)"),
)


def homes(connection: Connection, *rows: tuple[str, int, str, str]) -> None:
    for kind, number, valid, known in rows:
        connection.execute(
            text(
                "INSERT INTO place_home (kind, object_id, region_id, valid, known)"
                " SELECT :kind, :number, min(id), CAST(:valid AS daterange),"
                "        CAST(:known AS tstzrange) FROM region"
            ),
            {"kind": kind, "number": number, "valid": valid, "known": known},
        )


def test_boxes_of_both_times_overlap_exactly_where_some_instant_of_some_day_is_in_both(connection):
    """Instants are microseconds: between two neighbours there is none, though ranges think so."""
    box = connection.execute(
        text(
            "SELECT pg_get_expr(indexprs, indrelid) FROM pg_index"
            " WHERE indexrelid = CAST('place_home_one_excl' AS regclass)"
        )
    ).scalar_one()
    connection.execute(
        text(
            "CREATE TEMPORARY TABLE times ON COMMIT DROP AS"
            " SELECT valid, known, tstzrange("
            "          lower(known) + CASE WHEN lower_inc(known) THEN '0' ELSE interval '1us' END,"
            "          upper(known) + CASE WHEN upper_inc(known) THEN interval '1us' ELSE '0' END"
            "        ) AS instants"
            "   FROM unnest(CAST(:days AS daterange[])) AS valid,"
            "        unnest(CAST(:instants AS tstzrange[])) AS known"
        ),
        {"days": list(DAYS), "instants": list(INSTANTS)},
    )

    found = connection.execute(
        text(
            f"WITH boxed AS (SELECT valid, instants, {box} AS box FROM times)"
            " SELECT (a.valid && b.valid AND a.instants && b.instants) AS overlap,"
            "        a.box && b.box AS boxes, count(*) AS pairs"
            "   FROM boxed a CROSS JOIN boxed b GROUP BY 1, 2 ORDER BY 1, 2"
        )
    ).all()

    assert [(row.overlap, row.boxes) for row in found] == [(False, False), (True, True)]


@pytest.mark.parametrize(
    "second",
    [
        ("building", 1, "[2026-04-30,)", "[2026-03-01,)"),
        ("building", 1, "[2026-01-01,2026-04-02)", "[2026-02-01,2026-03-01 00:00:00.000001)"),
    ],
)
def test_a_second_home_at_the_same_times_is_refused(connection, second):
    keep(connection, sketch("A"))
    homes(connection, ("building", 1, "[2026-04-01,2026-05-01)", "[2026-03-01,)"))

    with pytest.raises(IntegrityError, match="place_home_one_excl"), connection.begin_nested():
        homes(connection, second)


def test_homes_that_only_touch_are_kept_and_so_are_those_of_others(connection):
    keep(connection, sketch("A"))

    homes(
        connection,
        ("building", 1, "[2026-04-01,2026-05-01)", "[2026-03-01,)"),
        ("building", 1, "[2026-05-01,)", "[2026-03-01,)"),
        ("building", 1, "[2026-04-01,2026-05-01)", "[2026-02-01,2026-03-01)"),
        ("facility", 1, "[2026-04-01,2026-05-01)", "[2026-03-01,)"),
        ("building", 2, "[2026-04-01,2026-05-01)", "[2026-03-01,)"),
    )
