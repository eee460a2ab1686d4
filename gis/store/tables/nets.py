"""Nets of grids and contested ground. Both go by two times, as homes do."""

from __future__ import annotations

from geoalchemy2 import Geometry
from sqlalchemy import CheckConstraint, Column, Date, Index, Table, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import DATERANGE, TSTZRANGE, ExcludeConstraint

from gis.store.tables.base import C, at, id_column, metadata, to

net = Table(
    "net",
    metadata,
    id_column(),
    Column("code", Text(collation=C), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    to("region", "home_region_id", null=True, index=True),
    to("organisation", "organisation_id", null=True),
    Column("source", Text, nullable=False, server_default=text("''")),
    Column("sha256", Text, nullable=False, server_default=text("''")),
    to("account", "made_by", null=True),
    at("changed_at"),
    comment="业务网: units made of whole grids; home = the region whose grids it is about",
)

net_unit = Table(
    "net_unit",
    metadata,
    id_column(),
    to("net", "net_id"),
    Column("code", Text(collation=C), nullable=False),
    Column("name", Text, nullable=False, server_default=text("''")),
    UniqueConstraint("net_id", "code", name="net_unit_once_uq"),
    comment="业务网单元: a set of grids; its shape is their union and stands nowhere",
)

net_member = Table(
    "net_member",
    metadata,
    id_column(),
    to("net_unit", "unit_id"),
    to("region", "region_id", index=True),
    Column("valid", DATERANGE, nullable=False),
    Column("known", TSTZRANGE, nullable=False),
    CheckConstraint("NOT isempty(valid) AND NOT isempty(known)", name="times"),
    ExcludeConstraint(
        ("unit_id", "="),
        ("region_id", "="),
        ("valid", "&&"),
        ("known", "&&"),
        name="net_member_once_excl",
        using="gist",
    ),
    comment="成员网格: which grids make a unit, over two times",
)

dispute = Table(
    "dispute",
    metadata,
    id_column(),
    Column("code", Text(collation=C), nullable=False, unique=True),
    Column("reason", Text, nullable=False),
    Column("source", Text, nullable=False, server_default=text("''")),
    Column("geom", Geometry("MULTIPOLYGON", 4490, spatial_index=False), nullable=False),
    to("account", "made_by", null=True),
    at("made_at"),
    Column("settled_on", Date, nullable=True),
    Column("outcome", Text, nullable=False, server_default=text("''")),
    CheckConstraint("(settled_on IS NULL) = (outcome = '')", name="settled"),
    comment="边界争议: ground that several regions claim; nothing of it moves a boundary",
)
Index("dispute_geom_gix", dispute.c.geom, postgresql_using="gist")

dispute_claimant = Table(
    "dispute_claimant",
    metadata,
    to("dispute", "dispute_id", primary_key=True),
    to("region", "region_id", primary_key=True),
    comment="争议方: the regions that claim the ground",
)

dispute_term = Table(
    "dispute_term",
    metadata,
    id_column(),
    to("dispute", "dispute_id"),
    to("region", "owner_id"),
    Column("valid", DATERANGE, nullable=False),
    Column("known", TSTZRANGE, nullable=False),
    CheckConstraint("NOT isempty(valid) AND NOT isempty(known)", name="times"),
    ExcludeConstraint(
        ("dispute_id", "="),
        ("valid", "&&"),
        ("known", "&&"),
        name="dispute_term_one_excl",
        using="gist",
    ),
    comment="临时归属: which grid acts on contested ground from a day until another,"
    " over two times",
)
