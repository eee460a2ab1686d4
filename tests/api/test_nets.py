"""Nets over HTTP and from a list: read by everybody, stated over the own regions only."""

from __future__ import annotations

import pytest
import shapely
from sqlalchemy import Connection

from gis.accounts import Grant, Role
from gis.store import regions
from tests.makers import TODAY, keep
from tests.sketch import sketch

BELOW = {"1": "C", "2": "C", "3": "D"}
NET = {
    "code": "JW",
    "name": "警务网",
    "kind": "police",
    "units": [{"code": "A", "name": "一区", "grids": ["1", "2"]}],
}


@pytest.fixture(scope="module", autouse=True)
def town(ground: Connection) -> dict[str, int]:
    keep(ground, sketch("C C D"), level="community", edition="社区")
    keep(ground, sketch("1 2 3", parents=BELOW), edition="网格")
    return {c: regions.region_id_of(ground, "community", c, TODAY) for c in "CD"}


def test_a_net_is_stated_and_read_with_its_unions(signed_in, town):
    client = signed_in("li.na", Grant(Role.COMMUNITY_CLERK, town["C"]))
    made = client.post("/api/v1/nets", json=NET)
    assert made.status_code == 201
    assert made.json() == {"code": "JW", "units": 1, "joined": 2, "left": 0, "faults": []}
    assert client.post("/api/v1/nets", json=NET).status_code == 409
    (net,) = client.get("/api/v1/nets", params={"grid": "2"}).json()["nets"]
    assert (net["home"], net["exclusive"], net["grids"]) == ("community:C", True, 2)
    assert client.get("/api/v1/nets", params={"grid": "3"}).json()["nets"] == []
    assert client.get("/api/v1/nets", params={"region": "community:D"}).json()["nets"] == []
    (unit,) = client.get("/api/v1/nets/JW/units").json()["units"]
    assert unit["grids"] == ["1", "2"]
    (feature,) = client.get("/api/v1/nets/JW/units.geojson").json()["features"]
    west, south, east, north = shapely.geometry.shape(feature["geometry"]).bounds
    assert (west, south, east, north) == (106.5, 29.5, 106.52, 29.51)


def test_a_net_changes_from_its_day_on_and_pages_go_on(signed_in, town):
    client = signed_in("li.na", Grant(Role.PLANNER))
    client.post("/api/v1/nets", json=NET | {"valid_from": "2026-01-01"})
    parted = [{"code": "A", "grids": ["1"]}, {"code": "B", "grids": ["2", "1"]}]
    change = {"name": "警务网", "kind": "police", "units": parted, "valid_from": "2026-06-01"}
    changed = client.post("/api/v1/nets/JW/units", json=change).json()
    assert (changed["joined"], changed["left"]) == (2, 1)
    assert [(one["kind"], one["code"]) for one in changed["faults"]] == [("in_two", "1")]
    first = client.get("/api/v1/nets/JW/units", params={"limit": 1}).json()
    second = client.get("/api/v1/nets/JW/units", params={"after": first["next"]}).json()
    assert [one["code"] for one in second["units"]] == ["B"]
    assert second["next"] is None
    before = client.get("/api/v1/nets/JW/units", params={"at": "2026-05-31"}).json()["units"]
    assert [one["grids"] for one in before] == [["1", "2"]]
    assert len(client.get("/api/v1/nets/JW/faults").json()["faults"]) == 1


def test_a_net_ends_on_its_day_and_stays_readable_before_it(signed_in, town):
    client = signed_in("li.na", Grant(Role.COMMUNITY_CLERK, town["C"]))
    client.post("/api/v1/nets", json=NET | {"valid_from": "2026-01-01"})
    assert client.post("/api/v1/nets/JW/end", json={"on": "2026-06-01"}).json()["left"] == 2
    assert client.get("/api/v1/nets/JW/units").json()["units"] == []
    before = client.get("/api/v1/nets/JW/units", params={"at": "2026-05-31"}).json()["units"]
    assert [one["grids"] for one in before] == [["1", "2"]]
    assert client.get("/api/v1/nets/JW/faults").json()["faults"] == []
    elsewhere = signed_in("wang.wei", Grant(Role.PLANNER, town["D"]))
    assert elsewhere.post("/api/v1/nets/JW/end", json={}).status_code == 403


def test_only_those_over_its_region_state_a_net(signed_in, town):
    client = signed_in("wang.wei", Grant(Role.PLANNER, town["D"]))
    assert client.post("/api/v1/nets", json=NET).status_code == 403
    as_if_ours = NET | {"region": "community:D"}
    assert client.post("/api/v1/nets", json=as_if_ours).status_code == 403
    unknown = NET | {"units": [{"code": "A", "grids": ["9"]}]}
    assert client.post("/api/v1/nets", json=unknown).status_code == 404
    assert client.get("/api/v1/nets/JW").status_code == 404


