"""Indexes of the days that batches ask about, made when the database has cost what they cost.

The index that is kept speaks for the deepest level today. For another day, for what was known
before, for overlays and for all that is measured a process makes its own, keeps those of a few days
and forgets them as soon as the boundaries change.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from gis.store.codes_of_many import enough_for_index
from gis.store.measured_many import DayIndex, index_day
from gis.store.tilings import boundary_state_now

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy import Connection

    from gis.model import AsOf
    from gis.store.tilings import BoundaryState
    from gis.tiling_index import TilingIndex

    Day: TypeAlias = tuple[date, datetime | None]  # None: all that is known

MOST_DAYS: Final = 3
MOST_COUNTED: Final = 100


@dataclass
class _Asked:
    places: int = 0
    enough: int | None = None
    made: DayIndex | None = None


class DayIndexes:
    """What one process knows. For any thread; one makes an index, the others don't wait for it."""

    def __init__(self) -> None:
        self._state: BoundaryState | None = None
        self._days: OrderedDict[Day, _Asked] = OrderedDict()
        self._lock, self._making = threading.Lock(), threading.Lock()

    def of(
        self, connection: Connection, as_of: AsOf, places: int, kept: TilingIndex | None = None
    ) -> DayIndex | None:
        """The indexes of a day in the boundary state that the connection sees, for so many places
        more; None while the database is to answer. `kept` is taken for what it speaks for.
        """
        state = boundary_state_now(connection)
        known_at = None if as_of.known_at >= state.changed_at else as_of.known_at
        asked = self._asked(state, (as_of.valid_on, known_at), places)
        if asked.made is not None or not self._pays(connection, as_of, asked):
            return asked.made
        if self._making.acquire(blocking=False):
            try:
                made = index_day(connection, as_of, kept)
            finally:
                self._making.release()
            if boundary_state_now(connection) == state:
                self._keep(asked, made)
        return asked.made

    def _asked(self, state: BoundaryState, day: Day, places: int) -> _Asked:
        with self._lock:
            if state != self._state:
                self._days.clear()
                self._state = state
            asked = self._days.setdefault(day, _Asked())
            self._days.move_to_end(day)
            asked.places += places
            while len(self._days) > MOST_COUNTED:
                self._days.popitem(last=False)
            return asked

    def _keep(self, asked: _Asked, made: DayIndex) -> None:
        """From now on the day has its index; those that were asked for longest ago go."""
        with self._lock:
            asked.made = made
            for one in [one for one in self._days.values() if one.made][:-MOST_DAYS]:
                one.made = None

    @staticmethod
    def _pays(connection: Connection, as_of: AsOf, asked: _Asked) -> bool:
        if asked.enough is None:
            asked.enough = enough_for_index(connection, as_of)
        return asked.places >= asked.enough
