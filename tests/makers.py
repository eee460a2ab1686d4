"""Put things in place for a test in one line."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime

from sqlalchemy import Connection

from gis.model import AsOf, BoundaryRow
from gis.store import editions, levels
from gis.store.activation import activate
from gis.store.editions import Comparison, EditionScope, NewEdition

LONG_AGO = date(2020, 1, 1)
NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
TODAY = AsOf.at(NOW)


def keep(
    connection: Connection,
    rows: Sequence[BoundaryRow],
    *,
    level: str = "grid",
    edition: str = "first",
    valid_from: date = LONG_AGO,
    now: datetime = NOW,
    root_id: int | None = None,
) -> Comparison:
    """Keep rows as an edition and activate it."""
    scope = EditionScope(levels.level_of(connection, level).id, root_id, valid_from)
    editions.keep_draft(connection, NewEdition(edition, scope, "a test", "0", "EPSG:4490"), rows)
    return activate(connection, edition, now)
