"""The facility kinds: all there, dated, sourced; a mistake in the file is told where it is."""

from __future__ import annotations

from datetime import date

import pytest

from gis.errors import BadFile
from gis.facility_kinds import facility_kinds, read_facility_kinds
from gis.places import ServingLevel

DAY = date(2026, 11, 22)
ONE = """
[[kind]]
code = "health_station"
name = "社区卫生服务站"
level = "community"
[[kind.rule]]
from = 2018-12-01
radius_m = 300
source = "a test"
verified = false
"""


def test_every_kind_has_a_rule_today_with_a_source():
    kinds = facility_kinds()

    assert len(kinds) >= 50
    for kind in kinds.values():
        assert kind.standard_on(DAY) is not None, kind.code
        assert all(rule.source for rule in kind.standards), kind.code


def test_nothing_is_called_verified_that_nobody_compared_with_the_printed_text():
    assert not [
        kind.code for kind in facility_kinds().values() if any(r.verified for r in kind.standards)
    ]


def test_the_community_centre_holds_both_of_its_rules():
    centre = facility_kinds()["community_complex"]

    assert centre.standard_on(date(2019, 12, 31)).min_floor_m2 == 2700
    assert centre.standard_on(DAY).min_floor_m2 == 3000


def test_the_six_functions_are_numbered_once_each():
    six = {kind.basic_function: kind.code for kind in facility_kinds().values()}
    six.pop(None)

    assert six == {
        1: "convenience_centre",
        2: "police_room",
        3: "elderly_day_care",
        4: "health_station",
        5: "culture_room",
        6: "vegetable_shop",
    }


@pytest.mark.parametrize(
    ("code", "level", "radius_m", "minutes", "floor_m2", "land_m2"),
    [
        ("subdistrict_complex", "subdistrict", 1000, 20, 15000, None),
        ("police_station", "subdistrict", 800, 15, 1000, None),
        ("elderly_day_care", "community", 300, 5, 350, None),
        ("health_station", "community", 300, 5, 120, None),
        ("service_post", "compound", 150, 3, None, None),
        ("middle_school", "circle_15", 1000, 15, None, None),
        ("food_market", "circle_10", 500, 10, 750, None),
        ("kindergarten", "circle_5", 300, 5, 3150, None),
        ("small_sports_ground", "circle_5", 300, 5, None, 800),
        ("waste_point", "block", 70, 1, None, None),
        ("embedded_complex", "community", None, 15, 600, None),
        ("police_room", "community", None, None, None, None),
    ],
)
def test_known_values_stand_as_they_were_written_down(
    code, level, radius_m, minutes, floor_m2, land_m2
):
    kind = facility_kinds()[code]
    rule = kind.standard_on(DAY)

    assert kind.level == ServingLevel(level)
    assert (rule.radius_m, rule.minutes) == (radius_m, minutes)
    assert (rule.min_floor_m2, rule.min_land_m2) == (floor_m2, land_m2)


def test_minutes_and_metres_agree_with_the_levels_of_the_life_circle():
    for kind in facility_kinds().values():
        for rule in kind.standards:
            if rule.radius_m and rule.minutes and "minutes" in rule.derived:
                assert 40 <= rule.radius_m / rule.minutes <= 75, kind.code


def test_a_file_of_ones_own_is_read_the_same_way():
    assert read_facility_kinds(ONE)["health_station"].standards[0].radius_m == 300


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ('source = "a test"', "", "source"),
        ('source = "a test"', 'source = ""', "source"),
        ("radius_m = 300", "radius_m = -300", "radius_m"),
        ("radius_m = 300", "radius_m = nan", "radius_m"),
        ("radius_m = 300", 'radius_m = "300"', "radius_m"),
        ("radius_m = 300", "radius = 300", "radius"),
        ("from = 2018-12-01", 'from = "2018-12-01"', "from"),
        ('level = "community"', 'level = "village"', "level"),
        ("verified = false", 'verified = false\nderived = ["minutes"]', "derived"),
        ("verified = false", "", "verified"),
    ],
)
def test_a_mistake_names_the_kind_and_the_field(old, new, field):
    with pytest.raises(BadFile) as told:
        read_facility_kinds(ONE.replace(old, new))

    assert told.value.values == {"kind": "health_station", "field": field}


def test_a_code_given_twice_and_broken_toml_are_told():
    with pytest.raises(BadFile, match="kind=health_station, field=code"):
        read_facility_kinds(ONE + ONE)
    with pytest.raises(BadFile, match=r"error\.facility_kinds"):
        read_facility_kinds("[[kind")
