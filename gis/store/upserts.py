"""Bring many rows to a table by their codes: new ones come in, changed ones are changed.

Rows are staged with COPY, compared by the database, and written by two statements, so that a
hundred thousand cost seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Text,
    bindparam,
    column,
    exists,
    func,
    insert,
    or_,
    select,
    table,
    text,
    update,
)

from gis.store.database import copy_rows, drop_temporary

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection, Table, TableClause, TableValuedAlias


@dataclass(frozen=True, slots=True)
class Changes:
    """The codes of new rows and of changed ones, each in order; how many stayed as they were."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    unchanged: int


def upsert(
    connection: Connection,
    target: Table,
    columns: Sequence[str],
    lines: Iterable[tuple[Any, ...]],
) -> Changes:
    """Write lines of (code, *columns) into `target`; columns that aren't named are left alone.

    Codes occur once. Shapes are given as EWKB in hexadecimal. A new row needs every column that
    has no default.
    """
    staged = _stage(connection, target, ("code", *columns), lines)
    differs = or_(*(staged.c[name].is_distinct_from(target.c[name]) for name in columns))
    changed = connection.execute(
        update(target)
        .values({name: staged.c[name] for name in columns})
        .where(target.c.code == staged.c.code, differs)
        .returning(target.c.code)
    ).scalars()
    codes = sorted(changed)
    known = exists().where(target.c.code == staged.c.code)
    added = connection.execute(
        insert(target)
        .from_select(["code", *columns], select(*staged.c).where(~known))
        .returning(target.c.code)
    ).scalars()
    new = sorted(added)
    total = connection.execute(select(func.count()).select_from(staged)).scalar_one()
    return Changes(tuple(new), tuple(codes), total - len(new) - len(codes))


def _stage(
    connection: Connection, target: Table, columns: Sequence[str], lines: Iterable[tuple[Any, ...]]
) -> TableClause:
    """A temporary table with some of the target's columns, gone at the end of the transaction."""
    name = f"staged_{target.name}"
    drop_temporary(connection, name)
    pattern = select(*(text(one) for one in columns)).select_from(target).where(text("false"))
    connection.execute(text(f"CREATE TEMPORARY TABLE {name} ON COMMIT DROP AS {pattern}"))
    copy_rows(connection, name, tuple(columns), lines)
    connection.execute(text(f"ANALYZE {name}"))
    return table(name, *(column(one) for one in columns))


def ids_by_code(connection: Connection, target: Table, codes: Iterable[str]) -> dict[str, int]:
    """The ids of those codes that the table has."""
    wanted = listed(codes, Text)
    found = connection.execute(
        select(target.c.code, target.c.id).join(wanted, wanted.c.one == target.c.code)
    )
    return {row.code: row.id for row in found}


def listed(values: Iterable[Any], kind: type[Text] | type[BigInteger]) -> TableValuedAlias:
    """Values as a table with the one column `one`, each once: to be joined, however many."""
    given = bindparam(None, list(set(values)), type_=ARRAY(kind))
    return func.unnest(given).table_valued("one").render_derived()
