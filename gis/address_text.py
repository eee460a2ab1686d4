"""An address as people type it, made comparable: one width, one dash, no blanks, one script.

`tidy` keeps the script and is what people are shown; `fold` writes every character as the one it
is compared as, and keeps the length, so that a place in one is the same place in the other.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import Final

VARIANTS: Final = Path(__file__).with_name("address_variants.txt")
DASHES: Final = "‐‑‒–—―−－﹣ー一"[:-1]  # the numeral 一 is none
WAVES: Final = "～〜∼˜∽"
LISTS: Final = ",，;；·・/／\\|｜﹑､"
BRACKETS: Final = "()[]{}<>（）【】〔〕《》〈〉「」『』“”\"'‘’`"
SIGNS: Final = str.maketrans(
    {
        **dict.fromkeys(DASHES, "-"),
        **dict.fromkeys(WAVES, "~"),
        **dict.fromkeys(LISTS, "、"),
        **dict.fromkeys(BRACKETS, " "),
        **{chr(code): chr(code - 32) for code in range(ord("a"), ord("z") + 1)},
    }
)
BLANKS: Final = re.compile(r"\s+")
LONE_BLANK: Final = re.compile(r"(?<![0-9A-Z]) | (?![0-9A-Z])")
POINT: Final = re.compile(r"(?<=[0-9])[.](?=[0-9])")
PLAIN: Final = re.compile("[0-9A-Z\u4e00-\u9fff]*")  # there is nothing to tidy
USUAL: Final = re.compile("[ -~、。〇\u4e00-\u9fff]*")
END_SIGNS: Final = "、。.!?！？:：~-_ "


def tidy(text: str) -> str:
    """`text` in one width and case, with one sign each for dashes, ranges and lists.

    Blanks go, except between two figures or letters; brackets count as blanks; what can't be seen
    (control and joining characters) goes. Doing it twice changes nothing. Takes time in
    proportion to the length.

    >>> tidy(" 滨河路　１８号（附３） "), tidy("3 - 2 ，b座"), tidy("1.2樓")
    ('滨河路18号附3', '3-2、B座', '1、2樓')
    """
    if PLAIN.fullmatch(text):
        return text
    text = _visible(_visible(text))
    text = BLANKS.sub(" ", text.translate(SIGNS))
    text = re.sub(r" ?([-~、#]) ?", r"\1", text)
    text = POINT.sub("、", LONE_BLANK.sub("", text)).strip(END_SIGNS)
    return unicodedata.normalize("NFKC", text)  # what a blank kept apart may join now


def fold(tidied: str) -> str:
    """Every character as the one it is compared as: 臺 as 台, 鹽 and 塩 as 盐. Same length.

    >>> fold("臺北市塩埕區三樓")
    '台北市盐埕区三楼'
    """
    return tidied.translate(_variants())


def normalise(text: str) -> str:
    """`text` as it is compared: tidied and folded. Doing it twice changes nothing.

    >>> normalise("臺北市大同區　重慶北路三段３４７號")
    '台北市大同区重庆北路三段347号'
    """
    return fold(tidy(text))


def _visible(text: str) -> str:
    text = unicodedata.normalize("NFKC", text)
    if USUAL.fullmatch(text):
        return text
    return "".join(
        " " if char.isspace() else char
        for char in text
        if char.isspace() or unicodedata.category(char)[0] not in "CM"
    )


@cache
def _variants() -> dict[int, str]:
    lines = VARIANTS.read_text(encoding="utf-8").splitlines()
    pairs = " ".join(line for line in lines if not line.startswith("#")).split()
    return {ord(pair[0]): pair[1] for pair in pairs}
