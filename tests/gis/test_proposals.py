"""Grids are changed and stay a coverage: nothing lost, nothing doubled, every place one owner."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest
import shapely
from shapely import LineString, MultiPolygon, Polygon

from gis.coordinates import area_m2
from gis.errors import BadInput
from gis.model import Point
from gis.proposals import (
    Grids,
    Merge,
    MoveEdge,
    Operation,
    Recode,
    SplitAlong,
    SplitBuildings,
    TransferArea,
    TransferBuildings,
    changed,
)
from gis.regridding_blocks import Unit
from tests.tiling import SOUTH, WEST, tiling

ACROSS, UP, SIDE = 3, 3, 0.01


def town() -> dict[str, MultiPolygon]:
    """Nine grids G0 … G8 with wriggling edges, row by row from the south-west."""
    shapes = tiling(ACROSS, UP, corners=24, seed=5)
    return {f"G{n}": MultiPolygon([one]) for n, one in enumerate(shapes)}


def buildings(count: int = 90) -> list[Unit]:
    """Houses all over the town, each in one grid."""
    random = np.random.default_rng(2)
    whole = shapely.union_all(list(town().values()))
    xy = random.uniform([WEST, SOUTH], [WEST + 3 * SIDE, SOUTH + 3 * SIDE], (count, 2))
    return [
        Unit(f"b{n}", Point(round(x, 7), round(y, 7)), 10.0)
        for n, (x, y) in enumerate(xy)
        if shapely.intersects_xy(whole, x, y)
    ]


UNITS = buildings()


def at(right: float, up: float) -> tuple[float, float]:
    """A place in grids from the south-west corner."""
    return (round(WEST + right * SIDE, 7), round(SOUTH + up * SIDE, 7))


def line(*places: tuple[float, float]) -> LineString:
    return LineString([at(*one) for one in places])


def homes(grids: Grids, unit: Unit) -> list[str]:
    return [
        code
        for code, shape in grids.items()
        if shapely.intersects_xy(shape, unit.point.lon, unit.point.lat)
    ]


def assert_coverage(before: Grids, after: Grids) -> None:
    """The same ground, each place of it once; but for the corners rounded on the outline."""
    shapes = np.array(list(after.values()), dtype=object)
    old = shapely.union_all(list(before.values()))
    whole = shapely.union_all(shapes)
    assert shapely.is_valid(shapes).all()
    assert shapely.coverage_is_valid(shapes)
    assert area_m2(shapes).sum() == pytest.approx(area_m2(np.array([whole]))[0], abs=1e-3)
    assert area_m2(np.array([whole ^ old]))[0] <= 0.02 * shapely.length(old) * 111_000
    xy = shapely.get_coordinates(shapes)
    assert (xy == np.round(xy, 7)).all()


def changed_codes(before: Grids, after: Grids) -> set[str]:
    return {code for code in {*before, *after} if before.get(code) != after.get(code)}


def test_a_grid_is_split_along_a_line_that_stops_short_of_its_edges():
    before = town()
    after = changed(before, [SplitAlong("G4", line((1.02, 1.6), (1.98, 1.6)), "N")], UNITS)
    assert_coverage(before, after)
    assert set(after) == {*before, "N"}
    assert after["N"].area < after["G4"].area
    assert after["G0"] is before["G0"], "what isn't concerned stays the very same"


def test_a_line_that_weaves_gives_its_sides_to_two_grids():
    weaving = line((0.9, 1.5), (1.2, 1.9), (1.4, 1.1), (1.6, 1.9), (1.8, 1.1), (2.1, 1.5))
    before = town()
    after = changed(before, [SplitAlong("G4", weaving, "N")], UNITS)
    assert_coverage(before, after)


@pytest.mark.parametrize("drawn", [line((0.1, 0.1), (0.2, 0.2)), line((1.4, 1.4), (1.5, 1.5))])
def test_a_line_that_parts_nothing_is_refused(drawn):
    with pytest.raises(BadInput, match="line_misses"):
        changed(town(), [SplitAlong("G4", drawn, "N")], UNITS)


def test_a_grid_is_split_by_buildings_and_each_lies_where_it_was_put():
    before = town()
    here = [one for one in UNITS if homes(before, one) == ["G4"]]
    east = frozenset(one.code for one in here if one.point.lon > at(1.5, 0)[0])
    after = changed(before, [SplitBuildings("G4", east, "N")], UNITS)
    assert_coverage(before, after)
    found = {one.code: homes(after, one) for one in here}
    assert all(found[code] == ["N"] for code in east)
    assert all(found[one.code] == ["G4"] for one in here if one.code not in east)


def test_grids_that_touch_are_merged_and_others_refused():
    before = town()
    after = changed(before, [Merge(("G0", "G1", "G2"), "G1")], UNITS)
    assert_coverage(before, after)
    assert set(after) == {*before} - {"G0", "G2"}
    assert [len(after["G1"].geoms)] == [1]
    for apart in (("G0", "G2"), ("G0", "G4"), ("G0",), ("G0", "X")):
        with pytest.raises(BadInput):
            changed(before, [Merge(apart, "G0")], UNITS)


def test_a_shared_edge_is_drawn_anew_and_each_keeps_its_side():
    before = town()
    drawn = line((1.25, 0.9), (1.3, 1.5), (1.2, 2.1))
    after = changed(before, [MoveEdge("G3", "G4", drawn)], UNITS)
    assert_coverage(before, after)
    assert after["G3"].area > before["G3"].area
    assert after["G4"].area < before["G4"].area
    assert changed_codes(before, after) <= {"G3", "G4", "G0", "G1", "G6", "G7"}


def test_a_block_or_buildings_go_to_the_neighbour():
    before = town()
    block = shapely.Polygon([at(0.8, 1.3), at(1.4, 1.3), at(1.4, 1.6), at(0.8, 1.6)])
    after = changed(before, [TransferArea("G4", "G3", block)], UNITS)
    assert_coverage(before, after)
    assert after["G3"].area > before["G3"].area
    west = min(
        (one for one in UNITS if homes(before, one) == ["G4"]), key=lambda one: one.point.lon
    )
    given = changed(before, [TransferBuildings("G4", "G3", frozenset({west.code}))], UNITS)
    assert_coverage(before, given)
    assert homes(given, west) == ["G3"]


def test_what_would_lie_apart_or_leave_nothing_is_refused():
    middle = shapely.Polygon([at(1.4, 1.4), at(1.6, 1.4), at(1.6, 1.6), at(1.4, 1.6)])
    every = frozenset(one.code for one in UNITS if homes(town(), one) == ["G4"])
    for wrong in (
        TransferArea("G4", "G3", middle),
        TransferArea("G4", "G3", shapely.Polygon([at(2.1, 2.1), at(2.2, 2.1), at(2.2, 2.2)])),
        TransferArea("G4", "G3", shapely.box(*at(0, 0), *at(3, 3))),
        TransferBuildings("G4", "G3", every),
        TransferBuildings("G4", "G3", frozenset({"nobody"})),
        SplitAlong("G4", line((1, 1.5), (2, 1.5)), "G5"),
        Recode("X", "Y"),
        Recode("G0", "G1"),
    ):
        with pytest.raises(BadInput):
            changed(town(), [wrong], UNITS)


def test_a_new_code_changes_nothing_else():
    before = town()
    after = changed(before, [Recode("G4", "N")], UNITS)
    assert after["N"] is before["G4"]
    assert "G4" not in after


# ---- at random ----------------------------------------------------------------------------------


def random_operations(seed: int) -> Callable[[Grids], Operation]:
    """Something to try next; often it is refused, which must leave everything as it was."""
    random = np.random.default_rng(seed)
    numbers = itertools.count()

    def somewhere(shape: MultiPolygon) -> tuple[float, float]:
        west, south, east, north = shape.bounds
        x, y = random.uniform([west, south], [east, north])
        return round(float(x), 7), round(float(y), 7)

    def drawn(shape: MultiPolygon) -> LineString:
        return LineString([somewhere(shape) for _ in range(int(random.integers(2, 5)))])

    def operation(grids: Grids) -> Operation:
        codes = sorted(grids)
        one = codes[int(random.integers(len(codes)))]
        near = [c for c in codes if c != one and grids[c].touches(grids[one])] or codes
        other = near[int(random.integers(len(near)))]
        here = [unit.code for unit in UNITS if homes(grids, unit) == [one]]
        some = frozenset(code for code in here if random.random() < 0.4)
        kind = int(random.integers(7)) if len(codes) < 16 else 1
        if kind == 0 or len(codes) < 4:
            return SplitAlong(one, drawn(grids[one]), f"N{next(numbers)}")
        if kind == 1:
            return Merge((one, other), one)
        if kind == 2:
            return MoveEdge(one, other, drawn(shapely.union(grids[one], grids[other])))
        if kind == 3:
            corners = [somewhere(grids[one]) for _ in range(3)]
            return TransferArea(one, other, Polygon(corners))
        if kind == 4:
            return TransferBuildings(one, other, some)
        if kind == 5:
            return SplitBuildings(one, some, f"N{next(numbers)}")
        return Recode(one, f"N{next(numbers)}")

    return operation


def assert_nothing_is_lost(count: int, seed: int) -> None:
    first = grids = town()
    places = UNITS[::3]
    choose, done = random_operations(seed), 0
    for step in range(count):
        one = choose(grids)
        try:
            after = changed(grids, [one], UNITS)
        except BadInput:
            continue
        assert_coverage(first if step % 50 == 0 else grids, after)
        assert all(len(homes(after, unit)) == 1 for unit in places), one
        grids, done = after, done + 1
    assert done > count / 4, "most of it was tried, not refused"


def test_sixty_random_changes_lose_nothing_and_double_nothing():
    assert_nothing_is_lost(60, seed=1)


@pytest.mark.prove
@pytest.mark.parametrize("seed", range(20))
def test_ten_thousand_random_changes_lose_nothing_and_double_nothing(seed):
    assert_nothing_is_lost(500, seed=100 + seed)
