"""QR codes of places: they lead to the report page, and what they say is taken as a place."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from api.plate_commands import plates_of
from gis.intake import Thing, read_qr
from gis.store.regions import region_ids
from maps.plates import Plate, link_of, plate_sheet, qr_svg
from tests.makers import TODAY, keep
from tests.sketch import sketch

BASE = "https://grid.example/"


@pytest.fixture(scope="module", autouse=True)
def grids(ground):
    keep(ground, sketch("C D"), level="community", edition="社区")
    keep(ground, sketch("1 2", parents={"1": "C", "2": "D"}), edition="网格")


@pytest.fixture
def town(signed_in):
    return signed_in("li.na")


def test_a_code_is_a_picture_of_its_own_and_one_of_nothing_is_not_found(town):
    answer = town.get("/api/v1/qr.svg", params={"thing": "G", "code": "1"})
    root = ElementTree.fromstring(answer.content)

    assert answer.headers["content-type"].startswith("image/svg+xml")
    assert root.tag.endswith("svg")
    assert town.get("/api/v1/qr.svg", params={"thing": "G", "code": "9"}).status_code == 404
    assert town.get("/api/v1/qr.svg", params={"thing": "X", "code": "1"}).status_code == 422


def test_what_a_code_says_is_read_back_as_the_place(town):
    for thing, code in ((Thing.BUILDING, "B 1&2"), (Thing.GRID, "500199001001002")):
        given = read_qr(link_of(BASE, f"{thing.value}:{code}"))
        assert (given.thing, given.code, given.by_qr) == (thing, code, True)
    asked = town.get("/api/v1/responsible", params={"qr": link_of(BASE, "G:2")}).json()
    assert (asked["place"]["grid"]["code"], asked["place"]["method"]) == ("2", "grid")
    both = {"qr": "G:2", "address": "滨河路18号"}
    assert town.get("/api/v1/responsible", params=both).status_code == 422


def test_a_sheet_holds_all_in_one_file_and_names_stay_text(connection, town):
    grids = plates_of(connection, "grid", None, TODAY)
    below = region_ids(connection, {("community", "D")}, TODAY)["community", "D"]
    page = plate_sheet("zh-CN", BASE, [*grids, Plate("B:1", "<script>alert(1)</script>", "滨河路")])

    assert [one.place for one in grids] == ["G:1", "G:2"]
    assert [one.place for one in plates_of(connection, "grid", below, TODAY)] == ["G:2"]
    assert page.count("<svg") == 3
    assert "<script>" not in page
    assert not re.search(r"(src|href)=", page)


def test_two_places_have_two_codes():
    assert qr_svg(link_of(BASE, "B:1")) != qr_svg(link_of(BASE, "B:2"))
