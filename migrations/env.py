"""Alembic's door: connects as the owner, takes one migration at a time, says what it does."""

from __future__ import annotations

import re
from typing import Any

from alembic import context
from geoalchemy2 import alembic_helpers
from sqlalchemy import Connection, text

from gis.store.database import connect_engine
from gis.store.tables import (
    accounts,
    addresses,
    editions,
    jobs,
    matters,
    nets,
    people,
    places,
    regions,
    shapes,
)
from gis.store.tables.base import metadata

TABLES = (
    accounts,
    addresses,
    editions,
    jobs,
    matters,
    nets,
    people,
    places,
    regions,
    shapes,
)  # imported so that `metadata` knows them all
A_MONTH = re.compile(r"_(\d{4}_\d{2}|other)$")
MIGRATION_LOCK = 0x77616E67  # "wang": two migrations at once would trip over each other


def include(thing: Any, name: str | None, kind: str, *rest: Any) -> bool:
    """The months of a table kept by month belong to it; `tables` knows nothing of them."""
    if kind == "table" and name is not None and A_MONTH.search(name):
        return False
    judged: bool = alembic_helpers.include_object(thing, name, kind, *rest)  # type: ignore[no-untyped-call]
    return judged


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        include_object=include,
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
