"""调整网格边界 and 版本 in a real browser: drawn, judged, decided, in force."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pwdlib.hashers.argon2 import Argon2Hasher
from shapely.geometry import box, shape
from sqlalchemy import Engine

from api.dependencies import clock
from api.main import create_app
from api.settings import Settings
from gis.accounts import Grant, Role
from gis.editions import ApprovalStep
from gis.passwords import Passwords
from gis.store import approvals, levels
from gis.store.database import connect_engine
from gis.store.roles import APP
from gis.workflows.change_editions import activate_next
from tests.api.people import add_person
from tests.api.test_proposals import at, point, settled
from tests.browser.conftest import DESKTOP, PHONE, READY, Watch
from tests.browser.serving import serving, sign_in
from tests.browser.test_every_page import SMALL, TARGETS, serious_faults
from tests.databases import new_database
from tests.makers import NOW

pytestmark = pytest.mark.browser

PIXEL = (
    "([lon, lat]) => { const p = MK.map.latLngToContainerPoint([lat, lon]); return [p.x, p.y]; }"
)
GRIDS = "() => MK.layers.regions.features.some((one) => one.properties.level === 'grid')"
AT_REST = """() => !MK.map._animatingZoom
  && !(MK.map._panAnim && MK.map._panAnim._inProgress)"""
VIEW = "MK.map.getBounds().toBBoxString()"
REHOUSED = """Object.values(MK.layers.buildings.drawn._layers)
  .filter((one) => one.options.fillColor === Wangge.boot.theme.drawn).length"""
INK = """name => {
  const hex = Wangge.boot.theme[name].slice(1);
  const want = [0, 2, 4].map((i) => parseInt(hex.substr(i, 2), 16));
  const canvas = document.querySelector('.leaflet-drawing-pane canvas');
  const copy = Object.assign(document.createElement('canvas'),
    { width: canvas.width, height: canvas.height });
  const pen = copy.getContext('2d', { willReadFrequently: true });
  pen.drawImage(canvas, 0, 0);
  const { data } = pen.getImageData(0, 0, copy.width, copy.height);
  let seen = 0;
  for (let i = 0; i < data.length; i += 4) {
    if (data[i + 3] && want.every((value, at) => Math.abs(data[i + at] - value) < 3)) seen += 1;
  }
  return seen;
}"""
WIDE = "document.scrollingElement.scrollWidth - innerWidth"


@dataclass(frozen=True)
class Service:
    address: str
    engine: Engine


@pytest.fixture(scope="module")
def service(cluster) -> Iterator[Service]:
    """Community K with grids A and B, eight houses and a matter; street and district decide."""
    import_module("maps.mapkit")  # brings Folium, which takes seconds; no page shall wait for it
    with new_database(cluster) as database:
        engine = connect_engine(cluster.url(APP, database), pool_size=6)
        passwords = Passwords(Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1))
        with engine.begin() as connection:
            town = settled(connection)
            town.arrives("暴露垃圾", "E0102", place=point(1.8, 0.5))
            here = town.regions
            street = levels.level_of(connection, "subdistrict")
            for number, (code, name) in enumerate(
                (("street", "街道审"), ("district", "区县批")), 1
            ):
                step = ApprovalStep(number, code, name, Role.PLANNER, "subdistrict")
                approvals.add_approval_step(connection, step, street.id)
            for login, held in {
                "clerk.k": Grant(Role.COMMUNITY_CLERK, here["K"]),
                "planner.k": Grant(Role.PLANNER, here["K"]),
                "street": Grant(Role.PLANNER, here["S"]),
                "reader": Grant(Role.GRID_MEMBER, here["A"]),
                "district": Grant(Role.PLANNER),
            }.items():
                add_person(connection, passwords, login, held)
        app = create_app(Settings(_env_file=None, connections=6), engine, passwords)
        app.dependency_overrides[clock] = lambda: NOW
        with serving(app) as address:
            yield Service(address, engine)
        engine.dispose()


Opener = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser, service: Service) -> Iterator[Opener]:
    """Opens a page signed in; nothing outside is asked, nothing is complained of."""
    contexts: list[BrowserContext] = []
    watch = Watch(service.address)
    watch.expected = ["422", "409"]  # what can't be drawn is refused, and said in place

    def open_(
        login: str, path: str, device: dict[str, Any] = DESKTOP, *, language: str = "zh-CN"
    ) -> Page:
        context = browser.new_context(base_url=service.address, locale=language, **device)
        context.set_default_timeout(60_000)
        contexts.append(context)
        sign_in(context, service.address, login)
        page = context.new_page()
        watch.follow(page)
        page.goto(path)
        page.wait_for_selector(READY, state="attached")
        expect(page.locator("#loading")).to_be_hidden()
        if path == "/proposals" and login.endswith(".k"):  # one community alone: it is opened
            expect(page.locator("#place")).to_have_text("K")
            page.wait_for_function(GRIDS)
            page.wait_for_function(AT_REST)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert watch.offences == []


def picture(page: Page, name: str) -> None:
    """With WANGGE_PICTURES=folder the page is kept as a picture, to be looked at."""
    if folder := os.environ.get("WANGGE_PICTURES"):
        page.screenshot(path=Path(folder) / f"change-{name}.png")


def pixel(page: Page, right: float, up: float) -> tuple[float, float]:
    x, y = page.evaluate(PIXEL, list(at(right, up)))
    return x, y


def propose(page: Page, name: str) -> None:
    """Split grid B by two clicks on the map, and keep it as a draft of this name."""
    page.mouse.click(*pixel(page, 1.5, 0.3))
    expect(page.locator("#for-grid")).to_have_value("B")
    for place in ((1.5, 1.02), (1.52, -0.02)):
        page.mouse.click(*pixel(page, *place))
    page.locator("#finish").click()
    expect(page.locator("#impact")).to_be_visible()
    page.locator("#name").fill(name)
    page.locator("#keep button").click()
    expect(page.locator("#kept")).to_contain_text(name)


def approve(page: Page, step: str, document: str) -> None:
    expect(page.locator("#approve-button")).to_contain_text(step)
    page.locator("#document").fill(document)
    page.locator("#approve-button").click()
    expect(page.locator("#steps")).to_contain_text(document)  # the clock stands still: in any order


def test_the_houses_show_who_is_on_which_side_while_a_line_is_drawn(open_page):
    page = open_page("planner.k", "/proposals")
    view = page.evaluate(VIEW)
    page.wait_for_function("MK.layers.buildings.features.length === 8")
    page.mouse.click(*pixel(page, 1.25, 0.25))  # a house: it stands for the ground it is on
    expect(page.locator("#for-grid")).to_have_value("B")
    expect(page.locator("#tools")).to_be_visible()
    assert page.evaluate(VIEW) == view  # what is under the hand stays there
    page.mouse.click(*pixel(page, 1.25, 0.25))  # now a house is a place for a point like any other
    expect(page.locator("#tool-say")).to_contain_text("1 个点")
    page.locator("#undo").click()
    for place in ((1.5, 1.02), (1.52, -0.02)):
        page.mouse.click(*pixel(page, *place))
    expect(page.locator("#tool-say")).to_contain_text("B 20 户、新网格 20 户")
    page.locator("#new-name").fill("玉兰苑网格")
    expect(page.locator("#tool-say")).to_contain_text("玉兰苑网格 20 户")
    assert page.evaluate(REHOUSED) == 2
    page.locator("#new").fill("A")  # the code of its neighbour
    expect(page.locator("#new-note")).to_contain_text("编码 A 不可用")
    page.locator("#new").fill("K009")
    expect(page.locator("#tool-say")).to_contain_text("玉兰苑网格 20 户")
    expect(page.locator("#new-note")).to_be_hidden()
    picture(page, "sides")
    page.locator("#undo").click()
    expect(page.locator("#tool-say")).not_to_contain_text("户")
    assert page.evaluate(REHOUSED) == 0
    lon, lat = at(1.25, 0.25)
    page.evaluate(f"MK.map.setView([{lat}, {lon}], 18, {{ animate: false }})")
    expect(page.locator(".map-label.house")).to_have_text(["10"])


def test_a_split_is_drawn_judged_approved_by_two_others_and_in_force(open_page, service):
    page = open_page("planner.k", "/proposals")
    propose(page, "拆分B格")
    rows = page.locator("#impact-grids tr")
    assert [one.split() for one in rows.all_inner_texts()][1] == (
        ["新网格001", "001", "–", "20", "–", "2", "–", "1"]
    )
    expect(page.locator("#duties")).to_contain_text("1 件在办事项随地点转入新的网格")
    expect(page.locator("#duties")).to_contain_text("B 划给 新网格001")
    page.locator("#kept a").click()
    expect(page.locator("#state")).to_have_text("草案")
    expect(page.locator("#not-yours")).to_contain_text("您是提出人")
    expect(page.locator("#approve")).to_be_hidden()
    path = page.url.removeprefix(service.address)
    page.locator("#day-box summary").click()
    page.locator("#new-day").fill("2026-11-21")
    page.locator("#day button").click()
    expect(page.locator("[data-fact=day]")).to_contain_text("21")

    street = open_page("street", path)
    expect(street.locator("#faults")).to_contain_text("新网格001 · 001 生效时没有责任网格员")
    expect(street.locator("#duties")).to_contain_text("B 划给 新网格001")  # as the proposer saw it
    expect(street.locator("#impact-grids tr").nth(1)).to_contain_text("20")
    expect(street.locator("#approve-button")).to_be_disabled()
    expect(street.locator("#approve-notice")).to_contain_text("先由规划员")
    expect(street.locator("[name=fault]")).not_to_be_checked()  # to answer for it is a deed
    street.locator("[name=fault]").check()
    street.locator("#why").fill("生效当天任命")
    street.locator("#accept button").click()
    expect(street.locator("#faults")).to_contain_text("生效当天任命")
    approve(street, "街道审", "滨街发〔2026〕12号")
    last = open_page("district", path)
    last.locator("#approve-button").click()
    expect(last.locator("#approve-notice")).to_contain_text("还没有填文号")
    last.locator("#approve-notice button").click()  # asked back, not refused
    expect(last.locator("#state")).to_have_text("待生效")
    picture(street, "street")
    picture(last, "approved")
    with service.engine.begin() as connection:
        assert activate_next(connection, NOW) == 1

    page.reload()
    expect(page.locator("#state")).to_have_text("已生效")
    expect(page.locator("#changes")).to_contain_text("新网格001 · 新增")
    page.goto("/proposals")
    expect(page.locator("#grids button")).to_have_count(3)
    page.wait_for_function(GRIDS)
    drawn = page.evaluate("MK.layers.regions.features.map((one) => one.id)")
    assert {"A", "B", "K001"} <= set(drawn)


def test_a_finger_draws_takes_a_point_back_and_gives_ground_away(open_page):
    page = open_page("clerk.k", "/proposals", PHONE)
    page.locator("[name=do][value=transfer_area]").check()
    page.locator("#for-source").select_option("A")
    page.locator("#for-to").select_option("B")
    expect(page.locator("#tools")).to_be_visible()
    expect(page.locator("#panel")).to_be_hidden()
    assert page.locator(TARGETS).evaluate_all(SMALL) == []
    for place in ((0.6, 0.3), (1.02, 0.4), (1.02, 0.9), (0.2, 0.2)):
        page.touchscreen.tap(*pixel(page, *place))
    expect(page.locator("#tool-say")).to_contain_text("4")
    page.locator("#undo").tap()
    page.locator("#cross").tap()  # where the middle of the map stands
    expect(page.locator("#tool-say")).to_contain_text("4")
    page.locator("#undo").tap()
    expect(page.locator("#tool-say")).to_contain_text("3")
    page.locator("#whole").tap()
    page.wait_for_timeout(600)  # the map may fly there
    seen = page.evaluate("MK.map.getBounds().toBBoxString()")
    picked = page.evaluate("MK.layers.regions.features.find((one) => one.id === 'A').geometry")
    assert box(*map(float, seen.split(","))).contains(shape(picked))
    picture(page, "phone-drawing")
    page.locator("#finish").tap()
    expect(page.locator("#duties")).to_contain_text("A 划给 B")
    picture(page, "phone-impact")
    assert page.evaluate(WIDE) <= 0


def test_keys_alone_draw_and_what_is_wrong_is_said_in_place(open_page):
    page = open_page("planner.k", "/proposals", language="en")
    page.locator("#grids button").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".folium-map")).to_be_focused()
    expect(page.locator(".cross")).to_be_visible()
    for key in ("Enter", "ArrowRight", "Enter", "Shift+ArrowDown", "Enter", "Backspace"):
        page.keyboard.press(key)
    expect(page.locator("#tool-say")).to_contain_text("2 points")
    page.locator("#finish").click()
    expect(page.locator("#look-notice")).to_contain_text("grid “A”")  # its name, not its code
    assert serious_faults(page) == []
    expect(page.locator("#tool-say.bad")).to_have_text(page.locator("#look-notice").inner_text())
    assert page.evaluate(INK, "refused") > 20  # it stays drawn as it was
    page.locator(".folium-map").focus()
    page.keyboard.press("Backspace")
    expect(page.locator("#tool-say")).to_contain_text("1 points")
    expect(page.locator("#tool-say.bad")).to_have_count(0)
    assert page.evaluate(INK, "refused") == 0
    page.locator(".folium-map").focus()
    page.keyboard.press("Escape")
    expect(page.locator("#tools")).to_be_hidden()


def test_a_split_is_drawn_and_submitted_by_keys_alone(open_page):
    page = open_page("clerk.k", "/proposals")
    keys = page.keyboard

    def tab_to(box: str) -> None:
        for _ in range(60):
            if page.evaluate("box => document.activeElement.matches(box)", box):
                return
            keys.press("Tab")
        raise AssertionError(f"no way to {box}")

    def move(key: str, there: str) -> None:
        """The crosshair, until its latitude is beyond."""
        for _ in range(40):
            if page.evaluate(f"MK.map.getCenter().lat {there}"):
                return
            keys.press(f"Shift+{key}")
        raise AssertionError("the map doesn't move")

    tab_to("#for-grid")
    for _ in range(2):  # one after the other, quicker than the map follows
        keys.press("ArrowDown")
    expect(page.locator("#for-grid")).to_have_value("B")
    tab_to("#draw")
    keys.press("Enter")
    expect(page.locator(".folium-map")).to_be_focused()
    page.wait_for_function(AT_REST)
    (west, south), (east, north) = at(1, 0), at(2, 1)
    assert west < page.evaluate("MK.map.getCenter().lng") < east  # it lies under the crosshair
    move("ArrowUp", f"> {north}")
    keys.press("Enter")
    move("ArrowDown", f"< {south}")
    keys.press("Enter")
    expect(page.locator("#tool-say")).to_contain_text("新网格")
    tab_to("#finish")
    keys.press("Enter")
    expect(page.locator("#impact-head")).to_be_focused()
    tab_to("#name")
    keys.press("Enter")
    expect(page.locator("#kept")).to_be_visible()


def test_houses_are_looped_and_a_clerk_takes_the_own_draft_back(open_page):
    page = open_page("clerk.k", "/proposals")
    page.locator("[name=do][value=transfer_buildings]").check()
    page.mouse.click(*pixel(page, 0.5, 0.5))
    page.mouse.click(*pixel(page, 1.1, 0.5))
    expect(page.locator("#house-sum")).to_contain_text("/ 4")
    page.locator("#loop").click()
    ring = ((0.6, 0.1), (0.95, 0.1), (0.95, 0.95), (0.6, 0.95), (0.6, 0.5), (0.6, 0.3))
    page.mouse.move(*pixel(page, *ring[0]))
    page.mouse.down()
    for place in ring[1:]:
        page.mouse.move(*pixel(page, *place), steps=3)
    page.mouse.up()
    expect(page.locator("#house-sum")).to_contain_text("2 / 4")
    picture(page, "houses")
    page.locator("#finish").click()
    expect(page.locator("#impact-grids")).to_contain_text("40 20")
    page.locator("#name").fill("划转")
    page.locator("#keep button").click()
    page.locator("#kept a").click()
    expect(page.locator("#state")).to_have_text("草案")
    expect(page.locator("#undo-box")).to_be_hidden()
    page.locator("#withdraw-box summary").click()
    page.locator("#withdraw button").click()
    expect(page.locator("#list")).to_be_visible()
    expect(page.locator("#rows")).not_to_contain_text("划转")


@pytest.mark.parametrize(("device", "language"), [(DESKTOP, "en"), (PHONE, "zh-CN")])
def test_both_pages_can_be_read_and_hit_by_everybody(open_page, device, language):
    for path in ("/proposals", "/editions?state=active"):
        page = open_page("district", path, device, language=language)
        page.locator(".choices button").first.wait_for()
        assert page.locator(TARGETS).evaluate_all(SMALL) == []
        assert serious_faults(page) == []
        page.locator(".choices button").first.click()
        page.locator("#there:not([hidden]), #article:not([hidden])").wait_for()
        assert page.locator(TARGETS).evaluate_all(SMALL) == []
        assert serious_faults(page) == []
        assert page.evaluate(WIDE) <= 0


def test_nets_disputes_and_unowned_places_are_listed_matched_and_decided(open_page, service):
    page = open_page("street", "/nets")
    expect(page.locator("#sum")).to_have_text("列出 0 张网")
    page.locator("#region").select_option("subdistrict:S")
    page.locator("#match-box summary").click()
    corners = [at(*one) for one in ((0, 0), (1.2, 0), (1.2, 1), (0, 1), (0, 0))]
    polygon = {"type": "Polygon", "coordinates": [corners]}
    feature = {"type": "Feature", "properties": {"code": "U1", "name": "一所"}, "geometry": polygon}
    told = json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()
    file = {"name": "警务网.geojson", "mimeType": "application/json", "buffer": told}
    page.locator("#file").set_input_files(file | {"buffer": b"null"})
    expect(page.locator("#match-notice")).to_contain_text("没有")
    many = json.dumps({"type": "FeatureCollection", "features": [feature] * 501}).encode()
    page.locator("#file").set_input_files(file | {"buffer": many})
    page.locator("#net-code").fill("JW")
    page.locator("#match button").click()  # of what nobody said the system, nothing is matched
    expect(page.locator("#crs:invalid")).to_be_visible()
    page.locator("#crs").select_option("cgcs2000")
    page.locator("#match button").click()
    expect(page.locator("#match-notice")).to_contain_text("文件（GeoJSON 面）: 太多，最多 500 项")
    page.locator("#file").set_input_files(file)
    expect(page.locator("#net-name")).to_have_value("警务网")
    page.locator("#net-code").fill("JW")
    page.locator("#match button").click()
    expect(page.locator("#matched-sum")).to_contain_text("1 个面中有")
    expect(page.locator("#offences")).to_contain_text("平方米")
    expect(page.locator("#offences")).to_contain_text("户")
    assert serious_faults(page) == []
    picture(page, "nets-matched")
    page.locator("#keep").click()
    expect(page.locator("#one #name")).to_have_text("警务网")
    expect(page.locator("#parts")).to_contain_text("一所")

    page.locator("#back").click()  # once more under the code that is in use: replaced when told so
    page.locator("#keep").click()
    expect(page.locator("#match-notice")).to_contain_text(
        "“警务网”（JW）已在用：1 个单元、1 个网格"
    )
    page.locator("#match-notice button").click()
    expect(page.locator("#one #name")).to_have_text("警务网")

    page.locator("[name=tab][value=disputes]").check()
    page.locator("#dispute-box summary").click()
    page.locator("#draw").click()
    page.keyboard.press("Escape")
    page.locator("#draw").click()
    for corner in ((0.9, 0.4), (1.1, 0.4), (1.1, 0.6), (0.9, 0.6)):
        page.mouse.click(*pixel(page, *corner))
    expect(page.locator("#tool-say")).to_have_text("4 个角点")
    page.locator("#finish").click()
    page.locator("#parties input[value='grid:B']").check()
    page.locator("#owner").select_option("A")
    for field, words in (("dispute-code", "ZY-1"), ("reason", "改道"), ("since", "2026-11-01")):
        page.locator(f"#{field}").fill(words)
    page.locator("#ends-on").fill("2026-12-31")
    page.locator("#contest button[type=submit]").click()
    expect(page.locator("#contest-notice")).to_contain_text("至少两个主张方")
    page.locator("#parties input[value='grid:A']").check()
    assert serious_faults(page) == []
    picture(page, "nets-contested")
    page.locator("#contest button[type=submit]").click()
    expect(page.locator("#facts")).to_contain_text("2026年12月31日")
    page.locator("#back").click()
    expect(page.locator(".contested").last).to_contain_text("2026年12月31日")  # one may fade out
    page.locator("#rows button").click()
    page.locator("#until").fill("2027-03-31")
    page.locator("#extend button").click()
    expect(page.locator("#facts")).to_contain_text("2026年11月1日 至 2027年3月31日")
    page.locator("#outcome").fill("依新河道")
    page.locator("#settle button").click()
    expect(page.locator("#facts")).to_contain_text("依新河道")
    expect(page.locator("#decide")).to_be_hidden()
    page.locator("[name=tab][value=unowned]").check()
    expect(page.locator("#sum")).to_contain_text("不属于任何网格")


def test_who_only_reads_nets_gets_no_button_and_hits_all_on_the_phone(open_page):
    page = open_page("reader", "/nets?tab=unowned", PHONE, language="en")
    expect(page.locator("#sum")).to_contain_text("nets")
    expect(page.locator("[name=tab]")).to_have_count(2)
    expect(page.locator("#match-box")).to_be_hidden()
    assert page.locator(TARGETS).evaluate_all(SMALL) == []
    assert serious_faults(page) == []
    assert page.evaluate(WIDE) <= 0
