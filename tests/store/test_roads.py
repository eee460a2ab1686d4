"""Crossings of named roads: where they are, their corners, and what stays open."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from shapely import LineString
from sqlalchemy import Connection

from data.roads import read_roads
from gis.coordinates import distance_m
from gis.crossings import corner, crossings
from gis.errors import BadFile
from gis.intake import AddressGiven
from gis.model import Point
from gis.store.geocoding import geocode
from gis.store.roads import crossings_of, keep_roads
from gis.store.spots import spot_of
from tests.makers import TODAY, keep
from tests.sketch import sketch

EAST_WEST = LineString([(106.495, 29.505), (106.525, 29.505)])
MIDDLE = LineString([(106.505, 29.495), (106.505, 29.515)])
AT_EDGE = LineString([(106.51, 29.495), (106.51, 29.515)])
WAVE = LineString([(106.512, 29.502), (106.514, 29.508), (106.518, 29.502)])


@pytest.fixture
def town(connection: Connection) -> Connection:
    """Grids A and B of K; 高教路 crosses in A, 边界路 at their edge, 弯弯路 twice in B."""
    keep(connection, sketch("K K", names={"K": "河滨社区"}), level="community", edition="社区")
    keep(connection, sketch("A B", parents={"A": "K", "B": "K"}), edition="网格")
    named = [("文一西路", EAST_WEST), ("高教路", MIDDLE), ("边界三路", AT_EDGE), ("弯弯路", WAVE)]
    assert keep_roads(connection, "roads.gpkg", named) == 0
    return connection


def test_the_corner_of_a_crossing_is_a_place_with_its_grid(town: Connection):
    (found,) = geocode(town, ["文一西路和高教路交叉口东南角"], TODAY)

    assert (found.place.kind, found.place.name) == ("crossing", "文一西路与高教路交叉口东南角")
    assert (found.grid.code, found.hint) == ("A", "")
    off_m = float(distance_m(found.place.lon, found.place.lat, 106.505, 29.505))
    assert off_m == pytest.approx(15, abs=0.05)
    assert found.place.lon > 106.505
    assert found.place.lat < 29.505


def test_a_crossing_on_the_edge_of_two_grids_names_the_community_and_no_grid(town: Connection):
    (found,) = geocode(town, ["濱河社区文一西路与边界3路路口"], TODAY)
    (ours,) = geocode(town, ["河滨社区文一西路与边界3路路口"], TODAY)

    assert ours.place.name == "文一西路与边界3路交叉口"
    assert (ours.grid, [one.code for one in ours.regions]) == (None, ["K"])
    assert ours.hint == "geocode.hint.beside"
    assert found.grid is None


def test_roads_that_cross_twice_give_a_list_and_roads_that_never_meet_nothing(town: Connection):
    twice, never = geocode(town, ["文一西路与弯弯路交叉口", "高教路与弯弯路交叉口"], TODAY)

    assert twice.place is None
    assert [(one.thing.kind, one.grid.code) for one in twice.candidates] == [("crossing", "B")] * 2
    assert twice.hint == "geocode.hint.choose"
    assert (never.place, never.candidates) == (None, ())


def test_a_road_without_a_number_is_the_place_as_far_as_it_reaches(town: Connection):
    alley = LineString([(106.503, 29.502), (106.505, 29.502)])
    keep_roads(town, "alleys.gpkg", [("柳岸巷", alley)])
    along, inside, ours, beside = geocode(
        town, ["河滨社区文一西路", "柳岸巷", "我家住在柳岸巷里面", "柳岸巷旁边"], TODAY
    )

    assert (along.place.kind, along.place.name, along.place.code) == ("road", "文一西路", "")
    assert along.place.radius_m == pytest.approx(969, rel=0.01), "of the part in K"
    assert [one.code for one in along.regions] == ["K"]
    assert (along.grid, along.hint) == (None, "geocode.hint.road")
    assert (inside.grid.code, inside.hint, ours.grid.code) == ("A", "", "A")
    assert json.loads(inside.place.line)["coordinates"] == [[106.503, 29.502], [106.505, 29.502]]
    assert (beside.place.name, beside.grid, beside.regions[-1].code) == ("柳岸巷", None, "K")


def test_a_road_with_an_unknown_number_or_of_another_city_is_no_place(town: Connection):
    keep(town, sketch("Q Q", names={"Q": "示例县"}), level="county", edition="县")
    number, elsewhere, unknown = geocode(town, ["文一西路99号", "别处县文一西路", "无名路"], TODAY)
    assert (number.place, elsewhere.place, unknown.place) == (None, None, None)


def test_two_roads_of_one_name_are_listed_and_what_holds_both_is_sure(town: Connection):
    near = LineString([(106.503, 29.502), (106.505, 29.502)])
    far = LineString([(106.513, 29.502), (106.516, 29.502)])
    keep_roads(town, "alleys.gpkg", [("柳岸巷", near), ("柳岸巷", far)])
    (found,) = geocode(town, ["柳岸巷"], TODAY)
    assert (found.place, found.hint) == (None, "geocode.hint.choose")
    assert [(one.thing.kind, one.grid.code) for one in found.candidates] == [
        ("road", "A"),
        ("road", "B"),
    ]
    assert [one.code for one in found.regions] == ["K"]


def test_a_matter_along_a_road_waits_with_how_far_the_road_reaches(town: Connection):
    spot = spot_of(town, AddressGiven("文一西路"), TODAY)
    assert (spot.sure, spot.radius_m > 900) == (False, True)


def test_lines_drawn_past_each_other_by_some_metres_still_meet(connection: Connection):
    short = LineString([(106.505, 29.50505), (106.505, 29.515)])  # ends 5.5 m before
    far = LineString([(106.507, 29.5053), (106.507, 29.515)])  # 33 m
    keep_roads(connection, "a", [("一路", EAST_WEST), ("短路", short), ("远路", far)])
    met = crossings_of(connection, [("1路", "短路"), ("1路", "远路")])

    (only,) = met["1路", "短路"]
    assert (only.lon, only.lat) == pytest.approx((106.505, 29.505025), abs=1e-7)
    assert ("1路", "远路") not in met
    assert keep_roads(connection, "a", []) == 3


def test_four_points_of_two_carriageways_are_one_crossing():
    pairs = [(106.5, 29.5), (106.5002, 29.5), (106.5, 29.5002), (106.5002, 29.5002)]
    (only,) = crossings([Point(*one) for one in pairs])

    assert (only.lon, only.lat) == pytest.approx((106.5001, 29.5001))
    assert corner(only, "路口") == only


def test_roads_are_read_with_their_names_and_what_is_no_road_is_passed_over(tmp_path: Path):
    def feature(name: object, kind: str, xy: object) -> dict[str, object]:
        shape = {"type": kind, "coordinates": xy}
        return {"type": "Feature", "properties": {"name": name}, "geometry": shape}

    line = [[106.5, 29.5], [106.6, 29.5]]
    features = [
        feature("滨河路", "LineString", line),
        feature(None, "LineString", line),
        feature("点", "Point", [106.5, 29.5]),
    ]
    file = tmp_path / "roads.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")

    ((name, shape),) = read_roads(file, "name")
    assert (name, shape.equals(LineString(line))) == ("滨河路", True)
    with pytest.raises(BadFile, match="file_no_column"):
        read_roads(file, "road")
