"""Which addresses does a table hold, and how do answers get back into it?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from data.csv_rows import Record, RowFile, open_rows, write_rows


@dataclass(frozen=True, slots=True)
class AddressChunk:
    """Some rows: the address of each and the key of why a row can't be read, "" where it can."""

    records: list[Record]
    texts: list[str]
    faults: list[str]


@dataclass(frozen=True, slots=True)
class AddressFile:
    """A CSV file, and the place of its column of addresses."""

    file: RowFile
    place: int

    def chunks(self, size: int) -> Iterator[AddressChunk]:
        """The rows in order, `size` at a time."""
        for _, records in self.file.batches(size):
            usable = [self.file.usable(record) for record in records]
            texts = [self.file.decoded(fields[self.place]) for fields, _ in usable]
            yield AddressChunk(records, texts, [fault for _, fault in usable])


def read_address_file(file: Path, column: str) -> AddressFile:
    """Open a CSV file (or .csv.gz) of addresses. Raises BadFile without it or its column."""
    rows = open_rows(file)
    return AddressFile(rows, rows.place(column))


def write_addresses(
    addresses: AddressFile,
    output: Path,
    names: Sequence[str],
    answered: Iterable[tuple[AddressChunk, Sequence[Sequence[str]]]],
    *,
    force: bool = False,
) -> int:
    """Write every row with columns added, as `data.csv_rows.write_rows` does."""
    parts = ((chunk.records, columns) for chunk, columns in answered)
    return write_rows(addresses.file, output, names, parts, force=force)
