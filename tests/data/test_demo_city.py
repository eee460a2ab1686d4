"""What stands in the demo city: where it says it stands, and on nothing else."""

from __future__ import annotations

from collections import Counter
from datetime import date

import numpy as np
import pytest
import shapely

from data.demo import DemoCity, demo_city
from gis.coordinates import distance_m
from gis.coverage import homes_of, served_within
from gis.facility_kinds import facility_kinds
from gis.places import BarrierKind, FacilityStatus, GroundKind, PropertyMode, RoadClass

GRID_2026 = "示例·网格 2026"
TREE = (106.5627378, 29.5605277)  # the tree of 胜利花苑 that somebody wants pruned


@pytest.fixture(scope="module")
def city() -> DemoCity:
    return demo_city()


def located(city: DemoCity):
    return [one for one in city.buildings if one.shape is not None]


def shapes(things) -> np.ndarray:
    return np.array([one.shape for one in things], dtype=object)


def in_metres(geometry):
    """Degrees as metres, near enough to tell ten metres from five."""
    return shapely.transform(geometry, lambda xy: xy * (96_909, 110_845))


def named(city: DemoCity, address: str):
    return next(one for one in city.buildings if one.address.endswith(address))


# ---- buildings -----------------------------------------------------------------------------------


def test_there_are_four_thousand_buildings_and_some_that_nobody_has_located(city):
    assert len(city.buildings) == 4000
    assert len(located(city)) == 3940
    assert all((one.point is None) == (one.shape is None) for one in city.buildings)


def test_codes_and_addresses_occur_once(city):
    for things in (city.buildings, city.compounds, city.roads, city.barriers, city.grounds):
        assert len({one.code for one in things}) == len(things)
    assert len({one.address for one in city.buildings}) == 4000
    assert len({one.name for one in city.compounds}) == len(city.compounds)


def test_every_building_lies_wholly_in_the_grid_it_names(city):
    grids = {
        row.code: row.shape for one in city.editions if one.name == GRID_2026 for row in one.rows
    }
    houses = located(city)
    around = np.array([grids[one.grid_code] for one in houses], dtype=object)

    assert np.all(shapely.covers(around, shapes(houses)))
    assert all(one.grid_code in grids for one in city.buildings)


def test_a_building_is_measured_from_a_place_inside_it(city):
    houses = located(city)
    points = shapely.points([(one.point.lon, one.point.lat) for one in houses])

    assert np.all(shapely.covers(shapes(houses), points))
    assert np.all(shapely.is_valid(shapes(houses)))


def test_no_house_stands_on_another(city):
    houses = in_metres(shapes(located(city)))
    first, second = shapely.STRtree(houses).query(houses, "overlaps")
    pairs = first < second
    shared = shapely.area(shapely.intersection(houses[first[pairs]], houses[second[pairs]]))

    assert np.all(shared < 0.5)  # neighbours wall to wall, on a lattice of a centimetre


def test_no_house_stands_on_a_road_in_the_water_or_over_a_cliff(city):
    tree = shapely.STRtree(in_metres(shapes(located(city))))
    for road in city.roads:
        assert not len(tree.query(in_metres(road.line), "dwithin", distance=2.5)), road.code
    water = [one.shape for one in city.grounds if one.name in ("示例江", "清溪河")]
    assert len(water) == 2
    assert not tree.query(in_metres(np.array(water)), "intersects").size
    cliffs = [one.line for one in city.barriers if one.kind is BarrierKind.SLOPE]
    assert cliffs
    assert not tree.query(in_metres(np.array(cliffs)), "dwithin", distance=5).size


def test_a_house_of_a_compound_stands_inside_it_and_carries_its_address(city):
    compounds = {one.code: one for one in city.compounds}
    inside = [one for one in located(city) if one.compound_code]
    around = np.array([compounds[one.compound_code].shape for one in inside])

    assert len(inside) > 900
    assert np.all(shapely.covers(shapely.buffer(around, 3e-6), shapes(inside)))
    for one in inside:
        compound = compounds[one.compound_code]
        assert one.address == f"{compound.address}{compound.name}{one.name}"


def test_compounds_are_managed_by_a_company_or_by_nobody_and_many_are_old(city):
    modes = Counter(one.property_mode for one in city.compounds)
    companies = {one.code for one in city.organisations if one.code.startswith("500199P")}

    assert set(modes) == set(PropertyMode)
    assert modes[PropertyMode.NONE] >= 30
    assert 50 <= sum(one.is_old for one in city.compounds) <= len(city.compounds) - 50
    for one in city.compounds:
        assert (one.property_company is not None) == (one.property_mode is PropertyMode.COMPANY)
        assert one.property_company in companies | {None}


def test_grids_have_as_many_households_as_such_grids_have(city):
    """300–500 where people live in flats, a few far too large, a village group some forty."""
    households = Counter()
    for one in city.buildings:
        households[one.grid_code] += one.households
    town = [
        n for code, n in households.items() if not code[9:12].startswith("2") and "Z" not in code
    ]
    villages = [n for code, n in households.items() if code[9:12].startswith("2")]

    assert 300 <= np.median(town) <= 500
    assert 2 <= sum(n > 1000 for n in town) <= 8
    assert len(villages) == 17
    assert 30 <= min(villages) <= max(villages) <= 60


