"""The lines where grids should end: roads, rivers, railways, walls."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shapely
from shapely import MultiLineString
from sqlalchemy import delete, func, select

from gis.store.database import copy_rows
from gis.store.tables.places import barrier

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shapely import LineString, MultiPolygon
    from sqlalchemy import Connection

SRID = 4490


def keep_barriers(
    connection: Connection,
    source: str,
    kind: str,
    lines: Sequence[LineString | MultiLineString],
) -> int:
    """Keep lines in place of all that came from that source before; how many those were."""
    gone = connection.execute(delete(barrier).where(barrier.c.source == source)).rowcount
    rows = ((source, kind, line_ewkb(one)) for one in lines)
    copy_rows(connection, "barrier", ("source", "kind", "geom"), rows)
    return gone


def barriers_near(connection: Connection, area: MultiPolygon) -> list[MultiLineString]:
    """The lines whose boxes touch that of an area, in the order they came."""
    box = func.ST_MakeEnvelope(*area.bounds, SRID)
    found = connection.execute(
        select(func.ST_AsBinary(barrier.c.geom))
        .where(barrier.c.geom.intersects(box))
        .order_by(barrier.c.id)
    ).scalars()
    lines = [shapely.from_wkb(bytes(one)) for one in found]
    return [one for one in lines if isinstance(one, MultiLineString)]


def line_ewkb(line: LineString | MultiLineString) -> str:
    """A line as the tables of lines keep it: several together, EPSG:4490, in hexadecimal."""
    many = line if isinstance(line, MultiLineString) else MultiLineString([line])
    written: str = shapely.to_wkb(shapely.set_srid(many, SRID), hex=True, include_srid=True)
    return written
