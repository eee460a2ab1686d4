"""Nouns of places: which rule about a facility holds on a day."""

from __future__ import annotations

from datetime import date

from gis.places import FacilityKind, FacilityStandard, ServingLevel


def standard(since: date, floor: float, **more: object) -> FacilityStandard:
    return FacilityStandard(since, "a test", verified=False, min_floor_m2=floor, **more)


def kind(*standards: FacilityStandard) -> FacilityKind:
    return FacilityKind("community_complex", "社区综合服务中心", ServingLevel.COMMUNITY, standards)


def test_two_rules_of_different_years_are_both_kept_and_the_newer_one_holds_from_its_day():
    centre = kind(standard(date(2019, 4, 16), 2700), standard(date(2021, 1, 1), 3000))

    assert centre.standard_on(date(2019, 4, 15)) is None
    assert centre.standard_on(date(2020, 12, 31)).min_floor_m2 == 2700
    assert centre.standard_on(date(2021, 1, 1)).min_floor_m2 == 3000


def test_a_rule_that_ended_gives_way_to_the_older_one_that_still_holds():
    ended = standard(date(2021, 1, 1), 3000, valid_to=date(2022, 1, 1))
    centre = kind(standard(date(2019, 4, 16), 2700), ended)

    assert centre.standard_on(date(2021, 12, 31)).min_floor_m2 == 3000
    assert centre.standard_on(date(2022, 1, 1)).min_floor_m2 == 2700


def test_a_jurisdictions_own_rule_comes_before_a_newer_default_and_counts_nowhere_else():
    own = standard(date(2019, 1, 1), 700, jurisdiction="贵州")
    centre = kind(standard(date(2020, 1, 1), 350), own)

    assert centre.standard_on(date(2026, 1, 1), "贵州").min_floor_m2 == 700
    assert centre.standard_on(date(2026, 1, 1), "安徽").min_floor_m2 == 350
    assert centre.standard_on(date(2026, 1, 1)).min_floor_m2 == 350
