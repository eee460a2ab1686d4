"""`make bench`: whose place, over HTTP and in bulk, beside its peers on the same data.

The peer over HTTP is what one would write first: FastAPI and psycopg, one lookup in SQL a request,
one process each, no keys and no words. `wrk` asks; without it that part is left out. Read it.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import numpy as np
import shapely
import uvicorn
from fastapi import FastAPI
from psycopg_pool import ConnectionPool
from sqlalchemy import Connection, text

from gis.model import AsOf
from gis.store.cluster import Cluster
from gis.store.database import analyze, connect_engine, copy_rows
from gis.store.locating_many import grids_of_many
from gis.store.roles import APP, OWNER
from tests.bench import measured, migrated
from tests.bench_intake import build_town, cpu_s
from tests.real_service import free_port, serving

COVERING = """
SELECT c.code FROM shape s
  JOIN region_version v ON v.shape_id = s.id AND v.valid @> current_date AND upper_inf(v.known)
  JOIN region_code c ON c.region_id = v.region_id AND c.valid @> current_date
 WHERE ST_Covers(s.geom, ST_SetSRID(ST_MakePoint(%s, %s), 4490)) ORDER BY c.code LIMIT 1
"""
RANDOM_PLACES = """
math.randomseed(7)
request = function()
  local lon, lat = {west} + math.random() * {wide}, {south} + math.random() * {high}
  return wrk.format("GET", string.format("{path}?lon=%.7f&lat=%.7f&crs=wgs84", lon, lat))
