"""Our own scripts, styles and words: small, complete, and without a way in for foreign text."""

import re
from pathlib import Path
from string import Formatter

import pytest

import maps
from maps.assets import remote_urls
from maps.words import LANGUAGES, words

HOME = Path(maps.__file__).parent
SCRIPTS = sorted((HOME / "static").glob("*.js"))
PYTHON = sorted(HOME.glob("*.py"))
TEMPLATES = sorted((HOME / "templates").glob("*.html"))

# Ways by which text becomes markup or script, or a page reaches another origin.
BANNED = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|createContextualFragment|document\.write"
    r"|\beval\(|new Function|\.html\(|javascript:|https?://"
)
FOLIUM_TEXT = re.compile(
    r"folium\.(Popup|Tooltip|Icon|DivIcon|LayerControl)|GeoJsonTooltip|GeoJsonPopup|folium\.Marker"
)


def code_lines(script: Path) -> list[str]:
    text = re.sub(r"/\*.*?\*/", "", script.read_text(encoding="utf-8"), flags=re.S)
    return [line for line in text.splitlines() if line.strip()]


# Words of the field map whose names the service gives: inputs of steps and their choices, limits.
STEP_WORDS = tuple(
    f"page.field.{name}_"
    for name in ("need", "return_reason", "private_way", "unit", "left", "late", "urgency")
)

# Lines of code: what every page may load or the first ones do, and what each later page adds.
BUDGETS = {
    "audit": 215,
    "coverage": 460,
    "draw": 140,
    "editions": 350,
    "field-place": 60,
    "field-step": 60,
    "field": 800,
    "nets-dispute": 110,
    "nets": 340,
    "proposals": 700,
    "region-choice": 40,
    "": 660,
}


def page_of(script: Path) -> str:
    name = script.name.replace("meeting", "coverage")
    return next(page for page in BUDGETS if name.startswith(page))


@pytest.mark.parametrize("page", BUDGETS)
def test_the_scripts_of_a_page_keep_to_its_budget(page):
    assert sum(len(code_lines(s)) for s in SCRIPTS if page_of(s) == page) < BUDGETS[page]


def test_a_person_can_read_our_scripts():
    long = [
        (s.name, line) for s in SCRIPTS for line in s.read_text().splitlines() if len(line) > 100
    ]
    assert long == []


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_no_script_turns_text_into_markup_or_names_another_origin(script):
    assert BANNED.findall(script.read_text(encoding="utf-8")) == []


def test_nothing_of_folium_that_takes_text_is_used():
    assert [p.name for p in PYTHON if FOLIUM_TEXT.search(p.read_text(encoding="utf-8"))] == []


def test_no_style_sheet_asks_anybody_and_no_template_has_inline_styles():
    sheets = [sheet.read_text(encoding="utf-8") for sheet in (HOME / "static").glob("*.css")]
    assert [remote_urls(sheet) for sheet in sheets] == [[]] * len(sheets)
    assert [t.name for t in TEMPLATES if re.search(r"\sstyle=|\son\w+=", t.read_text())] == []


def gaps(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


def test_both_languages_have_the_same_words_with_the_same_gaps():
    chinese, english = (words(language) for language in LANGUAGES)
    assert sorted(chinese) == sorted(english)
    assert {k: gaps(v) for k, v in chinese.items()} == {k: gaps(v) for k, v in english.items()}
    assert [k for k in chinese if not chinese[k].strip() or not english[k].strip()] == []


def test_english_words_hold_no_chinese_but_the_name_of_the_language():
    left = {k for k, v in words("en").items() if re.search(r"[\u3400-\u9fff]", v)}
    assert left == {"page.common.other_language"}


def test_every_word_that_pages_ask_for_exists_and_every_word_of_theirs_is_asked_for():
    asked = set()
    for file in [*SCRIPTS, *TEMPLATES, *PYTHON, *HOME.parent.glob("api/**/*.py")]:
        text = file.read_text(encoding="utf-8")
        asked |= set(re.findall(r"""["']((?:map|page)\.[a-z_0-9.]*[a-z0-9])["']""", text))
    field = "".join(s.read_text(encoding="utf-8") for s in SCRIPTS if s.name.startswith("field"))
    asked |= {f"page.field.{name}" for name in re.findall(r"\bw\('([a-z_]+[a-z])'", field)}
    begun = {f"page.field.{name}" for name in re.findall(r"'([a-z]+_)' \+", field)}
    facts = re.findall(r"\['([a-z_]+)', ", field)
    asked |= {key for key in words("en") if key.startswith((*begun, *STEP_WORDS))}
    asked |= {f"page.field.fact_{name}" for name in facts} & set(words("en"))
    layers = re.findall(r"for layer in \(([^)]*)\)", (HOME / "templates/coverage.html").read_text())
    asked |= {f"page.coverage.layer_{name}" for name in re.findall(r"'(\w+)'", layers[0])}
    asked |= {f"page.coverage.number_{n}" for n in ("served", "unserved", "unknown", "good")}
    facts = re.findall(r"for fact in \(([^)]*)\)", (HOME / "templates/regions.html").read_text())
    asked -= {"page.html", "page.js"}
    asked |= {f"map.fact_{name}" for name in re.findall(r"'(\w+)'", facts[0])}
    known = {key for key in words("en") if key.startswith(("map.", "page."))}
    assert asked - known == set()
    assert {key for key in known - asked if not key.startswith("map.level.")} == set()
