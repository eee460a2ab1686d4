"""Text of addresses, made comparable."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gis.address_numbers import arabic
from gis.address_text import END_SIGNS, PLAIN, fold, normalise, tidy
from gis.address_text import SIGNS as CHANGED

SIGNS = st.sampled_from(
    "１８号附３　 ，、-－—~（）()<>'\"#.。é①ﬁ㎡臺塩鹽\u200b\u0301\u1100\u1161🏠a"
)
TEXTS = st.text() | st.text(SIGNS)


@settings(max_examples=60, deadline=None)
@given(TEXTS)
@example('0."0')
def test_normalising_twice_changes_nothing(text):
    once = normalise(text)
    assert normalise(once) == once


@settings(max_examples=60, deadline=None)
@given(TEXTS)
def test_folding_keeps_the_length_and_doing_it_twice_changes_nothing(text):
    folded = fold(tidy(text))
    assert len(folded) == len(tidy(text))
    assert fold(folded) == folded


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ("滨河路１８号附３", "滨河路18号附3"),
        ("濱河路18號附3", "滨河路18号附3"),
        ("塩店街", "鹽店街"),
        ("晉江路", "晋江路"),
        ("臺北市公舘路", "台北市公館路"),
        ("三裡屯", "三里屯"),
        ("三裏屯", "三里屯"),
        ("滨河路 18 号", "滨河路18号"),
        ("3 — 2", "3-2"),
        ("b座", "B座"),
        ("滨\u200b河路", "滨河路"),
    ],
)
def test_two_ways_of_writing_are_the_same(written, same):
    assert normalise(written) == normalise(same)


def test_two_numbers_side_by_side_stay_two():
    assert normalise("18 3幢") == "18 3幢"


@settings(deadline=None)
@given(st.integers(1, 9999))
def test_a_number_written_out_means_the_number(number):
    assert arabic(written_out(number)) == str(number)
    assert arabic("".join("〇一二三四五六七八九"[int(one)] for one in str(number))) == str(number)


def written_out(number: int) -> str:
    """九千零五 and so on, as Chinese writes whole numbers below ten thousand."""
    text, gap = "", False
    for place, word in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        figure = number // place % 10
        if figure == 0:
            gap = bool(text)
            continue
        text += "零" * gap + "〇一二三四五六七八九"[figure] + word
        gap = False
    return text.removeprefix("一") if text.startswith("一十") else text


def test_text_that_is_not_tidied_has_nothing_to_tidy():
    plain = [chr(code) for code in range(sys.maxunicode + 1) if PLAIN.fullmatch(chr(code))]

    assert len(plain) == 10 + 26 + 0x9FFF - 0x4E00 + 1
    for one in plain:
        assert unicodedata.normalize("NFKC", one) == one.translate(CHANGED) == one
        assert one not in END_SIGNS
        assert one.isalnum()
