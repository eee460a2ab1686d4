"""Addresses found among known ones: the right one, or none; never a guess."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.address_parts import ElementKind as K
from gis.gazetteer import THRESHOLD, Gazetteer, KnownAddress
from gis.gazetteer_regions import KnownRegion

REGIONS = [
    KnownRegion("1", "示例区（合成示例）"),
    KnownRegion("11", "滨江街道", "1"),
    KnownRegion("12", "桥东街道", "1"),
    KnownRegion("111", "河滨社区", "11"),
    KnownRegion("112", "码头社区居民委员会", "11"),
    KnownRegion("121", "石梯村", "12"),
    KnownRegion("111a", "河滨社区第一网格", "111"),
    KnownRegion("111b", "河滨社区第二网格", "111"),
    KnownRegion("112a", "码头社区第一网格", "112"),
    KnownRegion("121a", "石梯村第一网格", "121"),
]
ADDRESSES = [
    KnownAddress("A1", "滨河路18号附1", "111a"),
    KnownAddress("A2", "滨河路18号附2", "111a"),
    KnownAddress("A3", "滨河路18号附3", "111a"),
    KnownAddress("B", "滨河路20号", "111b", aliases=("老船厂",)),
    KnownAddress("C1", "建设路96号书香苑1幢", "111b"),
    KnownAddress("C3", "建设路96号书香苑3幢", "111b"),
    KnownAddress("D", "码头一巷5号", "112a"),
    KnownAddress("E", "码头二巷5号", "112a"),
    KnownAddress("F", "石梯村2组15号", "121a"),
    KnownAddress("G", "石梯村3组15号", "121a"),
    KnownAddress("H", "柳岸路42号柳岸农贸市场", "112a"),
    KnownAddress("I", "柳林街3号", "111b"),
    KnownAddress("J", "柳荫街3号", "112a"),
    KnownAddress("K", "青石路1段5號", "112a"),
    KnownAddress("L", "青石路1段9巷5號", "112a"),
    KnownAddress("M", "长滩路8号附1", "112a"),
    KnownAddress("N", "学府路1号", "111a"),
    KnownAddress("O", "学府路2号", "111a"),
    KnownAddress("P", "学府路8号", "111b"),
    KnownAddress("Q", "学府路9号", "121a"),
    KnownAddress("R", "山前横街5号", "112a"),
    KnownAddress("S", "山前老街7号", "112a"),
    KnownAddress("T", "望江街4号柳荫花园3幢", "111a"),
]


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return Gazetteer(REGIONS, ADDRESSES, above=["示例市"])


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("滨河路18号附3", "A3"),
        ("示例市示例区滨江街道河滨社区滨河路十八号附３", "A3"),
        ("濱河路18-3號", "A3"),
        ("我家就在滨河路18号附3楼下", "A3"),
        ("滨河18号附3", "A3"),  # the road's word is missing
        ("滨江街道滨何路18号附3", "A3"),  # a slip of the pen, and the region agrees
        ("建设路96号书香院3号楼2单元501", "C3"),
        ("书香苑3栋", "C3"),
        ("建设路96号3幢", "C3"),
        ("建设路书香苑三座", "C3"),
        ("码头1巷5号", "D"),
        ("石梯村二组15号", "F"),
        ("示例区石梯村2社15号", "F"),
        ("老船厂对面", "B"),
        ("柳岸农贸市场旁边", "H"),
        ("青石路一段5号", "K"),
        ("青石路一段9巷5号", "L"),
    ],
)
def test_one_place_is_meant(gazetteer, text, place):
    found = gazetteer.match(text)
    assert found.place == place
    assert found.region == next(one.region for one in ADDRESSES if one.code == place)


@pytest.mark.parametrize(
    ("text", "region", "level"),
    [
        ("滨河路18号", "111a", K.DOOR),  # three houses stand there
        ("滨河路18号附9", "111a", K.DOOR),  # not in the register
        ("滨河路999号", "11", K.ROAD),  # beyond what is known, which lies in one community
        ("滨河路", "11", K.ROAD),
        ("学府路6号", "111", K.ROAD),  # between 2 and 8 on its side of the road
        ("学府路5号", "1", K.ROAD),  # between 1 and 9 on the other
        ("滨何路18号附3", "", None),  # nothing but the number bears the slip out
        ("书香苑", "111b", K.COMPOUND),
        ("书香苑9幢", "111b", K.COMPOUND),
        ("石梯村15号", "121a", K.VILLAGE),  # two groups have a number 15
        ("示例区滨江街道河滨社区", "111", K.COMMUNITY),
        ("滨江街道码头社区", "112", K.COMMUNITY),
        ("示列区", "1", K.COUNTY),
        ("码头三巷5号", "", None),  # another lane, not a slip of the pen
        ("滨江街道码头三巷5号", "11", K.SUBDISTRICT),
        ("柳海街3号", "", None),  # a slip of which of the two?
        ("山前和街5号", "", None),  # 横 with a slip, or 老?
        ("望江街4号柳荫家园3幢", "111a", K.BUILDING),  # another compound than the one known there
        ("望江街4号", "111a", K.DOOR),  # one house is known there, and it is 3幢
        ("长滩路8号", "112a", K.DOOR),  # one house is known there, and it has 附1
        ("长滩路", "112", K.ROAD),
        ("北京市滨河路18号附3", "", None),
        ("渝中区滨河路18号附3", "", None),
        ("桥东街道滨河路18号附3", "1", K.DOOR),  # the two agree on no more than the county
        ("滨河路与建设路交叉口东南角", "11", K.ROAD),
        ("滨河路与长安街交叉口", "", None),
        ("青石路5号", "", None),  # of which section?
        ("", "", None),
        ("🏠<script>alert(1)</script>'; DROP TABLE region;--", "", None),
    ],
)
def test_nothing_is_guessed_and_the_region_is_the_deepest_that_is_sure(
    gazetteer, text, region, level
):
    found = gazetteer.match(text)
    assert (found.place, found.region, found.level) == (None, region, level)


def test_what_is_not_sure_comes_as_a_list_best_first(gazetteer):
    found = gazetteer.match("滨河路18号附9")
    assert [one.code for one in found.candidates[:3]] == ["A1", "A2", "A3"]
    scores = [one.score for one in found.candidates]
    assert scores == sorted(scores, reverse=True)


def test_one_place_under_two_addresses_is_one_candidate():
    both = [KnownAddress("X", "滨河路18号"), KnownAddress("X", "江滨路2号滨河路18号")]
    assert Gazetteer([], both).match("滨河路18号").place == "X"


def test_the_same_address_of_two_places_is_a_list():
    both = [KnownAddress("X", "滨河路18号", "1"), KnownAddress("Y", "滨河路18号", "1")]
    found = Gazetteer(REGIONS, both).match("滨河路18号")
    assert (found.place, found.region) == (None, "1")
    assert [one.code for one in found.candidates] == ["X", "Y"]


def test_the_region_named_decides_between_two_of_the_same_address():
    both = [KnownAddress("X", "滨河路18号", "111a"), KnownAddress("Y", "滨河路18号", "121a")]
    gazetteer = Gazetteer(REGIONS, both)
    assert gazetteer.match("滨江街道滨河路18号").place == "X"
    assert gazetteer.match("桥东街道滨河路18号").place == "Y"
    assert gazetteer.match("滨河路18号").place is None


def test_what_lies_above_the_known_regions_agrees_and_another_city_does_not(gazetteer):
    assert gazetteer.match("示例市示例区滨河路18号附3").score == 1.0
    assert gazetteer.match("实例市示例区滨河路18号附3").place is None


def test_nothing_known_finds_nothing():
    assert Gazetteer([], []).match("示例区滨河路18号").place is None


@settings(max_examples=40, deadline=None)
@given(
    st.text() | st.text(st.sampled_from("滨河路街道区市村组号附幢书香苑与一三18-、石梯码头巷示例"))
)
def test_scores_lie_between_nought_and_one_and_a_place_is_its_best_candidate(text):
    found = Gazetteer(REGIONS, ADDRESSES).match(text)
    assert all(0 < one.score <= 1 for one in found.candidates)
    if found.place:
        assert found.place == found.candidates[0].code
        assert found.score >= THRESHOLD


def test_order_in_the_register_changes_nothing():
    other = Gazetteer(REGIONS[::-1], ADDRESSES[::-1])
    first = Gazetteer(REGIONS, ADDRESSES)
    for text in ("滨河路18号", "书香苑", "石梯村15号", "滨河路18号附3", "柳海街3号"):
        assert first.match(text) == other.match(text)
