"""Editions: change sets over one level under one root, staged, compared and activated.

Two times are kept apart: `valid` (the days something holds) and `known` (since when we know it).
An edition speaks for the days from its own to the next edition's of the same scope. What it
changes is closed at the instant of activation and written anew, so every earlier answer can still
be given again.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import shapely
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.exc import OperationalError

from gis.errors import BadBoundaries, Conflict, NotFound
from gis.model import BEIJING, BoundaryRow, Fault, FaultKind
from gis.store.database import copy_rows, drop_temporary, query, rows
from gis.store.rehoming import NOTHING_MOVED, Rehomed, rehome
from gis.store.tables.regions import boundary_state, draft_region, edition

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy import Connection

LOCK_PATIENCE_S = 10.0
LOCK_NOT_AVAILABLE = "55P03"  # PostgreSQL's state code
EDITION_LOCK = 0x6564  # "ed": activation holds it alone, intake shares it (intake_begin.sql)


@dataclass(frozen=True, slots=True)
class EditionScope:
    """What an edition speaks for: one level, under one root region or everywhere, from one day."""

    level_id: int
    root_id: int | None
    valid_from: date


@dataclass(frozen=True, slots=True)
class NewEdition:
    """An edition about to be kept; `source` and `sha256` say where its rows came from."""

    name: str
    scope: EditionScope
    source: str
    sha256: str
    crs: str
    complete: bool = False
    """It states everything: a shape, name or parent that a row lacks is none, not as it was."""
    tolerance_m2: float = 1.0
    undoes_id: int | None = None
    made_by: int | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What an edition would do to the regions in force on its day, by code; once it is activated,
    what moved with them.
    """

    added: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    renamed: tuple[str, ...] = ()
    recoded: tuple[str, ...] = ()
    ended: tuple[str, ...] = ()
    unchanged: int = 0
    rehomed: Rehomed = NOTHING_MOVED


@dataclass(frozen=True, slots=True)
class EditionRow:
    """One edition as lists show it."""

    id: int
    name: str
    level: str
    source: str
    state: str
    valid_from: date
    activated_at: datetime | None


def hold_editions(connection: Connection, *, patience_s: float | None = None) -> None:
    """Keep every other activation and all intake out until this transaction ends.

    With `patience_s`, neither this nor any later lock of the transaction is waited for any longer.
    Raises Conflict when somebody else holds it that long.
    """
    if patience_s is not None:
        patience = f"{round(patience_s * 1000)}ms"
        connection.execute(select(func.set_config("lock_timeout", patience, True)))
    try:
        connection.execute(select(func.pg_advisory_xact_lock(EDITION_LOCK)))
    except OperationalError as late:
        if getattr(late.orig, "sqlstate", None) != LOCK_NOT_AVAILABLE:
            raise
        raise Conflict("error.editions_held", seconds=round(patience_s or 0)) from None


def share_editions(connection: Connection) -> None:
    """Keep every activation out until this transaction ends, beside others who do the same.

    Call it before any row is held: an activation that waits for the row would wait for ever.
    """
    connection.execute(select(func.pg_advisory_xact_lock_shared(EDITION_LOCK)))


# ── staging and comparing: temporary tables only, nothing is written ──────────────────────────


def stage(
    connection: Connection,
    given: Sequence[BoundaryRow],
    scope: EditionScope,
    *,
    complete: bool = False,
) -> None:
    """Lay rows out in the table `incoming` and find the regions, parents and changes they mean.

    What the rows don't state stays as it is, unless they are `complete`.
    """
    drop_temporary(connection, "incoming", "ending")
    connection.execute(query("edition_stage"))
    columns = ("row", "code", "name", "parent_code", "shape_sha256", "region_id")
    lines = (
        (one.row, one.code, one.name, one.parent_code or None, shape_key(one.shape), one.region_id)
        for one in given
    )
    copy_rows(connection, "incoming", columns, lines)
    stated = any(one.parent_code for one in given)
    _resolve(connection, scope, states_parent=stated, complete=complete)


def _resolve(
    connection: Connection, scope: EditionScope, *, states_parent: bool, complete: bool
) -> None:
    where = {"level_id": scope.level_id, "valid_from": scope.valid_from}
    day = {"valid_from": scope.valid_from}
    connection.execute(text("ANALYZE incoming"))
    connection.execute(query("edition_find_regions"), where)
    connection.execute(query("edition_find_parents"), where)
    if not complete:
        connection.execute(query("edition_keep_unstated"), {**day, "states_parent": states_parent})
    connection.execute(query("edition_find_paths"), where)
    connection.execute(query("edition_mark_changes"), day)
    ending = "CREATE TEMPORARY TABLE ending ON COMMIT DROP AS " + query("edition_find_ending").text
    connection.execute(text(ending), {**where, "root_id": scope.root_id})


