"""The door of the field map: own grids only, a map unless it was switched off."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from sqlalchemy import Connection
from starlette.testclient import TestClient

from gis.accounts import Grant, Role
from tests import riverside
from tests.riverside import G001, G002

KEY = {"Idempotency-Key": "7f0c9a52-3f0e-4a53"}


@pytest.fixture(scope="module", autouse=True)
def town(ground: Connection) -> dict[str, int]:
    ids = riverside.settle(ground)
    riverside.staff(ground, ids)
    return ids


def boot_of(html: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(re.search(r'id="boot"[^>]*>(.*?)</script>', html, re.S)[1])
    return found


def test_a_grid_member_opens_the_own_grid_and_no_other(signed_in, town):
    client: TestClient = signed_in("li.na", Grant(Role.GRID_MEMBER, town[G002]))
    page = client.get("/field")
    assert page.status_code == 200
    assert boot_of(page.text)["grid"]["code"] == G002
    assert boot_of(page.text)["me"]["login"] == "li.na"
    elsewhere = client.get("/field", params={"grid": G001})
    nowhere = client.get("/field", params={"grid": "nowhere"})
    assert elsewhere.status_code == nowhere.status_code == 404
    assert elsewhere.text.replace(G001, "") == nowhere.text.replace("nowhere", "")


def test_the_switch_of_the_browser_turns_the_map_off(signed_in, town):
    client: TestClient = signed_in("li.na", Grant(Role.GRID_MEMBER, town[G002]))
    assert "leaflet" in client.get("/field").text
    client.cookies.set("map", "off")
    assert "leaflet" not in client.get("/field").text


def test_a_stranger_is_sent_to_sign_in(client, signed_in, town):
    away = client.get("/field", follow_redirects=False)
    assert (away.status_code, away.headers["location"]) == (303, "/sign-in?next=/field")
    page = signed_in("li.na", Grant(Role.GRID_MEMBER)).get("/field", params={"grid": "nowhere"})
    assert page.status_code == 404


@pytest.mark.parametrize("role", [Role.PLANNER, Role.AUDITOR, Role.ACCOUNT_ADMIN])
def test_who_works_in_no_grid_has_no_field_map(signed_in, town, role):
    assert signed_in("li.na", Grant(role)).get("/field").status_code == 403


def test_what_happened_to_a_matter_is_told_in_the_readers_words(signed_in, town):
    client: TestClient = signed_in("li.na", Grant(Role.GRID_MEMBER, town[G002]))
    point = {"lon": 106.563, "lat": 29.561, "crs": "wgs84", "accuracy_m": 8, "origin": "gps"}
    body = {"text": "停车", "channel": "patrol", "category": "N09", "place": {"point": point}}
    no = client.post("/api/v1/matters", json=body, headers=KEY).json()["no"]
    found = client.get(f"/api/v1/matters/{no}").json()
    step = {"step": "settle", "version": found["version"], "given": {"result": "轮流停"}}
    settled = client.post(f"/api/v1/matters/{no}/steps", json=step).json()
    told = [(event["name"], event["texts"]) for event in settled["events"]]
    assert [name for name, _ in told][:3] == [
        "Received",
        "Located",
        "Class and handler proposed",
    ]
    assert told[2][1]
    assert told[-1][1] == ["轮流停"]
