"""Contested ground: who acts there, by whom it is kept, and when it is overdue."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import Connection

from api.dependencies import clock
from gis.accounts import Grant, Role
from gis.coordinates import distance_m
from gis.intake import Found, Origin, PointGiven
from gis.model import AsOf
from gis.store import regions
from gis.store.disputes import disputes_at, disputes_at_many
from gis.store.locating import locate
from gis.store.spots import spot_of
from tests.makers import NOW, TODAY, keep
from tests.sketch import SIDE, SOUTH, WEST, sketch

BELOW = {"1": "C", "2": "C", "3": "D"}
INSIDE = (WEST + 2.2 * SIDE, SOUTH + SIDE / 2)  # in grid 3, on contested ground
RING = [(2, 0), (2.4, 0), (2.4, 1), (2, 1), (2, 0)]
DISPUTE = {
    "code": "Z1",
    "claimants": ["community:C", "community:D"],
    "owner": "2",
    "reason": "河道改线",
    "ends_on": "2026-12-31",
    "crs": "wgs84",
    "geometry": {
        "type": "Polygon",
        "coordinates": [[[WEST + x * SIDE, SOUTH + y * SIDE] for x, y in RING]],
    },
}


@pytest.fixture(scope="module", autouse=True)
def town(ground: Connection) -> dict[str, int]:
    keep(ground, sketch("C C D"), level="community", edition="社区")
    keep(ground, sketch("1 2 3", parents=BELOW), edition="网格")
    return {c: regions.region_id_of(ground, "community", c, TODAY) for c in "CD"}


def spot(connection: Connection, lon: float, lat: float, radius_m: float = 5, as_of: AsOf = TODAY):
    return spot_of(connection, PointGiven(lon, lat, "wgs84", Origin.GPS, radius_m), as_of)


def test_a_matter_on_contested_ground_goes_to_the_temporary_owner_and_says_so(
    signed_in, connection, town
):
    client = signed_in("li.na", Grant(Role.PLANNER))
    made = client.post("/api/v1/disputes", json=DISPUTE)
    assert made.status_code == 201
    assert (made.json()["state"], made.json()["owner"]) == ("open", "2")
    found = spot(connection, *INSIDE)
    assert (found.method, found.sure, found.at("grid").code) == (Found.DISPUTE, True, "2")
    assert found.note is not None
    assert found.note.values == {"code": "Z1", "name": "2", "until": "2026-12-31"}
    place = {"lon": INSIDE[0], "lat": INSIDE[1], "crs": "wgs84", "accuracy_m": 5}
    said = client.get("/api/v1/responsible", params=place).json()["place"]
    assert said["grid"]["code"] == "2"
    assert "Z1" in said["note"]


def test_locating_goes_on_saying_which_grid_covers_the_place_and_names_the_dispute(
    signed_in, connection, town
):
    client = signed_in("li.na", Grant(Role.PLANNER))
    client.post("/api/v1/disputes", json=DISPUTE)
    assert locate(connection, *INSIDE, TODAY).placement.owner.code == "3"
    place = {"lon": INSIDE[0], "lat": INSIDE[1], "crs": "wgs84"}
    answer = client.get("/api/v1/locate", params=place).json()
    assert [one["code"] for one in answer["owners"]] == ["D", "3"]
    (dispute,) = answer["disputed"]
    assert (dispute["owner"]["code"], dispute["ends_on"]) == ("2", "2026-12-31")
    assert [one["code"] for one in dispute["claimants"]] == ["C", "D"]
    clear = client.get("/api/v1/locate", params=place | {"lon": WEST + SIDE / 2}).json()
    assert clear["disputed"] == []
    thin = client.get("/api/v1/locate/region", params=place).json()
    assert thin["region"]["code"] == "3"
    places = [{"lon": lon, "lat": INSIDE[1]} for lon in (INSIDE[0], WEST + SIDE / 2, "?")]
    batch = client.post("/api/v1/locate/batch", json={"crs": "wgs84", "places": places}).json()
    assert [one["disputed"] for one in batch["places"]] == [[dispute], [], []]


def test_many_places_get_the_disputes_that_each_gets_alone(signed_in, connection, town):
    client = signed_in("li.na", Grant(Role.PLANNER))
    client.post("/api/v1/disputes", json=DISPUTE)
    client.post("/api/v1/disputes", json=DISPUTE | {"code": "Z0"})
    lon = np.array([INSIDE[0] + step * SIDE for step in (-0.6, -0.1, -0.0993, 0, 0.1, 0.4)])
    lon, lat = np.append(lon, np.nan), np.full(7, INSIDE[1])
    for radius_m in (0.0, 8.0, 100.0):
        many = disputes_at_many(connection, lon, lat, np.full(7, radius_m), TODAY)
        assert 6 not in many
        for n in range(6):
            alone = disputes_at(connection, lon[n], lat[n], TODAY, radius_m=radius_m)
            found = many.get(n, [])
            assert [one.code for one in found] == [one.code for one in alone]
            shares = [one.share for one in alone]
            assert [one.share for one in found] == pytest.approx(shares, abs=1e-9)
            assert [replace(one, share=0) for one in found] == [
                replace(one, share=0) for one in alone
            ]


def test_near_its_edge_the_owner_is_one_of_those_it_can_be(signed_in, connection, town):
    client = signed_in("li.na", Grant(Role.PLANNER))
    client.post("/api/v1/disputes", json=DISPUTE)
    edge = WEST + 2.4 * SIDE
    (near,) = disputes_at(connection, edge, INSIDE[1], TODAY, radius_m=20)
    assert near.share == pytest.approx(0.5, abs=0.01)
    assert float(distance_m(edge, INSIDE[1], *INSIDE)) > 100
    unsure = spot(connection, edge, INSIDE[1], 20)
    assert not unsure.sure
    known = [unsure.known[one.path[-1]].code for one in unsure.candidates]
    assert sorted(known) == ["2", "3"]


def test_after_its_last_day_it_is_overdue_until_somebody_extends_or_settles_it(
    app, signed_in, connection, town
):
    client = signed_in("li.na", Grant(Role.PLANNER))
    client.post("/api/v1/disputes", json=DISPUTE)
    late = NOW + timedelta(days=60)
    assert spot(connection, *INSIDE, as_of=AsOf.at(late)).at("grid").code == "3"
    asked = {"state": "overdue", "at": "2027-01-01"}
    assert [one["code"] for one in listed(client, asked)] == ["Z1"]
    assert listed(client, {"state": "overdue"}) == []
    app.dependency_overrides[clock] = lambda: late
    client = signed_in("wang.fang", Grant(Role.PLANNER))  # the first session has run out
    term = {"ends_on": "2027-06-30", "owner": "3"}
    assert client.post("/api/v1/disputes/Z1/terms", json=term).json()["owner"] == "3"
    assert spot(connection, *INSIDE, as_of=AsOf.at(late)).method is Found.DISPUTE
    first = {"outcome": "按新河道划界", "on": "2026-11-22"}  # the very day on which it began
    assert client.post("/api/v1/disputes/Z1/settle", json=first).status_code == 422
    settled = client.post("/api/v1/disputes/Z1/settle", json={"outcome": "按新河道划界"})
    assert (settled.json()["state"], settled.json()["outcome"]) == ("settled", "按新河道划界")
    assert spot(connection, *INSIDE, as_of=AsOf.at(late)).at("grid").code == "3"
    again = client.post("/api/v1/disputes/Z1/settle", json={"outcome": "再次"})
    assert again.status_code == 409
    # what was known then is still told
    assert spot(connection, *INSIDE, as_of=TODAY).at("grid").code == "2"


def test_who_acts_on_contested_ground_is_one_of_those_who_claim_it(signed_in, town):
    """A third grid has no duty there, whoever decides; a grid within a claimant has."""
    client = signed_in("li.na", Grant(Role.PLANNER))
    of_grids = DISPUTE | {"claimants": ["grid:2", "grid:3"]}
    refused = client.post("/api/v1/disputes", json=of_grids | {"owner": "1"})
    assert (refused.status_code, "“1”" in refused.json()["detail"]) == (422, True)
    assert client.post("/api/v1/disputes", json=of_grids).status_code == 201
    term = {"ends_on": "2027-06-30", "owner": "1"}
    assert client.post("/api/v1/disputes/Z1/terms", json=term).status_code == 422
    assert client.post("/api/v1/disputes/Z1/terms", json=term | {"owner": "3"}).status_code == 200


def listed(client, asked: dict[str, str]) -> list[dict[str, object]]:
    return client.get("/api/v1/disputes", params=asked).json()["disputes"]


def test_only_those_over_all_claimants_keep_a_dispute(signed_in, town):
    client = signed_in("wang.wei", Grant(Role.PLANNER, town["D"]))
    assert client.post("/api/v1/disputes", json=DISPUTE).status_code == 403
    assert client.post("/api/v1/disputes", json=DISPUTE | {"owner": "9"}).status_code == 404
    backwards = DISPUTE | {"since": "2027-01-01"}
    assert client.post("/api/v1/disputes", json=backwards).status_code == 422
    assert client.get("/api/v1/disputes.geojson").json()["features"] == []


def area(west: float, east: float, south: float = 0, north: float = 1) -> dict:
    """A rectangle in squares of the sketch."""
    ring = [(west, south), (east, south), (east, north), (west, north), (west, south)]
    place = [[WEST + x * SIDE, SOUTH + y * SIDE] for x, y in ring]
    return {"type": "Polygon", "coordinates": [place]}


def test_nobody_gets_others_ground_by_calling_it_contested(signed_in, town):
    client = signed_in("li.na", Grant(Role.COMMUNITY_CLERK, town["C"]))
    mine = DISPUTE | {"claimants": ["grid:1", "grid:2"], "owner": "1"}
    for code, taken in (("Z2", area(0, 3)), ("Z3", area(2.2, 2.4)), ("Z4", area(1.9, 2.1))):
        refused = client.post("/api/v1/disputes", json=mine | {"code": code, "geometry": taken})
        assert (refused.status_code, "3" in refused.json()["detail"]) == (422, True), code
    far = client.post("/api/v1/disputes", json=mine | {"code": "Z5", "geometry": area(70, 71)})
    assert far.status_code == 422
    assert "Z5" in far.json()["detail"]
    edge = client.post("/api/v1/disputes", json=mine | {"code": "Z6", "geometry": area(0.9, 1.1)})
    assert edge.status_code == 201, edge.text
    gap = mine | {"code": "Z7", "geometry": area(0.5, 1, 0.9, 1.4)}  # half of it nobody's ground
    assert client.post("/api/v1/disputes", json=gap).status_code == 201
