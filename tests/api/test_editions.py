"""Editions over HTTP: looked at page by page, accepted, approved and undone by who may."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, text

from gis.accounts import Grant, Role
from gis.editions import ApprovalStep
from gis.store import approvals, editions, levels, regions
from gis.store.edition_life import facts_of
from gis.store.editions import EditionScope, NewEdition
from gis.workflows.change_editions import activate_next
from gis.workflows.judge_edition import judge_edition
from tests.api.people import PASSWORD
from tests.makers import NOW, TODAY, keep
from tests.sketch import sketch

BELOW = {"C": "S", "D": "S", "E": "T"}


@pytest.fixture
def town(connection: Connection) -> dict[str, int]:
    keep(connection, sketch("S S T"), level="subdistrict", edition="街道")
    keep(connection, sketch("C D E", parents=BELOW), level="community", edition="社区")
    return {code: regions.region_id_of(connection, "subdistrict", code, TODAY) for code in "ST"}


def community(connection: Connection, code: str) -> int:
    return regions.region_id_of(connection, "community", code, TODAY)


def draft(connection: Connection, drawing: str, root_id: int | None = None) -> int:
    level = levels.level_of(connection, "community")
    scope = EditionScope(level.id, root_id, TODAY.valid_on)
    new = NewEdition("草案", scope, "a test", "0", "EPSG:4490")
    made = editions.keep_draft(connection, new, sketch(drawing, parents=BELOW))
    judge_edition(connection, facts_of(connection, edition_id=made))
    return made


def test_changes_come_page_by_page_with_areas(signed_in, connection, town):
    made = draft(connection, "C C E")
    client = signed_in("li.na", Grant(Role.PLANNER))
    address = f"/api/v1/editions/{made}/changes"
    first = client.get(address, params={"limit": 1}).json()
    assert [(one["code"], one["changes"]) for one in first["changes"]] == [("C", ["moved"])]
    assert first["changes"][0]["m2_gained"] == pytest.approx(1_074_657, rel=1e-3)
    second = client.get(address, params={"limit": 1, "after": first["next"]}).json()
    assert [(one["code"], one["changes"]) for one in second["changes"]] == [("D", ["ended"])]
    assert second["next"] is None
    assert client.get(address, params={"after": "bm9uZQ"}).status_code == 422


def test_editions_are_listed_newest_first_and_by_state(signed_in, connection, town):
    draft(connection, "C D E")
    client = signed_in("li.na", Grant(Role.AUDITOR))
    first = client.get("/api/v1/editions", params={"limit": 2}).json()
    assert [one["name"] for one in first["editions"]] == ["草案", "社区"]
    rest = client.get("/api/v1/editions", params={"before": first["next"]}).json()
    assert [one["name"] for one in rest["editions"]] == ["街道"]
    only = client.get("/api/v1/editions", params={"state": "draft"}).json()["editions"]
    assert [one["name"] for one in only] == ["草案"]


def test_a_fault_is_accepted_and_the_edition_scheduled_and_undone(signed_in, connection, town):
    made = draft(connection, "C . E")
    client = signed_in("li.na", Grant(Role.PLANNER))
    at = f"/api/v1/editions/{made}"
    assert client.post(f"{at}/schedule").status_code == 409
    (fault,) = client.get(f"{at}/faults").json()["faults"]
    assert (fault["kind"], fault["acceptable"]) == ("gap", True)
    assert "belongs to no region" in fault["text"]
    accepted = client.post(
        f"{at}/faults/accept", json={"keys": [fault["key"]], "why": "水库"}
    ).json()
    assert accepted["open_faults"] == 0
    assert client.get(f"{at}/faults").json()["faults"][0]["why"] == "水库"
    assert client.post(f"{at}/schedule").json()["state"] == "scheduled"
    activate_next(connection, NOW)
    assert client.get(at).json()["state"] == "active"
    assert client.post(f"{at}/withdraw").status_code == 409
    early = client.post(f"{at}/undo", json={"name": "撤销", "valid_from": "2020-01-01"})
    assert early.status_code == 422
    undone = client.post(f"{at}/undo", json={"name": "撤销"})
    assert undone.status_code == 201
    state = client.get(f"/api/v1/editions/{undone.json()['id']}").json()
    assert state["undoes"] == "草案"


def test_a_step_is_taken_once_and_by_who_has_the_role_there(signed_in, connection, town):
    level = levels.level_of(connection, "subdistrict")
    step = ApprovalStep(1, "review", "街道审", Role.DISPATCHER, "subdistrict")
    approvals.add_approval_step(connection, step, level.id)
    made = draft(connection, "C C .", root_id=town["S"])
    at = f"/api/v1/editions/{made}/approvals"
    body = {"step": "review", "document_no": "〔2026〕7号", "decided_on": "2026-11-20"}
    elsewhere = signed_in("wang.wei", Grant(Role.DISPATCHER, town["T"]))
    refused = elsewhere.post(at, json=body)
    assert refused.status_code == 404  # a draft elsewhere isn't even there
    above = signed_in("zhou.min", Grant(Role.PLANNER))
    refused = above.post(at, json=body)
    assert (refused.status_code, refused.json()["detail"][:12]) == (403, "Your account")
    here = signed_in("li.na", Grant(Role.DISPATCHER, town["S"]))
    assert [one["step"] for one in here.get(f"/api/v1/editions/{made}").json()["needed"]] == [
        "review"
    ]
    taken = here.post(at, json=body).json()
    assert taken["state"] == "scheduled"
    assert taken["needed"] == []
    assert taken["approvals"][0]["document_no"] == "〔2026〕7号"
    assert here.post(at, json=body).status_code == 409


def test_a_planner_elsewhere_withdraws_nothing(signed_in, connection, town):
    made = draft(connection, "C C .", root_id=town["S"])
    elsewhere = signed_in("wang.wei", Grant(Role.PLANNER, town["T"]))
    assert elsewhere.post(f"/api/v1/editions/{made}/withdraw").status_code == 404
    below = signed_in("zhou.min", Grant(Role.PLANNER, community(connection, "C")))
    assert below.post(f"/api/v1/editions/{made}/withdraw").status_code == 403
    here = signed_in("li.na", Grant(Role.PLANNER, town["S"]))
    assert here.post(f"/api/v1/editions/{made}/withdraw").status_code == 204
    assert here.get(f"/api/v1/editions/{made}").status_code == 404


def test_of_a_draft_a_reader_sees_what_lies_in_the_own_regions_alone(signed_in, connection, town):
    made = draft(connection, "C C .", root_id=town["S"])  # C gets the ground of D, which ends
    at = f"/api/v1/editions/{made}"

    def told(login: str, region_id: int) -> tuple[int, list[str], dict[str, int], int]:
        client = signed_in(login, Grant(Role.PLANNER, region_id))
        state, listed = client.get(at), client.get("/api/v1/editions").json()["editions"]
        assert (made in [one["id"] for one in listed]) is (state.status_code == 200)
        if state.status_code != 200:
            assert state.json()["detail"] == client.get("/api/v1/editions/999").json()[
                "detail"
            ].replace("999", str(made))
            assert [client.get(f"{at}/{what}").status_code for what in READS] == [404] * 3
            return state.status_code, [], {}, 0
        changes = client.get(f"{at}/changes").json()["changes"]
        found = state.json()
        assert client.get(f"{at}/changes.geojson").status_code == (200 if found["whole"] else 403)
        assert found["whole"] or (found["author"], found["needed"], found["may"]) == (None, [], [])
        return 200, [one["code"] for one in changes], found["changes"], found["open_faults"]

    whole = told("in.s", town["S"])
    assert whole[:3] == (200, ["C", "D"], {"ended": 1, "moved": 1})
    assert told("in.t", town["T"])[0] == 404
    assert told("in.c", community(connection, "C"))[:3] == (200, ["C"], {"moved": 1})
    assert told("in.d", community(connection, "D"))[:3] == (200, ["D"], {"ended": 1})


READS = ("changes", "faults", "changes.geojson")


def test_who_proposes_does_not_approve_and_may_change_the_day_until_somebody_has(
    signed_in, connection, town
):
    approvals.add_approval_step(connection, ApprovalStep(1, "one", "街道审", Role.PLANNER), None)
    approvals.add_approval_step(connection, ApprovalStep(2, "two", "区县批", Role.PLANNER), None)
    made = draft(connection, "C C E")
    client = signed_in("author", Grant(Role.PLANNER))
    author = "(SELECT id FROM account WHERE login = 'author')"
    connection.execute(text(f"UPDATE edition SET made_by = {author} WHERE id = :id"), {"id": made})
    at, day = f"/api/v1/editions/{made}", {"valid_from": "2027-01-01"}
    body = {"step": "one", "document_no": "", "decided_on": "2026-11-20"}
    state = client.get(at).json()
    assert (state["own"], "approve" in state["may"], "day" in state["may"]) == (True, False, True)
    refused = client.post(f"{at}/approvals", json=body)
    assert (refused.status_code, refused.json()["detail"][:12]) == (403, "You proposed")
    moved = client.post(f"{at}/day", json=day).json()
    assert (moved["valid_from"], moved["state"], moved["judged"]) == ("2027-01-01", "draft", True)

    other = signed_in("other", Grant(Role.PLANNER))
    assert other.post(f"{at}/day", json=day).status_code == 403
    assert "approve" in other.get(at).json()["may"]
    assert other.post(f"{at}/approvals", json=body).status_code == 200
    back = signed_in("third", Grant(Role.PLANNER))
    back.post("/api/v1/session", json={"login": "author", "password": PASSWORD})
    assert "day" not in back.get(at).json()["may"]
    assert back.post(f"{at}/day", json=day).status_code == 409
