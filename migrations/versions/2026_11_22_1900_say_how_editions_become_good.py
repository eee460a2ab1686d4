"""say how editions become good"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


STATES = "state IN ('draft', 'scheduled', 'active', 'withdrawn')"
OLD_STATES = "state IN ('draft', 'active')"


def upgrade() -> None:
    op.drop_constraint(op.f("edition_state_ck"), "edition", type_="check")
    op.create_check_constraint(op.f("edition_state_ck"), "edition", STATES)
    op.create_table(
        "approval_step",
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("level_id", sa.SmallInteger(), nullable=True),
        sa.ForeignKeyConstraint(["level_id"], ["level.id"], name=op.f("approval_step_level_id_fk")),
        sa.PrimaryKeyConstraint("position", name=op.f("approval_step_pk")),
        sa.UniqueConstraint("code", name=op.f("approval_step_code_uq")),
        comment="审批步骤: what approvals an edition needs, in order; none by default",
    )
    op.create_table(
        "edition_approval",
        sa.Column("edition_id", sa.BigInteger(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("step_name", sa.Text(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("document_no", sa.Text(), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_command", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("edition_approval_account_id_fk")
        ),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["edition.id"], name=op.f("edition_approval_edition_id_fk")
        ),
        sa.PrimaryKeyConstraint("edition_id", "step", name=op.f("edition_approval_pk")),
        sa.UniqueConstraint("edition_id", "account_id", name="edition_approval_one_each_uq"),
        comment="审批: one account, one step; 文号 and date; written once",
    )
    op.create_table(
        "edition_change",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("edition_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(collation="C"), nullable=False),
        sa.Column("changes", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("code_before", sa.Text(), nullable=True),
        sa.Column("name_before", sa.Text(), nullable=True),
        sa.Column("name_after", sa.Text(), nullable=True),
        sa.Column("parent_before", sa.Text(), nullable=True),
        sa.Column("parent_after", sa.Text(), nullable=True),
        sa.Column("m2_before", sa.Double(), nullable=True),
        sa.Column("m2_after", sa.Double(), nullable=True),
        sa.Column("m2_gained", sa.Double(), nullable=True),
        sa.Column("m2_lost", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["edition.id"], name=op.f("edition_change_edition_id_fk")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("edition_change_pk")),
        comment="版本变更: what an edition changes against what was in force when it was judged",
    )
    op.create_index(
        "edition_change_code_ix", "edition_change", ["edition_id", "code"], unique=False
    )
    op.create_table(
        "edition_fault",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("edition_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(collation="C"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("codes", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("rows", sa.ARRAY(sa.Integer()), nullable=False),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("m2", sa.Double(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("accepted_by", sa.BigInteger(), nullable=True),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "num_nulls(accepted_by, why, accepted_at) IN (0, 3)",
            name=op.f("edition_fault_accepted_ck"),
        ),
        sa.ForeignKeyConstraint(
            ["accepted_by"], ["account.id"], name=op.f("edition_fault_accepted_by_fk")
        ),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["edition.id"], name=op.f("edition_fault_edition_id_fk")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("edition_fault_pk")),
        sa.UniqueConstraint("edition_id", "key", name="edition_fault_once_uq"),
        comment="版本问题: what would stop an edition, and who accepted it and why",
    )
    op.execute("REVOKE UPDATE, DELETE, TRUNCATE ON edition_approval FROM wangge_app, wangge_worker")
    op.add_column("draft_region", sa.Column("region_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("draft_region_region_id_fk"), "draft_region", "region", ["region_id"], ["id"]
    )
    op.add_column(
        "edition",
        sa.Column("complete", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.add_column(
        "edition",
        sa.Column("tolerance_m2", sa.Double(), server_default=sa.text("1"), nullable=False),
    )
    op.add_column("edition", sa.Column("judged_version", sa.BigInteger(), nullable=True))
    op.add_column("edition", sa.Column("scheduled_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("edition", sa.Column("tried_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "edition", sa.Column("failure", postgresql.JSONB(astext_type=sa.Text()), nullable=True)
    )
    op.add_column("edition", sa.Column("undoes_id", sa.BigInteger(), nullable=True))
    op.add_column("edition", sa.Column("made_by", sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f("edition_made_by_fk"), "edition", "account", ["made_by"], ["id"])
    op.create_foreign_key(op.f("edition_undoes_id_fk"), "edition", "edition", ["undoes_id"], ["id"])


def downgrade() -> None:
    op.drop_constraint(op.f("edition_undoes_id_fk"), "edition", type_="foreignkey")
    op.drop_constraint(op.f("edition_made_by_fk"), "edition", type_="foreignkey")
    op.drop_column("edition", "made_by")
    op.drop_column("edition", "undoes_id")
    op.drop_column("edition", "failure")
    op.drop_column("edition", "tried_at")
    op.drop_column("edition", "scheduled_at")
    op.drop_column("edition", "judged_version")
    op.drop_column("edition", "tolerance_m2")
    op.drop_column("edition", "complete")
    op.drop_constraint(op.f("draft_region_region_id_fk"), "draft_region", type_="foreignkey")
    op.drop_column("draft_region", "region_id")
    op.drop_table("edition_fault")
    op.drop_index("edition_change_code_ix", table_name="edition_change")
    op.drop_table("edition_change")
    op.drop_table("edition_approval")
    op.drop_table("approval_step")
    op.execute("UPDATE edition SET state = 'draft' WHERE state IN ('scheduled', 'withdrawn')")
    op.drop_constraint(op.f("edition_state_ck"), "edition", type_="check")
    op.create_check_constraint(op.f("edition_state_ck"), "edition", OLD_STATES)
