"""Keep compounds, buildings and facilities by their codes.

Written are the attributes that the source has columns for, and no others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely
from sqlalchemy import Text, func, select, update
from sqlalchemy.dialects.postgresql import distinct_on

from gis.model import Point
from gis.store.tables.places import building, compound, facility
from gis.store.upserts import Changes, ids_by_code, listed, upsert

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection, Select, Table

    from gis.places import Building, Compound, Facility

SRID: Final = 4490

# attribute of the noun → column of the table
COMPOUND: Final = {
    "name": "name",
    "address": "address",
    "property_mode": "property_mode",
    "is_old": "is_old",
    "property_company": "property_company_id",
    "shape": "geom",
}
BUILDING: Final = {
    "name": "name",
    "address": "address",
    "households": "households",
    "storeys": "storeys",
    "stairwells": "stairwells",
    "compound_code": "compound_id",
    "shape": "geom",
    "point": "point",
}
FACILITY: Final = {
    "kind": "kind",
    "name": "name",
    "status": "status",
    "level": "level",
    "floor_area_m2": "floor_area_m2",
    "land_area_m2": "land_area_m2",
    "hours": "hours",
    "address": "address",
    "building_code": "building_id",
    "point": "point",
}


def keep_compounds(
    connection: Connection,
    compounds: Sequence[Compound],
    fields: Collection[str],
    company_ids: Mapping[str, int],
    *,
    silent_when_empty: bool = False,
) -> Changes:
    """Write compounds; `company_ids` has the id of every property company they name. With
    `silent_when_empty` what is empty leaves a known compound as it is, and the property mode is
    that of new ones only.
    """
    references = {"property_company": company_ids}
    if not silent_when_empty:
        columns, lines = _lines(compounds, fields, COMPOUND, references)
        return upsert(connection, compound, columns, lines)
    known = ids_by_code(connection, compound, (one.code for one in compounds))
    new = [one for one in compounds if one.code not in known]
    columns, lines = _lines(new, {*fields, "property_mode"}, COMPOUND, references)
    added = upsert(connection, compound, columns, lines).added
    old = [one for one in compounds if one.code in known]
    columns, lines = _lines(old, fields, COMPOUND, references)
    silent = [(line[0], *(one or None for one in line[1:])) for line in lines]
    changed = upsert(connection, compound, columns, silent, keep_known=True)
    return Changes(added, changed.changed, changed.unchanged)


def take_buildings_in(connection: Connection, codes: Iterable[str]) -> int:
    """Put the buildings without a compound that stand inside compounds with those codes into them,
    into the one with the lowest code where several hold it. How many.
    """
    wanted = listed(codes, Text)
    place = func.coalesce(building.c.point, func.ST_PointOnSurface(building.c.geom))
    found = (
        select(building.c.id, compound.c.id.label("compound_id"))
        .ext(distinct_on(building.c.id))
        .join(compound, func.ST_Covers(compound.c.geom, place))
        .join(wanted, wanted.c.one == compound.c.code)
        .where(building.c.compound_id.is_(None), building.c.retired_at.is_(None))
        .order_by(building.c.id, compound.c.code)
        .subquery()
    )
    done = connection.execute(
        update(building)
        .where(building.c.id == found.c.id)
        .values(compound_id=found.c.compound_id)
        .returning(building.c.id)
    )
    return len(done.all())


def keep_buildings(
    connection: Connection,
    buildings: Sequence[Building],
    fields: Collection[str],
    compound_ids: Mapping[str, int],
    *,
    silent_when_empty: bool = False,
) -> Changes:
    """Write buildings; `compound_ids` has the id of every compound they name. With
    `silent_when_empty` what is empty or 0 leaves a known building as it is.
    """
    columns, lines = _lines(buildings, fields, BUILDING, {"compound_code": compound_ids})
    if silent_when_empty:
        lines = [(line[0], *(one or None for one in line[1:])) for line in lines]
    return upsert(connection, building, columns, lines, keep_known=silent_when_empty)


def keep_facilities(
    connection: Connection,
    facilities: Sequence[Facility],
    fields: Collection[str],
    building_ids: Mapping[str, int],
) -> Changes:
    """Write facilities; `building_ids` has the id of every building they name."""
    columns, lines = _lines(facilities, fields, FACILITY, {"building_code": building_ids})
    return upsert(connection, facility, columns, lines)


def where_buildings_are(
    connection: Connection, codes: Iterable[str]
) -> dict[str, tuple[int, float | None, float | None]]:
    """(id, lon, lat) by code; a footprint without a point stands for a point within it."""
    place = func.coalesce(building.c.point, func.ST_PointOnSurface(building.c.geom))
    return _where(connection, select(building.c.code, building.c.id, *_xy(place)), building, codes)


def compounds_of_buildings(connection: Connection, codes: Iterable[str]) -> list[str]:
    """The codes of the compounds that buildings are in."""
    wanted = listed(codes, Text)
    asked = (
        select(compound.c.code)
        .distinct()
        .join(building, building.c.compound_id == compound.c.id)
        .join(wanted, wanted.c.one == building.c.code)
    )
    return list(connection.execute(asked).scalars())


def buildings_of_compounds(connection: Connection, codes: Iterable[str]) -> list[str]:
    """The codes of the buildings that are in compounds."""
    wanted = listed(codes, Text)
    asked = (
        select(building.c.code)
        .join(compound, building.c.compound_id == compound.c.id)
        .join(wanted, wanted.c.one == compound.c.code)
    )
    return list(connection.execute(asked).scalars())


def where_facilities_are(
    connection: Connection, codes: Iterable[str]
) -> dict[str, tuple[int, float | None, float | None]]:
    """(id, lon, lat) by code; one without an entrance is where its building is."""
    inside = func.coalesce(building.c.point, func.ST_PointOnSurface(building.c.geom))
    place = func.coalesce(facility.c.point, inside)
    asked = select(facility.c.code, facility.c.id, *_xy(place)).outerjoin_from(
        facility, building, building.c.id == facility.c.building_id
    )
    return _where(connection, asked, facility, codes)


def _where(
    connection: Connection, asked: Select[Any], owner: Table, codes: Iterable[str]
) -> dict[str, tuple[int, float | None, float | None]]:
    wanted = listed(codes, Text)
    found = connection.execute(asked.join(wanted, wanted.c.one == owner.c.code))
    return {code: (number, lon, lat) for code, number, lon, lat in found}


def _xy(place: ColumnElement[Any]) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    return func.ST_X(place), func.ST_Y(place)


def _lines(
    items: Sequence[Any],
    fields: Collection[str],
    mapping: Mapping[str, str],
    references: Mapping[str, Mapping[str, int]],
) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Columns to write and one line an item: its code, then the columns' values."""
    stated = [name for name in mapping if name in fields]
    by_attribute = [
        _values([getattr(item, name) for item in items], references.get(name)) for name in stated
    ]
    lines = list(zip((item.code for item in items), *by_attribute, strict=True))
    return [mapping[name] for name in stated], lines


def _values(given: list[Any], ids: Mapping[str, int] | None) -> list[Any]:
    if ids is not None:
        return [None if code is None else ids[code] for code in given]
    if any(isinstance(one, Point) for one in given):
        given = _shapes_of(given)
    if any(isinstance(one, shapely.Geometry) for one in given):
        return _ewkb(given)
    return given


def _shapes_of(points: list[Point | None]) -> list[shapely.Geometry | None]:
    there = [n for n, one in enumerate(points) if one is not None]
    made = np.full(len(points), None, dtype=object)
    made[there] = shapely.points([(one.lon, one.lat) for one in points if one is not None])
    return list(made)


def _ewkb(given: list[shapely.Geometry | None]) -> list[str | None]:
    """Shapes as PostGIS reads them; polygons as the multipolygons that the columns hold."""
    shapes = [
        shapely.MultiPolygon([one]) if isinstance(one, shapely.Polygon) else one for one in given
    ]
    placed = shapely.set_srid(np.array(shapes, dtype=object), SRID)
    written: list[str | None] = shapely.to_wkb(placed, hex=True, include_srid=True).tolist()
    return written
