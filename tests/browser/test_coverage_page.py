"""设施覆盖 in a real browser over the real service: one answer, the same figures everywhere."""

from __future__ import annotations

import json
import re
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
from tests.coverage_town import HOSTILE, KIND, build_town, region_id
from tests.databases import new_database
from tests.makers import NOW

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def service(cluster) -> Iterator[str]:
    """The address of the whole service over the little town, with a planner and a grid member."""
    with new_database(cluster) as database:
        engine = connect_engine(cluster.url(APP, database), pool_size=6)
        passwords = Passwords(Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1))
        with engine.begin() as connection:
            build_town(connection)
            add_person(connection, passwords, "planner", Grant(Role.PLANNER))
            add_person(
                connection, passwords, "member", Grant(Role.GRID_MEMBER, region_id(connection, "B"))
            )
            add_person(connection, passwords, "auditor", Grant(Role.AUDITOR))
        app = create_app(Settings(_env_file=None, connections=6), engine, passwords)
        app.dependency_overrides[clock] = lambda: NOW
        with serving(app) as address:
            yield address
        engine.dispose()


Opener = Callable[..., Page]


@pytest.fixture
def open_map(browser: Browser, service: str) -> Iterator[Opener]:
    """Opens the page signed in; nothing outside is asked, nothing is complained of."""
    contexts: list[BrowserContext] = []
    watches: list[Watch] = []

    def open_(
        path: str = "/coverage",
        device: dict[str, Any] = DESKTOP,
        *,
        language: str = "zh-CN",
        login: str = "planner",
        expected: str = "",
        **options: Any,
    ) -> Page:
        options = {**CALM, **device, **options}
        context = browser.new_context(base_url=service, locale=language, **options)
        context.set_default_timeout(15_000)
        contexts.append(context)
        sign_in(context, service, login)
        page, watch = context.new_page(), Watch(service)
        watch.expected += [expected] if expected else []
        watches.append(watch)
        watch.follow(page)
        page.goto(path)
        page.wait_for_selector(READY, state="attached")
        expect(page.locator("#loading")).to_be_hidden()
        return page

    yield open_
    for context in contexts:
        context.close()
    assert [offence for watch in watches for offence in watch.offences] == []


def asked(page: Page, **more: object) -> dict[str, Any]:
    """What the API says of the same choice."""
    answer = page.request.get("/api/v1/coverage", params={"kind": KIND, **more})
    assert answer.status == 200, answer.text()
    return dict(answer.json())


def numbers(page: Page) -> list[str]:
    return [
        page.locator(f"[data-number={n}]").inner_text()
        for n in ("served", "unserved", "unknown", "good")
    ]


def numbers_of(found: dict[str, Any]) -> list[str]:
    households = found["households"]
    share = f"{households['percent'][0]:.1f}%" if households["percent"] else "–"
    good = f"{found['good_grids']} / {found['inhabited_grids']}"
    return [share, f"{households['unserved']:,}", f"{households['unknown']:,}", good]


def fills(page: Page) -> dict[str, str]:
    """The colour each region is filled with on the map, by code."""
    return page.evaluate(
        """() => Object.fromEntries(MK.layers.regions.drawn.getLayers().map(
             (shape) => [shape.feature.properties.code, shape.options.fillColor]))"""
    )


@pytest.mark.parametrize(
    ("device", "language", "scheme"),
    [
        (DESKTOP, "zh-CN", "light"),
        (PHONE, "zh-CN", "light"),
        (DESKTOP, "en", "light"),
        (PHONE, "en", "dark"),
    ],
    ids=["desktop-zh", "phone-zh", "desktop-en", "phone-en-dark"],
)
def test_the_numbers_and_the_table_are_those_of_the_api_and_everybody_can_read_and_hit_all(
    open_map: Opener, device: dict[str, Any], language: str, scheme: str
):
    page = open_map(device=device, language=language, color_scheme=scheme)
    found = asked(page)

    assert numbers(page) == numbers_of(found)
    rows = page.locator("#scores tr").all()
    assert len(rows) == len(found["grids"])
    for row, score in zip(rows, found["grids"], strict=True):
        households = score["households"]
        share = f"{households['percent'][0]:.1f}%" if households["percent"] else "–"
        cells = [cell.inner_text() for cell in row.locator("th, td").all()]
        assert cells == [
            score["name"],
            share,
            str(households["unserved"]),
            str(households["unknown"]),
        ]
    assert page.locator("#facility-count").inner_text().count("4") == 1
    assert page.locator(".pin-box").count() == 3
    assert page.locator(".pin-box .hollow").count() == 1
    assert page.locator(TARGETS + ", select, .layers label").evaluate_all(SMALL) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert serious_faults(page) == []


