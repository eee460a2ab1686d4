"""A report taken in one go: the same checks and answers as by the framework, byte for byte."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import Connection, text
from starlette.testclient import TestClient

from api import in_one_go
from api.dependencies import clock
from api.main import App
from gis.accounts import Grant, Role
from tests import riverside
from tests.makers import NOW
from tests.riverside import G001, G002

MATTER: dict[str, Any] = {
    "text": "3幢楼下暴露垃圾",
    "channel": "patrol",
    "place": {"point": {"lon": 106.563, "lat": 29.561, "crs": "wgs84", "accuracy_m": 8}},
    "contact": {"name": "王", "phone": "13800000000"},
}
JSON = {"Content-Type": "application/json"}


@dataclass
class BothWays:
    """Sends the same request by either way; `taken` counts what went in one go."""

    app: App
    client: TestClient
    taken: list[str] = field(default_factory=list)

    def in_one_go(self, **request: Any) -> Any:
        self.app.dependency_overrides.clear()
        return self.client.post("/api/v1/matters", **request)

    def by_framework(self, **request: Any) -> Any:
        self.app.dependency_overrides[clock] = lambda: NOW
        return self.client.post("/api/v1/matters", **request)


@pytest.fixture(scope="module", autouse=True)
def ids(ground: Connection) -> dict[str, int]:
    return riverside.inhabited(ground)


@pytest.fixture
def ways(
    app: App,
    signed_in: Callable[..., TestClient],
    ids: dict[str, int],
    connection: Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> BothWays:
    both = BothWays(app, signed_in("li.na", Grant(Role.GRID_MEMBER, ids[G002])))
    # What is not plain goes by the framework's own clock, on whatever day the test runs.
    lasting = "last_seen_at = greatest(last_seen_at, now()), expires_at = now() + interval '7 days'"
    connection.execute(text(f"UPDATE account_session SET {lasting}"))
    do = in_one_go._do

    def counted(*given: Any) -> Any:
        both.taken.append("taken")
        return do(*given)

    async def now() -> Any:
        return NOW

    monkeypatch.setattr(in_one_go, "_do", counted)
    monkeypatch.setattr(in_one_go, "clock", now)
    return both


def told(answer: Any) -> tuple[int, bytes, dict[str, str]]:
    return answer.status_code, answer.content, dict(answer.headers)


_keys = itertools.count()


def key(**others: str) -> dict[str, str]:
    return {"Idempotency-Key": f"both-ways-{next(_keys)}", **others}


@pytest.mark.parametrize(
    "body",
    [
        MATTER,
        MATTER | {"place": {"building": "BHY-3"}, "observed_at": "2026-11-22T11:00:00+08:00"},
        MATTER | {"place": {"qr": "G:" + G001}, "category": "E0102", "urgent": True},
        MATTER | {"place": None, "text": "网格员张某收费50元"},
    ],
)
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_either_way_gives_the_same_receipt(ways: BothWays, body: dict[str, Any], language: str):
    headers = key(**{"Accept-Language": language})
    first = ways.in_one_go(json=body, headers=headers)
    assert (first.status_code, len(ways.taken)) == (201, 1), first.text

    usual = ways.by_framework(json=body, headers=headers)
    assert (usual.status_code, usual.json()) == (200, first.json())
    assert told(ways.in_one_go(json=body, headers=headers)) == told(usual)
    assert len(ways.taken) == 2


REFUSED: dict[str, dict[str, Any]] = {
    "a foreign page": {"json": MATTER, "headers": {"Origin": "https://elsewhere.example"}},
    "a key of nobody": {"json": MATTER, "headers": {"Authorization": "Bearer wg_nobody"}},
    "no key at all": {"json": MATTER, "headers": {"Authorization": "Basic eDp5"}},
    "a channel of the desk": {"json": MATTER | {"channel": "hotline"}},
    "a time to come": {"json": MATTER | {"observed_at": "2027-01-01T00:00:00Z"}},
    "coordinates on the moon": {
        "json": MATTER | {"place": {"point": {"lon": 10, "lat": 95, "crs": "wgs84"}}}
    },
    "a field nobody knows": {"json": MATTER | {"colour": "red"}},
    "an empty text": {"json": MATTER | {"text": " "}},
    "no JSON": {"content": b"{", "headers": JSON},
    "JSON twice over": {"content": b'{"text": "a", "text": ', "headers": JSON},
    "not a body": {"content": b"", "headers": JSON},
    "another type": {"content": b"text", "headers": {"Content-Type": "text/plain"}},
    "a parameter nobody knows": {"json": MATTER, "params": {"x": "1"}},
    "too much": {"content": b" " * 3_000_000, "headers": JSON},
    "a short key": {"json": MATTER, "headers": {"Idempotency-Key": "short"}},
}


@pytest.mark.parametrize("what", REFUSED)
def test_either_way_refuses_the_same_in_the_same_words(ways: BothWays, what: str):
    request = REFUSED[what]
    headers = key() | request.get("headers", {})
    quick = ways.in_one_go(**request | {"headers": headers})
    usual = ways.by_framework(**request | {"headers": headers})

    assert quick.status_code >= 400
    assert told(quick) == told(usual)


def test_a_key_that_came_with_another_body_is_refused_either_way(ways: BothWays):
    headers = key()
    assert ways.in_one_go(json=MATTER, headers=headers).status_code == 201
    other = MATTER | {"urgent": True}
    refused = ways.in_one_go(json=other, headers=headers)

    assert refused.status_code == 422
    assert told(refused) == told(ways.by_framework(json=other, headers=headers))


def test_whoever_signed_out_is_let_in_by_neither_way(ways: BothWays, connection: Connection):
    connection.execute(text("DELETE FROM account_session"))
    refused = ways.in_one_go(json=MATTER, headers=key())

    assert (refused.status_code, len(ways.taken)) == (401, 1)
    assert told(refused) == told(ways.by_framework(json=MATTER, headers=key()))


def test_what_is_refused_leaves_nothing_behind(ways: BothWays, connection: Connection):
    ways.in_one_go(json=MATTER | {"observed_at": "2027-01-01T00:00:00Z"}, headers=key())

    assert len(ways.taken) == 1
    assert connection.scalar(text("SELECT count(*) FROM intake_key")) == 0
    assert connection.scalar(text("SELECT count(*) FROM matter")) == 0
