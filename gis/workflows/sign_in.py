"""A person signs in, signs out, changes the own password.

A try that fails leaves traces, so it is an outcome (`Refused`), not an exception: the door keeps
what was written and then says no.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from gis.accounts import FROM_ONE_PLACE, ONE_ADDRESS, ONE_LOGIN, Caller, Throttle, pause_s
from gis.errors import GridError, NotSignedIn, TooMany
from gis.passwords import check as check_password
from gis.store import accounts, sign_in

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from gis.passwords import Passwords


@dataclass(frozen=True, slots=True)
class SignInRules:
    """How long a session lasts, without a request and at most; the least length of a password."""

    idle: timedelta = timedelta(hours=12)
    lifetime: timedelta = timedelta(days=7)
    least_password: int = 12


@dataclass(frozen=True, slots=True)
class Attempt:
    """Login and password as typed, the address they came from, the session they are to replace."""

    login: str
    password: str
    address: str
    session: bytes | None = None


@dataclass(frozen=True, slots=True)
class SignedIn:
    """`token` is told to the client once and kept nowhere."""

    token: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Refused:
    """Not signed in, and why, in words that don't tell a wrong login from a wrong password."""

    error: GridError


WRONG: Final = Refused(NotSignedIn("error.sign_in_failed"))


def fingerprint(token: str) -> bytes:
    """SHA-256 of a token of 256 random bits: nothing slower is needed against guessing."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


def sign_in_with(
    connection: Connection,
    passwords: Passwords,
    attempt: Attempt,
    now: datetime,
    rules: SignInRules,
) -> SignedIn | Refused:
    """Begin a session when login and password are right; count the failure when they aren't."""
    login = attempt.login.strip().lower()
    subjects = _subjects(login, attempt.address)
    refused = _paused(connection, subjects, now)
    if refused:
        return refused
    kept = sign_in.password_of(connection, login)
    right, newer = passwords.matches(attempt.password, kept.hash if kept else None)
    if kept is None or not right or kept.disabled:
        return _fail(connection, subjects, kept.account_id if kept else None, attempt.address, now)
    if kept.expires_at is not None and kept.expires_at <= now:
        return Refused(NotSignedIn("error.password_expired"))
    if attempt.session is not None:
        sign_in.end_session(connection, attempt.session)
    if newer:
        accounts.renew_hash(connection, kept.account_id, newer)
    sign_in.forget_failures(connection, [next(iter(subjects))])
    _tell(connection, "signed_in", kept.account_id, kept.account_id, now, address=attempt.address)
    return _begin(connection, kept.account_id, now, rules)


def _begin(connection: Connection, account_id: int, now: datetime, rules: SignInRules) -> SignedIn:
    token, until = secrets.token_urlsafe(32), now + rules.lifetime
    sign_in.add_session(connection, fingerprint(token), account_id, now, until)
    return SignedIn(token, until)


def sign_out(connection: Connection, caller: Caller, now: datetime) -> None:
    """End the caller's session; the others of the account go on."""
    if caller.session is not None:
        sign_in.end_session(connection, caller.session)
        _tell(connection, "signed_out", caller.account_id, caller.account_id, now)


def change_password(
    connection: Connection,
    passwords: Passwords,
    caller: Caller,
    attempt: Attempt,
    new: str,
    now: datetime,
    rules: SignInRules,
) -> SignedIn | Refused:
    """Set the own password and begin a new session; every session of the account ends.

    `attempt` holds the old password, which must be right; wrong ones are counted like failed
    sign-ins. Raises BadInput for a new one that is too weak or the old one again.
    """
    subjects = _subjects(caller.login, attempt.address)
    refused = _paused(connection, subjects, now)
    if refused:
        return refused
    check_password(new, login=caller.login, least=rules.least_password, old=attempt.password)
    kept = sign_in.password_of(connection, caller.login)
    if kept is None or not passwords.matches(attempt.password, kept.hash)[0]:
        _fail(connection, subjects, caller.account_id, attempt.address, now)
        return Refused(NotSignedIn("error.old_password_wrong"))
    accounts.set_password(connection, caller.account_id, passwords.hash(new))
    sign_in.end_sessions(connection, caller.account_id)
    _tell(connection, "password_changed", caller.account_id, caller.account_id, now)
    return _begin(connection, caller.account_id, now, rules)


def login_subject(login: str) -> bytes:
    """What failures of one login, from wherever, are counted under."""
    return hashlib.sha256(f"login {login}".encode("utf-8", "replace")).digest()


def _subjects(login: str, address: str) -> Mapping[bytes, Throttle]:
    """The three counts of one try; first the one that a success forgets. Texts stay unknown."""
    pair = hashlib.sha256(f"pair {address} {login}".encode("utf-8", "replace")).digest()
    place = hashlib.sha256(f"address {address}".encode("utf-8", "replace")).digest()
    return {pair: FROM_ONE_PLACE, login_subject(login): ONE_LOGIN, place: ONE_ADDRESS}


def _paused(
    connection: Connection, subjects: Mapping[bytes, Throttle], now: datetime
) -> Refused | None:
    """A refusal while another try of this login from this address runs, or a pause lasts."""
    if not sign_in.hold_login(connection, next(iter(subjects))):
        return Refused(TooMany("error.sign_in_paused", seconds=1))
    waits = [
        pause_s(throttle, *sign_in.failures(connection, subject, now - throttle.window), now)
        for subject, throttle in subjects.items()
    ]
    return Refused(TooMany("error.sign_in_paused", seconds=max(waits))) if any(waits) else None


def _fail(
    connection: Connection,
    subjects: Mapping[bytes, Throttle],
    account_id: int | None,
    address: str,
    now: datetime,
) -> Refused:
    sign_in.add_failure(connection, list(subjects), now)
    _tell(connection, "sign_in_failed", account_id, None, now, address=address)
    return WRONG


def _tell(
    connection: Connection,
    action: str,
    account_id: int | None,
    actor_id: int | None,
    now: datetime,
    **detail: str,
) -> None:
    accounts.add_event(
        connection, action, now=now, account_id=account_id, actor_id=actor_id, **detail
    )
