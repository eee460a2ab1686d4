"""Which number does a Chinese numeral mean?

Both ways of writing are read: with places (三百二十一, 廿三) and figure by figure (二〇一, 五一).
"""

from __future__ import annotations

from typing import Final

DIGITS: Final = {
    **{char: value for value, char in enumerate("〇一二三四五六七八九")},
    **{char: value for value, char in enumerate("零壹贰叁肆伍陆柒捌玖")},
    **{char: value for value, char in enumerate("○弌弍弎")},
    "两": 2,
    "幺": 1,
    "貳": 2,
    "參": 3,
    "叄": 3,
    "陸": 6,
}
PLACES: Final = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
TENS: Final = {"廿": 20, "卅": 30, "卌": 40}
NUMERALS: Final = "".join([*DIGITS, *PLACES, *TENS])
MOST: Final = 8  # longer runs of numerals are no number of an address


def arabic(numeral: str) -> str:
    """The number a numeral means, in Arabic figures without leading zeros; "0" stays.

    Arabic figures are read too. Numerals with places out of order (十百) are added up as they
    stand: whatever was meant, the same writing always gives the same number.

    >>> [arabic(one) for one in ("三百二十一", "廿三", "二〇一", "十", "一百零五", "007", "两")]
    ['321', '23', '201', '10', '105', '7', '2']
    """
    if numeral.isascii():
        return numeral.lstrip("0") or "0"
    if not any(char in PLACES or char in TENS for char in numeral):
        return "".join(str(DIGITS.get(char, char)) for char in numeral).lstrip("0") or "0"
    return str(_with_places(numeral))


def _with_places(numeral: str) -> int:
    whole, waiting = 0, ""
    for char in numeral:
        if char in PLACES:
            whole += (int(waiting) if waiting else 1) * PLACES[char]
            waiting = ""
        elif char in TENS:
            whole, waiting = whole + TENS[char], ""
        else:
            waiting += str(DIGITS.get(char, char))
    return whole + (int(waiting) if waiting else 0)
