"""Intake from many sides at once: one matter for one key, and no activation in between."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, text

from gis.accounts import EVERYTHING
from gis.contacts import ContactSeal, new_key
from gis.governance.arrangements import published_days
from gis.governance.calendar import WorkCalendar
from gis.governance.rulebook import rulebook
from gis.intake import NewMatter, Origin, PointGiven
from gis.matters import Channel
from gis.store import accounts, edition_lock
from gis.store.cluster import Cluster
from gis.store.database import connect_engine
from gis.store.matters import KeyUse, Receipt, begin_intake
from gis.store.roles import APP
from gis.workflows.receive_matter import Filing, Rules, receive_matter
from tests import riverside

AT_ONCE = 50
NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
NEW = NewMatter(
    "暴露垃圾", Channel.PATROL, place=PointGiven(106.563, 29.561, "wgs84", Origin.GPS, 8.0)
)


@dataclass(frozen=True)
class Town:
    engine: Engine
    account_id: int

    def use(self, key: str) -> KeyUse:
        return KeyUse(self.account_id, key, b"\x01" * 32)


@pytest.fixture
def town(cluster: Cluster, own_database: str) -> Iterator[Town]:
    engine = connect_engine(cluster.url(APP, own_database), pool_size=AT_ONCE)
    with engine.begin() as connection:
        riverside.staff(connection, riverside.settle(connection))
        account_id = accounts.add_account(
            connection, "li.na", "李娜", None, password_expires_at=None, now=NOW
        )
    yield Town(engine, account_id)
    engine.dispose()


def test_fifty_at_once_with_one_key_make_one_matter(town: Town):
    book = rulebook()
    rules = Rules(book.in_force(), book.defaults, WorkCalendar(published_days(), book.hours))
    seal = ContactSeal([new_key()])
    filing = Filing(town.use("the one key"), EVERYTHING, lambda: seal)
    ready = threading.Barrier(AT_ONCE)

    def file() -> Receipt:
        with town.engine.connect() as connection:
            ready.wait()
            with connection.begin():
                return receive_matter(connection, NEW, filing, rules, NOW)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        receipts = [one.result() for one in [pool.submit(file) for _ in range(AT_ONCE)]]

    assert sum(not one.repeated for one in receipts) == 1
    first = receipts[0]
    assert all(
        (one.no, one.query_code, one.facts) == (first.no, first.query_code, first.facts)
        for one in receipts
    )
    with town.engine.connect() as connection:
        for table in ("matter", "intake_key", "matter_report", "matter_place", "outbox"):
            assert connection.scalar(text(f"SELECT count(*) FROM {table}")) == 1, table
        assert connection.scalar(text("SELECT count(*) FROM matter_event")) == 3


def test_an_activation_waits_until_an_intake_is_over_and_two_intakes_do_not_wait(town: Town):
    activated = threading.Event()

    def activate() -> None:
        with town.engine.begin() as connection:
            edition_lock.hold_editions(connection)
            activated.set()

    with town.engine.connect() as first, town.engine.connect() as second:
        with first.begin():
            begin_intake(first, [town.use("first key")], NOW)
            with second.begin():
                begin_intake(second, [town.use("second key")], NOW)
            waiting = threading.Thread(target=activate)
            waiting.start()
            assert not activated.wait(0.3)
        assert activated.wait(10)
        waiting.join()
