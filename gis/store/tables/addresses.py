"""Known addresses and the paths that lead to them; what people decided about places and units."""

from __future__ import annotations

from geoalchemy2 import Geometry
from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from gis.store.tables.base import C, at, id_column, metadata, to

EMPTY = text("''")

known_address = Table(
    "known_address",
    metadata,
    id_column(),
    Column("code", Text(collation=C), nullable=False, unique=True),
    Column("text", Text, nullable=False),
    Column("name", Text, nullable=False, server_default=EMPTY),
    Column("aliases", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    to("region", "region_id", null=True, index=True),
    Column("point", Geometry("POINT", 4490, spatial_index=False), nullable=True),
    Column("facts", Text, nullable=False),
    comment="地名地址: code = kind:code of what has it; facts = its parts (JSON)",
)
Index("known_address_point_gix", known_address.c.point, postgresql_using="gist")

address_path = Table(
    "address_path",
    metadata,
    Column("path", Text(collation=C), primary_key=True),
    Column(
        "address_id",
        BigInteger,
        ForeignKey("known_address.id", ondelete="CASCADE"),
        primary_key=True,
        index=True,
    ),
    comment="地址路径: the ways that lead to an address, with every beginning of each",
)

address_slip = Table(
    "address_slip",
    metadata,
    Column("less", Text(collation=C), primary_key=True),
    Column("name", Text(collation=C), primary_key=True),
    comment="笔误: names and each of them less one character; equality finds slips",
)

place_alias = Table(
    "place_alias",
    metadata,
    id_column(),
    Column("code", Text(collation=C), nullable=False, index=True),
    Column("name", Text, nullable=False),
    to("matter", "learnt_from", null=True),
    at("since"),
    UniqueConstraint("code", "name"),
    comment="别名: what people call a building, a compound or a facility; code = kind:code",
)

precedent = Table(
    "precedent",
    metadata,
    id_column(),
    Column("kind", Text, nullable=False),
    Column("words", Text(collation=C), nullable=False, server_default=EMPTY),
    Column("category", Text(collation=C), nullable=False, server_default=EMPTY),
    Column("point", Geometry("POINT", 4490, spatial_index=False), nullable=True),
    Column("accuracy_m", Float, nullable=True),
    to("region", "region_id", index=True),
    to("organisation", "organisation_id", null=True),
    to("matter", "matter_id", index=True),
    to("account", "decided_by"),
    at("decided_at"),
    Column("name", Text(collation=C), nullable=False, server_default=EMPTY),
    Column("place", Text(collation=C), nullable=False, server_default=EMPTY),
    CheckConstraint("kind IN ('place', 'unit')", name="kind"),
    CheckConstraint("(kind = 'unit') = (organisation_id IS NOT NULL)", name="unit"),
    comment="先例: a person decided where it lies (place = kind:code) or who handles it (unit)",
)
Index("precedent_point_gix", precedent.c.point, postgresql_using="gist")
Index("precedent_words_ix", precedent.c.words, postgresql_where=text("words <> ''"))
Index("precedent_name_ix", precedent.c.name, postgresql_where=text("name <> ''"))
Index("precedent_unit_ix", precedent.c.category, precedent.c.region_id)
