"""Accounts, what they may do, how they sign in, and the log of it."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Index,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    column,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, TSTZRANGE, ExcludeConstraint

from gis.store.tables.base import C, at, id_column, metadata, to

account = Table(
    "account",
    metadata,
    id_column(),
    Column("login", Text(collation=C), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("password_hash", Text, nullable=True),
    Column("must_change_password", Boolean, nullable=False, server_default=text("false")),
    at("password_expires_at", null=True),
    at("created_at", default=True),
    at("disabled_at", null=True),
    CheckConstraint(
        "login = lower(login) AND login ~ '^[a-z0-9][a-z0-9._@-]{1,63}$'", name="login"
    ),
    comment="账号: a person or a system that may sign in or hold keys",
)

account_session = Table(
    "account_session",
    metadata,
    Column("token_sha256", LargeBinary, primary_key=True),
    to("account", "account_id", index=True),
    at("created_at", default=True),
    at("last_seen_at", default=True),
    at("expires_at"),
    comment="登录会话: kept as a hash of its token; gone when signed out",
)

api_key = Table(
    "api_key",
    metadata,
    id_column(),
    to("account", "account_id"),
    Column("slot", SmallInteger, nullable=False),
    Column("label", Text, nullable=False),
    Column("prefix", Text, nullable=False),
    Column("key_sha256", LargeBinary, nullable=False, unique=True),
    at("created_at", default=True),
    at("expires_at"),
    at("revoked_at", null=True),
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
    id_column(),
    to("account", "account_id", index=True),
    Column("role", Text, nullable=False),
    to("region", "region_id", null=True),
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
    id_column(),
    Column("subject_sha256", LargeBinary, nullable=False),
    at("failed_at", default=True),
    Index("sign_in_failure_subject_ix", "subject_sha256", "failed_at"),
    comment="登录失败: what the throttle counts, by login and by address, hashed",
)

account_event = Table(
    "account_event",
    metadata,
    id_column(),
    at("recorded_at", default=True),
    to("account", "actor_id", null=True),
    to("account", "account_id", null=True, index=True),
    Column("action", Text, nullable=False),
    Column("detail", JSONB, nullable=False, server_default=text("'{}'")),
    comment="账号日志: written once, never changed; the actor is empty for the command line",
)
