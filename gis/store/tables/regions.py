"""Levels, regions over two times, editions. Their shapes stand in `shapes.py`."""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Double,
    Float,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import DATERANGE, JSONB, TSTZRANGE, ExcludeConstraint

from gis.store.tables.base import C, at, id_column, metadata, to

level = Table(
    "level",
    metadata,
    Column("id", SmallInteger, Identity(always=True), primary_key=True),
    Column("code", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("rank", Integer, nullable=False, unique=True),
    Column("under_id", ForeignKey("level.id"), nullable=True),
    Column("overlay", Boolean, nullable=False, server_default=text("false")),
    CheckConstraint("code ~ '^[a-z][a-z0-9_]{0,39}$'", name="code"),
    comment="层级: rungs of the ladder, and overlays beside it; data, not tables",
)

region = Table(
    "region",
    metadata,
    id_column(),
    Column("level_id", ForeignKey("level.id"), nullable=False, index=True),
    Column("home_path", ARRAY(BigInteger), nullable=False),
    comment="区域: identity for ever; home_path = ancestors and itself today, the key of scope",
)
Index("region_home_path_gin", region.c.home_path, postgresql_using="gin")

region_code = Table(
    "region_code",
    metadata,
    id_column(),
    to("region", "region_id", index=True),
    Column("level_id", ForeignKey("level.id"), nullable=False),
    Column("scheme", Text, nullable=False, server_default=text("'main'")),
    Column("code", Text(collation=C), nullable=False),
    Column("valid", DATERANGE, nullable=False),
    at("known_from", default=True),
    ExcludeConstraint(
        ("code", "="),
        ("valid", "&&"),
        ("level_id", "="),
        ("scheme", "="),
        name="region_code_one_region_excl",
        using="gist",
    ),
    ExcludeConstraint(
        ("region_id", "="),
        ("scheme", "="),
        ("valid", "&&"),
        name="region_code_one_code_excl",
        using="gist",
    ),
    comment="区划代码: dated; a code may be issued again to another region later",
)
Index("region_code_code_ix", region_code.c.code)

region_name = Table(
    "region_name",
    metadata,
    id_column(),
    to("region", "region_id", index=True),
    Column("lang", Text, nullable=False, server_default=text("'zh'")),
    Column("kind", Text, nullable=False, server_default=text("'official'")),
    Column("name", Text, nullable=False),
    Column("valid", DATERANGE, nullable=False),
    at("known_from", default=True),
    ExcludeConstraint(
        ("region_id", "="),
        ("lang", "="),
        ("kind", "="),
        ("name", "="),
        ("valid", "&&"),
        name="region_name_once_excl",
        using="gist",
    ),
    comment="名称: many per region, dated",
)
Index(
    "region_name_name_trgm",
    region_name.c.name,
    postgresql_using="gin",
    postgresql_ops={"name": "gin_trgm_ops"},
)

region_code_past = Table(
    "region_code_past",
    metadata,
    id_column(),
    to("region", "region_id", index=True),
    Column("scheme", Text, nullable=False),
    Column("code", Text(collation=C), nullable=False),
    Column("valid", DATERANGE, nullable=False),
    Column("known", TSTZRANGE, nullable=False),
    comment="曾知代码: what was known of codes until something else became known",
)
Index("region_code_past_code_ix", region_code_past.c.code)

region_name_past = Table(
    "region_name_past",
    metadata,
    id_column(),
    to("region", "region_id", index=True),
    Column("lang", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("valid", DATERANGE, nullable=False),
    Column("known", TSTZRANGE, nullable=False),
    comment="曾知名称: what was known of names until something else became known",
)

edition = Table(
    "edition",
    metadata,
    id_column(),
    Column("name", Text, nullable=False, unique=True),
    to("region", "root_region_id", null=True),
    Column("level_id", ForeignKey("level.id"), nullable=False),
    Column("source", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("crs", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("precision_m", Float, nullable=False, server_default=text("0")),
    at("created_at", default=True),
    at("activated_at", null=True),
    CheckConstraint("precision_m >= 0", name="precision"),
    Column("complete", Boolean, nullable=False, server_default=text("false")),
    Column("tolerance_m2", Double, nullable=False, server_default=text("1")),
    Column("judged_version", BigInteger, nullable=True),
    at("scheduled_at", null=True),
    at("tried_at", null=True),
    Column("failure", JSONB, nullable=True),
    Column("steps", JSONB, nullable=False, server_default=text("'[]'")),
    to("edition", "undoes_id", null=True),
    to("account", "made_by", null=True),
    CheckConstraint("state IN ('draft', 'scheduled', 'active', 'withdrawn')", name="state"),
    CheckConstraint("(state = 'active') = (activated_at IS NOT NULL)", name="activated"),
    comment="版本: a change set over one level under one root; provenance, not a key",
)

region_version = Table(
    "region_version",
    metadata,
    id_column(),
    to("region", "region_id"),
    to("shape", "shape_id", null=True, index=True),
    to("region", "parent_id", null=True, index=True),
    Column("path", ARRAY(BigInteger), nullable=False),
    Column("valid", DATERANGE, nullable=False),
    Column("known", TSTZRANGE, nullable=False),
    to("edition", "edition_id", index=True),
    ExcludeConstraint(
        ("region_id", "="),
        ("valid", "&&"),
        ("known", "&&"),
        name="region_version_two_times_excl",
        using="gist",
    ),
    CheckConstraint("NOT isempty(valid) AND NOT isempty(known)", name="times"),
    CheckConstraint(
        "(parent_id IS NULL AND path = '{}') OR path[cardinality(path)] = parent_id", name="path"
    ),
    comment="区域版本: shape, parent and ancestors (path, top first) over two times",
)
Index("region_version_path_gin", region_version.c.path, postgresql_using="gin")

draft_region = Table(
    "draft_region",
    metadata,
    to("edition", "edition_id", primary_key=True),
    Column("code", Text(collation=C), primary_key=True),
    Column("row", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("parent_code", Text(collation=C), nullable=True),
    to("shape", "shape_id", null=True),
    to("region", "region_id", null=True),
    comment="草案: what an edition says, kept aside until it is activated",
)

boundary_state = Table(
    "boundary_state",
    metadata,
    Column("one_row", Boolean, primary_key=True, server_default=text("true")),
    Column("version", BigInteger, nullable=False),
    at("changed_at"),
    CheckConstraint("one_row", name="one_row"),
    comment="边界状态: one row; its version grows with every activation",
)
