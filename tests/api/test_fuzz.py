"""Every route under generated input: no 5xx, answers as described, errors are problems."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterator
from urllib.parse import quote

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sqlalchemy import Connection
from starlette.testclient import TestClient

from api.main import App
from gis.accounts import Grant, Role
from gis.passwords import Passwords
from gis.workflows import keys
from tests.api.people import ADDRESS, PASSWORD, add_person
from tests.makers import NOW, keep
from tests.sketch import sketch

CHECKS = [
    not_a_server_error,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
]
FEW = 2  # examples for each route, each of them sent by everybody
MANY = 30
AS_BROWSER = {"Origin": ADDRESS, "X-Requested-With": "wangge"}
BOUNDED = settings(
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
EVERY_ROLE = [Grant(role) for role in Role]  # nobody has them all; here every door shall open


@pytest.fixture
def town(connection: Connection) -> None:
    keep(connection, sketch("A B"), level="community", edition="c")
    keep(connection, sketch("C D", parents={"C": "A", "D": "B"}), level="grid", edition="g")


@pytest.fixture
def everybody(
    client: TestClient, connection: Connection, passwords: Passwords
) -> dict[str, dict[str, str]]:
    """What each sends along: nobody nothing, a person a session, a machine a key."""
    add_person(connection, passwords, "person", *EVERY_ROLE)
    add_person(connection, passwords, "machine", *EVERY_ROLE)
    answer = client.post("/api/v1/session", json={"login": "person", "password": PASSWORD})
    session = answer.headers["set-cookie"].partition(";")[0]
    key = keys.add_key(connection, "machine", "x", 9, NOW).key
    return {
        "nobody": {**AS_BROWSER},
        "machine": {"Authorization": f"Bearer {key}"},
        "person": {**AS_BROWSER, "Cookie": session},  # last: it may end its own session
    }


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.name)
def test_no_generated_request_breaks_a_route_or_its_description(
    app: App, town: None, everybody: dict[str, dict[str, str]], mode: GenerationMode
):
    ask_every_route(app, everybody, mode, FEW)


@pytest.mark.prove
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.name)
def test_many_generated_requests_break_nothing_either(
    app: App, town: None, everybody: dict[str, dict[str, str]], mode: GenerationMode
):
    ask_every_route(app, everybody, mode, MANY)


def ask_every_route(
    app: App, everybody: dict[str, dict[str, str]], mode: GenerationMode, examples: int
) -> None:
    """That many generated requests to each route by each, every answer as the description says."""
    config = schemathesis.Config()
    config.projects.default.generation.update(with_security_parameters=False)  # we bring our own
    schema = schemathesis.openapi.from_asgi("/openapi.json", app, config=config)
    asked: dict[str, Counter[int]] = {who: Counter() for who in everybody}
    for operation in operations(schema):
        if mode is GenerationMode.NEGATIVE and not takes_anything(operation):
            continue

        @settings(BOUNDED, max_examples=examples)
        @given(case=operation.as_strategy(generation_mode=mode))
        def ask(case: schemathesis.Case) -> None:
            for who, headers in everybody.items():
                asked[who][ask_as(headers, case)] += 1

        ask()
    assert all(len(statuses) >= 2 for statuses in asked.values())
    person = asked["person"]  # what must be right gets in, what must be wrong doesn't
    found = person.total() - person[404]  # an invented code is right in form and names nothing
    done = sum(count for status, count in person.items() if status < 300)
    assert (done if mode is GenerationMode.POSITIVE else person[422]) > found / 5


def ask_as(headers: dict[str, str], case: schemathesis.Case) -> int:
    """The status of an answer that is as the description says."""
    answer = case.call(base_url=ADDRESS, headers=dict(headers))
    case.validate_response(answer, checks=CHECKS)
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == ["application/problem+json"]
        assert set(answer.json()) >= {"type", "title", "status", "detail"}
    return int(answer.status_code)


def takes_anything(operation: schemathesis.APIOperation) -> bool:
    return bool(operation.query or operation.body or operation.path_parameters)


def operations(schema: schemathesis.BaseSchema) -> Iterator[schemathesis.APIOperation]:
    """All of them; the ends of the session last, since the others need it."""
    every = [found.ok() for found in schema.get_all_operations()]
    yield from sorted(every, key=lambda one: "/session" in one.path)


def cursor(inside: bytes) -> str:
    return base64.urlsafe_b64encode(inside).decode().rstrip("=")


NASTY = st.sampled_from(
    [
        "\x00",
        "\ud800",
        "'",
        '"',
        "%",
        "\\",
        "../..",
        "💥",
        "NaN",
        "1e999",
        "-0",
        "9" * 400,
        "\u202e",
    ]
)


@settings(BOUNDED, max_examples=150)
@given(
    path=st.sampled_from(
        ["/api/v1/regions/{}/{}", "/api/v1/accounts/{}{}", "/api/v1/regions?q={}{}",
         "/api/v1/regions?after={}{}", "/api/v1/locate?crs={}&lon=1&lat={}", "/{}/{}",
         "/static/{}/{}", "/api/v1/regions.geojson?level={}&bbox={}", "/api/v1/levels?{}={}"]
    ),
    first=NASTY | st.text(max_size=8),
    second=NASTY | st.text(max_size=8),
)  # fmt: skip
def nasty_paths(client: TestClient, path: str, first: str, second: str) -> None:
    words = (quote(word.encode("utf-8", "surrogatepass"), safe="") for word in (first, second))
    answer = client.get(path.format(*words), follow_redirects=False)

    assert answer.status_code < 500
    if answer.status_code >= 400:
        assert answer.headers["content-type"].startswith(("application/problem+json", "text/html"))


def test_no_nasty_word_in_an_address_gives_a_5xx(signed_in, town):
    client = signed_in("li.na", Grant(Role.ACCOUNT_ADMIN))
    nasty_paths(client)


@pytest.mark.parametrize(
    "after", ["", "x", "====", "é", "MTpB" * 70, cursor(b"9" * 30 + b":A"), cursor(b"1:\x00")]
)
def test_an_invented_place_in_a_list_is_refused_not_an_error(signed_in, after: str):
    answer = signed_in("li.na").get("/api/v1/regions", params={"after": after})

    assert answer.status_code in (200, 422)
