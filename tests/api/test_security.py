"""Headers on every answer, requests from foreign pages, turns for connections, files."""

from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi import Request
from fastapi.responses import HTMLResponse
from sqlalchemy import create_engine, text
from starlette.testclient import TestClient

from api.access import Access, open_to
from api.dependencies import Database
from api.headers import nonce
from api.main import App, create_app
from api.settings import Settings
from gis.passwords import Passwords
from gis.store.database import connect_engine
from gis.store.roles import APP
from tests.api.people import ADDRESS, PASSWORD, add_person
from tests.api.test_errors import trouble

EVERYWHERE = [
    ("GET", "/health"),
    ("GET", "/api/v1/me"),
    ("GET", "/nowhere"),
    ("DELETE", "/api/v1/me"),
    ("POST", "/api/v1/session"),
    ("GET", "/openapi.json"),
    ("GET", "/static/icon.svg"),
    ("GET", "/static/nowhere.js"),
    ("GET", "/sign-in"),
    ("GET", "/"),
    ("GET", "/api/v1/trouble/inside"),
]


@pytest.fixture(scope="module")
def made_app(passwords: Passwords) -> App:
    made = create_app(Settings(_env_file=None), None, passwords)  # type: ignore[arg-type]
    made.include_router(trouble)
    return made


@pytest.mark.parametrize(("method", "path"), EVERYWHERE)
def test_every_answer_carries_the_security_headers(client: TestClient, method: str, path: str):
    headers = client.request(method, path, follow_redirects=False).headers

    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "geolocation=(self)" in headers["permissions-policy"]
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert "base-uri 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["cache-control"] in ("no-store", "public, no-cache", "private, no-cache")
    assert "strict-transport-security" not in headers
    assert "server" not in headers


def test_a_page_lets_run_our_files_and_the_one_script_with_its_nonce(client: TestClient):
    first, second = client.get("/sign-in"), client.get("/sign-in")
    policy = first.headers["content-security-policy"]
    word = re.search(r"script-src 'self' 'nonce-([\w-]{22})';", policy)

    assert word is not None
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self'" in policy
    assert policy != second.headers["content-security-policy"]


def test_the_nonce_of_the_page_is_the_nonce_of_its_header(app: App, client: TestClient):
    @app.get("/word", response_class=HTMLResponse)
    @open_to(Access.PUBLIC)
    def word(request: Request) -> str:
        return nonce(request)

    answer = client.get("/word")

    assert f"'nonce-{answer.text}'" in answer.headers["content-security-policy"]


def test_data_may_load_nothing(client: TestClient):
    policy = client.get("/health").headers["content-security-policy"]

    assert policy == (
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def test_https_is_asked_for_only_over_https(app: App):
    with TestClient(app, base_url="https://wangge.test") as client:
        header = client.get("/health").headers["strict-transport-security"]

    assert header == "max-age=31536000; includeSubDomains"


def test_personal_answers_are_stored_nowhere_and_files_are_asked_about(signed_in):
    client = signed_in("li.na")

    assert client.get("/api/v1/me").headers["cache-control"] == "no-store"
    file = client.get("/static/icon.svg")
    assert file.headers["cache-control"] == "public, no-cache"
    again = client.get("/static/icon.svg", headers={"If-None-Match": file.headers["etag"]})
    assert again.status_code == 304


def test_what_a_file_is_and_how_it_is_written_is_said(client: TestClient):
    kinds = {
        path: client.get(path).headers["content-type"]
        for path in ("/static/icon.svg", "/static/page.js", "/static/app.css", "/sign-in")
    }

    assert all(kind.endswith("charset=utf-8") for kind in kinds.values())
    assert kinds["/static/page.js"].startswith("text/javascript")


def test_a_request_to_echo_itself_is_refused(client: TestClient):
    for path in ("/health", "/api/v1/me", "/static/page.js"):
        assert client.request("TRACE", path).status_code == 405


def test_no_answer_lets_other_origins_read_it(client: TestClient):
    answer = client.get("/health", headers={"Origin": "http://evil.test"})

    assert not [name for name in answer.headers if name.startswith("access-control")]


# ── requests from foreign pages ───────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (ADDRESS, 204),
        ("http://evil.test", 403),
        ("https://wangge.test", 204),
        ("http://wangge.test.evil.test", 403),
        ("http://wangge.test:8000", 403),
        ("null", 403),
        ("", 403),
        ("http://wangge.test@evil.test", 403),
        (None, 403),
    ],
)
def test_with_a_session_only_our_own_pages_change_anything(signed_in, origin, status):
    client = signed_in("li.na")
    del client.headers["Origin"]
    headers = {} if origin is None else {"Origin": origin}

    answer = client.post("/api/v1/session/end", headers=headers)
    assert answer.status_code == status
    assert client.get("/api/v1/me").status_code == (401 if status == 204 else 200)


def test_over_https_a_page_that_came_in_the_clear_isnt_ours(app, connection, passwords):
    add_person(connection, passwords, "li.na")
    body = {"login": "li.na", "password": PASSWORD}
    with TestClient(app, base_url="https://wangge.test") as client:
        answer = client.post("/api/v1/session", json=body, headers={"Origin": ADDRESS})

    assert answer.status_code == 403


