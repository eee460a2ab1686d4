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

# A fault of the boundaries stands out from every tint; a note is a broken line.
FAULT: Final = "#b3131b"
NOTE: Final = "#37434f"
REPAIR: Final = "#006b3c"

# Regions under one parent share a tint, as on a printed map of administrative areas. The tint only
# helps the eye: the parent's border says the same, so no meaning is lost in grey or to the
# colour-blind.
TINTS: Final = ("#dde8f2", "#f4e7d8", "#e2ecd9", "#ece2ee", "#f4eecb", "#d8ebe8", "#f3dfdf")

# Matters: colour and shape of the class say who acts; urgency has its own signs, a dark outer ring
# and red words, so that neither is taken for the other. Measured: each pair is told apart by the
# colour-blind, or by the shape where it isn't.
MAJOR: Final = "#C8102E"
MINOR: Final = "#E07B00"
PRIVATE: Final = "#F2C400"
UNDECIDED: Final = "#6b7680"
PIN_INK: Final = "#1b1400"  # on orange and yellow; white on the other two
PIN_RING: Final = "#17222d"

# The ground of one's own grid and its buildings: neutral, never green, which would read as done.
OWN_GROUND: Final = "#f4f2ec"
BUILDING: Final = "#ddd0b6"
BUILDING_EDGE: Final = "#9d8f76"
DIMMED: Final = "#5b6670"


def matter_theme() -> dict[str, object]:
    """The colours of the field map that its script draws with."""
    return {
        "ground": GROUND,
        "border": BORDER,
        "selected": SELECTED,
        "ownGround": OWN_GROUND,
        "building": BUILDING,
        "buildingEdge": BUILDING_EDGE,
        "dimmed": DIMMED,
        "pinRing": PIN_RING,
    }


# Coverage: five steps of one hue that stay apart in grey (CIE L* 12 to 19 each). What nobody knows
# and where nobody lives are no step of it: another hue, and a broken border.
BANDS: Final = {
    "under_40": "#f1eef6",
    "from_40": "#bdc9e1",
    "from_60": "#74a9cf",
    "from_75": "#2b8cbe",
    "from_90": "#045a8d",
    "unknown": "#d9cfbd",
    "empty": "#f7f7f5",
}
BAND_EDGE: Final = "#8597a8"
UNKNOWN_EDGE: Final = "#6b5d43"
GAP: Final = "#e6550d"
GAP_EDGE: Final = "#7f2704"
REACH: Final = "#1b7837"
PIN: Final = "#0b4f8a"
PIN_HOLLOW: Final = "#51606e"


def coverage_theme() -> dict[str, object]:
    """The colours of the coverage map, beside those of every map."""
    return {
        "bands": BANDS,
        "edge": BAND_EDGE,
        "unknownEdge": UNKNOWN_EDGE,
        "gap": GAP,
        "gapEdge": GAP_EDGE,
        "reach": REACH,
        "pin": PIN,
        "pinHollow": PIN_HOLLOW,
    }


# A change of grids: as it was, as it would be, the ground between, what is being drawn.
BEFORE: Final = "#37434f"
AFTER: Final = "#9b1c6b"
HANDED: Final = "#c2410c"
DRAWN: Final = "#9b1c6b"


def change_theme() -> dict[str, object]:
    """The colours of the maps that show a change of grids, beside those of every map."""
    return {
        "before": BEFORE,
        "after": AFTER,
        "handed": HANDED,
        "drawn": DRAWN,
        "refused": FAULT,
        "building": BUILDING,
        "buildingEdge": BUILDING_EDGE,
    }


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
