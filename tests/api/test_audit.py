"""Boundary health over HTTP: counts, pages, features, and a draft that mends."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection

from api import audit
from gis.accounts import Grant, Role
from gis.store import regions
from tests.gis.test_audit import METRE, shifted
from tests.makers import TODAY, keep
from tests.sketch import sketch

BELOW = {"1": "C", "2": "C", "3": "D"}


@pytest.fixture(scope="module", autouse=True)
def town(ground: Connection) -> dict[str, int]:
    """Two communities; between the grids of the first a gap a metre wide, in the second a name."""
    keep(ground, sketch("C C D"), level="community", edition="社区")
    rows = sketch("1 2 3", parents=BELOW, names={"1": "一", "2": "二", "3": "第三　网格"})
    rows[1] = shifted(rows[1], METRE)
    keep(ground, rows, edition="网格")
    return {c: regions.region_id_of(ground, "community", c, TODAY) for c in "CD"}


def test_faults_come_counted_by_kind_and_page_by_page(signed_in, town):
    client = signed_in("li.na", Grant(Role.AUDITOR))
    first = client.get("/api/v1/audit", params={"limit": 1}).json()
    assert first["regions"] == 3
    assert [(one["kind"], one["faults"], one["notes"]) for one in first["kinds"]] == [
        ("gap", 1, 0),
        ("name_blanks", 1, 0),
    ]
    (gap,) = first["faults"]
    assert (gap["kind"], gap["note"]) == ("gap", False)
    assert gap["repair"].endswith("go to 1")
    second = client.get("/api/v1/audit", params={"limit": 1, "after": first["next"]}).json()
    assert [one["codes"] for one in second["faults"]] == [["3"]]
    assert second["next"] is None
    only = client.get("/api/v1/audit", params={"region": "community:D"}).json()
    assert [one["kind"] for one in only["faults"]] == ["name_blanks"]
    assert client.get("/api/v1/audit", params={"after": "MTIzYQ"}).status_code == 422


def test_the_same_faults_are_features_and_a_workbook(signed_in, town):
    client = signed_in("li.na", Grant(Role.AUDITOR))
    features = client.get("/api/v1/audit.geojson").json()["features"]
    assert [one["geometry"]["type"] for one in features] == ["MultiPolygon", "Point"]
    assert client.get("/api/v1/audit.xlsx").content.startswith(b"PK")


def test_what_a_repair_would_draw_is_shown_before_it_is_taken(signed_in, town):
    client = signed_in("li.na", Grant(Role.AUDITOR))
    (gap,) = client.get("/api/v1/audit", params={"kind": "gap"}).json()["faults"]
    (drawn,) = client.get("/api/v1/audit/repairs.geojson").json()["features"]
    assert (drawn["id"], drawn["properties"]["codes"]) == (gap["key"], ["1"])
    assert drawn["properties"]["what"] == gap["repair"]
    east = max(lon for line in drawn["geometry"]["coordinates"] for lon, _ in line)
    assert east == pytest.approx(106.51 + METRE, abs=1e-9)


def test_a_planner_over_the_region_mends_by_a_draft(signed_in, town):
    elsewhere = signed_in("wang.wei", Grant(Role.PLANNER, town["D"]))
    body = {"level": "grid", "region": "community:C", "edition": "体检"}
    assert elsewhere.post("/api/v1/audit/repairs", json=body).status_code == 403
    client = signed_in("li.na", Grant(Role.PLANNER, town["C"]))
    made = client.post("/api/v1/audit/repairs", json=body)
    assert made.status_code == 201
    edition = client.get(f"/api/v1/editions/{made.json()['id']}").json()
    assert (edition["state"], edition["changes"]) == ("draft", {"moved": 1})
    assert edition["open_faults"] == 0
    lost = {**body, "region": "community:X", "edition": "另一"}
    assert client.post("/api/v1/audit/repairs", json=lost).status_code == 404


def test_more_than_one_answer_holds_is_refused_with_what_to_do(signed_in, town, monkeypatch):
    monkeypatch.setattr(audit, "MOST_REGIONS", 2)
    client = signed_in("li.na", Grant(Role.AUDITOR))
    refused = client.get("/api/v1/audit")
    assert refused.status_code == 422
    assert "a smaller area" in refused.json()["detail"]


def test_vacancies_are_told_to_those_who_reach_members_there(signed_in, connection, town):
    from sqlalchemy import text

    connection.execute(
        text(
            "WITH m AS (INSERT INTO member (code, name) VALUES ('M1', '甲') RETURNING id)"
            " INSERT INTO post (member_id, role, region_id, responsible, valid)"
            " SELECT m.id, 'grid_member', c.region_id, true, tstzrange('2026-01-01', NULL)"
            "   FROM m, region_code c WHERE c.code = '1'"
        )
    )
    asked = {"region": "community:C"}
    auditor = signed_in("an.auditor", Grant(Role.AUDITOR))
    assert "vacant" not in {one["kind"] for one in seen(auditor, asked)}
    clerk = signed_in("a.clerk", Grant(Role.COMMUNITY_CLERK, town["C"]))
    assert [one["codes"] for one in seen(clerk, asked) if one["kind"] == "vacant"] == [["2"]]
    assert "vacant" not in {one["kind"] for one in seen(clerk, {"region": "community:D"})}


def seen(client, asked: dict[str, str]) -> list[dict[str, object]]:
    return client.get("/api/v1/audit", params=asked).json()["faults"]