# ---- the scenarios -------------------------------------------------------------------------------


def test_binhe_road_18_3_is_in_the_first_grid_and_binheyuan_3_in_the_second(city):
    assert named(city, "滨河路18号附3").grid_code == "500199001001001"
    third = named(city, "滨河苑3幢")
    assert third.grid_code == "500199001001002"
    assert third.shape is not None
    standing = in_metres(shapely.Point(106.5621, 29.5610))  # 张, with a phone that is right to 25 m
    assert shapely.distance(standing, in_metres(third.shape)) < 30


def test_within_thirty_metres_of_the_tree_are_buildings_5_and_6_and_no_other(city):
    tree = in_metres(shapely.Point(TREE))
    near = [
        one.address for one in located(city) if shapely.distance(tree, in_metres(one.shape)) <= 30
    ]

    assert [address[-6:] for address in near] == ["胜利花苑5幢", "胜利花苑6幢"]
    assert named(city, "胜利花苑5幢").grid_code == "500199001001002"


# ---- roads and water -----------------------------------------------------------------------------


def test_every_place_on_the_roads_can_be_reached_from_every_other(city):
    """Roads are joined where they share a vertex; a promenade and bridges included."""
    group = {}

    def find(place):
        while group.setdefault(place, place) != place:
            place = group[place]
        return place

    for road in city.roads:
        first, *others = road.line.coords
        for place in others:
            group[find(place)] = find(first)
    assert len({find(place) for place in group}) == 1


def test_roads_cross_the_river_and_the_brook_on_bridges_only(city):
    water = [one.line for one in city.barriers if one.kind is BarrierKind.WATER]
    crossing = [road for road in city.roads if any(road.line.crosses(line) for line in water)]

    assert all(road.bridge for road in crossing)
    assert sorted(road.name for road in crossing) == [
        *("云坪桥", "南环路", "文昌大道", "滨河路", "示例大桥", "跳蹬桥"),
    ]


def test_what_climbs_a_cliff_is_steep_or_steps_or_a_road_of_the_hills(city):
    town = [one.line for one in city.barriers if one.name in ("十八梯崖", "青石崖")]
    climbing = [road for road in city.roads if any(road.line.crosses(line) for line in town)]

    assert len(climbing) >= 8
    assert all(road.steep for road in climbing)
    assert RoadClass.STEPS in {road.road_class for road in climbing}


def test_it_has_what_a_town_has(city):
    assert {road.road_class for road in city.roads} == set(RoadClass)
    assert {one.kind for one in city.grounds} == set(GroundKind)
    assert np.all(shapely.is_valid(shapes(city.grounds)))
    assert {"滨河路", "示例大道", "文昌大道", "胜利路"} <= {road.name for road in city.roads}


# ---- facilities ----------------------------------------------------------------------------------


def test_there_are_sixty_facilities_of_known_kinds_in_every_status(city):
    assert len(city.facilities) == 60
    assert {one.kind for one in city.facilities} <= facility_kinds().keys()
    assert {one.status for one in city.facilities} == set(FacilityStatus)
    assert [one.name for one in city.facilities if one.point is None] == ["学府社区文化活动室"]


def test_an_open_facility_has_hours_and_stands_where_its_building_does(city):
    buildings = {one.code: one for one in city.buildings}
    for one in city.facilities:
        assert bool(one.hours) == (one.status is FacilityStatus.OPEN), one.name
        if one.building_code:
            assert one.point == buildings[one.building_code].point


def test_a_facility_named_for_a_community_stands_in_it(city):
    communities = {row.name: row.shape for row in city.editions[2].rows}
    for one in city.facilities:
        for name, shape in communities.items():
            if one.name.startswith(name) and one.point is not None:
                assert shapely.covers(shape, shapely.Point(one.point.lon, one.point.lat)), one.name


def test_day_care_serves_some_leaves_others_and_a_few_are_unknown(city):
    community_of = {cell.code: cell.code[:12] for cell in city.grids}
    homes = homes_of(city.buildings, {}, community_of)
    answer = served_within(homes, city.facilities, facility_kinds()["elderly_day_care"], 300)
    total = answer.total().households

    assert len(answer.facilities) == 4  # of six: one is being built, one stands idle
    assert total.served > 4000
    assert total.unserved > total.served
    assert 0 < total.unknown < 400
    assert facility_kinds()["elderly_day_care"].standard_on(date(2026, 11, 22)).radius_m == 300


def test_the_brook_keeps_some_apart_who_live_close_by(city):
    """Straight across the water is near, around by the bridges is far: radius alone flatters."""
    brook = next(one.line for one in city.barriers if one.name == "清溪河")
    bridges = [one.line.centroid for one in city.roads if one.bridge]
    west = [o for o in located(city) if o.grid_code.startswith("500199001005") and o.households]
    far = 0
    for one in west:
        across = shapely.line_interpolate_point(
            brook, shapely.line_locate_point(brook, shapely.Point(one.point.lon, one.point.lat))
        )
        if distance_m(one.point.lon, one.point.lat, across.x, across.y) < 120:
            far += all(distance_m(across.x, across.y, b.x, b.y) > 200 for b in bridges)
    assert far >= 10