def test_the_colours_on_the_map_are_the_classes_of_the_answer(open_map: Opener):
    page = open_map()
    bands = page.evaluate("Wangge.boot.theme.bands")

    assert fills(page) == {g["code"]: bands[g["band"]] for g in asked(page)["grids"]}
    page.locator(".by label", has_text="社区").click()
    page.wait_for_function("() => MK.layers.regions.features.length === 2")
    expect(page.locator("#scores tr")).to_have_count(2)
    assert fills(page) == {c["code"]: bands[c["band"]] for c in asked(page)["communities"]}
    assert "by=community" in page.url


def test_the_sheet_says_rule_day_coordinates_and_that_it_is_internal(open_map: Opener):
    page = open_map()

    said = page.locator(".source").inner_text()
    for text in ("2026年11月22日", "300 米，按标准", "87.1% 的住户有坐标", "内部使用·不得公开"):
        assert text in said
    expect(page.locator("#unverified")).to_be_visible()
    assert "未核对" in page.locator("#method").inner_text()
    expect(page.locator(".leaflet-control-scale-line")).to_be_visible()
    expect(page.get_by_role("img", name="上方为北")).to_be_visible()
    assert page.locator(".coverage-legend li").count() == 11


def test_a_kind_is_found_by_keyboard_alone_and_stands_in_the_address(open_map: Opener):
    page = open_map()
    page.locator("#kind").focus()
    page.keyboard.type("卫生服务")
    options = page.locator("#kinds [role=option]")
    expect(options).to_have_count(2)
    page.keyboard.press("ArrowDown")
    expect(options.nth(1)).to_have_class("active")
    page.keyboard.press("Enter")
    expect(page.locator("#kind")).to_have_value("社区卫生服务站")
    expect(page.locator("[data-number=served]")).to_have_text("0.0%")
    assert "kind=health_station" in page.url
    page.locator("#radius").focus()
    page.locator("#kind").focus()
    page.keyboard.type("没有这种")
    expect(options).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.locator("#kind")).to_have_value("社区卫生服务站")
    expect(page.locator("#kinds")).to_be_hidden()
    page.go_back()
    expect(page.locator("#kind")).to_have_value("社区养老服务站")


def test_a_row_zooms_to_its_grid_and_a_click_on_the_map_tells_the_same(open_map: Opener):
    page = open_map()
    before = page.evaluate("MK.map.getZoom()")
    page.get_by_role("button", name="E网格").click()
    told = page.locator("#chosen")
    expect(told).to_have_text("E网格：覆盖 0.0%，未覆盖 20 户，未知 7 户")
    page.wait_for_function("(z) => MK.map.getZoom() > z", arg=before)
    expect(page.locator("#loading")).to_be_hidden()
    spot = page.evaluate("MK.map.latLngToContainerPoint([29.5031, 106.5131])")
    page.mouse.click(spot["x"], spot["y"])
    expect(page.locator('#scores [aria-pressed="true"]')).to_have_text("E网格")
    page.wait_for_function("() => location.search.includes('map=')")


def test_region_radius_and_day_change_all_figures_and_back_goes_back(open_map: Opener):
    page = open_map()
    page.locator("#region").select_option("county:Z")
    expect(page.locator("#region optgroup option")).to_have_count(2)
    page.locator("#region").select_option("community:X")
    expect(page.locator("[data-number=unserved]")).to_have_text("8")
    assert numbers(page) == numbers_of(asked(page, region="community:X"))
    page.locator("#radius").fill("1000")
    page.locator("#radius").press("Enter")
    expect(page.locator("[data-number=unserved]")).to_have_text("0")
    expect(page.locator("#by-rule")).to_have_text("恢复标准 300 米")
    assert "radius_m=1000" in page.url
    page.locator("#at").fill("2026-10-01")
    expect(page.locator("#method")).to_contain_text("户数与设施为取数时的数据")
    again = page.evaluate("location.pathname + location.search")
    page.locator("#by-rule").click()
    expect(page.locator("[data-number=unserved]")).to_have_text("8")
    other = open_map(again)
    expect(other.locator("#radius")).to_have_value("1000")
    expect(other.locator("#at")).to_have_value("2026-10-01")
    expect(other.locator("#region")).to_have_value("community:X")
    page.go_back()
    expect(page.locator("[data-number=unserved]")).to_have_text("0")


