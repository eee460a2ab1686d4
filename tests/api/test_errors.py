"""Problem documents: their form, their language, and what they never tell."""

from __future__ import annotations

import json
import logging
import re

import pytest
from fastapi import APIRouter, Query
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.testclient import TestClient

from api import errors
from api.access import Access, open_to
from api.dependencies import Database
from api.inputs import Body, Day, Finite, Name
from api.main import App, create_app
from api.settings import Settings
from gis.accounts import Grant, Role
from gis.errors import BadBoundaries, GridError
from gis.model import Fault, FaultKind
from gis.passwords import Passwords
from maps.words import LANGUAGES, words
from tests.api.people import ADDRESS

SECRET = "Failing row contains (李娜, 13800138000)"

trouble = APIRouter(prefix="/api/v1/trouble")


class PlaceIn(Body):
    lon: Finite
    name: Name


@trouble.post("/place")
@open_to(Access.PUBLIC)
def place(body: PlaceIn) -> None: ...


@trouble.get("/number")
@open_to(Access.PUBLIC)
def number(n: float = Query(allow_inf_nan=False, le=10)) -> None: ...


@trouble.get("/day")
@open_to(Access.PUBLIC)
def day(on: Day) -> None: ...


@trouble.get("/inside")
@open_to(Access.PUBLIC)
def inside() -> None:
    raise RuntimeError(SECRET)


@trouble.get("/broken-row")
@open_to(Access.PUBLIC)
def broken_row(database: Database) -> None:
    database.execute(text("SELECT 1/0, :name"), {"name": SECRET})


@trouble.get("/database-away")
@open_to(Access.PUBLIC)
def database_away() -> None:
    raise OperationalError("SELECT", {}, Exception(SECRET))


@trouble.get("/no-connection")
@open_to(Access.PUBLIC)
def no_connection() -> None:
    raise PoolTimeout(SECRET)


@trouble.get("/boundaries")
@open_to(Access.PUBLIC)
def boundaries() -> None:
    fault = Fault(FaultKind.OVERLAP, codes=("A", "B"), lon=106.5, lat=29.5, m2=12.0)
    raise BadBoundaries([fault])


@pytest.fixture(scope="module")
def made_app(passwords: Passwords) -> App:
    made = create_app(Settings(_env_file=None), None, passwords)  # type: ignore[arg-type]
    made.include_router(trouble)
    return made


def is_problem(answer, status: int, slug: str) -> bool:
    body = answer.json()
    return (
        answer.status_code == status == body["status"]
        and answer.headers["content-type"] == "application/problem+json"
        and body["type"] == f"/problems/{slug}"
        and bool(body["title"])
        and bool(body["detail"])
    )


def test_a_limit_that_is_a_day_is_said_as_people_write_it(client):
    answer = client.get("/api/v1/trouble/day?on=1066-10-14")
    (field,) = answer.json()["fields"]
    assert "1900-01-01" in field["detail"]
    assert "datetime" not in field["detail"]


def test_every_error_of_ours_has_a_status_and_both_languages_know_every_sentence():
    def kinds(of: type[GridError]) -> set[type[GridError]]:
        return {of} | {kind for below in of.__subclasses__() for kind in kinds(below)}

    slugs = {slug for _, slug in errors.PROBLEMS.values()}
    slugs |= {*errors.PROTOCOL.values(), errors.FIELDS}
    keys = {f"problem.{slug}" for slug in slugs}
    keys |= {f"problem.{slug}.detail" for slug in (*errors.PROTOCOL.values(), errors.FIELDS)}
    keys |= {f"field.{ending}" for ending in (*errors.FIELD_RULES.values(), "invalid")}

    assert kinds(GridError) - {GridError} == set(errors.PROBLEMS)
    for language in LANGUAGES:
        assert keys <= words(language).keys()


