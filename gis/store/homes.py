"""Which grid does each building and each facility belong to, over two times?

A home is located like any place. One that changes is closed in what is known, not overwritten: how
things were believed to be stays readable.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
from sqlalchemy import text

from gis.model import GRID
from gis.store.database import copy_rows, drop_temporary, query
from gis.store.locating_many import locate_many

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import Connection

    from gis.model import AsOf

Kind: TypeAlias = Literal["building", "facility"]


def keep_homes(
    connection: Connection, kind: Kind, homes: Mapping[int, int | None], as_of: AsOf
) -> frozenset[int]:
    """Keep the grid (a region id, or None) of each object from the day and the moment on.

    Where it differs from what was known, the old home is closed in `known` and goes on being
    valid until the day. The ids of the objects whose home changed.
    """
    times: dict[str, Any] = {"kind": kind, "day": as_of.valid_on, "now": as_of.known_at}
    drop_temporary(connection, "home_stated", "home_moved", "home_past")
    connection.execute(
        text(
            "CREATE TEMPORARY TABLE home_stated (object_id bigint, region_id bigint) ON COMMIT DROP"
        )
    )
    copy_rows(connection, "home_stated", ("object_id", "region_id"), homes.items())
    connection.execute(text("ANALYZE home_stated"))
    connection.execute(query("home_moved"), times)
    moved = frozenset(connection.execute(text("SELECT object_id FROM home_moved")).scalars())
    if moved:
        for name in ("home_past", "home_forget", "home_close", "home_write"):
            connection.execute(query(name), times)
    return moved


def grids_of_points(
    connection: Connection, points: Iterable[tuple[float, float]], as_of: AsOf
) -> list[str | None]:
    """The code of the grid of each place (degrees, EPSG:4490), None for one outside all grids."""
    xy = np.array(list(points), dtype=float).reshape(-1, 2)
    located = locate_many(connection, xy[:, 0], xy[:, 1], np.zeros(len(xy)), as_of)
    return located.codes.get(GRID, [None] * len(xy))


def grids_of_buildings(connection: Connection, codes: Iterable[str], as_of: AsOf) -> dict[str, str]:
    """The codes of the grids that buildings belong to, by the buildings' codes."""
    found = connection.execute(
        text(
            "SELECT b.code, c.code AS grid"
            "  FROM unnest(CAST(:codes AS text[])) AS g(code)"
            "  JOIN building b ON b.code = g.code"
            "  JOIN place_home h ON h.kind = 'building' AND h.object_id = b.id"
            "   AND CASE WHEN h.valid @> CAST(:day AS date) THEN h.known @> :known END"
            "  JOIN region_code c ON c.region_id = h.region_id AND c.scheme = 'main'"
            "   AND CASE WHEN c.valid @> CAST(:day AS date) THEN true END"
        ),
        {"codes": sorted(set(codes)), "day": as_of.valid_on, "known": as_of.known_at},
    )
    return {row.code: row.grid for row in found}
