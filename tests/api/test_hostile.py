"""Hostile strings in every text field of every route: refused or kept as text, nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import cycle
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import Connection, text
from starlette.testclient import TestClient

from api.main import App
from gis.accounts import Grant, Role
from gis.passwords import Passwords
from gis.workflows import keys
from tests.api.people import add_person
from tests.hostile import REFUSED, hostile_strings
from tests.makers import NOW
from tests.matter_town import Town

LONGEST = 200
PRESENT = "SELECT (SELECT count(*) FROM account), (SELECT count(*) FROM region)"
Json = dict[str, Any]
Field = tuple[str, str, str, tuple[str | int, ...]]  # method, path, where, way to the field


@pytest.fixture
def headers(connection: Connection, passwords: Passwords) -> Json:
    """A machine that may do everything: what it can't break, nobody breaks."""
    Town(connection)
    add_person(connection, passwords, "every.role", *[Grant(role) for role in Role])
    key = keys.add_key(connection, "every.role", "x", 9, NOW).key
    return {"Authorization": f"Bearer {key}"}


def test_a_sample_of_hostile_strings_breaks_no_field(
    app: App, client: TestClient, connection: Connection, headers: Json
):
    send_to_every_field(app, client, connection, headers, 300)


@pytest.mark.prove
def test_ten_thousand_hostile_strings_break_no_field(
    app: App, client: TestClient, connection: Connection, headers: Json
):
    send_to_every_field(app, client, connection, headers, 10_000)


def test_a_kept_text_is_read_back_letter_by_letter(client: TestClient, headers: Json):
    for number, hostile in enumerate(hostile_strings(60, most=LONGEST)):
        sent = {"text": hostile, "channel": "patrol"}
        once = {**headers, "Idempotency-Key": f"hostile-{number:04}"}
        no = client.post("/api/v1/matters", json=sent, headers=once).json()["no"]
        assert client.get(f"/api/v1/matters/{no}", headers=headers).json()["text"] == hostile


def send_to_every_field(
    app: App, client: TestClient, connection: Connection, headers: Json, count: int
) -> None:
    described = app.openapi()
    fields = list(text_fields(described))
    assert len(fields) > 60
    strings = cycle([*REFUSED, *hostile_strings(count, most=LONGEST)])
    before = connection.execute(text(PRESENT)).one()
    for sent in range(max(count, len(fields))):
        method, path, where, way = fields[sent % len(fields)]
        hostile = next(strings)
        answer = send(client, described, headers, (method, path, where, way), hostile, sent)
        assert answer.status_code < 500, (method, path, where, way, hostile, answer.text)
        check_inert(answer, hostile)
    accounts, regions = connection.execute(text(PRESENT)).one()
    assert accounts >= before[0]
    assert regions == before[1]


def check_inert(answer: Any, hostile: str) -> None:
    """JSON with its own type, that no browser takes for a page; a refusal doesn't repeat it."""
    kind = answer.headers.get("content-type", "")
    assert answer.headers["x-content-type-options"] == "nosniff"
    if "html" in kind and "<" in hostile:
        assert hostile not in answer.text
    if answer.status_code == 422 and len(hostile) > 12:
        assert hostile not in str(answer.json())


# ---- every field there is, and one request for each ----------------------------------------------


def text_fields(described: Json) -> Iterator[Field]:
    """Every place of the API that takes text: in the address, the query, the headers, the body."""
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            if path.startswith("/api/v1/session"):
                continue  # it would lock the account out; its fields have tests of their own
            for one in operation.get("parameters", []):
                if one["in"] != "cookie" and is_text(one["schema"]):
                    yield method, path, one["in"], (one["name"],)
            for way in ways_in(body_schema(operation), described):
                yield method, path, "body", way


def is_text(schema: Json) -> bool:
    kinds = [schema, *schema.get("anyOf", [])]
    return any(one.get("type") == "string" for one in kinds)


def body_schema(operation: Json) -> Json:
    content = operation.get("requestBody", {}).get("content", {})
    found: Json = content.get("application/json", {}).get("schema", {})
    return found


def resolved(schema: Json, described: Json) -> Json:
    """The schema itself, for a reference or for one that may be null."""
    if "$ref" in schema:
        return resolved(
            described["components"]["schemas"][schema["$ref"].split("/")[-1]], described
        )
    for one in schema.get("anyOf", schema.get("oneOf", [])):
        if one.get("type") != "null":
            return resolved(one, described)
    return schema


def ways_in(schema: Json, described: Json, depth: int = 0) -> Iterator[tuple[str | int, ...]]:
    here = resolved(schema, described)
    if here.get("type") == "string":
        yield ()
    if depth > 5:
        return
    for name, inner in here.get("properties", {}).items():
        for way in ways_in(inner, described, depth + 1):
            yield (name, *way)
    if here.get("type") == "array":
        for way in ways_in(here.get("items", {}), described, depth + 1):
            yield (0, *way)


def least(schema: Json, described: Json) -> Any:
    """The smallest value that fits: required fields only."""
    here = resolved(schema, described)
    given = here.get("example", here.get("default", next(iter(here.get("enum", [])), None)))
    if given is not None:
        return given
    kind = here.get("type")
    if kind == "object" or "properties" in here:
        needed = here.get("required", [])
        return {name: least(here["properties"][name], described) for name in needed}
    made: dict[str, Callable[[], Any]] = {
        "string": lambda: _written(here),
        "integer": lambda: here.get("minimum", 1),
        "number": lambda: 1.0,
        "boolean": lambda: True,
        "array": lambda: [least(here.get("items", {}), described)],
    }
    return made.get(str(kind), lambda: None)()


def _written(schema: Json) -> str:
    kinds = {"date": "2026-01-01", "date-time": "2026-01-01T00:00:00Z"}
    return kinds.get(schema.get("format", ""), "a" * max(1, schema.get("minLength", 1)))


def put_in(value: Any, way: tuple[str | int, ...], text: str) -> Any:
    """The value with the text at the end of the way; what lies on it is made."""
    if not way:
        return text
    first, *rest = way
    if isinstance(first, int):
        return [put_in(None, tuple(rest), text)]
    inner = value if isinstance(value, dict) else {}
    return {**inner, first: put_in(inner.get(first), tuple(rest), text)}


def send(
    client: TestClient, described: Json, headers: Json, field: Field, hostile: str, number: int
) -> Any:
    method, path, where, way = field
    operation = described["paths"][path][method]
    query, extra, filled = {}, {"Idempotency-Key": f"hostile-{number:06}"}, path
    for one in operation.get("parameters", []):
        mine = where == one["in"] and way == (one["name"],)
        value = hostile if mine else str(least(one["schema"], described))
        if one["in"] == "path":
            filled = filled.replace(f"{{{one['name']}}}", quote(_sendable(value), safe=""))
        elif one["in"] == "query" and (mine or one.get("required")):
            query[one["name"]] = _sendable(value)
        elif one["in"] == "header" and mine:
            extra[one["name"]] = quote(_sendable(value), safe=" <>'\"=;()")
    schema = body_schema(operation)
    body = least(schema, described) if schema else None
    if where == "body":
        body = put_in(body, way, hostile)
    given = {"json": body} if schema and "\ud800" not in hostile else {}
    return client.request(method, filled, params=query, headers={**headers, **extra}, **given)


def _sendable(text: str) -> str:
    """What can't be written as UTF-8 never gets past a client's library."""
    return text.encode("utf-8", "replace").decode()
