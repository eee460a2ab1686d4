"""Geocoding with a million addresses loaded: what keeping them costs, and how many a second two
processes find. The processes and PostgreSQL share this machine. Called by `make bench`.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from sqlalchemy import text

from gis.store.cluster import throwaway
from gis.store.database import analyze, connect_engine
from gis.store.gazetteer import match_addresses
from gis.store.known_addresses import KnownPlace, keep_known
from gis.store.roles import APP, OWNER
from migrations import upgrade
from tests.bench import measured
from tests.makers import TODAY, keep
from tests.sketch import sketch

FIRST = "青山金石龙凤花木云江长天白红新南北东西春"
SECOND = "竹园桥溪湖林岭泉湾峰坪滩渡店场院塘坝沟垭"
THIRD = "光明福安和平兴盛文昌学府云锦祥瑞悦澜景苑"
ASKED = 4_000
PROCESSES = 2


def names(count: int, ending: str) -> list[str]:
    every = [a + b + c for c in THIRD for a in FIRST for b in SECOND]
    return [one + ending for one in every[:count]]


def addresses(count: int) -> Iterator[str]:
    """Half by road and door, half by compound and building."""
    roads, compounds = names(count // 125 or 1, "路"), names(count // 50 or 1, "小区")
    for n in range(count // 2):
        yield f"{roads[n % len(roads)]}{n // len(roads) + 1}号"
    for n in range(count - count // 2):
        yield f"{compounds[n % len(compounds)]}{n // len(compounds) + 1}幢"


def written(one: str, dice: random.Random) -> str:
    """As people write: mostly plainly, some with words around, a slip, a number nobody has."""
    kind = dice.random()
    if kind < 0.6:
        return one
    if kind < 0.8:
        return f"我家住在{one}旁边"
    if kind < 0.9:
        return one[0] + dice.choice(SECOND) + one[2:]
    return one.replace("号", "9号") if "号" in one else one.replace("幢", "99幢")


def ask(url: str, seed: int, count: int) -> tuple[int, float, float, int]:
    """(how many, seconds, CPU seconds of this process and its backend, how many with one place)."""
    dice = random.Random(seed)
    engine = connect_engine(url, pool_size=1)
    with engine.connect() as connection:
        total = connection.execute(text("SELECT count(*) FROM known_address")).scalar_one()
        every = list(addresses(total))
        asked = [written(dice.choice(every), dice) for _ in range(count)]
        match_addresses(connection, asked[:200], TODAY)
        with measured(connection) as cost:
            found = match_addresses(connection, asked, TODAY)
    engine.dispose()
    return len(found), cost.wall_s, cost.cpu_s, sum(one.place is not None for one in found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--addresses", type=int, default=1_000_000)
    count = parser.parse_args().addresses
    with (
        tempfile.TemporaryDirectory(prefix="wangge-bench-") as folder,
        throwaway(Path(folder)) as cluster,
    ):
        upgrade(cluster.url(OWNER))
        fill(cluster.url(APP), count)
        analyze(cluster.url(OWNER))
        for processes in (1, PROCESSES):
            measure(cluster.url(APP), processes)


def fill(url: str, count: int) -> None:
    engine = connect_engine(url, pool_size=1, patient=True)
    start, cpu = time.perf_counter(), time.process_time()
    with engine.begin() as connection:
        keep(connection, sketch("A"))
        keep_known(
            connection, (KnownPlace(f"imported:{n}", one) for n, one in enumerate(addresses(count)))
        )
    wall, cpu = time.perf_counter() - start, time.process_time() - cpu
    with engine.connect() as connection:
        sizes = connection.execute(
            text(
                "SELECT sum(pg_total_relation_size(t)) / 1e6, (SELECT count(*) FROM address_path)"
                "  FROM unnest('{known_address,address_path,address_slip}'::regclass[]) AS t"
            )
        ).one()
    engine.dispose()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{count:,} addresses kept in {wall:.0f} s ({cpu:.0f} s of this process's CPU),")
    print(f"  {sizes[0]:,.0f} MB on disk, {sizes[1]:,} paths; peak of the process {peak:.0f} MB")


def measure(url: str, processes: int) -> None:
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        jobs = [pool.submit(ask, url, seed, ASKED) for seed in range(processes)]
        found = [one.result() for one in jobs]
    asked, placed = sum(one[0] for one in found), sum(one[3] for one in found)
    wall, cpu = max(one[1] for one in found), sum(one[2] for one in found)
    load = os.getloadavg()[0]
    print(
        f"{processes} process(es): {asked / wall:,.0f} addresses/s, {cpu / asked * 1e3:.2f} ms of"
        f" CPU each with the database's, {placed / asked:.0%} with one place (load {load:.1f})"
    )


if __name__ == "__main__":
    main()
