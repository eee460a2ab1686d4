"""Who gets in: sessions, keys, declarations, roles; and a route that says nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fastapi import APIRouter
from sqlalchemy import Connection
from starlette.testclient import TestClient

from api.access import Access, TheCaller, TheScope, open_to
from api.dependencies import AsOfNow, clock
from api.main import App, create_app
from api.settings import Settings
from gis.accounts import Grant, Role
from gis.passwords import Passwords
from gis.store import accounts, grants
from gis.workflows import keys
from tests.api.people import PASSWORD, add_person
from tests.makers import NOW, keep
from tests.sketch import sketch

doors = APIRouter(prefix="/api/v1/doors")


@doors.get("/silent")
def silent(caller: TheCaller) -> str:
    return caller.login


@doors.get("/person")
@open_to(Access.PERSON)
def person(caller: TheCaller) -> str:
    return caller.login


@doors.get("/machine")
@open_to(Access.SYSTEM)
def machine(caller: TheCaller) -> str:
    return caller.login


@doors.get("/planners")
@open_to(Access.ACCOUNT, Role.PLANNER, Role.AUDITOR)
def planners(scope: TheScope) -> list[int] | str:
    return "everything" if scope.everything else sorted(scope.region_ids)


@doors.get("/confused")
@open_to(Access.PUBLIC)
def confused(caller: TheCaller) -> str:
    return caller.login


@doors.post("/change")
def change(caller: TheCaller) -> str:
    return caller.login


@doors.get("/times")
@open_to(Access.PUBLIC)
def times(as_of: AsOfNow) -> list[str]:
    return [as_of.valid_on.isoformat(), as_of.known_at.isoformat()]


@pytest.fixture(scope="module")
def made_app(passwords: Passwords) -> App:
    made = create_app(Settings(_env_file=None), None, passwords)  # type: ignore[arg-type]
    made.include_router(doors)
    return made


@pytest.fixture
def key(connection: Connection, passwords: Passwords) -> str:
    """A live key of the system `12345`."""
    add_person(connection, passwords, "12345", Grant(Role.DISPATCHER))
    return keys.add_key(connection, "12345", "dispatch", 365, NOW).key


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def test_a_route_that_declares_nothing_needs_an_account(client: TestClient):
    assert client.get("/api/v1/doors/silent").status_code == 401


def test_a_route_added_later_by_any_means_needs_an_account(app: App, client: TestClient):
    app.add_api_route("/late", lambda: "in")
    nested = APIRouter()
    inner = APIRouter()
    inner.add_api_route("/inner", lambda: "in")
    nested.include_router(inner, prefix="/nested")
    app.include_router(nested)

    assert client.get("/late").status_code == 401
    assert client.get("/nested/inner").status_code == 401


def test_a_public_route_that_asks_for_the_caller_stays_shut(client: TestClient):
    assert client.get("/api/v1/doors/confused").status_code == 401


@pytest.mark.parametrize(
    ("door", "by_session", "by_key"),
    [("silent", 200, 200), ("person", 200, 403), ("machine", 403, 200)],
)
def test_sessions_are_for_persons_and_keys_for_machines(
    signed_in, key, app, door, by_session, by_key
):
    client = signed_in("li.na")
    with TestClient(app) as stranger:
        answer = stranger.get(f"/api/v1/doors/{door}", headers=bearer(key))

    assert client.get(f"/api/v1/doors/{door}").status_code == by_session
    assert answer.status_code == by_key


def test_a_key_needs_no_origin_and_no_cookie(app, key):
    with TestClient(app) as machine:
        headers = {**bearer(key), "Origin": "http://anywhere.test"}
        answer = machine.post("/api/v1/doors/change", headers=headers)

    assert answer.json() == "12345"


def test_a_wrong_key_isnt_saved_by_a_right_session(signed_in):
    client = signed_in("li.na")

    assert client.get("/api/v1/me", headers=bearer("wg_" + "x" * 43)).status_code == 401
    assert client.get("/api/v1/me", headers={"Authorization": "Basic bGk6bmE="}).status_code == 401


@pytest.mark.parametrize(
    "given", ["", "Bearer", "Bearer ", "Bearer a b", "bearer", "Bearer " + "x" * 500, "Bearer é"]
)
def test_a_broken_authorization_is_401(client: TestClient, given: str):
    answer = client.get("/api/v1/me", headers={"Authorization": given.encode("latin-1")})

    assert answer.status_code == 401


def test_the_word_before_a_key_may_be_written_in_any_case(client, key):
    for scheme in ("Bearer", "bearer", "BEARER"):
        answer = client.get("/api/v1/me", headers={"Authorization": f"{scheme} {key}"})
        assert answer.status_code == 200


def test_keys_run_out_are_revoked_and_die_with_the_account(client, app, connection, key):
    assert client.get("/api/v1/me", headers=bearer(key)).status_code == 200
    app.dependency_overrides[clock] = lambda: NOW + timedelta(days=365)
    assert client.get("/api/v1/me", headers=bearer(key)).status_code == 401

    app.dependency_overrides[clock] = lambda: NOW
    disabled = accounts.lock_account(connection, "12345")
    accounts.set_disabled(connection, disabled.id, NOW)
    assert client.get("/api/v1/me", headers=bearer(key)).status_code == 401
    accounts.set_disabled(connection, disabled.id, None)
    keys.revoke_key(connection, "12345", None, NOW)
    assert client.get("/api/v1/me", headers=bearer(key)).status_code == 401


def test_a_key_is_kept_as_a_hash_only(connection, key):
    from sqlalchemy import text

    rows = connection.execute(text("SELECT api_key::text FROM api_key")).scalars().all()

    assert len(key) == 3 + 43
    assert key not in str(rows)
    assert key[:9] in str(rows)


@pytest.mark.parametrize("kept", ["B5KQGV37qDp7VEJnCt6cdhPEtVjd3zAMpHVKJ83_nLk", "x", "é", ""])
def test_an_invented_session_is_401(client: TestClient, kept: str):
    answer = client.get(
        "/api/v1/me", headers={"Cookie": f"wangge_session={kept}".encode("latin-1")}
    )

    assert answer.status_code == 401


def test_no_role_is_403_and_the_scope_is_that_of_the_routes_roles(signed_in, connection, passwords):
    client = signed_in("li.na", Grant(Role.DISPATCHER))
    assert client.get("/api/v1/doors/planners").status_code == 403
    client.cookies.clear()
    keep(connection, sketch("A B"))
    ((_, here),) = grants.regions_with_code(connection, "A", NOW)
    signed_in("chen", Grant(Role.DISPATCHER), Grant(Role.AUDITOR, here))
    assert client.get("/api/v1/doors/planners").json() == [here]


def test_who_was_turned_away_stands_in_the_log_without_what_was_asked_for(signed_in, caplog):
    client = signed_in("li.na", Grant(Role.DISPATCHER))
    with caplog.at_level("WARNING"):
        client.get("/api/v1/accounts/somebody.else")
        client.post("/api/v1/doors/change", headers={"Origin": "http://evil.test"})

    assert "error.role_missing account" in caplog.text
    assert "GET /api/v1/accounts/{login}" in caplog.text
    assert "error.origin_foreign account - POST /api/v1/doors/change" in caplog.text
    assert "somebody" not in caplog.text
    assert "evil" not in caplog.text


@pytest.mark.parametrize(("starts", "ends"), [(1, None), (-9, 0)])
def test_a_role_counts_only_while_it_holds(client, connection, passwords, starts, ends):
    person = add_person(connection, passwords, "li.na")
    day = timedelta(days=1)
    until = None if ends is None else NOW + ends * day
    grants.add_grant(connection, person, Grant(Role.PLANNER), since=NOW + starts * day, until=until)
    client.post("/api/v1/session", json={"login": "li.na", "password": PASSWORD})

    assert client.get("/api/v1/doors/planners").status_code == 403


def test_the_two_times_default_to_now_in_beijing(client: TestClient):
    assert client.get("/api/v1/doors/times").json() == [
        "2026-11-22",
        "2026-11-22T04:00:00+00:00",
    ]


def test_the_two_times_are_taken_from_the_address(client: TestClient):
    asked = {"at": "2020-01-01", "known_at": "2026-11-01T08:00:00+08:00"}

    assert client.get("/api/v1/doors/times", params=asked).json() == [
        "2020-01-01",
        "2026-11-01T00:00:00+00:00",
    ]


@pytest.mark.parametrize(
    "asked",
    [
        "at=",
        "at=0",
        "at=2020",
        "at=yesterday",
        "at=2020-13-01",
        "known_at=2026-11-01",
        "known_at=2026-11-01T00:00:00",
        "known_at=2026-11-22T04:00:01Z",
        "known_at=0001-01-01T00:00:00%2B14:00",
    ],
)
def test_times_that_cant_be_are_refused(client: TestClient, asked: str):
    assert client.get(f"/api/v1/doors/times?{asked}").status_code == 422


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("att=2020-01-01", "“att”"),
        ("At%20t=2020-01-01", "a name here that isn't known"),
        ("at=2020-01-01&at=2021-01-01", "at"),
    ],
)
def test_a_misspelt_or_repeated_parameter_is_refused_not_ignored(signed_in, asked: str, said: str):
    client = signed_in("li.na", Grant(Role.ACCOUNT_ADMIN))
    answer = client.get(f"/api/v1/levels?{asked}")

    assert answer.status_code == 422
    assert said in answer.text
    assert "At t" not in answer.text  # no name of ours looks like that, so it isn't said back
