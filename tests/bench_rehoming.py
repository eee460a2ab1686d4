"""`make bench`: how long an activation that moves every building keeps intake out.

Grids are re-drawn so that each building gets another one. Measured is the time from the exclusive
edition lock until the end of the activation. Nothing here passes or fails: read it.
"""

from __future__ import annotations

import argparse
import time
from datetime import timedelta

import numpy as np
import shapely
from sqlalchemy import Connection, event

from gis.model import BoundaryRow, Point
from gis.places import Building
from gis.sheets import Sheet, Stated
from gis.store.activation import activate
from gis.store.database import analyze, connect_engine
from gis.store.edition_lock import EDITION_LOCK
from gis.store.editions import EditionScope, NewEdition, keep_draft
from gis.store.levels import level_of
from gis.store.roles import APP, OWNER
from gis.workflows.import_places import KEEP, import_buildings
from tests.bench import measured, migrated
from tests.makers import NOW, TODAY, keep
from tests.tiling import SOUTH, WEST, tiling

FIELDS = frozenset({"name", "households", "point"})


def main() -> None:
    """Settle the buildings, then re-draw every grid under them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=60, help="grids are side × side")
    parser.add_argument("--buildings", type=int, default=100_000)
    wanted = parser.parse_args()
    with migrated() as (cluster, _):
        engine = connect_engine(cluster.url(APP), pool_size=1, patient=True)
        with engine.connect() as connection:
            settle(connection, wanted.side, wanted.buildings)
            connection.commit()
            analyze(cluster.url(OWNER))
            held_s = time_the_lock(connection)
            with measured(connection) as cost:
                done = activate(connection, "new", NOW + timedelta(days=1))
                connection.commit()
            held = (
                time.perf_counter() - held_s[-1]
            )  # asked for twice: an instant to begin, then to end
            print(
                f"{done.rehomed.buildings.moved:,} buildings moved: {cost.wall_s:.1f} s wall,"
                f" {cost.cpu_s:.1f} s CPU, the edition lock held {held:.1f} s"
            )
        engine.dispose()


def settle(connection: Connection, side: int, buildings: int) -> None:
    """Grids with buildings in them, and a draft that draws every grid anew under another code."""
    grids = tiling(side, side, corners=32)
    keep(connection, _rows(grids, "A"))
    random = np.random.default_rng(1)
    xy = np.round(random.uniform(0.3, side - 0.3, (buildings, 2)) * 0.01 + [WEST, SOUTH], 7)
    made = [Building(f"{n:07}", "", "", 10, point) for n, point in enumerate(_points(xy))]
    sheet = Sheet([Stated(n, one) for n, one in enumerate(made)], FIELDS)
    assert import_buildings(connection, sheet, TODAY, KEEP).kept
    scope = EditionScope(level_of(connection, "grid").id, None, TODAY.valid_on)
    new = NewEdition("new", scope, "a bench", "0", "EPSG:4490")
    keep_draft(connection, new, _rows(tiling(side, side, corners=32, seed=2), "B"))
    print(f"{len(grids):,} grids and {buildings:,} buildings kept", flush=True)


def _rows(grids: np.ndarray, letter: str) -> list[BoundaryRow]:
    return [
        BoundaryRow(n, f"{letter}{n:06}", "", None, shapely.MultiPolygon([one]))
        for n, one in enumerate(grids, start=1)
    ]


def _points(xy: np.ndarray) -> list[Point]:
    return [Point(lon, lat) for lon, lat in xy.tolist()]


def time_the_lock(connection: Connection) -> list[float]:
    """The instants (`perf_counter`) at which this connection gets the exclusive edition lock."""
    got: list[float] = []

    def look(_connection, _cursor, statement, parameters, _context, _many) -> None:  # type: ignore[no-untyped-def]
        if "pg_advisory_xact_lock(" in statement and EDITION_LOCK in parameters.values():
            got.append(time.perf_counter())

    event.listen(connection, "after_cursor_execute", look)
    return got


if __name__ == "__main__":
    main()