def cell(code: str, west: float, east: float) -> dict[str, object]:
    """A cell of a foreign net, so many grids from the west wide."""
    ring = [(west, 0), (east, 0), (east, 1), (west, 1), (west, 0)]
    corners = [[106.5 + x / 100, 29.5 + y / 100] for x, y in ring]
    return {"code": code, "geometry": {"type": "Polygon", "coordinates": [corners]}}


FOREIGN = {"code": "CG", "name": "城管网", "kind": "urban_management", "crs": "wgs84"}


def test_a_foreign_net_is_matched_reported_and_kept_only_when_asked(signed_in, town):
    client = signed_in("li.na", Grant(Role.PLANNER, town["C"]))
    asked = FOREIGN | {"region": "community:C", "polygons": [cell("W", 0, 1.2), cell("E", 1.2, 2)]}
    report = client.post("/api/v1/nets/match", json=asked).json()
    assert (report["fits"], report["kept"]) == (False, False)
    assert [(u["code"], u["verdict"], u["grids"], u["cut"]) for u in report["units"]] == [
        ("E", "cuts", ["2"], ["2"]),
        ("W", "cuts", ["1"], ["2"]),
    ]
    (offence,), (place,) = report["offences"], report["places"]["features"]
    assert (offence["polygon"], offence["grid"], offence["owner"]) == ("W", "2", "E")
    ground = shapely.geometry.shape(place["geometry"]).bounds
    assert ground == pytest.approx((106.51, 29.5, 106.512, 29.51))
    assert client.get("/api/v1/nets/CG").status_code == 404
    kept = client.post("/api/v1/nets/match", json=asked | {"keep": True, "source": "城管图"})
    assert kept.json()["kept"]
    assert client.get("/api/v1/nets/CG").json()["source"] == "城管图"
    units = client.get("/api/v1/nets/CG/units").json()["units"]
    assert [(one["code"], one["grids"]) for one in units] == [("E", ["2"]), ("W", ["1"])]

    again = asked | {"keep": True, "source": "别的图", "polygons": [cell("N", 0, 2)]}
    refused = client.post("/api/v1/nets/match", json=again)
    assert (refused.status_code, "CG" in refused.json()["detail"]) == (409, True)
    assert client.get("/api/v1/nets/CG").json()["source"] == "城管图"
    assert client.post("/api/v1/nets/match", json=again | {"replace": True}).json()["kept"]
    assert client.get("/api/v1/nets/CG").json()["source"] == "别的图"


def test_a_foreign_net_needs_the_region_and_sound_shapes(signed_in, town):
    client = signed_in("li.na", Grant(Role.PLANNER, town["C"]))
    elsewhere = FOREIGN | {"region": "community:D", "polygons": [cell("W", 0, 2)]}
    assert client.post("/api/v1/nets/match", json=elsewhere).status_code == 403
    twice = FOREIGN | {"region": "community:C", "polygons": [cell("W", 0, 1), cell("W", 1, 2)]}
    refused = client.post("/api/v1/nets/match", json=twice)
    assert refused.status_code == 422
    assert "W" in refused.json()["faults"][0]["text"]


def test_the_impact_of_a_change_names_the_nets_it_concerns(signed_in, town):
    client = signed_in("li.na", Grant(Role.PLANNER))
    parted = [{"code": "A", "grids": ["1"]}, {"code": "B", "grids": ["2"]}]
    client.post("/api/v1/nets", json=NET | {"units": parted})
    line = [[106.505, 29.499], [106.505, 29.511]]
    split = {"do": "split_along", "grid": "1", "line": line, "new": "1N"}
    body = {"community": "C", "operations": [split]}
    (joins,) = client.post("/api/v1/proposals/impact", json=body).json()["nets"]
    assert (joins["net"], joins["unit"], joins["grid"], joins["does"]) == ("JW", "A", "1N", "joins")
    merge = {"community": "C", "operations": [{"do": "merge", "grids": ["1", "2"], "into": "1"}]}
    impact = client.post("/api/v1/proposals/impact", json=merge).json()
    assert [(one["grid"], one["does"], one["others"]) for one in impact["nets"]] == [
        ("1", "mixed", ["B"]),
        ("2", "leaves", []),
    ]
    assert [one["kind"] for one in impact["faults"]] == ["net_mixed"]
