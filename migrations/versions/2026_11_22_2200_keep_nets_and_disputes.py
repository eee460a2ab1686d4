"""keep nets and disputes"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TABLES = ("dispute_term", "dispute_claimant", "dispute", "net_member", "net_unit", "net")


def upgrade() -> None:
    _nets()
    _disputes()
    # A dispute is settled, never taken back.
    op.execute(
        "REVOKE DELETE, TRUNCATE ON dispute, dispute_claimant FROM wangge_app, wangge_worker"
    )


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False)


def _times() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("valid", postgresql.DATERANGE(), nullable=False),
        sa.Column("known", postgresql.TSTZRANGE(), nullable=False),
    )


def _nets() -> None:
    op.create_table(
        "net",
        _id(),
        sa.Column("code", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("home_region_id", sa.BigInteger(), nullable=True),
        sa.Column("organisation_id", sa.BigInteger(), nullable=True),
        sa.Column("source", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("sha256", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["home_region_id"], ["region.id"], name="net_home_region_id_fk"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name="net_organisation_id_fk"
        ),
        sa.ForeignKeyConstraint(["made_by"], ["account.id"], name="net_made_by_fk"),
        sa.PrimaryKeyConstraint("id", name=op.f("net_pk")),
        sa.UniqueConstraint("code", name=op.f("net_code_uq")),
        comment="业务网: units made of whole grids; home = the region whose grids it is about",
    )
    op.create_index(op.f("net_home_region_id_ix"), "net", ["home_region_id"])
    op.create_table(
        "net_unit",
        _id(),
        sa.Column("net_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.ForeignKeyConstraint(["net_id"], ["net.id"], name="net_unit_net_id_fk"),
        sa.PrimaryKeyConstraint("id", name=op.f("net_unit_pk")),
        sa.UniqueConstraint("net_id", "code", name="net_unit_once_uq"),
        comment="业务网单元: a set of grids; its shape is their union and stands nowhere",
    )
    op.create_table(
        "net_member",
        _id(),
        sa.Column("unit_id", sa.BigInteger(), nullable=False),
        sa.Column("region_id", sa.BigInteger(), nullable=False),
        *_times(),
        sa.CheckConstraint(
            "NOT isempty(valid) AND NOT isempty(known)", name=op.f("net_member_times_ck")
        ),
        postgresql.ExcludeConstraint(
            (sa.column("unit_id"), "="),
            (sa.column("region_id"), "="),
            (sa.column("valid"), "&&"),
            (sa.column("known"), "&&"),
            using="gist",
            name="net_member_once_excl",
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["net_unit.id"], name="net_member_unit_id_fk"),
        sa.ForeignKeyConstraint(["region_id"], ["region.id"], name="net_member_region_id_fk"),
        sa.PrimaryKeyConstraint("id", name=op.f("net_member_pk")),
        comment="成员网格: which grids make a unit, over two times",
    )
    op.create_index(op.f("net_member_region_id_ix"), "net_member", ["region_id"])


def _disputes() -> None:
    op.create_table(
        "dispute",
        _id(),
        sa.Column("code", sa.Text(collation="C"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("geom", Geometry("MULTIPOLYGON", 4490, spatial_index=False), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_on", sa.Date(), nullable=True),
        sa.Column("outcome", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.CheckConstraint(
            "(settled_on IS NULL) = (outcome = '')", name=op.f("dispute_settled_ck")
        ),
        sa.ForeignKeyConstraint(["made_by"], ["account.id"], name="dispute_made_by_fk"),
        sa.PrimaryKeyConstraint("id", name=op.f("dispute_pk")),
        sa.UniqueConstraint("code", name=op.f("dispute_code_uq")),
        comment="边界争议: ground that several regions claim; nothing of it moves a boundary",
    )
    op.create_index("dispute_geom_gix", "dispute", ["geom"], postgresql_using="gist")
    op.create_table(
        "dispute_claimant",
        sa.Column("dispute_id", sa.BigInteger(), nullable=False),
        sa.Column("region_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dispute_id"], ["dispute.id"], name="dispute_claimant_dispute_id_fk"
        ),
        sa.ForeignKeyConstraint(["region_id"], ["region.id"], name="dispute_claimant_region_id_fk"),
        sa.PrimaryKeyConstraint("dispute_id", "region_id", name=op.f("dispute_claimant_pk")),
        comment="争议方: the regions that claim the ground",
    )
    op.create_table(
        "dispute_term",
        _id(),
        sa.Column("dispute_id", sa.BigInteger(), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        *_times(),
        sa.CheckConstraint(
            "NOT isempty(valid) AND NOT isempty(known)", name=op.f("dispute_term_times_ck")
        ),
        postgresql.ExcludeConstraint(
            (sa.column("dispute_id"), "="),
            (sa.column("valid"), "&&"),
            (sa.column("known"), "&&"),
            using="gist",
            name="dispute_term_one_excl",
        ),
        sa.ForeignKeyConstraint(["dispute_id"], ["dispute.id"], name="dispute_term_dispute_id_fk"),
        sa.ForeignKeyConstraint(["owner_id"], ["region.id"], name="dispute_term_owner_id_fk"),
        sa.PrimaryKeyConstraint("id", name=op.f("dispute_term_pk")),
        comment="临时归属: which grid acts on contested ground from a day until another,"
        " over two times",
    )
