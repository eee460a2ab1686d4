"""An edition comes into force: written, and everything that lives in what it changed follows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import delete, select, text, update

from gis.errors import BadBoundaries, Conflict
from gis.model import BEIJING, Fault, FaultKind
from gis.store.database import drop_temporary, query, rows
from gis.store.edition_lock import (
    LOCK_PATIENCE_S,
    announce,
    boundary_version,
    hold_editions,
    take_turn,
)
from gis.store.editions import EditionScope, compare, open_edition, stage_draft
from gis.store.rehome_matters import Undone, foresee_matters
from gis.store.rehoming import rehome, rehome_places_of
from gis.store.tables.regions import boundary_state, draft_region, edition

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import Connection

    from gis.store.editions import Comparison


def activate(
    connection: Connection,
    name: str,
    now: datetime,
    *,
    clock: Callable[[], datetime] | None = None,
    judged_version: int | None = None,
    patience_s: float = LOCK_PATIENCE_S,
) -> Comparison:
    """Put a draft in force from its day on; returns what it changed.

    One activation at a time is prepared, while intake goes on: laid out, compared, written, with
    new homes for all buildings and facilities, and open matters located. Under the exclusive
    edition lock nothing is left but to move the open matters and to say that boundaries changed.

    It is known from the instant at which `clock` reads when that preparation begins, without a
    clock from `now`: `edition_lock.announce`. `judged_version` is the boundary version its faults
    were judged against: another edition may not have been activated since.

    Raises NotFound, Conflict (active or withdrawn; a lock was held longer than `patience_s`
    seconds; overtaken by another edition), BadBoundaries when regions would be left without their
    parent. The doors call `gis.workflows.change_editions.activate_edition`, which asks for
    approvals and faults first.
    """
    take_turn(connection, patience_s=patience_s)
    found = open_edition(connection, name)
    if judged_version not in (None, boundary_version(connection)):
        raise Conflict("error.edition_overtaken", edition=name)
    known_at = announce(connection, now, clock=clock, patience_s=patience_s)
    stage_draft(connection, found)
    comparison = compare(connection)
    scope = EditionScope(found.level_id, found.root_region_id, found.valid_from)
    _write(connection, found.id, scope, known_at)
    connection.execute(delete(draft_region).where(draft_region.c.edition_id == found.id))
    state = {"state": "active", "activated_at": known_at}
    connection.execute(update(edition).where(edition.c.id == found.id).values(**state))
    prepared = rehome_places_of(connection, scope, known_at)
    foreseen = foresee_matters(connection, known_at) if prepared.touched else None
    hold_editions(connection, patience_s=patience_s)
    now = known_at if clock is None else clock()
    connection.execute(
        update(boundary_state).values(version=boundary_state.c.version + 1, changed_at=known_at)
    )
    moved = rehome(connection, name, prepared, now, foreseen, _undone(connection, found.undoes_id))
    return replace(comparison, rehomed=moved)


def _undone(connection: Connection, edition_id: int | None) -> Undone | None:
    if edition_id is None:
        return None
    asked = select(edition.c.name, edition.c.activated_at).where(edition.c.id == edition_id)
    return Undone(*connection.execute(asked).one())


def _write(connection: Connection, edition_id: int, scope: EditionScope, now: datetime) -> None:
    drop_temporary(connection, "touched", "remnant")
    day = {"valid_from": scope.valid_from}
    moment = {"now": now}
    connection.execute(query("edition_new_regions"), {"level_id": scope.level_id})
    connection.execute(query("edition_touch"), day)
    _cut(connection, moment)
    connection.execute(query("edition_write_versions"), {"edition_id": edition_id, **day, **moment})
    for what, extra in (("code", {"level_id": scope.level_id}), ("name", {})):
        drop_temporary(connection, "restated")
        connection.execute(query(f"edition_restate_{what}s"), day)
        connection.execute(query(f"edition_cut_{what}s"), moment)
        connection.execute(query(f"edition_write_{what}s"), {**extra, **moment})
    drop_temporary(connection, "changed")
    connection.execute(text("CREATE TEMPORARY TABLE changed (region_id bigint) ON COMMIT DROP"))
    if _next_wave(connection, "touched"):
        _carry_paths_down(connection, moment)
    refresh_homes(connection, now)


def _cut(connection: Connection, moment: dict[str, datetime]) -> None:
    connection.execute(query("edition_cut_versions"))
    _replace_versions(connection, moment)


def _replace_versions(connection: Connection, moment: dict[str, datetime]) -> None:
    """Close the versions that stand in `remnant` and write its rows in their place."""
    connection.execute(query("edition_close_versions"), moment)
    connection.execute(query("edition_drop_versions"), moment)
    connection.execute(query("edition_keep_remnants"), moment)


def _carry_paths_down(connection: Connection, moment: dict[str, datetime]) -> None:
    """Give the regions in `wave` and those below them their ancestors of each day, level by level.

    `changed` collects all that are reached. Raises BadBoundaries before it writes when a region
    would have days without its parent.
    """
    while True:
        drop_temporary(connection, "affected", "remnant")
        connection.execute(query("edition_affected"))
        connection.execute(text("ANALYZE affected"))
        _refuse_orphans(connection)
        connection.execute(query("edition_carry_paths"))
        _replace_versions(connection, moment)
        if not _next_wave(connection, "remnant"):
            return


def _next_wave(connection: Connection, source: str) -> bool:
    """Lay out the regions of a temporary table as the next wave; False when there are none."""
    drop_temporary(connection, "wave")
    made = "CREATE TEMPORARY TABLE wave ON COMMIT DROP AS SELECT DISTINCT region_id FROM "
    wave = made + source  # a name of our own, never from outside
    found = connection.execute(text(wave)).rowcount
    connection.execute(text("ANALYZE wave"))
    connection.execute(text("INSERT INTO changed SELECT region_id FROM wave"))
    return found > 0


def _refuse_orphans(connection: Connection) -> None:
    orphans = rows(connection, "edition_orphans")
    if orphans:
        kind = FaultKind.LEFT_WITHOUT_PARENT
        raise BadBoundaries([Fault(kind, codes=(o.code or "", o.parent_code)) for o in orphans])


def refresh_homes(connection: Connection, now: datetime) -> None:
    """Set `home_path`, the key of scope, of the regions in `changed` to where they stand today."""
    today = now.astimezone(BEIJING).date()
    connection.execute(query("regions_refresh_home"), {"today": today})
