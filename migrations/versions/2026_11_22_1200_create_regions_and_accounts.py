"""create regions and accounts"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# 省 … 微网格, all optional. Ranks leave room between them for levels a deployment adds.
LEVELS = [
    ("province", "省级", 1000, None),
    ("prefecture", "市级", 2000, "province"),
    ("county", "区县", 3000, "prefecture"),
    ("subdistrict", "街道（乡镇）", 4000, "county"),
    ("community", "社区（村）", 5000, "subdistrict"),
    ("grid", "网格", 6000, "community"),
    ("micro_grid", "微网格", 7000, "grid"),
]


def seed_levels() -> None:
    for code, name, rank, under in LEVELS:
        op.execute(
            sa.text(
                "INSERT INTO level (code, name, rank, under_id)"
                " VALUES (:code, :name, :rank, (SELECT id FROM level WHERE code = :under))"
            ).bindparams(code=code, name=name, rank=rank, under=under)
        )
    op.execute("INSERT INTO boundary_state (version, changed_at) VALUES (0, now())")


def keep_what_is_written() -> None:
    """Shapes and account events are written once; the service can't change or remove them."""
    op.execute(
        "REVOKE UPDATE, DELETE, TRUNCATE ON shape, account_event FROM wangge_app, wangge_worker"
    )


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("login", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column(
            "must_change_password", sa.Boolean(), server_default=sa.text("false"), nullable=False
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "login = lower(login) AND login ~ '^[a-z0-9][a-z0-9._@-]{1,63}$'",
            name=op.f("account_login_ck"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("account_pk")),
        sa.UniqueConstraint("login", name=op.f("account_login_uq")),
        comment="账号: a person or a system that may sign in or hold keys",
    )
    op.create_table(
        "boundary_state",
        sa.Column("one_row", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("one_row", name=op.f("boundary_state_one_row_ck")),
        sa.PrimaryKeyConstraint("one_row", name=op.f("boundary_state_pk")),
        comment="边界状态: one row; its version grows with every activation",
    )
    op.create_table(
        "level",
        sa.Column("id", sa.SmallInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("under_id", sa.SmallInteger(), nullable=True),
        sa.Column("overlay", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint("code ~ '^[a-z][a-z0-9_]{0,39}$'", name=op.f("level_code_ck")),
        sa.ForeignKeyConstraint(["under_id"], ["level.id"], name=op.f("level_under_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("level_pk")),
        sa.UniqueConstraint("code", name=op.f("level_code_uq")),
        sa.UniqueConstraint("rank", name=op.f("level_rank_uq")),
        comment="层级: rungs of the ladder, and overlays beside it; data, not tables",
    )
    op.create_table(
        "shape",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=4490,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("shape_pk")),
        sa.UniqueConstraint("sha256", name=op.f("shape_sha256_uq")),
        comment="形状: immutable, EPSG:4490 on a 1e-7 degree lattice",
    )
    op.create_index("shape_geom_gix", "shape", ["geom"], unique=False, postgresql_using="gist")
    op.create_table(
        "sign_in_failure",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("subject_sha256", sa.LargeBinary(), nullable=False),
        sa.Column(
            "failed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("sign_in_failure_pk")),
        comment="登录失败: what the throttle counts, by login and by address, hashed",
    )
    op.create_index(
        "sign_in_failure_subject_ix",
        "sign_in_failure",
        ["subject_sha256", "failed_at"],
        unique=False,
    )
    op.create_table(
        "account_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column(
            "recorded_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column(
            "detail",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("account_event_account_id_fk")
        ),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["account.id"], name=op.f("account_event_actor_id_fk")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("account_event_pk")),
        comment="账号日志: written once, never changed; the actor is empty for the command line",
    )
    op.create_index(
        op.f("account_event_account_id_ix"), "account_event", ["account_id"], unique=False
    )
    op.create_table(
        "account_session",
        sa.Column("token_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "last_seen_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("account_session_account_id_fk")
        ),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("account_session_pk")),
        comment="登录会话: kept as a hash of its token; gone when signed out",
    )
    op.create_index(
        op.f("account_session_account_id_ix"), "account_session", ["account_id"], unique=False
    )
    op.create_table(
        "api_key",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("slot", sa.SmallInteger(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("key_sha256", sa.LargeBinary(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("slot IN (1, 2)", name=op.f("api_key_slot_ck")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("api_key_account_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("api_key_pk")),
        sa.UniqueConstraint("key_sha256", name=op.f("api_key_key_sha256_uq")),
        comment="接口密钥: 256 random bits kept as SHA-256; two may live, to be rotated",
    )
    op.create_index(
        "api_key_two_live_uq",
        "api_key",
        ["account_id", "slot"],
        unique=True,
        postgresql_where=sa.text("revoked_at IS NULL"),
    )
    op.create_table(
        "region",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("level_id", sa.SmallInteger(), nullable=False),
        sa.Column("home_path", sa.ARRAY(sa.BigInteger()), nullable=False),
        sa.ForeignKeyConstraint(["level_id"], ["level.id"], name=op.f("region_level_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("region_pk")),
        comment="区域: identity for ever; home_path = ancestors and itself today, the key of scope",
    )
    op.create_index(
        "region_home_path_gin", "region", ["home_path"], unique=False, postgresql_using="gin"
    )
    op.create_index(op.f("region_level_id_ix"), "region", ["level_id"], unique=False)
    op.create_table(
        "edition",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("root_region_id", sa.BigInteger(), nullable=True),
        sa.Column("level_id", sa.SmallInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("crs", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("activated_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'active') = (activated_at IS NOT NULL)", name=op.f("edition_activated_ck")
        ),
        sa.CheckConstraint("state IN ('draft', 'active')", name=op.f("edition_state_ck")),
        sa.ForeignKeyConstraint(["level_id"], ["level.id"], name=op.f("edition_level_id_fk")),
        sa.ForeignKeyConstraint(
            ["root_region_id"], ["region.id"], name=op.f("edition_root_region_id_fk")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("edition_pk")),
        sa.UniqueConstraint("name", name=op.f("edition_name_uq")),
        comment="版本: a change set over one level under one root; provenance, not a key",
    )
    op.create_table(
        "region_code",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("region_id", sa.BigInteger(), nullable=False),
        sa.Column("level_id", sa.SmallInteger(), nullable=False),
        sa.Column("scheme", sa.Text(), server_default=sa.text("'main'"), nullable=False),
        sa.Column("code", sa.Text(collation="C"), nullable=False),
        sa.Column("valid", postgresql.DATERANGE(), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("code"), "="),
            (sa.column("valid"), "&&"),
            (sa.column("level_id"), "="),
            (sa.column("scheme"), "="),
            using="gist",
            name="region_code_one_region_excl",
        ),
        postgresql.ExcludeConstraint(
            (sa.column("region_id"), "="),
            (sa.column("scheme"), "="),
            (sa.column("valid"), "&&"),
            using="gist",
            name="region_code_one_code_excl",
        ),
        sa.ForeignKeyConstraint(["level_id"], ["level.id"], name=op.f("region_code_level_id_fk")),
        sa.ForeignKeyConstraint(
            ["region_id"], ["region.id"], name=op.f("region_code_region_id_fk")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("region_code_pk")),
        comment="区划代码: dated; a code may be issued again to another region later",
    )
    op.create_index("region_code_code_ix", "region_code", ["code"], unique=False)
    op.create_index(op.f("region_code_region_id_ix"), "region_code", ["region_id"], unique=False)
    op.create_table(
        "region_name",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("region_id", sa.BigInteger(), nullable=False),
        sa.Column("lang", sa.Text(), server_default=sa.text("'zh'"), nullable=False),
        sa.Column("kind", sa.Text(), server_default=sa.text("'official'"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("valid", postgresql.DATERANGE(), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("region_id"), "="),
            (sa.column("lang"), "="),
            (sa.column("kind"), "="),
            (sa.column("name"), "="),
            (sa.column("valid"), "&&"),
            using="gist",
            name="region_name_once_excl",
        ),
        sa.ForeignKeyConstraint(
            ["region_id"], ["region.id"], name=op.f("region_name_region_id_fk")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("region_name_pk")),
        comment="名称: many per region, dated",
    )
    op.create_index(
        "region_name_name_trgm",
        "region_name",
        ["name"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"name": "gin_trgm_ops"},
    )
    op.create_index(op.f("region_name_region_id_ix"), "region_name", ["region_id"], unique=False)
    op.create_table(
        "role_grant",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("region_id", sa.BigInteger(), nullable=True),
        sa.Column("valid", postgresql.TSTZRANGE(), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("account_id"), "="),
            (sa.column("role"), "="),
            (sa.text("coalesce(region_id, 0::bigint)"), "="),
            (sa.column("valid"), "&&"),
            using="gist",
            name="role_grant_once_excl",
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("role_grant_account_id_fk")
        ),
        sa.ForeignKeyConstraint(["region_id"], ["region.id"], name=op.f("role_grant_region_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("role_grant_pk")),
        comment="授权: a role over one region's subtree; region empty = the whole deployment",
    )
    op.create_index(op.f("role_grant_account_id_ix"), "role_grant", ["account_id"], unique=False)
    op.create_table(
        "draft_region",
        sa.Column("edition_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(collation="C"), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("parent_code", sa.Text(collation="C"), nullable=True),
        sa.Column("shape_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["edition.id"], name=op.f("draft_region_edition_id_fk")
        ),
        sa.ForeignKeyConstraint(["shape_id"], ["shape.id"], name=op.f("draft_region_shape_id_fk")),
        sa.PrimaryKeyConstraint("edition_id", "code", name=op.f("draft_region_pk")),
        comment="草案: what an edition says, kept aside until it is activated",
    )
    op.create_table(
        "region_version",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("region_id", sa.BigInteger(), nullable=False),
        sa.Column("shape_id", sa.BigInteger(), nullable=True),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("path", sa.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("valid", postgresql.DATERANGE(), nullable=False),
        sa.Column("known", postgresql.TSTZRANGE(), nullable=False),
        sa.Column("edition_id", sa.BigInteger(), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("region_id"), "="),
            (sa.column("valid"), "&&"),
            (sa.column("known"), "&&"),
            using="gist",
            name="region_version_two_times_excl",
        ),
        sa.CheckConstraint(
            "(parent_id IS NULL AND path = '{}') OR path[cardinality(path)] = parent_id",
            name=op.f("region_version_path_ck"),
        ),
        sa.CheckConstraint(
            "NOT isempty(valid) AND NOT isempty(known)", name=op.f("region_version_times_ck")
        ),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["edition.id"], name=op.f("region_version_edition_id_fk")
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["region.id"], name=op.f("region_version_parent_id_fk")
        ),
        sa.ForeignKeyConstraint(
            ["region_id"], ["region.id"], name=op.f("region_version_region_id_fk")
        ),
        sa.ForeignKeyConstraint(
            ["shape_id"], ["shape.id"], name=op.f("region_version_shape_id_fk")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("region_version_pk")),
        comment="区域版本: shape, parent and ancestors (path, top first) over two times",
    )
    op.create_index(
        op.f("region_version_edition_id_ix"), "region_version", ["edition_id"], unique=False
    )
    op.create_index(
        op.f("region_version_parent_id_ix"), "region_version", ["parent_id"], unique=False
    )
    op.create_index(
        "region_version_path_gin", "region_version", ["path"], unique=False, postgresql_using="gin"
    )
    op.create_index(
        op.f("region_version_shape_id_ix"), "region_version", ["shape_id"], unique=False
    )
    seed_levels()
    keep_what_is_written()


def downgrade() -> None:
    op.drop_index(op.f("region_version_shape_id_ix"), table_name="region_version")
    op.drop_index("region_version_path_gin", table_name="region_version", postgresql_using="gin")
    op.drop_index(op.f("region_version_parent_id_ix"), table_name="region_version")
    op.drop_index(op.f("region_version_edition_id_ix"), table_name="region_version")
    op.drop_table("region_version")
    op.drop_table("draft_region")
    op.drop_index(op.f("role_grant_account_id_ix"), table_name="role_grant")
    op.drop_table("role_grant")
    op.drop_index(op.f("region_name_region_id_ix"), table_name="region_name")
    op.drop_index(
        "region_name_name_trgm",
        table_name="region_name",
        postgresql_using="gin",
        postgresql_ops={"name": "gin_trgm_ops"},
    )
    op.drop_table("region_name")
    op.drop_index(op.f("region_code_region_id_ix"), table_name="region_code")
    op.drop_index("region_code_code_ix", table_name="region_code")
    op.drop_table("region_code")
    op.drop_table("edition")
    op.drop_index(op.f("region_level_id_ix"), table_name="region")
    op.drop_index("region_home_path_gin", table_name="region", postgresql_using="gin")
    op.drop_table("region")
    op.drop_index(
        "api_key_two_live_uq", table_name="api_key", postgresql_where=sa.text("revoked_at IS NULL")
    )
    op.drop_table("api_key")
    op.drop_index(op.f("account_session_account_id_ix"), table_name="account_session")
    op.drop_table("account_session")
    op.drop_index(op.f("account_event_account_id_ix"), table_name="account_event")
    op.drop_table("account_event")
    op.drop_index("sign_in_failure_subject_ix", table_name="sign_in_failure")
    op.drop_table("sign_in_failure")
    op.drop_index("shape_geom_gix", table_name="shape", postgresql_using="gist")
    op.drop_table("shape")
    op.drop_table("level")
    op.drop_table("boundary_state")
    op.drop_table("account")
