"""`wangge locate`: rows go in and come out, in a memory that doesn't grow with them."""

from __future__ import annotations

import csv
import select
import signal
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from api import locate_command
from api.locate_command import Wanted, code_file, locate_file
from data.points import PointChunk, PointFile, read_points
from gis.store.database import connect_engine
from gis.store.roles import APP
from gis.workflows.keep_tiling import keep_tiling, kept_tiling
from tests.databases import new_database
from tests.makers import NOW, TODAY, keep
from tests.sketch import SIDE, SOUTH, WEST, sketch

MB = 1 << 20


@pytest.fixture(scope="module")
def town(cluster) -> Iterator[Connection]:
    """Two communities with three grids, in a database of its own: commands roll back."""
    with new_database(cluster) as name:
        engine = connect_engine(cluster.url(APP, name), pool_size=1)
        with engine.connect() as connection:
            keep(connection, sketch("C C D D"), level="community", edition="社区")
            parents = {"1": "C", "2": "C", "3": "D"}
            keep(connection, sketch("1 2 3 .", parents=parents), edition="网格")
            connection.commit()
            yield connection
        engine.dispose()


def points(folder: Path, count: int) -> PointFile:
    """A row a place, from west to east and round again; every eleventh can't be read."""
    file = folder / "places.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["id", "lon", "lat"])
        for n in range(count):
            lon = "?" if n % 11 == 10 else f"{WEST + SIDE * (n % 97) / 20:.7f}"
            writer.writerow([n, lon, f"{SOUTH + SIDE / 3:.7f}"])
    return read_points(file, "lon", "lat", crs="wgs84")


