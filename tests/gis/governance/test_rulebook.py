"""The rules that come with the service, and files of rules that are wrong."""

from __future__ import annotations

import json
import re
from functools import cache
from itertools import chain
from pathlib import Path

import pytest

from gis.errors import BadFile
from gis.governance.lists import faults_of
from gis.governance.rulebook import FILE, read_rulebook, rulebook
from gis.matters import (
    PARTY_OF,
    CategoryKind,
    Deliberable,
    MatterClass,
    TimeLimit,
    TimeUnit,
    Urgency,
)

BOOK = rulebook()
ITEMS = BOOK.default_list.items
TEXT = FILE.read_text(encoding="utf-8")
STRINGS = Path(__file__).parents[3] / "maps" / "strings"


def test_the_usual_categories_are_there_with_their_classes():
    by_class = {
        klass: [code for code, item in ITEMS.items() if item.matter_class is klass]
        for klass in MatterClass
    }

    assert by_class[MatterClass.MINOR] == [f"N0{n}" for n in range(1, 10)]
    assert by_class[MatterClass.PRIVATE] == ["V01", "V02", "V03"]
    assert len(by_class[MatterClass.MAJOR]) == 27
    assert ITEMS.keys() == BOOK.categories.keys()


def test_who_acts_follows_from_the_class():
    for item in ITEMS.values():
        handler = BOOK.handlers[item.handler]
        assert handler.party is PARTY_OF[item.matter_class]
        assert faults_of(item, handler, BOOK.negative) == []


def test_what_the_community_has_no_power_over_is_major():
    assert all(
        item.matter_class is MatterClass.MAJOR
        for item in ITEMS.values()
        if not item.community_can_act
    )
    assert not ITEMS["E0601"].community_can_act


def test_the_first_action_is_two_clock_hours_when_urgent_and_a_working_day_otherwise():
    first = BOOK.defaults.first_action

    assert first[Urgency.URGENT].time == TimeLimit(2, TimeUnit.CLOCK_HOUR)
    assert first[Urgency.NORMAL].time == TimeLimit(1, TimeUnit.WORKING_DAY)
    assert BOOK.defaults.acknowledge[Urgency.NORMAL].time == TimeLimit(2, TimeUnit.WORKING_HOUR)


def test_every_limit_names_its_source_and_none_claims_to_be_verified():
    limits = chain.from_iterable(
        (one.handling, one.reply, one.first_action, one.acknowledge, one.deliberation)
        for one in ITEMS.values()
    )
    for limit in limits:
        assert limit is None or (limit.source and not limit.verified)
    assert all(item.source and not item.verified for item in ITEMS.values())


def test_minor_matters_have_a_time_to_deliberate_and_others_none():
    for item in ITEMS.values():
        assert (item.deliberation is not None) == (item.matter_class is MatterClass.MINOR)
        assert item.deliberable is not Deliberable.YES or item.matter_class is MatterClass.MINOR


def test_duplicates_are_looked_for_in_public_matters_only():
    assert all((BOOK.categories[code].duplicate is None) for code in ("V01", "V02", "V03", "N02"))
    assert BOOK.categories["C0101"].kind is CategoryKind.COMPONENT
    assert BOOK.categories["C0101"].duplicate.radius_m < BOOK.categories["E0102"].duplicate.radius_m


def test_nothing_is_dispatched_by_itself_unless_a_deployment_approves_it():
    assert not any(item.auto for item in ITEMS.values())


def test_escalation_climbs_one_level_at_a_time():
    assert [(step.level, step.after and step.after.amount) for step in BOOK.escalation] == [
        ("community", None),
        ("subdistrict", 1),
        ("county", 3),
    ]


