"""What stands and waits in a box, to be counted on unowned places."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gis.model import Point
from gis.store.database import rows

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from gis.store.regions import Box


def homes_in(connection: Connection, box: Box) -> tuple[list[Point], list[int]]:
    """The places of the buildings in a box, and their households."""
    found = rows(connection, "net_homes", **_edges(box))
    return [Point(row.lon, row.lat) for row in found], [row.households for row in found]


def matters_in(connection: Connection, box: Box) -> list[Point]:
    """Where the open matters in a box lie. Complaints about people aren't among them."""
    found = rows(connection, "unowned_matters", **_edges(box))
    return [Point(row.lon, row.lat) for row in found]


def _edges(box: Box) -> dict[str, float]:
    return dict(zip(("west", "south", "east", "north"), box, strict=True))