end
"""
BOX = {"west": 105.51, "south": 28.51, "wide": 0.0, "high": 0.0}
IN_COLUMNS = 50_000
MANY, FEW = 32, 4  # connections that ask at a time: many wait for one another


def main() -> None:
    """Build a town, ask over HTTP one by one and in columns, then find the homes of buildings."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=60, help="grids are side × side")
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--buildings", type=int, default=1_000_000)
    parser.add_argument("--peer", nargs=2, metavar=("URL", "PORT"), help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.peer:
        serve_peer(wanted.peer[0], int(wanted.peer[1]))
        return
    BOX["wide"] = BOX["high"] = wanted.side / 100 - 0.02
    with migrated() as (cluster, folder):
        engine = connect_engine(cluster.url(APP), pool_size=1, patient=True)
        with engine.begin() as connection:
            key = build_town(connection, wanted.side)
        analyze(cluster.url(OWNER))
        print(f"\n{wanted.side**2:,} grids, load {os.getloadavg()[0]:.1f}")
        _ask_over_http(cluster, folder, key, wanted.seconds)
        with engine.connect() as connection:
            _find_homes(connection, wanted.buildings)
        engine.dispose()


# ---- over HTTP -----------------------------------------------------------------------------------


def serve_peer(url: str, port: int) -> None:
    """The peer: one lookup in SQL for each request, from a pool."""
    pool = ConnectionPool(url, min_size=8, max_size=8)
    app = FastAPI()

    @app.get("/region")
    def region(lon: float, lat: float, crs: str) -> dict[str, str | None]:
        with pool.connection() as connection:
            row = connection.execute(COVERING, (lon, lat)).fetchone()
        return {"code": row[0] if row else None}

    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", access_log=False)


@contextmanager
def _peer(url: str) -> Iterator[tuple[int, int]]:
    """(port, pid) of the peer in a process of its own."""
    port = free_port()
    command = [sys.executable, "-m", "tests.bench_locate", "--peer", url, str(port)]
    process = subprocess.Popen(command)
    try:
        _wait(f"http://127.0.0.1:{port}/region?lon=105.6&lat=28.6&crs=wgs84")
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(10)


def _wait(url: str, headers: dict[str, str] | None = None) -> None:
    for _ in range(600):
        try:
            with urlopen(Request(url, headers=headers or {}), timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"no answer from {url}")


def _ask_over_http(cluster: Cluster, folder: Path, key: str, seconds: int) -> None:
    with serving(cluster.url(APP), cluster.url(OWNER), folder) as service:
        assert service.process is not None
        address = f"http://127.0.0.1:{service.port}/api/v1/locate/region"
        headers = {"Authorization": f"Bearer {key}"}
        _wait(f"{address}?lon=105.6&lat=28.6&crs=wgs84", headers)
        _wait_for_index(folder, service.process.pid)
        _wait(f"{address}?lon=105.6&lat=28.6&crs=wgs84", headers)  # else all ask for it
        mine = _wrk(address, seconds, service.process.pid, key)
        _say("Wangge, one place", mine)
        few = _wrk(address, seconds, service.process.pid, key, connections=FEW)
        _say(f"the same, {FEW} connections", few)
        columns = _in_columns(service.port, headers)
        print(f"  {'Wangge, in columns':<24}{columns:10,.0f} places/s, one client")
    with _peer(cluster.url(APP)) as (port, pid):
        peer = _wrk(f"http://127.0.0.1:{port}/region", seconds, pid)
    _say("FastAPI + psycopg", peer)
    if mine and peer:
        print(f"  ×{mine[0] / peer[0]:.1f} requests/s; columns ×{columns / peer[0]:.0f} places/s")


def _wait_for_index(folder: Path, pid: int) -> None:
    """Until the service has opened the index, and some seconds for its kernels to be loaded."""
    for _ in range(600):
        if "regions.tiling" in Path(f"/proc/{pid}/maps").read_text():
            time.sleep(10)
            return
        time.sleep(0.1)
    raise AssertionError(f"no index was opened in {folder}")


def _wrk(
    url: str, seconds: int, pid: int, key: str = "", connections: int = MANY
) -> tuple[float, str, float] | None:
    """(requests a second, wrk's own lines on how long they took, CPU ms of the service each)."""
    if shutil.which("wrk") is None:
        print("  wrk is not installed: requests over HTTP are not measured")
        return None
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(RANDOM_PLACES.format(path=urlsplit(url).path, **BOX))
        script.flush()
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency"]
        command += ["-s", script.name, url]
        command += ["-H", f"Authorization: Bearer {key}"] if key else []
        before, waited = cpu_s(pid), _waited_s(pid)
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        spent, waited = cpu_s(pid) - before, _waited_s(pid) - waited
    lines = {line.split()[0]: line.split() for line in said.splitlines() if line.strip()}
    assert "Non-2xx" not in said, said
    rate = float(lines["Requests/sec:"][1])
    spread = " ".join(f"p{name[:2]} {lines[name][1]}" for name in ("50%", "99%"))
    spread += f"   {waited / seconds:.0%} of the time waiting for a processor"
    return rate, spread, spent * 1000 / (rate * seconds)


def _waited_s(pid: int) -> float:
    """How long the main thread of a process was ready to run and had no processor."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9


def _say(what: str, found: tuple[float, str, float] | None) -> None:
    if found:
        rate, spread, cpu_ms = found
        print(f"  {what:<24}{rate:10,.0f} /s   {spread}   {cpu_ms:.3f} ms CPU of the service each")


def _in_columns(port: int, headers: dict[str, str]) -> float:
    """Places a second when they come fifty thousand at a time."""
    random = np.random.default_rng(3)
    lon = np.round(BOX["west"] + random.random(IN_COLUMNS) * BOX["wide"], 7).tolist()
    lat = np.round(BOX["south"] + random.random(IN_COLUMNS) * BOX["high"], 7).tolist()
    body = json.dumps({"crs": "wgs84", "lon": lon, "lat": lat}).encode()
    url = f"http://127.0.0.1:{port}/api/v1/locate/regions"
    took = []
    for _ in range(5):
        request = Request(url, body, {**headers, "Content-Type": "application/json"})
        begun = time.perf_counter()
        with urlopen(request, timeout=60) as answer:
            assert len(json.load(answer)["of"]) == IN_COLUMNS
        took.append(time.perf_counter() - begun)
    return IN_COLUMNS / min(took)


# ---- homes of buildings --------------------------------------------------------------------------


def _find_homes(connection: Connection, count: int) -> None:
    """Places to grids as an import does it, and by COPY, GiST and a join, the same columns."""
    random = np.random.default_rng(4)
    lon = np.round(BOX["west"] + random.random(count) * BOX["wide"], 7)
    lat = np.round(BOX["south"] + random.random(count) * BOX["high"], 7)
    now = datetime.now(UTC)
    with measured(connection) as mine:
        (homes,) = grids_of_many(connection, lon, lat, [AsOf.at(now).valid_on], now)
        connection.execute(text("CREATE TEMPORARY TABLE home (n integer, grid bigint)"))
        copy_rows(connection, "home", ("n", "grid"), enumerate(homes))
    with measured(connection) as peer:
        _join_homes(connection, lon, lat)
    different = connection.execute(
        text("SELECT count(*) FROM home h FULL JOIN joined j USING (n) WHERE h.grid <> j.grid")
    ).scalar_one()
    print(
        f"  {count:,} homes: Wangge, index and all {mine.wall_s:.1f} s wall {mine.cpu_s:.1f} s CPU"
    )
    print(
        f"  COPY + GiST + join, polygons first {peer.wall_s:.1f} s wall {peer.cpu_s:.1f} s CPU"
        f"   ×{peer.cpu_s / mine.cpu_s:.1f} CPU, {different} differ"
    )


def _join_homes(connection: Connection, lon: np.ndarray, lat: np.ndarray) -> None:
    connection.execute(text("CREATE TEMPORARY TABLE stood (n integer, geom geometry)"))
    places = shapely.set_srid(shapely.points(lon, lat), 4490)
    wkb = shapely.to_wkb(places, hex=True, include_srid=True)
    copy_rows(connection, "stood", ("n", "geom"), enumerate(wkb.tolist()))
    connection.execute(text("CREATE INDEX ON stood USING gist (geom)"))
    connection.execute(text("ANALYZE stood"))
    connection.execute(
        text(
            "CREATE TEMPORARY TABLE joined AS SELECT DISTINCT ON (p.n) p.n, g.region_id AS grid"
            "  FROM (SELECT v.region_id, c.code, s.geom FROM shape s"
            "          JOIN region_version v ON v.shape_id = s.id AND upper_inf(v.known)"
            "          JOIN region_code c ON c.region_id = v.region_id) AS g"
            " CROSS JOIN LATERAL (SELECT n FROM stood WHERE stood.geom && g.geom"
            "                        AND ST_Covers(g.geom, stood.geom) OFFSET 0) AS p"
            " ORDER BY p.n, g.code"
        )
    )


if __name__ == "__main__":
    main()
