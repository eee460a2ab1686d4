"""keep levels of detail"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "shape_lod",
        sa.Column("shape_id", sa.BigInteger(), nullable=False),
        sa.Column("level_id", sa.SmallInteger(), nullable=False),
        sa.Column("step", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "geom",
            Geometry("MULTIPOLYGON", 4490, spatial_index=False),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["level_id"], ["level.id"], name=op.f("shape_lod_level_id_fk")),
        sa.ForeignKeyConstraint(["shape_id"], ["shape.id"], name=op.f("shape_lod_shape_id_fk")),
        sa.PrimaryKeyConstraint("shape_id", "level_id", "step", name=op.f("shape_lod_pk")),
        comment="形状概化: a shape of a level for web maps up to zoom `step`;"
        " neighbours meet on every edge",
    )


def downgrade() -> None:
    op.drop_table("shape_lod")
