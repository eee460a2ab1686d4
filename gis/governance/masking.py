"""What people write may hold a phone or an identity number: others see it masked."""

from __future__ import annotations

import re
from typing import Final

# An identity number first: a phone number may lie within it.
NUMBERS: Final = re.compile(
    r"(?<!\d)(\d{6})\d{8}(\d{3}[\dXx])(?!\d)|(?<!\d)(1\d{2})\d{4}(\d{4})(?!\d)"
)


def masked(text: str) -> str:
    """The text with the middle of mobile and identity numbers as stars.

    >>> masked("请打13812345678，证号50010119900101123X，单号20260930000123")
    '请打138****5678，证号500101********123X，单号20260930000123'
    """
    return NUMBERS.sub(_starred, text)


def _starred(found: re.Match[str]) -> str:
    first, last = (found[1], found[2]) if found[1] else (found[3], found[4])
    return f"{first}{'*' * (len(found[0]) - len(first) - len(last))}{last}"
