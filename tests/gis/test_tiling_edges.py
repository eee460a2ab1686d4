"""Who covers a place and how far the edge is: as GEOS says, on the hardest places too."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from shapely import box

from gis.coordinates import metres_per_degree
from gis.tiling_edges import Rings, shares_of_discs
from tests.tiling import SOUTH, WEST, tiling
from tests.tiling_referee import hard_places

HOLE = shapely.Polygon(
    box(WEST, SOUTH, WEST + 0.02, SOUTH + 0.02).exterior,
    [box(WEST + 0.005, SOUTH + 0.005, WEST + 0.01, SOUTH + 0.01).exterior],
)
APART = shapely.MultiPolygon(
    [box(WEST, SOUTH, WEST + 0.004, SOUTH + 0.004), box(WEST + 0.02, SOUTH, WEST + 0.03, SOUTH + 1)]
)


@pytest.fixture(scope="module")
def shapes() -> np.ndarray:
    return np.array([*tiling(3, 3, corners=40), HOLE, APART], dtype=object)


def flat(shape: shapely.Geometry, lon: float, lat: float) -> shapely.Geometry:
    return shapely.transform(shape, lambda xy: (xy - (lon, lat)) * metres_per_degree(lat))


def test_covers_and_metres_are_those_of_geos(shapes):
    lon, lat = hard_places(shapes, 300, np.random.default_rng(4))
    place, shape = (one.ravel() for one in np.mgrid[: len(lon), : len(shapes)])
    covers, edge_m = Rings.of(shapes).measure(lon, lat, place, shape)

    points = shapely.points(lon, lat)
    assert np.array_equal(covers, shapely.covers(shapes[shape], points[place]))
    assert covers.any()
    for k in range(0, len(place), 7):
        n = place[k]
        edge = shapely.boundary(flat(shapes[shape[k]], lon[n], lat[n]))
        assert edge_m[k] == pytest.approx(shapely.distance(edge, shapely.Point(0, 0)), abs=1e-6)


def test_a_shape_without_edges_covers_nothing_and_is_infinitely_far():
    rings = Rings.of(np.array([shapely.MultiPolygon(), box(1, 1, 2, 2)], dtype=object))
    pair = np.zeros(1, np.int64)
    covers, edge_m = rings.measure(np.array([1.5]), np.array([1.5]), pair, pair)
    assert not covers[0]
    assert math.isinf(edge_m[0])
    assert rings.measure(np.array([1.5]), np.array([1.5]), pair, pair + 1)[0][0]


def test_the_share_of_a_disc_across_a_straight_edge_is_the_circular_segment():
    metres = 10 / metres_per_degree(SOUTH)[0]
    half = np.array([box(WEST, SOUTH - 1, WEST + 1, SOUTH + 1)] * 3, dtype=object)
    lon, lat = WEST + np.array([0.0, metres, 1.0 / 2]), np.full(3, SOUTH)
    on, near, inside = shares_of_discs(lon, lat, np.array([25.0, 25.0, 25.0]), half)
    outside = math.acos(10 / 25) - 10 / 25 * math.sin(math.acos(10 / 25))
    assert on == pytest.approx(0.5, abs=1e-6)
    assert near == pytest.approx(1 - outside / math.pi, abs=1e-3)
    assert inside == pytest.approx(1, abs=1e-12)