def table(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as written:
        return list(csv.DictReader(written))


@pytest.mark.parametrize("by", ["the database", "an index made", "the index kept"])
def test_codes_alone_are_the_codes_that_are_measured_with(town, tmp_path, monkeypatch, by):
    monkeypatch.setattr(locate_command, "AT_ONCE", 150)
    monkeypatch.setattr(locate_command, "INDEXED_AFTER", 10**9 if by == "the database" else 300)
    keep_tiling(town, tmp_path / "tiling", NOW)
    town.rollback()
    kept = kept_tiling(tmp_path / "tiling") if by == "the index kept" else None
    given = points(tmp_path, 700)
    measured = locate_file(town, given, TODAY, tmp_path / "measured.csv", kept=kept)
    coded = code_file(town, given, TODAY, tmp_path / "coded.csv", kept=kept)
    wanted = table(tmp_path / "measured.csv")
    monkeypatch.setattr(locate_command, "INDEXED_AFTER", 10**9)
    locate_file(town, given, TODAY, tmp_path / "by database.csv")
    assert wanted == table(tmp_path / "by database.csv")

    assert (coded.rows, coded.placed, coded.bad) == (
        measured.rows, measured.placed, measured.bad,
    ) == (700, measured.placed, 63)  # fmt: skip
    kept_columns = ("id", "lon", "lat", "community", "grid", "error")
    assert table(tmp_path / "coded.csv") == [
        {name: row[name] for name in kept_columns} for row in wanted
    ]
    assert {row["grid"] for row in wanted} == {"", "1", "2", "3"}


@pytest.mark.parametrize("way", [locate_file, code_file])
def test_what_is_nearest_stands_in_columns_of_its_own(town, tmp_path, way):
    corner = f"ST_SetSRID(ST_MakePoint({WEST}, {SOUTH + SIDE / 3:.7f}), 4490)"
    town.exec_driver_sql(
        "INSERT INTO building (code, name, address, households, point)"
        f" VALUES ('B7', '', '', 1, {corner})"
    )
    town.commit()  # commands roll back
    try:
        way(town, points(tmp_path, 12), TODAY, tmp_path / "out.csv", Wanted(1_000, 50))
    finally:
        town.exec_driver_sql("DELETE FROM building")
        town.commit()
    first, second, *_, bad, _ = table(tmp_path / "out.csv")
    assert (first["nearest_building"], first["building_m"]) == ("B7", "0.00")
    assert (second["nearest_building"], second["building_m"][:2]) == ("B7", "48")
    assert (bad["nearest_building"], bad["building_m"]) == ("", "")
    assert {row["nearest_member_grid"] for row in (first, second, bad)} == {""}


@pytest.mark.parametrize("way", [locate_file, code_file])
def test_ten_times_the_rows_take_no_more_memory(town, tmp_path, monkeypatch, way):
    monkeypatch.setattr(locate_command, "AT_ONCE", 500)
    monkeypatch.setattr(locate_command, "INDEXED_AFTER", 0)
    peaks = []
    for count in (500, 1_000, 10_000):  # the first loads what is loaded once
        given = points(tmp_path, count)
        tracemalloc.start()
        way(town, given, TODAY, tmp_path / "out.csv", force=True)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[2] < peaks[1] + MB / 4


LIMITED = """
import resource, sys
from pathlib import Path
from api import locate_command
from data.points import read_points
from gis.store.database import connect_engine
from tests.makers import TODAY
url, folder, rows, room = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])

def run(way, name):
    given = read_points(folder / name, "lon", "lat", crs="wgs84")
    way(connection, given, TODAY, folder / "out.csv", force=True)

ways = locate_command.code_file, locate_command.locate_file
locate_command.AT_ONCE, locate_command.INDEXED_AFTER = rows, 0
with connect_engine(url, pool_size=1).connect() as connection:
    for way in ways:
        run(way, "few.csv")  # what is loaded once is loaded
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + room, used + room))
    for way in ways:
        run(way, "many.csv")
    print((folder / "out.csv").stat().st_size)
    locate_command.AT_ONCE = 10**9  # all at once, which doesn't fit
    try:
        run(ways[0], "many.csv")
    except MemoryError:
        print("too much")
"""


def _in_little_memory(town: Connection, folder: Path, *, rows: int, wide: int, at_once: int) -> int:
    """Locate a file of wide rows in half as much memory as it takes on disk; its size."""
    for name, count in (("few", 2 * at_once), ("many", rows)):
        with (folder / f"{name}.csv").open("w", encoding="utf-8") as out:
            out.write("lon,lat,words\n")
            for n in range(count):
                out.write(
                    f"{WEST + SIDE * (n % 97) / 20:.7f},{SOUTH + SIDE / 3:.7f},{'x' * wide}\n"
                )
    size = (folder / "many.csv").stat().st_size
    url = town.engine.url.render_as_string(hide_password=False).replace("+psycopg", "")
    command = [sys.executable, "-c", LIMITED, url, str(folder), str(at_once), str(size // 2)]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\n")
    assert int(said[0]) > size
    assert said[1] == "too much"
    return size


def test_a_file_larger_than_memory_is_located(town, tmp_path):
    assert _in_little_memory(town, tmp_path, rows=8_000, wide=4_000, at_once=300) > 30 * MB


@pytest.mark.prove
def test_a_file_of_half_a_gigabyte_is_located_in_half_as_much_memory(town, tmp_path):
    at_once = locate_command.AT_ONCE
    size = _in_little_memory(town, tmp_path, rows=2_000_000, wide=230, at_once=at_once)
    assert size > 500_000_000


@pytest.mark.parametrize("way", [locate_file, code_file])
def test_a_run_that_is_interrupted_leaves_nothing(town, tmp_path, monkeypatch, way):
    monkeypatch.setattr(locate_command, "AT_ONCE", 100)
    given = points(tmp_path, 300)
    seen = []

    def stop_at_the_second(chunk: PointChunk) -> list[str]:
        seen.append(chunk.first_row)
        if len(seen) == 2:
            raise KeyboardInterrupt
        return [""] * len(chunk)

    monkeypatch.setattr(locate_command, "_errors", stop_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        way(town, given, TODAY, tmp_path / "out.csv")
    assert seen == [1, 101]
    assert [one.name for one in tmp_path.iterdir()] == ["places.csv"]


STARTED = """
import sys
from pathlib import Path
from api.locate_command import code_file
from data.points import read_points
from gis.store.database import connect_engine
from tests.makers import TODAY
url, folder = sys.argv[1], Path(sys.argv[2])
with connect_engine(url, pool_size=1).connect() as connection:
    given = read_points(folder / "places.csv", "lon", "lat", crs="wgs84")
    code_file(connection, given, TODAY, folder / "out.csv")
"""


def test_a_run_that_is_killed_leaves_nothing_once_it_is_run_again(town, tmp_path):
    points(tmp_path, 60_000)
    url = town.engine.url.render_as_string(hide_password=False).replace("+psycopg", "")
    killed = subprocess.Popen([sys.executable, "-c", STARTED, url, str(tmp_path)])
    while killed.poll() is None and not list(tmp_path.glob(".out.csv.*")):
        select.select([], [], [], 0.01)
    killed.kill()
    assert killed.wait() == -signal.SIGKILL
    assert sorted(one.name for one in tmp_path.iterdir())[0].startswith(".out.csv.")

    code_file(town, points(tmp_path, 20), TODAY, tmp_path / "out.csv")

    assert sorted(one.name for one in tmp_path.iterdir()) == ["out.csv", "places.csv"]
    assert len(table(tmp_path / "out.csv")) == 20
