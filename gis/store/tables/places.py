"""Compounds, buildings and facilities, and the grids they belong to."""

from __future__ import annotations

from geoalchemy2 import Geometry
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    Index,
    Integer,
    Table,
    Text,
    literal_column,
    text,
)
from sqlalchemy.dialects.postgresql import DATERANGE, TSTZRANGE, ExcludeConstraint

from gis.store.tables.base import C, at, id_column, metadata, to


def place(kind: str, name: str) -> Column[object]:
    return Column(name, Geometry(kind, 4490, spatial_index=False), nullable=True)


compound = Table(
    "compound",
    metadata,
    id_column(),
    Column("code", Text(collation=C), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("address", Text, nullable=False, server_default=text("''")),
    Column("property_mode", Text, nullable=False),
    Column("is_old", Boolean, nullable=False, server_default=text("false")),
    to("organisation", "property_company_id", null=True, index=True),
    place("MULTIPOLYGON", "geom"),
    comment="小区: buildings that share a gate and a yard; who looks after them",
)
Index("compound_geom_gix", compound.c.geom, postgresql_using="gist")

building = Table(
    "building",
    metadata,
    id_column(),
    Column("code", Text(collation=C), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("address", Text, nullable=False, server_default=text("''")),
    Column("households", Integer, nullable=False),
    Column("storeys", Integer, nullable=True),
    Column("stairwells", Integer, nullable=True),
    to("compound", "compound_id", null=True, index=True),
    place("MULTIPOLYGON", "geom"),
    place("POINT", "point"),
    at("retired_at", null=True),
    CheckConstraint("households >= 0", name="households"),
    comment="楼栋: households are a count, never who; point = the place distances start from",
)
Index("building_geom_gix", building.c.geom, postgresql_using="gist")
Index("building_point_gix", building.c.point, postgresql_using="gist")
Index(
    "building_address_trgm",
    building.c.address,
    postgresql_using="gin",
    postgresql_ops={"address": "gin_trgm_ops"},
)

facility = Table(
    "facility",
    metadata,
    id_column(),
    Column("code", Text(collation=C), nullable=False, unique=True),
    Column("kind", Text(collation=C), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("level", Text, nullable=True),
    Column("floor_area_m2", Float, nullable=True),
    Column("land_area_m2", Float, nullable=True),
    Column("hours", Text, nullable=False, server_default=text("''")),
    Column("address", Text, nullable=False, server_default=text("''")),
    to("building", "building_id", null=True, index=True),
    place("POINT", "point"),
    comment="设施: one place of service; point = its entrance",
)
Index("facility_point_gix", facility.c.point, postgresql_using="gist")

barrier = Table(
    "barrier",
    metadata,
    id_column(),
    Column("source", Text(collation=C), nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("geom", Geometry("MULTILINESTRING", 4490, spatial_index=False), nullable=False),
    comment="阻隔线: where grids should end; a source is brought in anew as a whole",
)
Index("barrier_geom_gix", barrier.c.geom, postgresql_using="gist")

road = Table(
    "road",
    metadata,
    id_column(),
    Column("source", Text(collation=C), nullable=False, index=True),
    Column("name", Text(collation=C), nullable=False, index=True),
    Column("geom", Geometry("MULTILINESTRING", 4490, spatial_index=False), nullable=False),
    comment="道路: named lines, for crossings; a source is brought in as a whole",
)
Index("road_geom_gix", road.c.geom, postgresql_using="gist")

# Both times as a box of whole numbers, the first and the last day and microsecond: two rows overlap
# where their boxes do. To keep boxes in an index costs half of what ranges cost. Exact to the year
# 2255, when microseconds outgrow a double; after it what only touches may count as overlapping.
BOTH_TIMES = (
    "box("
    "point(coalesce(CAST(lower(valid) - date '2000-01-01' AS float8), '-Infinity'),"
    " coalesce(round(date_part('epoch', timezone('UTC', lower(known))) * 1e6)"
    " + CAST(NOT lower_inc(known) AS integer), '-Infinity')),"
    " point(coalesce(CAST(upper(valid) - date '2000-01-01' AS float8) - 1, 'Infinity'),"
    " coalesce(round(date_part('epoch', timezone('UTC', upper(known))) * 1e6)"
    " - CAST(NOT upper_inc(known) AS integer), 'Infinity')))"
)

place_home = Table(
    "place_home",
    metadata,
    id_column(),
    Column("kind", Text, nullable=False),
    Column("object_id", BigInteger, nullable=False),
    to("region", "region_id", index=True),
    Column("valid", DATERANGE, nullable=False),
    Column("known", TSTZRANGE, nullable=False),
    CheckConstraint("kind IN ('building', 'facility')", name="kind"),
    CheckConstraint("NOT isempty(valid) AND NOT isempty(known)", name="times"),
    ExcludeConstraint(
        ("object_id", "="),  # first: the index is twice as fast as with the few kinds first
        ("kind", "="),
        (literal_column(BOTH_TIMES), "&&"),
        name="place_home_one_excl",
        using="gist",
    ),
    comment="所属网格: the grid of a building or a facility, over two times",
)
