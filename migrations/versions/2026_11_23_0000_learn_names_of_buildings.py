"""learn names of buildings"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0014"
branch_labels = None
depends_on = None

COMMENT = "先例: a person decided where it lies (place = kind:code) or who handles it (unit)"
BEFORE = "先例: a person decided where it lies (place) or who handles it (unit)"


def upgrade() -> None:
    op.add_column(
        "precedent",
        sa.Column("place", sa.Text(collation="C"), server_default=sa.text("''"), nullable=False),
    )
    op.create_table_comment("precedent", COMMENT, existing_comment=BEFORE)


def downgrade() -> None:
    op.create_table_comment("precedent", BEFORE, existing_comment=COMMENT)
    op.drop_column("precedent", "place")
