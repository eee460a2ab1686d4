"""Where does an edition stand, what does it state, and when is its turn?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select, text, update

from gis.editions import EditionState
from gis.errors import NotFound
from gis.model import BoundaryRow
from gis.store.database import rows, times
from gis.store.editions import shape_of
from gis.store.tables.regions import boundary_state, edition, level

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy import Connection

    from gis.errors import Value
    from gis.model import AsOf


@dataclass(frozen=True, slots=True)
class EditionFacts:
    """One edition with all that says where it stands.

    `judged` is true when its changes and faults were told against the boundaries as they are now.
    `made_by` is the account that proposed it, None for an import at the command line.
    `failure` is the key and the values of why its last activation failed.
    """

    id: int
    name: str
    level: str
    level_id: int
    root_id: int | None
    source: str
    state: EditionState
    valid_from: date
    created_at: datetime
    activated_at: datetime | None
    tolerance_m2: float
    complete: bool
    judged_version: int | None
    judged: bool
    undoes: str | None
    made_by: int | None
    failure: tuple[str, dict[str, Value]] | None


def facts_of(
    connection: Connection, *, name: str | None = None, edition_id: int | None = None
) -> EditionFacts:
    """One edition, by name or by id. Raises NotFound."""
    undone = edition.alias("undone")
    found = connection.execute(
        select(
            edition.c.id,
            edition.c.name,
            level.c.code,
            edition.c.level_id,
            edition.c.root_region_id,
            edition.c.source,
            edition.c.state,
            edition.c.valid_from,
            edition.c.created_at,
            edition.c.activated_at,
            edition.c.tolerance_m2,
            edition.c.complete,
            edition.c.judged_version,
            func.coalesce(edition.c.judged_version == boundary_state.c.version, False),
            undone.c.name,
            edition.c.made_by,
            edition.c.failure,
        )
        .join(level, level.c.id == edition.c.level_id)
        .join(boundary_state, boundary_state.c.one_row)
        .outerjoin(undone, undone.c.id == edition.c.undoes_id)
        .where(edition.c.name == name if edition_id is None else edition.c.id == edition_id)
    ).one_or_none()
    if found is None:
        raise NotFound("error.edition_not_found", edition=name or str(edition_id))
    said = found.failure
    failure = (said["key"], said["values"]) if said else None
    columns = list(found)
    columns[6], columns[-1] = EditionState(found.state), failure
    return EditionFacts(*columns)


@dataclass(frozen=True, slots=True)
class Root:
    """The region an edition speaks for, by its last code and name."""

    level: str
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class About:
    """What an edition speaks for (None: its whole level), who proposed it, what it undoes."""

    root: Root | None
    author: str | None
    undoes: str | None


def about(connection: Connection, ids: Sequence[int]) -> dict[int, About]:
    """What lists say of editions beside their rows, by id."""
    return {
        row.id: About(
            Root(row.root_level, row.root_code or "", row.root_name or row.root_code or "")
            if row.root_level
            else None,
            row.author,
            row.undoes,
        )
        for row in rows(connection, "edition_about", ids=list(ids))
    }


def lock_edition(connection: Connection, edition_id: int) -> None:
    """Let nobody else change this edition until the transaction ends."""
    connection.execute(select(edition.c.id).where(edition.c.id == edition_id).with_for_update())


def beside(
    connection: Connection, edition_id: int
) -> list[tuple[str, EditionState, datetime | None]]:
    """Other editions of the same level on the same subtree, above or below it, by id: name, state,
    when it was activated.
    """
    found = rows(connection, "edition_beside", edition_id=edition_id)
    return [(row.name, EditionState(row.state), row.activated_at) for row in found]


def change_day(connection: Connection, edition_id: int, day: date) -> None:
    """Let an edition hold from another day; it has to be judged anew."""
    connection.execute(
        update(edition)
        .where(edition.c.id == edition_id)
        .values(valid_from=day, judged_version=None)
    )


# ---- schedule -----------------------------------------------------------------------------------


def schedule(connection: Connection, edition_id: int, now: datetime) -> None:
    """From now on an edition comes into force on its day by itself."""
    connection.execute(
        update(edition)
        .where(edition.c.id == edition_id)
        .values(state="scheduled", scheduled_at=now, tried_at=None, failure=None)
    )


def next_due(connection: Connection, today: date, now: datetime) -> int | None:
    """The scheduled edition whose day has come first and that wasn't tried at `now` yet."""
    return connection.execute(
        select(edition.c.id)
        .where(
            edition.c.state == "scheduled",
            edition.c.valid_from <= today,
            edition.c.tried_at.is_distinct_from(now),
        )
        .order_by(edition.c.valid_from, edition.c.scheduled_at, edition.c.id)
        .limit(1)
    ).scalar_one_or_none()


def next_unjudged(connection: Connection) -> int | None:
    """The oldest open edition that wasn't judged against the boundaries as they are now."""
    return connection.execute(
        select(edition.c.id)
        .where(
            edition.c.state.in_(("draft", "scheduled")),
            edition.c.judged_version.is_distinct_from(
                select(boundary_state.c.version).scalar_subquery()
            ),
        )
        .order_by(edition.c.id)
        .limit(1)
    ).scalar_one_or_none()


def note_failure(
    connection: Connection, edition_id: int, key: str, values: dict[str, Value], now: datetime
) -> None:
    """Write down why an edition could not be activated."""
    connection.execute(
        update(edition)
        .where(edition.c.id == edition_id)
        .values(tried_at=now, failure={"key": key, "values": values})
    )


# ---- rows ---------------------------------------------------------------------------------------


def draft_rows(connection: Connection, edition_id: int) -> list[BoundaryRow]:
    """What a draft states, row by row."""
    found = connection.execute(
        text(
            "SELECT d.row, d.code, d.name, d.parent_code, ST_AsBinary(s.geom) AS geom, d.region_id"
            " FROM draft_region d LEFT JOIN shape s ON s.id = d.shape_id"
            " WHERE d.edition_id = :id ORDER BY d.row"
        ),
        {"id": edition_id},
    )
    return [
        BoundaryRow(r.row, r.code, r.name, r.parent_code, shape_of(r.geom), r.region_id)
        for r in found
    ]


def rows_of_scope(
    connection: Connection, level_id: int, root_id: int | None, as_of: AsOf
) -> list[BoundaryRow]:
    """The regions of a level under a root (None: all) as they stood, numbered by code.

    Parents go by the code they bear on the day as it is known now.
    """
    found = rows(connection, "regions_of_scope", level_id=level_id, root_id=root_id, **times(as_of))
    return [
        BoundaryRow(number, r.code, r.name, r.parent_code, shape_of(r.geom), r.region_id)
        for number, r in enumerate(found, start=1)
    ]
