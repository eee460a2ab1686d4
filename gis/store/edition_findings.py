"""What was found of an edition: what it changes, what would stop it, who accepted that and why."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select, text, update

from gis.editions import Before, Change, fault_key
from gis.model import Fault, FaultKind
from gis.store.database import copy_rows, query, rows
from gis.store.editions import shape_of
from gis.store.tables.accounts import account
from gis.store.tables.editions import edition_change, edition_fault
from gis.store.tables.regions import edition

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import date, datetime

    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class KeptFault:
    """A fault of an edition and, once accepted, by whom, why and when."""

    id: int
    key: str
    fault: Fault
    accepted_by: str | None
    why: str | None
    accepted_at: datetime | None


def staged_changes(connection: Connection, valid_from: date) -> list[Before]:
    """What the staged rows change, by code."""
    return [
        Before(
            first=row.change,
            code=row.code,
            code_before=row.code_before,
            name_before=row.name_before,
            name_after=row.name_after,
            parent_before=row.parent_before,
            parent_after=row.parent_after,
            moved=row.moved,
            shape=shape_of(row.geom_before),
        )
        for row in rows(connection, "edition_changes", valid_from=valid_from)
    ]


def keep_judgement(
    connection: Connection,
    edition_id: int,
    changes: Iterable[Change],
    faults: Iterable[Fault],
    version: int,
) -> None:
    """Keep what was found of an edition against the boundary state `version`.

    Of the faults those that would stop it; accepted ones stay as they were accepted.
    """
    connection.execute(query("edition_forget"), {"edition_id": edition_id})
    columns = tuple(one.name for one in edition_change.columns if one.name != "id")
    copy_rows(
        connection,
        "edition_change",
        columns,
        ((edition_id, c.code, list(c.changes), *astuple(c)[2:]) for c in changes),
    )
    stopping = {fault_key(fault): fault for fault in faults if not fault.tolerated}
    known = set(
        connection.execute(
            select(edition_fault.c.key).where(edition_fault.c.edition_id == edition_id)
        ).scalars()
    )
    fresh = [_fault_row(edition_id, k, f) for k, f in stopping.items() if k not in known]
    if fresh:
        connection.execute(insert(edition_fault), fresh)
    connection.execute(
        update(edition).where(edition.c.id == edition_id).values(judged_version=version)
    )


def _fault_row(edition_id: int, key: str, fault: Fault) -> dict[str, Any]:
    return {
        "edition_id": edition_id,
        "key": key,
        "kind": fault.kind.value,
        "codes": list(fault.codes),
        "rows": list(fault.rows),
        "lon": fault.lon,
        "lat": fault.lat,
        "m2": fault.m2,
        "detail": fault.detail,
    }


def kept_faults(
    connection: Connection, edition_id: int, *, after: int = 0, most: int | None = None
) -> list[KeptFault]:
    """The faults of an edition that would stop it, accepted ones too, as they were found."""
    found = connection.execute(
        select(edition_fault, account.c.name.label("accepted_name"))
        .outerjoin(account, account.c.id == edition_fault.c.accepted_by)
        .where(edition_fault.c.edition_id == edition_id, edition_fault.c.id > after)
        .order_by(edition_fault.c.id)
        .limit(most)
    )
    return [
        KeptFault(
            row.id,
            row.key,
            Fault(
                FaultKind(row.kind),
                tuple(row.codes),
                tuple(row.rows),
                row.lon,
                row.lat,
                row.m2,
                row.detail,
            ),
            row.accepted_name,
            row.why,
            row.accepted_at,
        )
        for row in found
    ]


def open_fault_count(connection: Connection, edition_id: int) -> int:
    """How many faults of an edition nobody has accepted yet."""
    return int(
        connection.execute(
            select(func.count()).where(
                edition_fault.c.edition_id == edition_id, edition_fault.c.accepted_at.is_(None)
            )
        ).scalar_one()
    )


def accept(
    connection: Connection,
    edition_id: int,
    keys: Sequence[str],
    account_id: int,
    why: str,
    now: datetime,
) -> None:
    """Write down who accepts which faults. Faults accepted before stay as they were."""
    connection.execute(
        update(edition_fault)
        .where(
            edition_fault.c.edition_id == edition_id,
            edition_fault.c.key.in_(keys),
            edition_fault.c.accepted_at.is_(None),
        )
        .values(accepted_by=account_id, why=why, accepted_at=now)
    )


def kept_changes(
    connection: Connection,
    edition_id: int,
    *,
    after: tuple[str, int] = ("", 0),
    most: int,
    only: Collection[int] | None = None,
) -> list[tuple[int, Change]]:
    """What an edition changes by code, with the number of each row; from `after` on. `only` these
    rows, None for all.
    """
    found = connection.execute(
        text(
            "SELECT id, code, changes, code_before, name_before, name_after, parent_before,"
            " parent_after, m2_before, m2_after, m2_gained, m2_lost FROM edition_change"
            " WHERE edition_id = :id AND (code, id) > (:code, :row)"
            " AND (CAST(:only AS bigint[]) IS NULL OR id = ANY (CAST(:only AS bigint[])))"
            " ORDER BY code, id LIMIT :most"
        ),
        {"id": edition_id, "code": after[0], "row": after[1], "most": most, "only": _ids(only)},
    )
    return [(row.id, Change(row.code, tuple(row.changes), *row[3:])) for row in found]


def change_counts(
    connection: Connection, edition_id: int, *, only: Collection[int] | None = None
) -> dict[str, int]:
    """How many regions an edition adds, moves, changes, recodes, renames, ends; `only` of these
    rows, None for all.
    """
    found = connection.execute(
        text(
            "SELECT what, count(*) AS regions FROM edition_change, unnest(changes) AS what"
            " WHERE edition_id = :id"
            " AND (CAST(:only AS bigint[]) IS NULL OR id = ANY (CAST(:only AS bigint[])))"
            " GROUP BY 1 ORDER BY 1"
        ),
        {"id": edition_id, "only": _ids(only)},
    )
    return {row.what: row.regions for row in found}


def _ids(only: Collection[int] | None) -> list[int] | None:
    return None if only is None else sorted(only)


def names_of(
    connection: Connection, edition_id: int, codes: Iterable[str]
) -> dict[str, tuple[str, str | None]]:
    """Name and parent's code of those of some regions that an edition changes, by code; not of
    unnamed ones.
    """
    found = connection.execute(
        text(
            "SELECT code, coalesce(name_after, name_before) AS name,"
            " coalesce(parent_after, parent_before) AS parent FROM edition_change"
            " WHERE edition_id = :id AND code = ANY(:codes)"
            " AND coalesce(name_after, name_before) IS NOT NULL ORDER BY id"
        ),
        {"id": edition_id, "codes": sorted(set(codes))},
    )
    return {row.code: (row.name, row.parent) for row in found}
