"""find homes by object first"""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def keep_one_home(first: str, second: str) -> None:
    """Which column comes first decides how fast the index behind the rule is built."""
    op.execute("ALTER TABLE place_home DROP CONSTRAINT place_home_one_excl")
    op.execute(
        "ALTER TABLE place_home ADD CONSTRAINT place_home_one_excl EXCLUDE USING gist"
        f" ({first} WITH =, {second} WITH =, valid WITH &&, known WITH &&)"
    )


def upgrade() -> None:
    keep_one_home("object_id", "kind")


def downgrade() -> None:
    keep_one_home("kind", "object_id")
