"""How does a file leave? Whole or not at all, packed where its name says so."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from gis.whole_files import written_whole


@contextmanager
def aside(output: Path) -> Iterator[IO[bytes]]:
    """A file beside `output` that takes its place when all went well, and goes when not.

    What a killed process left beside it goes now.
    """
    with written_whole(output) as file:
        if output.suffix.lower() != ".gz":
            yield file
            return
        with gzip.GzipFile(fileobj=file, mode="wb", mtime=0) as packed:
            yield cast(IO[bytes], packed)
