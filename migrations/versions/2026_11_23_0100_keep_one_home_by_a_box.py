"""keep one home by a box of both times"""

from __future__ import annotations

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

BOX = (
    "(box("
    "point(coalesce(CAST(lower(valid) - date '2000-01-01' AS float8), '-Infinity'),"
    " coalesce(round(date_part('epoch', timezone('UTC', lower(known))) * 1e6)"
    " + CAST(NOT lower_inc(known) AS integer), '-Infinity')),"
    " point(coalesce(CAST(upper(valid) - date '2000-01-01' AS float8) - 1, 'Infinity'),"
    " coalesce(round(date_part('epoch', timezone('UTC', upper(known))) * 1e6)"
    " - CAST(NOT upper_inc(known) AS integer), 'Infinity'))))"
)


def keep_one_home(times: str) -> None:
    op.execute("ALTER TABLE place_home DROP CONSTRAINT place_home_one_excl")
    op.execute(
        "ALTER TABLE place_home ADD CONSTRAINT place_home_one_excl EXCLUDE USING gist"
        f" (object_id WITH =, kind WITH =, {times})"
    )


def upgrade() -> None:
    """Days and microseconds as whole numbers: two homes overlap where their boxes do, and to keep
    boxes in an index costs half of what ranges cost.
    """
    keep_one_home(f"{BOX} WITH &&")


def downgrade() -> None:
    keep_one_home("valid WITH &&, known WITH &&")
