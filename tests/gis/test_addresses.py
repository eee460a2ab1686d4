"""Addresses taken apart."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.address_parts import TYPE_CODES, Element, ElementKind, render
from gis.addresses import parse

K = ElementKind


def parts(text: str) -> str:
    """The elements of `text` as a line: road 滨河路 door 18附3."""
    return " ".join(f"{one.kind.value} {one.value}" for one in parse(text).elements)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # the mainland's usual order, and numbers in every writing
        ("滨河路18号附3", "road 滨河路 door 18附3"),
        ("滨河路１８号附３号", "road 滨河路 door 18附3"),
        ("滨河路十八号附三", "road 滨河路 door 18附3"),
        ("滨河路18-3号", "road 滨河路 door 18附3"),
        ("滨河路18", "road 滨河路 door 18"),
        ("望江街三百二十一号", "road 望江街 door 321"),
        ("望江街二〇一号", "road 望江街 door 201"),
        ("望江街廿三号", "road 望江街 door 23"),
        ("柳岸三巷13号玉兰新村3幢", "road 柳岸三巷 door 13 compound 玉兰新村 building 3"),
        ("十八梯6号附4", "road 十八梯 door 6附4"),
        ("三十步13号", "road 三十步 door 13"),
        # houses
        ("柳荫花园七栋2单元501", "compound 柳荫花园 building 7 stairwell 2 room 501"),
        ("柳荫花园7号楼2门5楼501室", "compound 柳荫花园 building 7 stairwell 2 floor 5 room 501"),
        ("柳荫花园7#2单元", "compound 柳荫花园 building 7 stairwell 2"),
        ("柳荫花园A座", "compound 柳荫花园 building A"),
        ("柳荫花园7-2-501", "compound 柳荫花园 building 7 stairwell 2 room 501"),
        ("柳荫花园3楼2单元", "compound 柳荫花园 building 3 stairwell 2"),
        ("胜利路小区3幢", "compound 胜利路小区 building 3"),
        ("示例中学二号教学楼", "compound 示例中学 building 2号教学楼"),
        # regions
        ("重庆市渝北区翠云街道", "city 重庆市 county 渝北区 subdistrict 翠云街道"),
        ("翠云街道翠云社区", "subdistrict 翠云街道 community 翠云社区"),
        ("石油路街道石油路社区居委会", "subdistrict 石油路街道 community 石油路社区"),
        ("花园路街道", "subdistrict 花园路街道"),
        ("荆州市沙市区北京路12号", "city 荆州市 county 沙市区 road 北京路 door 12"),
        ("景德镇市珠山区", "city 景德镇市 county 珠山区"),
        ("江苏省苏州市昆山市玉山镇", "province 江苏省 city 苏州市 county 昆山市 town 玉山镇"),
        ("重庆市民生路12号", "city 重庆市 road 民生路 door 12"),
        ("重庆市重庆市渝北区", "city 重庆市 county 渝北区"),
        ("重庆重庆市渝北区", "city 重庆市 county 渝北区"),
        ("码头社区综合服务中心", "compound 码头社区综合服务中心"),
        ("文山區政大二街129號", "county 文山區 road 政大二街 door 129"),
        # villages
        ("石梯村2组15号", "village 石梯村 group 2 door 15"),
        ("云坪镇石梯村二社李家湾15号", "town 云坪镇 village 石梯村 group 2 hamlet 李家湾 door 15"),
        ("石梯村村委会", "village 石梯村"),
        # 臺灣
        (
            "士林區永福里1鄰仰德大道二段2巷50號",
            "county 士林區 community 永福里 group 1 road 仰德大道 section 2 lane 2 door 50",
        ),
        ("公舘路231巷20號地下一樓之1", "road 公舘路 lane 231 door 20 floor -1 room 之1"),
        ("興隆路四段8弄2之1號3~4樓", "road 興隆路 section 4 alley 8 door 2附1 floor 3-4"),
        ("南京東路五段356號6F-2", "road 南京東路 section 5 door 356 floor 6 room 之2"),
        ("大業路大業路721號", "road 大業路 door 721"),
        (
            "臺北市大同區承德路二段臺北市大同區承德路二段35號",
            "city 臺北市 county 大同區 road 承德路 section 2 door 35",
        ),
        ("槐安里3幢", "compound 槐安里 building 3"),
    ],
)  # fmt: skip
def test_an_address_has_these_parts(text, expected):
    assert parts(text) == expected


@pytest.mark.parametrize(
    ("text", "expected", "landmark", "relation"),
    [
        ("滨河路18号附3楼下", "road 滨河路 door 18附3", "", "楼下"),
        ("柳岸农贸市场旁边", "", "柳岸农贸市场", "旁边"),
        ("胜利路小学对面", "", "胜利路小学", "对面"),
        ("滨河路附近", "road 滨河路", "", "附近"),
        ("滨河路口", "road 滨河路", "", "路口"),
        ("三岔路口", "", "三岔", "路口"),
        ("滨河路18号右边", "road 滨河路 door 18", "", "右边"),
        ("老黄桷树下面", "", "老黄桷树", "下面"),
        ("我家住在建设路66号门口", "road 建设路 door 66", "", "门口"),
    ],
)
def test_how_a_place_lies_to_what_is_named_is_kept(text, expected, landmark, relation):
    found = parse(text)
    assert parts(text) == expected
    assert (found.landmark, found.relation) == (landmark, relation)


@pytest.mark.parametrize(
    ("text", "one", "other", "relation"),
    [
        ("文一西路和高教路交叉口东南角", "文一西路", "高教路", "东南角"),
        ("滨河路与建设路路口", "滨河路", "建设路", "路口"),
        ("滨河路和平路路口", "滨河路", "和平路", "路口"),
        ("滨河路建设路口", "滨河路", "建设路", "路口"),
        ("滨河路、建设路交汇处", "滨河路", "建设路", "交汇处"),
    ],
)
def test_a_crossing_names_two_roads(text, one, other, relation):
    found = parse(text)
    assert found.elements == (Element(K.ROAD, one),)
    assert found.crossing == (Element(K.ROAD, other),)
    assert found.relation == relation


def test_what_is_not_understood_is_kept_apart():
    assert parse("滨河路18号附3楼下油烟").rest == ("油烟",)
    assert parse("光復南路116巷1、3號5樓及3號6樓").rest == ("及", "3号", "6楼")


@pytest.mark.parametrize(
    "text",
    [
        "'; DROP TABLE region;--",
        "<script>alert(1)</script>",
        "🏠🏠",
        "",
        " ",
        "号",
        "\x00",
        "、-~#",
    ],
)
def test_what_is_no_address_gives_no_elements(text):
    assert parse(text).elements == ()


def test_an_address_in_html_and_emoji_is_read_all_the_same():
    assert parts("🏠滨河路18号🏠") == "road 滨河路 door 18"


@given(
    st.text()
    | st.text(st.sampled_from("滨河路街道区市县村里组社号附栋幢单元层室楼下与和一三十百18-~、#<A"))
)
def test_no_text_at_all_makes_it_fail(text):
    found = parse(text)
    assert all(one.value for one in (*found.elements, *found.crossing))
    render(found.elements)


@pytest.mark.parametrize(
    "piece", ["1-", "路", "号", "一", "滨河路18号", "、1", "附1", "🏠", "<b>", "1~"]
)
def test_ten_thousand_characters_take_ten_times_as_long_as_a_thousand(piece):
    def seconds(length: int) -> float:
        text, best = (piece * length)[:length], 9.0
        for _ in range(3):
            start = time.process_time()
            parse(text)
            best = min(best, time.process_time() - start)
        return best

    assert seconds(10_000) < 20 * seconds(1_000) + 0.01
    assert seconds(10_000) < 0.2


# ---- what is rendered is read back ----

CHARACTERS = st.sampled_from("江柳荫桂竹影云栖听雨晨光青明月春晖翠枫")
# a name that repeats itself would be taken for a doubled prefix
STEMS = st.lists(CHARACTERS, min_size=2, max_size=4, unique=True).map("".join)
NUMBERS = st.integers(1, 9999).map(str)


def named(kind: ElementKind, suffix: str):
    return STEMS.map(lambda stem: Element(kind, stem + suffix))


def numbered(kind: ElementKind, values=NUMBERS):
    return values.map(lambda value: Element(kind, value))


SUBDOORS = st.tuples(NUMBERS, NUMBERS).map("附".join)
URBAN = (
    named(K.ROAD, "路") | named(K.ROAD, "大道") | named(K.ROAD, "街"),
    numbered(K.SECTION),
    numbered(K.LANE),
    numbered(K.ALLEY),
    numbered(K.DOOR, NUMBERS | SUBDOORS),
)
RURAL = (named(K.VILLAGE, "村"), numbered(K.GROUP), numbered(K.DOOR, NUMBERS | SUBDOORS))
ABOVE = (
    named(K.PROVINCE, "省"),
    named(K.CITY, "市"),
    named(K.COUNTY, "区") | named(K.COUNTY, "县"),
    named(K.SUBDISTRICT, "街道") | named(K.TOWN, "镇"),
)
HOUSE = (
    named(K.COMPOUND, "花园") | named(K.COMPOUND, "小区"),
    numbered(K.BUILDING, NUMBERS | st.sampled_from("ABC")),
    numbered(K.STAIRWELL),
    numbered(K.FLOOR, st.sampled_from(["-1", "1", "12", "1-4"])),
    numbered(K.ROOM),
)


@st.composite
def addresses(draw):
    """Elements in their usual order, any of them missing as long as each has what it hangs on."""
    chosen = [draw(one) for one in ABOVE if draw(st.booleans())]
    places = draw(st.sampled_from([URBAN, RURAL]))
    chosen += [draw(places[0])]
    chosen += [draw(one) for one in places[1:] if draw(st.booleans())]
    if places is URBAN and draw(st.booleans()):
        chosen += [draw(HOUSE[0]), *(draw(one) for one in HOUSE[1:] if draw(st.booleans()))]
    return tuple(chosen)


@settings(max_examples=40, deadline=None)
@given(addresses())
def test_what_is_rendered_is_read_back(elements):
    found = parse(render(elements))
    assert found.elements == elements
    assert not found.rest
    assert not found.landmark


def test_a_door_with_a_sub_number_stays_apart_from_a_number_behind_it():
    elements = (Element(K.ROAD, "滨河路"), Element(K.DOOR, "18附3"), Element(K.FLOOR, "5"))
    assert render(elements) == "滨河路18附3号5层"
    assert parse(render(elements)).elements == elements


def test_every_kind_of_element_has_its_code():
    assert set(TYPE_CODES) == set(ElementKind)
    assert [one.type_code for one in (K.PROVINCE, K.SUBDISTRICT, K.ROAD, K.ROOM)] == [
        11,
        23,
        41,
        62,
    ]
