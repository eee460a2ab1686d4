"""Who may know of which edition, and how much of it?

What is in force is everybody's. A draft told to everybody is rumour: a reader learns of it only
where it concerns the own regions, and then only what it changes there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gis.store.database import rows
from gis.store.editions import EditionRow
from gis.store.scope import scope_values

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from gis.accounts import Scope


def editions_seen(
    connection: Connection,
    account_id: int,
    scope: Scope,
    *,
    edition_id: int | None = None,
    before: int | None = None,
    state: str | None = None,
    most: int | None = None,
) -> list[tuple[EditionRow, bool]]:
    """Editions an account may know of, the one kept last first, and whether it may see the whole.

    `scope`: where it reads editions. `before`: those with a lower id.
    """
    found = rows(
        connection,
        "editions_seen",
        **scope_values(scope),
        account_id=account_id,
        id=edition_id,
        before=before,
        state=state,
        most=most,
    )
    return [
        (
            EditionRow(
                row.id,
                row.name,
                row.level,
                row.source,
                row.state,
                row.valid_from,
                row.activated_at,
            ),
            row.whole,
        )
        for row in found
    ]


def changes_in_scope(connection: Connection, edition_id: int, scope: Scope) -> dict[int, str]:
    """The changes of an edition that lie within a scope: the codes of their regions by row."""
    ids = sorted(scope.region_ids)
    found = rows(connection, "edition_changes_in_scope", edition_id=edition_id, scope_ids=ids)
    return {row.id: row.code for row in found}
