"""Every page in every language: whole, deterministic, light to import."""

import json
import re
import subprocess
import sys
from datetime import date

import pytest

from gis.facility_kinds import facility_kinds
from maps import pages
from maps.coverage_page import coverage_page, first_kind
from maps.navigation import PAGES
from maps.words import LANGUAGES

LEVELS: list[pages.LevelChoice] = [
    {"code": "grid", "name": "网格", "rank": 60, "overlay": False, "count": 100}
]
HOSTILE = "</script><img src=x onerror=alert(1)> `${7*7}` http://elsewhere.example/"


def make(name: str, language: str) -> str:
    if name == "regions":
        return pages.regions_page(
            language=language,
            nonce="n0",
            levels=LEVELS,
            today=date(2026, 11, 22),
            bounds=(106.5, 29.5, 106.6, 29.6),
            edition_count=1,
            review_no=HOSTILE,
            account_name=HOSTILE,
        )
    if name == "coverage":
        return coverage_page(
            language=language,
            nonce="n0",
            kinds=list(facility_kinds().values()),
            open_by_kind={"bus_stop": 3},
            today=date(2026, 11, 22),
            bounds=None,
            review_no=HOSTILE,
            account_name=HOSTILE,
            open_pages=PAGES,
        )
    if name == "error":
        return pages.error_page(language=language, nonce="n0", title=HOSTILE, text=HOSTILE)
    page = {"sign-in": pages.sign_in_page, "docs": pages.docs_page}[name]
    return page(language=language, nonce="n0")


ALL = pytest.mark.parametrize("name", ["regions", "coverage", "sign-in", "docs", "error"])
EACH_LANGUAGE = pytest.mark.parametrize("language", LANGUAGES)


@ALL
@EACH_LANGUAGE
def test_a_page_has_language_title_one_heading_and_lets_the_reader_zoom(name, language):
    html = make(name, language)
    assert f'<html lang="{language}">' in html
    assert html.count("<h1") == 1
    assert re.search(r"<title>[^<]+</title>", html)
    viewport = re.search(r'name="viewport" content="([^"]+)"', html)
    assert viewport
    assert "scalable" not in viewport[1]
    assert "maximum-scale" not in viewport[1]
    assert len(html.encode()) < (40_000 if name == "coverage" else 20_000)  # it brings 54 kinds


@ALL
def test_two_renders_of_a_page_are_equal(name):
    assert make(name, "zh-CN") == make(name, "zh-CN")


@ALL
def test_text_from_people_never_becomes_markup(name):
    html = make(name, "en")
    assert "<img src=x" not in html
    assert html.count("</script>") == html.count("<script")


def test_text_from_people_reaches_the_map_page_whole_as_data():
    html = make("regions", "en")
    boot = json.loads(re.search(r'id="boot"[^>]*>(.*?)</script>', html, re.S)[1])
    assert boot["account"] == boot["reviewNo"] == HOSTILE
    assert boot["levels"] == LEVELS
    assert boot["words"]["map.legend"] == "Legend"


def test_the_coverage_map_begins_with_the_kind_that_has_most_open_facilities():
    kinds, day = list(facility_kinds().values()), date(2026, 11, 22)

    assert first_kind(kinds, {"bus_stop": 3, "health_station": 4}, day) == "health_station"
    assert first_kind(kinds, {"police_room": 9}, day) == "elderly_station"  # it has no radius


def test_the_way_between_pages_names_the_present_one_and_only_those_to_be_opened():
    html = make("coverage", "zh-CN")

    assert html.count('<a href="/coverage" aria-current="page">覆盖</a>') == 2
    assert 'class="pages"' not in make("regions", "zh-CN")


def test_without_bounds_the_map_shows_china():
    html = pages.regions_page(
        language="zh-CN",
        nonce="n0",
        levels=[],
        today=date(2026, 11, 22),
        bounds=None,
        edition_count=0,
        review_no=None,
        account_name="a",
    )
    assert f'"bounds":{json.dumps(list(pages.CHINA)).replace(" ", "")}' in html


def test_neither_folium_nor_jinja_is_imported_before_a_page_needs_it():
    code = (
        "import sys, maps.pages as pages\n"
        "assert not {'folium', 'jinja2', 'branca'} & set(sys.modules)\n"
        "pages.sign_in_page(language='en', nonce='n')\n"
        "assert 'folium' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
