"""Who is served within a radius: on the ground, by open facilities, the unknown as unknown."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from gis.coverage import (
    NO_REGION,
    Homes,
    Parts,
    circle_on_ground,
    homes_of,
    radius_on,
    served_within,
)
from gis.errors import BadInput
from gis.facility_kinds import facility_kinds
from gis.model import Point
from gis.places import Building, Facility, FacilityStatus, ServingLevel

GEOD = Geod(a=6378137, rf=298.257222101)
DAY_CARE = facility_kinds()["elderly_day_care"]
ELDERLY_CENTRE = facility_kinds()["elderly_centre"]
CENTRE = Point(106.561, 29.561)
DAY = date(2026, 11, 22)


def away(metres: float, turn: float = 0.0, start: Point = CENTRE) -> Point:
    lon, lat, _ = GEOD.fwd(start.lon, start.lat, turn, metres)
    return Point(lon, lat)


def facility(code: str = "F1", place: Point | None = CENTRE, **other: object) -> Facility:
    given = {"kind": DAY_CARE.code, "status": FacilityStatus.OPEN} | other
    return Facility(code=code, name=code, point=place, **given)


def building(code: str, households: int, point: Point | None, grid: str = "G1") -> Building:
    return Building(code, code, code, households, point, grid_code=grid)


def homes(*buildings: Building) -> Homes:
    return homes_of(buildings, {}, {"G1": "C1", "G2": "C1", "G3": "C2"})


def served(*buildings: Building, facilities: list[Facility] | None = None, radius_m: float = 300):
    given = [facility()] if facilities is None else facilities
    return served_within(homes(*buildings), given, DAY_CARE, radius_m)


# ---- scenario D: the planner ---------------------------------------------------------------------

PLANNERS_FOUR = (
    building("B1", 120, away(250, 10)),
    building("B2", 200, away(260, 95)),
    building("B3", 100, away(520, 200), "G2"),
    building("B4", 60, None, "G3"),
)


def test_the_planners_four_buildings_come_out_by_radius():
    answer = served(*PLANNERS_FOUR)
    total = answer.total().households

    assert (total.served, total.unserved, total.unknown) == (320, 100, 60)
    assert total.whole == 480
    assert total.percent == (66.7, 20.8, 12.5)
    assert [one.served for one in answer.by_building()] == [True, True, False, None]


def test_each_of_the_planners_classes_has_the_share_the_sheet_says():
    """On foot only B1 is reached: both 25.0, radius only 41.7, neither 20.8, unknown 12.5."""
    inside = served(*PLANNERS_FOUR).served
    on_foot = np.array([True, False, False, False])
    households = np.array([120, 200, 100, 60])

    assert round(100 * households[inside & on_foot].sum() / 480, 1) == 25.0
    assert round(100 * households[inside & ~on_foot].sum() / 480, 1) == 41.7
    assert served(*PLANNERS_FOUR).total().households.percent[1:] == (20.8, 12.5)


@pytest.mark.parametrize("status", [s for s in FacilityStatus if s is not FacilityStatus.OPEN])
def test_built_but_not_open_serves_nobody_and_the_unknown_stay_unknown(status):
    total = served(*PLANNERS_FOUR, facilities=[facility(status=status)]).total().households

    assert (total.served, total.unserved, total.unknown) == (0, 420, 60)


def test_its_radius_today_is_three_hundred_metres_and_a_kind_without_one_says_so():
    assert radius_on(DAY_CARE, DAY) == 300
    with pytest.raises(BadInput, match=r"error\.no_service_radius"):
        radius_on(facility_kinds()["police_room"], DAY)
    with pytest.raises(BadInput, match=r"error\.no_service_radius"):
        radius_on(DAY_CARE, date(2010, 1, 1))


# ---- on the ground -------------------------------------------------------------------------------


@settings(max_examples=80, deadline=None)
@given(
    lon=st.floats(74, 134),
    lat=st.floats(4, 53),
    turn=st.floats(0, 360),
    radius_m=st.sampled_from([70.0, 150.0, 300.0, 500.0, 1000.0, 1500.0]),
    beside_m=st.sampled_from([-1e-4, -1e-5, 1e-5, 1e-4]),
)
def test_the_rim_is_where_the_geodesic_has_it_to_a_hundredth_of_a_millimetre(
    lon, lat, turn, radius_m, beside_m
):
    middle = Point(lon, lat)
    home = building("B", 1, away(radius_m + beside_m, turn, middle))
    answer = served(home, facilities=[facility(place=middle)], radius_m=radius_m)

    assert answer.served[0] == (beside_m < 0)


def test_a_radius_of_the_web_map_would_have_been_another_one():
    """500 m there are 435 m on the ground; and a degree east is shorter than one north."""
    assert served(building("B", 1, away(499, 90)), radius_m=500).served[0]
    assert served(building("B", 1, away(499, 0)), radius_m=500).served[0]
    assert not served(building("B", 1, away(501, 90)), radius_m=500).served[0]
    assert not served(building("B", 1, away(501, 0)), radius_m=500).served[0]


def test_the_drawn_circle_has_its_corners_on_the_ground_circle():
    circle = circle_on_ground(CENTRE, 1000)
    lon, lat = shapely.get_coordinates(circle).T
    metres = GEOD.inv(np.full(len(lon), CENTRE.lon), np.full(len(lon), CENTRE.lat), lon, lat)[2]

    assert circle.is_valid
    assert circle.exterior.is_ccw
    assert np.max(np.abs(metres - 1000)) < 0.01
    assert abs(GEOD.geometry_area_perimeter(circle)[0] / (np.pi * 1000**2) - 1) < 0.001


def test_the_outline_joins_circles_that_touch_and_keeps_the_others_apart():
    near, far = facility("F2", away(400, 90)), facility("F3", away(5000, 90))
    answer = served(building("B", 1, CENTRE), facilities=[facility(), near, far])

    assert len(answer.circles()) == 3
    assert len(answer.outline().geoms) == 2
    assert served(building("B", 1, CENTRE), facilities=[]).outline().is_empty


# ---- which facilities count ----------------------------------------------------------------------


def test_a_facility_of_a_higher_level_does_not_stand_in_for_the_lower_one():
    larger = facility(kind=ELDERLY_CENTRE.code)
    lent = facility(level=ServingLevel.SUBDISTRICT)
    own = facility(level=ServingLevel.COMMUNITY)
    home = building("B", 1, CENTRE)

    assert not served(home, facilities=[larger]).served[0]
    assert not served(home, facilities=[lent]).served[0]
    assert served(home, facilities=[own]).served[0]
    assert served_within(homes(home), [larger], ELDERLY_CENTRE, 1000).served[0]


def test_an_open_facility_that_nobody_located_is_told_and_serves_nobody():
    answer = served(building("B", 1, CENTRE), facilities=[facility(place=None)])

    assert [one.code for one in answer.unplaced] == ["F1"]
    assert answer.total().households == Parts(0, 1, 0)


def test_the_nearest_is_named_also_beyond_the_radius_and_of_equals_the_lowest_code():
    west, east = facility("F2", away(300, 270)), facility("F1", away(300, 90))
    far = building("B2", 3, away(900, 270))
    answer = served(building("B1", 1, CENTRE), far, facilities=[west, east])
    first, second = answer.by_building()

    assert (first.facility, first.served, round(first.distance_m, 3)) == ("F1", True, 300.0)
    assert (second.facility, second.served, round(second.distance_m, 3)) == ("F2", False, 600.0)


def test_without_any_open_facility_nobody_has_a_nearest_one():
    one = next(served(building("B", 1, CENTRE), facilities=[]).by_building())

    assert (one.served, one.facility, one.distance_m) == (False, None, None)


@pytest.mark.parametrize("radius_m", [0, -1, float("nan"), float("inf"), 50_001])
def test_a_radius_that_cannot_be_is_refused(radius_m):
    with pytest.raises(BadInput, match=r"error\.bad_radius"):
        served(building("B", 1, CENTRE), radius_m=radius_m)


# ---- sums and shares -----------------------------------------------------------------------------


def test_sums_by_grid_and_community_are_the_buildings_own():
    far = away(2000)
    answer = served(
        building("B1", 10, CENTRE, "G1"),
        building("B2", 20, far, "G1"),
        building("B3", 30, None, "G2"),
        building("B4", 40, CENTRE, "G3"),
        building("B5", 5, far, "G9"),
        building("shop", 0, far, "G1"),
    )

    assert {code: one.households for code, one in answer.by_grid().items()} == {
        "G1": Parts(10, 20, 0),
        "G2": Parts(0, 0, 30),
        "G3": Parts(40, 0, 0),
        "G9": Parts(0, 5, 0),
    }
    assert {code: one.households for code, one in answer.by_community().items()} == {
        NO_REGION: Parts(0, 5, 0),
        "C1": Parts(10, 20, 30),
        "C2": Parts(40, 0, 0),
    }
    assert answer.by_grid()["G1"].buildings == Parts(1, 1, 0)


def test_gaps_are_the_inhabited_ones_left_out_most_households_first():
    far = away(2000)
    answer = served(
        building("B1", 5, far),
        building("B2", 9, far),
        building("B0", 5, far),
        building("shop", 0, far),
        building("B3", 99, None),
    )

    assert [one.building for one in answer.gaps()] == ["B2", "B0", "B1"]


@given(st.lists(st.integers(0, 10**6), min_size=3, max_size=3))
def test_the_three_shares_are_a_hundred_together_and_none_hides(counts):
    parts = Parts(*counts)
    shares = parts.per_mille
    if not any(counts):
        assert shares is None
        return
    assert sum(shares) == 1000
    for count, share in zip(counts, shares, strict=True):
        assert (share == 0) == (count == 0)
        assert abs(share - 1000 * count / parts.whole) <= 2


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 80), st.integers(0, 8))
def test_every_sum_adds_up_to_the_whole(seed, buildings, facilities):
    random = np.random.default_rng(seed)
    places = [
        None if random.random() < 0.2 else away(2000 * random.random(), 360 * random.random())
        for _ in range(buildings + facilities)
    ]
    answer = served(
        *(
            building(f"B{n}", int(random.integers(0, 50)), place, f"G{random.integers(1, 5)}")
            for n, place in enumerate(places[:buildings])
        ),
        facilities=[facility(f"F{n}", place) for n, place in enumerate(places[buildings:])],
    )
    total = answer.total()

    assert total.households.whole == int(answer.homes.households.sum())
    assert np.all(answer.served.astype(int) + answer.unserved + answer.unknown == 1)
    for grouped in (answer.by_grid(), answer.by_community()):
        for part in ("served", "unserved", "unknown"):
            assert sum(getattr(one.households, part) for one in grouped.values()) == getattr(
                total.households, part
            )
            assert sum(getattr(one.buildings, part) for one in grouped.values()) == getattr(
                total.buildings, part
            )


def test_a_building_given_a_grid_by_its_place_stays_with_it():
    columns = homes_of(
        [building("B1", 1, CENTRE, "G1"), building("B2", 1, CENTRE, "")], {"B1": "G2"}, {}
    )

    assert list(columns.grid) == ["G2", NO_REGION]
