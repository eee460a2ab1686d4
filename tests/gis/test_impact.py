"""The impact of a change: what it says of open matters is what the rules of an activation do."""

from __future__ import annotations

from shapely import MultiPolygon, box

from gis.impact import OpenMatter, buildings_cut, impact_of
from gis.model import Point
from gis.regridding_blocks import Unit

WEST, EAST = MultiPolygon([box(0, 0, 1, 1)]), MultiPolygon([box(1, 0, 2, 1)])
MOVED_WEST, MOVED_EAST = MultiPolygon([box(0, 0, 0.5, 1)]), MultiPolygon([box(0.5, 0, 2, 1)])
BETWEEN = Point(0.7, 0.5)


def moving(*matters: OpenMatter, before=None, after=None) -> tuple[str, ...]:
    before = before or {"A": WEST, "B": EAST}
    after = after or {"A": MOVED_WEST, "B": MOVED_EAST}
    return impact_of(before, after, [], matters, {}).moving


def test_a_matter_follows_its_place_into_another_grid():
    assert moving(OpenMatter("1", "A", BETWEEN)) == ("1",)


def test_what_a_person_gave_to_a_grid_stays_while_that_stands():
    assert moving(OpenMatter("1", "A", BETWEEN, fixed=True)) == ()


def test_what_a_person_gave_to_a_grid_that_ends_follows_its_place():
    whole = MultiPolygon([box(0, 0, 2, 1)])
    assert moving(OpenMatter("1", "A", BETWEEN, fixed=True), after={"B": whole}) == ("1",)


def test_a_matter_of_a_grid_that_nothing_touches_stays_wherever_its_place_lies():
    before = {"A": WEST, "B": EAST, "C": MultiPolygon([box(2, 0, 3, 1)])}
    after = {"A": MOVED_WEST, "B": MOVED_EAST, "C": before["C"]}
    assert moving(OpenMatter("1", "C", BETWEEN), before=before, after=after) == ()


def test_a_building_is_cut_where_a_new_edge_leaves_a_square_metre_of_it_in_another_grid():
    def house(code: str, west: float, east: float) -> Unit:
        here = box(west, 0.4, east, 0.4001)  # eleven metres wide
        return Unit(code, Point((west + east) / 2, 0.40005), 1.0, None, here)

    metre = 1 / 111_000
    houses = [
        house("across", 0.4999, 0.5001),
        house("along the wall", 0.5 - 0.05 * metre, 0.5001),
        house("beside", 0.6, 0.6001),
        house("on the old edge", 0.9999, 1.0001),
        Unit("no footprint", Point(0.5, 0.5), 1.0),
    ]
    before = {"A": WEST, "B": EAST}
    after = {"A": MOVED_WEST, "B": MOVED_EAST}
    assert buildings_cut(before, after, houses) == ("across",)
    assert buildings_cut(before, before, houses) == ()
