"""Keys that were let in a moment ago, by their hashes: nothing that opens a door is kept.

Whoever comes by the short way is let in by its key without asking the database each time. A thread
asks every second for all keys that came since; a key that it no longer finds good, or hasn't been
asked about for three seconds, goes the long way as any other.
"""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from gis.store.sign_in import Shown, callers

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Engine

HELD_S: Final = 3.0
MOST_KEYS: Final = 1_000


class Doorkeeper:
    """`knows` is asked by the service's one loop, `ask_again` by one thread, `let_in` by any."""

    def __init__(self) -> None:
        self._until: dict[bytes, float] = {}
        self._came: set[bytes] = set()

    def let_in(self, key_sha256: bytes) -> None:
        """The route has just found the key to be good."""
        if len(self._until) >= MOST_KEYS:
            self._until.clear()
        self._until[key_sha256] = time.monotonic() + HELD_S

    def knows(self, key_sha256: bytes) -> bool:
        """May it pass the short way?"""
        until = self._until.get(key_sha256)
        if until is None:
            return False
        self._came.add(key_sha256)
        return time.monotonic() < until

    def ask_again(self, engine: Engine, now: datetime) -> None:
        """Hold for longer the keys that came since and are still good; let go of all others."""
        held, asked_at = self._until.copy(), time.monotonic()
        came, self._came = self._came, set()
        good = self._good(engine, came.copy(), now) if came else set()
        for key, until in held.items():
            if key in good:
                self._until[key] = asked_at + HELD_S
            elif self._until.get(key) == until:  # nobody has let it in meanwhile
                self._until.pop(key, None)

    @staticmethod
    def _good(engine: Engine, keys: set[bytes], now: datetime) -> set[bytes]:
        shown = [Shown(key, by_key=True) for key in keys]
        with engine.connect() as connection:
            return {one.sha256 for one in callers(connection, shown, now, timedelta())}
