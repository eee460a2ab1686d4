"""What marks the parts of an address: words and numbers, as one pattern that finds the next mark.

The pattern runs on folded text. Every repetition in it has a bound, so finding all marks takes
time in proportion to the length of the text.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Final

from gis.address_numbers import MOST, NUMERALS

FILE: Final = Path(__file__).with_name("address_words.toml")

NUM: Final = rf"(?:[0-9]{{1,6}}|[{NUMERALS}]{{1,{MOST}}})"
ITEM: Final = rf"临?{NUM}[A-Z]?(?:号?附{NUM}|[-之]{NUM})?"  # one door: 18, 18附3, 120-1, 124之1
PART: Final = rf"(?:{NUM}[A-Z]?|[A-Z][0-9]{{0,2}})"
NUMBERS: Final = rf"{PART}(?:[-~、至]{PART}){{0,9}}"
NO_FLOOR: Final = "下上顶道梯前后村镇乡街路盘"


@cache
def words() -> dict[str, Any]:
    """The word lists of `address_words.toml`."""
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


@cache
def region_suffixes() -> dict[str, str]:
    """Which kind of region each suffix speaks of."""
    return {suffix: kind for kind, many in words()["regions"].items() for suffix in many}


def any_of(many: list[str]) -> str:
    """A pattern for one of many words, the longest first."""
    return "(?:" + "|".join(re.escape(one) for one in sorted(many, key=len, reverse=True)) + ")"


@cache
def marks() -> re.Pattern[str]:
    """The next mark in folded text; the name of its group says which kind it is."""
    relations = words()["relations"]
    parts = {
        "crossing": any_of(relations["crossings"]),
        "relation": any_of(relations["words"] + relations["corners"]) + "(?![路街巷村镇乡社])",
        "aside": any_of(relations["ends"]) + "(?=$|[、 ])",
        "house": rf"{NUM}号(?:{any_of(words()['houses']['uses'])}楼|宿舍楼?)",
        "building": rf"第?{NUMBERS}(?:栋|幢|座(?!桥)|号栋|号楼(?![{NO_FLOOR}])|#楼?)",
        "stairwell": rf"{PART}(?:单元|梯(?!坎)|门(?![诊口市面前店]))",
        "door": rf"第?{ITEM}(?:号?[、~]{ITEM}){{0,9}}号(?![线桥])(?:院(?![0-9]{{0,4}}内))?"
        rf"(?:附{NUM}号?|之{NUM}(?!号)|-{NUM}(?![0-9号]))?",
        "floor": rf"(?:地下|负|-)?B?{NUM}(?:[-~、至.]B?{NUM}){{0,9}}(?:楼(?![{NO_FLOOR}])|层|F)"
        rf"(?:[之-]{NUM}(?:[-~]{NUM})?)?|B[1-9](?:楼|层|F)?(?![0-9])|地下室|地下层",
        "group": rf"第?{NUM}(?:村民小组|村民组|组|社(?!区)|队|邻)",
        "section": rf"{NUM}段",
        "lane": rf"{NUM}巷(?!子)",
        "alley": rf"{NUM}弄",
        "room": rf"{PART}(?:-{PART})?(?:室|房|户)",
        "separator": "[、 ]",
        "region": any_of(list(region_suffixes())),
        "road": any_of(words()["roads"]["suffixes"]) + "|道(?=[0-9]|$)",
        "compound": "小区",
        "li": "里",
        "bare": r"[0-9]{1,5}[A-Z]?(?:-[0-9]{1,5}[A-Z]?){0,3}(?![0-9A-Z])|[0-9]+",
    }
    return re.compile("|".join(f"(?P<{name}>{part})" for name, part in parts.items()))


def ends_like_compound(folded: str) -> bool:
    """Whether a name ends as compounds, estates and large houses do."""
    return folded.endswith(tuple(words()["compounds"]["suffixes"]))


def road_words() -> tuple[str, ...]:
    """What names of roads end with."""
    return tuple(words()["roads"]["suffixes"])


def landmark_words() -> tuple[str, ...]:
    """What makes a road's name before it a part of another name: 胜利路小学."""
    return tuple(words()["landmarks"]["suffixes"])


def is_taiwan(shown: str, folded: str) -> bool:
    """Whether an address is one of Taiwan, where a 里 is a community."""
    lists = words()["taiwan"]
    cities = any(city in folded for city in lists["cities"])
    return cities or "邻" in folded or any(sign in shown for sign in lists["signs"])
