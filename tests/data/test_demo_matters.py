"""The demo's matters: of every kind and stage, never of tomorrow, the same from every run."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
import shapely

from data.demo import DemoCity, DemoMatter, Reached, demo_city, demo_matters
from data.demo.sayings import SAYINGS

NOW = datetime(2026, 11, 22, 0, 40, tzinfo=UTC)


@pytest.fixture(scope="module")
def city() -> DemoCity:
    return demo_city()


@pytest.fixture(scope="module")
def matters(city: DemoCity) -> list[DemoMatter]:
    return demo_matters(city, NOW)


def test_there_are_three_hundred_at_every_stage_and_of_every_kind(matters):
    assert len(matters) == len({one.key for one in matters}) == 300
    assert {one.reached for one in matters} == set(Reached)
    assert len({one.category for one in matters}) >= 30
    assert {one.category[0] for one in matters} == set("ECNV")
    assert len({one.channel for one in matters}) == 7


def test_they_were_seen_by_day_in_the_sixty_days_before_now_oldest_first(matters):
    seen = [one.observed_at for one in matters]

    assert all(NOW - timedelta(days=60.5) <= one <= NOW for one in seen)
    assert all(7 <= one.hour < 21 for one in seen)
    assert max(one for one in seen) > NOW - timedelta(days=2)
    assert seen[0] < seen[150] < seen[-1]


def test_the_older_the_further_they_got_and_a_few_stayed_behind(matters):
    old = [one for one in matters if one.observed_at < NOW - timedelta(days=20)]
    new = [one for one in matters if one.observed_at > NOW - timedelta(days=5)]

    assert sum(one.reached is Reached.CLOSED for one in old) > 0.8 * len(old)
    assert any(one.reached is not Reached.CLOSED for one in old)
    assert sum(one.reached is not Reached.CLOSED for one in new) > 0.6 * len(new)


def test_the_scenarios_two_grids_have_enough_to_do_for_a_picture(city, matters):
    by_code = {one.code: one for one in city.buildings}
    grids = {row.code: row.shape for row in city.editions[4].rows}
    open_in = Counter()
    for one in matters:
        if one.reached is Reached.CLOSED:
            continue
        for code in ("500199001001001", "500199001001002"):
            house = by_code.get(one.building or "")
            at = one.point and shapely.Point(one.point.lon, one.point.lat)
            open_in[code] += bool(
                (house and house.grid_code == code) or (at and grids[code].covers(at))
            )
    assert min(open_in.values()) >= 4, open_in


def test_a_place_is_a_point_with_its_error_or_a_building_or_nothing(city, matters):
    codes = {one.code for one in city.buildings}
    kinds = Counter()
    for one in matters:
        assert (one.point is None) == (one.accuracy_m is None)
        assert one.point is None or one.building is None
        assert one.building is None or one.building in codes
        kinds["point" if one.point else "building" if one.building else "words"] += 1
    assert kinds["point"] > 150
    assert kinds["building"] > 30
    assert kinds["words"] > 10
    assert {one.accuracy_m for one in matters} > {8.0, 60.0}


def test_nearly_all_points_lie_in_the_county(city, matters):
    county = city.editions[0].rows[0].shape
    points = [shapely.Point(one.point.lon, one.point.lat) for one in matters if one.point]

    assert sum(county.covers(point) for point in points) >= len(points) - 3


def test_a_member_reports_on_patrol_only_and_nobodys_number_could_be_real(city, matters):
    members = {one.code for one in city.members}
    for one in matters:
        assert one.reporter is None or (one.channel == "patrol" and one.reporter in members)
        if one.contact:
            assert one.contact[0].startswith("示例居民")
            assert one.contact[1].startswith("000-0001-")
    assert sum(one.contact is not None for one in matters) > 40


def test_texts_are_whole_and_various(matters):
    assert not any("{" in one.text or "}" in one.text for one in matters)
    assert len({one.text for one in matters}) > 240
    assert all(weight > 0 and texts for weight, _, texts in SAYINGS.values())


def test_another_day_moves_them_and_changes_nothing_else(city, matters):
    later = demo_matters(city, NOW + timedelta(days=10))

    assert [one.observed_at - timedelta(days=10) for one in later] == [
        one.observed_at for one in matters
    ]
    assert [(one.key, one.text, one.point) for one in later] == [
        (one.key, one.text, one.point) for one in matters
    ]
