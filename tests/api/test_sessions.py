"""Signing in and out over HTTP: cookies, refusals, pauses, the own password."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Connection, select, update
from starlette.testclient import TestClient

from api.dependencies import clock
from api.main import App
from gis.accounts import Grant, Role
from gis.passwords import Passwords
from gis.store import accounts
from gis.store.tables.accounts import account, account_event, account_session, sign_in_failure
from tests.api.people import ADDRESS, PASSWORD, add_person
from tests.makers import NOW

SignIn = Callable[..., TestClient]


def sign_in(client: TestClient, login: str, password: str = PASSWORD) -> tuple[int, str]:
    answer = client.post("/api/v1/session", json={"login": login, "password": password})
    return answer.status_code, answer.text


def test_a_right_password_gives_a_cookie_that_scripts_cant_read(client, connection, passwords):
    add_person(connection, passwords, "li.na")
    answer = client.post("/api/v1/session", json={"login": " Li.Na ", "password": PASSWORD})

    assert answer.status_code == 204
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("wangge_session=")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie
    assert "Secure" not in cookie
    assert client.get("/api/v1/me").json()["login"] == "li.na"


def test_over_https_the_cookie_is_secure_and_bound_to_the_host(app, connection, passwords):
    add_person(connection, passwords, "li.na")
    with TestClient(app, base_url="https://wangge.test") as client:
        answer = client.post("/api/v1/session", json={"login": "li.na", "password": PASSWORD})

        assert answer.headers["set-cookie"].startswith("__Host-wangge_session=")
        assert "Secure" in answer.headers["set-cookie"]
        assert client.get("/api/v1/me").status_code == 200


def test_the_token_is_kept_as_a_hash_only(client, connection, passwords):
    add_person(connection, passwords, "li.na")
    sign_in(client, "li.na")
    token = client.cookies["wangge_session"]

    kept = connection.execute(select(account_session.c.token_sha256)).scalar_one()
    assert len(token) >= 43
    assert token.encode() not in kept


def test_a_wrong_login_and_a_wrong_password_look_alike(client, connection, passwords):
    add_person(connection, passwords, "li.na")
    disabled = add_person(connection, passwords, "gone")
    accounts.set_disabled(connection, disabled, NOW)

    refusals = {
        sign_in(client, "li.na", "another lamp entirely"),
        sign_in(client, "nobody.here"),
        sign_in(client, "gone"),
        sign_in(client, "中文账号"),
    }

    assert len(refusals) == 1
    assert next(iter(refusals))[0] == 401


def test_an_unknown_login_costs_as_much_hashing_as_a_known_one(client, monkeypatch, app):
    compared = []
    service = app.state.service
    real = service.passwords._argon2.verify_and_update
    monkeypatch.setattr(
        service.passwords._argon2,
        "verify_and_update",
        lambda given, kept: compared.append(given) or real(given, kept),
    )
    sign_in(client, "nobody.here", "whatever it may be")

    assert compared == ["whatever it may be"]


def test_a_failure_is_kept_though_the_answer_is_no(client, connection):
    sign_in(client, "nobody.here", "the password typed as login")

    assert len(connection.execute(select(sign_in_failure)).all()) == 3
    written = connection.execute(select(account_event)).one()
    assert written.action == "sign_in_failed"
    assert written.account_id is None
    assert "nobody" not in str(written.detail)


def test_the_tenth_failure_from_one_place_starts_a_pause_that_grows(client, connection, passwords):
    add_person(connection, passwords, "li.na")
    for _ in range(10):
        assert sign_in(client, "li.na", "wrong one once more")[0] == 401
    answer = client.post("/api/v1/session", json={"login": "li.na", "password": PASSWORD})

    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "30"
    assert "30" in answer.json()["detail"]


def test_after_the_pause_the_right_password_works_and_the_count_starts_anew(
    app, client, connection, passwords
):
    add_person(connection, passwords, "li.na")
    for _ in range(10):
        sign_in(client, "li.na", "wrong one once more")
    app.dependency_overrides[clock] = lambda: NOW + timedelta(seconds=31)

    assert sign_in(client, "li.na")[0] == 204
    for _ in range(10):
        assert sign_in(client, "li.na", "wrong one once more")[0] == 401


def test_failures_from_elsewhere_dont_lock_the_owner_out(app, client, connection, passwords):
    add_person(connection, passwords, "li.na")
    with TestClient(app, base_url=ADDRESS, client=("10.9.9.9", 5)) as stranger:
        for _ in range(11):
            sign_in(stranger, "li.na", "wrong one once more")
        assert sign_in(stranger, "li.na")[0] == 429

    assert sign_in(client, "li.na")[0] == 204


def test_one_address_cant_try_many_logins(client):
    for number in range(50):
        assert sign_in(client, f"someone{number}", "wrong one once more")[0] == 401

    assert sign_in(client, "someone.else", "wrong one once more")[0] == 429


def test_signing_in_again_replaces_the_session_of_this_browser(signed_in: SignIn):
    client = signed_in("li.na")
    before = client.cookies["wangge_session"]
    sign_in(client, "li.na")
    assert client.cookies["wangge_session"] != before
    assert client.get("/api/v1/me").status_code == 200
    client.cookies.clear()
    client.cookies.set("wangge_session", before)

    assert client.get("/api/v1/me").status_code == 401


def test_signing_out_ends_the_session_on_the_server(signed_in: SignIn):
    client = signed_in("li.na")
    token = client.cookies["wangge_session"]
    assert client.post("/api/v1/session/end").status_code == 204
    client.cookies.set("wangge_session", token)

    assert client.get("/api/v1/me").status_code == 401


@pytest.mark.parametrize(
    ("after", "status"),
    [
        (timedelta(hours=11, minutes=59), 200),
        (timedelta(hours=12), 401),
    ],
)
def test_a_session_ends_after_twelve_idle_hours(app: App, signed_in: SignIn, after, status):
    client = signed_in("li.na")
    app.dependency_overrides[clock] = lambda: NOW + after

    assert client.get("/api/v1/me").status_code == status


def test_a_session_in_use_ends_after_seven_days_all_the_same(app: App, signed_in: SignIn):
    client = signed_in("li.na")
    answers = []
    for hours in range(0, 24 * 7 + 8, 8):
        app.dependency_overrides[clock] = lambda hours=hours: NOW + timedelta(hours=hours)
        answers.append(client.get("/api/v1/me").status_code)

    assert answers == [200] * 21 + [401]


def test_disabling_ends_sessions_at_once(signed_in: SignIn, connection: Connection):
    client = signed_in("li.na")
    connection.execute(update(account).values(disabled_at=NOW))

    assert client.get("/api/v1/me").status_code == 401


def test_me_tells_name_language_and_roles(signed_in: SignIn):
    me = signed_in("li.na", Grant(Role.PLANNER)).get("/api/v1/me").json()

    assert me["name"] == "li.na 的姓名"
    assert me["language"] == "en"
    assert [(role["role"], role["region"]) for role in me["roles"]] == [("planner", None)]
    assert me["must_change_password"] is False


def test_a_changed_password_ends_every_other_session(
    app: App, signed_in: SignIn, connection: Connection
):
    client = signed_in("li.na")
    with TestClient(app, base_url=ADDRESS, headers={"Origin": ADDRESS}) as phone:
        sign_in(phone, "li.na")
        body = {"old": PASSWORD, "new": "seven herons over water"}
        assert client.post("/api/v1/session/password", json=body).status_code == 204

        assert phone.get("/api/v1/me").status_code == 401
    assert client.get("/api/v1/me").status_code == 200
    assert sign_in(client, "li.na")[0] == 401
    assert sign_in(client, "li.na", "seven herons over water")[0] == 204
    actions = connection.execute(select(account_event.c.action)).scalars().all()
    assert "password_changed" in actions


@pytest.mark.parametrize("new", ["tiny one", "Password123456!", PASSWORD, "li.na2026li.na"])
def test_a_weak_or_old_password_isnt_taken(signed_in: SignIn, new: str):
    body = {"old": PASSWORD, "new": new}
    answer = signed_in("li.na").post("/api/v1/session/password", json=body)

    assert answer.status_code == 422
    assert new not in answer.text


def test_the_old_password_must_be_right_and_wrong_ones_count(signed_in: SignIn):
    client = signed_in("li.na")
    body = {"old": "a lamp beside the road", "new": "seven herons over water"}
    statuses = [client.post("/api/v1/session/password", json=body).status_code for _ in range(11)]

    assert statuses == [401] * 10 + [429]
    assert client.get("/api/v1/me").status_code == 200


def test_a_one_time_password_opens_nothing_but_its_own_change(
    client: TestClient, connection: Connection, passwords: Passwords
):
    account_id = add_person(connection, passwords, "li.na", Grant(Role.ACCOUNT_ADMIN))
    kept = passwords.hash("one-time-pass-word")
    accounts.set_password(connection, account_id, kept, one_time_until=NOW + timedelta(days=1))
    sign_in(client, "li.na", "one-time-pass-word")

    assert client.get("/api/v1/me").json()["must_change_password"] is True
    refused = client.get("/api/v1/accounts")
    assert refused.status_code == 403
    assert refused.json()["type"] == "/problems/password-must-change"
    body = {"old": "one-time-pass-word", "new": "seven herons over water"}
    assert client.post("/api/v1/session/password", json=body).status_code == 204
    assert client.get("/api/v1/accounts").status_code == 200


def test_a_one_time_password_runs_out(client, connection, passwords):
    account_id = add_person(connection, passwords, "li.na")
    kept = passwords.hash("one-time-pass-word")
    accounts.set_password(connection, account_id, kept, one_time_until=NOW)

    assert sign_in(client, "li.na", "one-time-pass-word")[0] == 401
