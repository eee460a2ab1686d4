"""The colours, measured as WCAG 2.2 measures them."""

import re
from pathlib import Path

import pytest

import maps
from maps import theme

CSS = (Path(maps.__file__).parent / "static/app.css").read_text(encoding="utf-8")
LIGHT, DARK = (
    dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{3,6})", block))
    for block in re.findall(r":root \{(.*?)\}", CSS, re.S)
)


def luminance(colour: str) -> float:
    digits = colour.lstrip("#")
    if len(digits) == 3:
        digits = "".join(2 * digit for digit in digits)
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_measured_right():
    assert contrast("#000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("tint", [*theme.TINTS, theme.GROUND])
def test_every_line_and_label_stands_out_from_every_tint(tint):
    assert contrast(theme.BORDER, tint) >= 3
    assert contrast(theme.PARENT_BORDER, tint) >= 4.5
    assert contrast(theme.SELECTED, tint) >= 4.5
    assert contrast(theme.LABEL, tint) >= 4.5


@pytest.mark.parametrize("colours", [LIGHT, LIGHT | DARK], ids=["light", "dark"])
def test_text_on_panels_can_be_read_and_fields_and_focus_be_seen(colours):
    for back in ("panel", "hover", "chosen", "page"):
        assert contrast(colours["ink"], colours[back]) >= 7
        assert contrast(colours["soft"], colours[back]) >= 4.5
        assert contrast(colours["brand"], colours[back]) >= 4.5
    assert contrast(colours["danger"], colours["panel"]) >= 4.5
    assert contrast(colours["on-brand"], colours["brand"]) >= 4.5
    assert contrast(colours["field"], colours["panel"]) >= 3
    assert contrast(colours["focus"], colours["panel"]) >= 3


def test_the_style_sheet_repeats_the_map_colours_it_needs():
    assert LIGHT["ground"] == theme.GROUND
    assert LIGHT["map-ink"] == theme.LABEL
