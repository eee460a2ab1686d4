"""keep known addresses"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "address_slip",
        sa.Column("less", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(collation="C"), nullable=False),
        sa.PrimaryKeyConstraint("less", "name", name=op.f("address_slip_pk")),
        comment="笔误: names and each of them less one character; equality finds slips",
    )
    op.create_table(
        "known_address",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("code", sa.Text(collation="C"), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("aliases", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("region_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "point", Geometry(geometry_type="POINT", srid=4490, spatial_index=False), nullable=True
        ),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["region_id"], ["region.id"], name=op.f("known_address_region_id_fk")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("known_address_pk")),
        sa.UniqueConstraint("code", name=op.f("known_address_code_uq")),
        comment="地名地址: code = kind:code of what has it; facts = its parts (JSON)",
    )
    op.create_index(
        "known_address_point_gix", "known_address", ["point"], unique=False, postgresql_using="gist"
    )
    op.create_index(
        op.f("known_address_region_id_ix"), "known_address", ["region_id"], unique=False
    )
    op.create_table(
        "address_path",
        sa.Column("path", sa.Text(collation="C"), nullable=False),
        sa.Column("address_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["address_id"],
            ["known_address.id"],
            name=op.f("address_path_address_id_fk"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("path", "address_id", name=op.f("address_path_pk")),
        comment="地址路径: the ways that lead to an address, with every beginning of each",
    )
    op.create_index(
        op.f("address_path_address_id_ix"), "address_path", ["address_id"], unique=False
    )
    op.create_table(
        "place_alias",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("code", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("learnt_from", sa.BigInteger(), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["learnt_from"], ["matter.id"], name=op.f("place_alias_learnt_from_fk")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("place_alias_pk")),
        sa.UniqueConstraint("code", "name", name=op.f("place_alias_code_name_uq")),
        comment="别名: what people call a building, a compound or a facility; code = kind:code",
    )
    op.create_index(op.f("place_alias_code_ix"), "place_alias", ["code"], unique=False)
    op.create_table(
        "precedent",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(collation="C"), server_default=sa.text("''"), nullable=False),
        sa.Column("category", sa.Text(collation="C"), server_default=sa.text("''"), nullable=False),
        sa.Column(
            "point", Geometry(geometry_type="POINT", srid=4490, spatial_index=False), nullable=True
        ),
        sa.Column("accuracy_m", sa.Float(), nullable=True),
        sa.Column("region_id", sa.BigInteger(), nullable=False),
        sa.Column("organisation_id", sa.BigInteger(), nullable=True),
        sa.Column("matter_id", sa.BigInteger(), nullable=False),
        sa.Column("decided_by", sa.BigInteger(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(kind = 'unit') = (organisation_id IS NOT NULL)", name=op.f("precedent_unit_ck")
        ),
        sa.CheckConstraint("kind IN ('place', 'unit')", name=op.f("precedent_kind_ck")),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["account.id"], name=op.f("precedent_decided_by_fk")
        ),
        sa.ForeignKeyConstraint(["matter_id"], ["matter.id"], name=op.f("precedent_matter_id_fk")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("precedent_organisation_id_fk")
        ),
        sa.ForeignKeyConstraint(["region_id"], ["region.id"], name=op.f("precedent_region_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("precedent_pk")),
        comment="先例: a person decided where it lies (place) or who handles it (unit)",
    )
    op.create_index(op.f("precedent_matter_id_ix"), "precedent", ["matter_id"], unique=False)
    op.create_index(
        "precedent_point_gix", "precedent", ["point"], unique=False, postgresql_using="gist"
    )
    op.create_index(op.f("precedent_region_id_ix"), "precedent", ["region_id"], unique=False)
    op.create_index("precedent_unit_ix", "precedent", ["category", "region_id"], unique=False)
    op.create_index(
        "precedent_words_ix",
        "precedent",
        ["words"],
        unique=False,
        postgresql_where=sa.text("words <> ''"),
    )
    op.add_column(
        "edition", sa.Column("precision_m", sa.Float(), server_default=sa.text("0"), nullable=False)
    )
    op.create_check_constraint("precision", "edition", "precision_m >= 0")


def downgrade() -> None:
    op.drop_column("edition", "precision_m")
    op.drop_index(
        "precedent_words_ix", table_name="precedent", postgresql_where=sa.text("words <> ''")
    )
    op.drop_index("precedent_unit_ix", table_name="precedent")
    op.drop_index(op.f("precedent_region_id_ix"), table_name="precedent")
    op.drop_index("precedent_point_gix", table_name="precedent")
    op.drop_index(op.f("precedent_matter_id_ix"), table_name="precedent")
    op.drop_table("precedent")
    op.drop_index(op.f("place_alias_code_ix"), table_name="place_alias")
    op.drop_table("place_alias")
    op.drop_index(op.f("address_path_address_id_ix"), table_name="address_path")
    op.drop_table("address_path")
    op.drop_index(op.f("known_address_region_id_ix"), table_name="known_address")
    op.drop_index("known_address_point_gix", table_name="known_address")
    op.drop_table("known_address")
    op.drop_table("address_slip")
