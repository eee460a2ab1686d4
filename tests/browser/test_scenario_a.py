"""A grid member in the field, minute by minute: from a phone without network to a verified end."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Route, expect
from sqlalchemy import text

from gis.accounts import Grant, Role
from gis.model import BEIJING
from gis.passwords import Passwords
from gis.people import PostRole
from gis.store.database import connect_engine
from gis.store.roles import APP
from tests.api.people import PASSWORD, add_person
from tests.browser.conftest import PHONE, READY, Watch
from tests.browser.field_town import G001, G002, Town, running
from tests.browser.serving import sign_in
from tests.riverside import COUNTY, SINCE, SUBDISTRICT

pytestmark = pytest.mark.browser
HERE = {"longitude": 106.5621, "latitude": 29.5610, "accuracy": 25}
TWELVE_METRES_NORTH = 12 / 110_850  # in degrees, at this latitude


def sunday(hour: int, minute: int) -> datetime:
    """20 September 2026, a make-up working day."""
    return datetime(2026, 9, 20, hour, minute, tzinfo=BEIJING)


# The phone's clock is on the wall, but the browser stamps a fix with the true time.
FIX_OF_THE_PHONE = """
const place = navigator.geolocation, ask = place.getCurrentPosition.bind(place);
place.getCurrentPosition = (found, ...more) => ask(
  ({ coords }) => found({ coords, timestamp: Date.now() }), ...more);
"""


class WallClock:
    """The clock on every wall: the service's and the phone's."""

    def __init__(self) -> None:
        self.now = sunday(16, 30)


class Desk:
    """Everybody else's way in: the API, each with a session of their own."""

    def __init__(self, browser: Browser, town: Town) -> None:
        self._browser, self._town = browser, town
        self._contexts: dict[str, BrowserContext] = {}

    def _context(self, login: str) -> BrowserContext:
        if login not in self._contexts:
            made = self._browser.new_context(base_url=self._town.base, locale="zh-CN")
            self._contexts[login] = made
            self.ask(login, "POST", "/session", {"login": login, "password": PASSWORD})
        return self._contexts[login]

    def ask(self, login: str, method: str, path: str, body: Any = None) -> Any:
        answer = self._context(login).request.fetch(
            f"/api/v1{path}",
            method=method,
            data=body,
            headers={
                "Origin": self._town.base,
                "X-Requested-With": "wangge",
                "Idempotency-Key": str(uuid.uuid4()),
            },
        )
        assert answer.ok, answer.text()
        return answer.json() if answer.text() else None

    def step(self, login: str, no: str, step: str, **given: Any) -> Any:
        version = self.ask(login, "GET", f"/matters/{no}")["version"]
        body = {"step": step, "version": version, "given": given}
        return self.ask(login, "POST", f"/matters/{no}/steps", body)

    def close(self) -> None:
        for one in self._contexts.values():
            one.close()


@pytest.fixture
def wall() -> WallClock:
    return WallClock()


@pytest.fixture
def town(cluster, own_database, wall) -> Iterator[Town]:
    engine = connect_engine(cluster.url(APP, own_database))
    with running(engine, now=lambda: wall.now) as made:
        with engine.begin() as connection:
            passwords = Passwords()
            county = made.ids[COUNTY]
            add_person(connection, passwords, "desk", Grant(Role.DISPATCHER, county))
            unit = add_person(connection, passwords, "hw", Grant(Role.HANDLING_UNIT, county))
            connection.execute(
                text("INSERT INTO member (code, name, account_id) VALUES ('hw', '环卫员', :id)"),
                {"id": unit},
            )
            connection.execute(
                text(
                    "INSERT INTO post (member_id, role, organisation_id, valid) SELECT m.id, :role,"
                    " o.id, tstzrange(:since, NULL) FROM member m, organisation o"
                    " WHERE m.code = 'hw' AND o.code = 'HW'"
                ),
                {"role": PostRole.HANDLING_PERSON.value, "since": SINCE},
            )
            connection.execute(
                text("UPDATE role_grant SET valid = tstzrange(:since, NULL)"), {"since": SINCE}
            )
        yield made
    engine.dispose()


@pytest.fixture
def desk(browser: Browser, town: Town) -> Iterator[Desk]:
    made = Desk(browser, town)
    yield made
    made.close()


def test_a_day_of_the_grid_member(browser, town, desk, wall):
    watch = Watch(town.base)
    watch.expected = ["ERR_INTERNET_DISCONNECTED", "ERR_FAILED", "503"]
    phone = browser.new_context(
        base_url=town.base,
        locale="zh-CN",
        geolocation=HERE,
        permissions=["geolocation"],
        **PHONE,
    )
    phone.set_default_timeout(20_000)
    try:
        no = _report_from_the_field(phone, watch, town, wall)
        _a_resident_reports_the_same(desk, wall, no)
        _it_is_done_and_verified(desk, wall, no)
        _numbers_of_another_datum(desk)
    finally:
        phone.close()
    assert watch.offences == []


