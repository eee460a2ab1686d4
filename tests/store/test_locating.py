"""One owner a level for every place: by the rule, the same one by one and by the thousand."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from gis.coordinates import to_lattice
from gis.locating import Method
from gis.store import levels
from gis.store.locating import Located, locate
from gis.store.locating_many import locate_many
from tests.makers import TODAY, keep
from tests.sketch import SIDE, SOUTH, WEST, sketch

quick = settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def codes(found: Located) -> dict[str, str | None]:
    return {level: found.known[region].code for level, region in found.placement.owners.items()}


def at(connection: Connection, right: float, up: float, **more: float) -> Located:
    """A place in squares of the sketch from its lower left corner."""
    return locate(connection, WEST + right * SIDE, SOUTH + up * SIDE, TODAY, **more)


def metres_east(metres: float) -> float:
    return metres / 96_900 / SIDE  # in squares, at 29.5 degrees north


@pytest.fixture
def town(connection: Connection) -> Connection:
    """Communities C and D; C is wholly gridded, D's right half has no grid."""
    keep(connection, sketch("C C D D"), level="community", edition="社区")
    parents = {"1": "C", "2": "C", "3": "D"}
    keep(connection, sketch("1 2 3 .", parents=parents), edition="网格")
    return connection


def test_a_place_inside_a_grid_has_one_owner_a_level(town):
    found = at(town, 0.5, 0.5)
    assert codes(found) == {"grid": "1", "community": "C"}
    assert found.placement.method is Method.COVERS
    assert found.placement.confidence == 1.0
    assert found.placement.owner.edition == "网格"


def test_a_place_on_a_shared_edge_belongs_to_the_lowest_code(town):
    found = at(town, 2.0, 0.5)
    assert codes(found) == {"grid": "2", "community": "C"}
    assert found.placement.method is Method.SHARED_EDGE
    assert found.placement.edge_m == 0
    assert found.placement.confidence == pytest.approx(0.5, abs=0.001)
    assert [n.code for n in found.placement.neighbours] == ["3"]


def test_codes_are_ordered_by_byte_not_by_locale(connection):
    keep(connection, sketch("a B"))
    assert codes(at(connection, 1.0, 0.5)) == {"grid": "B"}


def test_in_a_gap_the_known_parent_stays_and_the_grid_is_nobody_or_the_nearest_within_reach(town):
    far = at(town, 3.5, 0.5)
    assert codes(far) == {"community": "D"}
    near = at(town, 3.0 + metres_east(12), 0.5)
    assert codes(near) == {"grid": "3", "community": "D"}
    assert near.placement.method is Method.NEAREST
    assert near.placement.edge_m == pytest.approx(12, abs=0.05)
    assert codes(at(town, 3.0 + metres_east(21), 0.5)) == {"community": "D"}


def test_a_gap_is_not_filled_across_the_parents_border(connection):
    keep(connection, sketch("C D"), level="community", edition="社区")
    keep(connection, sketch("1 .", parents={"1": "C"}), edition="网格")
    assert codes(at(connection, 1.0 + metres_east(5), 0.5)) == {"community": "D"}


def test_outside_everything_there_is_no_owner_but_the_nearest_within_reach(town):
    assert at(town, 9, 9).placement.method is Method.OUTSIDE
    assert codes(at(town, -metres_east(15), 0.5)) == {"grid": "1", "community": "C"}
    assert codes(at(town, -metres_east(25), 0.5)) == {}


def test_ancestors_come_from_the_path_not_from_the_polygons(connection):
    keep(connection, sketch("C D"), level="community", edition="社区")
    keep(connection, sketch("1 2", parents={"1": "D", "2": "D"}), edition="网格")
    assert codes(at(connection, 0.5, 0.5)) == {"grid": "1", "community": "D"}


def test_overlays_are_asked_by_themselves(town):
    levels.add_level(town, "patrol", "巡查片", under=None, overlay=True)
    keep(town, sketch(". P P ."), level="patrol", edition="巡查片")
    assert codes(at(town, 1.5, 0.5)) == {"grid": "2", "community": "C", "patrol": "P"}
    assert codes(at(town, 0.5, 0.5)) == {"grid": "1", "community": "C"}


