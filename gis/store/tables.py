"""Every table, once. What the words mean: `docs/glossary.md`; why so: `docs/decisions/`."""

from __future__ import annotations

from geoalchemy2 import Geometry
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    column,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import DATERANGE, JSONB, TSTZRANGE, ExcludeConstraint

metadata = MetaData(
    naming_convention={
        "ix": "%(table_name)s_%(column_0_N_name)s_ix",
        "uq": "%(table_name)s_%(column_0_N_name)s_uq",
        "ck": "%(table_name)s_%(constraint_name)s_ck",
        "fk": "%(table_name)s_%(column_0_name)s_fk",
        "pk": "%(table_name)s_pk",
    }
)

NOW = text("now()")
C = "C"  # codes are ordered by byte, the same on every machine


def _id() -> Column[int]:
    return Column("id", BigInteger, Identity(always=True), primary_key=True)


def _to(
    target: str, name: str, *, null: bool = False, index: bool = False, primary_key: bool = False
) -> Column[int]:
    to = ForeignKey(f"{target}.id")
    return Column(name, to, nullable=null, index=index or None, primary_key=primary_key)


def _at(name: str, *, null: bool = False, default: bool = False) -> Column[object]:
    return Column(
        name, DateTime(timezone=True), nullable=null, server_default=NOW if default else None
    )


# ── places ────────────────────────────────────────────────────────────────────────────────────

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
    _id(),
    Column("level_id", ForeignKey("level.id"), nullable=False, index=True),
    Column("home_path", ARRAY(BigInteger), nullable=False),
    comment="区域: identity for ever; home_path = ancestors and itself today, the key of scope",
)
Index("region_home_path_gin", region.c.home_path, postgresql_using="gin")

region_code = Table(
    "region_code",
    metadata,
    _id(),
    _to("region", "region_id", index=True),
    Column("level_id", ForeignKey("level.id"), nullable=False),
    Column("scheme", Text, nullable=False, server_default=text("'main'")),
    Column("code", Text(collation=C), nullable=False),
    Column("valid", DATERANGE, nullable=False),
    ExcludeConstraint(
        ("level_id", "="),
        ("scheme", "="),
        ("code", "="),
        ("valid", "&&"),
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
    _id(),
    _to("region", "region_id", index=True),
    Column("lang", Text, nullable=False, server_default=text("'zh'")),
    Column("kind", Text, nullable=False, server_default=text("'official'")),
    Column("name", Text, nullable=False),
    Column("valid", DATERANGE, nullable=False),
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

edition = Table(
    "edition",
    metadata,
    _id(),
    Column("name", Text, nullable=False, unique=True),
    _to("region", "root_region_id", null=True),
    Column("level_id", ForeignKey("level.id"), nullable=False),
    Column("source", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("crs", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("valid_from", Date, nullable=False),
    _at("created_at", default=True),
    _at("activated_at", null=True),
    CheckConstraint("state IN ('draft', 'active')", name="state"),
    CheckConstraint("(state = 'active') = (activated_at IS NOT NULL)", name="activated"),
    comment="版本: a change set over one level under one root; provenance, not a key",
)

shape = Table(
    "shape",
    metadata,
    _id(),
    Column("sha256", LargeBinary, nullable=False, unique=True),
    Column("geom", Geometry("MULTIPOLYGON", 4490, spatial_index=False), nullable=False),
    comment="形状: immutable, EPSG:4490 on a 1e-7 degree lattice",
)
Index("shape_geom_gix", shape.c.geom, postgresql_using="gist")

region_version = Table(
    "region_version",
    metadata,
    _id(),
    _to("region", "region_id"),
    _to("shape", "shape_id", null=True, index=True),
    _to("region", "parent_id", null=True, index=True),
    Column("path", ARRAY(BigInteger), nullable=False),
    Column("valid", DATERANGE, nullable=False),
    Column("known", TSTZRANGE, nullable=False),
    _to("edition", "edition_id", index=True),
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
    _to("edition", "edition_id", primary_key=True),
    Column("code", Text(collation=C), primary_key=True),
    Column("row", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("parent_code", Text(collation=C), nullable=True),
    _to("shape", "shape_id", null=True),
    comment="草案: what an edition says, kept aside until it is activated",
)

boundary_state = Table(
    "boundary_state",
    metadata,
    Column("one_row", Boolean, primary_key=True, server_default=text("true")),
    Column("version", BigInteger, nullable=False),
    _at("changed_at"),
    CheckConstraint("one_row", name="one_row"),
    comment="边界状态: one row; its version grows with every activation",
)

# ── accounts ──────────────────────────────────────────────────────────────────────────────────

account = Table(
    "account",
    metadata,
    _id(),
    Column("login", Text(collation=C), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("password_hash", Text, nullable=True),
    Column("must_change_password", Boolean, nullable=False, server_default=text("false")),
    _at("password_expires_at", null=True),
    _at("created_at", default=True),
    _at("disabled_at", null=True),
    CheckConstraint(
        "login = lower(login) AND login ~ '^[a-z0-9][a-z0-9._@-]{1,63}$'", name="login"
    ),
    comment="账号: a person or a system that may sign in or hold keys",
)

account_session = Table(
    "account_session",
    metadata,
    Column("token_sha256", LargeBinary, primary_key=True),
    _to("account", "account_id", index=True),
    _at("created_at", default=True),
    _at("last_seen_at", default=True),
    _at("expires_at"),
    comment="登录会话: kept as a hash of its token; gone when signed out",
)

api_key = Table(
    "api_key",
    metadata,
    _id(),
    _to("account", "account_id"),
    Column("slot", SmallInteger, nullable=False),
    Column("label", Text, nullable=False),
    Column("prefix", Text, nullable=False),
    Column("key_sha256", LargeBinary, nullable=False, unique=True),
    _at("created_at", default=True),
    _at("expires_at"),
    _at("revoked_at", null=True),
    CheckConstraint("slot IN (1, 2)", name="slot"),
    comment="接口密钥: 256 random bits kept as SHA-256; two may live, to be rotated",
)
Index(
    "api_key_two_live_uq",
    api_key.c.account_id,
    api_key.c.slot,
    unique=True,
    postgresql_where=text("revoked_at IS NULL"),
)

role_grant = Table(
    "role_grant",
    metadata,
    _id(),
    _to("account", "account_id", index=True),
    Column("role", Text, nullable=False),
    _to("region", "region_id", null=True),
    Column("valid", TSTZRANGE, nullable=False),
    ExcludeConstraint(
        ("account_id", "="),
        ("role", "="),
        (func.coalesce(column("region_id"), text("0::bigint")), "="),
        ("valid", "&&"),
        name="role_grant_once_excl",
        using="gist",
    ),
    comment="授权: a role over one region's subtree; region empty = the whole deployment",
)

sign_in_failure = Table(
    "sign_in_failure",
    metadata,
    _id(),
    Column("subject_sha256", LargeBinary, nullable=False),
    _at("failed_at", default=True),
    Index("sign_in_failure_subject_ix", "subject_sha256", "failed_at"),
    comment="登录失败: what the throttle counts, by login and by address, hashed",
)

account_event = Table(
    "account_event",
    metadata,
    _id(),
    _at("recorded_at", default=True),
    _to("account", "actor_id", null=True),
    _to("account", "account_id", null=True, index=True),
    Column("action", Text, nullable=False),
    Column("detail", JSONB, nullable=False, server_default=text("'{}'")),
    comment="账号日志: written once, never changed; the actor is empty for the command line",
)
