"""Alembic's door: connects as the owner, takes one migration at a time, says what it does."""

from __future__ import annotations

from alembic import context
from geoalchemy2 import alembic_helpers
from sqlalchemy import Connection, text

from gis.store.database import connect_engine
from gis.store.tables import accounts, regions, shapes
from gis.store.tables.base import metadata

TABLES = (accounts, regions, shapes)  # imported so that `metadata` knows them all
MIGRATION_LOCK = 0x77616E67  # "wang": two migrations at once would trip over each other


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        include_object=alembic_helpers.include_object,
        process_revision_directives=alembic_helpers.writer,
        render_item=alembic_helpers.render_item,
        compare_type=True,
    )
    with context.begin_transaction():
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    engine = connect_engine(context.config.get_main_option("sqlalchemy.url") or "", pool_size=1)
    with engine.connect() as own:
        run(own)
    engine.dispose()