def compare(connection: Connection) -> Comparison:
    """What the staged rows would change, as codes in order."""
    found = connection.execute(
        text('SELECT change, array_agg(code ORDER BY code COLLATE "C") FROM incoming GROUP BY 1')
    )
    by_change = {row[0]: row[1] for row in found}
    ended = connection.execute(text('SELECT code FROM ending ORDER BY code COLLATE "C"')).scalars()
    return Comparison(
        added=tuple(by_change.get("added", ())),
        moved=tuple(by_change.get("moved", ())),
        changed=tuple(by_change.get("changed", ())),
        renamed=tuple(by_change.get("renamed", ())),
        recoded=tuple(by_change.get("recoded", ())),
        ended=tuple(ended),
        unchanged=len(by_change.get(None, ())),
    )


def staged_outside_root(connection: Connection, root_id: int) -> list[tuple[int, str]]:
    """Staged rows that don't lie under the root the edition speaks for: (row, code)."""
    found = connection.execute(
        text("SELECT row, code FROM incoming WHERE NOT :root = ANY (path) ORDER BY row"),
        {"root": root_id},
    )
    return [(row, code) for row, code in found]


# ── drafts ────────────────────────────────────────────────────────────────────────────────────


def keep_draft(connection: Connection, new: NewEdition, given: Sequence[BoundaryRow]) -> int:
    """Keep an edition and its rows aside; returns its id. Raises Conflict: the name is taken."""
    taken = connection.execute(select(edition.c.id).where(edition.c.name == new.name)).first()
    if taken:
        raise Conflict("error.edition_exists", edition=new.name)
    edition_id = connection.execute(
        insert(edition)
        .values(
            name=new.name,
            root_region_id=new.scope.root_id,
            level_id=new.scope.level_id,
            source=new.source,
            sha256=new.sha256,
            crs=new.crs,
            state="draft",
            valid_from=new.scope.valid_from,
            complete=new.complete,
            tolerance_m2=new.tolerance_m2,
            undoes_id=new.undoes_id,
            made_by=new.made_by,
        )
        .returning(edition.c.id)
    ).scalar_one()
    shape_ids = _keep_shapes(connection, given)
    lines = (
        (
            edition_id,
            r.code,
            r.row,
            r.name,
            r.parent_code or None,
            shape_ids.get(shape_key(r.shape)),
            r.region_id,
        )
        for r in given
    )
    columns = ("edition_id", "code", "row", "name", "parent_code", "shape_id", "region_id")
    copy_rows(connection, "draft_region", columns, lines)
    return int(edition_id)


def drop_draft(connection: Connection, name: str) -> None:
    """Throw a draft or a scheduled edition away. What somebody approved or accepted stays on
    record, as withdrawn; otherwise nothing is left, and the name is free again.

    Raises NotFound, or Conflict for an edition that is active or withdrawn.
    """
    found = _open_edition(connection, name)
    connection.execute(delete(draft_region).where(draft_region.c.edition_id == found.id))
    connection.execute(query("edition_forget"), {"edition_id": found.id})
    if connection.execute(query("edition_is_on_record"), {"edition_id": found.id}).scalar():
        connection.execute(
            update(edition).where(edition.c.id == found.id).values(state="withdrawn")
        )
        return
    connection.execute(delete(edition).where(edition.c.id == found.id))


def _keep_shapes(connection: Connection, given: Sequence[BoundaryRow]) -> dict[bytes | None, int]:
    """Write the shapes nobody kept before; the ids of all of them by their key."""
    drop_temporary(connection, "new_shape")
    connection.execute(
        text("CREATE TEMPORARY TABLE new_shape (sha256 bytea, geom geometry) ON COMMIT DROP")
    )
    unique = {shape_key(one.shape): one.shape for one in given if one.shape is not None}
    lines = ((key, shapely.to_wkb(_normal(one), hex=True)) for key, one in unique.items())
    copy_rows(connection, "new_shape", ("sha256", "geom"), lines)
    connection.execute(
        text(
            "INSERT INTO shape (sha256, geom) SELECT sha256, ST_SetSRID(geom, 4490) FROM new_shape"
            " ORDER BY geom ON CONFLICT (sha256) DO NOTHING"
        )
    )
    found = connection.execute(
        text("SELECT s.sha256, s.id FROM shape s JOIN new_shape n ON n.sha256 = s.sha256")
    )
    return {bytes(key): number for key, number in found}


def shape_key(given: shapely.MultiPolygon | None) -> bytes | None:
    """SHA-256 of a shape in its normal form: from whichever corner it was drawn."""
    return None if given is None else hashlib.sha256(shapely.to_wkb(_normal(given))).digest()


