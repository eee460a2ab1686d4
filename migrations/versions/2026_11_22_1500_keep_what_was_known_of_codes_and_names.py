"""keep what was known of codes and names"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def add_known_from(table: str) -> None:
    """Rows that are there already count as known for ever: nobody knows since when."""
    column = sa.Column(
        "known_from",
        sa.DateTime(timezone=True),
        server_default=sa.text("'-infinity'"),
        nullable=False,
    )
    op.add_column(table, column)
    op.alter_column(table, "known_from", server_default=sa.text("now()"))


def add_past(what: str, *words: sa.Column[str], comment: str) -> None:
    table = f"region_{what}_past"
    op.create_table(
        table,
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("region_id", sa.BigInteger(), nullable=False),
        *words,
        sa.Column("valid", postgresql.DATERANGE(), nullable=False),
        sa.Column("known", postgresql.TSTZRANGE(), nullable=False),
        sa.ForeignKeyConstraint(["region_id"], ["region.id"], name=op.f(f"{table}_region_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"{table}_pk")),
        comment=comment,
    )
    op.create_index(op.f(f"{table}_region_id_ix"), table, ["region_id"], unique=False)
    op.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM wangge_app, wangge_worker")


# What is known now and what was known before, as one relation over both times.
CODES_KNOWN = """
CREATE VIEW region_code_known AS
SELECT region_id, scheme, code, valid, tstzrange(known_from, NULL) AS known FROM region_code
UNION ALL SELECT region_id, scheme, code, valid, known FROM region_code_past
"""
NAMES_KNOWN = """
CREATE VIEW region_name_known AS
SELECT region_id, lang, kind, name, valid, tstzrange(known_from, NULL) AS known FROM region_name
UNION ALL SELECT region_id, lang, kind, name, valid, known FROM region_name_past
"""


def upgrade() -> None:
    add_known_from("region_code")
    add_known_from("region_name")
    add_past(
        "code",
        sa.Column("scheme", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(collation="C"), nullable=False),
        comment="曾知代码: what was known of codes until something else became known",
    )
    op.create_index("region_code_past_code_ix", "region_code_past", ["code"], unique=False)
    add_past(
        "name",
        sa.Column("lang", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        comment="曾知名称: what was known of names until something else became known",
    )
    op.execute(CODES_KNOWN)
    op.execute(NAMES_KNOWN)


def downgrade() -> None:
    op.execute("DROP VIEW region_code_known, region_name_known")
    op.drop_table("region_name_past")
    op.drop_table("region_code_past")
    op.drop_column("region_name", "known_from")
    op.drop_column("region_code", "known_from")
