"""Complaints about people are recognised, doubtful ones too; mentions aren't."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.governance.conduct import complaint_in
from gis.governance.rulebook import rulebook

WORDS = rulebook().conduct


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("网格员张某收费50元", {"grid_member"}),
        ("投诉网格员", {"grid_member"}),
        ("我要举报三号楼网格员张某", {"grid_member"}),
        ("网 格 员 收 费", {"grid_member"}),
        ("收费的网格员", {"grid_member"}),
        ("社区书记优亲厚友", {"committee", "secretary"}),
        ("村主任截留补助款", {"secretary"}),
        ("办事大厅窗口人员态度恶劣", {"staff"}),
        ("城管队员打人", {"officer"}),
        ("城管局不作为", {"officer", "unit"}),
        ("居委会推诿", {"committee"}),
        ("网格员说要登记。社区主任收了我的红包", {"secretary"}),
    ],
)
def test_complaints_about_people_are_recognised(text, about):
    assert set(complaint_in(text, WORDS).about) == about


@pytest.mark.parametrize(
    "text",
    [
        "",
        "网格员巡查发现占道经营",
        "请网格员帮忙看看路灯",
        "网格员说物业乱收费",
        "向网格员投诉楼上噪音",
        "投诉社区旁边餐馆油烟",
        "举报派出所对面占道经营",
        "派出所旁边有人喝酒打人",
        "物业工作人员态度恶劣",
        "班主任收费",
        "网格员来过。物业收费太高",
        "停车场乱收费",
    ],
)
def test_who_is_only_mentioned_isnt_complained_about(text):
    assert complaint_in(text, WORDS) is None


def test_what_was_said_is_shown():
    assert complaint_in("昨天网格员张某收费50元", WORDS).said == "网格员张某收费"


@given(st.text(max_size=20), st.text(max_size=20))
def test_a_complaint_stays_one_whatever_stands_around_it_in_other_sentences(before, after):
    assert complaint_in(f"{before}。网格员张某收费。{after}", WORDS) is not None


@pytest.mark.parametrize("part", ["网格员。收费", "收费网格员", "垃圾桶"])
def test_twice_the_text_takes_twice_the_steps(part):
    assert steps_for(part * 800) < 2.2 * steps_for(part * 400)


def steps_for(text: str) -> int:
    """How many lines of Python run; unlike a time it is the same on every machine."""
    ran = 0

    def count(frame: FrameType, event: str, argument: object) -> Callable[..., object]:
        nonlocal ran
        ran += event == "line"
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        complaint_in(text, WORDS)
    finally:
        sys.settrace(before)
    return ran
