"""Reports that come at the same time are taken in together, each for itself."""

from __future__ import annotations

import asyncio
import itertools
import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import TimeoutError as PoolTimeout

from api import in_one_go
from api.main import App
from api.together import Together
from gis.accounts import Grant, Role
from gis.passwords import Passwords
from gis.store import accounts, grants
from gis.store.cluster import Cluster
from gis.store.database import connect_engine
from gis.store.edition_lock import hold_editions
from gis.store.roles import APP, OWNER
from gis.workflows import keys
from tests import loops, riverside
from tests.databases import new_database
from tests.one_app import over, the_app
from tests.riverside import G002

POINT = {"lon": 106.563, "lat": 29.561, "crs": "wgs84", "accuracy_m": 8, "origin": "gps"}
BODY: dict[str, Any] = {"text": "暴露垃圾", "channel": "patrol", "place": {"point": POINT}}
REFUSED = "数据库不收"  # by a rule of this test's database, as any rule that nobody foresaw
_keys = itertools.count()


@dataclass(frozen=True)
class Site:
    """The service over a database of its own: two that file by key, one of them with one grid."""

    app: App
    engine: Engine
    anybody: str
    member: str
    groups: list[int]

    def one(self, statement: str) -> Any:
        with self.engine.connect() as connection:
            return connection.scalar(text(statement))


@pytest.fixture(scope="module")
def town(cluster: Cluster) -> Iterator[tuple[Engine, str, str]]:
    with new_database(cluster) as name:
        engine = connect_engine(cluster.url(APP, name), pool_size=4)
        with engine.begin() as connection:
            ids = riverside.settle(connection)
            riverside.staff(connection, ids)
            anybody = _key(connection, "desk", Grant(Role.DISPATCHER))
            member = _key(connection, "member", Grant(Role.GRID_MEMBER, ids[G002]))
        owner = connect_engine(cluster.url(OWNER, name), pool_size=1)
        with owner.begin() as connection:
            rule = f"ALTER TABLE matter ADD CONSTRAINT refused CHECK (text <> '{REFUSED}')"
            connection.execute(text(rule))
        owner.dispose()
        yield engine, anybody, member
        engine.dispose()


def _key(connection: Connection, login: str, grant: Grant) -> str:
    now = datetime.now(UTC) - timedelta(minutes=1)
    made = accounts.add_account(connection, login, login, None, password_expires_at=None, now=now)
    grants.add_grant(connection, made, grant, since=now, until=None)
    return keys.add_key(connection, login, "test", 300, now).key


@pytest.fixture
def site(
    town: tuple[Engine, str, str], passwords: Passwords, monkeypatch: pytest.MonkeyPatch
) -> Site:
    engine, anybody, member = town
    site = Site(over(the_app(), engine, passwords), engine, anybody, member, [])
    do = in_one_go._do
    monkeypatch.setattr(
        in_one_go, "_do", lambda *given: (site.groups.append(len(given[2])), do(*given))[1]
    )
    return site


@contextmanager
def held_up(site: Site) -> Iterator[None]:
    """Intake waits for an activation while the block runs: whoever comes has to wait together."""
    with site.engine.begin() as connection:
        hold_editions(connection)
        yield


async def post(
    site: Site, api_key: str, body: dict[str, Any], key: str | None = None
) -> tuple[int, Any]:
    """(status, answer) of one report."""
    raw = json.dumps(body).encode()
    headers = {
        "host": "localhost",
        "authorization": f"Bearer {api_key}",
        "content-type": "application/json",
        "content-length": str(len(raw)),
        "idempotency-key": key or f"together-{next(_keys):04}",
        "accept-language": "en",
    }
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": raw, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "scheme": "http",
        "path": "/api/v1/matters",
        "raw_path": b"/api/v1/matters",
        "query_string": b"",
        "root_path": "",
        "http_version": "1.1",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("localhost", 80),
        "state": {},
    }
    await site.app(scope, receive, send)
    names = dict(sent[0]["headers"])
    answer = json.loads(b"".join(one.get("body", b"") for one in sent[1:]))
    return sent[0]["status"], answer | {"retry": names.get(b"retry-after")}


def all_at_once(site: Site, reports: Sequence[tuple[str, dict[str, Any], str | None]]) -> list[Any]:
    """The answers; the first report is at work, and held up, before the others come."""

    async def run() -> list[Any]:
        with held_up(site):
            first = asyncio.create_task(post(site, *reports[0]))
            while not site.groups:
                await asyncio.sleep(0.001)
            others = [asyncio.create_task(post(site, *one)) for one in reports[1:]]
            while site.app.state.service.together._waiting < len(others):
                await asyncio.sleep(0.001)
        return await asyncio.gather(first, *others)

    site.app.state.service = replace(site.app.state.service, together=Together(at_once=1))
    return loops.run(run())


