"""Baidu's metres agree with Baidu; old datums and local grids need the deployment's numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS

from api.settings import Settings
from gis.bd09_mercator import to_degrees, to_metres
from gis.coordinates import convert, convert_each, declare_crs, distance_m, parse_crs
from gis.errors import BadInput
from tests.gis.test_coordinates import cities


def test_baidu_metres_agree_with_the_commercial_service_in_163_cities():
    at = cities()
    x, y = to_metres(at("bd09_x"), at("bd09_y"))

    assert np.max(np.hypot(x - at("bd09mc_x"), y - at("bd09mc_y"))) < 0.02


def test_baidu_metres_lead_back_to_the_place_in_163_cities_to_a_metre():
    at = cities()
    x, y = convert(at("bd09mc_x"), at("bd09mc_y"), "bd09mc", "wgs84")

    assert np.max(distance_m(x, y, at("wgs84_x"), at("wgs84_y"))) < 1.0


@settings(deadline=None)
@given(st.floats(-180, 180), st.floats(-73.9, 73.9))
def test_there_and_back_is_less_than_a_millimetre(lon: float, lat: float):
    x, y = to_degrees(*to_metres(np.array([lon]), np.array([lat])))

    assert distance_m(x[0], y[0], lon, lat) < 1e-3


@settings(deadline=None)  # PROJ is loaded by the first of them
@given(st.floats(73, 135), st.floats(3, 53))
def test_there_and_back_through_the_whole_chain(lon: float, lat: float):
    there = convert(lon, lat, "wgs84", "bd09mc")

    assert distance_m(*convert(*there, "bd09mc", "wgs84"), lon, lat) < 1e-3


def test_metres_off_the_map_are_refused_and_lose_no_neighbour():
    x, _, problems = convert_each([12692251.2, 9e7], [3897076.8, 1.0], "bd09mc", "wgs84")

    assert np.isfinite(x[0])
    assert np.isnan(x[1])
    assert list(problems) == ["error.coordinates_not_in_crs"]


@pytest.mark.parametrize("zone", range(4491, 4555))
def test_every_gauss_krueger_zone_of_cgcs2000_leads_there_and_back(zone: int):
    system = parse_crs(f"EPSG:{zone}")
    wide = zone <= 4512  # six-degree zones 13–23, numbered and not; three-degree ones 25–45
    number = zone - (4491 if wide else 4513)
    count = 11 if wide else 21
    numbered = number < count
    area = CRS.from_epsg(zone).area_of_use
    lon, lat = (area.west + area.east) / 2 + 0.7, (area.south + area.north) / 2
    x, y = convert(lon, lat, "wgs84", system)
    first = 13 + number % count if wide else 25 + number % count

    assert int(x // 1e6) == (first if numbered else 0)
    assert distance_m(*convert(x, y, system, "wgs84"), lon, lat) < 1e-3


def test_beijing_1954_needs_the_numbers_of_the_deployment(monkeypatch):
    with pytest.raises(BadInput, match="old_datum"):
        parse_crs("EPSG:4214")
    with pytest.raises(BadInput, match="unknown_crs"):
        parse_crs("city54-test")
    own = '{"city54-test": "+proj=longlat +ellps=krass +towgs84=12,-113,-41,0,0,0,0 +type=crs"}'
    monkeypatch.setenv("WANGGE_CRS", own)
    Settings(_env_file=None)
    lon, lat = convert(106.5, 29.5, parse_crs("City54-Test"), "cgcs2000")

    assert 20 < distance_m(lon, lat, 106.5, 29.5) < 200


@pytest.mark.parametrize(
    ("name", "definition", "key"),
    [
        ("gcj02", "+proj=longlat +ellps=GRS80 +towgs84=0,0,0 +type=crs", "own_crs_name"),
        ("X", "+proj=longlat +ellps=GRS80 +towgs84=0,0,0 +type=crs", "own_crs_name"),
        ("city", "no such thing", "unknown_crs"),
        ("city", "EPSG:4610", "old_datum"),
        ("city", "+proj=longlat +ellps=krass +type=crs", "not_convertible"),
    ],
)
def test_an_own_system_that_leads_nowhere_is_refused(name: str, definition: str, key: str):
    with pytest.raises(BadInput, match=key):
        declare_crs(name, definition)
