"""People for the tests of the HTTP door."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy import Connection

from gis.accounts import Grant
from gis.passwords import Passwords
from gis.store import accounts, grants
from tests.makers import NOW

ADDRESS = "http://wangge.test"
PASSWORD = "a lamp beside the river"
BEFORE = NOW - timedelta(days=30)


class Savepoints:
    """Stands for an engine: every request is a savepoint in the test's own transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        with self._connection.begin_nested():
            yield self._connection


def add_person(connection: Connection, passwords: Passwords, login: str, *held: Grant) -> int:
    """An account with `PASSWORD` and grants that have held for a month."""
    account_id = accounts.add_account(
        connection,
        login,
        f"{login} 的姓名",
        passwords.hash(PASSWORD),
        password_expires_at=None,
        now=BEFORE,
    )
    for grant in held:
        grants.add_grant(connection, account_id, grant, since=BEFORE, until=None)
    return account_id
