"""Accepted means kept: whatever is killed around the commit, every receipt is a row and none twice.

The real service over a durable database. Between the two stands a proxy that cuts the connection
before or after a COMMIT passes; meanwhile the service and the database are killed, and backends
ended. Who gets no receipt sends the same again with the same key, as every client should.
"""

from __future__ import annotations

import http.client
import os
import random
import shutil
import signal
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from gis.accounts import Grant, Role
from gis.store import accounts, grants
from gis.store.cluster import Cluster
from gis.store.cluster_conf import SUPERUSER
from gis.store.database import connect_engine
from gis.store.roles import APP, OWNER
from gis.workflows import keys
from migrations import upgrade
from tests import riverside
from tests.real_service import Client, Service

BODY: dict[str, Any] = {
    "text": "3幢楼下暴露垃圾",
    "channel": "patrol",
    "place": {
        "point": {
            "lon": 106.5630,
            "lat": 29.561,
            "crs": "wgs84",
            "accuracy_m": 8,
            "origin": "gps",
        }
    },
}
COMMIT = b"COMMIT"
SOCKET = ".s.PGSQL.5432"


class CuttingProxy:
    """Passes bytes between the service and PostgreSQL; cuts some connections around a COMMIT.

    Half of the cuts come before the COMMIT is passed on, half after it, before the answer.
    """

    def __init__(self, folder: Path, database_socket: Path, *, one_in: int) -> None:
        self.folder, self._target, self._one_in = folder, database_socket, one_in
        self._random = random.Random(7)
        self.cuts = 0
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(folder / SOCKET))
        self._listening.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                threading.Thread(target=self._pass_on, args=(client,), daemon=True).start()

    def _pass_on(self, client: socket.socket) -> None:
        server = socket.socket(socket.AF_UNIX)
        try:
            server.connect(str(self._target))
        except OSError:
            _end(client, server)
            return
        threading.Thread(target=_copy, args=(server, client), daemon=True).start()
        with suppress(OSError):
            while data := client.recv(65536):
                cut = COMMIT in data and self._random.randrange(self._one_in) == 0
                if cut and self._random.random() < 0.5:
                    self.cuts += 1
                    break
                server.sendall(data)
                if cut:
                    self.cuts += 1
                    time.sleep(0.005)  # PostgreSQL commits, and nobody hears of it
                    break
        _end(client, server)


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    _end(source, target)


def _end(*ends: socket.socket) -> None:
    for one in ends:
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()


class Site:
    """A durable database behind a cutting proxy, the service in front of it, one account's key."""

    def __init__(self, folder: Path, *, one_in: int) -> None:
        self.cluster = Cluster(folder / "home")
        self.cluster.start()
        upgrade(self.cluster.url(OWNER))
        engine = connect_engine(self.cluster.url(APP), pool_size=1)
        with engine.begin() as connection:
            riverside.staff(connection, riverside.settle(connection))
            now = datetime.now(UTC)
            made = accounts.add_account(
                connection, "li.na", "李娜", None, password_expires_at=None, now=now
            )
            grants.add_grant(connection, made, Grant(Role.GRID_MEMBER), since=now, until=None)
            self.key = keys.add_key(connection, "li.na", "test", 300, now).key
        engine.dispose()
        sockets = self.cluster.server.socket_folder
        (folder / "proxy").mkdir()
        self.proxy = CuttingProxy(folder / "proxy", sockets / SOCKET, one_in=one_in)
        through = self.cluster.url(APP).rpartition("host=")[0] + f"host={folder / 'proxy'}"
        self.service = Service(through, self.cluster.url(OWNER), folder, jobs=False)

    def close(self) -> None:
        self.service.stop()
        self.proxy.close()
        self.cluster.stop(patience_s=1)
        for place in (self.cluster.server.socket_folder, self.cluster.place.root):
            shutil.rmtree(place, ignore_errors=True)

    # ---- bad luck ----

    def kill_service(self) -> None:
        self.service.kill()
        self.service.start()

    def kill_database(self) -> None:
        pid = self.cluster.server.pid()
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        self.cluster.start()

    def end_backends(self) -> None:
        with self.cluster.server.connect() as superuser:
            superuser.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", (APP,)
            )

    # ---- what became of it ----

    def file_until_received(self, number: int, *, patience_s: float = 120) -> str:
        """One matter, sent with the same key until there is a receipt; its number."""
        client, until = Client(self.service.port, self.key), time.monotonic() + patience_s
        try:
            while time.monotonic() < until:
                with suppress(OSError, http.client.HTTPException, ValueError):
                    status, answer = client.post_matter(f"matter-{number:05}", BODY)
                    if status in (200, 201):
                        return str(answer["no"])
                    assert status == 503, answer
                time.sleep(0.05)
        finally:
            client.close()
        raise AssertionError("no receipt in time")

    def kept(self) -> list[tuple[str, str]]:
        """(number, key) of every matter that has all that comes with it."""
        with psycopg.connect(self.cluster.url(SUPERUSER)) as superuser:
            return superuser.execute(
                "SELECT m.no, k.key FROM matter m JOIN intake_key k ON k.matter_id = m.id"
                " WHERE (SELECT count(*) FROM matter_report r WHERE r.matter_id = m.id) = 1"
                " AND (SELECT count(*) FROM matter_place p WHERE p.matter_id = m.id) = 1"
                " AND (SELECT count(*) FROM clock c WHERE c.matter_id = m.id) = 2"
                " AND (SELECT count(*) FROM outbox o WHERE o.matter_id = m.id) = 1"
                " AND (SELECT array_agg(e.seq ORDER BY e.seq) FROM matter_event e"
                "       WHERE e.matter_id = m.id) = '{1,2,3}'"
            ).fetchall()

    def matters(self) -> int:
        with psycopg.connect(self.cluster.url(SUPERUSER)) as superuser:
            row = superuser.execute("SELECT count(*) FROM matter").fetchone()
            return row[0] if row else 0


def _try_bad_luck(folder: Path, posts: int, *, one_in: int, kills: int) -> None:
    site = Site(folder, one_in=one_in)
    try:
        site.service.start()
        with ThreadPoolExecutor(16) as pool:
            waiting = [pool.submit(site.file_until_received, number) for number in range(posts)]
            every = (site.end_backends, site.kill_service, site.kill_database)
            for number in range(kills):
                _when_done(waiting, posts * (number + 1) // (kills + 1))
                every[number % len(every)]()
            receipts = [one.result() for one in waiting]
        kept = site.kept()
        assert site.matters() == len(kept) == posts
        assert sorted(receipts) == sorted(no for no, _ in kept)
        assert {key for _, key in kept} == {f"matter-{number:05}" for number in range(posts)}
        assert site.proxy.cuts > 0
    finally:
        site.close()


def _when_done(waiting: list[Any], share: int) -> None:
    while sum(one.done() for one in waiting) < share:
        time.sleep(0.01)


@pytest.fixture
def open_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A short path that other users may pass through: a socket's is limited to 107 bytes."""
    import tempfile

    made = Path(tempfile.mkdtemp(prefix="wgbl-"))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made, ignore_errors=True)


def test_every_receipt_is_a_row_and_none_twice_whatever_is_killed(open_folder: Path):
    _try_bad_luck(open_folder, 40, one_in=5, kills=3)


@pytest.mark.prove
def test_a_thousand_posts_survive_whatever_is_killed(open_folder: Path):
    _try_bad_luck(open_folder, 1000, one_in=8, kills=9)
