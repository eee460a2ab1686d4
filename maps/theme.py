"""Which colours do the maps use? Written once: the scripts get them with the page.

The panels' colours, light and dark, are variables in `static/app.css`; a map stays light always.
"""

from __future__ import annotations

from typing import Final

# The ground under everything, and lines from quiet to loud. Measured on the palest and the darkest
# tint: a border 3:1, a parent's border and the selection 4.5:1 and more.
GROUND: Final = "#e9edef"
BORDER: Final = "#6f7c88"
PARENT_BORDER: Final = "#37434f"
SELECTED: Final = "#0b4f8a"
CASING: Final = "#ffffff"
LABEL: Final = "#22303c"
HALO: Final = "#ffffff"

# Regions under one parent share a tint, as on a printed map of administrative areas. The tint only
# helps the eye: the parent's border says the same, so no meaning is lost in grey or to the
# colour-blind.
TINTS: Final = ("#dde8f2", "#f4e7d8", "#e2ecd9", "#ece2ee", "#f4eecb", "#d8ebe8", "#f3dfdf")


def map_theme() -> dict[str, object]:
    """The colours by the names the scripts know them by."""
    return {
        "ground": GROUND,
        "border": BORDER,
        "parentBorder": PARENT_BORDER,
        "selected": SELECTED,
        "casing": CASING,
        "label": LABEL,
        "halo": HALO,
        "tints": list(TINTS),
    }
