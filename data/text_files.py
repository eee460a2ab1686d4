"""How is Chinese text in files from outside written, and is it plain text at all?"""

from __future__ import annotations

import codecs
import math
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, TypeAlias

from gis.errors import BadFile

UTF_8: Final = "UTF-8"
GB18030: Final = "GB18030"  # holds GBK and GB 2312, which Chinese Windows and older surveys write
_BLOCK: Final = 1024 * 1024
_EXACT_FLOAT: Final = 2.0**53

Texts: TypeAlias = list[str | None]

# Invisible or dangerous: controls, lone surrogates, marks that turn the reading direction, blanks
# without width, and the sign for "a character was lost here".
_NOT_PLAIN: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\ud800-\udfff\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff]"
)

# Letters and signs of ASCII, unified Chinese characters, brackets and stops, all in NFC as they
# stand; without question marks, and without the character that begins the sign of lost letters.
_USUAL: Final = re.compile("[ ->@-~、。（）\u4e00-\u951e\u9520-\u9fff]*")


def is_usual(text: str) -> bool:
    """Whether a text is of characters that need no closer look: `is_plain` says yes to it, it has
    no signs of lost letters, and `plain` takes away no more than the blanks around it.
    """
    return _USUAL.fullmatch(text) is not None


def plain(text: str) -> str:
    """The text in NFC, without what is invisible and without blanks around it.

    >>> plain(" 石油路\u3000街道\u200b ")
    '石油路\u3000街道'
    """
    return _NOT_PLAIN.sub("", unicodedata.normalize("NFC", text)).strip()


def is_plain(text: str) -> bool:
    """Whether nothing invisible or dangerous is inside; blanks around are no harm."""
    return _NOT_PLAIN.search(unicodedata.normalize("NFC", text).strip(" \t\r\n\ufeff")) is None


def listed(names: Iterable[str]) -> str:
    """Names from a file for people to choose from: printable, shortened, at most thirty."""
    shown = ["".join(c for c in name if c.isprintable())[:40] for name in names]
    return ", ".join(shown[:30]) + (" …" if len(shown) > 30 else "")


def decoded(texts: Iterable[bytes], encoding: str) -> list[str] | None:
    """All texts in an encoding, or None when one isn't. A last character cut in half is dropped.

    Table formats of fixed width cut Chinese names in the middle of a character.
    """
    found = []
    for raw in texts:
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            found.append(decoder.decode(raw))
        except UnicodeDecodeError:
            return None
    return found


def encoding_of(path: Path) -> str:
    """UTF-8 (with or without mark) or GB18030, judged by the whole file.

    Raises BadFile `error.file_encoding` when it is neither; UTF-16 is what Excel calls Unicode.
    """
    for encoding in (UTF_8, GB18030):
        if _reads_as(path, encoding):
            return encoding
    raise BadFile("error.file_encoding")


def _reads_as(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as file:
        try:
            while block := file.read(_BLOCK):
                if b"\x00" in block:
                    return False
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def as_text(values: Iterable[Any]) -> Texts:
    """Values as people would type them: 500103.0 and 500103 are both "500103", true is "true".

    A number that a float can't hold exactly keeps its exponent or fraction, so that the parent
    sees that it is no code.
    """
    return [_text(value) for value in values]


def _text(value: Any) -> str | None:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        exact = value.is_integer() and abs(value) < _EXACT_FLOAT
        return str(int(value)) if exact else f"{value:.17e}"
    return str(value)
