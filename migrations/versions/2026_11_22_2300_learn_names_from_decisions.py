"""learn names from decisions"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "precedent",
        sa.Column("name", sa.Text(collation="C"), server_default=sa.text("''"), nullable=False),
    )
    op.create_index(
        "precedent_name_ix", "precedent", ["name"], postgresql_where=sa.text("name <> ''")
    )


def downgrade() -> None:
    op.drop_index("precedent_name_ix", table_name="precedent")
    op.drop_column("precedent", "name")
