"""Organisations, members and posts come in; no grid ever has two responsible members."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from gis.people import (
    Member,
    Organisation,
    OrganisationKind,
    PostRole,
    RegionRef,
    StaffLine,
)
from gis.sheets import Sheet, Stated
from gis.workflows.import_people import import_organisations, import_staff
from gis.workflows.import_places import KEEP, ONLY_REPORT, Choice
from tests.makers import NOW, TODAY, keep
from tests.sketch import sketch

DAY = timedelta(days=1)
SKIP = Choice(commit=True, skip_bad=True)
ALL = frozenset({"name", "phone", "since", "until", "responsible"})
GRID_A, GRID_B = RegionRef("grid", "A"), RegionRef("grid", "B")


@pytest.fixture(scope="module", autouse=True)
def _town(ground: Connection) -> None:
    keep(ground, sketch("A B"))


def line(
    code: str,
    since: datetime | None = NOW - DAY,
    until: datetime | None = None,
    *,
    grid: RegionRef = GRID_A,
    responsible: bool = True,
    name: str = "",
) -> StaffLine:
    member = Member(code, name or f"示例{code}", "000")
    return StaffLine(member, PostRole.GRID_MEMBER, grid, since, until, responsible)


def sheet(*lines: StaffLine, fields: frozenset[str] = ALL) -> Sheet:
    return Sheet([Stated(row, one) for row, one in enumerate(lines, start=2)], fields)


def counts(report) -> tuple[int, int, int]:
    return report.posts_added, report.posts_changed, report.posts_unchanged


def told(report) -> list[tuple[int, str]]:
    return [(one.row, one.key) for one in report.members.faults]


def test_members_and_posts_come_in_once(connection):
    given = sheet(line("m1"), line("m1", grid=GRID_B), StaffLine(Member("m2", "示例乙")))
    looked = import_staff(connection, given, TODAY, ONLY_REPORT)
    assert connection.scalar(text("SELECT count(*) FROM member")) == 0
    first = import_staff(connection, given, TODAY, KEEP)
    again = import_staff(connection, given, TODAY, KEEP)

    assert counts(looked) == counts(first) == (2, 0, 0)
    assert first.members.added == ("m1", "m2")
    assert (counts(again), again.members.unchanged) == ((0, 0, 2), 2)


def test_without_a_beginning_a_row_means_the_post_held_now(connection):
    import_staff(connection, sheet(line("m1")), TODAY, KEEP)
    again = import_staff(connection, sheet(line("m1", None, NOW + DAY)), TODAY, KEEP)

    assert counts(again) == (0, 1, 0)
    held = connection.execute(text("SELECT lower(valid), upper(valid) FROM post")).one()
    assert tuple(held) == (NOW - DAY, NOW + DAY)


def test_two_responsible_members_are_found_in_the_file_and_against_what_is_kept(connection):
    given = sheet(line("m1"), line("m2", NOW), line("m3", NOW, grid=GRID_B))
    refused = import_staff(connection, given, TODAY, KEEP)
    kept = import_staff(connection, given, TODAY, SKIP)
    later = import_staff(connection, sheet(line("m2", NOW)), TODAY, KEEP)

    assert (told(refused), refused.members.kept) == ([(3, "row.two_responsible")], False)
    assert kept.members.added == ("m1", "m3")
    assert told(later) == [(2, "row.two_responsible")]
    values = later.members.faults[0].values
    assert (values["grid"], values["first"], values["second"]) == ("A", "示例m1", "示例m2")
    assert values["first_times"] == "2026-11-21 12:00 – …"


def test_handing_over_and_swapping_in_one_file_works_in_any_order(connection):
    import_staff(connection, sheet(line("m1", until=NOW), line("m2", NOW)), TODAY, KEEP)
    longer = sheet(line("m2", NOW + DAY), line("m1", until=NOW + DAY), line("m2", NOW, NOW + DAY))
    clash = import_staff(connection, longer, TODAY, KEEP)
    assert [row for row, _ in told(clash)] == [2, 3, 4], "without row 4 the others clash as well"
    shorter = sheet(line("m1", until=NOW - DAY / 2), line("m2", NOW, NOW + DAY))
    done = import_staff(connection, shorter, TODAY, KEEP)
    assert (told(done), counts(done)) == ([], (0, 2, 0))


def test_a_row_left_out_takes_along_what_rested_on_it(connection):
    import_staff(connection, sheet(line("m1")), TODAY, KEEP)
    ends_badly = line("m1", until=NOW - 2 * DAY)
    kept = import_staff(connection, sheet(ends_badly, line("m2", NOW)), TODAY, SKIP)

    assert told(kept) == [(2, "row.until_before_since"), (3, "row.two_responsible")]
    assert connection.scalar(text("SELECT count(*) FROM post")) == 1


def test_what_a_row_cannot_say_is_told_with_its_row(connection):
    nowhere = line("m4", grid=RegionRef("grid", "Z"))
    two_names = line("m1", grid=GRID_B, name="别名")
    given = sheet(line("m1"), two_names, line("m1"), nowhere)

    assert told(import_staff(connection, given, TODAY, KEEP)) == [
        (3, "row.member_differs"),
        (4, "row.double_post"),
        (5, "row.unknown_region"),
    ]


SPANS = st.tuples(st.integers(0, 9), st.integers(1, 10) | st.none())
LINES = st.lists(st.tuples(st.integers(1, 3), st.booleans(), SPANS), min_size=1, max_size=5)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(LINES, min_size=1, max_size=4))
def test_whatever_files_come_no_grid_ever_has_two_responsible_members(connection, files):
    with connection.begin_nested() as inner:
        for rows in files:
            lines = [
                line(
                    f"m{who}",
                    NOW + start * DAY,
                    None if length is None else NOW + (start + length) * DAY,
                    grid=GRID_B if in_b else GRID_A,
                )
                for who, in_b, (start, length) in rows
            ]
            report = import_staff(connection, sheet(*lines), TODAY, SKIP)
            assert report.members.kept
        twice = connection.scalar(
            text(
                "SELECT count(*) FROM post a JOIN post b ON a.id < b.id AND a.valid && b.valid"
                "  AND a.region_id = b.region_id AND a.responsible AND b.responsible"
            )
        )
        inner.rollback()
    assert twice == 0


def an_office(code: str, parent: str | None = None, home: RegionRef = GRID_A) -> Organisation:
    return Organisation(code, code, OrganisationKind.HANDLING_UNIT, home, parent, "", ("water",))


def test_organisations_stand_under_organisations_of_the_same_file_or_kept_before(connection):
    fields = frozenset({"name", "kind", "parent", "handles"})
    first = import_organisations(
        connection, sheet(an_office("b", "a"), an_office("a"), fields=fields), TODAY, KEEP
    )
    again = import_organisations(
        connection, sheet(an_office("b", "a"), an_office("c", "b"), fields=fields), TODAY, KEEP
    )

    assert (first.added, again.added, again.unchanged) == (("a", "b"), ("c",), 1)
    circle = sheet(an_office("a", "c"), an_office("d", "nobody"), fields=fields)
    homeless = sheet(
        an_office("e", home=RegionRef("grid", "Z")), an_office("f", "e"), fields=fields
    )
    wrong = import_organisations(connection, circle, TODAY, KEEP)
    lost = import_organisations(connection, homeless, TODAY, KEEP)
    assert [(one.row, one.key) for one in wrong.faults] == [
        (2, "row.parent_circle"),
        (3, "row.unknown_organisation"),
    ]
    assert [(one.row, one.key) for one in lost.faults] == [
        (2, "row.unknown_region"),
        (3, "row.unknown_organisation"),
    ]
