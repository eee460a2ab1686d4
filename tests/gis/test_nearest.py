"""The nearest place on the ground: as the geodesic has it, whatever the latitude and the crowd."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from gis import nearest as module
from gis.nearest import NOBODY, nearest

GEOD = Geod(a=6378137, rf=298.257222101)


def at(*places: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    table = np.array(places, dtype=np.float64).reshape(-1, 2)
    return table[:, 0], table[:, 1]


def all_ways(lon, lat, to_lon, to_lat):
    """Every geodesic, one row a place: the slow and certain way."""
    shape = (len(lon), len(to_lon))
    row, column = np.indices(shape)
    r, c = row.ravel(), column.ravel()
    return GEOD.inv(lon[r], lat[r], to_lon[c], to_lat[c])[2].reshape(shape)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    lon=st.floats(74, 134),
    lat=st.floats(4, 53),
    wide=st.sampled_from([0.001, 0.03, 1.0]),
    places=st.integers(1, 60),
    targets=st.integers(1, 60),
)
def test_it_is_the_shortest_of_all_geodesics(seed, lon, lat, wide, places, targets):
    random = np.random.default_rng(seed)
    here = lon + wide * random.random(places), lat + wide * random.random(places)
    there = lon + wide * random.random(targets), lat + wide * random.random(targets)

    index, metres = nearest(*here, *there)

    ways = all_ways(*here, *there)
    most = 2e-3 if wide == 1.0 else 2e-6
    chosen = ways[np.arange(places), index]
    assert np.all(np.abs(metres - chosen) <= most * np.maximum(1, (chosen / 50_000) ** 3))
    assert np.all(chosen <= ways.min(axis=1) + 2 * most * np.maximum(1, (chosen / 50_000) ** 3))


def test_a_service_radius_is_right_to_a_micrometre_in_every_direction_and_latitude():
    for lat in (0.0, 18.2, 29.56, 53.5):
        for radius_m in (70, 300, 1000, 2000):
            turn = np.arange(0, 360, 7.5)
            lon, all_lat = np.full(len(turn), 106.56), np.full(len(turn), lat)
            out_lon, out_lat, _ = GEOD.fwd(lon, all_lat, turn, np.full(len(turn), radius_m))

            _, metres = nearest(out_lon, out_lat, *at((106.56, lat)))

            assert np.max(np.abs(metres - radius_m)) <= 2e-6


def test_of_targets_equally_far_the_first_wins():
    west, east = (106.559, 29.56), (106.561, 29.56)

    assert nearest(*at((106.56, 29.56)), *at(west, east))[0][0] == 0
    assert nearest(*at((106.56, 29.56)), *at(east, west))[0][0] == 0
    assert nearest(*at((106.56, 29.56)), *at(east, west, east))[0][0] == 0


def test_a_place_without_coordinates_has_no_nearest():
    index, metres = nearest(*at((np.nan, np.nan), (106.56, 29.56)), *at((106.56, 29.57)))

    assert list(index) == [NOBODY, 0]
    assert np.isnan(metres[0])
    assert round(metres[1]) == 1108


def test_without_targets_or_without_places_nobody_is_near():
    index, metres = nearest(*at((106.56, 29.56)), *at())

    assert list(index) == [NOBODY]
    assert np.isnan(metres[0])
    assert len(nearest(*at(), *at((106.56, 29.56)))[0]) == 0
    assert list(nearest(*at((np.nan, np.nan)), *at((106.56, 29.56)))[0]) == [NOBODY]


def test_a_crowd_in_one_spot_is_compared_in_portions_with_the_same_answer(monkeypatch):
    random = np.random.default_rng(5)
    here = 106.56 + 0.001 * random.random(300), 29.56 + 0.001 * random.random(300)
    there = 106.56 + 0.001 * random.random(40), 29.56 + 0.001 * random.random(40)
    whole = nearest(*here, *there)
    monkeypatch.setattr(module, "_PAIRS_AT_ONCE", 50)
    portions = nearest(*here, *there)

    np.testing.assert_array_equal(whole[0], portions[0])
    np.testing.assert_array_equal(whole[1], portions[1])


def test_somebody_far_from_every_target_finds_the_nearest_all_the_same():
    index, metres = nearest(*at((106.56, 29.56)), *at((109.0, 31.0), (108.0, 30.0)))

    assert list(index) == [1]
    assert abs(metres[0] - GEOD.inv(106.56, 29.56, 108.0, 30.0)[2]) < 0.1
