"""Keep the file of the tiling index current: built anew whenever boundaries or the day change."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from gis.errors import BadFile
from gis.store.tilings import boundary_state_now, build_tiling, deepest_drawn, is_current
from gis.tiling_index import Stamp, TilingIndex

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy import Connection

    from gis.model import Level

FILE: Final = "regions.tiling"


def keep_tiling(connection: Connection, folder: Path, now: datetime) -> int:
    """Build the index of the deepest level if the file in `folder` is another one's, out of date,
    broken or missing. 1 if one was written, else 0.

    Of the former index all is kept that didn't change. Written aside, flushed and renamed: whoever
    has the former file open goes on with it.
    """
    level = outdated(connection, folder, now)
    if level is None:
        return 0
    index = build_tiling(connection, level, now, kept_tiling(folder))
    if index is None:
        return 0
    folder.mkdir(parents=True, exist_ok=True)
    index.write(folder / FILE)
    return 1


def outdated(connection: Connection, folder: Path, now: datetime) -> Level | None:
    """The level whose index has to be built; None while the file speaks for the present, or where
    no level is drawn. Writes nothing.
    """
    level = deepest_drawn(connection)
    if level is None:
        return None
    stamp = stamp_of(folder / FILE)
    current = stamp is not None and is_current(stamp, level, boundary_state_now(connection), now)
    return None if current else level


def stamp_of(file: Path) -> Stamp | None:
    """What the file speaks for; None where there is none, or none that can be trusted."""
    try:
        status = file.stat()
        return _read(file, status.st_ino, status.st_mtime_ns)
    except (BadFile, FileNotFoundError):
        return None


def kept_tiling(folder: Path) -> TilingIndex | None:
    """The index that is kept there; None where there is none that this process may read, or trust.
    What it speaks for says its stamp.
    """
    try:
        return TilingIndex.read(folder / FILE)
    except (BadFile, FileNotFoundError, PermissionError):
        return None


@lru_cache(maxsize=1)
def _read(file: Path, _inode: int, _changed_ns: int) -> Stamp:
    """The stamp of a whole file: its sum is not taken again as long as it is the same file."""
    return TilingIndex.read(file).stamp
