"""Accounts and their log, for the administrators whose job they are."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from api.access import Access, TheScope, open_to
from api.dependencies import Database, Now
from api.inputs import Login, PageSize, RowId, Text
from api.sessions import RoleOut
from gis.accounts import Role
from gis.store import accounts
from gis.store.accounts import AccountRow
from gis.store.grants import GrantRow, grants_of

router = APIRouter(prefix="/api/v1", tags=["accounts"])


class AccountOut(BaseModel):
    """An account and those of its roles that lie in the reader's scope."""

    login: str
    name: str
    created_at: datetime
    disabled_at: datetime | None
    roles: list[RoleOut]

    @classmethod
    def of(cls, row: AccountRow, held: list[GrantRow]) -> AccountOut:
        return cls(
            login=row.login,
            name=row.name,
            created_at=row.created_at,
            disabled_at=row.disabled_at,
            roles=[RoleOut.of(one) for one in held if one.account_id == row.id],
        )


class AccountsOut(BaseModel):
    accounts: list[AccountOut]
    next: str | None = Field(description="give it as `after` for the next page; null at the end")


class EventOut(BaseModel):
    """What was done to an account; `actor` null is the command line, or nobody known."""

    id: int
    recorded_at: datetime
    action: str
    login: str | None
    actor: str | None
    detail: dict[str, Any]


class EventsOut(BaseModel):
    events: list[EventOut]
    next: int | None = Field(description="give it as `before` for the next page; null at the end")


@router.get("/accounts")
@open_to(Access.ACCOUNT, Role.ACCOUNT_ADMIN)
def list_accounts(
    database: Database,
    scope: TheScope,
    now: Now,
    after: Annotated[Annotated[Text, Field(max_length=64)], Query()] = "",
    limit: Annotated[PageSize, Query()] = 100,
) -> AccountsOut:
    """Accounts with a role in the reader's regions, by login."""
    found = accounts.list_accounts(database, scope, now, after=after, most=limit + 1)
    page = found[:limit]
    held = grants_of(database, [row.id for row in page], scope, now)
    return AccountsOut(
        accounts=[AccountOut.of(row, held) for row in page],
        next=page[-1].login if len(found) > limit else None,
    )


@router.get("/accounts/{login}")
@open_to(Access.ACCOUNT, Role.ACCOUNT_ADMIN)
def one_account(login: Login, database: Database, scope: TheScope, now: Now) -> AccountOut:
    """One account; outside the reader's regions it isn't there."""
    row = accounts.find_account(database, login, scope, now)
    return AccountOut.of(row, grants_of(database, [row.id], scope, now))


@router.get("/account-events")
@open_to(Access.ACCOUNT, Role.AUDIT_ADMIN)
def list_events(
    database: Database,
    scope: TheScope,
    before: Annotated[RowId | None, Query()] = None,
    limit: Annotated[PageSize, Query()] = 100,
) -> EventsOut:
    """The log of accounts in the reader's regions, newest first."""
    found = accounts.list_events(database, scope, before=before, most=limit + 1)
    page = found[:limit]
    return EventsOut(
        events=[
            EventOut(
                id=row.id,
                recorded_at=row.recorded_at,
                action=row.action,
                login=row.login,
                actor=row.actor,
                detail=row.detail,
            )
            for row in page
        ],
        next=page[-1].id if len(found) > limit else None,
    )
