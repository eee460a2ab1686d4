"""API keys are made, changed over, revoked. A key is told once; we keep its hash."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from gis.errors import BadInput, Conflict
from gis.store import accounts, sign_in
from gis.workflows.sign_in import fingerprint

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from gis.store.sign_in import KeyRow

BEGINNING: Final = "wg_"
SHOWN: Final = 9  # letters of a key that lists show: its beginning and six more
LONGEST_DAYS: Final = 3 * 366
SLOTS: Final = (1, 2)


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key to hand over once; `old_until` is when the one it replaces runs out."""

    key: str
    until: datetime
    old_until: datetime | None = None


def add_key(connection: Connection, login: str, label: str, days: int, now: datetime) -> NewKey:
    """Make a key for an account. Raises Conflict when two live ones are there."""
    if not 1 <= days <= LONGEST_DAYS:
        raise BadInput("error.key_days", most=LONGEST_DAYS)
    found = accounts.lock_account(connection, login)
    live = sign_in.live_keys(connection, found.id, now)
    free = sorted(set(SLOTS) - {key.slot for key in live})
    if not free:
        raise Conflict("error.two_keys_live", login=login)
    key, until = BEGINNING + secrets.token_urlsafe(32), now + timedelta(days=days)
    sign_in.add_key(
        connection,
        found.id,
        slot=free[0],
        label=label,
        prefix=key[:SHOWN],
        key_sha256=fingerprint(key),
        now=now,
        until=until,
    )
    _tell(connection, "key_added", found.id, now, label, key[:SHOWN])
    return NewKey(key, until)


def rotate_key(
    connection: Connection, login: str, *, days: int, overlap_days: int, now: datetime
) -> NewKey:
    """Make the successor of an account's one live key, which goes on for `overlap_days`.

    Raises Conflict when there is none to replace, or two.
    """
    if not 0 <= overlap_days <= LONGEST_DAYS:
        raise BadInput("error.key_days", most=LONGEST_DAYS)
    found = accounts.lock_account(connection, login)
    live = sign_in.live_keys(connection, found.id, now)
    if not live:
        raise Conflict("error.no_key_live", login=login)
    made = add_key(connection, login, live[0].label, days, now)
    old_until = min(live[0].expires_at, now + timedelta(days=overlap_days))
    sign_in.shorten_key(connection, live[0].id, old_until)
    _tell(connection, "key_rotated", found.id, now, live[0].label, live[0].prefix)
    return NewKey(made.key, made.until, old_until)


def revoke_key(connection: Connection, login: str, prefix: str | None, now: datetime) -> KeyRow:
    """End one key of an account at once: the one whose beginning is given, or its only one."""
    found = accounts.lock_account(connection, login)
    live = sign_in.live_keys(connection, found.id, now)
    fitting = [key for key in live if prefix is None or key.prefix == prefix]
    if not fitting:
        raise Conflict("error.no_key_live", login=login)
    if len(fitting) > 1:
        raise Conflict("error.which_key", prefixes=", ".join(key.prefix for key in fitting))
    sign_in.revoke_key(connection, fitting[0].id, now)
    _tell(connection, "key_revoked", found.id, now, fitting[0].label, fitting[0].prefix)
    return fitting[0]


def keys_of(connection: Connection, login: str, now: datetime) -> list[KeyRow]:
    """The live keys of an account, oldest first."""
    return sign_in.live_keys(connection, accounts.lock_account(connection, login).id, now)


def _tell(
    connection: Connection, action: str, account_id: int, now: datetime, label: str, prefix: str
) -> None:
    accounts.add_event(
        connection,
        action,
        now=now,
        account_id=account_id,
        actor_id=None,
        label=label,
        prefix=prefix,
    )