def shape_of(wkb: bytes | None) -> shapely.MultiPolygon | None:
    """A shape as the database keeps it."""
    if wkb is None:
        return None
    shape = shapely.from_wkb(bytes(wkb))
    assert isinstance(shape, shapely.MultiPolygon), "the column holds nothing else"
    return shape


def _normal(given: shapely.MultiPolygon) -> shapely.MultiPolygon:
    made: shapely.MultiPolygon = shapely.normalize(given)
    return made


# ── activation ────────────────────────────────────────────────────────────────────────────────


def activate(
    connection: Connection,
    name: str,
    now: datetime,
    *,
    judged_version: int | None = None,
    patience_s: float = LOCK_PATIENCE_S,
) -> Comparison:
    """Put a draft in force from its day on; returns what it changed.

    It is laid out and compared before the exclusive edition lock is taken, and once more under it
    when another edition was activated in between. `judged_version` is the boundary version its
    faults were judged against: then nothing may have been.

    Raises NotFound, Conflict (active or withdrawn; the lock was held longer than `patience_s`
    seconds; overtaken by another edition), BadBoundaries when regions would be left without their
    parent. The doors call `gis.workflows.change_editions.activate_edition`, which asks for
    approvals and faults first.
    """
    version = boundary_version(connection)
    _stage_draft(connection, _open_edition(connection, name))
    hold_editions(connection, patience_s=patience_s)
    found = _open_edition(connection, name)  # somebody may have activated or dropped it just now
    if boundary_version(connection) != (version if judged_version is None else judged_version):
        if judged_version is not None:
            raise Conflict("error.edition_overtaken", edition=name)
        _stage_draft(connection, found)
    comparison = compare(connection)
    scope = EditionScope(found.level_id, found.root_region_id, found.valid_from)
    _write(connection, found.id, scope, now)
    connection.execute(delete(draft_region).where(draft_region.c.edition_id == found.id))
    connection.execute(
        update(edition).where(edition.c.id == found.id).values(state="active", activated_at=now)
    )
    connection.execute(
        update(boundary_state).values(version=boundary_state.c.version + 1, changed_at=now)
    )
    return replace(
        comparison, rehomed=rehome(connection, name, scope.level_id, scope.valid_from, now)
    )


def _stage_draft(connection: Connection, draft: Any) -> None:
    """Lay a kept draft (a row of `edition`) out and find what it means."""
    drop_temporary(connection, "incoming", "ending")
    connection.execute(query("edition_stage"))
    connection.execute(
        text(
            "INSERT INTO incoming (row, code, name, parent_code, shape_sha256, region_id)"
            " SELECT d.row, d.code, d.name, d.parent_code, s.sha256, d.region_id"
            " FROM draft_region d LEFT JOIN shape s ON s.id = d.shape_id WHERE d.edition_id = :id"
        ),
        {"id": draft.id},
    )
    states = text("SELECT EXISTS (SELECT FROM incoming WHERE parent_code IS NOT NULL)")
    _resolve(
        connection,
        EditionScope(draft.level_id, draft.root_region_id, draft.valid_from),
        states_parent=bool(connection.execute(states).scalar()),
        complete=draft.complete,
    )


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


# ── lists ─────────────────────────────────────────────────────────────────────────────────────


def all_editions(connection: Connection) -> list[EditionRow]:
    """Every edition, the newest day first."""
    found = editions_before(connection, None, most=None)
    return sorted(found, key=lambda one: (one.valid_from, one.id), reverse=True)


def editions_before(
    connection: Connection, before: int | None, *, state: str | None = None, most: int | None
) -> list[EditionRow]:
    """At most `most` editions, the one kept last first; `before`: those with a lower id."""
    found = connection.execute(
        text(
            "SELECT e.id, e.name, l.code, e.source, e.state, e.valid_from, e.activated_at"
            " FROM edition e JOIN level l ON l.id = e.level_id"
            " WHERE (CAST(:before AS bigint) IS NULL OR e.id < :before)"
            " AND (CAST(:state AS text) IS NULL OR e.state = :state)"
            " ORDER BY e.id DESC LIMIT :most"
        ),
        {"before": before, "state": state, "most": most},
    )
    return [EditionRow(*row) for row in found]


def boundary_version(connection: Connection) -> int:
    """The number of the boundary state; it grows with every activation."""
    return int(connection.execute(select(boundary_state.c.version)).scalar_one())


def _open_edition(connection: Connection, name: str) -> Any:
    """A draft or a scheduled edition, as its row. Raises NotFound, or Conflict."""
    found = _edition(connection, name)
    if found.state not in ("draft", "scheduled"):
        raise Conflict(f"error.edition_{found.state}", edition=name)
    return found


def _edition(connection: Connection, name: str) -> Any:
    found = connection.execute(select(edition).where(edition.c.name == name)).first()
    if found is None:
        raise NotFound("error.edition_not_found", edition=name)
    return found