def test_a_level_of_its_own_is_owned_beside_the_ladder(town):
    levels.add_level(town, "board", "议事会", under=None, overlay=False)
    keep(town, sketch("Z Z Z Z"), level="board", edition="议事会")
    assert codes(at(town, 0.5, 0.5)) == {"board": "Z", "grid": "1", "community": "C"}


def test_the_share_of_a_disc_across_a_straight_edge_is_the_circular_segment(town):
    """9.7 m from the edge with an error of 25 m: 26 % of the disc lies on the other side."""
    found = at(town, 2.0 + metres_east(9.7), 0.5, accuracy_m=25)
    edge = found.placement.edge_m
    half = math.acos(edge / 25)
    beyond = (half - edge / 25 * math.sin(half)) / math.pi
    assert edge == pytest.approx(9.7, abs=0.02)
    assert found.placement.confidence == pytest.approx(1 - beyond, abs=0.001)
    assert not found.placement.confident
    assert found.placement.neighbours[0].share == pytest.approx(beyond, abs=0.001)


def test_holes_and_enclaves_are_right(connection):
    keep(connection, sketch("A A A\nA B A\nA A A"))
    assert codes(at(connection, 1.5, 1.5)) == {"grid": "B"}
    assert codes(at(connection, 0.5, 1.5)) == {"grid": "A"}
    keep(connection, sketch("A A A\nA . A\nA A A"), edition="a hole")
    assert codes(at(connection, 1.5, 1.5)) == {}


def towns() -> st.SearchStrategy[list[str]]:
    rows = st.lists(st.sampled_from(["A", "B", "b", "."]), min_size=4, max_size=4)
    return st.lists(rows, min_size=3, max_size=3).map(lambda r: [" ".join(line) for line in r])


def spots() -> st.SearchStrategy[tuple[float, float]]:
    """Corners, edges, a lattice step beside them, and places a few metres off."""
    step = st.sampled_from([0.0, 1e-5, -1e-5, 1e-3, -0.015, 0.5])
    whole = st.integers(-1, 4)
    one = st.builds(lambda w, s: w + s, whole, step)
    return st.tuples(one, one)


drawn = given(grids=towns(), above=towns(), where=st.lists(spots(), min_size=1, max_size=12))


@quick
@drawn
def test_many_places_get_what_each_gets_alone_and_what_geos_says(connection, grids, above, where):
    agree(connection, grids, above, where)


@pytest.mark.prove
@settings(quick, max_examples=1000)
@drawn
def test_a_thousand_towns_agree(connection, grids, above, where):
    agree(connection, grids, above, where)


def agree(connection: Connection, grids: list[str], above: list[str], where: list) -> None:
    """One by one, all at once, and by GEOS: the same owners, edges and shares."""
    save = connection.begin_nested()
    try:
        communities = sketch("\n".join(above))
        small = sketch("\n".join(grids))
        keep(connection, communities, level="community", edition="c")
        keep(connection, small, edition="g")
        lon = to_lattice(np.array([WEST + x * SIDE for x, _ in where]))
        lat = to_lattice(np.array([SOUTH + y * SIDE for _, y in where]))
        many = locate_many(connection, lon, lat, np.full(len(lon), 25.0), TODAY)
        for n in range(len(where)):
            alone = locate(connection, lon[n], lat[n], TODAY, accuracy_m=25.0)
            assert {k: v[n] for k, v in many.codes.items() if v[n]} == codes(alone)
            assert many.method[n] is alone.placement.method
            assert many.edge_m[n] == pytest.approx(alone.placement.edge_m, abs=1e-6)
            assert many.confidence[n] == pytest.approx(alone.placement.confidence, abs=1e-6)
            point = shapely.Point(lon[n], lat[n])
            covering = sorted(r.code for r in small if shapely.covers(r.shape, point))
            if covering:
                assert codes(alone)["grid"] == covering[0]
    finally:
        save.rollback()
