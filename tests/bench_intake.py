"""Intake over HTTP beside the bare inserts, on one durable cluster: requests a second and how long
each waits. The service, its clients and PostgreSQL share this machine. Called by `make bench`.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import psycopg
import shapely
from sqlalchemy import Connection

from gis.accounts import Grant, Role
from gis.model import BoundaryRow
from gis.store import accounts, grants
from gis.store.cluster import Cluster
from gis.store.database import analyze, connect_engine
from gis.store.roles import APP, OWNER
from gis.workflows import keys
from migrations import upgrade
from tests import riverside
from tests.makers import keep
from tests.real_service import Client, serving
from tests.tiling import tiling

CLIENTS = 16
WARM_S = 4  # not counted: connections are opened, statements planned
SIDE = 30
BARE = (
    "INSERT INTO bare_key VALUES (%s, %s)",
    "INSERT INTO bare_matter (text, lon, lat, state, received_at) VALUES (%s, %s, %s, %s, now())",
    "INSERT INTO bare_report (text, received_at) VALUES (%s, now())",
    "INSERT INTO bare_place (region, method) VALUES (%s, 'covers')",
    "INSERT INTO bare_clock (kind, due_at) VALUES ('intake', now()), ('whole', now())",
    "INSERT INTO bare_event (seq, detail) VALUES (1, '{}'), (2, '{}'), (3, '{}')",
    "INSERT INTO bare_outbox (topic, payload) VALUES ('matter.received', '{}')",
)
BARE_TABLES = """
CREATE TABLE bare_key (account bigint, key text, PRIMARY KEY (account, key));
CREATE TABLE bare_matter (id bigserial PRIMARY KEY, text text, lon float8, lat float8, state text,
                          received_at timestamptz);
