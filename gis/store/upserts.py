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
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    table,
    text,
    update,
)

from gis.store.database import analyze_temporary, copy_rows, drop_temporary

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import (
        ColumnElement,
        Connection,
        Select,
        Table,
        TableClause,
        TableValuedAlias,
    )


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
    *,
    keep_known: bool = False,
) -> Changes:
    """Write lines of (code, *columns) into `target`; columns that aren't named are left alone.

    Codes occur once. Shapes are given as EWKB in hexadecimal. A new row needs every column that
    has no default. With `keep_known` a None changes nothing; in a new row, where a column needs
    something, it is "" or 0, and the name is the code.
    """
    staged = _stage(connection, target, ("code", *columns), lines)
    given: dict[str, ColumnElement[Any]] = {name: staged.c[name] for name in columns}
    new_row: list[ColumnElement[Any]] = [staged.c.code, *given.values()]
    if keep_known:
        new_row = [staged.c.code, *(_or_nothing(staged, name, target) for name in columns)]
        given = {name: func.coalesce(one, target.c[name]) for name, one in given.items()}
    differs = or_(*(one.is_distinct_from(target.c[name]) for name, one in given.items()))
    total = connection.execute(select(func.count()).select_from(staged)).scalar_one()
    matches = target.c.code == staged.c.code
    codes: list[str] = []
    if connection.execute(select(exists().where(matches))).scalar_one():
        change = update(target).values(given).where(matches, differs).returning(target.c.code)
        codes = sorted(connection.execute(change).scalars())
        connection.execute(delete(staged).where(matches))
    new = _insert_all(connection, target, ["code", *columns], select(*new_row))
    return Changes(tuple(new), tuple(codes), total - len(new) - len(codes))


def _insert_all(
    connection: Connection, target: Table, columns: list[str], rows: Select[Any]
) -> list[str]:
    """Insert what is left of the stage, none of whose codes the table has; their codes in order.

    A statement that looks for codes in the table it fills may be planned for the table as it was,
    empty, and then reads all that it has written for each row that it writes: 20,000 rows took
    twenty times as long as they should.
    """
    added = connection.execute(insert(target).from_select(columns, rows).returning(target.c.code))
    return sorted(added.scalars())


def _or_nothing(staged: TableClause, name: str, target: Table) -> ColumnElement[Any]:
    given: ColumnElement[Any] = staged.c[name]
    if target.c[name].nullable:
        return given
    if name == "name":
        return func.coalesce(given, staged.c.code)
    return func.coalesce(given, "" if isinstance(target.c[name].type, Text) else 0)


def _stage(
    connection: Connection, target: Table, columns: Sequence[str], lines: Iterable[tuple[Any, ...]]
) -> TableClause:
    """A temporary table with some of the target's columns, gone at the end of the transaction."""
    name = f"staged_{target.name}"
    drop_temporary(connection, name)
    pattern = select(*(text(one) for one in columns)).select_from(target).where(text("false"))
    connection.execute(text(f"CREATE TEMPORARY TABLE {name} ON COMMIT DROP AS {pattern}"))
    copy_rows(connection, name, tuple(columns), lines)
    analyze_temporary(connection, name)
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
