"""What the script of the coverage page decides, run by Node; and the characters of the pins."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import maps
from gis.facility_kinds import facility_kinds
from maps.marks import MARKS
from tests.node import printed_by_node

SCRIPT = Path(maps.__file__).parent / "static/coverage-choice.js"
BOOT = {
    "today": "2026-11-22",
    "kind": "elderly_station",
    "kinds": [
        {"code": "elderly_station", "name": "社区养老服务站", "level": "community"},
        {"code": "bus_stop", "name": "公交车站", "level": "circle_10"},
        {"code": "health_station", "name": "社区卫生服务站", "level": "community"},
    ],
}


def node(expression: str) -> Any:
    """The value of an expression after the script, as JSON."""
    code = f"{SCRIPT.read_text(encoding='utf-8')}\nconst boot = {json.dumps(BOOT)};"
    code += f"\nconsole.log(JSON.stringify({expression}));"
    return printed_by_node(code)


def test_an_address_that_says_nothing_gives_the_first_choice():
    assert node("CoverageChoice.read('', boot)") == {
        "kind": "elderly_station",
        "radius": None,
        "region": "",
        "at": "2026-11-22",
        "by": "grid",
        "off": [],
        "view": None,
    }


@pytest.mark.parametrize(
    "nonsense",
    [
        *("kind=nobody", "radius_m=-1", "radius_m=x", "radius_m=60000", "region=X"),
        *(
            "at=yesterday",
            "at=2026-99-99",
            "by=house",
            "off=everything",
            "map=a/b/c",
            "map=12/95/0",
        ),
    ],
)
def test_what_an_address_can_not_mean_is_left_out(nonsense: str):
    same = f"CoverageChoice.read({json.dumps(nonsense)}, boot)"

    assert node(same) == node("CoverageChoice.read('', boot)")


def test_an_address_comes_back_as_it_went():
    choice = {
        "kind": "bus_stop",
        "radius": 312.5,
        "region": "community:500199001001",
        "at": "2026-06-30",
        "by": "community",
        "off": ["gaps", "reach"],
    }
    view = {"zoom": 14.25, "lat": 29.55, "lon": 106.55}
    there = f"CoverageChoice.write({json.dumps(choice)}, boot, {json.dumps(view)})"

    assert node(f"CoverageChoice.read({there}, boot)") == {**choice, "view": view}


def test_kinds_are_found_by_name_level_or_code_and_stand_by_level():
    levels = "(level) => ({ community: '社区级', circle_10: '十分钟生活圈' })[level]"

    def found(words: str) -> list[tuple[str, list[str]]]:
        groups = node(f"CoverageChoice.matching(boot.kinds, {json.dumps(words)}, {levels})")
        return [(group["level"], [kind["code"] for kind in group["kinds"]]) for group in groups]

    assert found("") == [
        ("community", ["elderly_station", "health_station"]),
        ("circle_10", ["bus_stop"]),
    ]
    assert found(" 卫生 ") == [("community", ["health_station"])]
    assert found("十分钟") == found("BUS_STOP") == [("circle_10", ["bus_stop"])]
    assert found("没有") == []


def test_every_kind_has_one_character():
    assert MARKS.keys() == facility_kinds().keys()
    assert {len(mark) for mark in MARKS.values()} == {1}
