"""keep the steps of an edition"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("edition", sa.Column("steps", postgresql.JSONB(), nullable=True))
    # What is on its way began under the steps of today; what has been decided needs none.
    op.execute(
        "UPDATE edition SET steps = (SELECT coalesce(jsonb_agg(jsonb_build_object("
        "'position', s.position, 'code', s.code, 'name', s.name, 'role', s.role,"
        " 'level', l.code) ORDER BY s.position), '[]')"
        " FROM approval_step s LEFT JOIN level l ON l.id = s.level_id)"
        " WHERE state IN ('draft', 'scheduled')"
    )
    op.execute("UPDATE edition SET steps = '[]' WHERE steps IS NULL")
    op.alter_column("edition", "steps", nullable=False, server_default=sa.text("'[]'"))


def downgrade() -> None:
    op.drop_column("edition", "steps")
