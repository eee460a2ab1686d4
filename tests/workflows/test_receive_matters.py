"""Several matters taken in together: each becomes what it would have become alone."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, insert, text
from sqlalchemy.dialects.postgresql import Range

from gis.accounts import EVERYTHING, Scope
from gis.errors import GridError
from gis.intake import (
    AddressGiven,
    CodeGiven,
    Contact,
    NewMatter,
    Origin,
    PointGiven,
    Thing,
    body_sha256,
    read_qr,
)
from gis.matters import Channel
from gis.store import accounts
from gis.store.disputes import NewDispute, add_dispute
from gis.store.matters import KeyUse, open_contact
from gis.store.precedents import note_place, note_unit
from gis.store.tables.people import member, post
from gis.workflows.receive_matter import Filing, Report, Rules, receive_matter, receive_matters
from tests import riverside
from tests.makers import NOW
from tests.matter_town import BOOK, RULES, SEAL
from tests.riverside import G001, G002

ITEMS: Final = dict(BOOK.default_list.items)
AUTOMATIC: Final = Rules(
    BOOK.in_force(
        [replace(BOOK.default_list, items={"E0102": replace(ITEMS["E0102"], auto=True)})]
    ),
    RULES.defaults,
    RULES.calendar,
)
TABLES: Final = (
    "matter",
    "intake_key",
    "matter_report",
    "matter_place",
    "clock",
    "matter_event",
    "outbox",
    "matter_task",
)


@dataclass(frozen=True)
class Town:
    connection: Connection
    accounts: Sequence[int]
    scopes: Sequence[Scope]


@pytest.fixture(scope="module")
def town(engine: Engine) -> Iterator[Town]:
    """The town with contested ground, decisions of before, a building without a grid, and three
    who file: one sees everything, one a grid, and one works where the garbage is collected.
    """
    with engine.connect() as connection:
        outer = connection.begin()
        ids = riverside.settle(connection)
        riverside.staff(connection, ids)
        riverside.add_building(connection, "BHY-3", grid_id=ids[G001], at=(106.5615, 29.5615))
        riverside.add_building(connection, "BHY-9", grid_id=None, at=(106.5632, 29.5612))
        people = [
            accounts.add_account(connection, who, who, None, password_expires_at=None, now=NOW)
            for who in ("one", "two", "collector")
        ]
        _works_for(connection, people[2], "HW")
        _contest(connection, ids)
        made = Town(connection, people, [EVERYTHING, Scope(region_ids=frozenset({ids[G002]}))] * 2)
        _decided_before(made, ids)
        yield made
        outer.rollback()


def _works_for(connection: Connection, account_id: int, unit: str) -> None:
    made = insert(member).values(code="wang", name="王", account_id=account_id)
    number = connection.execute(made.returning(member.c.id)).scalar_one()
    unit_id = connection.scalar(text("SELECT id FROM organisation WHERE code = :c"), {"c": unit})
    connection.execute(
        insert(post).values(
            member_id=number,
            role="clerk",
            organisation_id=unit_id,
            responsible=False,
            valid=Range(riverside.SINCE, None),
        )
    )


def _contest(connection: Connection, ids: dict[str, int]) -> None:
    shape = shapely.MultiPolygon([shapely.box(106.5638, 29.5600, 106.5640, 29.5604)])
    since, until = date(2026, 1, 1), date(2027, 1, 1)
    claimants = frozenset({ids[G001], ids[G002]})
    new = NewDispute("Z1", shape, claimants, ids[G001], "河道改线", "示例", since, until)
    add_dispute(connection, new, NOW - timedelta(days=300))


def _decided_before(town: Town, ids: dict[str, int]) -> None:
    """Two matters that people put elsewhere, and gave to another unit, than was proposed."""
    by = town.accounts[0]
    for n, place in enumerate((EDGE, AddressGiven("滨河路18号"))):
        new = NewMatter("暴露垃圾", Channel.COUNTER, place=place)
        filing = Filing(KeyUse(by, f"before-{n}", b"sum"), EVERYTHING, lambda: SEAL)
        no = receive_matter(town.connection, new, filing, RULES, NOW - timedelta(days=2)).no
        found = town.connection.execute(text("SELECT id FROM matter WHERE no = :n"), {"n": no})
        matter_id = found.scalar_one()
        note_place(town.connection, matter_id, ids[G001], by, NOW - timedelta(days=1))
    unit = town.connection.scalar(text("SELECT id FROM organisation WHERE code = 'CG'"))
    note_unit(town.connection, matter_id, "E0201", ids[G002], unit, by, NOW)


# ---- what comes in ------------------------------------------------------------------------------

EDGE: Final = PointGiven(106.56203, 29.5610, "wgs84", Origin.GPS, 20.0)
PLACES: Final = (
    None,
    PointGiven(106.5630, 29.5610, "wgs84", Origin.GPS, 10.0),
    PointGiven(106.56302, 29.56101, "wgs84", Origin.GPS, 10.0),
    PointGiven(106.56202, 29.5614, "wgs84", Origin.GPS, 25.0),
    EDGE,
    replace(EDGE, crs="gcj02"),
    PointGiven(106.5639, 29.5602, "wgs84", Origin.PICK),
    PointGiven(106.5637, 29.5602, "wgs84", Origin.GPS, 30.0),
    PointGiven(106.5640002, 29.5612, "cgcs2000", Origin.CENTRE),
    PointGiven(29.5610, 106.5630, "wgs84", Origin.GPS, 10.0),
    PointGiven(100.0, 95.0, "wgs84", Origin.GPS),
    CodeGiven(Thing.BUILDING, "BHY-3"),
    CodeGiven(Thing.BUILDING, "BHY-9"),
    CodeGiven(Thing.FACILITY, "nowhere"),
    CodeGiven(Thing.GRID, G001),
    read_qr("https://example.org"),
    AddressGiven("滨河路18号"),
    AddressGiven("滨河路18号附2楼下"),
    AddressGiven("天涯路1号"),
)
TEXTS: Final = (
    "暴露垃圾",
    "3幢楼下暴露垃圾，电话13800000000",
    "网格员张某收费50元",
    "燃气泄漏",
    "x",
)
CATEGORIES: Final = (None, "E0102", "E0102", "E0201", "N01", "conduct", "nobody-knows")
TIMES: Final = (None, NOW - timedelta(hours=3), NOW + timedelta(days=2))


@st.composite
def matters(draw: st.DrawFn) -> NewMatter:
    contact = Contact("某人", draw(st.sampled_from(("13800000000", "023-1"))))
    return NewMatter(
        text=draw(st.sampled_from(TEXTS)),
        channel=draw(st.sampled_from((Channel.PATROL, Channel.PATROL, Channel.HOTLINE))),
        category=draw(st.sampled_from(CATEGORIES)),
        urgent=draw(st.booleans()),
        place=draw(st.sampled_from(PLACES)),
        contact=draw(st.sampled_from((None, contact))),
        observed_at=draw(st.sampled_from(TIMES)),
        due_at=draw(st.sampled_from((None, None, NOW + timedelta(days=9)))),
    )


@st.composite
def filed(draw: st.DrawFn) -> tuple[NewMatter, int, str]:
    """A matter, who files it, and with which key: few, so that some come twice."""
    key = draw(st.sampled_from([f"key-{n:05}" for n in range(9)]))
    return draw(matters()), draw(st.integers(0, 2)), key


def reports_of(town: Town, coming: Sequence[tuple[NewMatter, int, str]]) -> list[Report]:
    return [
        Report(
            new,
            Filing(
                KeyUse(town.accounts[who], key, body_sha256({"all": repr(new)})),
                town.scopes[who],
                lambda: SEAL,
            ),
        )
        for new, who, key in coming
    ]


# ---- what becomes of it -------------------------------------------------------------------------


def one_by_one(town: Town, reports: Sequence[Report]) -> list[Any]:
    outcomes: list[Any] = []
    for one in reports:
        try:
            outcomes.append(receive_matter(town.connection, one.new, one.filing, AUTOMATIC, NOW))
        except GridError as error:
            outcomes.append(error)
    return outcomes


def together(town: Town, reports: Sequence[Report]) -> list[Any]:
    return list(receive_matters(town.connection, reports, AUTOMATIC, NOW))


def result(town: Town, take: Any, reports: Sequence[Report]) -> tuple[list[Any], dict[str, Any]]:
    """Outcomes and rows, with every number that is given out only once replaced by its place."""
    with town.connection.begin_nested() as attempt:
        outcomes = take(town, reports)
        rows = {one: _rows(town.connection, one) for one in TABLES}
        contacts = _contacts(town)
        numbers = town.connection.execute(
            text("SELECT id, no, query_code FROM matter WHERE received_at = :n ORDER BY id"),
            {"n": NOW},
        ).all()
        attempt.rollback()
    told = [
        (type(one).__name__, one.key, one.values)
        if isinstance(one, GridError)
        else (one.no, one.query_code, one.repeated, one.facts)
        for one in outcomes
    ]
    written = json.dumps([told, rows, contacts], ensure_ascii=False, sort_keys=True, default=str)
    for n, (number, no, code) in enumerate(numbers):
        written = written.replace(no, f"#{n}").replace(code, f"?{n}")
        written = re.sub(rf'"matter_id": {number}\b', f'"matter_id": "#{n}"', written)
    told, rows, contacts = json.loads(written)
    return told, {**rows, "contacts": contacts}


def _rows(connection: Connection, table: str) -> list[Any]:
    key = "id" if table == "matter" else "matter_id"
    found = connection.execute(
        text(
            f"SELECT to_jsonb(t) FROM {table} t JOIN matter m ON m.id = t.{key}"
            " WHERE m.received_at = :now ORDER BY m.id, to_jsonb(t) - 'id'"
        ),
        {"now": NOW},
    )
    return [{name: one for name, one in row.items() if name != "id"} for (row,) in found]


def _contacts(town: Town) -> list[Any]:
    found = town.connection.execute(
        text("SELECT id FROM matter_report WHERE received_at = :n ORDER BY matter_id"), {"n": NOW}
    )
    contacts: list[Any] = []
    for (report_id,) in found.all():
        try:
            one = open_contact(town.connection, SEAL, report_id, town.accounts[0], NOW)
            contacts.append([one.name, one.phone])
        except GridError as error:
            contacts.append(error.key)
    return contacts


@settings(
    max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
@given(coming=st.lists(filed(), min_size=2, max_size=8))
def test_taken_in_together_each_becomes_what_it_would_have_become_alone(
    town: Town, coming: list[tuple[NewMatter, int, str]]
):
    reports = reports_of(town, coming)
    told, rows = result(town, one_by_one, reports)
    told_together, rows_together = result(town, together, reports)

    assert told_together == told
    assert rows_together == rows


def test_every_kind_of_place_is_found_together_as_alone(town: Town):
    new = [NewMatter("暴露垃圾", Channel.PATROL, "E0102", place=one) for one in PLACES]
    reports = reports_of(town, [(one, n % 3, f"key-{n:05}") for n, one in enumerate(new)])
    told, rows = result(town, one_by_one, reports)

    assert result(town, together, reports) == (told, rows)
    methods = {one[3]["place"]["method"] for one in told if len(one) == 4}
    assert methods >= {"covers", "outside", "building", "grid", "precedent", "dispute", "nowhere"}
    assert {one[1] for one in told if len(one) == 3} == {
        "error.coordinates_swapped",
        "error.coordinates_out_of_range",
    }
    assert {row["state"] for row in rows["matter"]} >= {"triage", "proposed", "dispatched"}
    assert any(one[3]["similar"] for one in told if len(one) == 4)


def test_the_same_key_in_one_group_gives_one_matter_and_one_receipt(town: Town):
    new = NewMatter("暴露垃圾", Channel.PATROL, "E0102", place=PLACES[1])
    others = [replace(new, urgent=True), new, new]
    reports = reports_of(town, [(one, 0, "the one key") for one in (new, *others)])
    told, rows = result(town, together, reports)

    first, other, *again = told
    assert (first[2], other[:2]) == (False, ["BadInput", "error.key_reused"])
    assert [(no, code, facts) for no, code, _, facts in again] == [(*first[:2], first[3])] * 2
    assert [len(rows[table]) for table in ("matter", "intake_key", "outbox")] == [1, 1, 1]


def test_a_group_asks_the_database_no_more_often_than_a_single_matter(
    town: Town, monkeypatch: pytest.MonkeyPatch
):
    new = [NewMatter("暴露垃圾", Channel.PATROL, "E0102", place=one) for one in PLACES[1:4]]
    reports = reports_of(town, [(one, n, f"key-{n:05}") for n, one in enumerate(new)])
    driver = town.connection.connection.driver_connection
    assert driver is not None
    asked: list[str] = []
    execute = driver.execute
    monkeypatch.setattr(driver, "execute", lambda q, v: (asked.append(q), execute(q, v))[1])

    def statements(some: Sequence[Report]) -> list[str]:
        asked.clear()
        with town.connection.begin_nested() as attempt:
            together(town, some)
            attempt.rollback()
        return list(asked)

    unsure = statements(reports[2:])
    assert len(unsure) > 5
    assert statements(reports) == unsure
