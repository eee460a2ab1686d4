"""A matter comes in through the real intake, at a fixed time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import Connection, Engine, text, update

from gis.accounts import EVERYTHING, Scope
from gis.contacts import ContactSeal, new_key
from gis.errors import BadInput, NotFound
from gis.governance.arrangements import published_days
from gis.governance.calendar import WorkCalendar
from gis.governance.rulebook import rulebook
from gis.intake import (
    CodeGiven,
    Contact,
    NewMatter,
    Origin,
    PlaceGiven,
    PointGiven,
    Thing,
    body_sha256,
    read_qr,
)
from gis.matters import Channel, Label, Limit, ListItem, PublishedList, TimeLimit, TimeUnit
from gis.model import BEIJING
from gis.passwords import Passwords
from gis.people import PostRole
from gis.store import matters
from gis.store.matters import KeyUse, Receipt, open_contact
from gis.store.tables.people import post
from gis.workflows.receive_matter import Filing, Rules, receive_matter
from tests import riverside
from tests.api.people import add_person
from tests.riverside import COMMUNITY, G001, G002, SUBDISTRICT

SEAL = ContactSeal([new_key()])
BOOK = rulebook()
RULES = Rules(BOOK.in_force(), BOOK.defaults, WorkCalendar(published_days(), BOOK.hours))
HOUR, WORKING_HOUR, WORKING_DAY, DAY = (
    TimeUnit.CLOCK_HOUR,
    TimeUnit.WORKING_HOUR,
    TimeUnit.WORKING_DAY,
    TimeUnit.CALENDAR_DAY,
)
SUNDAY = datetime(2026, 9, 20, 16, 52, tzinfo=BEIJING)  # a make-up working day
EDGE = PointGiven(106.5621, 29.5610, "wgs84", Origin.GPS, 25.0)
INSIDE_G002 = PointGiven(106.5630, 29.5610, "wgs84", Origin.GPS, 10.0)


@pytest.fixture(scope="module")
def settled(engine: Engine) -> Iterator[tuple[Connection, dict[str, int], int]]:
    """The town with its staff and one account, put up once; gone after this file."""
    cheap = Passwords(Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1))
    with engine.connect() as opened:
        outer = opened.begin()
        ids = riverside.settle(opened)
        riverside.staff(opened, ids)
        yield opened, ids, add_person(opened, cheap, "li.na")
        outer.rollback()


@pytest.fixture
def connection(settled: tuple[Connection, dict[str, int], int]) -> Iterator[Connection]:
    with settled[0].begin_nested() as savepoint:
        yield settled[0]
        savepoint.rollback()


@pytest.fixture
def town(settled: tuple[Connection, dict[str, int], int]) -> dict[str, int]:
    return settled[1]


@pytest.fixture
def account_id(settled: tuple[Connection, dict[str, int], int]) -> int:
    return settled[2]


def limit(amount: int, unit: TimeUnit) -> Limit:
    return Limit(TimeLimit(amount, unit), "fixture")


def with_item(code: str, **changes: Any) -> Rules:
    """The rules under a list of the town itself, with one item changed."""
    item: ListItem = replace(BOOK.default_list.items[code], **changes)
    own = PublishedList(Label("河滨社区清单"), {code: item})
    return replace(RULES, in_force=BOOK.in_force([own]))


class Desk:
    """Files matters for one account."""

    def __init__(self, connection: Connection, account_id: int, scope: Scope = EVERYTHING) -> None:
        self.connection, self.account_id, self.scope = connection, account_id, scope
        self._number = 0

    def file(
        self,
        text: str = "暴露垃圾",
        category: str | None = "E0102",
        place: PlaceGiven | None = INSIDE_G002,
        *,
        now: datetime = SUNDAY,
        rules: Rules = RULES,
        key: str | None = None,
        **more: Any,
    ) -> Receipt:
        self._number += 1
        new = NewMatter(text, more.pop("channel", Channel.PATROL), category, place=place, **more)
        body = body_sha256({"text": text, "category": category})
        use = KeyUse(self.account_id, key or f"key-{self._number:05}", body)
        filing = Filing(use, self.scope, lambda: SEAL)
        return receive_matter(self.connection, new, filing, rules, now)

    def row(self, receipt: Receipt) -> Any:
        return self.connection.execute(
            text(
                "SELECT m.*, c.code AS at FROM matter m LEFT JOIN region_code c"
                " ON c.region_id = m.region_id WHERE m.no = :no"
            ),
            {"no": receipt.no},
        ).one()

    def all(self, table: str, receipt: Receipt) -> list[Any]:
        return list(
            self.connection.execute(
                text(
                    f"SELECT t.* FROM {table} t JOIN matter m ON m.id = t.matter_id"
                    " WHERE m.no = :no ORDER BY 2, 3"
                ),
                {"no": receipt.no},
            )
        )


@pytest.fixture
def desk(connection: Connection, account_id: int) -> Desk:
    return Desk(connection, account_id)


def due(receipt: Receipt, kind: str) -> str:
    (found,) = [one["due_at"] for one in receipt.facts["clocks"] if one["kind"] == kind]
    return str(found)


# ---- the scenarios ------------------------------------------------------------------------------


def test_on_the_edge_the_phone_asks_which_grid_it_is(desk: Desk, town: dict[str, int]):
    receipt = desk.file(place=EDGE)
    place = receipt.facts["place"]

    assert [(one["code"], round(one["share"], 2)) for one in place["candidates"]] == [
        (G002, 0.74),
        (G001, 0.26),
    ]
    assert (place["edge_m"], place["grid"], place["level"]) == (9.7, None, "community")
    assert (receipt.facts["state"], receipt.facts["queue"]) == ("triage", "unsure")
    assert desk.row(receipt).at == COMMUNITY
    assert receipt.facts["member"] is None


def test_numbers_declared_in_another_system_are_warned_of_and_given_to_nobody(
    desk: Desk, town: dict[str, int]
):
    receipt = desk.file(place=replace(EDGE, crs="gcj02"))

    row = desk.row(receipt)
    assert receipt.facts["queue"] == "outside"
    assert receipt.facts["place"]["warning"]["key"] == "warning.crs"
    assert receipt.facts["place"]["warning"]["values"] == {"system": "WGS 84", "metres": 480.0}
    assert (row.region_id, row.member_post_id, row.handler_id) == (None, None, None)
    assert row.raw_place["crs"] == "gcj02"


def test_a_building_decides_and_four_working_hours_end_on_monday_at_noon(
    desk: Desk, town: dict[str, int], connection: Connection
):
    riverside.add_building(connection, "BHY-3", grid_id=town[G002], at=(106.5622, 29.5611))
    rules = with_item("E0102", auto=True, handling=limit(4, WORKING_HOUR))
    five = SUNDAY.replace(hour=17, minute=0)

    receipt = desk.file(place=CodeGiven(Thing.BUILDING, "BHY-3"), rules=rules, now=five)

    assert receipt.facts["place"]["grid"]["code"] == G002
    assert receipt.facts["place"]["method"] == "building"
    assert receipt.facts["state"] == "dispatched"
    assert receipt.facts["handler"]["code"] == "HW"
    assert due(receipt, "unit") == "2026-09-21T12:00:00+08:00"
    row = desk.row(receipt)
    assert (row.matter_class, row.handler_id) == ("major", desk.all("matter_task", receipt)[0][2])


def test_a_hotline_ticket_keeps_its_number_and_its_due_date(desk: Desk, town: dict[str, int]):
    rules = with_item(
        "E0601", auto=True, handling=limit(5, WORKING_DAY), acknowledge=limit(2, WORKING_HOUR)
    )
    half_past_five = datetime(2026, 9, 30, 17, 30, tzinfo=BEIJING)
    inherited = datetime(2026, 10, 14, 18, 0, tzinfo=BEIJING)

    receipt = desk.file(
        "滨河路18号附3楼下油烟",
        "E0601",
        CodeGiven(Thing.GRID, G001, by_qr=True),
        rules=rules,
        now=half_past_five,
        channel=Channel.HOTLINE,
        outer_no="12345-20260930-77",
        due_at=inherited,
    )

    assert due(receipt, "acknowledge") == "2026-10-08T10:30:00+08:00"
    assert due(receipt, "unit") == "2026-10-13T18:00:00+08:00"
    assert due(receipt, "whole") == inherited.isoformat()
    assert desk.row(receipt).outer_no == "12345-20260930-77"
    assert receipt.facts["handler"]["code"] == "CG"


def test_pruning_reported_on_a_holiday_waits_for_the_first_working_day(
    desk: Desk, town: dict[str, int]
):
    holiday = datetime(2026, 5, 4, 20, 10, tzinfo=BEIJING)

    receipt = desk.file(
        "树枝挡光，请修剪", "N01", read_qr(f"G:{G002}"), now=holiday, channel=Channel.QR
    )

    assert (receipt.facts["state"], receipt.facts["matter_class"]) == ("proposed", "minor")
    assert receipt.facts["handler"]["code"] == "JWH"
    assert receipt.facts["due_at"] == due(receipt, "intake") == "2026-05-06T18:00:00+08:00"


def test_a_complaint_about_people_goes_to_the_subdistrict_and_the_receipt_says_nothing_of_it(
    desk: Desk, town: dict[str, int]
):
    monday = datetime(2026, 3, 2, 10, 15, tzinfo=BEIJING)

    receipt = desk.file(
        "网格员张某收费50元",
        None,
        CodeGiven(Thing.GRID, G001),
        now=monday,
        channel=Channel.COUNTER,
    )

    row = desk.row(receipt)
    assert receipt.facts == {"received_at": monday.isoformat(), "state": "received"}
    assert (row.state, row.conduct, row.at, row.queue) == ("referred", True, SUBDISTRICT, None)
    assert (row.member_post_id, row.handler_id, row.category) == (None, None, None)
    (clock,) = desk.all("clock", receipt)
    assert clock.due_at == datetime(2026, 3, 4, 18, 0, tzinfo=BEIJING) == row.due_at
    assert desk.all("outbox", receipt) == []


# ---- the queues ---------------------------------------------------------------------------------


def test_what_is_sure_is_proposed_and_the_member_of_the_grid_is_told(
    desk: Desk, town: dict[str, int]
):
    receipt = desk.file()

    row = desk.row(receipt)
    assert receipt.facts["state"] == "proposed"
    assert receipt.facts["member"] == {"name": "李", "phone": "023-0001", "substitute": False}
    assert receipt.facts["handler"]["code"] == "HW"
    assert (row.at, row.proposed_class, row.matter_class) == (G002, "major", None)
    (told,) = desk.all("outbox", receipt)
    assert (told.topic, told.payload["post_id"]) == ("matter.received", row.member_post_id)
    events = desk.all("matter_event", receipt)
    assert [(one.seq, one.action) for one in events] == [
        (1, "received"),
        (2, "located"),
        (3, "proposed"),
    ]


@pytest.mark.parametrize(
    ("place", "queue"),
    [
        (None, "unknown"),
        (CodeGiven(Thing.BUILDING, "no such"), "unknown"),
        (read_qr("https://example.org/x"), "unknown"),
        (PointGiven(106.70, 29.70, "wgs84", Origin.GPS), "outside"),
        (PointGiven(106.5630, 29.5610, "wgs84", Origin.GPS, 51.0), "unsure"),
        (PointGiven(106.5630, 29.5610, "wgs84", Origin.CENTRE), "unsure"),
    ],
)
def test_what_is_unclear_waits_in_its_queue(
    desk: Desk, town: dict[str, int], place: PlaceGiven | None, queue: str
):
    receipt = desk.file(place=place)

    assert (receipt.facts["state"], receipt.facts["queue"]) == ("triage", queue)
    assert desk.row(receipt).member_post_id is None


def test_without_a_place_it_goes_to_the_one_region_of_whoever_files_it(
    town: dict[str, int], connection: Connection, account_id: int
):
    one = Desk(connection, account_id, Scope(frozenset({town[COMMUNITY]})))
    two = Desk(connection, account_id, Scope(frozenset({town[G001], town[G002]})))

    assert one.row(one.file(place=None, key="first-key")).at == COMMUNITY
    assert two.row(two.file(place=None, key="second-key")).region_id is None


def test_in_a_vacant_grid_the_substitute_is_told_and_without_one_the_community(
    desk: Desk, town: dict[str, int], connection: Connection
):
    connection.execute(
        update(post)
        .where(post.c.region_id == town[G002])
        .values(valid=text("'[2019-01-01,2020-01-01)'"))
    )
    vacant = desk.file()
    riverside.add_post(connection, "wang", "王", town[G002], role=PostRole.SUBSTITUTE)
    stood_in = desk.file()

    assert (vacant.facts["queue"], desk.row(vacant).at) == ("vacant", COMMUNITY)
    assert stood_in.facts["member"] == {"name": "王", "phone": "023-0001", "substitute": True}
    assert desk.row(stood_in).at == G002


def test_words_of_several_categories_wait_in_the_grid_of_the_place(
    desk: Desk, town: dict[str, int]
):
    receipt = desk.file("楼下油烟很大，路灯也不亮", None)

    assert (receipt.facts["queue"], desk.row(receipt).at) == ("unsure", G002)
    assert receipt.facts["member"]["name"] == "李"


def test_a_facility_and_a_building_without_a_stated_grid_are_located(
    desk: Desk, town: dict[str, int], connection: Connection
):
    riverside.add_facility(connection, "F-1", grid_id=town[G001], at=None)
    riverside.add_building(connection, "B-1", grid_id=None, at=(106.5630, 29.5610))
    riverside.add_building(connection, "B-2", grid_id=None, at=None)
    places = [read_qr("F:F-1"), read_qr("B:B-1"), read_qr("B:B-2")]

    found = [desk.file(place=place).facts["place"] for place in places]

    assert [one["grid"] and one["grid"]["code"] for one in found] == [G001, G002, None]
    assert [one["method"] for one in found] == ["facility", "covers", "nowhere"]


def test_whoever_works_for_the_handler_does_not_dispatch_to_it_by_reporting(
    desk: Desk, town: dict[str, int], connection: Connection
):
    member_post = riverside.add_post(
        connection, "hw-1", "环卫工", town[G001], account_id=desk.account_id
    )
    connection.execute(
        text(
            "UPDATE post SET region_id = NULL, organisation_id ="
            " (SELECT id FROM organisation WHERE code = 'HW') WHERE id = :id"
        ),
        {"id": member_post},
    )

    receipt = desk.file(rules=with_item("E0102", auto=True))

    assert receipt.facts["state"] == "proposed"


# ---- keys, times, what is like it, contacts -----------------------------------------------------


def test_the_same_key_and_body_give_the_receipt_of_the_first_time(
    desk: Desk, town: dict[str, int], connection: Connection
):
    first = desk.file(key="the same key")
    connection.execute(text("UPDATE member SET name = '别人'"))
    again = desk.file(key="the same key", now=SUNDAY + timedelta(days=1))

    assert again == replace(first, repeated=True)
    with pytest.raises(BadInput, match=r"error\.key_reused"):
        desk.file("另一件事", key="the same key")


def test_two_accounts_may_use_the_same_key(
    desk: Desk, town: dict[str, int], connection: Connection
):
    cheap = Passwords(Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1))
    other = Desk(connection, add_person(connection, cheap, "wang.wu"))

    assert desk.file(key="the same key").no != other.file(key="the same key").no


@pytest.mark.parametrize(
    ("more", "key"),
    [
        ({"observed_at": SUNDAY + timedelta(minutes=11)}, "error.observed_at"),
        ({"observed_at": SUNDAY - timedelta(days=733)}, "error.observed_at"),
        ({"due_at": SUNDAY + timedelta(days=1)}, "error.due_at_not_inherited"),
        ({"due_at": SUNDAY, "channel": Channel.HOTLINE}, "error.due_at_past"),
    ],
)
def test_times_that_cannot_be_true_are_refused(
    desk: Desk, town: dict[str, int], more: dict[str, Any], key: str
):
    with pytest.raises(BadInput) as refused:
        desk.file(**more)

    assert refused.value.key == key


def test_a_phone_a_little_ahead_is_kept_with_its_own_time(desk: Desk, town: dict[str, int]):
    seen = SUNDAY + timedelta(minutes=10)
    row = desk.row(desk.file(observed_at=seen))

    assert (row.observed_at, row.received_at) == (seen, SUNDAY)


def test_an_open_matter_of_the_same_category_nearby_is_offered_as_the_same(
    desk: Desk, town: dict[str, int]
):
    first = desk.file("网格里有垃圾，电话13812345678")
    twelve_metres_on = replace(INSIDE_G002, lon=INSIDE_G002.lon + 12 / 96_880)

    near = desk.file(place=twelve_metres_on, now=SUNDAY + timedelta(minutes=6))
    other_category = desk.file("油烟", "E0601", now=SUNDAY + timedelta(minutes=6))
    much_later = desk.file(now=SUNDAY + timedelta(days=300))

    (like,) = near.facts["similar"]
    assert (like["no"], like["metres"], like["minutes"]) == (first.no, 12, 6)
    assert "13812345678" not in like["text"]
    assert other_category.facts["similar"] == much_later.facts["similar"] == []


def test_a_like_matter_that_another_clock_took_in_a_little_later_is_of_this_minute(
    desk: Desk, town: dict[str, int]
):
    first = desk.file()
    near = desk.file(now=SUNDAY - timedelta(seconds=30), observed_at=SUNDAY - timedelta(minutes=1))

    (like,) = near.facts["similar"]
    assert (like["no"], like["minutes"]) == (first.no, 0)


def test_what_the_caller_may_not_see_is_not_offered_as_the_same(
    desk: Desk, town: dict[str, int], connection: Connection
):
    desk.file()
    cheap = Passwords(Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1))
    stranger = Desk(
        connection, add_person(connection, cheap, "wang.wu"), Scope(frozenset({town[G001]}))
    )

    assert stranger.file().facts["similar"] == []


def test_urgent_is_what_the_reporter_says_unless_the_text_says_more(
    desk: Desk, town: dict[str, int]
):
    assert desk.file(urgent=True).facts["urgency"] == "urgent"
    assert desk.file("垃圾旁有人触电", urgent=True).facts["urgency"] == "critical"


def test_a_contact_is_sealed_and_read_by_name_only_leaving_a_trace(
    desk: Desk, town: dict[str, int], connection: Connection
):
    receipt = desk.file(contact=Contact("王五", "13900001111"))
    (report,) = desk.all("matter_report", receipt)

    assert connection.scalar(text("SELECT count(*) FROM contact")) == 0
    opened = open_contact(connection, SEAL, report.id, desk.account_id, SUNDAY)
    assert opened == Contact("王五", "13900001111")
    assert connection.scalar(text("SELECT count(*) FROM contact")) == 0
    (access,) = desk.all("matter_access", receipt)
    assert (access.account_id, access.what) == (desk.account_id, "contact")
    everything = connection.execute(
        text(
            "SELECT to_jsonb(m)::text || (SELECT jsonb_agg(e)::text FROM matter_event e)"
            " || (SELECT jsonb_agg(k.receipt)::text FROM intake_key k) FROM matter m"
        )
    ).scalar_one()
    assert "13900001111" not in everything
    assert "王五" not in everything


def test_a_report_without_a_contact_has_none_to_open(
    desk: Desk, town: dict[str, int], connection: Connection
):
    (report,) = desk.all("matter_report", desk.file())

    with pytest.raises(NotFound):
        open_contact(connection, SEAL, report.id, desk.account_id, SUNDAY)


def test_a_contact_is_erased_after_its_time_and_not_before(
    desk: Desk, town: dict[str, int], connection: Connection
):
    desk.file(contact=Contact("王五", ""), now=datetime.now(BEIJING))
    assert matters.erase_contacts(connection) == 0
    desk.file(contact=Contact("李四", ""), now=datetime.now(BEIJING) - timedelta(days=731))
    assert matters.erase_contacts(connection) == 1
