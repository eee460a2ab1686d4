"""Levels and regions over HTTP: lists a page at a time, facts, shapes, on any day."""

from __future__ import annotations

from datetime import date

import pytest

from tests.makers import keep
from tests.sketch import sketch


@pytest.fixture(scope="module", autouse=True)
def grids(ground):
    keep(ground, sketch("S S T T"), level="subdistrict", edition="街道")
    parents = {"A": "S", "B": "S", "C": "T"}
    keep(
        ground,
        sketch("A B C C", parents=parents, names={"A": "河滨社区", "B": "码头社区"}),
        level="community",
        edition="社区",
    )


@pytest.fixture
def town(signed_in):
    return signed_in("li.na")


def test_levels_say_what_they_hold_on_the_day(town):
    levels = {one["code"]: one for one in town.get("/api/v1/levels").json()["levels"]}
    assert levels["community"]["count"] == 3
    assert levels["community"]["box"]["west"] == 106.5
    assert levels["grid"]["count"] == 0
    before = town.get("/api/v1/levels", params={"at": "2019-01-01"}).json()["levels"]
    assert all(one["count"] == 0 for one in before)


def test_a_list_of_regions_comes_a_page_at_a_time_without_a_gap_or_a_double(town):
    seen, after = [], None
    for _ in range(10):
        more = {"after": after} if after else {}
        page = town.get("/api/v1/regions", params={"limit": 2, **more}).json()
        seen += [(one["level"], one["code"]) for one in page["regions"]]
        after = page["next"]
        if after is None:
            break
    assert seen == [
        ("community", "A"),
        ("community", "B"),
        ("community", "C"),
        ("subdistrict", "S"),
        ("subdistrict", "T"),
    ]


@pytest.mark.parametrize(
    ("words", "found"), [("河滨", ["A"]), ("社区", ["A", "B"]), ("C", ["C"]), ("%", []), ("_", [])]
)
def test_search_finds_the_start_of_a_code_and_a_part_of_a_name(town, words, found):
    answer = town.get("/api/v1/regions", params={"q": words, "level": "community"}).json()
    assert [one["code"] for one in answer["regions"]] == found


def test_a_regions_facts_name_its_ancestors_edition_and_size(town):
    facts = town.get("/api/v1/regions/community/A").json()
    assert facts["name"] == "河滨社区"
    assert [a["code"] for a in facts["ancestors"]] == ["S"]
    assert facts["edition"]["name"] == "社区"
    assert facts["valid_to"] is None
    assert facts["area_m2"] == pytest.approx(1_075_000, rel=0.01)
    assert facts["bbox"] == [106.5, 29.5, 106.51, 29.51]


def test_a_region_that_isnt_there_is_not_found_in_the_users_language(town):
    answer = town.get("/api/v1/regions/community/Z", headers={"Accept-Language": "zh-CN"})
    assert answer.status_code == 404
    assert answer.json()["type"] == "/problems/not-found"
    assert "Z" in answer.json()["detail"]


def test_shapes_come_as_geojson_and_are_not_sent_twice(town):
    asked = {"level": "community", "bbox": "106.49,29.49,106.505,29.52"}
    answer = town.get("/api/v1/regions.geojson", params=asked)
    assert answer.headers["content-type"] == "application/geo+json"
    collection = answer.json()
    assert [one["id"] for one in collection["features"]] == ["A"]
    assert collection["features"][0]["properties"]["parent_code"] == "S"
    assert (collection["truncated"], collection["total"]) == (False, 1)
    again = town.get(
        "/api/v1/regions.geojson",
        params=asked,
        headers={"If-None-Match": answer.headers["etag"]},
    )
    assert again.status_code == 304


def test_shapes_change_their_tag_with_every_activation(town, connection):
    asked = {"level": "subdistrict"}
    before = town.get("/api/v1/regions.geojson", params=asked).headers["etag"]
    keep(connection, sketch("A A A A"), edition="网格")
    assert town.get("/api/v1/regions.geojson", params=asked).headers["etag"] != before


@pytest.mark.parametrize("bbox", ["", "1,2,3", "a,b,c,d", "nan,0,1,1", "2,0,1,1", "0,0,999,1"])
def test_a_box_that_cant_be_is_refused(town, bbox):
    answer = town.get("/api/v1/regions.geojson", params={"level": "grid", "bbox": bbox})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("cursor", ["x", "AAAA", "%00", "🙂"])
def test_a_page_mark_that_isnt_ours_is_refused(town, cursor):
    assert town.get("/api/v1/regions", params={"after": cursor}).status_code == 422


def test_every_read_takes_a_day(town, connection):
    keep(
        connection,
        sketch("A A C C", parents={"A": "S", "C": "T"}),
        level="community",
        edition="合并",
        valid_from=date(2026, 1, 1),
    )
    now = town.get("/api/v1/regions", params={"level": "community"}).json()["regions"]
    then = town.get("/api/v1/regions", params={"level": "community", "at": "2025-06-01"}).json()
    assert [one["code"] for one in now] == ["A", "C"]
    assert [one["code"] for one in then["regions"]] == ["A", "B", "C"]