CREATE TABLE bare_report (id bigserial PRIMARY KEY, text text, received_at timestamptz);
CREATE TABLE bare_place (id bigserial PRIMARY KEY, region bigint, method text);
CREATE TABLE bare_clock (id bigserial PRIMARY KEY, kind text, due_at timestamptz);
CREATE TABLE bare_event (id bigserial PRIMARY KEY, seq integer, detail jsonb);
CREATE TABLE bare_outbox (id bigserial PRIMARY KEY, topic text, payload jsonb);
"""


def main() -> None:
    """Build a town, then intake over HTTP, then the bare inserts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--clients", type=int, default=CLIENTS)
    parser.add_argument("--post", nargs=2, metavar=("PORT", "KEY"), help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.post:
        print(json.dumps(_post_all(int(wanted.post[0]), wanted.post[1], wanted)))
        return
    with tempfile.TemporaryDirectory(prefix="wangge-bench-") as folder:
        Path(folder).chmod(0o711)
        cluster = Cluster(Path(folder) / "home")
        try:
            cluster.start()
            upgrade(cluster.url(OWNER))
            _run(cluster, Path(folder), wanted)
        finally:
            cluster.stop(patience_s=2)
            for place in (cluster.server.socket_folder, cluster.place.root):
                shutil.rmtree(place, ignore_errors=True)


def _run(cluster: Cluster, folder: Path, wanted: argparse.Namespace) -> None:
    engine = connect_engine(cluster.url(APP), pool_size=2)
    with engine.begin() as connection:
        key = build_town(connection, SIDE)
    engine.dispose()
    analyze(cluster.url(OWNER))
    print(
        f"{SIDE * SIDE:,} grids, {wanted.clients} clients, {wanted.seconds:.0f} s,"
        f" fsync {_setting(cluster, 'fsync')}, load {os.getloadavg()[0]:.1f}"
    )
    with serving(cluster.url(APP), cluster.url(OWNER), folder) as service:
        command = [sys.executable, "-m", "tests.bench_intake", "--post", str(service.port), key]
        command += ["--seconds", str(wanted.seconds), "--clients", str(wanted.clients)]
        assert service.process is not None
        before = cpu_s(service.process.pid), _database_cpu_s(cluster)
        ran = subprocess.run(command, check=True, capture_output=True, text=True)
        after = cpu_s(service.process.pid), _database_cpu_s(cluster)
    took = json.loads(ran.stdout)
    _tell("intake over HTTP", took, wanted.seconds)
    kept = matters_kept(cluster)  # those of the warming up too
    ours, postgres = ((b - a) * 1000 / kept for a, b in zip(before, after, strict=True))
    print(f"  {'':<18}{ours:8.2f} ms CPU of the service, {postgres:.2f} ms of PostgreSQL for each")
    _tell("bare inserts", _bare(cluster, wanted), wanted.seconds)


def cpu_s(pid: int) -> float:
    """Seconds of processor that a process has had."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _database_cpu_s(cluster: Cluster) -> float:
    """The same of PostgreSQL's processes together; pooled connections outlive a measurement."""
    postmaster = cluster.server.pid()
    children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
    return sum(cpu_s(int(pid)) for pid in children)


def matters_kept(cluster: Cluster) -> int:
    with psycopg.connect(cluster.url(APP)) as connection:
        row = connection.execute("SELECT count(*) FROM matter").fetchone()
        return int(row[0]) if row else 0


def _setting(cluster: Cluster, name: str) -> str:
    with psycopg.connect(cluster.url(APP)) as connection:
        row = connection.execute("SELECT current_setting(%s)", (name,)).fetchone()
        return str(row[0]) if row else "?"


def build_town(connection: Connection, side: int) -> str:
    """side × side grids under one community, a member in every tenth, a unit. An API key."""
    above = [("county", "500199", None), ("subdistrict", "500199001", "500199")]
    above.append(("community", "500199001001", "500199001"))
    for level, code, parent in above:
        keep(connection, [BoundaryRow(1, code, code, parent)], level=level, edition=level)
    rows = [
        BoundaryRow(n, f"500199001001{n:04}", "", "500199001001", shapely.MultiPolygon([one]))
        for n, one in enumerate(tiling(side, side), start=1)
    ]
    keep(connection, rows, edition="grid")
    ids = riverside.region_ids(connection)
    for row in rows:
        riverside.add_post(
            connection, row.code, f"网格员{row.row}", ids[row.code], responsible=True
        )
    riverside.add_organisation(connection, "HW", "环卫所", ids["500199001"], ["sanitation"])
    now = datetime.now(UTC)
    account_id = accounts.add_account(
        connection, "bench", "bench", None, password_expires_at=None, now=now
    )
    grants.add_grant(connection, account_id, Grant(Role.DISPATCHER), since=now, until=None)
    return keys.add_key(connection, "bench", "bench", 300, now).key


def _post_all(port: int, api_key: str, wanted: argparse.Namespace) -> list[float]:
    """Milliseconds of every request, in a process of its own: every answer a receipt."""

    def work(number: int) -> Iterator[None]:
        random = np.random.default_rng(number)
        client = Client(port, api_key)
        for key in itertools.count():
            status, receipt = client.post_matter(
                f"bench-{os.getpid()}-{number}-{key}", _body(random)
            )
            assert status == 201, receipt
            yield

    return _together(work, wanted)


def _body(random: np.random.Generator) -> dict[str, object]:
    lon, lat = random.uniform([105.51, 28.51], [105.5 + SIDE / 100 - 0.01, 28.79])
    point = {"lon": lon, "lat": lat, "crs": "wgs84", "accuracy_m": 10, "origin": "gps"}
    return {"text": "3幢楼下暴露垃圾", "channel": "patrol", "place": {"point": point}}


def _bare(cluster: Cluster, wanted: argparse.Namespace) -> list[float]:
    with psycopg.connect(cluster.url(OWNER), autocommit=True) as owner:
        owner.execute(BARE_TABLES)
    values = [(1, "x"), ("3幢楼下暴露垃圾", 106.5, 29.5, "proposed"), ("3幢",), (7,), (), (), ()]

    def work(number: int) -> Iterator[None]:
        with psycopg.connect(cluster.url(OWNER)) as connection:
            for key in itertools.count():
                values_now = [(number, str(key)), *values[1:]]
                for statement, given in zip(BARE, values_now, strict=True):
                    connection.execute(statement, given)
                connection.commit()
                yield

    return _together(work, wanted)


def _together(work: Callable[[int], Iterator[None]], wanted: argparse.Namespace) -> list[float]:
    """Milliseconds of every piece of work that began after the warming up and ended in time."""
    took: list[float] = []
    first = time.perf_counter() + WARM_S
    last = first + wanted.seconds

    def run(number: int) -> None:
        begun = time.perf_counter()
        for _ in work(number):
            ended = time.perf_counter()
            if ended > last:
                return
            if begun >= first:
                took.append((ended - begun) * 1000)
            begun = ended

    threads = [threading.Thread(target=run, args=(n,)) for n in range(wanted.clients)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return took


def _tell(what: str, took: list[float], seconds: float) -> None:
    p50, p99 = np.percentile(took, [50, 99])
    print(
        f"  {what:<18}{len(took) / seconds:8.0f} /s   p50 {p50:6.1f} ms   p99 {p99:6.1f} ms"
        f"   max {max(took):6.1f} ms"
    )


if __name__ == "__main__":
    main()
