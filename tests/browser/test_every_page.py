"""What holds for every page: it asks nobody else; everybody can read, reach and enlarge it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

import maps
from tests.browser.conftest import DESKTOP, PHONE, Opener, Watch

pytestmark = pytest.mark.browser

AXE = Path(maps.__file__).parent / "static/vendor/axe-core/axe.min.js"
FACTS = "/?level=community&code=500199001006"
PAGES = ["/?level=grid", FACTS, "/sign-in", "/lost"]
TARGETS = "button, a[href], summary, input:not([type=radio]), #levels label, [role=option]"
SMALL = """all => all.filter(e => e.offsetParent && !e.closest('#swagger-ui, .skip'))
  .map(e => [e.id || e.textContent.trim().slice(0, 20), e.getBoundingClientRect()])
  .filter(([, box]) => box.width && (box.width < 43.9 || box.height < 43.9))
  .map(([name, box]) => `${name} ${box.width}x${box.height}`)"""


def whole(page: Page) -> None:
    """Wait until all that the page fetches is there."""
    if "/docs" in page.url:
        page.wait_for_selector(".opblock")
    if page.locator("#panel").count():
        expect(page.locator("#loading")).to_be_hidden()
        expect(page.locator("#bones")).to_be_hidden()
        expect(page.locator("#facts.waiting")).to_have_count(0)


def serious_faults(page: Page) -> list[tuple[str, list[str]]]:
    """What axe-core calls serious or critical, outside Swagger UI's own part."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run({ exclude: ['#swagger-ui'] })")
    return [
        (fault["id"], [node["html"][:120] for node in fault["nodes"]])
        for fault in found["violations"]
        if fault["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize(
    ("path", "device", "scheme"),
    [(path, DESKTOP, "light") for path in [*PAGES, "/docs"]]
    + [(path, PHONE, "dark") for path in PAGES],
)
def test_a_page_asks_nobody_else_and_everybody_can_read_and_hit_all_of_it(
    open_page: Opener, path: str, device: dict[str, Any], scheme: str
) -> None:
    page = open_page(path, device, color_scheme=scheme)
    whole(page)
    assert page.locator("h1:not(#swagger-ui h1)").count() == 1
    assert page.locator(TARGETS).evaluate_all(SMALL) == []
    assert serious_faults(page) == []


@pytest.mark.parametrize("path", ["/?level=grid", FACTS, "/sign-in"])
def test_nothing_runs_off_a_narrow_screen_even_at_twice_the_text(
    open_page: Opener, path: str
) -> None:
    page = open_page(path, {**PHONE, "viewport": {"width": 320, "height": 640}})
    whole(page)
    wide = "document.scrollingElement.scrollWidth - innerWidth"
    assert page.evaluate(wide) <= 0
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert page.evaluate(wide) <= 0
    off = page.locator("button, input:not([type=radio]), summary, h1").evaluate_all(
        """all => all.filter(e => e.offsetParent && !e.closest('.menu > div'))
          .filter(e => e.getBoundingClientRect().right > innerWidth + 1)
          .map(e => e.id || e.tagName)"""
    )
    assert off == []


@pytest.mark.parametrize(("path", "source"), [("/sign-in", "mouse"), ("/?level=grid", "touch")])
def test_two_fingers_enlarge_the_page_or_the_map(open_page: Opener, path: str, source: str) -> None:
    page = open_page(path, PHONE)
    whole(page)
    measure = "window.MK ? MK.map.getZoom() : visualViewport.scale"
    before = page.evaluate(measure)
    pinch = {"x": 195, "y": 330, "scaleFactor": 2.5, "gestureSourceType": source}
    page.context.new_cdp_session(page).send("Input.synthesizePinchGesture", pinch)
    page.wait_for_function(f"() => ({measure}) > {before}")


def test_the_first_tab_offers_to_skip_and_focus_is_seen(open_page: Opener) -> None:
    page = open_page("/?level=grid")
    skip_by_keyboard(page)
    expect(page.locator("#search")).to_be_focused()


def skip_by_keyboard(page: Page) -> None:
    page.keyboard.press("Tab")
    focused = page.locator(":focus")
    expect(focused).to_have_class("skip")
    expect(focused).to_be_in_viewport()
    assert focused.evaluate("e => getComputedStyle(e).outlineWidth") == "3px"
    page.keyboard.press("Enter")


def test_who_asked_for_calm_gets_no_motion(open_page: Opener) -> None:
    page = open_page("/?level=grid", reduced_motion="reduce")
    moving = "[...document.querySelectorAll('*')].flatMap(e => e.getAnimations()).length"
    assert page.evaluate(moving) == 0
    page.locator("#zoom-in").click()
    page.locator("#whole").click()
    assert page.evaluate(moving) == 0


def test_the_description_of_the_api_opens_under_our_policy(open_page: Opener) -> None:
    page = open_page("/docs")
    whole(page)
    skip_by_keyboard(page)
    expect(page.locator("#content")).to_be_focused()
    page.locator(".opblock-summary-control", has_text="/api/v1/regions/{level}/{code}").click()
    page.get_by_role("button", name="Try it out").click()
    for name, value in {"level": "community", "code": "500199001006", "at": "2026-11-22"}.items():
        page.locator(f'tr[data-param-name="{name}"] input').fill(value)
    page.locator("button.execute").click()
    expect(page.locator(".responses-table.live-responses-table")).to_contain_text("望山社区")


def test_signing_in_says_what_is_wrong_and_goes_where_it_should(
    open_page: Opener, watch: Watch, base: str
) -> None:
    watch.expected = ["401"]
    page = open_page("/sign-in?next=" + "%2F%3Flevel%3Dcounty")
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("alert")).to_have_text("请填写每一栏。")
    expect(page.locator("#login")).to_be_focused()
    page.locator("#login").fill("demo")
    page.locator("#password").fill("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("用户名或密码不对。")
    page.locator("#password").fill("correct")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{base}/?level=county**")
    assert "correct" not in page.content()


@pytest.mark.parametrize(
    "target", ["//elsewhere.example/", "/\\elsewhere.example", "javascript:alert(1)"]
)
def test_signing_in_never_leads_to_another_place(open_page: Opener, base: str, target: str) -> None:
    page = open_page("/sign-in")
    page.evaluate(
        "next => history.replaceState(null, '', '?next=' + encodeURIComponent(next))", target
    )
    page.locator("#login").fill("demo")
    page.locator("#password").fill("correct")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(re.escape(base) + r"/(\?level=.*)?$"))