MISTAKES = [
    (
        'unit = "working_hour", source = "city_a"',
        'unit = "workinghour", source = "city_a"',
        "rules_choice",
        "categories.E0102.handling.unit",
    ),
    (
        'amount = 4, unit = "working_hour", source = "city_a"',
        'amount = 0, unit = "working_hour", source = "city_a"',
        "rules_number",
        "categories.E0102.handling.amount",
    ),
    (
        'amount = 4, unit = "working_hour", source = "city_a"',
        'amount = true, unit = "working_hour", source = "city_a"',
        "rules_type",
        "categories.E0102.handling.amount",
    ),
    (
        'amount = 4, unit = "working_hour", source = "city_a"',
        'amount = 2001, unit = "working_hour", source = "city_a"',
        "rules_most",
        "categories.E0102.handling.amount",
    ),
    (
        'unit = "working_hour", source = "city_a"',
        'unit = "working_hour", source = "city_b"',
        "rules_choice",
        "categories.E0102.handling.source",
    ),
    (
        'unit = "working_hour", source = "city_a"',
        'unit = "working_hour"',
        "rules_missing",
        "categories.E0102.handling.source",
    ),
    ('name = "暴露垃圾"', 'nmae = "暴露垃圾"', "rules_missing", "categories.E0102.name"),
    ('name = "暴露垃圾"', 'name = ""', "rules_missing", "categories.E0102.name"),
    (
        'name = "暴露垃圾"',
        'name = "暴露垃圾"\nnote = "?"',
        "rules_unknown",
        "categories.E0102.note",
    ),
    ('handler = "sanitation"', 'handler = "sanitary"', "rules_choice", "categories.E0102.handler"),
    ('handler = "sanitation"', 'handler = "committee"', "rules_other_party", "categories.E0102"),
    ('words = ["垃圾"', 'words = ["垃圾", "渣土"', "rules_word_twice", "categories.E0103.words"),
    ('words = ["垃圾"', 'words = ["垃圾+"', "rules_missing", "categories.E0102.words"),
    ('words = ["垃圾"', "words = [1", "rules_type", "categories.E0102.words"),
    (
        'categories = ["E0101"]',
        'categories = ["E0199"]',
        "rules_category",
        "negative[2].categories",
    ),
    ('categories = ["E0101"]', 'categories = ["N01"]', "rules_on_negative_list", "categories.N01"),
    ('spans = "09:00-12:00', 'spans = "9am-12', "rules_hours", "service_hours.spans"),
    (
        "after = { amount = 3, unit",
        "after = { amount = 1, unit",
        "rules_order",
        "escalation[3].after",
    ),
    (
        'amount = 30, unit = "working_day"',
        'amount = 10, unit = "working_day"',
        "rules_reply_too_short",
        "categories.E0101",
    ),
    (
        "[defaults.deliberation]",
        "[defaults.deliberating]",
        "rules_missing",
        "defaults.deliberation.minor",
    ),
    ("[handlers]", "[handler]", "rules_missing", "handlers"),
    ("[conduct]", "[behaviour]", "rules_missing", "conduct.reply"),
    ("[urgent_words]", "[urgentwords]", "rules_unknown", "urgentwords"),
]


@cache
def told(good: str, bad: str, place: str) -> BadFile:
    """What is said about the rules with one thing changed."""
    start = TEXT.index("[categories.E0102]") if place.startswith("categories.E0102") else 0
    broken = TEXT[:start] + TEXT[start:].replace(good, bad, 1)
    assert broken != TEXT
    with pytest.raises(BadFile) as caught:
        read_rulebook(broken)
    return caught.value


@pytest.mark.parametrize(("good", "bad", "key", "place"), MISTAKES)
def test_a_mistake_stops_the_start_and_names_its_place(good, bad, key, place):
    wrong = told(good, bad, place)

    assert (wrong.key, wrong.values["place"]) == (f"error.{key}", place)


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_mistake_has_a_sentence_that_can_be_filled(language):
    sentences = json.loads((STRINGS / f"{language}.json").read_text(encoding="utf-8"))

    for good, bad, key, place in MISTAKES:
        said = sentences[f"error.{key}"].format_map(told(good, bad, place).values)
        assert place in said
        assert "rulebook.toml" in said


def test_a_file_that_isnt_toml_is_told_with_its_line():
    with pytest.raises(BadFile) as caught:
        read_rulebook("[handlers\n")
    assert caught.value.key == "error.rules_syntax"
    assert re.search(r"line 1", str(caught.value.values["detail"]))


def test_the_rules_are_read_once():
    assert rulebook() is BOOK
