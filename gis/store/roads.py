"""Roads by name, and where two of them cross."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import delete

from gis.address_parts import Element, ElementKind, comparable
from gis.coordinates import metres_per_degree
from gis.crossings import crossings
from gis.model import Point
from gis.store.barriers import line_ewkb
from gis.store.database import copy_rows, rows
from gis.store.tables.places import road

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from shapely import LineString, MultiLineString
    from sqlalchemy import Connection

NEAR_M: Final = 15.0
"""How far apart the ends of two roads may be drawn and still meet, in metres."""

CHINAS_MIDDLE_DEG: Final = (
    35.0  # a latitude for turning those metres into degrees: no need for more
)


def keep_roads(
    connection: Connection,
    source: str,
    roads: Sequence[tuple[str, LineString | MultiLineString]],
) -> int:
    """Keep named lines in place of all that came from that source before; how many those were."""
    gone = connection.execute(delete(road).where(road.c.source == source)).rowcount
    lines = ((source, road_name(name), line_ewkb(line)) for name, line in roads)
    copy_rows(connection, "road", ("source", "name", "geom"), lines)
    return gone


def road_name(name: str) -> str:
    """The name of a road as it is compared: 滨河三路 and 濱河3路 are one."""
    return comparable(Element(ElementKind.ROAD, name))


def crossings_of(
    connection: Connection, pairs: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], list[Point]]:
    """Where the roads of each pair of names (as compared) cross, west to east, each crossing once;
    pairs that meet nowhere are left out. Degrees, EPSG:4490.
    """
    asked = sorted(set(pairs))
    if not asked:
        return {}
    kx, _ = metres_per_degree(CHINAS_MIDDLE_DEG)
    found = rows(
        connection,
        "roads_crossing",
        one=[one for one, _ in asked],
        other=[other for _, other in asked],
        near_deg=NEAR_M / kx,
    )
    met: dict[tuple[str, str], list[Point]] = {}
    for row in found:
        met.setdefault(asked[row.n - 1], []).append(Point(row.lon, row.lat))
    return {pair: crossings(points) for pair, points in met.items()}