def test_a_password_for_one_time_is_changed_before_anything_else(
    open_page: Opener, base: str
) -> None:
    sent: list[dict[str, str]] = []

    def keep(route: Any) -> None:
        sent.append(json.loads(route.request.post_data))
        route.fulfill(status=204)

    page = open_page("/sign-in")
    me = json.dumps({"must_change_password": True})
    page.route("**/api/v1/me", lambda r: r.fulfill(body=me, content_type="application/json"))
    page.route("**/api/v1/session/password", keep)
    page.locator("#login").fill("demo")
    page.locator("#password").fill("correct")
    page.keyboard.press("Enter")
    expect(page.locator("#new")).to_be_focused()
    page.locator("#new").fill("a longer secret")
    page.locator("#again").fill("another")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("两次输入的新密码不一样。")
    page.locator("#again").fill("a longer secret")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(re.escape(base) + r"/(\?.*)?$"))
    assert sent == [{"old": "correct", "new": "a longer secret"}]


def test_signing_out_ends_the_session(open_page: Opener) -> None:
    page = open_page()
    page.locator("#menu summary").click()
    with page.expect_request("**/api/v1/session/end") as ended:
        page.get_by_role("button", name="退出登录").click()
    assert ended.value.headers["x-requested-with"] == "wangge"
    page.wait_for_url("**/sign-in")
