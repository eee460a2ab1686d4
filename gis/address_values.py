"""The number in a mark (三号楼, 18号附3, 地下1楼之2), as an element keeps it: folded text in."""

from __future__ import annotations

import re
from typing import Final

from gis.address_numbers import NUMERALS, arabic

WORD: Final = re.compile(
    "号?[栋幢座]|号楼|#楼?|单元|[梯门层楼室房户段巷弄]|村民小组|村民组|[组社队邻第]|F$"
)
UNDER: Final = ("地下", "负", "B", "-")
RUN: Final = re.compile(rf"[0-9]+|[{NUMERALS}]+")


def without_word(text: str) -> str:
    """The number of a mark without the word that says what it counts."""
    return WORD.sub("", text)


def figures(text: str) -> str:
    """Every number of a piece in Arabic figures; a range has - whatever its sign was."""
    return RUN.sub(lambda found: arabic(found[0]), text.replace("至", "-").replace("~", "-"))


def doors(text: str) -> str:
    """18号附3, 18-3号 and 18之3号 are one door, 18附3; 1~5号 are five, 1、3号 are two."""
    text = re.sub("号院?|第", "", text)
    text = re.sub("[-之]", "附", text)
    return RUN.sub(lambda found: arabic(found[0]), text)


def floors(text: str) -> tuple[str, str]:
    """Which floors, and the room after 之: 地下1楼之2 is ("-1", "之2")."""
    end = next((at for at, char in enumerate(text) if char in "楼层F室"), len(text) - 1) + 1
    number = figures(re.sub("地下|负|B|[楼层F室]|^-", "", text[:end])) or "1"
    room = figures(text[end:].lstrip("-之"))
    is_under = text.startswith(UNDER)
    return (f"-{number}" if is_under else number), (f"之{room}" if room else "")
