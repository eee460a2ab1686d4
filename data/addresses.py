"""Which addresses does a list hold, and where are they?"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

from data.sheets import MANY, Asked, Cells, read_sheet
from gis.address_text import normalise
from gis.places import ListedAddress
from gis.sheets import Sheet

HEADINGS: Final = {
    "code": ("编码", "地址编码", "code"),
    "text": ("地址", "详细地址", "标准地址", "address"),
    "name": ("名称", "地名", "name"),
    "aliases": ("别名", "曾用名", "俗称", "aliases"),
}
NEEDED: Final = ("text",)
LONGEST_ADDRESS: Final = 300


def read_addresses(file: Path, asked: Asked) -> Sheet[ListedAddress]:
    """Read addresses with their coordinates. Without a code of its own an address is its own code,
    so that the same list brought in again changes nothing.
    """
    return read_sheet(file, HEADINGS, NEEDED, asked, _address, located=True, limits=MANY)


def _address(cells: Cells) -> ListedAddress:
    text = cells.text("text", LONGEST_ADDRESS, needed=True)
    return ListedAddress(
        cells.code("code") or code_of(text),
        text,
        cells.text("name"),
        cells.names("aliases"),
        cells.place.point,
    )


def code_of(text: str) -> str:
    """A code for an address that has none: the same for every way of writing its characters.

    >>> code_of("濱河路１８號") == code_of("滨河路18号")
    True
    """
    return "a" + hashlib.blake2b(normalise(text).encode(), digest_size=8).hexdigest()
