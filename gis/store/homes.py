"""Which grid does each building and each facility belong to, over two times?

A home is located like any place, on every day on which the grids around it change. One that differs
is closed in what is known, not overwritten: how things were believed to be stays readable.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import numpy as np
from sqlalchemy import text

from gis.store.database import analyze_temporary, copy_rows, drop_temporary, query, rows, times
from gis.store.locating_many import grids_of_many

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy import Connection

    from gis.model import AsOf

Kind: TypeAlias = Literal["building", "facility"]
Place: TypeAlias = tuple[float, float]  # lon, lat: degrees, EPSG:4490
Piece: TypeAlias = tuple["date", "date | None", "int | None"]
"""A grid (region id, None for none) from a day until just before another, None: without end."""

BATCH: Final = 20_000
"""Objects written by one statement: each stays well within the time limit of the service's role."""


def pieces_of(days: Sequence[date], owners: Sequence[int | None]) -> list[Piece]:
    """The owners on days on which something may change, as pieces; neighbours alike are one.

    >>> pieces_of([1, 5, 9], [7, 7, None])
    [(1, 9, 7), (9, None, None)]
    """
    starts = [n for n in range(len(days)) if n == 0 or owners[n] != owners[n - 1]]
    ends = [*(days[n] for n in starts[1:]), None]
    return [(days[n], end, owners[n]) for n, end in zip(starts, ends, strict=True)]


def keep_homes(
    connection: Connection, kind: Kind, homes: Mapping[int, Sequence[Piece]], now: datetime
) -> frozenset[int]:
    """Keep the grids of each object from the first day of its pieces on.

    Where they differ from what was known, the old homes are closed in `known` and go on being
    valid until that day. The ids of the objects whose home changed.
    """
    times = {"kind": kind, "now": now}
    drop_temporary(connection, "home_stated", "home_moved", "home_past", "home_piece")
    connection.execute(
        text(
            "CREATE TEMPORARY TABLE home_stated"
            " (object_id bigint, since date, region_id bigint, valid daterange) ON COMMIT DROP"
        )
    )
    lines = (
        (number, pieces[0][0], region_id, f"[{since},{until or ''})")
        for number, pieces in homes.items()
        for since, until, region_id in pieces
    )
    copy_rows(connection, "home_stated", ("object_id", "since", "region_id", "valid"), lines)
    analyze_temporary(connection, "home_stated")
    connection.execute(query("home_moved"), {**times, "batch": BATCH})
    moved = frozenset(connection.execute(text("SELECT object_id FROM home_moved")).scalars())
    if not moved:
        return moved
    analyze_temporary(connection, "home_moved")
    connection.execute(query("home_past"), times)
    connection.execute(query("home_pieces"))
    for name in ("home_moved", "home_piece"):  # each batch finds its own rows, not all of them
        connection.execute(text(f"CREATE INDEX ON {name} (batch)"))
    connection.execute(query("home_forget"), times)
    for name in ("home_close", "home_write"):
        for batch in range(1 + (len(moved) - 1) // BATCH):
            connection.execute(query(name), {**times, "batch": batch})
    return moved


def grids_of_places(
    connection: Connection, places: Sequence[Place], since: date, known_at: datetime
) -> tuple[list[date], list[list[int | None]]]:
    """The grids of places from a day on: the day and those later ones on which grids around
    change, and for each the region id of every place, None for one outside all grids.
    """
    if not places:
        return [since], [[]]
    xy = np.array(places, dtype=float)
    (west, south), (east, north) = xy.min(axis=0), xy.max(axis=0)
    box = {"west": west, "south": south, "east": east, "north": north}
    days = [since, *(row.day for row in rows(connection, "grid_days_after", day=since, **box))]
    return days, grids_of_many(connection, xy[:, 0], xy[:, 1], days, known_at)


def grids_of_buildings(connection: Connection, codes: Iterable[str], as_of: AsOf) -> dict[str, int]:
    """The grids (region ids) that buildings belong to, by the buildings' codes."""
    found = connection.execute(
        text(
            "SELECT b.code, h.region_id"
            "  FROM unnest(CAST(:codes AS text[])) AS g(code)"
            "  JOIN building b ON b.code = g.code"
            "  JOIN place_home h ON h.kind = 'building' AND h.object_id = b.id"
            "   AND CASE WHEN h.valid @> CAST(:day AS date) THEN h.known @> :known END"
        ),
        {"codes": sorted(set(codes)), "day": as_of.valid_on, "known": as_of.known_at},
    )
    return {row.code: row.region_id for row in found}


@dataclass(frozen=True, slots=True)
class PlaceGrids:
    """The grids (region ids) of a building, or of a compound, which has no `building_id`."""

    building_id: int | None
    grids: tuple[int, ...]


def place_grids(connection: Connection, place: str, as_of: AsOf) -> PlaceGrids | None:
    """Where building:CODE or compound:CODE lies, the latter by its buildings; None if there is no
    such place.
    """
    kind, _, code = place.partition(":")
    found = rows(connection, "place_grids", kind=kind, code=code, **times(as_of))
    return PlaceGrids(found[0].building_id, tuple(found[0].grids)) if found else None
