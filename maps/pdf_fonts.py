"""Which font writes Chinese in a PDF? One with TrueType outlines, found on this machine.

Only the glyphs used are put into a page, so it reads the same everywhere. The font itself isn't
part of the project: five megabytes that Debian packages already.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from gis.errors import Unavailable

PACKAGE: Final = "fonts-wqy-microhei"
FOLDERS: Final = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"))
FILES: Final = ("wqy-microhei.ttc", "wqy-zenhei.ttc", "DroidSansFallbackFull.ttf")
MISSING: Final = "〓"  # what Chinese printers set for a letter they have no type for


def chinese_font_file(chosen: Path | None = None) -> Path:
    """The file of the font: `chosen`, else the first found. Raises Unavailable: none is here."""
    if chosen is not None:
        if chosen.is_file():
            return chosen
        raise Unavailable("error.pdf_font_missing", package=PACKAGE)
    for name in FILES:
        for folder in FOLDERS:
            found = next(folder.rglob(name), None)
            if found is not None:
                return found
    raise Unavailable("error.pdf_font_missing", package=PACKAGE)


@cache
def registered(file: Path) -> str:
    """The name under which the PDF library now knows a font file. Raises Unavailable."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFError, TTFont

    name = f"chinese-{file.stem}"
    try:
        pdfmetrics.registerFont(TTFont(name, str(file)))
    except (TTFError, OSError):
        raise Unavailable("error.pdf_font_missing", package=PACKAGE) from None
    return name


def drawable(text: str, font: str) -> str:
    """The text with 〓 for every letter that the font doesn't have."""
    from reportlab.pdfbase import pdfmetrics

    glyphs = pdfmetrics.getFont(font).face.charToGlyph
    return "".join(letter if ord(letter) in glyphs else MISSING for letter in text)
