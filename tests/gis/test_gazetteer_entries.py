"""What is entered of addresses alike but for their numbers is what is entered of each alone."""

from __future__ import annotations

import csv
import random
import re
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gis.gazetteer_entries import _writing, enter, entered

FILES = Path(__file__).parents[1] / "files"
PIECES = (
    *(
        "示例区",
        "滨江街道",
        "石梯村",
        "三组",
        "2组",
        "滨河路",
        "柳岸三巷",
        "五一路",
        "12路",
        "建设路",
    ),
    *("书香苑", "小区", "柳荫花园", "号", "附", "幢", "栋", "座", "号楼", "单元", "层", "楼", "室"),
    *(
        "旁边",
        "对面",
        "口",
        "教学楼",
        "段",
        "巷",
        "弄",
        "社",
        "之",
        "至",
        "-",
        "~",
        "、",
        "第",
        "临",
        "B",
    ),
    *(
        "十八",
        "廿",
        "二",
        "院",
        "地下",
        "负",
        "里",
        "邻",
        "村",
        "区",
        "和",
        " ",
        "#",
        "A",
        "街",
        "道",
    ),
)
numbers = st.one_of(
    st.integers(0, 30).map(str), st.integers(0, 9_999_999).map(str), st.sampled_from(["01", "007"])
)
texts = st.lists(st.one_of(st.sampled_from(PIECES), numbers), max_size=9).map("".join)


def another(text: str, dice: random.Random) -> str:
    """The same text with other numbers, as long or not."""
    return re.sub("[0-9]+", lambda _: str(dice.choice((1, 2, 3, 8, 12, 18, 96, 101, 501))), text)


@settings(max_examples=400)
@given(texts, st.integers(0, 2**16))
@example("石梯村三组3号", 0)
@example("滨河路12号12幢", 1)
@example("12路12路12号", 2)
@example("柳岸三巷3-3号", 3)
@example("1212街道12号", 4)
@example("滨河路1、3、5号附2", 5)
def test_an_address_is_entered_as_if_it_were_the_only_one(text: str, seed: int):
    dice = random.Random(seed)

    for one in (text, another(text, dice), another(text, dice), another(text, dice)):
        assert entered(one) == enter(one)


def test_addresses_of_a_real_register_with_other_numbers_are_entered_as_if_alone():
    dice = random.Random(7)
    with (FILES / "taipei_facility_addresses.csv").open(encoding="utf-8", newline="") as file:
        texts = [row["address"] for row in csv.DictReader(file)]

    for text in texts:
        for one in (text, another(text, dice)):
            assert entered(one) == enter(one)


@pytest.mark.parametrize("written", ["{}路{}号{}幢", "{}小区{}幢", "{}村4组{}号"])
def test_a_road_is_taken_apart_once_for_all_its_numbers(written: str):
    _writing.cache_clear()

    for n in range(100, 400):
        entered(written.format("滨河", n, n + 7))

    assert _writing.cache_info().misses == 1


def test_other_names_are_entered_beside_the_address():
    assert entered("滨河路18号", ("老粮站",)) == enter("滨河路18号", ("老粮站",))
    assert "h老粮站" in entered("滨河路18号", ("老粮站",)).keys
