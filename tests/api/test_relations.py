"""Relations over HTTP: kin by parents, the rest by shapes, on any day, a page at a time."""

from __future__ import annotations

from datetime import date

import pytest

from gis.coordinates import distance_m
from tests.makers import keep
from tests.sketch import sketch


@pytest.fixture(scope="module", autouse=True)
def grids(ground):
    keep(ground, sketch("S S S\nS S S"), level="subdistrict", edition="街道")
    keep(
        ground,
        sketch("C C D\nC C D", parents={"C": "S", "D": "S"}),
        level="community",
        edition="社区",
    )
    parents = {"1": "C", "2": "C", "3": "C", "4": "D"}
    keep(ground, sketch("1 2 4\n1 3 4", parents=parents), edition="网格")
    keep(
        ground,
        sketch("1 1 4\n1 3 4", parents=parents),
        edition="后来",
        valid_from=date(2025, 1, 1),
    )


@pytest.fixture
def town(signed_in):
    return signed_in("li.na")


def codes(client, path, **params):
    answer = client.get(f"/api/v1/regions/{path}", params=params)
    assert answer.status_code == 200, answer.text
    return [(one["level"], one["code"]) for one in answer.json()["regions"]]


def test_kin_go_by_parents_on_the_day(town):
    assert codes(town, "community/C/children") == [("grid", "1"), ("grid", "3")]
    assert codes(town, "community/C/children", at="2024-01-01") == [
        ("grid", "1"),
        ("grid", "2"),
        ("grid", "3"),
    ]
    below = codes(town, "subdistrict/S/below", of_level="grid")
    assert below == [("grid", "1"), ("grid", "3"), ("grid", "4")]
    assert codes(town, "grid/4/ancestors") == [("community", "D"), ("subdistrict", "S")]


def test_neighbours_come_with_the_metres_of_the_edge_they_share(town):
    asked = "/api/v1/regions/grid/1/neighbours"
    found = town.get(asked, params={"at": "2024-01-01"}).json()["regions"]
    side = float(distance_m(106.51, 29.50, 106.51, 29.51))

    assert [one["code"] for one in found] == ["2", "3"]
    assert [one["shared_m"] for one in found] == pytest.approx([side, side], rel=0.001)
    assert codes(town, "grid/2/neighbours", at="2024-01-01") == [
        ("grid", "1"),
        ("grid", "3"),
        ("grid", "4"),
    ]
    assert ("grid", "4") not in codes(town, "grid/1/neighbours", at="2024-01-01")


def test_shapes_cover_and_overlap(town):
    assert codes(town, "community/D/covers") == [("grid", "4")]
    assert codes(town, "grid/3/covered_by") == [("community", "C"), ("subdistrict", "S")]
    assert codes(town, "community/C/overlaps") == []


def test_a_shape_meets_regions_and_says_how_much_ground_they_share(town):
    square = {
        "type": "Polygon",
        "coordinates": [
            [
                [106.505, 29.505],
                [106.515, 29.505],
                [106.515, 29.507],
                [106.505, 29.507],
                [106.505, 29.505],
            ]
        ],
    }
    answer = town.post(
        "/api/v1/regions/intersecting",
        params={"of_level": "grid"},
        json={"crs": "wgs84", "geometry": square},
    ).json()["regions"]

    assert [one["code"] for one in answer] == ["1", "3"]
    assert answer[0]["shared_m2"] == pytest.approx(answer[1]["shared_m2"], rel=0.001)
    assert answer[0]["shared_m2"] == pytest.approx(484.5 * 221.7, rel=0.001)


def test_pages_join_without_a_gap_or_a_double_and_shapes_come_along(town):
    seen, after = [], None
    while True:
        more = {"after": after} if after else {}
        page = town.get(
            "/api/v1/regions/subdistrict/S/covers/shapes.geojson",
            params={"limit": 2, "zoom": 10, **more},
        ).json()
        seen += [(one["properties"]["level"], one["id"]) for one in page["features"]]
        assert all(one["geometry"]["type"] == "MultiPolygon" for one in page["features"])
        after = page["next"]
        if after is None:
            break
    assert [code for _, code in seen] == ["1", "3", "4", "C", "D"]


def test_a_point_on_a_corner_meets_all_who_touch_there(town):
    body = {"crs": "wgs84", "geometry": {"type": "Point", "coordinates": [106.51, 29.51]}}
    answer = town.post(
        "/api/v1/regions/intersecting/shapes.geojson", params={"of_level": "grid"}, json=body
    )
    assert [one["id"] for one in answer.json()["features"]] == ["1", "3"]


BOW = [[[106.5, 29.5], [106.51, 29.51], [106.51, 29.5], [106.5, 29.51], [106.5, 29.5]]]


@pytest.mark.parametrize(
    "geometry",
    [
        {"type": "Polygon", "coordinates": BOW},
        {"type": "Polygon", "coordinates": [[[106.5, 29.5], [106.6, 29.5]]]},
        {"type": "Polygon", "coordinates": []},
        {"type": "Sphere", "coordinates": [1, 2]},
        {"type": "Point", "coordinates": [29.5, 106.5]},
        {"type": "Point", "coordinates": [106.5, 29.5, 3]},
        {"type": "Point", "coordinates": ["a", "b"]},
        {"type": "Point", "coordinates": [None, 1]},
        {"type": "LineString", "coordinates": [[106.5, 29.5]] * 20_001},
    ],
    ids=["bow", "unclosed", "empty", "sphere", "swapped", "3d", "text", "null", "huge"],
)
def test_a_shape_that_cannot_be_used_is_refused(town, geometry):
    answer = town.post("/api/v1/regions/intersecting", json={"crs": "wgs84", "geometry": geometry})
    assert answer.status_code == 422, answer.text


def test_a_region_that_was_not_there_is_not_found(town):
    assert town.get("/api/v1/regions/grid/2/neighbours").status_code == 404
    assert town.get("/api/v1/regions/grid/1/cousins").status_code == 422
