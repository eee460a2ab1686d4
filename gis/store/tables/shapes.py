"""Shapes. Apart from the rest, since GeoAlchemy2 takes as long to load as all of SQLAlchemy."""

from __future__ import annotations

from geoalchemy2 import Geometry
from sqlalchemy import Column, ForeignKey, Index, LargeBinary, SmallInteger, Table

from gis.store.tables.base import id_column, metadata, to

shape = Table(
    "shape",
    metadata,
    id_column(),
    Column("sha256", LargeBinary, nullable=False, unique=True),
    Column("geom", Geometry("MULTIPOLYGON", 4490, spatial_index=False), nullable=False),
    comment="形状: immutable, EPSG:4490 on a 1e-7 degree lattice",
)
Index("shape_geom_gix", shape.c.geom, postgresql_using="gist")

shape_lod = Table(
    "shape_lod",
    metadata,
    to("shape", "shape_id", primary_key=True),
    Column("level_id", ForeignKey("level.id"), primary_key=True),
    Column("step", SmallInteger, primary_key=True, autoincrement=False),
    Column("geom", Geometry("MULTIPOLYGON", 4490, spatial_index=False), nullable=False),
    comment="形状概化: a shape of a level for web maps up to zoom `step`;"
    " neighbours meet on every edge",
)
