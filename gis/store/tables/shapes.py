"""Shapes. Apart from the rest, since GeoAlchemy2 takes as long to load as all of SQLAlchemy."""

from __future__ import annotations

from geoalchemy2 import Geometry
from sqlalchemy import Column, Index, LargeBinary, Table

from gis.store.tables.base import id_column, metadata

shape = Table(
    "shape",
    metadata,
    id_column(),
    Column("sha256", LargeBinary, nullable=False, unique=True),
    Column("geom", Geometry("MULTIPOLYGON", 4490, spatial_index=False), nullable=False),
    comment="形状: immutable, EPSG:4490 on a 1e-7 degree lattice",
)
Index("shape_geom_gix", shape.c.geom, postgresql_using="gist")
