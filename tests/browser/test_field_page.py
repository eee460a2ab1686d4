"""The field map in a real browser before the real service: one grid, its matters, reporting."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect
from sqlalchemy import select, text

from gis.store.database import connect_engine
from gis.store.roles import APP
from gis.store.tables.matters import matter
from tests.browser.conftest import CALM, DESKTOP, PHONE, READY, Watch
from tests.browser.field_town import G001, G002, HOSTILE, PASSWORD, Town, running
from tests.browser.serving import sign_in
from tests.browser.test_every_page import SMALL, serious_faults
from tests.databases import new_database

pytestmark = pytest.mark.browser

Opener = Callable[..., Page]
HERE = {"longitude": 106.5608, "latitude": 29.5608, "accuracy": 12}
EDGE = {"longitude": 106.5621, "latitude": 29.5610, "accuracy": 25}
TARGETS = (
    "button, a[href], summary, select, textarea, input:not([type=checkbox], .pick input),"
    " label.check, .pick, .leaflet-marker-icon.leaflet-interactive"
)


@pytest.fixture(scope="module")
def built(cluster) -> Iterator[Town]:
    with new_database(cluster) as name:
        engine = connect_engine(cluster.url(APP, name))
        with running(engine) as made:
            yield made
        engine.dispose()


@pytest.fixture
def town(cluster, built: Town) -> Iterator[Town]:
    yield built
    with cluster.server.connect(built.engine.url.database) as superuser:
        superuser.execute("TRUNCATE matter CASCADE")


@pytest.fixture
def watching(town: Town) -> Iterator[Watch]:
    watch = Watch(town.base)
    yield watch
    assert watch.offences == []


@pytest.fixture
def opened(browser: Browser, town: Town, watching: Watch) -> Iterator[Opener]:
    """Opens the field page, signed in; `at` grants the phone a position."""
    contexts: list[BrowserContext] = []

    def open_(
        login: str = "zhang.w",
        device: dict[str, Any] = PHONE,
        *,
        at: dict[str, float] | None = None,
        language: str = "zh-CN",
        path: str = "/field",
        map_: bool = True,
        context: BrowserContext | None = None,
        **options: Any,
    ) -> Page:
        if context is None:
            if at:
                options |= {"geolocation": at, "permissions": ["geolocation"]}
            context = browser.new_context(
                base_url=town.base, locale=language, **{**CALM, **device, **options}
            )
            context.set_default_timeout(15_000)
            contexts.append(context)
        sign_in(context, town.base, login)
        if not map_:
            context.add_cookies([{"name": "map", "value": "off", "url": town.base}])
        page = context.new_page()
        watching.follow(page)
        page.goto(path)
        if map_:
            page.wait_for_selector(READY, state="attached")
        expect(page.locator("#bones")).to_be_hidden()
        return page

    yield open_
    for one in contexts:
        one.close()


def rows(page: Page) -> list[dict[str, str]]:
    return page.locator("#rows li").evaluate_all(
        """all => all.map(e => ({ no: e.dataset.no, number: e.querySelector('.pin').innerText,
            look: e.querySelector('.pin').className, text: e.querySelector('b').textContent,
            meta: e.querySelector('.meta').innerText }))"""
    )


def pins(page: Page) -> dict[str, dict[str, Any]]:
    found = page.locator(".pin-box .pin").evaluate_all(
        """all => all.map(e => { const b = e.parentNode.getBoundingClientRect();
            return { number: e.innerText, look: e.className,
                     x: b.x + b.width / 2, y: b.y + b.height / 2 }; })"""
    )
    return {one["number"]: one for one in found}


def choose_category(page: Page, name: str) -> None:
    page.locator("#seek").fill(name)
    page.locator("label.pick", has_text=name).click()


def test_list_and_map_bear_the_same_numbers_and_no_two_pins_touch(opened, town):
    town.eight()
    page = opened()
    listed = rows(page)
    assert [one["text"] for one in listed][:2] == ["占用消防通道", "暴露垃圾"]
    assert [one["number"] for one in listed] == [str(n) for n in range(1, 9)]
    on_map = pins(page)
    placed = [one for one in listed if "无坐标" not in one["meta"]]
    assert sorted(on_map) == sorted(one["number"] for one in placed)
    assert len(placed) == 7
    for one in placed:
        assert on_map[one["number"]]["look"] == one["look"]
    spots = [(one["x"], one["y"]) for one in on_map.values()]
    assert all(
        (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 >= 30**2
        for i, a in enumerate(spots)
        for b in spots[i + 1 :]
    )
    sums = page.locator("#sums").inner_text().split()
    assert sums == ["▲", "大事", "2", "◆", "小事", "3", "●", "私事", "2", "?", "未定类", "1"]


def test_one_tap_on_a_row_opens_it_and_list_and_map_are_one_selection(opened, town):
    town.eight()
    page = opened()
    page.locator("#rows .row").nth(1).click()
    expect(page.locator("#detail")).to_be_visible()
    expect(page.locator(".pin-box .pin.chosen")).to_have_text("2")
    expect(page.locator(".pin-box .pin.chosen")).to_be_in_viewport()
    page.locator("#detail [data-back]").click()
    expect(page.locator('#rows [aria-current="true"] .pin')).to_have_text("2")
    expect(page.locator('#rows [aria-current="true"] .row')).to_be_focused()
    page.locator(".pin-box .pin", has_text="1").click()
    expect(page.locator('#rows [aria-current="true"] .pin')).to_have_text("1")
    expect(page.locator(".pin-box .pin.chosen")).to_have_text("1")


HELD = """INSERT INTO matter_place
(matter_id, number, region_id, method, confident, candidates, since)
SELECT id, 1, region_id, 'grid', true, '[]', received_at FROM matter WHERE no = :no"""


def test_a_matter_that_somebody_moved_away_says_where_it_is(opened, town, watching):
    watching.expected = ["404"]
    no = town.add("暴露垃圾", (106.5605, 29.5605), timedelta(hours=5))
    page = opened()
    with town.engine.begin() as connection:
        connection.execute(text(HELD), {"no": no})
        moved = matter.update().where(matter.c.no == no).values(region_id=town.ids[G002])
        connection.execute(moved)
    page.locator("#rows .row").click()
    expect(page.locator("#matter-title")).to_have_text("已不在您这里")
    expect(page.locator("#matter")).to_contain_text("已转至“第02网格 · 002”")
    page.locator("#detail [data-back]").click()
    expect(page.locator("#rows li")).to_have_count(0)


def test_urgency_changes_the_ring_and_the_words_never_colour_or_shape(opened, town):
    town.add("急", (106.5605, 29.5605), timedelta(hours=5), urgency="urgent")
    town.add("不急", (106.5612, 29.5612), timedelta(hours=6))
    page = opened()
    looks = [one["look"] for one in rows(page)]
    assert looks == ["pin major hurry", "pin major"]
    style = "e => [getComputedStyle(e).backgroundColor, getComputedStyle(e).borderRadius]"
    both = [page.locator("#rows .pin").nth(i).evaluate(style) for i in (0, 1)]
    assert both[0] == both[1]
    chips = page.locator("#rows .chip.class")
    assert chips.nth(0).inner_text() == chips.nth(1).inner_text() == "▲ 大事"


def test_a_report_takes_two_taps_once_a_category_was_used(opened, town):
    page = opened(at=HERE)
    page.locator("#go").click()
    expect(page.locator("#place")).to_have_text("定位 ±12 米")
    choose_category(page, "暴露垃圾")
    page.locator("#send").click()
    expect(page.locator("#receipt")).to_contain_text("张")
    page.locator("#sent [data-back]").click()
    expect(page.locator("#rows li")).to_have_count(1)
    page.locator("#go").click()
    with page.expect_response("**/api/v1/matters") as answer:
        page.locator("#send").click()
    assert answer.value.status == 201
    expect(page.locator("#sent-title")).to_be_focused()
    receipt = page.locator("#receipt").inner_text()
    assert answer.value.json()["no"] in receipt
    assert "环卫所" in receipt
    assert town.texts() == ["暴露垃圾", "暴露垃圾"]
    expect(page.locator("#waiting-count")).to_have_text("0")


def test_a_report_without_network_is_kept_and_sent_once(opened, town, watching):
    watching.expected = ["ERR_INTERNET_DISCONNECTED", "ERR_FAILED"]
    page = opened(at=HERE)
    page.context.set_offline(True)
    expect(page.locator("#net")).to_contain_text("离线")
    page.locator("#go").click()
    page.locator("#text").fill("井盖缺失")
    page.locator("#send").click()
    expect(page.locator("#toast")).to_contain_text("1条已存本机")
    expect(page.locator("#waiting-count")).to_have_text("1")
    assert town.texts() == []
    page.context.set_offline(False)
    expect(page.locator("#waiting-count")).to_have_text("0")
    expect(page.locator("#net")).to_have_text("已联网")
    expect(page.locator("#rows li")).to_have_count(1)
    assert town.texts() == ["井盖缺失"]


def test_an_answer_that_was_lost_makes_no_second_matter(opened, town, watching):
    watching.expected = ["503"]
    page = opened(at=HERE)

    swallowed = []

    def swallow(route: Route) -> None:
        if swallowed:
            return route.continue_()
        swallowed.append(route.fetch().status)
        return route.fulfill(status=503, body="{}", content_type="application/json")

    page.route("**/api/v1/matters", swallow)
    page.locator("#go").click()
    page.locator("#text").fill("路灯不亮")
    page.locator("#send").click()
    expect(page.locator("#waiting-count")).to_have_text("1")
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("#waiting-count")).to_have_text("0")
    assert swallowed == [201]
    assert town.texts() == ["路灯不亮"]


def test_what_the_service_refuses_stays_in_the_form_with_its_reason(opened, town, watching):
    watching.expected = ["422"]
    page = opened(at=HERE)
    page.locator("#go").click()
    page.locator("#send").click()
    expect(page.locator("#problem")).to_have_text("请选类别，或写几句说明。")
    page.locator("#text").fill("反向\u202e文字")
    page.locator("#send").click()
    expect(page.locator("#problem")).not_to_be_empty()
    expect(page.locator("#text")).to_have_value("反向\u202e文字")
    expect(page.locator("#waiting-count")).to_have_text("0")
    assert town.texts() == []


def test_another_account_in_the_same_browser_sees_and_sends_nothing_of_the_first(
    opened, town, watching
):
    watching.expected = ["ERR_INTERNET_DISCONNECTED", "ERR_FAILED"]
    first = opened("zhang.w", at=HERE)
    first.context.set_offline(True)
    first.locator("#go").click()
    first.locator("#text").fill("只属于张")
    first.locator("#send").click()
    expect(first.locator("#waiting-count")).to_have_text("1")
    first.context.set_offline(False)
    first.goto("about:blank")
    second = opened("li.w", context=first.context)
    expect(second.locator("#waiting-count")).to_have_text("0")
    second.evaluate("dispatchEvent(new Event('online'))")
    second.locator("#waiting").click()
    expect(second.locator("#outbox")).to_contain_text("没有待发送")
    assert "只属于张" not in second.content()
    second.goto("about:blank")
    again = opened("zhang.w", context=first.context)
    expect(again.locator("#rows li")).to_have_count(1)
    assert town.texts() == ["只属于张"]


def test_a_page_of_the_first_account_sends_nothing_under_the_second(opened, town, watching):
    watching.expected = ["ERR_INTERNET_DISCONNECTED", "ERR_FAILED"]
    page = opened("zhang.w", at=HERE)
    page.context.set_offline(True)
    page.locator("#go").click()
    page.locator("#text").fill("张写的")
    page.locator("#send").click()
    expect(page.locator("#waiting-count")).to_have_text("1")
    sign_in(page.context, town.base, "li.w")
    with page.expect_response("**/api/v1/me"):
        page.context.set_offline(False)
    page.wait_for_timeout(300)
    expect(page.locator("#waiting-count")).to_have_text("1")
    assert town.texts() == []


def test_without_leave_to_locate_the_centre_stands_in_and_says_so(opened):
    page = opened()
    page.locator("#locate").click()
    expect(page.locator("#toast")).to_contain_text("未允许定位")
    page.locator("#go").click()
    expect(page.locator("#place")).to_contain_text("未取得定位，暂用地图中心，请核对")
    assert page.locator("#place").get_attribute("data-origin") == "centre"


def test_a_fix_replaces_a_guess_but_never_a_picked_point(opened):
    page = opened()
    page.locator("#go").click()
    expect(page.locator("#place")).to_have_attribute("data-origin", "centre")
    page.locator("[data-back]:visible").click()
    page.context.grant_permissions(["geolocation"])
    page.context.set_geolocation(HERE)
    page.locator("#go").click()
    expect(page.locator("#place")).to_have_attribute("data-origin", "gps")
    page.locator("[data-back]:visible").click()
    page.evaluate("MK.map.fire('contextmenu', { latlng: L.latLng(29.561, 106.5605) })")
    expect(page.locator("#place")).to_have_text("手选点")
    page.locator("#locate").evaluate("e => e.click()")
    page.wait_for_timeout(400)
    expect(page.locator("#place")).to_have_text("手选点")


def test_a_coarse_fix_asks_for_a_tap(opened):
    page = opened(at=HERE | {"accuracy": 80})
    page.locator("#go").click()
    expect(page.locator("#place")).to_contain_text("定位误差约 80 米，请在地图上指一下")
    height = "document.getElementById('panel').getBoundingClientRect().height"
    before = page.evaluate(height)
    page.locator("#near button", has_text="在地图上指").click()
    page.wait_for_function(f"{height} < {before} / 2")  # the map is free to be pointed at


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("no({ code: 3 })", "没有取得定位。请长按地图，或按楼栋选位置"),
        ("yes({ coords, timestamp: Date.now() - 9 * 60000 })", "手机给的是 9 分钟前的位置"),
        ("yes({ coords, timestamp: Date.now() + 30 * 60000 })", "手机时间可能不准"),
    ],
)
def test_no_fix_an_old_one_and_a_wrong_clock_have_their_words_and_a_way_on(opened, said, words):
    page = opened(at=HERE)
    page.evaluate(
        """said => { const coords = { longitude: 106.5608, latitude: 29.5608, accuracy: 9 };
           navigator.geolocation.getCurrentPosition = new Function('yes', 'no',
             'const coords = ' + JSON.stringify(coords) + '; ' + said); }""",
        said,
    )
    page.locator("#locate").click()
    expect(page.locator("#toast")).to_contain_text(words)
    page.locator("#go").click()
    assert page.locator("#toast").inner_text() == ""  # the form says it; nothing covers it
    expect(page.locator("#place")).to_contain_text("暂用地图中心")
    expect(page.locator("#place")).to_contain_text(words)
    assert page.locator("#place").get_attribute("data-origin") == "centre"


def test_indoors_65_metres_off_it_asks_for_a_tap_and_gives_it_to_no_grid(opened, town):
    page = opened(at=HERE | {"accuracy": 65})
    page.locator("#go").click()
    expect(page.locator("#place")).to_contain_text("定位误差约 65 米，请在地图上指一下")
    expect(page.locator("#whose")).to_contain_text("看来是第01网格；不在地图上指明")
    choose_category(page, "暴露垃圾")
    page.locator("#send").click()
    expect(page.locator("#receipt")).to_be_visible()
    with town.engine.connect() as connection:
        states = connection.execute(select(matter.c.state)).scalars().all()
    assert states == ["triage"]


def test_the_code_on_a_door_opens_the_report_with_its_place(opened, town):
    page = opened(path=f"/field?place=G%3A{G002}")
    expect(page.locator("#place")).to_have_text(f"位置取自门牌码 {G002}")
    expect(page.locator("#whose")).to_contain_text("第02网格")
    choose_category(page, "暴露垃圾")
    page.locator("#send").click()
    expect(page.locator("#receipt")).to_contain_text("第02网格")


def test_near_an_edge_it_says_which_grids_and_a_building_settles_it(opened, town):
    page = opened(at=EDGE)
    page.locator("#go").click()
    expect(page.locator("#whose")).to_contain_text(
        "定位误差约25米，可能在第02网格（74%）或第01网格（26%）"
    )
    page.locator("#near button", has_text="3幢").click()
    expect(page.locator("#place")).to_have_text("在这栋楼：3幢")
    expect(page.locator("#whose")).to_contain_text("此处属第02网格，由李负责；仍可上报。")
    choose_category(page, "暴露垃圾")
    page.locator("#send").click()
    expect(page.locator("#receipt")).to_contain_text("第02网格")


def test_a_step_waits_five_seconds_and_can_be_taken_back(opened, town):
    page = opened(at=HERE)
    page.locator("#go").click()
    choose_category(page, "停车")
    page.locator("#text").fill("两户争车位")
    page.locator("#send").click()
    page.locator("#sent [data-back]").click()
    page.locator("#rows .row").click()
    expect(page.locator("#matter-title")).to_have_text("两户争车位")
    page.locator(".step", has_text="即办").click()
    page.locator("[name=result]").fill("当面说好，轮流停")
    page.locator(".step-form .primary").click()
    page.locator("#toast button", has_text="撤销").click()
    page.wait_for_timeout(5500)
    expect(page.locator("#matter .chip.state")).to_have_text("待确认")
    page.locator(".step", has_text="即办").click()
    page.locator("[name=result]").fill("当面说好，轮流停")
    page.locator(".step-form .primary").click()
    expect(page.locator("#matter .chip.state")).to_have_text("已办理，待核查", timeout=12_000)


def test_a_step_on_what_somebody_changed_meanwhile_says_so_and_keeps_what_was_typed(
    opened, town, watching
):
    watching.expected = ["409", "404", "403"]
    page = opened(at=HERE)
    page.locator("#go").click()
    choose_category(page, "停车")
    page.locator("#send").click()
    page.locator("#sent [data-back]").click()
    page.locator("#rows .row").click()
    page.locator(".step", has_text="即办").click()
    page.locator("[name=result]").fill("好了")
    with town.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE matter SET version = version + 1")
    page.locator(".step-form .primary").click()
    expect(page.locator("#toast")).to_contain_text("已重新读取", timeout=12_000)
    expect(page.locator(".step", has_text="即办")).to_be_visible()
    expect(page.locator("#unsent")).to_have_value("好了")
    page.locator(".step", has_text="即办").click()
    page.locator("[name=result]").fill("当面说好，轮流停")
    with town.engine.begin() as connection:  # and now it is another grid's
        connection.execute(matter.update().values(region_id=town.ids[G002]))
        connection.exec_driver_sql("UPDATE matter SET version = version + 1")
    page.locator(".step-form .primary").click()
    expect(page.locator("#unsent")).to_have_value("当面说好，轮流停", timeout=12_000)
    expect(page.locator(".step", has_text="即办")).to_have_count(0)
    page.locator(".unsent button", has_text="复制").click()
    expect(page.locator("#toast")).to_contain_text("已复制")
    page.locator(".unsent button", has_text="不要了").click()
    expect(page.locator("#unsent")).to_have_count(0)


def test_a_clerk_who_corrects_a_matter_says_at_which_building_it_is(opened, town):
    """Its grid follows, and what it was called is learnt."""
    page = opened("clerk", path=f"/field?grid={G001}")
    point = {"lon": 106.5605, "lat": 29.5605, "crs": "cgcs2000", "accuracy_m": 5, "origin": "gps"}
    said = {"text": "有垃圾", "channel": "patrol", "category": "E0102", "place": {"point": point}}
    ours = {"X-Requested-With": "wangge", "Origin": town.base, "Idempotency-Key": "at-a-house"}
    made = page.context.request.post("/api/v1/matters", data=said, headers=ours)
    assert made.status == 201, made.text()
    page.reload()
    page.locator("#rows .row").click()
    page.locator(".step", has_text="分流").click()
    page.locator("[name=list_item]").select_option("E0102")
    page.locator("#step-place").fill("3幢")
    page.locator(".step-form .primary").click()  # words alone are no place
    expect(page.locator("#step-place")).to_be_focused()
    page.locator("#step-places button").first.click()
    expect(page.locator("#step-place")).to_have_value("3幢")
    page.locator(".step-form .primary").click()
    page.locator("#detail [data-back]").click()
    expect(page.locator("#rows li")).to_have_count(0, timeout=12_000)
    with town.engine.begin() as connection:
        kept = connection.execute(select(matter.c.region_id, matter.c.building_id)).one()
    assert kept.region_id == town.ids[G002]
    assert kept.building_id is not None


def test_without_a_map_nothing_of_it_is_fetched_and_everything_works(opened, town):
    town.eight()
    asked: list[str] = []
    page = opened(map_=False, at=HERE)
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    expect(page.locator("#rows li")).to_have_count(8)
    assert [url for url in asked if re.search(r"leaflet|mapkit|field-map|geojson", url)] == []
    page.locator("#locate").click()
    expect(page.locator("#rows .meta").first).to_contain_text("米")
    page.locator("#go").click()
    page.locator("#text").fill("没有地图也能报")
    page.locator("#send").click()
    expect(page.locator("#receipt")).to_contain_text("张")
    page.locator("#sent [data-back]").click()
    page.locator("#menu summary").click()
    page.locator("#map-switch").click()
    page.wait_for_selector(READY, state="attached")


def test_when_the_map_fails_the_list_goes_on(opened, town, watching):
    watching.expected = ["404", "500", "MIME", "L is not defined"]
    town.eight()
    page = opened()
    page.route("**/buildings.geojson*", lambda route: route.fulfill(status=500, body=""))
    page.reload()
    expect(page.locator("#toast")).to_contain_text("楼栋没能加载")
    page.wait_for_selector(READY, state="attached")
    watching.offences.clear()
    page.route("**/leaflet.js", lambda route: route.fulfill(status=404, body=""))
    page.reload()
    expect(page.locator("#toast")).to_contain_text("地图没能加载，列表照常可用")
    expect(page.locator("#rows li")).to_have_count(8)
    page.locator("#rows .row").first.click()
    expect(page.locator("#matter-title")).to_have_text("占用消防通道")
    watching.offences.clear()  # the map's own script throws where Leaflet is missing


def test_text_from_people_stays_text_everywhere(opened, town):
    town.add(HOSTILE, (106.5605, 29.5605), timedelta(hours=1))
    page = opened(at=HERE)
    expect(page.locator("#rows b")).to_have_text(HOSTILE)
    page.locator("#rows .row").click()
    expect(page.locator("#matter-title")).to_have_text(HOSTILE)
    assert page.locator("aside img, .leaflet-marker-pane img").count() == 0
    page.locator("[data-back]:visible").click()
    page.locator("#go").click()
    page.locator("#text").fill(HOSTILE)
    page.locator("#send").click()
    expect(page.locator("#receipt")).to_contain_text("编号")
    assert town.texts() == [HOSTILE, HOSTILE]


def test_a_member_gets_the_own_grid_and_a_clerk_any_of_the_community(opened):
    page = opened("li.w")
    expect(page.locator("h1")).to_have_text("河滨社区 第02网格")
    expect(page.locator("#list-notice")).to_have_text("今天没有待办，去巡查？")
    clerk = opened("clerk", path=f"/field?grid={G002}")
    expect(clerk.locator("h1")).to_have_text("河滨社区 第02网格")
    clerk.locator("#menu summary").click()
    expect(clerk.locator("#choices a")).to_have_attribute("href", f"/field?grid={G001}")


@pytest.mark.parametrize("map_", [True, False], ids=["map", "no map"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_read_and_hit_all_of_it(opened, town, map_, scheme):
    town.eight()
    page = opened(map_=map_, color_scheme=scheme, at=HERE)
    for step in (None, "#rows .row >> nth=0", "[data-back]:visible", "#go"):
        if step:
            page.locator(step).click()
            page.wait_for_timeout(500)
        assert page.locator(TARGETS).evaluate_all(SMALL) == []
        assert serious_faults(page) == []
    assert page.locator("h1").count() == 1


@pytest.mark.parametrize("map_", [True, False], ids=["map", "no map"])
def test_nothing_runs_off_a_narrow_screen_even_at_twice_the_text(opened, town, map_):
    town.eight()
    page = opened(map_=map_, device={**PHONE, "viewport": {"width": 320, "height": 640}})
    wide = "document.scrollingElement.scrollWidth - innerWidth"
    for size in ("100%", "200%"):
        page.evaluate(f"document.documentElement.style.fontSize = '{size}'")
        for step in ("#go", "[data-back]:visible"):
            assert page.evaluate(wide) <= 0
            off = page.locator("button, input, h1, h2, .chip, .pin").evaluate_all(
                """all => all.filter(e => e.offsetParent && !e.closest('.folium-map, .menu > div'))
                  .filter(e => e.getBoundingClientRect().right > innerWidth + 1)
                  .map(e => e.id || e.className || e.tagName)"""
            )
            assert off == []
            page.locator(step).click()
            page.wait_for_timeout(200)


def test_the_first_tab_skips_to_the_list_and_the_sheet_has_three_heights(opened, town):
    town.eight()
    page = opened()
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_class("skip")
    page.keyboard.press("Enter")
    expect(page.locator("#list")).to_be_focused()
    height = "document.getElementById('panel').getBoundingClientRect().height"
    seen = [page.evaluate(height)]
    for _ in range(2):
        page.locator("#grip").focus()
        page.keyboard.press("Enter")
        seen.append(page.evaluate(height))
    assert seen[1] > seen[0] > seen[2]


def test_signing_in_leads_a_grid_member_to_the_field_and_others_to_the_regions(
    browser, town, watching
):
    for login, where in (("zhang.w", "/field"), ("clerk", "/")):
        context = browser.new_context(base_url=town.base, locale="zh-CN", **DESKTOP)
        page = context.new_page()
        watching.follow(page)
        page.goto("/")
        page.locator("#login").fill(login)
        page.locator("#password").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile(re.escape(town.base + where) + r"(\?.*)?$"))
        page.wait_for_selector(READY, state="attached")
        context.close()


def test_the_english_page_holds_no_chinese_but_names(opened, town):
    town.add("rubbish", (106.5605, 29.5605), timedelta(hours=1))
    page = opened(language="en", at=HERE)
    page.locator("#locate").click()
    words = page.locator("#panel").inner_text()
    page.locator("#go").click()
    page.wait_for_timeout(300)
    words += page.locator("#report .head, #report .acts, #form > label").all_inner_texts().__str__()
    assert re.findall(r"[\u3400-\u9fff]", words) == []
    assert json.dumps(words)