def test_every_error_key_in_the_code_has_its_sentence():
    from pathlib import Path

    root = Path(errors.__file__).parent.parent
    files = [*root.glob("api/*.py"), *root.glob("gis/**/*.py"), *root.glob("data/*.py")]
    used = {
        key
        for file in files
        for key in re.findall(r'"(error\.\w+)"', file.read_text(encoding="utf-8"))
    }

    for language in LANGUAGES:
        assert used <= words(language).keys() | {"error.region_not_found"}


@pytest.mark.parametrize(
    ("language", "title"),
    [("zh-CN", "没有这个地址"), ("en", "No such address"), ("fr", "没有这个地址")],
)
def test_problems_speak_the_users_language(client: TestClient, language: str, title: str):
    answer = client.get("/nowhere", headers={"Accept-Language": language})

    assert is_problem(answer, 404, "no-such-address")
    assert answer.json()["title"] == title


def test_the_language_chosen_on_the_page_beats_the_browsers(client: TestClient):
    client.cookies.set("lang", "zh-CN")

    assert client.get("/nowhere").json()["title"] == "没有这个地址"
    assert client.get("/nowhere").headers["content-language"] == "zh-CN"


def test_a_wrong_method_names_the_right_ones(client: TestClient):
    answer = client.put("/api/v1/session", json={})

    assert is_problem(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize(
    "body",
    [
        b'{"lon": NaN, "name": "SENT"}',
        b'{"lon": Infinity, "name": "SENT"}',
        b'{"lon": -Infinity, "name": "SENT"}',
        b'{"lon": 1e999, "name": "SENT"}',
        b'{"lon": "SENT", "name": 1}',
        b'{"lon": 1, "name": "SENT\\ud800"}',
        b'{"lon": 1, "name": "SENT\\u0000"}',
        b'{"lon": 1, "name": "a", "SENT": 2}',
        b'{"lon": 1, "name": {"SENT": "SENT"}}',
        b'["SENT"]',
        b'"SENT"',
        b"SENT{",
        b"\xff\xfeSENT",
        b"",
        b"[" * 50_000,
    ],
)
def test_bad_bodies_are_422_and_never_come_back(client: TestClient, body: bytes):
    headers = {"Content-Type": "application/json"}
    answer = client.post("/api/v1/trouble/place", content=body, headers=headers)

    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"
    assert "SENT" not in answer.text


def test_each_bad_field_is_named_with_its_rule(client: TestClient):
    answer = client.post("/api/v1/trouble/place", json={"lon": "east", "extra": 1})

    assert is_problem(answer, 422, "fields")
    assert {one["name"]: one["detail"] for one in answer.json()["fields"]} == {
        "lon": "Should be a number.",
        "name": "This is needed: add it.",
        "body": "There is nothing here called “extra”. Check its spelling, or leave it out.",
    }
    strange = client.post("/api/v1/trouble/place", json={"lon": 1, "name": "x", "SENT 138": 1})
    assert "SENT" not in strange.text  # only what looks like one of our names is said back


def test_a_value_that_is_none_of_those_to_choose_from_is_told_them(signed_in):
    client = signed_in("li.na", Grant(Role.PLANNER))
    change = {"community": "K", "operations": [{"do": "SENT"}]}
    for path, sent, part in (
        ("/api/v1/proposals/impact", change, "split_along, split_buildings, merge"),
        ("/api/v1/matters", {"text": "x", "channel": "SENT"}, "patrol"),
        ("/api/v1/nets", {"name": "x", "kind": "SENT", "code": "x", "units": []}, "police"),
    ):
        answer = client.post(path, json=sent, headers={"Idempotency-Key": "k"})
        told = " ".join(one["detail"] for one in answer.json().get("fields", []))
        assert part in told, (path, answer.text)
        assert "SENT" not in answer.text


def test_a_parameter_that_is_not_known_is_named_with_those_there_are(signed_in):
    client = signed_in("li.na", Grant(Role.PLANNER))
    (one,) = client.get("/api/v1/editions?limit=5&stat=draft").json()["fields"]
    assert one["detail"].startswith("There is no parameter “stat” here. There are: ")
    assert "limit" in one["detail"]
    (other,) = client.get("/api/v1/editions?SENT%20138=1").json()["fields"]
    assert "SENT" not in other["detail"]


@pytest.mark.parametrize("given", ["nan", "inf", "-inf", "1e999", "11", "x", "", "%00", "%ff"])
def test_bad_numbers_in_the_address_are_422(client: TestClient, given: str):
    answer = client.get(f"/api/v1/trouble/number?n={given}")

    assert is_problem(answer, 422, "fields")
    assert answer.json()["fields"][0]["name"] == "n"


def test_the_bound_that_was_broken_is_told(client: TestClient):
    answer = client.get("/api/v1/trouble/number?n=11")

    assert answer.json()["fields"][0]["detail"] == "Too large: 10.0 is the most."


def test_a_kind_of_content_that_isnt_json_is_415(client: TestClient):
    headers = {"Content-Type": "text/plain", "X-Requested-With": "wangge"}
    answer = client.post("/api/v1/trouble/place", content=b"lon=1", headers=headers)

    assert is_problem(answer, 415, "unsupported-media-type")


@pytest.mark.parametrize("path", ["inside", "broken-row"])
def test_what_nobody_foresaw_tells_a_number_and_nothing_else(client, caplog, path):
    with caplog.at_level(logging.ERROR):
        answer = client.get(f"/api/v1/trouble/{path}")

    assert is_problem(answer, 500, "internal")
    reference = answer.json()["reference"]
    assert reference in answer.json()["detail"]
    assert reference in caplog.text
    assert "test_errors.py" in caplog.text
    for told in (answer.text, caplog.text):
        assert "李娜" not in told
        assert "13800138000" not in told
    assert "Error" not in answer.text


@pytest.mark.parametrize("path", ["database-away", "no-connection"])
def test_an_absent_database_is_503_and_says_when_to_come_back(client, caplog, path):
    with caplog.at_level(logging.ERROR):
        answer = client.get(f"/api/v1/trouble/{path}")

    assert is_problem(answer, 503, "unavailable")
    assert answer.headers["retry-after"] == "5"
    assert "李娜" not in answer.text + caplog.text


def test_bad_boundaries_bring_every_fault_with_its_place(client: TestClient):
    answer = client.get("/api/v1/trouble/boundaries")

    assert is_problem(answer, 422, "bad-boundaries")
    (fault,) = answer.json()["faults"]
    assert fault["kind"] == "overlap"
    assert fault["codes"] == ["A", "B"]
    assert (fault["lon"], fault["lat"], fault["m2"]) == (106.5, 29.5, 12.0)


def test_not_signed_in_names_how_to(client: TestClient):
    answer = client.get("/api/v1/me")

    assert is_problem(answer, 401, "not-signed-in")
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("declared", [True, False])
def test_too_large_a_body_is_413_before_it_is_read(client: TestClient, declared: bool):
    piece = json.dumps({"lon": 1, "name": "x" * 1_000_000}).encode()
    content = piece * 3 if declared else iter([piece] * 3)
    headers = {"Content-Type": "application/json"}
    answer = client.post("/api/v1/trouble/place", content=content, headers=headers)

    assert is_problem(answer, 413, "too-large")
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_too_large_a_body_for_a_route_without_one_is_a_problem_too(client: TestClient):
    answer = client.post("/nowhere", content=b"x" * 3_000_000)

    assert answer.status_code in (404, 413)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_file_that_isnt_there_is_a_problem_too(client: TestClient):
    for path in ("/static/nowhere.js", "/static/../api/main.py", "/static/%2e%2e/words.py"):
        assert client.get(path).status_code == 404
        assert client.get(path).headers["content-type"] == "application/problem+json"


def test_the_address_of_our_host_isnt_needed_for_problems(app: App):
    with TestClient(app, base_url=ADDRESS) as bare:
        bare.headers.clear()
        assert bare.get("/nowhere").json()["title"] == "没有这个地址"
