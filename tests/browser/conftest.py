"""A real browser in front of a made-up town. Whatever a page does is watched to the end."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Dialog,
    Error,
    Page,
    Playwright,
    Request,
    expect,
    sync_playwright,
)

from api.packages import CHROMIUM, chromium
from tests.browser.serving import serving
from tests.browser.town import Region, draw_town, make_service

DESKTOP = {"viewport": {"width": 1440, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
# Most tests ask for calm: half of what a page costs is the frames of its motions, and a page that
# rests is the same. With motion go the scenarios, the whole service, drawing and hostile names.
CALM = {"reduced_motion": "reduce"}
READY = '.folium-map[data-ready="1"]'

Opener = Callable[..., Page]


PATIENCE_MS = 30_000  # a page may take its time on a busy machine; what never comes still fails


@pytest.fixture(scope="session")
def town() -> list[Region]:
    return draw_town()


@pytest.fixture(scope="session")
def base(town: list[Region]) -> Iterator[str]:
    """The address of a service that runs for these tests, on a free port of this machine."""
    with serving(make_service(town), lifespan="off", access_log=False) as address:
        yield address


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """The Chromium of this machine; WANGGE_CHROMIUM names another program, with windows say."""
    found = os.environ.get("WANGGE_CHROMIUM") or chromium()
    assert found, f"these tests need Chromium: apt install {CHROMIUM[0]}"
    running = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
    yield running
    running.close()


class Watch:
    """What a page did that no page of ours may do."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.offences: list[str] = []
        self.expected: list[str] = []  # patterns of console lines a test provokes on purpose

    def follow(self, page: Page) -> None:
        for event in ("request", "console", "pageerror", "dialog"):
            page.on(event, getattr(self, f"_{event}"))  # type: ignore[call-overload]

    def leave(self, page: Page) -> None:
        for event in ("request", "console", "pageerror", "dialog"):
            page.remove_listener(event, getattr(self, f"_{event}"))

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self.base + "/", "data:", "blob:", "about:")):
            self.offences.append(f"asked {request.url}")

    def _console(self, line: ConsoleMessage) -> None:
        known = any(re.search(pattern, line.text) for pattern in self.expected)
        if line.type in ("error", "warning") and not known:
            self.offences.append(f"{line.type}: {line.text}")

    def _pageerror(self, error: Error) -> None:
        self.offences.append(f"script: {error}")

    def _dialog(self, dialog: Dialog) -> None:
        self.offences.append(f"dialog: {dialog.message}")
        dialog.dismiss()


@pytest.fixture
def watch(base: str) -> Iterator[Watch]:
    watching = Watch(base)
    yield watching
    assert watching.offences == []


@pytest.fixture(scope="session")
def profiles(browser: Browser, base: str) -> Callable[..., BrowserContext]:
    """One profile for each set of options; it and its pages serve again: new ones take a while."""
    made: dict[str, BrowserContext] = {}

    def profile(**options: Any) -> BrowserContext:
        key = repr(sorted(options.items()))
        if key not in made:
            made[key] = browser.new_context(base_url=base, **options)
            made[key].set_default_timeout(15_000)
        return made[key]

    return profile


@pytest.fixture
def open_page(profiles: Callable[..., BrowserContext], watch: Watch) -> Iterator[Opener]:
    """Opens a path, signed in as nobody, and waits for it; `before` gets the page first."""
    opened: list[Page] = []

    def open_(
        path: str = "/",
        device: dict[str, Any] = DESKTOP,
        *,
        language: str = "zh-CN",
        before: Callable[[Page], object] | None = None,
        **options: Any,
    ) -> Page:
        profile = profiles(locale=language, **{**CALM, **device, **options})
        free = [page for page in profile.pages if page not in opened]
        page = free[0] if free else profile.new_page()
        opened.append(page)
        watch.follow(page)
        if before:
            before(page)
        page.goto(path)
        if path.split("?")[0] == "/":
            page.wait_for_selector(READY, state="attached")
        return page

    yield open_
    for page in opened:
        page.unroute_all()
        page.goto("about:blank")
        watch.leave(page)
        page.context.clear_cookies()