def _report_from_the_field(phone: BrowserContext, watch: Watch, town: Town, wall: WallClock) -> str:
    """16:30 without network; sent three times at 16:52, and one matter."""
    sign_in(phone, town.base, "zhang.w")
    page = phone.new_page()
    page.clock.set_fixed_time(wall.now)
    page.add_init_script(FIX_OF_THE_PHONE)
    watch.follow(page)
    page.goto("/field")
    page.wait_for_selector(READY, state="attached")
    page.locator("#go").click()
    expect(page.locator("#whose")).to_contain_text(
        "定位误差约25米，可能在第02网格（74%）或第01网格（26%）"
    )
    phone.set_offline(True)
    page.locator("#near button", has_text="3幢").click()
    page.locator("#seek").fill("暴露垃圾")
    page.locator("label.pick", has_text="暴露垃圾").click()
    page.locator("#send").click()
    expect(page.locator("#toast")).to_contain_text("1条已存本机")

    wall.now = sunday(16, 52)
    page.clock.set_fixed_time(wall.now)
    statuses: list[int] = []

    def lose_the_first_two(route: Route) -> None:
        if len(statuses) < 2:
            statuses.append(route.fetch().status)
            route.fulfill(status=503, body="{}", content_type="application/json")
        else:
            statuses.append(0)
            route.continue_()

    page.route("**/api/v1/matters", lose_the_first_two)
    phone.set_offline(False)
    for _ in range(6):
        page.evaluate("dispatchEvent(new Event('online'))")
        page.wait_for_timeout(600)
    expect(page.locator("#waiting-count")).to_have_text("0")
    assert statuses[:2] == [201, 200]  # the second time it is only told again
    assert len(statuses) == 3
    with town.engine.connect() as connection:
        rows = connection.execute(text("SELECT no, observed_at, received_at FROM matter")).all()
    ((no, seen, received),) = rows
    assert timedelta(0) <= seen - sunday(16, 30) < timedelta(minutes=1)
    assert received == sunday(16, 52)
    return str(no)


def _a_resident_reports_the_same(desk: Desk, wall: WallClock, no: str) -> None:
    """16:58: twelve metres away; offered as the same, merged, two reporters."""
    filed = desk.ask("desk", "GET", f"/matters/{no}")
    assert filed["grid"]["code"] == G002
    assert filed["places"][0]["method"] == "building"
    wall.now = sunday(16, 58)
    place = {
        "point": {
            "lon": 106.56225,
            "lat": 29.5610 + TWELVE_METRES_NORTH,
            "crs": "wgs84",
            "accuracy_m": 5,
            "origin": "gps",
        }
    }
    told = desk.ask(
        "clerk",
        "POST",
        "/matters",
        {"text": "楼下一堆垃圾没人收", "category": "E0102", "channel": "qr", "place": place},
    )
    (like,) = told["similar"]
    assert (like["no"], like["metres"], like["minutes"]) == (no, 12, 6)
    desk.step("clerk", told["no"], "merge", target=no)


def _it_is_done_and_verified(desk: Desk, wall: WallClock, no: str) -> None:
    """17:00 to 环卫所, due on Monday at noon; 李 verifies, the resident has an own reply."""
    wall.now = sunday(17, 0)
    dispatched = desk.step("desk", no, "dispatch", handler="HW")
    assert dispatched["handler"]["name"] == "环卫所"
    unit = next(one for one in dispatched["clocks"] if one["kind"] == "unit")
    assert datetime.fromisoformat(unit["due_at"]) == datetime(2026, 9, 21, 12, tzinfo=BEIJING)
    assert len(dispatched["reports"]) == 2

    wall.now = sunday(17, 20)
    desk.step("hw", no, "acknowledge", section="清运科", person="环卫员")
    wall.now = sunday(17, 50)
    desk.step("hw", no, "handle", result="已清运")
    by_the_unit = desk.ask("hw", "GET", f"/matters/{no}")["next_steps"]
    assert "verify" not in [one["step"] for one in by_the_unit if not one["blocked"]]
    own = desk.ask("zhang.w", "GET", f"/matters/{no}")
    assert own["state"] == "handled"
    assert "verify" not in [one["step"] for one in own["next_steps"]]

    wall.now = sunday(18, 30)
    assert desk.step("li.w", no, "verify")["state"] == "verified"
    for report in desk.ask("desk", "GET", f"/matters/{no}")["reports"]:
        if report["channel"] == "patrol":
            continue
        version = desk.ask("desk", "GET", f"/matters/{no}")["version"]
        body = {"report": report["id"], "text": "您反映的垃圾已清运。", "version": version}
        desk.ask("desk", "POST", f"/matters/{no}/replies", body)
    assert desk.step("desk", no, "reply")["state"] == "replied"
    closed = desk.step("desk", no, "close")
    assert closed["state"] == "closed"
    answered = [one["reply"] for one in closed["reports"] if one["channel"] == "qr"]
    assert answered == ["您反映的垃圾已清运。"]


def _numbers_of_another_datum(desk: Desk) -> None:
    """The same numbers declared GCJ-02 fall outside: warned of, given to nobody."""
    point = {"lon": 106.5621, "lat": 29.5610, "crs": "gcj02", "accuracy_m": 25, "origin": "gps"}
    told = desk.ask(
        "zhang.w",
        "POST",
        "/matters",
        {"text": "", "category": "E0102", "channel": "patrol", "place": {"point": point}}
        | {"text": "暴露垃圾"},
    )
    assert told["place"]["grid"] is None
    assert told["queue"] == "outside"
    assert "坐标系可能标错（像是WGS 84，偏约480米）" in told["place"]["warning"]
    assert G001 not in str(told["place"])
    assert SUBDISTRICT not in str(told["handler"])
