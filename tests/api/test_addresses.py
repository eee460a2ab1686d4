"""Geocoding over HTTP: one place or a list, never a guess; bad ones beside good; and back again."""

from __future__ import annotations

import pytest

from gis.model import Point
from gis.store.known_addresses import KnownPlace, keep_known
from gis.store.regions import region_ids
from maps.words import say
from tests.makers import TODAY, keep
from tests.sketch import sketch


@pytest.fixture(scope="module", autouse=True)
def grids(ground):
    keep(ground, sketch("C D"), level="community", edition="社区")
    keep(ground, sketch("1 2", parents={"1": "C", "2": "D"}), edition="网格")
    grids = region_ids(ground, {("grid", "1"), ("grid", "2")}, TODAY)
    one, two = grids["grid", "1"], grids["grid", "2"]
    keep_known(
        ground,
        [
            KnownPlace("building:B1", "滨河路18号附1", "1栋", (), one, Point(106.505, 29.505)),
            KnownPlace("building:B2", "滨河路18号附2", "2栋", (), two, Point(106.515, 29.505)),
        ],
    )


@pytest.fixture
def town(signed_in):
    return signed_in("li.na")


def geocode(client, address: str):
    return client.get("/api/v1/geocode", params={"address": address}).json()


def test_a_sure_address_gets_its_place_and_grid_and_its_parts_with_type_codes(town):
    answer = geocode(town, "濱河路十八號附２楼下")
    assert [(e["type_code"], e["value"]) for e in answer["elements"]] == [
        (41, "濱河路"),
        (50, "18附2"),
    ]
    assert (answer["place"]["kind"], answer["place"]["code"]) == ("building", "B2")
    assert (answer["grid"]["code"], answer["level"], answer["score"]) == ("2", "door", 1.0)
    assert (answer["relation"], answer["hint"]) == ("楼下", "")


def test_an_unsure_one_gets_a_list_and_no_place(town):
    answer = geocode(town, "滨河路18号")
    assert (answer["place"], answer["grid"]) == (None, None)
    assert {one["code"]: one["grid"]["code"] for one in answer["candidates"]} == {
        "B1": "1",
        "B2": "2",
    }
    assert answer["hint"]


def test_beside_a_house_may_be_another_grid(town):
    answer = geocode(town, "滨河路18号附1旁边")
    assert answer["place"]["code"] == "B1"
    assert answer["grid"] is None
    assert [one["level"] for one in answer["regions"]] == ["community"]


def test_one_bad_address_of_a_batch_costs_the_others_nothing(town):
    given = ["滨河路18号附1", "", "路" * 10_000, 7, None, "\x00", "😀", "<b>'; --", "滨河路18号附2"]
    given.append("\ufffd\ufffd号")
    answer = town.post("/api/v1/geocode/batch", json={"addresses": given})
    results = answer.json()["results"]

    assert answer.status_code == 200
    assert [one["place"] and one["place"]["code"] for one in results] == [
        "B1", None, None, None, None, None, None, None, "B2", None,
    ]  # fmt: skip
    why = {n: one["error"] for n, one in enumerate(results) if one["error"]}
    assert list(why) == [1, 2, 3, 4, 5, 9]
    assert why[3] == why[4] == say("en", "geocode.not_text")
    assert (why[5], why[9]) == (
        say("en", "geocode.bad_letters"),
        say("en", "geocode.lost_letters"),
    )


@pytest.mark.parametrize(
    ("given", "rule"),
    [("路", "not_list"), ([], "too_few"), (["路"] * 1_001, "too_many")],
)
def test_a_batch_that_is_no_list_or_no_fit_one_says_what_it_should_be(town, given, rule):
    answer = town.post("/api/v1/geocode/batch", json={"addresses": given})
    (field,) = answer.json()["fields"]
    limit = {"too_few": 1, "too_many": 1000}.get(rule)
    assert field["detail"] == say("en", f"field.{rule}", limit=limit)


def test_a_single_address_that_is_too_long_or_missing_is_refused(town):
    assert town.get("/api/v1/geocode", params={"address": "路" * 301}).status_code == 422
    assert town.get("/api/v1/geocode").status_code == 422


def reverse(client, lon: float):
    asked = {"lon": lon, "lat": 29.505, "crs": "wgs84", "accuracy_m": 5}
    return client.get("/api/v1/reverse", params=asked).json()


def test_a_place_gets_the_standard_address_of_what_is_nearest(town):
    answer = reverse(town, 106.5053)
    assert answer["place"]["code"] == "B1"
    assert answer["standard"].endswith("滨河路18号附1")
    assert answer["metres"] == pytest.approx(29.1, abs=0.5)
    assert answer["confident"] is True


def test_far_from_every_address_only_the_regions_are_told(town):
    answer = reverse(town, 106.5085)
    assert (answer["standard"], answer["place"], answer["metres"]) == ("", None, None)
    assert [one["code"] for one in answer["regions"]] == ["C", "1"]


def test_a_standard_address_takes_its_regions_from_the_place_not_from_an_old_list(town, connection):
    grid = region_ids(connection, {("grid", "2")}, TODAY)["grid", "2"]
    old = KnownPlace("imported:1", "旧区滨河路96号3幢", "", (), grid, Point(106.5171, 29.505))
    keep_known(connection, [old])

    assert reverse(town, 106.5171)["standard"] == "D滨河路96号3幢"
