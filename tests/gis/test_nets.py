"""Units carried over changes of grids, and foreign nets matched to sets of grids."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon

from gis.coordinates import area_m2
from gis.model import BoundaryRow
from gis.net_matching import Homes, MatchBy, Verdict, match_net
from gis.nets import Carried, NetKind, UnitRef, carry
from tests.sketch import SIDE, SOUTH, WEST, sketch

A, B = (UnitRef("JW", unit, NetKind.POLICE) for unit in "AB")
GROUP = UnitRef("Z", "Z", NetKind.GROUP)
NOBODY = Homes(np.array([], dtype=object), np.array([], dtype=np.int64))
METRE = 1e-5  # about one, in degrees


def shapes(drawing: str) -> dict[str, MultiPolygon]:
    return {one.code: one.shape for one in sketch(drawing) if one.shape is not None}


def joined(found: Carried[str]) -> set[tuple[str, str]]:
    return {(unit.unit, grid) for unit, grid in found.joins}


def test_children_of_a_split_stay_in_their_parents_unit():
    found = carry(shapes("1 1 2"), shapes("3 4 2"), {"1": [A, GROUP], "2": [B]})
    assert joined(found) == {("A", "3"), ("A", "4"), ("Z", "3"), ("Z", "4")}
    assert {(unit.unit, grid) for unit, grid in found.leaves} == {("A", "1"), ("Z", "1")}
    assert found.mixed == ()


def test_a_merge_across_units_goes_to_the_larger_and_is_named():
    found = carry(shapes("1 1 2"), shapes("3 3 3"), {"1": [A, GROUP], "2": [B]})
    assert joined(found) == {("A", "3"), ("Z", "3")}
    (mixed,) = found.mixed
    assert (mixed.grid, mixed.net, mixed.unit) == ("3", "JW", "A")
    assert [(unit, round(share, 3)) for unit, share in mixed.others] == [("B", 0.333)]


def test_a_grid_that_stays_keeps_its_unit_though_most_of_its_ground_was_anothers():
    found = carry(shapes("1 2 2"), shapes("1 1 1"), {"1": [A], "2": [B]})
    assert found.joins == ()
    assert [(one.grid, one.unit) for one in found.mixed] == [("1", "A")]


def test_a_grid_that_comes_back_takes_the_unit_it_had():
    found = carry(shapes("1 1"), shapes("2 1"), {"1": [A]}, {"2": [B]})
    assert joined(found) == {("B", "2")}


# ---- matching -----------------------------------------------------------------------------------


def polygon(code: str, west: float, east: float, south: float = 0, north: float = 1) -> BoundaryRow:
    box = shapely.box(
        WEST + west * SIDE, SOUTH + south * SIDE, WEST + east * SIDE, SOUTH + north * SIDE
    )
    return BoundaryRow(1, code, code, None, MultiPolygon([box]))


def test_a_line_that_runs_through_a_grid_is_an_offence_with_its_size_and_homes():
    grids = sketch("1 2 3")
    homes = Homes(
        shapely.points([[WEST + 1.4 * SIDE, SOUTH + SIDE / 2], [WEST, SOUTH]]), np.array([40, 5])
    )
    west, east = polygon("W", 0, 1.5 + 0.1), polygon("E", 1.6, 3)
    found = match_net([west, east], grids, homes)
    assert {one.code: (one.grids, one.verdict) for one in found.units} == {
        "W": (("1", "2"), Verdict.CUTS),
        "E": (("3",), Verdict.CUTS),
    }
    (offence,) = found.offences
    assert (offence.polygon, offence.grid, offence.owner) == ("E", "2", "W")
    assert (offence.buildings, offence.households) == (0, 0)
    assert offence.m2 == pytest.approx(0.4 * float(area_m2(grids[1].shape)[0]), rel=1e-6)
    people = match_net([west, polygon("E", 1.2, 3)], grids, homes, by=MatchBy.HOUSEHOLDS)
    assert people.owners["2"] == "W"


def test_a_strip_within_the_tolerance_passes_unless_somebody_lives_on_it():
    grids = sketch("1 2")
    edge = 1 + 3 * METRE / SIDE
    net = [polygon("W", 0, edge), polygon("E", edge, 2)]
    assert match_net(net, grids, NOBODY).offences == ()
    assert len(match_net(net, grids, NOBODY, tolerance_m=1.0).offences) == 1
    on_it = Homes(shapely.points([[WEST + SIDE + METRE, SOUTH + SIDE / 2]]), np.array([3]))
    (offence,) = match_net(net, grids, on_it).offences
    assert (offence.grid, offence.households) == ("2", 3)


def test_ground_outside_the_net_and_ground_without_a_grid_are_told_apart():
    found = match_net([polygon("W", 0, 0.8), polygon("X", 5, 6)], sketch("1 2"), NOBODY)
    assert [(one.polygon, one.grid, one.owner) for one in found.offences] == [
        ("X", None, None),
        (None, "1", "W"),
    ]
    assert [one.verdict for one in found.units] == [Verdict.CUTS, Verdict.EMPTY]


def test_polygons_that_lie_over_one_another_dont_hide_ground_outside_the_net():
    net = [polygon("W", 0, 0.8), polygon("X", 0.4, 0.8, 0.1, 0.9)]
    found = match_net(net, sketch("1"), NOBODY)
    outside = [one for one in found.offences if one.polygon is None]
    assert [round(one.m2 / float(area_m2(sketch("1")[0].shape)[0]), 6) for one in outside] == [0.2]


def test_a_net_drawn_three_metres_off_is_the_same_sets_of_grids_and_offends_nowhere_inside():
    grids = sketch("1 2\n3 4")
    net = [
        BoundaryRow(n, f"N{one.code}", "", None, shapely.transform(one.shape, moved))
        for n, one in enumerate(grids)
        if one.shape is not None
    ]
    found = match_net(net, grids, NOBODY)
    assert found.owners == {one.code: f"N{one.code}" for one in grids}
    assert found.offences == ()
    stricter = match_net(net, grids, NOBODY, tolerance_m=2.0).offences
    sides = [(one.polygon is None, one.grid is None) for one in stricter]
    outside_net, no_grid, in_another = (True, False), (False, True), (False, False)
    assert [sides.count(one) for one in (outside_net, no_grid, in_another)] == [3, 3, 5]


def moved(xy: np.ndarray) -> np.ndarray:
    return xy + 3 * METRE


@settings(max_examples=20)
@given(
    st.lists(st.lists(st.sampled_from("ABCDEF"), min_size=4, max_size=4), min_size=3, max_size=3),
    st.lists(st.integers(0, 2), min_size=6, max_size=6),
)
def test_a_net_that_is_unions_of_grids_matches_without_an_offence(drawn, units):
    """The units' shapes are unions of the grids, each grid once; matching finds just those sets."""
    grids = sketch("\n".join(" ".join(line) for line in drawn))
    sets: dict[str, set[str]] = {}
    for grid in grids:
        sets.setdefault(f"U{units[ord(grid.code) - ord('A')]}", set()).add(grid.code)
    net = []
    for code, members in sets.items():
        union = shapely.union_all([one.shape for one in grids if one.code in members])
        parts = list(union.geoms) if hasattr(union, "geoms") else [union]
        net.append(BoundaryRow(len(net) + 1, code, "", None, MultiPolygon(parts)))
    whole = shapely.union_all([one.shape for one in net])
    assert shapely.equals(whole, shapely.union_all([one.shape for one in grids]))
    found = match_net(net, grids, NOBODY)
    assert found.offences == ()
    assert {one.code: set(one.grids) for one in found.units} == sets
    assert sum(len(one.grids) for one in found.units) == len(grids)
    assert {one.verdict for one in found.units} == {Verdict.FITS}
