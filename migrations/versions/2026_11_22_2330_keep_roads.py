"""keep roads"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "road",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("source", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(collation="C"), nullable=False),
        sa.Column("geom", Geometry("MULTILINESTRING", 4490, spatial_index=False), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("road_pk")),
        comment="道路: named lines, for crossings; a source is brought in as a whole",
    )
    op.create_index(op.f("road_source_ix"), "road", ["source"], unique=False)
    op.create_index(op.f("road_name_ix"), "road", ["name"], unique=False)
    op.create_index("road_geom_gix", "road", ["geom"], unique=False, postgresql_using="gist")


def downgrade() -> None:
    op.drop_table("road")
