"""What a community is made of: its shape, grids, buildings, compounds and open matters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import shapely
from sqlalchemy import text

from gis.errors import NotFound
from gis.model import COMMUNITY, GRID, BoundaryRow, Point
from gis.regridding_blocks import Unit
from gis.store.database import rows, times
from gis.store.regions import region_id_of

if TYPE_CHECKING:
    from shapely import MultiPolygon, Polygon
    from sqlalchemy import Connection

    from gis.model import AsOf


@dataclass(frozen=True)
class Community:
    """A community as it stands: shape, grids by code, and the buildings at home in it."""

    id: int
    code: str
    name: str
    shape: MultiPolygon
    grids: list[BoundaryRow]
    buildings: list[Unit]
    compounds: dict[str, Polygon | MultiPolygon]


def community_as_of(connection: Connection, code: str, as_of: AsOf) -> Community:
    """Everything that a community's grids are made of. Raises NotFound: unknown, or without shape.

    Buildings weigh their households. Those without a place aren't among them.
    """
    region_id = region_id_of(connection, COMMUNITY, code, as_of)
    (own,) = rows(connection, "regions_under", region_id=region_id, level=COMMUNITY, **times(as_of))
    if own.geom is None:
        raise NotFound("error.region_without_shape", code=code)
    shape = _area(own.geom)
    units = [
        Unit(
            row.code,
            Point(row.lon, row.lat),
            float(row.households),
            row.compound,
            _area(row.geom),
        )
        for row in rows(connection, "regrid_units", region_id=region_id, **times(as_of))
    ]
    west, south, east, north = shape.bounds
    box = {"west": west, "south": south, "east": east, "north": north}
    compounds = {row.code: _area(row.geom) for row in rows(connection, "regrid_compounds", **box)}
    grids = grids_under(connection, region_id, as_of)
    return Community(region_id, code, own.name or code, shape, grids, units, compounds)


def _area(wkb: bytes | None) -> Any:
    """The area a column holds: such columns hold nothing else."""
    return None if wkb is None else shapely.from_wkb(bytes(wkb))


def grids_under(connection: Connection, region_id: int, as_of: AsOf) -> list[BoundaryRow]:
    """The grids under a region with their shapes, by code; rows are numbered from 1."""
    found = rows(connection, "regions_under", region_id=region_id, level=GRID, **times(as_of))
    return [
        BoundaryRow(
            n,
            row.code,
            row.name or "",
            row.parent_code,
            _area(row.geom),
        )
        for n, row in enumerate(found, start=1)
    ]


def open_matters_in(connection: Connection, region_id: int) -> list[Unit]:
    """The open matters of a region, each weighing one, where they lie."""
    found = rows(connection, "regrid_matters", region_id=region_id)
    return [Unit(row.no, Point(row.lon, row.lat), 1.0) for row in found]


def codes_ever_used(connection: Connection, prefix: str) -> set[str]:
    """Every grid code that begins so, past ones and those of drafts too: none is given twice."""
    found = connection.execute(
        text(
            "SELECT code FROM region_code WHERE starts_with(code, :prefix)"
            " UNION SELECT code FROM region_code_past WHERE starts_with(code, :prefix)"
            " UNION SELECT code FROM draft_region WHERE starts_with(code, :prefix)"
        ),
        {"prefix": prefix},
    )
    return set(found.scalars())