def test_a_form_on_any_page_cant_change_anything(signed_in):
    client = signed_in("li.na")
    del client.headers["X-Requested-With"]
    for kind in ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain", ""):
        answer = client.post("/api/v1/session/end", content=b"{}", headers={"Content-Type": kind})
        assert answer.status_code == 403, kind


def test_a_foreign_page_cant_sign_anybody_in(client, connection, passwords):
    add_person(connection, passwords, "li.na")
    body = {"login": "li.na", "password": PASSWORD}
    answer = client.post("/api/v1/session", json=body, headers={"Origin": "http://evil.test"})

    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_behind_a_proxy_the_configured_address_is_ours(connection, passwords, app):
    service = app.state.service
    object.__setattr__(
        service, "settings", Settings(_env_file=None, public_address="https://grid.example.cn/")
    )
    add_person(connection, passwords, "li.na")
    with TestClient(app, base_url="http://10.0.0.5:8000") as client:
        body = {"login": "li.na", "password": PASSWORD}
        headers = {"Origin": "https://grid.example.cn"}
        answer = client.post("/api/v1/session", json=body, headers=headers)

    assert answer.status_code == 204
    assert answer.headers["set-cookie"].startswith("__Host-wangge_session=")
    assert "Secure" in answer.headers["set-cookie"]


def test_a_get_can_change_nothing_whatever_its_code_does(app: App, client: TestClient):
    @app.get("/api/v1/trouble/writing-get")
    @open_to(Access.PUBLIC)
    def writing_get(database: Database) -> None:
        database.execute(text("DELETE FROM account_session"))

    assert client.get("/api/v1/trouble/writing-get").status_code == 500


# ── turns and transactions, with real connections ─────────────────────────────────────────────


@pytest.fixture
def own_app(cluster, own_database, passwords: Passwords):
    engine = connect_engine(cluster.server.url(APP, own_database), pool_size=2)
    yield create_app(Settings(_env_file=None, connections=2), engine, passwords)
    engine.dispose()


def test_many_requests_share_two_connections_without_starving(own_app: App):
    @own_app.get("/api/v1/slow")
    @open_to(Access.PUBLIC)
    def slow(database: Database) -> int:
        return database.scalar(text("SELECT 1 FROM pg_sleep(0.01)"))

    gate = threading.Barrier(24)
    with TestClient(own_app) as client:

        def ask() -> int:
            gate.wait()
            return client.get("/api/v1/slow").status_code

        with ThreadPoolExecutor(24) as pool:
            answers = [one.result() for one in [pool.submit(ask) for _ in range(24)]]

    assert answers == [200] * 24


def test_what_was_answered_is_kept_and_what_failed_is_not(own_app: App, cluster, own_database):
    @own_app.post("/api/v1/write")
    @open_to(Access.PUBLIC)
    def write(database: Database, fail: bool = False) -> bool:
        database.execute(
            text("INSERT INTO account (login, name) VALUES (:l, 'n')"), {"l": f"a{fail}".lower()}
        )
        if fail:
            raise RuntimeError("after the write")
        return True

    own_app.state.service.parameters.clear()
    seen = []
    with TestClient(own_app, raise_server_exceptions=False) as client:
        for path in ("/api/v1/write", "/api/v1/write?fail=true"):
            answer = client.post(path, json={})
            seen.append(answer.status_code)
    reader = create_engine(
        cluster.server.url(APP, own_database).replace("postgresql:", "postgresql+psycopg:")
    )
    with reader.connect() as connection:
        kept = connection.execute(text("SELECT login FROM account")).scalars().all()
    reader.dispose()

    assert seen == [200, 500]
    assert kept == ["afalse"]


def test_a_failed_commit_is_no_success(own_app: App):
    @own_app.post("/api/v1/late")
    @open_to(Access.PUBLIC)
    def late(database: Database) -> bool:
        database.execute(text("SELECT pg_terminate_backend(pg_backend_pid())").execution_options())
        return True

    @own_app.post("/api/v1/later")
    @open_to(Access.PUBLIC)
    def later(database: Database) -> bool:
        database.connection.driver_connection.close()
        return True

    with TestClient(own_app, raise_server_exceptions=False) as client:
        for path in ("/api/v1/late", "/api/v1/later"):
            assert client.post(path, json={}).status_code == 503
        assert client.get("/health").status_code == 200


def test_health_says_503_while_the_schema_differs(own_app: App, cluster, own_database):
    with TestClient(own_app) as client:
        assert client.get("/health").json() == {"status": "ok"}
        with cluster.server.connect(own_database) as superuser:
            superuser.execute("UPDATE alembic_version SET version_num = '0000'")
        answer = client.get("/health")

    assert answer.status_code == 503
    assert answer.json()["type"] == "/problems/unavailable"


def test_pages_and_files_work_while_the_database_is_away(passwords: Passwords):
    engine = connect_engine("postgresql://nobody@127.0.0.1:1/none", pool_size=2)
    with TestClient(create_app(Settings(_env_file=None), engine, passwords)) as client:
        assert client.get("/sign-in").status_code == 200
        assert client.get("/static/icon.svg").status_code == 200
        assert client.get("/health").status_code == 503
        headers = {"Authorization": "Bearer wg_x"}
        assert client.get("/api/v1/me", headers=headers).status_code == 503
    engine.dispose()
