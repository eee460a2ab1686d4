"""Organisations, members and their dated posts."""

from __future__ import annotations

from sqlalchemy import ARRAY, Boolean, CheckConstraint, Column, ForeignKey, Index, Table, Text, text
from sqlalchemy.dialects.postgresql import TSTZRANGE, ExcludeConstraint

from gis.store.tables.base import C, id_column, metadata, to

organisation = Table(
    "organisation",
    metadata,
    id_column(),
    Column("code", Text(collation=C), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    to("region", "home_region_id", index=True),
    to("organisation", "parent_id", null=True, index=True),
    Column("duty_phone", Text, nullable=False, server_default=text("''")),
    Column("handles", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    comment="组织: acts for its home region; `handles` = what kinds of handler it is",
)
Index("organisation_handles_gin", organisation.c.handles, postgresql_using="gin")

member = Table(
    "member",
    metadata,
    id_column(),
    Column("code", Text(collation=C), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("phone", Text, nullable=False, server_default=text("''")),
    Column("account_id", ForeignKey("account.id"), nullable=True, unique=True),
    comment="人员: somebody who holds posts; the phone is the one of the service",
)

post = Table(
    "post",
    metadata,
    id_column(),
    to("member", "member_id", index=True),
    Column("role", Text, nullable=False),
    to("region", "region_id", null=True, index=True),
    to("building", "building_id", null=True, index=True),
    to("organisation", "organisation_id", null=True, index=True),
    Column("responsible", Boolean, nullable=False, server_default=text("false")),
    Column("valid", TSTZRANGE, nullable=False),
    CheckConstraint("num_nonnulls(region_id, building_id, organisation_id) = 1", name="one_place"),
    CheckConstraint("NOT responsible OR region_id IS NOT NULL", name="responsible"),
    CheckConstraint("NOT isempty(valid)", name="valid"),
    ExcludeConstraint(
        ("region_id", "="),
        ("valid", "&&"),
        name="post_one_responsible_excl",
        using="gist",
        where=text("responsible"),
    ),
    comment="任职: one member, one role, one place; one responsible member a grid",
)
