"""`make bench`: what reading OpenStreetMap files costs, with the child process that reads them.

A made-up town of so many buildings, as XML, and the sample that the tests go by. Nothing here
passes or fails: read it.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from data.osm_buildings import read_osm_buildings
from data.sheets import Asked

SAMPLE = Path(__file__).parent / "files" / "helsinki_buildings.osm.pbf"
ACROSS = 1_000
STEP = 4e-4  # degrees between houses
SIDE = 2e-4


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--buildings", type=int, nargs="*", default=[494, 50_000])
    with tempfile.TemporaryDirectory(prefix="wangge-bench-") as folder:
        measure(SAMPLE)
        for count in parser.parse_args().buildings:
            file = Path(folder) / f"{count}.osm"
            with file.open("w", encoding="utf-8") as town:
                town.writelines(lines(count))
            measure(file)


def lines(count: int) -> Iterator[str]:
    """Square houses in rows, four nodes each, with floors, a road and a door."""
    yield '<?xml version="1.0"?><osm version="0.6">\n'
    for n in range(count):
        lon, lat = 106.5 + n % ACROSS * STEP, 29.5 + n // ACROSS * STEP
        for corner, (x, y) in enumerate(((0, 0), (SIDE, 0), (SIDE, SIDE), (0, SIDE)), start=1):
            yield f'<node id="{n * 4 + corner}" lat="{lat + y:.7f}" lon="{lon + x:.7f}"/>\n'
    for n in range(count):
        refs = "".join(f'<nd ref="{n * 4 + corner}"/>' for corner in (1, 2, 3, 4, 1))
        tags = f'<tag k="building" v="yes"/><tag k="building:levels" v="{n % 33 + 1}"/>'
        tags += f'<tag k="addr:street" v="滨河路"/><tag k="addr:housenumber" v="{n}"/>'
        yield f'<way id="{n + 1}">{refs}{tags}</way>\n'
    yield "</osm>\n"


def measure(file: Path) -> None:
    start, cpu = time.perf_counter(), _cpu_s()
    sheet = read_osm_buildings(file, Asked())
    wall, cpu = time.perf_counter() - start, _cpu_s() - cpu
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{file.name}: {len(sheet.rows):,} buildings in {wall:.1f} s ({cpu:.1f} s CPU), "
        f"peak of the child {child:.0f} MB, of this process {own:.0f} MB",
        flush=True,
    )


def _cpu_s() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


if __name__ == "__main__":
    main()
