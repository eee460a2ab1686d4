"""The tiling index as one process knows it: mapped from the file, looked after by a thread.

A look every second finds a new file, new boundaries, a new day. Between an activation and the next
file the regions it changed are left to the database, and so is everything once the database hasn't
been heard of for a few seconds: an answer is right, or isn't given.
"""

from __future__ import annotations

import gc
import json
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from sqlalchemy.exc import SQLAlchemyError

from gis.coordinates import to_lattice
from gis.errors import BadFile
from gis.model import AsOf
from gis.store.database import connect_engine
from gis.store.tilings import boundary_state_now, chains, changed_boxes, deepest_drawn
from gis.tiling_index import NOBODY, TilingIndex
from gis.workflows.keep_tiling import FILE

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from sqlalchemy import Connection, Engine

    from api.doorkeeper import Doorkeeper
    from gis.store.tilings import BoundaryState, Chain

    Degrees = NDArray[np.float64]
    Ids = NDArray[np.int64]

log = logging.getLogger("wangge.tilings")

EVERY_S: Final = 1.0
TRUSTED_S: Final = 3.0  # how long after the last look an answer is still given
MOST_BOXES: Final = 2_000  # with more of them changed nothing is answered until the next file


@dataclass(frozen=True, slots=True)
class Known:
    """What one look found. `chains`: each region and those above it, by its id. `answers`: what has
    been told of regions so far, ready to be sent again.
    """

    index: TilingIndex
    boundary_version: int
    until: float
    changed: Degrees
    chains: dict[int, Chain]
    answers: dict[int, bytes] = field(default_factory=dict)

    def locate(self, lon: Degrees, lat: Degrees) -> Ids:
        """The owner of each place; `NOBODY` also where the database has to be asked.

        Boxes are asked about places on the lattice, as the index is: what lies on an edge by
        rounding lies in the box.
        """
        lon, lat = to_lattice(lon), to_lattice(lat)
        found = self.index.locate(lon, lat)
        for west, south, east, north in self.changed:
            found[(lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)] = NOBODY
        return found

    def answer(self, lon: float, lat: float) -> bytes | None:
        """The answer for one place, None where the database has to be asked."""
        owner = self.index.locate_one(lon, lat)
        if len(self.changed) and self._may_have_changed(to_lattice(lon), to_lattice(lat)):
            return None
        ready = self.answers.get(owner)
        if ready is None and (chain := self.chains.get(owner)) is not None:
            ready = self.answers[owner] = rendered(told(chain, self.boundary_version))
        return ready

    def _may_have_changed(self, lon: float, lat: float) -> bool:
        west, south, east, north = self.changed.T
        return bool(((lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)).any())


class Tilings:
    """The index of the deepest level. `look` is called by one thread, `known` by any."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE
        self._read_at: tuple[int, int] | None = None
        self._index: TilingIndex | None = None
        self._known: Known | None = None
        self._seen: tuple[tuple[int, int] | None, BoundaryState, date] | None = None

    def known(self, today: date) -> Known | None:
        """What may be answered from at this moment, for a day in China; None: ask the database."""
        known = self._known
        if known is None or time.monotonic() > known.until:
            return None
        return known if known.index.stamp.holds_on(today) else None

    def kept(self) -> TilingIndex | None:
        """The index of the file as it was read last: its stamp says what it speaks for."""
        return self._index

    def look(self, engine: Engine, now: datetime) -> bool:
        """See what file there is and what has changed since it was built; is anything new?"""
        index, looked_at, as_of = self._newest(), time.monotonic(), AsOf.at(now)
        if index is None:
            self._known = self._seen = None
            return False
        with engine.connect() as connection:
            state = boundary_state_now(connection)
            seen = (self._read_at, state, as_of.valid_on)
            if new := seen != self._seen:
                self._known = _learn(connection, index, state, as_of)
                self._seen = seen
        if self._known is not None:
            self._known = replace(self._known, until=looked_at + TRUSTED_S)
        return new

    def _newest(self) -> TilingIndex | None:
        """The file that stands there now; the one read before, if it is the same."""
        try:
            status = self._file.stat()
            if self._read_at != (status.st_ino, status.st_mtime_ns):
                self._index = TilingIndex.read(self._file)
                self._index.locate(np.zeros(1), np.zeros(1))  # loads the kernels for the requests,
                self._index.locate_one(0.0, 0.0)  # which else wait for the compiler
                self._read_at = (status.st_ino, status.st_mtime_ns)
        except FileNotFoundError:
            self._index = self._read_at = None
        except BadFile as error:
            self._index = self._read_at = None
            log.error("%s; a new one is being made", error)
            self._file.unlink(missing_ok=True)
        return self._index


def _learn(
    connection: Connection, index: TilingIndex, state: BoundaryState, as_of: AsOf
) -> Known | None:
    """What may be answered from an index in a boundary state; None: nothing."""
    level = deepest_drawn(connection)
    if level is None or level.code != index.stamp.level:
        return None
    changed = np.empty((0, 4))
    version, stamp = state.version, index.stamp
    if stamp.boundary_version > version:
        return None  # the database has gone back to a backup
    if (stamp.boundary_version, stamp.changed_at) != (version, state.changed_at):
        changed = changed_boxes(connection, level, stamp)
    if len(changed) > MOST_BOXES:
        return None
    return Known(index, version, 0.0, changed, chains(connection, level, as_of))


def told(chain: Chain, version: int, *, nearest: bool = False) -> dict[str, Any]:
    """What is said of the region that a place belongs to, in the shape of `RegionHereOut`."""
    named = [{"level": level, "code": code, "name": name} for level, code, name in chain]
    return {
        "region": named[-1] if named else None,
        "above": named[:-1],
        "nearest": nearest,
        "boundary_version": version,
    }


def rendered(answer: dict[str, Any]) -> bytes:
    """As it goes out, the same from the index and from the database."""
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode()


def keep_out_of_garbage() -> None:
    """What is here now stays: no request waits while all of it is looked through for garbage.

    Looking through all that the service has loaded takes a fifth of a second, and the words of
    65,000 regions a tenth. What is left out is freed all the same when nobody refers to it.
    """
    gc.collect()
    gc.freeze()


@contextmanager
def watching(tilings: Tilings, keys: Doorkeeper, service_url: str) -> Iterator[None]:
    """For a block: look every second, by a thread of its own with a connection of its own, at the
    boundaries and at the keys that pass the short way.
    """
    engine = connect_engine(service_url, pool_size=1, patient=True)
    over = threading.Event()

    def watch() -> None:
        while not over.is_set():
            try:
                if tilings.look(engine, datetime.now(UTC)):
                    keep_out_of_garbage()
                keys.ask_again(engine, datetime.now(UTC))
            except SQLAlchemyError as error:
                log.warning("boundaries and keys can't be looked at: %s", type(error).__name__)
            over.wait(EVERY_S)

    thread = threading.Thread(target=watch, name="tilings", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(2.0)
        engine.dispose()
