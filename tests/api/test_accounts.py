"""Accounts and their log over HTTP: the own regions are seen, outside isn't there."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Connection
from starlette.testclient import TestClient

from gis.accounts import Grant, Role
from gis.passwords import Passwords
from gis.store import accounts, grants, regions
from gis.workflows import accounts as workflow
from tests.api.people import BEFORE, add_person
from tests.makers import NOW, TODAY, keep
from tests.sketch import sketch


@pytest.fixture(scope="module", autouse=True)
def town(ground: Connection, passwords: Passwords) -> dict[str, int]:
    """Two districts S and T with communities C and D in S and E in T; a clerk in each community."""
    keep(ground, sketch("S S T"), level="subdistrict", edition="s")
    communities = sketch("C D E", parents={"C": "S", "D": "S", "E": "T"}, names={"C": "柏林社区"})
    keep(ground, communities, level="community", edition="c")
    ids = {code: _region(ground, "subdistrict", code) for code in "ST"}
    ids |= {code: _region(ground, "community", code) for code in "CDE"}
    for code in "CDE":
        add_person(
            ground, passwords, f"clerk.{code.lower()}", Grant(Role.COMMUNITY_CLERK, ids[code])
        )
    add_person(ground, passwords, "the.planner", Grant(Role.PLANNER))
    add_person(ground, passwords, "no.role")
    return ids


def _region(connection: Connection, level: str, code: str) -> int:
    return regions.region_id_of(connection, level, code, TODAY)


def logins(client: TestClient, **asked: object) -> list[str]:
    return [one["login"] for one in client.get("/api/v1/accounts", params=asked).json()["accounts"]]


def test_who_administers_everything_sees_every_account(signed_in, town):
    client = signed_in("admin", Grant(Role.ACCOUNT_ADMIN))

    assert logins(client) == [
        "admin", "clerk.c", "clerk.d", "clerk.e", "no.role", "the.planner",
    ]  # fmt: skip


def test_who_administers_a_region_sees_the_accounts_below_it(signed_in, town):
    client = signed_in("admin", Grant(Role.ACCOUNT_ADMIN, town["S"]))

    assert logins(client) == ["admin", "clerk.c", "clerk.d"]
    assert client.get("/api/v1/accounts/clerk.c").json()["roles"] == [
        {
            "role": "community_clerk",
            "region": {"level": "community", "code": "C", "name": "柏林社区"},
            "since": "2026-10-23T04:00:00Z",
            "until": None,
        }
    ]


@pytest.mark.parametrize("login", ["clerk.e", "the.planner", "no.role", "nobody.here"])
def test_outside_the_region_looks_like_nowhere(signed_in, town, login: str):
    client = signed_in("admin", Grant(Role.ACCOUNT_ADMIN, town["S"]))
    answer = client.get(f"/api/v1/accounts/{login}")
    nowhere = client.get("/api/v1/accounts/zz.zz")

    assert answer.status_code == 404
    assert answer.text.replace(login, "zz.zz") == nowhere.text


def test_roles_outside_the_region_dont_show_on_an_account_inside(signed_in, town, connection):
    both = accounts.lock_account(connection, "clerk.c")
    for grant in (Grant(Role.COMMUNITY_CLERK, town["E"]), Grant(Role.PLANNER)):
        grants.add_grant(connection, both.id, grant, since=BEFORE, until=None)
    client = signed_in("admin", Grant(Role.ACCOUNT_ADMIN, town["S"]))
    roles = client.get("/api/v1/accounts/clerk.c").json()["roles"]

    assert [role["region"]["code"] for role in roles] == ["C"]


def test_whose_role_has_ended_is_no_longer_seen_by_the_regions_administrator(
    signed_in, town, connection
):
    workflow.revoke(connection, "clerk.c", Grant(Role.COMMUNITY_CLERK, town["C"]), NOW)
    client = signed_in("admin", Grant(Role.ACCOUNT_ADMIN, town["S"]))

    assert logins(client) == ["admin", "clerk.d"]


def test_pages_follow_one_another_without_gap_or_repetition(signed_in, town):
    client = signed_in("admin", Grant(Role.ACCOUNT_ADMIN))
    first = client.get("/api/v1/accounts?limit=4").json()
    rest = client.get("/api/v1/accounts", params={"limit": 4, "after": first["next"]}).json()

    together = [one["login"] for one in first["accounts"] + rest["accounts"]]
    assert together == logins(client)
    assert rest["next"] is None


def test_nothing_secret_is_in_an_account(signed_in, town):
    client = signed_in("admin", Grant(Role.ACCOUNT_ADMIN))
    told = client.get("/api/v1/accounts").text

    assert "argon2" not in told
    assert "password" not in told


def events(client: TestClient, **asked: object) -> list[tuple[str, str | None]]:
    answer = client.get("/api/v1/account-events", params=asked)
    return [(one["action"], one["login"]) for one in answer.json()["events"]]


def test_the_log_tells_what_was_done_newest_first(signed_in, town, connection, client):
    workflow.grant(connection, "no.role", Grant(Role.DISPATCHER), until=None, now=NOW)
    workflow.disable(connection, "no.role", NOW)
    client.post("/api/v1/session", json={"login": "unknown.one", "password": "what it may be"})
    client = signed_in("the.auditor", Grant(Role.AUDIT_ADMIN))

    assert events(client) == [
        ("signed_in", "the.auditor"),
        ("sign_in_failed", None),
        ("account_disabled", "no.role"),
        ("role_granted", "no.role"),
    ]
    granted = client.get("/api/v1/account-events").json()["events"][3]
    assert granted["detail"] == {"role": "dispatcher"}
    assert granted["actor"] is None


def test_the_log_of_a_region_holds_its_accounts_only(signed_in, town, connection, client):
    for login in ("clerk.c", "clerk.e", "the.planner"):
        workflow.disable(connection, login, NOW)
    client.post("/api/v1/session", json={"login": "unknown.one", "password": "what it may be"})
    client = signed_in("the.auditor", Grant(Role.AUDIT_ADMIN, town["S"]))

    assert events(client) == [("signed_in", "the.auditor"), ("account_disabled", "clerk.c")]


def test_the_end_of_a_role_is_in_the_regions_log_what_follows_isnt(
    signed_in, town, connection, client
):
    workflow.revoke(connection, "clerk.c", Grant(Role.COMMUNITY_CLERK, town["C"]), NOW)
    workflow.disable(connection, "clerk.c", NOW + timedelta(minutes=1))
    client = signed_in("the.auditor", Grant(Role.AUDIT_ADMIN, town["S"]))

    assert events(client)[1:] == [("role_revoked", "clerk.c")]


def test_the_log_comes_in_pages(signed_in, town, connection):
    for login in ("clerk.c", "clerk.d", "clerk.e"):
        workflow.disable(connection, login, NOW)
    client = signed_in("the.auditor", Grant(Role.AUDIT_ADMIN))
    first = client.get("/api/v1/account-events?limit=2").json()
    rest = events(client, before=first["next"])

    assert len(first["events"]) == 2
    assert rest == [("account_disabled", "clerk.d"), ("account_disabled", "clerk.c")]
