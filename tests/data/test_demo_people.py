"""Who serves in the demo: every grid has one, but two on purpose; nobody could be real."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from data.demo import DemoCity, demo_city
from gis.people import (
    BuildingRef,
    OrganisationKind,
    OrganisationRef,
    PostRole,
    RegionRef,
    twice_responsible,
    vacancies,
)

NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)
BEFORE_THE_SPLIT = datetime(2026, 6, 30, 4, tzinfo=UTC)


@pytest.fixture(scope="module")
def city() -> DemoCity:
    return demo_city()


def grids(city: DemoCity, year: int) -> list[RegionRef]:
    edition = next(one for one in city.editions if one.name == f"示例·网格 {year}")
    return [RegionRef("grid", row.code) for row in edition.rows]


def test_a_hundred_and_thirty_people_all_hold_a_post(city):
    assert len(city.members) == 130
    holding = {post.member for post in city.posts if post.held_at(NOW)}
    assert holding == {one.code for one in city.members}


def test_two_grids_are_vacant_on_purpose_and_one_of_them_has_a_substitute(city):
    vacant = vacancies(grids(city, 2026), city.posts, NOW)
    stood_in = {post.place for post in city.posts if post.role is PostRole.SUBSTITUTE}

    assert [grid.code for grid in vacant] == ["500199001002005", "500199002001010"]
    assert stood_in == {vacant[1]}


def test_before_the_split_every_grid_had_its_member(city):
    assert vacancies(grids(city, 2025), city.posts, BEFORE_THE_SPLIT) == []


def test_no_grid_ever_has_two_responsible_members(city):
    assert twice_responsible(city.posts) == []


def test_zhang_and_li_have_the_scenarios_grids(city):
    names = {one.code: one.name for one in city.members}
    held = {
        post.place.code: names[post.member]
        for post in city.posts
        if post.responsible and post.held_at(NOW)
    }

    assert held["500199001001001"] == "张示例"
    assert held["500199001001002"] == "李示例"


def test_every_community_has_a_secretary_and_a_clerk_and_every_grid_a_head(city):
    for role in (PostRole.SECRETARY, PostRole.CLERK):
        held = [post.place.code for post in city.posts if post.role is role]
        assert sorted(held) == sorted(row.code for row in city.editions[2].rows)
    headed = {post.place for post in city.posts if post.role is PostRole.GRID_HEAD}
    assert headed == set(grids(city, 2025))


def test_every_post_is_at_a_place_that_is_there(city):
    there = {
        *(RegionRef(one.level, row.code) for one in city.editions for row in one.rows),
        *(BuildingRef(one.code) for one in city.buildings),
        *(OrganisationRef(one.code) for one in city.organisations),
    }
    assert {post.place for post in city.posts} <= there
    assert {post.role for post in city.posts} >= {
        PostRole.BUILDING_HEAD,
        PostRole.DISPATCHER,
        PostRole.HANDLING_PERSON,
    }


def test_twelve_units_have_two_sections_each_and_somebody_in_every_section(city):
    units = [o for o in city.organisations if o.kind is OrganisationKind.HANDLING_UNIT]
    sections = [o for o in city.organisations if o.kind is OrganisationKind.HANDLING_SECTION]
    manned = {post.place for post in city.posts if post.role is PostRole.HANDLING_PERSON}

    assert len(units) == 12
    assert sorted(one.parent for one in sections) == sorted(2 * [one.code for one in units])
    assert manned == {OrganisationRef(one.code) for one in sections}
    for name in ("环卫所", "城市管理局", "市场监督管理局", "园林绿化所"):
        assert f"示例区{name}" in {one.name for one in units}


def test_organisations_stand_under_organisations_and_act_for_regions_that_are_there(city):
    codes = {one.code for one in city.organisations}
    regions = {RegionRef(one.level, row.code) for one in city.editions for row in one.rows}

    assert len(codes) == len(city.organisations)
    for one in city.organisations:
        assert one.parent is None or one.parent in codes
        assert one.home in regions


def test_nobody_and_no_number_could_be_real(city):
    assert all("示例" in one.name for one in city.members)
    assert len({one.name for one in city.members}) == 130
    phones = [one.phone for one in city.members] + [o.duty_phone for o in city.organisations]
    assert all(phone.startswith("000-0000-") for phone in phones if phone)
