"""Codes for door plates: a QR code each for buildings, grids and facilities, and a sheet to print.

A code opens the report page with the place filled in; read by the field page's own scanner or typed
in, its last part (`B:` and a code) says the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from maps.shell import environment
from maps.words import say

if TYPE_CHECKING:
    from collections.abc import Sequence

PIXELS: Final = 4  # of one module of a code on the screen; print scales
QUIET: Final = 4  # modules of white around a code, as ISO/IEC 18004 demands


@dataclass(frozen=True, slots=True)
class Plate:
    """One code to print: `place` is B:, G: or F: and a code; `name`, `address` stand below it."""

    place: str
    name: str
    address: str = ""


def link_of(base: str, place: str) -> str:
    """Where a code leads: the report page of a service at `base`, with the place filled in."""
    return f"{base.rstrip('/')}/field?{urlencode({'place': place})}"


def qr_svg(text: str) -> bytes:
    """A text as QR code, an SVG of its own. A quarter of it may be scratched (level Q)."""
    import segno

    file = BytesIO()
    made = segno.make_qr(text, error="q")
    made.save(file, kind="svg", scale=PIXELS, border=QUIET, xmldecl=False, omitsize=True)
    return file.getvalue()


def plate_sheet(language: str, base: str, plates: Sequence[Plate]) -> str:
    """A page to print, twelve codes to a sheet of A4, complete in one file."""
    rows = [
        {
            "svg": qr_svg(link_of(base, one.place)).decode(),
            "name": one.name,
            "address": one.address,
            "code": one.place,
        }
        for one in plates
    ]
    template = environment().get_template("plates.html")
    return template.render(
        language=language,
        title=say(language, "plates.title"),
        hint=say(language, "plates.hint"),
        plates=rows,
    )
