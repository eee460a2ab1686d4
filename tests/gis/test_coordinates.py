import csv
from pathlib import Path

import numpy as np
import prcoords
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod
from shapely import MultiPolygon, Polygon, box

from gis.coordinates import (
    CHINA,
    area_m2,
    convert,
    convert_each,
    crs_of_wkt,
    distance_m,
    metres_per_degree,
    parse_crs,
    to_lattice,
)
from gis.errors import BadInput

FILES = Path(__file__).parents[1] / "files"
GEOD = Geod(a=6378137, rf=298.257222101)

inside_lon = st.floats(CHINA[0] + 0.02, CHINA[2] - 0.02)
inside_lat = st.floats(CHINA[1] + 0.02, CHINA[3] - 0.02)
anywhere_lon = st.floats(-180, 180)
anywhere_lat = st.floats(-89.9, 89.9)


def cities():
    with (FILES / "coord_vectors_gcoord_half1.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return lambda column: np.array([float(row[column]) for row in rows])


def metres_off(x, y, expected_x, expected_y):
    return np.max(distance_m(x, y, expected_x, expected_y))


def outside_china(lon, lat):
    west, south, east, north = CHINA
    return not (west - 0.02 <= lon <= east + 0.02 and south - 0.02 <= lat <= north + 0.02)


# ---- against the outside world ------------------------------------------------------------------


def test_gcj02_agrees_with_the_commercial_service_in_163_cities_to_a_metre():
    at = cities()
    x, y = convert(at("wgs84_x"), at("wgs84_y"), "wgs84", "gcj02")

    assert len(x) == 163
    assert metres_off(x, y, at("gcj02_x"), at("gcj02_y")) < 1.0


def test_bd09_over_gcj02_agrees_with_the_commercial_service_to_two_centimetres():
    at = cities()
    x, y = convert(at("gcj02_x"), at("gcj02_y"), "gcj02", "bd09")

    assert metres_off(x, y, at("bd09_x"), at("bd09_y")) < 0.02


def test_web_mercator_agrees_to_a_millimetre():
    at = cities()
    x, y = convert(at("wgs84_x"), at("wgs84_y"), "wgs84", "EPSG:3857")

    np.testing.assert_allclose(x, at("epsg3857_x"), atol=1e-3)
    np.testing.assert_allclose(y, at("epsg3857_y"), atol=1e-3)


def test_a_second_table_of_vectors_agrees():
    """Its two BD-09 answers are coarse (their own way back misses by 10 and 41 m), so there the
    way back is the judge."""
    with (FILES / "coord_vectors_eviltransform.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        source, target = row["conversion"].split("->")
        given_pair = float(row["in_lon"]), float(row["in_lat"])
        expected = float(row["out_lon"]), float(row["out_lat"])
        ours = convert(*given_pair, source, target)
        if source == "wgs84":
            assert metres_off(*ours, *expected) < 1e-6
        else:
            assert metres_off(*ours, *expected) < 50
            assert metres_off(*convert(*ours, target, source), *given_pair) < 1e-6


@given(inside_lon, inside_lat)
@pytest.mark.filterwarnings("ignore:Non-Chinese coordinates")
def test_prcoords_agrees_forward_to_a_micrometre_and_back_to_a_centimetre(lon, lat):
    there = prcoords.wgs_gcj(prcoords.Coords(lat, lon), False)
    assert metres_off(*convert(lon, lat, "wgs84", "gcj02"), there.lon, there.lat) < 1e-6

    back = prcoords.gcj_wgs_bored(prcoords.Coords(lat, lon), False)
    decoded = convert(lon, lat, "gcj02", "wgs84")
    if not outside_china(*decoded):
        assert metres_off(*decoded, back.lon, back.lat) < 0.01


@pytest.mark.parametrize(
    ("crs", "easting", "northing"),
    [("EPSG:4545", 362086.981, 3271852.335), ("EPSG:4524", 36362086.981, 3271852.335)],
)
def test_gauss_kruger_with_and_without_the_zone_number_in_front(crs, easting, northing):
    x, y = convert(106.577, 29.557, "cgcs2000", crs)
    lon, lat = convert(easting, northing, crs, "wgs84")

    assert (round(x, 3), round(y, 3)) == (easting, northing)
    assert metres_off(lon, lat, 106.577, 29.557) < 0.001


# ---- properties ---------------------------------------------------------------------------------


@given(inside_lon, inside_lat, st.sampled_from(["gcj02", "bd09"]))
def test_there_and_back_is_the_same_place_to_a_millimetre(lon, lat, system):
    shifted = convert(lon, lat, "wgs84", system)
    assert metres_off(*convert(*shifted, system, "wgs84"), lon, lat) < 0.001


@given(anywhere_lon, anywhere_lat, st.sampled_from(["gcj02", "bd09"]))
def test_outside_china_nothing_is_shifted(lon, lat, system):
    if outside_china(lon, lat):
        assert convert(lon, lat, "wgs84", system) == (lon, lat)
        assert convert(lon, lat, system, "wgs84") == (lon, lat)


@given(anywhere_lon, anywhere_lat)
def test_wgs84_and_cgcs2000_are_one(lon, lat):
    assert convert(lon, lat, "wgs84", "cgcs2000") == (lon, lat)


@given(st.floats(-180, 180), st.floats(-90, 90))
def test_the_lattice_is_a_fixed_point_and_moves_nothing_further_than_half_a_step(lon, lat):
    once = to_lattice(np.array([lon, lat]))
    np.testing.assert_array_equal(to_lattice(once), once)
    assert abs(once - [lon, lat]).max() <= 0.5000001e-7
    assert [float(f"{value:.7f}") for value in once] == list(once)


@given(st.floats(-54, 54), st.floats(-0.1, 0.1), st.floats(-0.1, 0.1))
def test_distance_in_a_town_is_the_geodesic_to_a_millionth(lat, dlat, dlon):
    geodesic = GEOD.inv(100.0, lat, 100.0 + dlon, lat + dlat)[2]
    assert distance_m(100.0, lat, 100.0 + dlon, lat + dlat) == pytest.approx(
        geodesic, rel=1e-6, abs=1e-6
    )


@given(st.floats(-80, 80), st.floats(0.00001, 1.0), st.floats(0.00001, 1.0))
def test_the_area_of_a_box_is_that_of_the_ellipsoid_under_it(lat, width, height):
    shape = box(105.0, lat, 105.0 + width, lat + height)
    dense = shape.segmentize(max(width, height) / 500)
    geodesic = abs(GEOD.geometry_area_perimeter(dense)[0])
    assert area_m2(shape)[0] == pytest.approx(geodesic, rel=1e-4)


# ---- shapes and sizes ---------------------------------------------------------------------------


def test_one_degree_at_chongqing_and_tongling():
    assert [round(m) for m in metres_per_degree(29.56)] == [96909, 110845]
    assert [round(m) for m in metres_per_degree(30.93)] == [95574, 110868]


def test_area_takes_holes_away_adds_parts_and_knows_nothing_of_none():
    outer, hole, apart = (
        box(106, 29, 106.1, 29.1),
        box(106.02, 29.02, 106.03, 29.03),
        box(107, 29, 107.01, 29.01),
    )
    holed = Polygon(outer.exterior.coords, [hole.exterior.coords])
    both = MultiPolygon([holed, apart])

    sizes = area_m2([outer, hole, apart, holed, both, None, Polygon()])

    assert sizes[3] == pytest.approx(sizes[0] - sizes[1])
    assert sizes[4] == pytest.approx(sizes[3] + sizes[2])
    assert list(sizes[5:]) == [0.0, 0.0]


def test_area_does_not_care_which_way_round_a_ring_runs():
    shape = box(106, 29, 106.1, 29.1)
    assert area_m2(shape) == pytest.approx(area_m2(shape.reverse()))


def test_a_tenth_of_a_square_metre_is_still_measured():
    side = 1e-7 * 30
    sliver = box(106.5, 29.5, 106.5 + side, 29.5 + side)
    kx, ky = metres_per_degree(29.5)
    assert area_m2(sliver)[0] == pytest.approx(side * kx * side * ky, rel=1e-4)


def test_a_shape_is_rounded_as_its_numbers_are():
    shape = to_lattice(Polygon([(106.12345678, 29.0), (106.2, 29.00000004), (106.2, 29.1)]))
    assert shape.exterior.coords[0] == (106.1234568, 29.0)
    assert shape.exterior.coords[1] == (106.2, 29.0)


# ---- names, and what is refused -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("WGS84", "wgs84"),
        ("epsg:4326", "wgs84"),
        ("OGC:CRS84", "wgs84"),
        ("EPSG:4490", "cgcs2000"),
        (" GCJ-02 ", "gcj02"),
        ("bd09ll", "bd09"),
        ("epsg:4524", "EPSG:4524"),
    ],
)
def test_a_system_has_one_name_however_it_is_written(written, name):
    assert parse_crs(written) == name


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("", "error.unknown_crs"),
        ("mars", "error.unknown_crs"),
        ("EPSG:99999", "error.unknown_crs"),
        ("EPSG:4490; DROP TABLE", "error.unknown_crs"),
        ("+proj=longlat +nadgrids=@/etc/passwd", "error.unknown_crs"),
        ("EPSG:4214", "error.old_datum"),  # Beijing 1954
        ("EPSG:2412", "error.old_datum"),  # a Gauss–Krüger belt upon it
        ("EPSG:4610", "error.old_datum"),  # Xi'an 1980
        ("EPSG:2359", "error.old_datum"),
        ("EPSG:4555", "error.old_datum"),  # New Beijing
        ("EPSG:4024", "error.crs_not_convertible"),  # "unknown, on the Krasovsky ellipsoid"
        ("EPSG:5773", "error.crs_not_convertible"),  # heights
    ],
)
def test_what_cannot_be_placed_on_the_ground_is_refused_with_the_reason(written, why):
    with pytest.raises(BadInput) as refused:
        parse_crs(written)
    assert refused.value.key == why


