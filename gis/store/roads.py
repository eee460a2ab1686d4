"""Roads by name: where they run, and where two of them cross."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import shapely
from sqlalchemy import delete

from gis.address_parts import Element, ElementKind, comparable
from gis.coordinates import distance_m, metres_per_degree
from gis.crossings import crossings
from gis.model import Point
from gis.store.barriers import line_ewkb
from gis.store.database import copy_rows, rows, times
from gis.store.tables.places import road

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from shapely import LineString, MultiLineString
    from sqlalchemy import Connection

    from gis.model import AsOf

NEAR_M: Final = 15.0
"""How far apart the ends of two roads may be drawn and still meet, in metres."""

BESIDE_M: Final = 30.0
"""How far from the middle of a road what lies along it may be, in metres."""

APART_M: Final = 500.0
"""Lines of one name farther apart than this are two roads of that name."""

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


@dataclass(frozen=True, slots=True)
class Road:
    """A road as a place: a point on it near its middle (degrees, EPSG:4490), how far it reaches
    from there in metres, its line as GeoJSON, and the deepest region that surely holds what lies
    along it, None where there is none.
    """

    lon: float
    lat: float
    radius_m: float
    line: str
    region_id: int | None


def roads_named(
    connection: Connection, asked: Sequence[tuple[str, int]], as_of: AsOf
) -> list[list[Road]]:
    """The roads of each name as compared, west to east; with a region's id only the part in that
    region, 0 for all of it.
    """
    if not asked:
        return []
    kx, _ = metres_per_degree(CHINAS_MIDDLE_DEG)
    found = rows(
        connection,
        "roads_named",
        names=[name for name, _ in asked],
        stated=[region for _, region in asked],
        beside_deg=BESIDE_M / kx,
        apart_deg=APART_M / kx,
        **times(as_of),
    )
    named: list[list[Road]] = [[] for _ in asked]
    for row in found:
        corners = shapely.get_coordinates(shapely.from_wkb(row.geom))
        radius_m = float(distance_m(row.lon, row.lat, corners[:, 0], corners[:, 1]).max())
        named[row.n - 1].append(Road(row.lon, row.lat, radius_m, row.line, row.region_id))
    return named
