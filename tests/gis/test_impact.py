"""The impact of a change: what it says of open matters is what the rules of an activation do."""

from __future__ import annotations

from shapely import MultiPolygon, box

from gis.impact import OpenMatter, impact_of
from gis.model import Point

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