GAUSS_KRUGER_107 = """PROJCS["CGCS2000_GK_CM_107E",
GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",
DATUM["D_China_2000",SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],
UNIT["Degree",0.0174532925199433]],PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",500000.0],
PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",107.0],PARAMETER["Scale_Factor",1.0],
PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]"""
XIAN_1980 = """GEOGCS["GCS_Xian_1980",DATUM["D_Xian_1980",SPHEROID["Xian_1980",6378140.0,298.257]],
PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]"""


def test_a_described_system_without_a_number_is_taken_by_its_description():
    lon, lat = convert(500000.0, 3271852.0, crs_of_wkt(GAUSS_KRUGER_107), "cgcs2000")
    assert (round(lon, 7), round(lat, 2)) == (107.0, 29.56)


def test_a_described_old_datum_is_refused_too():
    with pytest.raises(BadInput, match=r"error\.old_datum"):
        crs_of_wkt(XIAN_1980)


@pytest.mark.parametrize(
    ("x", "y", "crs", "why"),
    [
        (float("nan"), 29.5, "wgs84", "error.coordinates_not_numbers"),
        (106.5, float("inf"), "EPSG:4545", "error.coordinates_not_numbers"),
        (29.5, 106.5, "wgs84", "error.coordinates_swapped"),
        (29.5, 106.5, "gcj02", "error.coordinates_swapped"),
        (362086.98, 3271852.3, "wgs84", "error.coordinates_out_of_range"),
        (106.5, 29.5, "EPSG:4545", "error.coordinates_not_in_crs"),  # degrees called metres
        (36362086.98, 3271852.3, "EPSG:4545", "error.coordinates_not_in_crs"),  # zone too much
        (362086.98, 3271852.3, "EPSG:4524", "error.coordinates_not_in_crs"),  # zone missing
        (3271852.3, 362086.98, "EPSG:4545", "error.coordinates_not_in_crs"),  # axes swapped
    ],
)
def test_coordinates_that_cannot_be_true_say_why(x, y, crs, why):
    with pytest.raises(BadInput) as refused:
        convert(x, y, crs, "cgcs2000")
    assert refused.value.key == why


def test_one_bad_pair_does_not_lose_the_good_ones():
    lon, lat, problems = convert_each([106.5, 29.5, np.nan], [29.5, 106.5, 1.0], "wgs84", "gcj02")

    assert np.isfinite(lon).tolist() == np.isfinite(lat).tolist() == [True, False, False]
    assert {key: where.tolist() for key, where in problems.items()} == {
        "error.coordinates_not_numbers": [False, False, True],
        "error.coordinates_swapped": [False, True, False],
    }


def test_the_swapped_pair_is_shown_by_its_latitude():
    with pytest.raises(BadInput) as refused:
        convert(29.5, 106.5, "wgs84", "cgcs2000")
    assert refused.value.values["lat"] == 106
