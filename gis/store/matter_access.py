"""Who opened a contact or a complaint about people? Written down once, read by the auditor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import insert, literal, select

from gis.store.matter_sight import lies_within
from gis.store.tables.accounts import account
from gis.store.tables.matters import matter, matter_access

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from gis.accounts import Scope


@dataclass(frozen=True, slots=True)
class AccessRow:
    """One opening. `no` is all that is told of the matter."""

    id: int
    no: str
    login: str
    name: str
    what: str
    recorded_at: datetime


def note_access(
    connection: Connection, matter_id: int, account_id: int, what: str, now: datetime
) -> None:
    """Write down that somebody opened something; nobody may change it afterwards."""
    connection.execute(
        insert(matter_access).values(
            matter_id=matter_id, account_id=account_id, what=what, recorded_at=literal(now)
        )
    )


def list_accesses(
    connection: Connection,
    scope: Scope,
    *,
    no: str | None = None,
    before: int | None = None,
    most: int,
) -> list[AccessRow]:
    """Openings of matters in the scope, newest first, older than line `before`.

    Complaints about people are among them: that somebody read one is what the auditor must see.
    """
    line = matter_access.c
    statement = (
        select(line.id, matter.c.no, account.c.login, account.c.name, line.what, line.recorded_at)
        .join(matter, matter.c.id == line.matter_id)
        .join(account, account.c.id == line.account_id)
        .where(lies_within(scope))
        .order_by(line.id.desc())
        .limit(most)
    )
    if no is not None:
        statement = statement.where(matter.c.no == no)
    if before is not None:
        statement = statement.where(line.id < before)
    return [AccessRow(*row) for row in connection.execute(statement)]
