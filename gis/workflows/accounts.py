"""Accounts are made, disabled, given roles; each step leaves a line in the log."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from gis.accounts import ADMINISTRATORS, EVERYTHING, Grant, Role, clash
from gis.errors import BadInput, Conflict
from gis.passwords import check as check_password
from gis.passwords import make_one_time
from gis.store import accounts, grants, sign_in
from gis.store.accounts import DEMO_LOGINS
from gis.workflows.sign_in import login_subject

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from gis.passwords import Passwords

ONE_TIME_FOR: Final = timedelta(days=7)
LOGIN: Final = re.compile(r"[a-z0-9][a-z0-9._@-]{1,63}")


@dataclass(frozen=True, slots=True)
class OneTime:
    """A password to hand over once: it must be changed at the first sign-in and runs out."""

    login: str
    password: str
    until: datetime


def add_account(
    connection: Connection, passwords: Passwords, login: str, name: str, now: datetime
) -> OneTime:
    """Make an account without roles. Raises BadInput for a login of other letters, Conflict when
    it is taken.
    """
    if login.startswith(DEMO_LOGINS):
        raise BadInput("error.login_of_demo")
    return _add(connection, passwords, login, name, now)


def _add(
    connection: Connection, passwords: Passwords, login: str, name: str, now: datetime
) -> OneTime:
    if not LOGIN.fullmatch(login):
        raise BadInput("error.login_letters")
    made = OneTime(login, make_one_time(), now + ONE_TIME_FOR)
    account_id = accounts.add_account(
        connection,
        login,
        name,
        passwords.hash(made.password),
        password_expires_at=made.until,
        now=now,
    )
    _tell(connection, "account_added", account_id, now)
    return made


@dataclass(frozen=True, slots=True)
class Administrators:
    """The logins of the three kinds of administrator: three accounts, meant for three persons."""

    accounts: str
    security: str
    audit: str


def add_first_administrators(
    connection: Connection,
    passwords: Passwords,
    logins: Administrators,
    password: str | None,
    *,
    least: int,
    now: datetime,
) -> list[OneTime]:
    """Make the three administrators of a new deployment; returns the passwords to hand over.

    With `password` the account administrator has that one and isn't in the list. Raises Conflict
    when there is an administrator already.
    """
    if any(grants.count_with_role(connection, role, now) for role in ADMINISTRATORS):
        raise Conflict("error.administrators_exist")
    if password is not None:
        check_password(password, login=logins.accounts, least=least)
    handed = []
    for login, role in (
        (logins.accounts, Role.ACCOUNT_ADMIN),
        (logins.security, Role.SECURITY_ADMIN),
        (logins.audit, Role.AUDIT_ADMIN),
    ):
        handed.append(add_account(connection, passwords, login, login, now))
        grant(connection, login, Grant(role), until=None, now=now)
    if password is None:
        return handed
    first = accounts.lock_account(connection, logins.accounts)
    accounts.set_password(connection, first.id, passwords.hash(password))
    return handed[1:]


def reset_password(
    connection: Connection, passwords: Passwords, login: str, now: datetime
) -> OneTime:
    """Give an account a one-time password; its sessions end, its pauses too."""
    found = accounts.lock_account(connection, login)
    made = OneTime(login, make_one_time(), now + ONE_TIME_FOR)
    accounts.set_password(
        connection, found.id, passwords.hash(made.password), one_time_until=made.until
    )
    sign_in.end_sessions(connection, found.id)
    sign_in.forget_failures(connection, [login_subject(login)])
    _tell(connection, "password_reset", found.id, now)
    return made


def disable(connection: Connection, login: str, now: datetime) -> int:
    """Shut an account out at once, keys too. How many sessions ended; Conflict when it was so."""
    found = accounts.lock_account(connection, login)
    if found.disabled_at is not None:
        raise Conflict("error.account_disabled_already", login=login)
    accounts.set_disabled(connection, found.id, now)
    ended = sign_in.end_sessions(connection, found.id)
    _tell(connection, "account_disabled", found.id, now)
    return ended


def enable(connection: Connection, login: str, now: datetime) -> None:
    """Let a disabled account in again, with the password, keys and roles it had."""
    found = accounts.lock_account(connection, login)
    if found.disabled_at is None:
        raise Conflict("error.account_enabled_already", login=login)
    accounts.set_disabled(connection, found.id, None)
    _tell(connection, "account_enabled", found.id, now)


def grant(
    connection: Connection, login: str, wanted: Grant, *, until: datetime | None, now: datetime
) -> None:
    """Give a role over a region's subtree, or over everything, from now until `until`.

    Raises Conflict for what the separation of the three administrators forbids (roles that begin
    later count too), for a grant there is already, BadInput for an end that has passed.
    """
    if until is not None and until <= now:
        raise BadInput("error.grant_over_before_begun")
    found = accounts.lock_account(connection, login)
    held = grants.grants_of(connection, [found.id], EVERYTHING, now)
    against = clash((row.role for row in held), wanted.role)
    if against is not None:
        raise Conflict("error.roles_apart", held=against, wanted=wanted.role)
    if not grants.add_grant(connection, found.id, wanted, since=now, until=until):
        raise Conflict("error.granted_already", login=login, role=wanted.role)
    _tell(connection, "role_granted", found.id, now, **_words(wanted))


def revoke(connection: Connection, login: str, unwanted: Grant, now: datetime) -> None:
    """Take a role over exactly this region away, at once. Raises Conflict when it isn't held."""
    found = accounts.lock_account(connection, login)
    if not grants.end_grant(connection, found.id, unwanted, now):
        raise Conflict("error.not_granted", login=login, role=unwanted.role)
    _tell(connection, "role_revoked", found.id, now, **_words(unwanted))


def region_named(connection: Connection, code: str, level: str | None, now: datetime) -> int:
    """The region that bears a code today. Raises BadInput when none does, or two levels do and
    `level` isn't given.
    """
    found = grants.regions_with_code(connection, code, now)
    fitting = [region for at, region in found if level in (None, at)]
    if len(fitting) == 1:
        return fitting[0]
    if not fitting:
        raise BadInput("error.region_code_unknown", code=code)
    raise BadInput("error.region_code_twice", code=code, levels=", ".join(at for at, _ in found))


def _words(given: Grant) -> dict[str, object]:
    return {"role": str(given.role), "region_id": given.region_id}


def _tell(
    connection: Connection, action: str, account_id: int, now: datetime, **detail: object
) -> None:
    """Who acts on the command line is known to the machine, not to us: no actor."""
    accounts.add_event(connection, action, now=now, account_id=account_id, actor_id=None, **detail)
