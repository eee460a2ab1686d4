"""边界体检 in a real browser over the real service: found, looked at, mended by a draft."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pwdlib.hashers.argon2 import Argon2Hasher

from api.dependencies import clock
from api.main import create_app
from api.settings import Settings
from gis.accounts import Grant, Role
from gis.passwords import Passwords
from gis.store.database import connect_engine
from gis.store.roles import APP
from tests.api.people import add_person
from tests.browser.conftest import CALM, DESKTOP, PHONE, READY, Watch
from tests.browser.serving import serving, sign_in
from tests.browser.test_every_page import SMALL, TARGETS, serious_faults
from tests.databases import new_database
from tests.gis.test_audit import METRE, shifted
from tests.makers import NOW, keep
from tests.sketch import sketch

pytestmark = pytest.mark.browser

HOSTILE = "<img src=x onerror=alert(1)>　网格"


@pytest.fixture(scope="module")
def service(cluster) -> Iterator[str]:
    """The whole service over two communities: a gap a metre wide, and a hostile name."""
    with new_database(cluster) as database:
        engine = connect_engine(cluster.url(APP, database), pool_size=6)
        passwords = Passwords(Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1))
        with engine.begin() as connection:
            named = {"C": "河滨社区", "D": "码头社区"}
            keep(connection, sketch("C C D", names=named), level="community", edition="社区")
            below = {"1": "C", "2": "C", "3": "D"}
            names = {"1": "第一网格", "2": "第二网格", "3": HOSTILE}
            rows = sketch("1 2 3", parents=below, names=names)
            rows[1] = shifted(rows[1], METRE)
            keep(connection, rows, edition="网格")
            add_person(connection, passwords, "planner", Grant(Role.PLANNER))
            add_person(connection, passwords, "auditor", Grant(Role.AUDITOR))
        app = create_app(Settings(_env_file=None, connections=6), engine, passwords)
        app.dependency_overrides[clock] = lambda: NOW
        with serving(app) as address:
            yield address
        engine.dispose()


@pytest.fixture
def open_audit(browser: Browser, service: str) -> Iterator[Callable[..., Page]]:
    """Opens the page signed in; nothing outside is asked, nothing is complained of."""
    contexts: list[BrowserContext] = []
    watches: list[Watch] = []

    def open_(
        device: dict[str, Any] = DESKTOP, *, language: str = "zh-CN", login: str = "planner"
    ) -> Page:
        context = browser.new_context(base_url=service, locale=language, **CALM, **device)
        context.set_default_timeout(20_000)
        contexts.append(context)
        sign_in(context, service, login)
        page, watch = context.new_page(), Watch(service)
        watches.append(watch)
        watch.follow(page)
        page.goto("/audit")
        page.wait_for_selector(READY, state="attached")
        expect(page.locator("#loading")).to_be_hidden()
        expect(page.locator("#faults li")).to_have_count(2)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert [offence for watch in watches for offence in watch.offences] == []


@pytest.mark.parametrize(("device", "language"), [(DESKTOP, "en"), (PHONE, "zh-CN")])
def test_counts_list_and_places_can_be_read_and_hit_by_everybody(
    open_audit, device, language
) -> None:
    page = open_audit(device, language=language)
    picture(page, f"{device['viewport']['width']}-{language}")
    assert page.locator("#kinds button").count() == 2
    assert HOSTILE in page.locator("#faults").inner_text()
    assert page.locator(TARGETS).evaluate_all(SMALL) == []
    assert serious_faults(page) == []
    wide = "document.scrollingElement.scrollWidth - innerWidth"
    assert page.evaluate(wide) <= 0


def picture(page: Page, name: str) -> None:
    """With WANGGE_PICTURES=folder the page is kept as a picture, to be looked at."""
    if folder := os.environ.get("WANGGE_PICTURES"):
        page.screenshot(path=Path(folder) / f"audit-{name}.png")


def test_one_kind_is_chosen_a_fault_is_shown_and_a_draft_mends_it(open_audit) -> None:
    page = open_audit()
    page.locator("#kinds button", has_text="空隙").click()
    expect(page.locator("#faults li")).to_have_count(1)
    assert "kind=gap" in page.url
    with page.expect_response("**/audit/repairs.geojson?*") as repairs:
        page.locator("#faults button").click()
    assert len(repairs.value.json()["features"]) == 1
    expect(page.locator("#faults button")).to_have_attribute("aria-pressed", "true")
    page.wait_for_timeout(600)
    drawn = "[...document.querySelector('.leaflet-repairs-pane canvas').getContext('2d')"
    assert page.evaluate(drawn + ".getImageData(0, 0, 2000, 1500).data].some((value) => value)")
    picture(page, "1440-chosen")
    assert page.locator("#faults a").get_attribute("href").startswith("/?level=grid&map=17/")
    page.locator("#edition").fill("体检修复")
    page.locator("#mend button").click()
    expect(page.locator("#mend-said")).to_contain_text("体检修复")


def test_the_area_is_chosen_step_by_step(open_audit) -> None:
    page = open_audit()
    options = page.locator("#region option")
    expect(options).to_have_text(["全部", "河滨社区", "码头社区"])
    page.locator("#region").select_option("community:D")
    expect(page.locator("#faults li")).to_have_count(1)
    assert "region=community%3AD" in page.url
    expect(options).to_have_text(["全部", "码头社区"])
    page.go_back()
    expect(page.locator("#faults li")).to_have_count(2)
    expect(page.locator("#region")).to_have_value("")


def test_an_auditor_reads_and_is_offered_no_draft(open_audit) -> None:
    page = open_audit(login="auditor")
    expect(page.locator("#mend")).to_be_hidden()
