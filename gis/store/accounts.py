"""Accounts, and the log of what was done with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import exists, func, insert, select, true, update
from sqlalchemy.dialects.postgresql import insert as insert_or

from gis.errors import Conflict, NotFound
from gis.store.grants import not_ended
from gis.store.scope import within
from gis.store.tables.accounts import account, account_event, role_grant
from gis.store.tables.regions import region

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

    from gis.accounts import Scope

DEMO_LOGINS: Final = "demo."  # the beginning of logins that only the demo makes


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account as lists show it, without anything secret."""

    id: int
    login: str
    name: str
    must_change_password: bool
    created_at: datetime
    disabled_at: datetime | None


@dataclass(frozen=True, slots=True)
class EventRow:
    """One line of the log; `login` and `actor` None where no account is known."""

    id: int
    recorded_at: datetime
    action: str
    login: str | None
    actor: str | None
    detail: dict[str, Any]


_ROW: Final = (
    account.c.id,
    account.c.login,
    account.c.name,
    account.c.must_change_password,
    account.c.created_at,
    account.c.disabled_at,
)


def add_account(
    connection: Connection,
    login: str,
    name: str,
    password_hash: str | None,
    *,
    password_expires_at: datetime | None,
    now: datetime,
) -> int:
    """Keep a new account; with an expiry its password is a one-time one. Raises Conflict."""
    added = connection.execute(
        insert_or(account)
        .values(
            login=login,
            name=name,
            password_hash=password_hash,
            must_change_password=password_expires_at is not None,
            password_expires_at=password_expires_at,
            created_at=now,
        )
        .on_conflict_do_nothing(index_elements=[account.c.login])
        .returning(account.c.id)
    ).scalar_one_or_none()
    if added is None:
        raise Conflict("error.login_taken", login=login)
    return int(added)


def lock_account(connection: Connection, login: str) -> AccountRow:
    """The account, held until the transaction ends: changes of one account come one by one."""
    found = connection.execute(
        select(*_ROW).where(account.c.login == login).with_for_update()
    ).one_or_none()
    if found is None:
        raise NotFound("error.account_not_found", login=login)
    return AccountRow(*found)


def find_account(connection: Connection, login: str, scope: Scope, now: datetime) -> AccountRow:
    """One account in the scope. Raises NotFound, for outside and for nowhere alike."""
    found = connection.execute(
        select(*_ROW).where(account.c.login == login, _visible(scope, now))
    ).one_or_none()
    if found is None:
        raise NotFound("error.account_not_found", login=login)
    return AccountRow(*found)


def list_accounts(
    connection: Connection, scope: Scope, now: datetime, *, after: str = "", most: int = 100
) -> list[AccountRow]:
    """Accounts by login, after `after`: those with a grant in the scope that holds now or later.

    Accounts without such a grant are seen only by who sees everything.
    """
    statement = (
        select(*_ROW)
        .where(account.c.login > after, _visible(scope, now))
        .order_by(account.c.login)
        .limit(most)
    )
    return [AccountRow(*found) for found in connection.execute(statement)]


def _visible(scope: Scope, now: datetime) -> ColumnElement[bool]:
    if scope.everything:
        return true()
    return exists(
        select(role_grant.c.id)
        .join(region, region.c.id == role_grant.c.region_id)
        .where(role_grant.c.account_id == account.c.id, not_ended(now), within(scope))
    )


def set_password(
    connection: Connection,
    account_id: int,
    password_hash: str,
    *,
    one_time_until: datetime | None = None,
) -> None:
    """Replace the password; with `one_time_until` the next sign-in must choose another."""
    connection.execute(
        update(account)
        .where(account.c.id == account_id)
        .values(
            password_hash=password_hash,
            must_change_password=one_time_until is not None,
            password_expires_at=one_time_until,
        )
    )


def renew_hash(connection: Connection, account_id: int, password_hash: str) -> None:
    """Keep the same password under stronger settings; nothing else changes."""
    connection.execute(
        update(account).where(account.c.id == account_id).values(password_hash=password_hash)
    )


def set_disabled(connection: Connection, account_id: int, at: datetime | None) -> None:
    """Disable since `at`, or enable with None."""
    connection.execute(update(account).where(account.c.id == account_id).values(disabled_at=at))


def demo_accounts_exist(connection: Connection) -> bool:
    """Is there a demo account that could sign in? Their password stands on a terminal somewhere."""
    there = select(account.c.id).where(
        account.c.login.startswith(DEMO_LOGINS), account.c.disabled_at.is_(None)
    )
    return connection.execute(there.limit(1)).first() is not None


def add_event(
    connection: Connection,
    action: str,
    *,
    now: datetime,
    account_id: int | None,
    actor_id: int | None,
    **detail: object,
) -> None:
    """Write one line; nobody may change it afterwards. `actor_id` None is the command line."""
    connection.execute(
        insert(account_event).values(
            recorded_at=now,
            action=action,
            account_id=account_id,
            actor_id=actor_id,
            detail={name: value for name, value in detail.items() if value is not None},
        )
    )


def list_events(
    connection: Connection, scope: Scope, *, before: int | None = None, most: int = 100
) -> list[EventRow]:
    """The log, newest first, older than line `before`.

    Lines of an account are in the scope while, at that moment, it had a grant there that hadn't
    ended; lines of no account only for who sees everything.
    """
    actor = account.alias("actor")
    statement = (
        select(
            account_event.c.id,
            account_event.c.recorded_at,
            account_event.c.action,
            account.c.login,
            actor.c.login,
            account_event.c.detail,
        )
        .outerjoin(account, account.c.id == account_event.c.account_id)
        .outerjoin(actor, actor.c.id == account_event.c.actor_id)
        .where(_event_visible(scope))
        .order_by(account_event.c.id.desc())
        .limit(most)
    )
    if before is not None:
        statement = statement.where(account_event.c.id < before)
    return [EventRow(*found) for found in connection.execute(statement)]


def _event_visible(scope: Scope) -> ColumnElement[bool]:
    if scope.everything:
        return true()
    ended_before = func.upper(role_grant.c.valid) < account_event.c.recorded_at
    return exists(
        select(role_grant.c.id)
        .join(region, region.c.id == role_grant.c.region_id)
        .where(
            role_grant.c.account_id == account_event.c.account_id,
            func.coalesce(~ended_before, true()),
            within(scope),
        )
    )
