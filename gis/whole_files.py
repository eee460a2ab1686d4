"""A file that appears whole or not at all, whatever happens to whoever writes it.

It is written under a hidden name beside its place, flushed to disk and renamed. As long as its
writer lives it holds a lock on it. A writer that was killed leaves the hidden file; the next one
who writes under the same name finds it without a lock and takes it away. A file that somebody is
still writing is never touched.
"""

from __future__ import annotations

import fcntl
import os
import secrets
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, BinaryIO, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SUFFIX: Final = ".wangge-part"


@contextmanager
def written_whole(path: Path, mode: int | None = None) -> Iterator[BinaryIO]:
    """A new file to be written and read, that takes the place of `path` when the block ends well
    and is gone when it doesn't. What stood at `path` is replaced.

    `mode`: its permissions, those of any new file unless given. Raises OSError.
    """
    sweep(path)
    beside, file = _locked(path)
    with file:
        try:
            if mode is not None:
                os.fchmod(file.fileno(), mode)
            yield file
            file.flush()
            os.fsync(file.fileno())
            beside.replace(path)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
    to_disk(path.parent)


def sweep(path: Path) -> int:
    """Take away what killed writers of `path` left; how many files."""
    return sum(_take_away(one) for one in path.parent.iterdir() if _is_beside(one, path))


def _is_beside(one: Path, path: Path) -> bool:
    return one.name.startswith(f".{path.name}.") and one.name.endswith(SUFFIX)


def _take_away(one: Path) -> bool:
    """Whether nobody wrote it any more, so that it is gone now."""
    try:
        file = one.open("rb")
    except OSError:
        return False  # gone meanwhile, or another user's
    with file:
        if not _lock(file):
            return False
        with suppress(FileNotFoundError):
            one.unlink()
        return True


def _locked(path: Path) -> tuple[Path, BinaryIO]:
    """A new hidden file beside `path`, locked. Between making and locking it somebody may sweep it
    away: then another one.
    """
    while True:
        beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}{SUFFIX}")
        file = beside.open("x+b")
        if _lock(file) and os.fstat(file.fileno()).st_nlink:
            return beside, file
        file.close()


def _lock(file: BinaryIO) -> bool:
    """Lock a file until it is closed, by whatever way its process ends; False: it is locked."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def to_disk(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
