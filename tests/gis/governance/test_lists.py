"""Inherited lists and the negative list."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gis.governance.lists import (
    ItemFault,
    faults_of,
    forbidden_by,
    item_in_force,
)
from gis.governance.rulebook import rulebook
from gis.matters import Label, MatterClass, PublishedList, TimeLimit, TimeUnit

BOOK = rulebook()
DEFAULT = BOOK.default_list
PRUNING = DEFAULT.items["N01"]


def published(name: str, *items) -> PublishedList:
    return PublishedList(Label(name), {item.category: item for item in items})


def test_the_nearest_list_that_names_the_category_decides_wholly():
    county = published("示例区", replace(PRUNING, handler="council", source="county"))
    community = published("河滨社区", replace(PRUNING, handler="property_company"))
    compound = published("胜利花苑")

    item, by = item_in_force("N01", [compound, community, county, DEFAULT])
    assert (item.handler, by.publisher.zh) == ("property_company", "河滨社区")
    assert item.source == PRUNING.source

    item, by = item_in_force("N01", [compound, county, DEFAULT])
    assert (item.handler, by.publisher.zh) == ("council", "示例区")

    assert item_in_force("N01", [compound, DEFAULT]) == (PRUNING, DEFAULT)


def test_what_no_list_names_has_no_item():
    assert item_in_force("X99", [DEFAULT]) is None
    assert item_in_force("N01", []) is None


def test_entries_of_the_negative_list_are_found_by_category():
    assert forbidden_by("E0101", BOOK.negative).title.zh == "拆迁拆违"
    assert forbidden_by("E0601", BOOK.negative).title.zh == "行政执法"
    assert forbidden_by("N01", BOOK.negative) is None
    assert forbidden_by("E0101", ()) is None


@pytest.mark.parametrize(
    ("category", "change", "handler", "fault"),
    [
        ("N01", {}, "urban_management", ItemFault.OTHER_PARTY),
        ("E0102", {}, "committee", ItemFault.OTHER_PARTY),
        ("V01", {}, "committee", ItemFault.OTHER_PARTY),
        ("N01", {"community_can_act": False}, "committee", ItemFault.WITHOUT_POWER),
        (
            "E0601",
            {"matter_class": MatterClass.MINOR, "community_can_act": True},
            "committee",
            ItemFault.ON_NEGATIVE_LIST,
        ),
    ],
)
def test_an_item_that_breaks_a_rule_is_found(category, change, handler, fault):
    item = replace(DEFAULT.items[category], **change)

    assert faults_of(item, BOOK.handlers[handler], BOOK.negative) == [fault]


def test_a_reply_due_before_the_handling_is_found():
    limit = replace(PRUNING.reply, time=TimeLimit(9, TimeUnit.CALENDAR_DAY))
    late = replace(PRUNING, reply=limit)

    assert faults_of(late, BOOK.handlers["committee"], ()) == [ItemFault.REPLY_TOO_SHORT]


def test_every_fault_of_an_item_is_told():
    item = replace(DEFAULT.items["E0601"], matter_class=MatterClass.PRIVATE)

    assert faults_of(item, BOOK.handlers["committee"], BOOK.negative) == [
        ItemFault.OTHER_PARTY,
        ItemFault.WITHOUT_POWER,
        ItemFault.ON_NEGATIVE_LIST,
    ]