def test_layers_go_and_come_and_the_address_remembers_them(open_map: Opener):
    page = open_map("/coverage?off=facilities,gaps")
    assert page.locator(".pin-box").count() == 0
    assert page.evaluate("MK.layers.gaps.drawn === null")
    page.locator(".layers label", has_text="设施").click()
    expect(page.locator(".pin-box")).to_have_count(3)
    page.locator(".layers label", has_text="缺口楼栋").click()
    page.wait_for_function("() => MK.layers.gaps.features.length === 3")
    assert "off" not in page.url


def test_a_kind_without_a_radius_says_so_and_takes_one(open_map: Opener):
    page = open_map("/coverage?kind=police_room", expected="422")
    expect(page.locator("#figures-notice")).to_contain_text("没有服务半径，请另行给出")
    expect(page.locator("#figures")).to_be_hidden()
    page.locator("#radius").fill("800")
    page.locator("#radius").press("Enter")
    expect(page.locator("[data-number=served]")).to_have_text("0.0%")
    assert "自选（标准未规定）" in page.locator("#method").inner_text()


def test_names_from_people_stay_text(open_map: Opener):
    page = open_map()
    page.locator("#facility-fold summary").click()
    assert page.locator("#facilities b").first.text_content() == HOSTILE
    page.locator(".pin-box").first.hover()
    expect(page.locator(".leaflet-tooltip")).to_contain_text("${7*7}")
    assert page.title() == "设施覆盖 · 网格 Wangge"


def test_a_member_sees_its_own_grid_alone_and_an_auditor_is_not_shown_the_way(open_map: Opener):
    page = open_map(login="member")
    expect(page.locator("#scores tr")).to_have_count(1)
    assert page.locator("#region option").all_inner_texts() == ["全部可见范围", "B网格"]
    other = open_map("/", login="auditor")
    expect(other.locator(".pages a[href='/coverage']")).to_have_count(0)
    page.goto("/")
    expect(page.locator("header > .pages a[href='/coverage']")).to_be_visible()


def test_the_file_for_a_meeting_opens_from_disk_without_a_network_with_the_same_figures(
    open_map: Opener, browser: Browser, tmp_path: Path
):
    page = open_map()
    found = asked(page)
    with page.expect_download() as coming:
        page.locator("[data-form=html]").click()
    assert re.fullmatch(
        r"覆盖-elderly_station-all-2026-11-22\.html", coming.value.suggested_filename
    )
    file = tmp_path / "meeting.html"
    coming.value.save_as(file)
    offline = browser.new_context(offline=True, **DESKTOP)
    sheet, watch = offline.new_page(), Watch("file://")
    requests: list[str] = []
    sheet.on("request", lambda request: requests.append(request.url))
    watch.follow(sheet)
    sheet.goto(file.as_uri())
    sheet.wait_for_selector(READY, state="attached")

    assert requests == [file.as_uri()]
    assert watch.offences == []
    assert [dd.inner_text() for dd in sheet.locator(".numbers dd").all()] == numbers_of(found)
    drawn = sheet.evaluate("Wangge.boot.regions.map((r) => [r.id, r.properties.band])")
    assert drawn == [[g["code"], g["band"]] for g in found["grids"]]
    sheet.locator(".pin-box").first.hover()
    expect(sheet.locator(".leaflet-tooltip")).to_contain_text("</script>${7*7}`")
    body = sheet.locator("body").inner_text()
    for text in ("内部使用·不得公开", "2026-11-22", "未核对", "a test", "300 m", "缺口楼栋"):
        assert text in body
    expect(sheet.locator(".leaflet-control-scale-line")).to_be_visible()
    assert sheet.evaluate("fetch('https://elsewhere.example/').then(() => 1, () => 0)") == 0
    offline.close()


def test_the_other_files_hold_what_the_page_shows(open_map: Opener):
    page = open_map()
    page.locator("#region").select_option("county:Z")
    expect(page.locator("#loading")).to_be_hidden()
    link = page.locator("[data-form=json]").get_attribute("href")
    assert link == "/api/v1/coverage?kind=elderly_station&at=2026-11-22&region=county%3AZ"
    assert numbers_of(json.loads(page.request.get(link).text())) == numbers(page)
    for form in ("csv", "xlsx"):
        href = page.locator(f"[data-form={form}]").get_attribute("href")
        assert page.request.get(href).status == 200
