"""The real service with the demo's regions: sign in, look at grids on two days, sign out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from api.demo import load_demo_regions
from api.main import create_app
from api.settings import Settings
from gis.model import BEIJING
from gis.passwords import Passwords
from gis.store import accounts
from gis.store.database import connect_engine
from gis.store.roles import APP
from tests.browser.conftest import DESKTOP, READY, Watch
from tests.browser.serving import serving

pytestmark = pytest.mark.browser
PASSWORD = "a lamp beside the river"


@pytest.fixture
def service(cluster, own_database) -> Iterator[str]:
    """The address of the whole service over the demo's regions, with one account."""
    engine = connect_engine(cluster.url(APP, own_database))
    passwords = Passwords()
    now = datetime.now(BEIJING)
    with engine.begin() as connection:
        load_demo_regions(connection, now)
        accounts.add_account(
            connection,
            "li.na",
            "李娜",
            passwords.hash(PASSWORD),
            password_expires_at=None,
            now=now - timedelta(days=1),
        )
    app = create_app(Settings(_env_file=None), engine, passwords)
    with serving(app) as address:
        yield address
    engine.dispose()


@pytest.fixture
def page(browser: Browser, service: str) -> Iterator[Page]:
    """A desktop browser in Chinese; nothing outside is asked, nothing is complained of."""
    watching = Watch(service)
    context = browser.new_context(locale="zh-CN", **DESKTOP)
    opened = context.new_page()
    watching.follow(opened)
    yield opened
    context.close()
    assert watching.offences == []


def sign_in(page: Page, service: str) -> None:
    page.goto(service + "/")
    expect(page).to_have_url(f"{service}/sign-in?next=/")
    page.locator("input[name=login]").fill("li.na")
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("input[name=password]").press("Enter")
    page.locator(READY).wait_for()


def test_from_the_first_address_to_a_grid_on_two_days_and_out(service, page):
    sign_in(page, service)
    expect(page.get_by_text("河滨社区第一网格").first).to_be_visible()

    page.goto(service + "/?level=grid&code=500199002001006")
    page.locator(READY).wait_for()
    expect(page.get_by_text("示例·网格 2026").first).to_be_visible()

    page.locator("input[type=date]").fill("2026-06-30")
    page.locator("input[type=date]").press("Enter")
    expect(page.get_by_text("示例·网格 2025").first).to_be_visible()

    page.goto(service + "/docs")
    expect(page.get_by_text("/api/v1/locate/batch")).to_be_visible()


def test_a_session_that_has_ended_leads_back_to_signing_in(service, page):
    sign_in(page, service)
    page.evaluate(
        "fetch('/api/v1/session/end', {method: 'POST', headers: {'X-Requested-With': 'wangge'}})"
    )
    page.wait_for_timeout(500)
    page.goto(service + "/")
    expect(page).to_have_url(f"{service}/sign-in?next=/")
