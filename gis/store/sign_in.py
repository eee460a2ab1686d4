"""What a caller shows to be known: sessions, keys; and the failures that slow a guesser down."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import delete, func, insert, select, update

from gis.accounts import Caller, Grant, Role
from gis.store.database import rows
from gis.store.tables.accounts import account, account_session, api_key, sign_in_failure

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

SEEN_EVERY: Final = timedelta(minutes=5)  # a session's last sight is written at most this often
FAILURES_KEPT: Final = timedelta(hours=24)
SIGN_IN_LOCK: Final = 0x77610001  # first key of the advisory locks on one login


@dataclass(frozen=True, slots=True)
class Password:
    """What is kept of an account's password; `hash` None when it can't sign in with one."""

    account_id: int
    hash: str | None
    disabled: bool
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key as lists show it: its beginning, never itself."""

    id: int
    slot: int
    label: str
    prefix: str
    created_at: datetime
    expires_at: datetime


def password_of(connection: Connection, login: str) -> Password | None:
    """The kept password of a login, None for an unknown one."""
    found = connection.execute(
        select(
            account.c.id,
            account.c.password_hash,
            account.c.disabled_at.is_not(None),
            account.c.password_expires_at,
        ).where(account.c.login == login)
    ).one_or_none()
    return Password(*found) if found else None


def hold_login(connection: Connection, subject: bytes) -> bool:
    """Take the turn of one login until the transaction ends; False while another try is running.

    Without it many tries at once would all be counted before the first of them has failed.
    """
    key = int.from_bytes(subject[:4], "big", signed=True)
    return bool(connection.scalar(select(func.pg_try_advisory_xact_lock(SIGN_IN_LOCK, key))))


# ── sessions ──────────────────────────────────────────────────────────────────────────────────


def add_session(
    connection: Connection, token_sha256: bytes, account_id: int, now: datetime, until: datetime
) -> None:
    """Keep a new session, known by the hash of its token; drop what has run out."""
    connection.execute(delete(account_session).where(account_session.c.expires_at <= now))
    connection.execute(
        insert(account_session).values(
            token_sha256=token_sha256,
            account_id=account_id,
            created_at=now,
            last_seen_at=now,
            expires_at=until,
        )
    )


def end_session(connection: Connection, token_sha256: bytes) -> None:
    """Forget one session."""
    connection.execute(
        delete(account_session).where(account_session.c.token_sha256 == token_sha256)
    )


def end_sessions(connection: Connection, account_id: int) -> int:
    """Forget every session of an account. How many there were."""
    return connection.execute(
        delete(account_session).where(account_session.c.account_id == account_id)
    ).rowcount


# ── callers ───────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Shown:
    """What a caller shows: the hash of an API key, or of a session's token."""

    sha256: bytes
    by_key: bool


def callers(
    connection: Connection, shown: Collection[Shown], now: datetime, idle: timedelta
) -> dict[Shown, Caller]:
    """Who each belongs to. Without: keys and sessions that are unknown, revoked, over or, of
    sessions, idle too long, and those of accounts that are disabled.
    """
    found = rows(
        connection,
        "callers",
        keys=[one.sha256 for one in shown if one.by_key],
        sessions=[one.sha256 for one in shown if not one.by_key],
        now=now,
        seen_after=now - idle,
    )
    seen = sorted(
        bytes(row.sha256) for row in found if not row.by_key and row.last_seen_at < now - SEEN_EVERY
    )
    for token_sha256 in seen:  # in order: of two that write several none waits for the other
        connection.execute(
            update(account_session)
            .where(account_session.c.token_sha256 == token_sha256)
            .values(last_seen_at=now)
        )
    return {Shown(bytes(row.sha256), row.by_key): _caller(row) for row in found}


def _caller(row: Any) -> Caller:
    return Caller(
        row.id,
        row.login,
        row.name,
        tuple(Grant(Role(role), region_id) for role, region_id in row.grants or []),
        must_change_password=row.must_change_password and not row.by_key,
        session=None if row.by_key else bytes(row.sha256),
    )


