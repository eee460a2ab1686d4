"""Who is passed by is passed by for GEOS, too; along the edge of a tiling all are."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.tiling_apart import IN_DOUBT, NOTHING, SAME, beside, passed_by, touch
from tests.tiling import tiling

WEST, SOUTH = 1_065_000_000, 295_000_000  # lattice units


def enters(shape: shapely.Geometry, other: shapely.Geometry) -> bool:
    """Has the edge of a shape a point inside of the other one? As GEOS says."""
    return bool(shapely.relate_pattern(shapely.boundary(shape), other, "T********"))


CORNER = st.tuples(st.integers(0, 12), st.integers(0, 12))


@st.composite
def polygons(draw: st.DrawFn) -> list[shapely.Polygon]:
    """Polygons of few corners on a coarse lattice: they share corners and edges, touch and cross.
    With a hole now and then.
    """
    unit = draw(st.sampled_from([1, 7, 5000]))
    made = []
    for _ in range(draw(st.integers(2, 7))):
        hull = shapely.convex_hull(
            shapely.MultiPoint(draw(st.lists(CORNER, min_size=3, max_size=6)))
        )
        if draw(st.booleans()):
            hull = shapely.difference(hull, shapely.box(4, 4, 6, 7))
        if hull.geom_type == "Polygon":
            placed = lambda xy: (xy * unit + [WEST, SOUTH]) / 1e7  # noqa: E731
            made.append(shapely.transform(shapely.set_precision(hull, 1), placed))
    return [one for one in made if one.geom_type == "Polygon" and one.is_valid and not one.is_empty]


@settings(max_examples=150, deadline=None)
@given(polygons())
def test_nobody_is_passed_by_whom_the_edge_enters(drawn):
    others = np.array(drawn, dtype=object)
    for one in drawn:
        clear = passed_by(one, others)
        assert not any(enters(one, other) for other in others[clear])


def test_along_the_edge_of_a_part_all_of_a_tiling_are_passed_by():
    grids = tiling(9, 9, corners=24)
    inside = np.isin(np.arange(81) % 9, [3, 4, 5, 6]) & (np.arange(81) // 9 > 2)
    part = shapely.coverage_union_all(grids[inside])
    ring = shapely.coverage_union_all(grids[~inside])

    assert passed_by(part, grids).all()
    assert passed_by(ring, grids).all()
    assert passed_by(part, np.array([part, ring], dtype=object)).all()
    moved = shapely.transform(part, lambda xy: xy + np.array([1e-5, 2e-5]))
    crossed = np.array([enters(moved, one) for one in grids])
    assert np.array_equal(passed_by(moved, grids), ~crossed)
    assert crossed.sum() > 10


@pytest.mark.parametrize("quad_segs", [1, 8, 9, 16])
def test_a_ring_inside_is_seen_after_one_that_is_passed_by(quad_segs):
    angle = shapely.Polygon([(1, 1), (5, 1), (5, 2), (2, 2), (2, 5), (1, 5)])
    beside, inside = (
        shapely.buffer(shapely.Point(x, x), 0.3, quad_segs=quad_segs) for x in (3, 1.5)
    )
    region = np.array([angle], dtype=object)
    for parts in ([beside, inside], [inside, beside]):
        assert not passed_by(shapely.MultiPolygon(parts), region)[0]
    assert passed_by(beside, region)[0]


def test_of_several_parts_of_none_or_of_very_many_corners_nothing_is_said():
    one, other = shapely.box(1, 1, 2, 2), shapely.box(3, 3, 4, 4)
    disc = shapely.set_precision(shapely.buffer(shapely.Point(9, 9), 1, quad_segs=3000), 1e-7)
    others = [shapely.MultiPolygon([one, other]), shapely.Polygon(), disc, other]
    assert passed_by(one, np.array(others, dtype=object)).tolist() == [False, False, False, True]


@pytest.mark.parametrize(
    ("edge", "said"),
    [
        ((100, 0, 0, 0), SAME),
        ((0, 50, 100, 50), NOTHING),
        ((50, -50, 50, 50), IN_DOUBT),
        ((50, 0, 50, 50), IN_DOUBT),
        ((40, 0, 40, 0), NOTHING),
        ((20, 0, 60, 0), IN_DOUBT),
        ((100, 0, 200, 0), IN_DOUBT),
    ],
)
def test_edges_that_meet_other_than_at_an_end_are_in_doubt(edge, said):
    assert touch(0, 0, 100, 0, *edge) == said


def test_an_end_that_two_edges_share_is_told():
    assert [touch(0, 0, 100, 0, *c, *d) for c, d in [((0, 0), (5, 90)), ((5, 90), (0, 0))]] == [
        1,
        1,
    ]
    assert [
        touch(0, 0, 100, 0, *c, *d) for c, d in [((100, 0), (5, 90)), ((9, -90), (100, 0))]
    ] == [
        2,
        2,
    ]


def test_what_ends_within_two_units_of_a_sloping_edge_is_in_doubt():
    assert touch(0, 0, 1000, 10, 500, 6, 600, 900) == IN_DOUBT
    assert touch(0, 0, 1000, 10, 500, 8, 600, 900) == NOTHING


@given(st.integers(-(1 << 30), 1 << 30), st.integers(-(1 << 30), 1 << 30))
def test_a_side_is_told_for_edges_as_long_as_they_may_be(x, y):
    far = 1 << 29
    wanted = (y > x) - (y < x) if abs(2 * far * (y - x)) > 4 * far else 0
    assert beside(-far, -far, far, far, x, y) == wanted
