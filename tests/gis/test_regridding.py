"""Proposed grids: together the community, what is one kept whole, balanced where that allows."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from shapely import LineString, MultiPolygon

from data.demo import demo_city
from gis.coordinates import area_m2, to_lattice
from gis.model import Point
from gis.partition import LEAST, MOST
from gis.places import RoadClass
from gis.regridding import Proposed, Regridding, WhyNot, regrid
from gis.regridding_blocks import Ground, Unit

WEST, SOUTH, STEP = 121.48, 31.23, 0.0005  # about 50 m


def area(west: float, south: float, east: float, north: float) -> MultiPolygon:
    """A rectangle in steps from the south-west corner."""
    corners = np.array([west, south, east, north]) * STEP + [WEST, SOUTH, WEST, SOUTH]
    return MultiPolygon([to_lattice(shapely.box(*corners))])


def line(*places: tuple[float, float]) -> LineString:
    return to_lattice(LineString(np.array(places) * STEP + [WEST, SOUTH]))


def house(right: float, up: float, households: float = 50, compound: str | None = None) -> Unit:
    code = f"{right}-{up}"
    return Unit(code, Point(WEST + right * STEP, SOUTH + up * STEP), households, compound)


def houses(across: int, up: int, households: float = 50) -> list[Unit]:
    return [house(x + 0.5, y + 0.5, households) for x in range(across) for y in range(up)]


def assert_is_the_community(proposed: Regridding, ground: Ground) -> None:
    """No gap, no overlap, nothing lost: but for the rounding where lines meet the edge."""
    shapes = np.array([one.shape for one in proposed.grids], dtype=object)
    whole = shapely.union_all(shapes)
    rounding_m2 = 0.02 * shapely.length(ground.shape) * 111_000
    assert shapely.coverage_is_valid(shapes)
    assert area_m2(shapes).sum() == pytest.approx(area_m2(np.array([whole]))[0], abs=1e-3)
    assert area_m2(np.array([whole ^ ground.shape]))[0] <= rounding_m2
    units = sorted(unit for one in proposed.grids for unit in one.units)
    assert units == sorted(one.code for one in ground.units)
    assert sum(one.weight for one in proposed.grids) == sum(one.weight for one in ground.units)


def test_grids_end_at_the_road_where_both_sides_balance():
    road = line((4, -1), (4, 5))
    ground = Ground(area(0, 0, 8, 4), houses(8, 4, 25), {}, [road])
    proposed = regrid(ground, 400)
    edge = shapely.intersection(proposed.grids[0].shape, proposed.grids[1].shape)
    assert [one.weight for one in proposed.grids] == [400, 400]
    assert shapely.hausdorff_distance(edge, shapely.intersection(road, ground.shape)) < 2e-7
    assert_is_the_community(proposed, ground)


def test_without_any_line_grids_are_cut_between_the_houses():
    ground = Ground(area(0, 0, 8, 4), houses(8, 4), {}, [])
    proposed = regrid(ground, 400)
    assert [one.weight for one in proposed.grids] == [400, 400, 400, 400]
    assert_is_the_community(proposed, ground)


def test_a_compound_stays_whole_though_a_road_runs_through_it():
    compound = area(3, 1, 5, 3)
    inside = [house(3.5, 1.5, 90, "C"), house(4.5, 2.5, 90, "C"), house(3.5, 2.5, 90, "C")]
    others = [house(x, y, 60) for x in (1, 7) for y in (0.5, 1.5, 2.5, 3.5)]
    ground = Ground(area(0, 0, 8, 4), inside + others, {"C": compound}, [line((4, -1), (4, 5))])
    proposed = regrid(ground, 375)
    holders = [one for one in proposed.grids if set(one.units) & {u.code for u in inside}]
    assert len(holders) == 1
    assert shapely.covers(holders[0].shape.buffer(1e-7), compound)
    assert_is_the_community(proposed, ground)


def test_what_is_too_large_and_cannot_be_parted_says_so():
    big = [house(1.5, y, 300, "C") for y in (0.5, 1.5, 2.5)]
    ground = Ground(area(0, 0, 12, 3), big + [house(x, 1.5, 40) for x in range(3, 12)], {}, [])
    proposed = regrid(ground, 360)
    assert [(one.weight, one.why_not) for one in proposed.grids] == [
        (900, WhyNot.WHOLE),
        (360, None),
    ]


def test_a_hamlet_is_one_grid_and_says_why():
    ground = Ground(area(0, 0, 4, 4), houses(2, 2, 10), {}, [])
    (only,) = regrid(ground, 400).grids
    assert (only.weight, only.why_not) == (40, WhyNot.TOO_FEW)


def test_two_islands_are_two_grids_and_an_empty_one_belongs_to_the_nearest():
    islands = MultiPolygon([*area(0, 0, 4, 4).geoms, *area(6, 0, 8, 2).geoms])
    ground = Ground(islands, houses(4, 4, 50), {}, [])
    proposed = regrid(ground, 400)
    assert sorted(one.weight for one in proposed.grids) == [400, 400]
    assert sorted(len(one.shape.geoms) for one in proposed.grids) == [1, 2]
    assert_is_the_community(proposed, ground)


def test_codes_of_today_stay_with_most_of_what_they_held():
    ground = Ground(area(0, 0, 8, 4), houses(8, 4, 25), {}, [])
    today = {"W": area(0, 0, 6, 4), "E": area(6, 0, 8, 4)}
    proposed = regrid(ground, 400, today=today)
    assert sorted(one.code for one in proposed.grids) == ["E", "W"]
    assert (proposed.before.within, proposed.after.within) == (0, 2)
    east = next(one for one in proposed.grids if one.code == "E")
    assert shapely.intersects(east.shape, shapely.Point(WEST + 7.9 * STEP, SOUTH + 0.1 * STEP))


def test_area_can_be_balanced_too():
    lines = [line((x, -1), (x, 5)) for x in range(1, 8)]
    ground = Ground(area(0, 0, 8, 4), houses(8, 4, 0), {}, lines, by_area=True)
    hectares = float(area_m2(np.array([ground.shape]))[0]) / 10_000
    proposed = regrid(ground, hectares / 4)
    assert proposed.after.within == len(proposed.grids) == 4


def demo_ground(code: str) -> tuple[Ground, dict[str, MultiPolygon]]:
    city = demo_city()
    row = next(r for e in city.editions if e.level == "community" for r in e.rows if r.code == code)
    grids = [e for e in city.editions if e.level == "grid"][-1].rows
    wide = (RoadClass.TRUNK, RoadClass.SECONDARY, RoadClass.STREET)
    lines = [one.line for one in city.roads if one.road_class in wide]
    lines += [one.line for one in city.barriers]
    units = [
        Unit(b.code, b.point, float(b.households), b.compound_code, b.shape)
        for b in city.buildings
        if b.point and shapely.intersects_xy(row.shape, b.point.lon, b.point.lat)
    ]
    near = {one.code: one.shape for one in city.compounds if one.shape.intersects(row.shape)}
    today = {one.code: one.shape for one in grids if one.parent_code == code}
    return Ground(row.shape, units, near, [x for x in lines if x.intersects(row.shape)]), today


def communities() -> list[str]:
    """Drawn where it is asked for: not while tests are collected, in each process, for a second."""
    return [r.code for e in demo_city().editions if e.level == "community" for r in e.rows]


def hemmed_in(one: Proposed, proposed: Regridding) -> bool:
    """Does it lie beside a compound that alone is too large, so that there it can't grow?"""
    return any(
        other.why_not is WhyNot.WHOLE and shapely.length(one.shape & other.shape) > 0
        for other in proposed.grids
    )


def assert_balanced(code: str) -> None:
    ground, today = demo_ground(code)
    proposed = regrid(ground, 400, today=today)
    assert_is_the_community(proposed, ground)
    for one in proposed.grids:
        within = LEAST * 400 <= one.weight <= MOST * 400
        reasons = {WhyNot.WHOLE, WhyNot.TOO_FEW}
        if hemmed_in(one, proposed):
            reasons.add(WhyNot.BLOCKS)
        assert within or one.why_not in reasons, (code, one.weight)
        assert len(one.shape.geoms) == 1
    compound_of = {one.code: one.compound for one in ground.units if one.compound}
    for compound in set(compound_of.values()):
        holding = [
            one for one in proposed.grids if compound in {compound_of.get(u) for u in one.units}
        ]
        assert len(holding) == 1, (code, compound)


def test_a_community_of_the_demo_is_balanced_and_its_compounds_stay_whole():
    assert_balanced("500199002003")


@pytest.mark.prove
def test_every_community_of_the_demo_is_balanced_where_its_compounds_allow_it():
    for code in communities():
        assert_balanced(code)