def test_fifty_with_one_key_give_one_matter_and_one_receipt_and_another_body_is_refused(site: Site):
    before = site.one("SELECT count(*) FROM matter")
    reports = [(site.anybody, BODY, "the-one-key")] * 50
    reports.append((site.anybody, BODY | {"urgent": True}, "the-one-key"))
    told = all_at_once(site, reports)

    assert sorted(status for status, _ in told) == [200] * 49 + [201, 422]
    assert all(answer == told[0][1] for status, answer in told if status < 400)
    assert site.one("SELECT count(*) FROM matter") == before + 1
    assert site.groups == [1, 32, 18]


def test_each_of_a_group_has_its_own_rights_and_its_own_faults(site: Site):
    hotline = BODY | {"channel": "hotline"}
    moon = BODY | {"place": {"point": POINT | {"lat": 95}}}
    told = all_at_once(
        site,
        [
            (site.anybody, BODY, None),
            (site.anybody, hotline, None),
            ("wg_nobody", BODY, None),
            (site.member, moon, None),
            (site.member, BODY | {"observed_at": "2019-01-01T00:00:00Z"}, None),
            (site.member, BODY, None),
        ],
    )

    assert [status for status, _ in told] == [201, 201, 401, 422, 422, 201]
    assert site.groups == [1, 5]
    filed_by = "SELECT login FROM account a JOIN matter m ON m.filed_by = a.id WHERE m.no ="
    assert site.one(f"{filed_by} '{told[-1][1]['no']}'") == "member"


def test_what_the_database_refuses_fails_alone(site: Site):
    before = site.one("SELECT count(*) FROM matter")
    bodies = [BODY, BODY, BODY | {"text": REFUSED}, BODY, BODY | {"contact": {"phone": "1"}}]
    told = all_at_once(site, [(site.anybody, one, None) for one in bodies])

    assert [status for status, _ in told] == [201, 201, 500, 201, 201]
    assert site.one("SELECT count(*) FROM matter") == before + 4
    assert site.one("SELECT count(*) FROM intake_key") == site.one("SELECT count(*) FROM matter")
    assert site.groups == [1, 4, 1, 1, 1, 1]


def test_a_client_that_hangs_up_loses_no_matter_and_doubles_none(site: Site):
    before = site.one("SELECT count(*) FROM matter")

    async def run() -> list[Any]:
        with held_up(site):
            first = asyncio.create_task(post(site, site.anybody, BODY))
            while not site.groups:
                await asyncio.sleep(0.001)
            gone = asyncio.create_task(post(site, site.anybody, BODY, "hangs-up"))
            stays = asyncio.create_task(post(site, site.anybody, BODY))
            while site.app.state.service.together._waiting < 2:
                await asyncio.sleep(0.001)
            first.cancel()
            gone.cancel()
        told = [await stays, await post(site, site.anybody, BODY, "hangs-up")]
        await site.app.state.service.together.finish()
        return told

    site.app.state.service = replace(site.app.state.service, together=Together(at_once=1))
    told = loops.run(run())

    assert [status for status, _ in told] == [201, 200]
    assert site.one("SELECT count(*) FROM matter") == before + 3


def test_a_key_that_is_revoked_is_refused_by_the_next_group(site: Site):
    with site.engine.begin() as connection:
        key = _key(connection, "leaver", Grant(Role.GRID_MEMBER))
    assert all_at_once(site, [(key, BODY, None)])[0][0] == 201
    revoke = "UPDATE api_key SET revoked_at = now() WHERE account_id ="
    with site.engine.begin() as connection:
        connection.execute(text(f"{revoke} (SELECT id FROM account WHERE login = 'leaver')"))
    site.groups.clear()

    told = all_at_once(site, [(site.anybody, BODY, None), (key, BODY, None)])
    assert [status for status, _ in told] == [201, 401]


class Full:
    """Stands for an engine whose connections are all taken, once the door is open."""

    def __init__(self) -> None:
        self.door = threading.Event()

    def begin(self) -> Any:
        self.door.wait(10)
        raise PoolTimeout


def test_where_the_database_is_away_all_are_told_to_come_again_and_tried_only_once(site: Site):
    full = Full()
    site.app.state.service = replace(
        site.app.state.service, engine=full, together=Together(at_once=1, most_waiting=3)
    )

    async def run() -> list[Any]:
        tasks = []
        for n in range(5):
            tasks.append(asyncio.create_task(post(site, site.anybody, BODY)))
            while n == 0 and not site.groups:
                await asyncio.sleep(0.001)
        while site.app.state.service.together._waiting < 3:
            await asyncio.sleep(0.001)
        full.door.set()
        return await asyncio.gather(*tasks)

    told = loops.run(run())

    assert [(status, answer["retry"]) for status, answer in told] == [(503, b"5")] * 5
    assert sum(answer["detail"] == told[-1][1]["detail"] for _, answer in told) == 1, "too many"
    assert site.groups == [1, 3]
