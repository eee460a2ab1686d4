"""The field map's page, its colours, and the parts of its script that need no page."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import maps
from maps import theme
from maps.field_page import field_page
from maps.navigation import PAGES
from maps.words import LANGUAGES
from tests.maps.test_theme import contrast
from tests.node import printed_by_node

STATIC = Path(maps.__file__).parent / "static"
CSS = (STATIC / "field.css").read_text(encoding="utf-8")
HOSTILE = "</script><img src=x onerror=alert(1)> `${7*7}` http://elsewhere.example/"
GRID = {"code": "500199001001003", "name": "河滨社区第三网格", "community": "河滨社区"}


def make(language: str = "zh-CN", **changes: Any) -> str:
    values: dict[str, Any] = {
        "grid": GRID,
        "bounds": (106.56, 29.55, 106.57, 29.56),
        "choices": [GRID] * 8,
        "more": True,
        "account": (7, "zhang.w", "张伟"),
        "open_pages": PAGES,
        "review_no": None,
        "with_map": True,
    }
    return field_page(language=language, nonce="n" * 22, **(values | changes))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_is_at_most_15_kilobytes_and_the_same_each_time(language):
    html = make(language)
    assert len(html.encode()) <= 15 * 1024
    assert html == make(language)
    assert f'<html lang="{language}">' in html
    assert html.count("<h1") == 1


@pytest.mark.parametrize("without", [{"with_map": False}, {"bounds": None}])
def test_without_a_map_the_page_links_nothing_of_one(without):
    linked = re.findall(r'(?:src|href)="(/static/[^"]+)"', make(**without))
    assert linked == [
        "/static/icon.svg",
        "/static/app.css",
        "/static/field.css",
        "/static/page.js",
        "/static/panel.js",
        "/static/field-parts.js",
        "/static/field.js",
        "/static/field-step.js",
        "/static/field-place.js",
        "/static/field-matter.js",
        "/static/field-report.js",
    ]


def test_names_reach_the_page_as_data_only():
    grid = {"code": HOSTILE, "name": HOSTILE, "community": HOSTILE}
    html = make(grid=grid, choices=[grid], account=(1, HOSTILE, HOSTILE), review_no=HOSTILE)
    assert "<img src=x" not in html
    boot = json.loads(re.search(r'id="boot"[^>]*>(.*?)</script>', html, re.S)[1])
    assert boot["grid"] == grid
    assert boot["account"] == boot["reviewNo"] == boot["me"]["login"] == HOSTILE


def test_the_style_sheet_repeats_the_colours_of_the_classes():
    said = dict(re.findall(r"--([a-z-]+): (#[0-9A-Fa-f]{6})", CSS))
    assert said["major"] == theme.MAJOR
    assert said["minor"] == theme.MINOR
    assert said["private"] == theme.PRIVATE
    assert said["undecided"] == theme.UNDECIDED
    assert said["pin-ink"] == theme.PIN_INK
    assert said["pin-ring"] == theme.PIN_RING


def test_numbers_on_pins_can_be_read_and_the_own_border_is_seen():
    assert contrast(theme.MAJOR, "#ffffff") >= 4.5
    assert contrast(theme.UNDECIDED, "#ffffff") >= 4.5
    assert contrast(theme.MINOR, theme.PIN_INK) >= 4.5
    assert contrast(theme.PRIVATE, theme.PIN_INK) >= 4.5
    for beside in ("#ffffff", theme.OWN_GROUND, theme.DIMMED):  # a white line parts it from the pin
        assert contrast(theme.PIN_RING, beside) >= (3 if beside != theme.DIMMED else 2.5)
    assert contrast(theme.SELECTED, theme.OWN_GROUND) >= 4.5


# ---- the pure parts, run by Node -----------------------------------------------------------------


def node(expression: str, value: object = None) -> Any:
    """What an expression over `P` (the parts) and `v` gives."""
    script = (
        f"require({str(STATIC / 'field-parts.js')!r});"
        "const P = globalThis.FieldParts, v = JSON.parse(process.argv[1]);"
        f"console.log(JSON.stringify({expression}))"
    )
    return printed_by_node(script, json.dumps(value))


@settings(max_examples=1, deadline=None)
@given(
    st.lists(
        st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300)), max_size=40),
        min_size=30,
        max_size=30,
    )
)
def test_pins_pushed_apart_keep_their_distance_and_the_first_its_place(scenes):
    spread = node("v.map((points) => P.spread(points, 42))", scenes)
    for points, moved in zip(scenes, spread, strict=True):
        assert len(moved) == len(points)
        assert moved[:1] == [list(point) for point in points[:1]]
        for i, (x, y) in enumerate(moved):
            assert all((x - a) ** 2 + (y - b) ** 2 >= 42**2 - 1e-6 for a, b in moved[:i])


def test_the_time_left_is_said_in_the_unit_that_tells_most():
    minutes = [-3000, -119, -1, 0, 60, 61, 119, 120, 2879, 2880]
    found = node("v.map((m) => P.timeLeft(new Date(m * 60000).toISOString(), 0))", minutes)
    assert [(one["key"], one["n"], one["hurry"]) for one in found] == [
        ("late_day", 2, True),
        ("late_min", 119, True),
        ("late_min", 1, True),
        ("left_min", 0, True),
        ("left_min", 60, True),
        ("left_min", 61, False),
        ("left_min", 119, False),
        ("left_hour", 2, False),
        ("left_hour", 47, False),
        ("left_day", 2, False),
    ]
    assert node("P.timeLeft(null, 0)")["key"] == "no_limit"


def test_rows_stand_by_due_time_then_number_and_what_has_no_limit_last():
    rows = [
        {"no": "c", "due_at": None},
        {"no": "b", "due_at": "2026-11-22T12:00:00+08:00"},
        {"no": "a", "due_at": "2026-11-22T04:00:00Z"},
        {"no": "d", "due_at": "2026-11-22T03:00:00Z"},
        {"no": "0", "due_at": None},
    ]
    assert [row["no"] for row in node("P.order(v)", rows)] == ["d", "a", "b", "0", "c"]


def test_a_class_is_the_decided_one_else_the_proposed_else_none():
    rows = [
        {"matter_class": "major", "proposed_class": "minor"},
        {"matter_class": None, "proposed_class": "minor"},
        {"matter_class": None, "proposed_class": None},
        {"matter_class": "toString", "proposed_class": None},
    ]
    assert node("v.map(P.classOf)", rows) == ["major", "minor", "none", "none"]


def test_a_key_has_128_random_bits_where_the_browser_offers_no_uuid():
    bare = "{ getRandomValues: (bytes) => bytes.map((_, i) => i * 16) }"
    assert node(f"P.newKey({bare})") == "00102030405060708090a0b0c0d0e0f0"
    assert re.fullmatch(r"[0-9a-f-]{36}", node("P.newKey(crypto)"))


def test_an_account_sees_its_own_drafts_alone_oldest_first():
    script = """(() => {
      class Store { getItem(k) { return this[k]; } setItem(k, v) { this[k] = v; }
                    removeItem(k) { delete this[k]; } }
      const store = new Store(), one = P.drafts(store, 1), eleven = P.drafts(store, 11);
      one.keep({ key: 'b', body: { observed_at: '2' } });
      one.keep({ key: 'a', body: { observed_at: '1' } });
      eleven.keep({ key: 'c', body: { observed_at: '0' } });
      const seen = [one.all(), eleven.all()].map((all) => all.map((draft) => draft.key));
      one.drop('a');
      return [...seen, one.all().map((draft) => draft.key), eleven.all().length];
    })()"""
    assert node(script) == [["a", "b"], ["c"], ["b"], 1]


def test_only_what_did_not_arrive_is_sent_again():
    given = [0, 401, 408, 429, 500, 503, 400, 403, 409, 413, 422]
    assert node("v.map(P.waits)", given) == [True] * 6 + [False] * 5


def test_metres_agree_with_the_ellipsoid_within_half_a_percent():
    pair = {"a": {"lon": 106.5621, "lat": 29.561}, "b": {"lon": 106.562, "lat": 29.561}}
    assert node("P.metres(v.a, v.b)", pair) == pytest.approx(9.69, rel=0.005)
