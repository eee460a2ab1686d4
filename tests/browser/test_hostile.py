"""Hostile strings on every screen: names of everything and the texts of matters stay mere text."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import text

from gis.accounts import Grant, Role
from gis.passwords import Passwords
from gis.store.database import connect_engine
from gis.store.roles import APP
from tests.api.people import add_person
from tests.browser.conftest import DESKTOP, PHONE, READY, Watch
from tests.browser.field_town import Town, running
from tests.browser.serving import sign_in
from tests.hostile import MARK, SCRIPTS, hostile_strings

pytestmark = pytest.mark.browser

ROUND = 200  # as many as the list of a grid shows
LONGEST = 190
NAMED = (  # table and column of every name that a screen may show
    ("region_name", "name"),
    ("member", "name"),
    ("organisation", "name"),
    ("organisation", "duty_phone"),
    ("building", "name"),
    ("building", "address"),
    ("facility", "name"),
    ("edition", "name"),
    ("edition", "source"),
    ("account", "name"),
)
RAN = f"() => ({{ran: window.{MARK}, foreign: document.querySelectorAll("
RAN += "'img[src=x], iframe, [onerror], [onload], base, link[href*=evil]').length})"
INERT = {"ran": None, "foreign": 0}


@pytest.fixture
def town(cluster, own_database) -> Iterator[Town]:
    engine = connect_engine(cluster.url(APP, own_database))
    with running(engine) as made:
        passwords = Passwords(Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1))
        with engine.begin() as connection:
            add_person(connection, passwords, "planner", Grant(Role.PLANNER))
        yield made
    engine.dispose()


@pytest.fixture
def watching(town: Town) -> Iterator[Watch]:
    watch = Watch(town.base)
    yield watch
    assert watch.offences == []


@pytest.fixture
def contexts(browser: Browser, town: Town) -> Iterator[dict[str, BrowserContext]]:
    """A phone of the grid member, a desk of the planner."""
    made = {
        "zhang.w": browser.new_context(base_url=town.base, locale="zh-CN", **PHONE),
        "planner": browser.new_context(base_url=town.base, locale="en", **DESKTOP),
    }
    for login, context in made.items():
        sign_in(context, town.base, login)
    yield made
    for context in made.values():
        context.close()


def test_hostile_names_and_texts_are_text_on_every_screen(contexts, town, watching, tmp_path):
    try_screens(contexts, town, watching, tmp_path, list(SCRIPTS[:3]))
    try_texts(contexts["zhang.w"], town, watching, hostile_strings(ROUND, most=LONGEST))


@pytest.mark.prove
def test_ten_thousand_hostile_texts_are_text(contexts, town, watching, tmp_path):
    strings = hostile_strings(10_000, most=LONGEST)
    try_screens(contexts, town, watching, tmp_path, strings[:20])
    for start in range(0, len(strings), ROUND):
        try_texts(contexts["zhang.w"], town, watching, strings[start : start + ROUND])


def try_screens(
    contexts: dict[str, BrowserContext],
    town: Town,
    watching: Watch,
    folder: Path,
    strings: list[str],
) -> None:
    """Everything that has a name gets a hostile one; then every screen that shows names."""
    for hostile in strings:
        rename_all(town, hostile)
        for login, path in (
            ("zhang.w", "/field"),
            ("planner", "/"),
            ("planner", "/coverage"),
            ("planner", "/proposals"),
            ("planner", "/editions"),
        ):
            page = opened(contexts[login], path, watching)
            assert page.evaluate(RAN) == INERT, (path, hostile)
            page.close()
    try_meeting_file(contexts["planner"], folder)


def rename_all(town: Town, hostile: str) -> None:
    with town.engine.begin() as connection:
        for table, column in NAMED:
            connection.execute(
                text(f"UPDATE {table} SET {column} = :hostile || ' ' || id"), {"hostile": hostile}
            )


def opened(context: BrowserContext, path: str, watching: Watch) -> Page:
    page = context.new_page()
    watching.follow(page)
    page.goto(path)
    page.wait_for_selector(READY, state="attached")
    page.wait_for_load_state("networkidle")
    return page


def try_meeting_file(context: BrowserContext, folder: Path) -> None:
    """The map for a meeting, opened from disk, where no policy of ours protects it."""
    answer = context.request.get("/api/v1/coverage.html", params={"kind": "elderly_station"})
    assert answer.ok, answer.text()
    file = folder / "meeting.html"
    file.write_bytes(answer.body())
    page, watch = context.new_page(), Watch(file.as_uri().rpartition("/")[0])
    watch.follow(page)
    page.goto(file.as_uri())
    page.wait_for_load_state("networkidle")
    assert page.evaluate(RAN) == INERT
    assert watch.offences == []
    page.close()


def try_texts(context: BrowserContext, town: Town, watching: Watch, strings: list[str]) -> None:
    """A list of matters with these texts, then one of them: letter by letter as they were sent."""
    for hostile in strings:
        town.add(hostile, (106.5605, 29.5605), timedelta(hours=1))
    page = opened(context, "/field", watching)
    expect(page.locator("#rows li")).to_have_count(len(strings))
    shown = page.locator("#rows b").evaluate_all("all => all.map((one) => one.textContent)")
    assert sorted(shown) == sorted(strings)
    page.locator("#rows .row").first.click()
    expect(page.locator("#matter-title")).to_have_text(shown[0])
    assert page.evaluate(RAN) == INERT
    page.close()
    with town.engine.begin() as connection:
        connection.execute(text("UPDATE matter SET closed_at = received_at, state = 'closed'"))
