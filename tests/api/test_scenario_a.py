"""The numbers of the grid member's day, to the per cent and the metre, asked over HTTP."""

from __future__ import annotations

import pytest

from tests.riverside import COMMUNITY, G001, G002, settle

HERE = {"lon": 106.5621, "lat": 29.5610, "accuracy_m": 25}


@pytest.fixture
def member(connection, signed_in):
    settle(connection)
    return signed_in("zhang.w")


def located(member, crs: str) -> dict:
    answer = member.get("/api/v1/locate", params={**HERE, "crs": crs})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_beside_the_edge_it_is_74_to_26_and_9_7_metres(member):
    found = located(member, "wgs84")

    assert [one["code"] for one in found["owners"]][-2:] == [COMMUNITY, G002]
    assert found["confidence"] == pytest.approx(0.74, abs=0.005)
    assert found["edge_m"] == pytest.approx(9.7, abs=0.05)
    (other,) = found["neighbours"]
    assert (other["code"], found["confident"]) == (G001, False)
    assert other["share"] == pytest.approx(0.26, abs=0.005)
    assert found["confidence"] + other["share"] == pytest.approx(1, abs=0.001)


def test_declared_as_gcj02_the_same_numbers_lie_outside(member):
    found = located(member, "gcj02")

    assert (found["lon"], found["lat"]) == pytest.approx((106.55839, 29.56386), abs=5e-6)
    assert (found["owners"], found["method"]) == ([], "outside")
    point = {**HERE, "crs": "gcj02", "origin": "gps"}
    asked = {"text": "暴露垃圾", "channel": "patrol", "place": {"point": point}}
    told = member.post("/api/v1/matters", json=asked, headers={"Idempotency-Key": "a" * 36})
    assert told.status_code == 201, told.text
    place = told.json()["place"]
    assert (place["grid"], told.json()["queue"]) == (None, "outside")
    assert "WGS 84, about 480 m off" in place["warning"]
