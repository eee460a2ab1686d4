"""Guard account events; let one-time passwords run out.

What is written in `account_event` stays: the service and its jobs may add to it and read it, and
neither change nor remove anything. Only the owner, who migrates, could.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ROLES = "wangge_app, wangge_worker"


def upgrade() -> None:
    op.add_column(
        "account", sa.Column("password_expires_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON account_event FROM {ROLES}")


def downgrade() -> None:
    op.execute(f"GRANT UPDATE, DELETE ON account_event TO {ROLES}")
    op.drop_column("account", "password_expires_at")
