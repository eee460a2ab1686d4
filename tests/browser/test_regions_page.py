"""区划与网格 in a real browser: one choice, shown by map, list, facts and address alike."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import DESKTOP, PHONE, READY, Opener, Watch
from tests.browser.town import Region, as_feature

pytestmark = pytest.mark.browser

GRID = "500199001006003"
COMMUNITY = "500199001006"
HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "`",
    "${7*7}",
    "\"'",
    "</script><script>alert(2)</script>",
    "one\u2028two",
    "\u202eleft to right",
    "长" * 500,
]


def settled(page: Page) -> None:
    """Wait until the map has drawn what the page shows now, and the list has its rows."""
    expect(page.locator("#loading")).to_be_hidden()
    expect(page.locator("#bones")).to_be_hidden()


def click_region(page: Page, region: Region) -> None:
    """Click the middle of a region on the map."""
    middle = region.shape.representative_point()
    spot = page.evaluate(
        "([lat, lon]) => MK.map.latLngToContainerPoint([lat, lon])", [middle.y, middle.x]
    )
    page.mouse.click(spot["x"], spot["y"])


def answer(body: dict[str, Any], status: int = 200, kind: str = "application/json") -> Any:
    """A handler that answers a request with `body`."""
    return lambda route: route.fulfill(
        status=status, content_type=kind, body=json.dumps(body, ensure_ascii=False)
    )


def find(town: list[Region], code: str) -> Region:
    return next(region for region in town if region.code == code)


@pytest.mark.parametrize("device", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_map_is_drawn_and_the_page_is_small(open_page: Opener, device: dict[str, Any]) -> None:
    page = open_page(device=device)
    painted = page.evaluate(
        """() => {
          const canvas = document.querySelector('.leaflet-regions-pane canvas');
          const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
          let painted = 0;
          for (let i = 3; i < data.length; i += 4) if (data[i]) painted += 1;
          const box = document.querySelector('.map-box').getBoundingClientRect();
          return painted / (box.width * box.height * devicePixelRatio ** 2);
        }"""
    )
    assert painted > 0.15
    assert page.locator(".map-label").count() > 10
    assert len(page.content().encode()) < 60_000
    assert page.evaluate("performance.getEntriesByName('map-ready').length") >= 1


def test_a_click_on_the_map_selects_in_the_list_and_shows_the_facts(
    open_page: Opener, town: list[Region]
) -> None:
    page = open_page("/?level=grid")
    settled(page)
    click_region(page, find(town, GRID))
    expect(page.get_by_role("heading", level=2)).to_have_text("第03网格")
    assert "code=" + GRID in page.url
    facts = page.locator("#facts").inner_text()
    for text in (GRID, "2024年1月1日起", "2024 年版", "示例数据（虚构，非真实地图）", "平方"):
        assert text in facts
    assert page.locator("#path").inner_text().split() == ["示例区", "清溪街道", "望山社区"]
    page.get_by_role("button", name="返回列表").click()
    expect(page.get_by_role("option", selected=True)).to_have_count(0)


def test_a_row_of_the_list_selects_on_the_map(open_page: Opener) -> None:
    page = open_page("/?level=community")
    settled(page)
    page.get_by_role("option", name="望山社区").click()
    expect(page.get_by_role("heading", level=2)).to_have_text("望山社区")
    page.wait_for_function("() => MK.marks.selected.getLayers().length === 2")
    outlined = page.evaluate(
        "MK.marks.selected.getLayers()[0].toGeoJSON().features[0].properties.code"
    )
    assert outlined == COMMUNITY
    selected = page.locator('#rows [aria-selected="true"]')
    assert selected.get_attribute("data-code") == COMMUNITY


def test_ancestors_and_children_can_be_chosen(open_page: Opener) -> None:
    page = open_page(f"/?level=grid&code={GRID}")
    page.get_by_role("link", name="望山社区").click()
    expect(page.get_by_role("heading", level=2)).to_have_text("望山社区")
    assert "level=community" in page.url
    expect(page.get_by_role("radio", name="社区")).to_be_checked()
    expect(page.locator("#children h3")).to_have_text("下辖 8 个网格")
    expect(page.locator("#children a")).to_have_count(8)
    page.locator("#children a", has_text="第10网格").click()
    expect(page.get_by_role("heading", level=2)).to_have_text("第10网格")
    expect(page.get_by_role("radio", name="网格")).to_be_checked()


def test_level_and_day_live_in_the_address_and_back_goes_back(open_page: Opener) -> None:
    page = open_page("/?level=community")
    settled(page)
    page.locator("#levels label", has_text="网格").click()
    settled(page)
    assert "level=grid" in page.url
    page.locator("#at").fill("2026-05-31")
    settled(page)
    assert "at=2026-05-31" in page.url
    page.locator("#search").fill("500199001006")
    expect(page.get_by_role("option")).to_have_count(9)
    page.go_back()
    expect(page.locator("#at")).to_have_value("2026-11-22")
    expect(page.get_by_role("option")).to_have_count(8)
    page.go_back()
    expect(page.get_by_role("radio", name="社区")).to_be_checked()


def test_a_shared_address_shows_the_same(open_page: Opener) -> None:
    page = open_page(f"/?level=grid&at=2026-05-31&code={COMMUNITY}001")
    expect(page.get_by_role("heading", level=2)).to_have_text("第01网格")
    expect(page.locator("#facts")).to_contain_text("2024年1月1日起，2026年6月1日前")
    page.wait_for_timeout(400)
    again = open_page(page.url.split("/", 3)[3].join(["/", ""]))
    expect(again.get_by_role("heading", level=2)).to_have_text("第01网格")
    where = "JSON.stringify([MK.map.getZoom(), MK.map.getCenter().lat.toFixed(4)])"
    assert page.evaluate(where) == again.evaluate(where)


def test_search_works_by_keyboard_alone(open_page: Opener) -> None:
    page = open_page("/?level=grid")
    settled(page)
    search = page.get_by_role("combobox")
    search.focus()
    page.keyboard.type(COMMUNITY)
    expect(page.get_by_role("option")).to_have_count(8)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert search.get_attribute("aria-activedescendant") == "row-1"
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=2)).to_have_text("第03网格")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="返回列表").press("Enter")
    expect(search).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("option")).to_have_count(50)
    search.fill("没有这个")
    expect(page.locator("#list-notice")).to_contain_text("没有名称或代码含“没有这个”的区划")


def test_more_rows_come_on_asking_until_all_are_there(
    open_page: Opener, town: list[Region]
) -> None:
    page = open_page("/?level=grid")
    settled(page)
    for count in (100, 107):
        page.locator("#more").click()
        expect(page.get_by_role("option")).to_have_count(count)
    expect(page.locator("#more")).to_be_hidden()
    expect(page.locator("#summary")).to_contain_text("网格 107 个")


def test_names_from_people_stay_text_everywhere(open_page: Opener, town: list[Region]) -> None:
    named = [as_feature(find(town, f"{COMMUNITY}{i:03d}")) for i in (3, 4, 5, 6, 7, 8, 9, 10)]
    for feature, name in zip(named, HOSTILE, strict=True):
        feature["properties"]["name"] = name
    rows = [{**f["properties"], "level_name": "<i>网格", "has_shape": True} for f in named]
    collection = {"type": "FeatureCollection", "features": named, "truncated": False, "total": 8}
    facts = {
        **rows[0],
        "codes": [{"scheme": HOSTILE[4], "code": HOSTILE[0]}],
        "names": [{"lang": "zh", "kind": "short", "name": name} for name in HOSTILE],
        "ancestors": [{**rows[4], "level": HOSTILE[0]}],
        "children_count": {HOSTILE[0]: 3},
        "valid_from": "2024-01-01",
        "valid_to": None,
        "edition": {"name": HOSTILE[2], "source": HOSTILE[4], "valid_from": "2024-01-01"},
        "area_m2": 99_999.4,
        "bbox": [106.55, 29.55, 106.6, 29.6],
        "center": [106.57, 29.57],
    }

    def serve(page: Page) -> None:
        page.route(re.compile(r"/api/v1/regions\?"), answer({"regions": rows, "next": None}))
        page.route(re.compile(r"/api/v1/regions/grid/"), answer(facts))
        page.route(re.compile(r"/api/v1/regions\.geojson"), answer(collection))

    page = open_page("/?level=grid", before=serve)
    settled(page)
    assert page.locator("#rows b").all_text_contents() == HOSTILE
    click_region(page, find(town, named[0]["id"]))
    expect(page.get_by_role("heading", level=2)).to_have_text(HOSTILE[0])
    expect(page.locator("#children h3")).to_contain_text(HOSTILE[0])
    expect(page.locator(".leaflet-tooltip")).to_contain_text(HOSTILE[0])
    assert page.locator('[data-fact="source"]').text_content() == HOSTILE[4]
    assert page.locator('[data-fact="area"]').text_content() == "99,999 平方米"
    assert page.locator("img, iframe, i").count() == 0
    assert page.title() == "区划与网格 · 网格 Wangge"


def test_the_switch_leaves_no_chinese_but_names(open_page: Opener, town: list[Region]) -> None:
    page = open_page(f"/?level=community&code={COMMUNITY}")
    page.locator("#menu summary").click()
    page.get_by_role("button", name="English").click()
    page.wait_for_selector('html[lang="en"]', state="attached")
    page.wait_for_selector(READY, state="attached")
    expect(page.locator("#children a")).to_have_count(8)
    page.locator("#menu summary").click()
    page.locator("#legend").evaluate("legend => { legend.open = true; }")
    names = {region.name for region in town} | {"2024 年版", "示例数据（虚构，非真实地图）"}
    names |= {"演示账户", "演", "中文"}
    for part in ("facts", "list"):
        text = page.locator("body").inner_text() + "".join(
            page.locator("[aria-label], [placeholder]").evaluate_all(
                "all => all.map(e => e.ariaLabel + ' ' + (e.placeholder || ''))"
            )
        )
        for name in sorted(names, key=len, reverse=True):
            text = text.replace(name, "")
        assert re.findall(r"[\u3400-\u9fff]+", text) == [], part
        page.locator("#back").dispatch_event("click")
        settled(page)
    assert re.search("[\u3400-\u9fff]", page.title()) is None


def test_loading_is_shown_as_grey_shapes_and_words(open_page: Opener) -> None:
    held: list[Route] = []
    page = open_page("/?level=community")
    settled(page)
    page.route(re.compile(r"/api/v1/regions"), lambda route: held.append(route))
    page.locator("#levels label", has_text="网格").click()
    expect(page.locator("#bones")).to_be_visible()
    expect(page.locator("#loading")).to_have_text("正在加载…")
    expect(page.locator("#summary")).to_have_text("正在加载…")
    for route in held:
        route.continue_()
    page.unroute(re.compile(r"/api/v1/regions"))
    settled(page)
    expect(page.get_by_role("option")).to_have_count(50)


def test_an_error_names_itself_and_can_be_tried_again(open_page: Opener, watch: Watch) -> None:
    watch.expected = ["503"]
    problem = {"title": "x", "status": 503, "detail": "数据库正在维护，请五分钟后再来。"}
    failing = answer(problem, 503, "application/problem+json")
    pattern = re.compile(r"/api/v1/regions")
    page = open_page(before=lambda page: page.route(pattern, failing))
    expect(page.locator("#notice")).to_contain_text("数据库正在维护")
    expect(page.locator("#list-notice")).to_contain_text("数据库正在维护")
    page.unroute(pattern)
    page.locator("#notice button").click()
    page.locator("#list-notice button").click()
    settled(page)
    expect(page.locator("#notice")).to_be_hidden()
    expect(page.get_by_role("option")).to_have_count(50)


def test_without_a_network_the_page_says_so(open_page: Opener, watch: Watch) -> None:
    watch.expected = ["net::ERR_FAILED"]
    pattern = re.compile(r"/api/v1/regions")
    page = open_page(before=lambda page: page.route(pattern, lambda route: route.abort()))
    expect(page.locator("#notice")).to_contain_text("连不上服务")


def test_a_day_before_all_boundaries_says_so_and_leads_back(open_page: Opener) -> None:
    page = open_page("/?level=grid&at=1999-01-01")
    expect(page.locator("#notice")).to_contain_text("1999年1月1日没有网格数据")
    page.locator("#notice button").click()
    expect(page.get_by_role("option")).to_have_count(50)
    expect(page.locator("#at")).to_have_value("2026-11-22")
    expect(page.locator("#notice")).to_be_hidden()


def test_too_many_in_view_draws_the_level_above_and_says_zoom_in(open_page: Opener) -> None:
    def too_many(route: Route) -> None:
        body = {"type": "FeatureCollection", "features": [], "truncated": True, "total": 65000}
        answer(body)(route)

    pattern = re.compile(r"level=grid&.*bbox")
    page = open_page("/?level=grid", before=lambda page: page.route(pattern, too_many))
    expect(page.locator("#notice")).to_contain_text("65,000 个网格，放大以查看")
    expect(page.locator(".map-label.parents")).to_have_count(12)
    zoom = page.evaluate("MK.map.getZoom()")
    page.unroute(pattern)
    page.locator("#notice button").click()
    expect(page.locator("#notice")).to_be_hidden()
    assert page.evaluate("MK.map.getZoom()") == zoom + 2


def test_an_empty_corner_leads_back_to_the_whole(open_page: Opener) -> None:
    page = open_page("/?level=grid&map=14/29.9/106.9")
    expect(page.locator("#notice")).to_contain_text("这一带没有网格")
    page.locator("#notice button").click()
    expect(page.locator("#notice")).to_be_hidden()


def test_regions_without_shapes_are_named_as_such(open_page: Opener) -> None:
    row = {"code": "1", "name": "甲", "level": "grid", "level_name": "网格", "parent_code": None}
    body = {"regions": [{**row, "has_shape": False}], "next": None}
    none = {"type": "FeatureCollection", "features": [], "truncated": False, "total": 0}

    def serve(page: Page) -> None:
        page.route(re.compile(r"/api/v1/regions\?"), answer(body))
        page.route(re.compile(r"/api/v1/regions\.geojson"), answer(none))

    page = open_page("/?level=grid", before=serve)
    expect(page.locator("#notice")).to_contain_text("没有边界图形")
    expect(page.get_by_role("option")).to_contain_text("无边界图形")


def test_who_is_signed_out_goes_to_sign_in_and_would_come_back(
    open_page: Opener, watch: Watch
) -> None:
    watch.expected = ["401"]
    problem = answer({"status": 401, "detail": "请先登录。"}, 401, "application/problem+json")
    page = open_page("/?level=community")
    settled(page)
    page.route(re.compile(r"/api/v1/regions"), problem)
    page.locator("#levels label", has_text="网格").click()
    page.wait_for_url(re.compile(r"/sign-in\?next=%2F%3Flevel%3Dgrid"))


def test_an_unknown_region_is_told_in_the_service_words(open_page: Opener, watch: Watch) -> None:
    watch.expected = ["404"]
    page = open_page("/?level=grid&code=nowhere")
    expect(page.locator("#facts-notice")).to_contain_text("没有区划 nowhere")


def test_the_map_is_asked_only_for_what_it_does_not_have(open_page: Opener) -> None:
    asked: list[str] = []
    page = open_page("/?level=grid")
    settled(page)
    page.on("request", lambda request: asked.append(request.url))
    page.evaluate("void MK.map.panBy([40, 20], { animate: false })")
    page.wait_for_timeout(200)
    assert [url for url in asked if "geojson" in url] == []
    page.evaluate("void MK.map.setZoom(MK.map.getZoom() + 2, { animate: false })")
    settled(page)
    assert len([url for url in asked if "geojson" in url]) == 2


def test_on_the_phone_the_sheet_opens_closes_and_can_be_dragged(open_page: Opener) -> None:
    page = open_page("/?level=grid", PHONE)
    settled(page)
    panel, grip = page.locator("#panel"), page.locator("#grip")

    def share() -> float:
        box = panel.bounding_box()
        assert box
        return box["height"] / 844

    assert share() == pytest.approx(0.46, abs=0.01)
    grip.tap()
    assert share() < 0.2
    expect(grip).to_have_attribute("aria-expanded", "false")
    grip.press("Enter")
    assert share() == pytest.approx(0.46, abs=0.01)
    box = grip.bounding_box()
    assert box
    page.mouse.move(195, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(195, 300, steps=4)
    page.mouse.move(195, 150, steps=4)
    page.mouse.up()
    assert share() > 0.8
    page.get_by_role("option").first.tap()
    expect(page.get_by_role("heading", level=2)).to_be_in_viewport()
    assert share() == pytest.approx(0.46, abs=0.01)


def test_a_late_answer_to_an_earlier_choice_changes_nothing(open_page: Opener) -> None:
    held: list[Route] = []
    page = open_page("/?level=community")
    settled(page)
    grids = re.compile(r"geojson\?level=grid")
    page.route(grids, lambda route: held.append(route))
    with page.expect_request(grids):
        page.locator("#levels label", has_text="网格").click()
    page.locator("#levels label", has_text="社区").click()
    settled(page)
    for route in held:
        route.continue_()
    page.wait_for_timeout(300)
    drawn = "[...new Set(MK.layers.regions.features.map(f => f.properties.level))]"
    assert page.evaluate(drawn) == ["community"]
    assert page.evaluate("MK.layers.regions.drawn.getLayers().length") == 12


def test_siblings_share_a_tint_and_neighbouring_families_differ(
    open_page: Opener, town: list[Region]
) -> None:
    page = open_page("/?level=grid")
    settled(page)
    tints = page.evaluate(
        """Object.fromEntries(MK.layers.regions.features.map(
             ({ id, properties }) => [id, MK.styles.region(properties).fillColor]))"""
    )
    by_family: dict[str | None, set[str]] = {}
    for region in town:
        if region.code in tints:
            by_family.setdefault(region.parent, set()).add(tints[region.code])
    assert {len(tint) for tint in by_family.values()} == {1}
    families = [region for region in town if region.level == "community"]
    alike = [
        (one.name, other.name)
        for one in families
        for other in families
        if one.code < other.code
        and one.shape.touches(other.shape)
        and by_family[one.code] == by_family[other.code]
    ]
    assert alike == []


def test_a_map_is_labelled_by_names_or_by_codes_never_by_both(open_page: Opener) -> None:
    page = open_page("/", PHONE)
    seen = []
    for zoom in range(4):
        step = f"MK.map.setZoom(MK.map.getZoom() + {min(zoom, 1)}, {{ animate: false }})"
        page.evaluate(f"() => {{ {step}; MK.label(); }}")
        seen.append(page.locator(".map-label span").all_inner_texts())
    assert any(seen)
    for told in seen:
        codes = [re.fullmatch(r"Z?[0-9]+", one) is not None for one in told]
        assert all(codes) or not any(codes), told