def caller_by_key(connection: Connection, key_sha256: bytes, now: datetime) -> Caller | None:
    """Who a key belongs to; None when it is unknown, revoked, over or its account disabled."""
    shown = Shown(key_sha256, by_key=True)
    return callers(connection, [shown], now, timedelta()).get(shown)


def caller_by_session(
    connection: Connection, token_sha256: bytes, now: datetime, idle: timedelta
) -> Caller | None:
    """Who a session belongs to; None when it is unknown, over or idle too long, or its account
    disabled.
    """
    shown = Shown(token_sha256, by_key=False)
    return callers(connection, [shown], now, idle).get(shown)


# ── keys ──────────────────────────────────────────────────────────────────────────────────────


def live_keys(connection: Connection, account_id: int, now: datetime) -> list[KeyRow]:
    """Keys that work now, oldest first; there are never more than two."""
    found = connection.execute(
        select(
            api_key.c.id,
            api_key.c.slot,
            api_key.c.label,
            api_key.c.prefix,
            api_key.c.created_at,
            api_key.c.expires_at,
        )
        .where(
            api_key.c.account_id == account_id,
            api_key.c.revoked_at.is_(None),
            api_key.c.expires_at > now,
        )
        .order_by(api_key.c.created_at, api_key.c.id)
    )
    return [KeyRow(*row) for row in found]


def add_key(
    connection: Connection,
    account_id: int,
    *,
    slot: int,
    label: str,
    prefix: str,
    key_sha256: bytes,
    now: datetime,
    until: datetime,
) -> None:
    """Keep a key in a slot that no live key holds; one that ran out there is revoked."""
    connection.execute(
        update(api_key)
        .where(
            api_key.c.account_id == account_id,
            api_key.c.slot == slot,
            api_key.c.revoked_at.is_(None),
            api_key.c.expires_at <= now,
        )
        .values(revoked_at=now)
    )
    connection.execute(
        insert(api_key).values(
            account_id=account_id,
            slot=slot,
            label=label,
            prefix=prefix,
            key_sha256=key_sha256,
            created_at=now,
            expires_at=until,
        )
    )


def shorten_key(connection: Connection, key_id: int, until: datetime) -> None:
    """Let a key run out at `until`, unless it does so before."""
    connection.execute(
        update(api_key)
        .where(api_key.c.id == key_id)
        .values(expires_at=func.least(api_key.c.expires_at, until))
    )


def revoke_key(connection: Connection, key_id: int, now: datetime) -> None:
    """Make a key worthless at once."""
    connection.execute(update(api_key).where(api_key.c.id == key_id).values(revoked_at=now))


# ── failures ──────────────────────────────────────────────────────────────────────────────────


def failures(
    connection: Connection, subject: bytes, since: datetime
) -> tuple[int, datetime | None]:
    """How many failures of a subject there were since a moment, and when the last was."""
    count, last = connection.execute(
        select(func.count(), func.max(sign_in_failure.c.failed_at)).where(
            sign_in_failure.c.subject_sha256 == subject, sign_in_failure.c.failed_at > since
        )
    ).one()
    return int(count), last


def add_failure(connection: Connection, subjects: Sequence[bytes], now: datetime) -> None:
    """Count one failure for each subject; forget those of the day before."""
    connection.execute(
        delete(sign_in_failure).where(sign_in_failure.c.failed_at <= now - FAILURES_KEPT)
    )
    connection.execute(
        insert(sign_in_failure),
        [{"subject_sha256": subject, "failed_at": now} for subject in subjects],
    )


def forget_failures(connection: Connection, subjects: Sequence[bytes]) -> None:
    """Begin to count anew, after a success or a reset."""
    connection.execute(
        delete(sign_in_failure).where(sign_in_failure.c.subject_sha256.in_(subjects))
    )
