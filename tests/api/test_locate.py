"""Locating over HTTP: the system is never guessed, one owner a level, bad places beside good."""

from __future__ import annotations

import pytest

from gis.model import Point
from gis.store.known_addresses import KnownPlace, keep_known
from tests.makers import keep
from tests.sketch import sketch


@pytest.fixture(scope="module", autouse=True)
def grids(ground):
    keep(ground, sketch("C D"), level="community", edition="社区")
    keep(ground, sketch("1 2", parents={"1": "C", "2": "D"}), edition="网格")


@pytest.fixture
def town(signed_in):
    return signed_in("li.na")


def locate(client, **asked):
    return client.get("/api/v1/locate", params={"crs": "wgs84", **asked})


def test_a_place_gets_its_owners_top_first_and_says_how_sure(town):
    answer = locate(town, lon=106.505, lat=29.505, accuracy_m=12).json()
    assert [(o["level"], o["code"]) for o in answer["owners"]] == [
        ("community", "C"),
        ("grid", "1"),
    ]
    assert answer["method"] == "covers"
    assert answer["confidence"] == 1
    assert answer["confident"] is True
    assert answer["edge_m"] == pytest.approx(484.5, abs=1)
    assert answer["edition"] == "网格"
    assert answer["accuracy_assumed"] is False


def test_without_an_accuracy_a_phones_is_taken_and_said(town):
    answer = locate(town, lon=106.50997, lat=29.505).json()
    assert answer["accuracy_m"] == 30
    assert answer["accuracy_assumed"] is True
    assert answer["confident"] is False
    assert answer["neighbours"][0]["code"] == "2"


def test_the_same_numbers_in_another_system_are_another_place(town):
    assert locate(town, lon=106.5001, lat=29.5001).json()["owners"]
    shifted = locate(town, lon=106.5001, lat=29.5001, crs="gcj02").json()
    assert shifted["owners"] == []
    assert shifted["method"] == "outside"


def test_the_coordinate_system_is_required(town):
    answer = town.get("/api/v1/locate", params={"lon": 106.5, "lat": 29.5})
    assert answer.status_code == 422


@pytest.mark.parametrize(
    "bad",
    [
        {"lon": "nan"},
        {"lon": "inf"},
        {"lon": "abc"},
        {"lat": 106.5},
        {"crs": "EPSG:0"},
        {"crs": "beijing54"},
        {"crs": "EPSG:4214"},
        {"accuracy_m": -1},
        {"at": "yesterday"},
        {"known_at": "2026-01-01"},
    ],
)
def test_what_cant_be_true_is_refused_in_plain_words_and_never_echoed(town, bad):
    answer = locate(town, **{"lon": 106.5, "lat": 29.5, **bad})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert "abc" not in answer.text


def test_projected_coordinates_are_taken_with_their_number(town):
    from gis.coordinates import convert

    easting, northing = convert(106.505, 29.505, "wgs84", "EPSG:4545")
    answer = locate(town, lon=easting, lat=northing, crs="EPSG:4545").json()
    assert answer["owners"][-1]["code"] == "1"


def test_a_batch_answers_in_order_and_a_bad_place_loses_none_of_the_good_ones(town):
    places = [
        {"lon": 106.505, "lat": 29.505},
        {"lon": 29.505, "lat": 106.505},
        {"lon": 106.515, "lat": 29.505, "accuracy_m": 5},
        {"lon": 0, "lat": 0},
    ]
    answer = town.post("/api/v1/locate/batch", json={"crs": "wgs84", "places": places})
    assert answer.status_code == 200, answer.text
    first, bad, second, outside = answer.json()["places"]
    assert first["codes"] == {"community": "C", "grid": "1"}
    assert second["codes"] == {"community": "D", "grid": "2"}
    assert "106" in bad["error"] or "latitude" in bad["error"]
    assert bad["codes"] == {}
    assert outside["method"] == "outside"


def test_strings_holes_and_what_is_no_place_come_back_with_their_error_beside_the_good(town):
    good = {"lon": 106.505, "lat": 29.505}
    bad = [{"lon": "x", "lat": 29.5}, None, 7, [], {"lon": 106.5}, good | {"accuracy_m": -1}]
    answer = town.post("/api/v1/locate/batch", json={"crs": "wgs84", "places": [good, *bad, good]})
    assert answer.status_code == 200, answer.text
    first, *errors, last = answer.json()["places"]
    assert (first["codes"], last["codes"]) == ({"community": "C", "grid": "1"},) * 2
    assert all("lon and lat are numbers" in one["error"] and not one["codes"] for one in errors)

    raw = '{"crs":"wgs84","places":[{"lon":NaN,"lat":29.5},{"lon":106.505,"lat":29.505}]}'
    headers = {"Content-Type": "application/json"}
    answer = town.post("/api/v1/locate/batch", content=raw, headers=headers)
    assert [bool(one["error"]) for one in answer.json()["places"]] == [True, False]


def test_a_batch_of_more_than_ten_thousand_is_refused(town):
    places = [{"lon": 0, "lat": 0}] * 10_001
    answer = town.post("/api/v1/locate/batch", json={"crs": "wgs84", "places": places})
    assert answer.status_code == 422


def test_nobody_without_an_account_may_locate(client):
    assert locate(client, lon=106.5, lat=29.5).status_code == 401


def test_a_batch_that_says_its_places_in_words_is_checked_by_them(connection, town):
    known = [
        KnownPlace(f"building:B{n}", f"滨河路{n}号", point=Point(106.501 + n / 1e3, 29.505))
        for n in range(1, 9)
    ]
    keep_known(connection, known)
    places = [{"lon": one.point.lon, "lat": one.point.lat, "address": one.text} for one in known]
    body = {"crs": "gcj02", "places": places}
    wrong = town.post("/api/v1/locate/batch", json=body).json()
    right = town.post("/api/v1/locate/batch", json={**body, "crs": "wgs84"}).json()
    trusted = town.post("/api/v1/locate/batch", json={**body, "trust_crs": True}).json()

    assert "WGS 84" in wrong["warning"]
    assert [one["codes"] for one in wrong["places"]] == [{}] * 8
    assert all(one["error"] == wrong["warning"] for one in wrong["places"])
    assert (right["warning"], trusted["warning"]) == (None, None)
    assert right["places"][0]["codes"] == {"community": "C", "grid": "1"}
