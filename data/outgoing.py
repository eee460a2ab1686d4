"""How does a file leave? Whole or not at all: written beside its place, then moved there."""

from __future__ import annotations

import gzip
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast


@contextmanager
def aside(output: Path) -> Iterator[IO[bytes]]:
    """A file beside `output` that takes its place when all went well, and goes when not."""
    beside = output.with_name(f".{output.name}.{os.getpid()}.part")
    try:
        with beside.open("xb") as file:
            if output.suffix.lower() == ".gz":
                with gzip.GzipFile(fileobj=file, mode="wb", mtime=0) as packed:
                    yield cast(IO[bytes], packed)
            else:
                yield file
            file.flush()
            os.fsync(file.fileno())
        beside.replace(output)
        _sync_folder(output.parent)
    finally:
        beside.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
