"""Words in texts: blanks, width, words within words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.governance.phrases import Span, meanings, plain, spans_of


def test_width_case_and_blanks_make_no_difference():
    assert plain("路 灯\t不　亮 ＬＥＤ") == plain("路灯不亮led")


def test_every_occurrence_is_found():
    assert spans_of(["aa", "a"], "aab") == [Span(0, 1, "a"), Span(0, 2, "aa"), Span(1, 2, "a")]
    assert spans_of(["", "x"], "aab") == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("垃圾桶", {"bin"}),
        ("垃圾桶边有垃圾", {"bin", "rubbish"}),
        ("垃圾", {"rubbish"}),
        ("路灯不亮", {"street"}),  # the 灯 of the lamp rule stands only within 路灯
        ("楼道灯不亮", {"lamp"}),
        ("路灯和楼道灯都不亮", {"street", "lamp"}),
        ("灯", set()),
    ],
)
def test_a_longer_word_hides_a_shorter_one_within_it(text, found):
    rules = {"bin": ["垃圾桶"], "rubbish": ["垃圾"], "street": ["路灯"], "lamp": ["灯+不亮"]}

    assert set(meanings(rules, text)) == found


def test_the_first_rule_that_holds_is_the_reason():
    assert meanings({"tree": ["修枝", "树+剪"]}, "树要剪，修枝") == {"tree": "修枝"}


@given(st.text(alphabet="垃圾桶路灯 ", max_size=30))
def test_what_is_found_is_written(text):
    for rule in meanings({"bin": ["垃圾桶"], "rubbish": ["垃圾"]}, text).values():
        assert rule in plain(text)
