"""Editions: change sets over one level under one root, staged, compared and kept as drafts.

Two times are kept apart: `valid` (the days something holds) and `known` (since when we know it).
An edition speaks for the days from its own to the next edition's of the same scope. What it
changes is closed at the instant of activation and written anew, so every earlier answer can still
be given again.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import shapely
from sqlalchemy import delete, insert, select, text, update

from gis.errors import Conflict, NotFound
from gis.model import BoundaryRow
from gis.store.approvals import approval_steps
from gis.store.database import copy_rows, drop_temporary, query, times
from gis.store.grids_to_come import drop_grids_to_come
from gis.store.rehoming import NOTHING_MOVED, Rehomed
from gis.store.tables.regions import edition

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy import Connection

    from gis.model import AsOf


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
    precision_m: float = 0.0
    """How many metres off its lines may be drawn; counts in how sure a place is."""
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


def stage_draft(connection: Connection, draft: Any) -> None:
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


# ── drafts ────────────────────────────────────────────────────────────────────────────────────


def keep_draft(connection: Connection, new: NewEdition, given: Sequence[BoundaryRow]) -> int:
    """Keep an edition and its rows aside; returns its id. Raises Conflict: the name is taken.

    It needs the approvals that are asked for now, whatever becomes of the steps later.
    """
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
            precision_m=new.precision_m,
            undoes_id=new.undoes_id,
            made_by=new.made_by,
            steps=[asdict(step) for step in approval_steps(connection)],
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


def carry_precision(connection: Connection, edition_id: int, as_of: AsOf) -> None:
    """Let a kept edition, staged a moment ago, be no more exact than the shapes it goes by: those
    of the regions it changes or ends, as they stood.
    """
    connection.execute(query("edition_carry_precision"), {"edition_id": edition_id, **times(as_of)})


def drop_draft(connection: Connection, name: str) -> None:
    """Throw a draft or a scheduled edition away. What somebody approved or accepted stays on
    record, as withdrawn; otherwise nothing is left, and the name is free again.

    Raises NotFound, or Conflict for an edition that is active or withdrawn.
    """
    found = open_edition(connection, name)
    drop_grids_to_come(connection, found.id)
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


def open_edition(connection: Connection, name: str) -> Any:
    """A draft or a scheduled edition, as its row, which nobody else changes until the transaction
    ends. Raises NotFound, or Conflict.
    """
    asked = select(edition).where(edition.c.name == name).with_for_update(key_share=True)
    found = connection.execute(asked).first()
    if found is None:
        raise NotFound("error.edition_not_found", edition=name)
    if found.state not in ("draft", "scheduled"):
        raise Conflict(f"error.edition_{found.state}", edition=name)
    return found
