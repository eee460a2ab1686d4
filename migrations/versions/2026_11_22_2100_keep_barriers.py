"""keep barriers"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "barrier",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("source", sa.Text(collation="C"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("geom", Geometry("MULTILINESTRING", 4490, spatial_index=False), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("barrier_pk")),
        comment="阻隔线: where grids should end; a source is brought in anew as a whole",
    )
    op.create_index(op.f("barrier_source_ix"), "barrier", ["source"], unique=False)
    op.create_index("barrier_geom_gix", "barrier", ["geom"], unique=False, postgresql_using="gist")


def downgrade() -> None:
    op.drop_index("barrier_geom_gix", table_name="barrier", postgresql_using="gist")
    op.drop_index(op.f("barrier_source_ix"), table_name="barrier")
    op.drop_table("barrier")
