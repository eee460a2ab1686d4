"""A tiling index as a file: arrays one after another, a header that says what they are, one sum.

    8 bytes   what it is, and which version of this layout
    32 bytes  SHA-256 of all that follows
    8 bytes   length of the header
    header    JSON: the stamp; of every array its type, its length and where it begins
    arrays    each at a multiple of 64

A file is written under another name, flushed to disk and renamed: who reads the old one keeps it,
and no half of a file ever bears the name.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import struct
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import numpy as np

from gis.errors import BadFile
from gis.whole_files import written_whole

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

MAGIC: Final = b"WGTILES3"
SUM_AT: Final = len(MAGIC)
HEADER_AT: Final = SUM_AT + 32
ALIGNED: Final = 64
LAYOUT: Final = {
    "ids": "<i8",
    "marks": "<i8",
    "boxes": "<i4",
    "edges": "<i4",
    "frame": "<i8",
    "cells": "<i4",
    "stream": "<i4",
}


@dataclass(frozen=True, slots=True)
class Stamp:
    """What an index speaks for: one level, one boundary state, and the days it holds.

    From `valid_from` on and before `valid_until`; None is without end. Days in Asia/Shanghai.
    `last_version` is the highest id of a region's version when it was built, `changed_at` when the
    boundaries had changed last: from these follows what has changed since.
    """

    level: str
    boundary_version: int
    valid_from: date | None = None
    valid_until: date | None = None
    last_version: int = 0
    changed_at: datetime | None = None

    def holds_on(self, day: date) -> bool:
        """Is the day one of those?"""
        begun = self.valid_from is None or self.valid_from <= day
        return begun and (self.valid_until is None or day < self.valid_until)


def write_tiling(path: Path, stamp: Stamp, arrays: Mapping[str, NDArray[np.generic]]) -> None:
    """Write aside, flush, rename, flush the folder. What stood at `path` is replaced."""
    with written_whole(path, 0o640) as file:
        _write(file, stamp, arrays)


def _write(file: BinaryIO, stamp: Stamp, arrays: Mapping[str, NDArray[np.generic]]) -> None:
    written = {name: arrays[name].astype(kind, copy=False) for name, kind in LAYOUT.items()}
    header = _header(stamp, written)
    file.write(MAGIC + bytes(32) + struct.pack("<Q", len(header)) + header)
    for array in written.values():
        file.seek(_aligned(file.tell()))
        file.write(array.data)
    file.truncate()
    file.seek(HEADER_AT)
    digest = _sum(file)
    file.seek(SUM_AT)
    file.write(digest)


def _header(stamp: Stamp, arrays: Mapping[str, NDArray[np.generic]]) -> bytes:
    said = {
        "level": stamp.level,
        "boundary_version": stamp.boundary_version,
        "valid_from": stamp.valid_from.isoformat() if stamp.valid_from else None,
        "valid_until": stamp.valid_until.isoformat() if stamp.valid_until else None,
        "last_version": stamp.last_version,
        "changed_at": stamp.changed_at.isoformat() if stamp.changed_at else None,
        "lengths": {name: len(array) for name, array in arrays.items()},
    }
    return json.dumps(said, sort_keys=True).encode()


def read_tiling(path: Path) -> tuple[Stamp, dict[str, Any]]:
    """The stamp and the arrays, mapped from the file and not to be written to.

    Raises `error.tiling_file` for anything but a whole file of this layout; the sum says so.
    """
    with path.open("rb") as file:
        head = file.read(HEADER_AT)
        if len(head) < HEADER_AT or not head.startswith(MAGIC) or _sum(file) != head[SUM_AT:]:
            raise BadFile("error.tiling_file", file=path.name)
        whole = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    (length,) = struct.unpack_from("<Q", whole, HEADER_AT)
    begin = HEADER_AT + 8
    said = json.loads(whole[begin : begin + length])
    arrays, at = {}, begin + length
    for name, kind in LAYOUT.items():
        at = _aligned(at)
        count = said["lengths"][name]
        arrays[name] = np.frombuffer(whole, kind, count, at)
        at += arrays[name].nbytes
    return _stamp(said), arrays


def _stamp(said: Mapping[str, Any]) -> Stamp:
    valid_from, valid_until = (
        date.fromisoformat(said[name]) if said[name] else None
        for name in ("valid_from", "valid_until")
    )
    changed_at = datetime.fromisoformat(said["changed_at"]) if said["changed_at"] else None
    return Stamp(
        said["level"],
        said["boundary_version"],
        valid_from,
        valid_until,
        said["last_version"],
        changed_at,
    )


def _aligned(at: int) -> int:
    return -(-at // ALIGNED) * ALIGNED


def _sum(file: BinaryIO) -> bytes:
    """Of all that follows."""
    digest = hashlib.sha256()
    while chunk := file.read(1 << 20):
        digest.update(chunk)
    return digest.digest()
