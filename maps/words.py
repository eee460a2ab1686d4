"""The words on screens, in messages and on the command line: one JSON file a language.

Python and the pages read the same files, so a word is written once. `{name}` marks a gap.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Final

LANGUAGES: Final = ("zh-CN", "en")
DEFAULT: Final = "zh-CN"
FOLDER: Final = Path(__file__).parent / "strings"


@cache
def words(language: str) -> dict[str, str]:
    """Every sentence of one language by its key. Raises KeyError for a language we don't have."""
    if language not in LANGUAGES:
        raise KeyError(language)
    with (FOLDER / f"{language}.json").open(encoding="utf-8") as file:
        loaded: dict[str, str] = json.load(file)
    return loaded


def say(language: str, key: str, **values: object) -> str:
    """The sentence `key` in `language`, its gaps filled.

    >>> say("en", "language.name")
    'English'
    """
    return words(language)[key].format_map(values)


def choose_language(wanted: str | None) -> str:
    """The best language for an `Accept-Language` header or a locale name; zh-CN when in doubt.

    >>> choose_language("en-GB,en;q=0.9,zh;q=0.1"), choose_language("fr"), choose_language(None)
    ('en', 'zh-CN', 'zh-CN')
    """
    ranked = sorted((_weight(part) for part in (wanted or "").split(",")), reverse=True)
    for weight, _, tag in ranked:
        if weight > 0 and tag[:2] in ("en", "zh"):
            return "en" if tag[:2] == "en" else "zh-CN"
    return DEFAULT


def _weight(part: str) -> tuple[float, int, str]:
    tag, _, quality = part.strip().partition(";q=")
    try:
        return (float(quality) if quality else 1.0, -len(tag), tag.lower())
    except ValueError:
        return (0.0, 0, tag.lower())
