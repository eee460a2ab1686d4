"""The rows of a CSV file, read as bytes so that they go back out exactly as they came in.

What is the file's own (encoding, delimiter, quotes, line ends, blank lines) stays; columns are
added. A row that can't be read is kept with the reason, and the next one is read as if nothing had
happened. No driver library takes part, so this needs no child process.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import zlib
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple, TextIO, cast

from data.outgoing import aside
from data.text_files import GB18030, UTF_8, listed
from gis.errors import BadFile, Conflict

LONGEST_LINE: Final = 1024 * 1024
_BOM: Final = "\xef\xbb\xbf"  # UTF-8's mark, read as Latin-1
_BROKEN_GZIP: Final = (gzip.BadGzipFile, EOFError, zlib.error)


class Record(NamedTuple):
    """One record as it stands: its text, its line end (and blank lines after it), its fields."""

    text: str
    end: str
    fields: list[str] | None  # None: the quotes don't match


@dataclass(frozen=True, slots=True)
class RowFile:
    """A CSV file: its column names and how its text is written."""

    path: Path
    columns: list[str]
    encoding: str
    delimiter: str

    def batches(self, size: int) -> Iterator[tuple[int, list[Record]]]:
        """The records in order, `size` at a time, each time with the 1-based number of the first.

        May be called again: each call reads anew. Raises BadFile when the file changes meanwhile.
        """
        stated = self.path.stat()
        with _opened(self.path) as stream:
            records = _records(stream, self.delimiter)
            next(records)
            first_row, batch = 1, list[Record]()
            for record in records:
                batch.append(record)
                if len(batch) == size:
                    yield first_row, batch
                    first_row, batch = first_row + size, []
            if batch:
                yield first_row, batch
        now = self.path.stat()
        if (now.st_size, now.st_mtime_ns) != (stated.st_size, stated.st_mtime_ns):
            raise BadFile("error.file_changed")

    def place(self, name: str) -> int:
        """Where the column of that name stands. Raises BadFile where it is missing or double."""
        return _place(self.columns, name)

    def decoded(self, text: str) -> str:
        """A field as text; what isn't in the file's encoding becomes U+FFFD."""
        return _decoded(text, self.encoding)

    def usable(self, record: Record) -> tuple[list[str], str]:
        """Fields for every column, and the key of why the row can't be used, or ""."""
        return _usable_fields(record, len(self.columns))


def open_rows(file: Path) -> RowFile:
    """Open a CSV file (or .csv.gz): UTF-8 with or without mark, or GB18030; separated by commas,
    semicolons or tabs. Raises BadFile when it can't be read.
    """
    file = Path(file)
    if not file.is_file():
        raise BadFile("error.file_missing")
    with _opened(file) as stream:
        delimiter = _delimiter(stream)
    with _opened(file) as stream:
        head = next(_records(stream, delimiter), None)
    if head is None:
        raise BadFile("error.file_empty")
    if head.fields is None:
        raise BadFile("error.points_head")
    encoding = _encoding(file, head.text)
    columns = [_decoded(name, encoding).strip() for name in head.fields]
    return RowFile(file, columns, encoding, delimiter)


def write_rows(
    file: RowFile,
    output: Path,
    names: Sequence[str],
    answered: Iterable[tuple[Sequence[Record], Sequence[Sequence[str]]]],
    *,
    force: bool = False,
) -> int:
    """Write every row of a file with columns added; returns how many rows.

    `answered` gives some records with one sequence of texts a new column. The file appears whole or
    not at all: written aside, synced, renamed. Raises Conflict when `output` is there (unless
    `force`) or is the input, BadFile when a name is taken or the disk refuses.
    """
    output = Path(output)
    _check_target(file, output, names, force=force)
    rows = 0
    try:
        with aside(output) as stream, _opened(file.path) as first:
            head = next(_records(first, file.delimiter))
            stream.write(_extended(head, names, file))
            for records, columns in answered:
                rows += len(records)
                for record, *texts in zip(records, *columns, strict=True):
                    stream.write(_extended(record, texts, file))
    except OSError:
        raise BadFile("error.output_not_written") from None
    return rows


# ---- records of a CSV file ----------------------------------------------------------------------
# Read as Latin-1: every byte is a letter, so the text goes back out as it came in. Quotes, commas
# and line ends are never part of a Chinese letter, neither in UTF-8 nor in GB18030.


@contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    opener = gzip.open if packed else open
    try:
        with opener(path, "rt", encoding="latin-1", newline="") as stream:
            yield cast(TextIO, stream)
    except _BROKEN_GZIP:
        raise BadFile("error.file_damaged") from None


def _records(stream: TextIO, delimiter: str) -> Iterator[Record]:
    """The records; blank lines go with the one before.

    Where the quotes of a record don't match, its first line stands for it, and reading goes on
    with the line after that: an open quote would swallow the rest of the file.
    """
    held: Record | None = None
    for text, fields in _raw_records(stream, delimiter):
        if fields == []:
            if held is not None:
                held = held._replace(end=held.end + text)
            continue
        if held is not None:
            yield held
        body = text.rstrip("\r\n")
        held = Record(body, text[len(body) :], fields)
    if held is not None:
        yield held


def _raw_records(stream: TextIO, delimiter: str) -> Iterator[tuple[str, list[str] | None]]:
    again: deque[str] = deque()
    pulled: list[str] = []

    def lines() -> Iterator[str]:
        while line := again.popleft() if again else stream.readline(LONGEST_LINE):
            if len(line) == LONGEST_LINE:
                raise BadFile("error.file_kind")
            pulled.append(line)
            yield line

    reader = csv.reader(lines(), delimiter=delimiter, strict=True)
    while True:
        pulled.clear()
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error:
            again.extendleft(reversed(pulled[1:]))
            reader = csv.reader(lines(), delimiter=delimiter, strict=True)
            yield pulled[0], None
        else:
            yield "".join(pulled), fields


def _delimiter(stream: TextIO) -> str:
    head = stream.readline(LONGEST_LINE)
    if "\x00" in head:
        raise BadFile("error.file_encoding")
    return max((",", ";", "\t"), key=head.count)


def _encoding(file: Path, head: str) -> str:
    """UTF-8 or GB18030: by the column names where they say it, else by the whole file."""
    try:
        head.encode("latin-1").decode("utf-8")
        if not head.removeprefix(_BOM).isascii():
            return UTF_8
        decoder = codecs.getincrementaldecoder("utf-8")()
        with _opened(file) as stream:
            while block := stream.read(LONGEST_LINE):
                decoder.decode(block.encode("latin-1"))
    except UnicodeDecodeError:
        return GB18030
    return UTF_8


def _decoded(text: str, encoding: str) -> str:
    return text.removeprefix(_BOM).encode("latin-1").decode(encoding, errors="replace")


def _place(columns: Sequence[str], name: str) -> int:
    if columns.count(name) > 1:
        raise BadFile("error.points_double_column", column=listed([name]))
    if name not in columns:
        raise BadFile("error.file_no_column", column=listed([name]), columns=listed(columns))
    return columns.index(name)


def _usable_fields(record: Record, count: int) -> tuple[list[str], str]:
    """Fields for every column, and why the row can't be used, or ""."""
    if record.fields is None:
        return [""] * count, "error.point_quotes"
    short = count - len(record.fields)
    fields = record.fields + [""] * short
    if any(fields[count:]):
        return fields, "error.point_too_many_fields"
    return fields, "error.point_control" if "\x00" in record.text else ""


# ---- and back out -------------------------------------------------------------------------------


def _check_target(file: RowFile, output: Path, names: Sequence[str], *, force: bool) -> None:
    if output.exists() and output.samefile(file.path):
        raise Conflict("error.output_is_input")
    if output.exists() and not (force and output.is_file()):
        raise Conflict("error.output_exists")
    for name in names:
        if name in file.columns:
            raise BadFile("error.points_column_taken", column=listed([name]))


def _extended(record: Record, texts: Sequence[str], file: RowFile) -> bytes:
    """The record as it came, made as wide as the head, and the new cells."""
    body = record.text
    width, have = len(file.columns), len(record.fields or [])
    if record.fields is not None and have < width:
        body += file.delimiter * (width - have)
    elif record.fields is not None and not any(record.fields[width:]):
        surplus = body[len(body.rstrip(file.delimiter)) :][: have - width]
        body = body.removesuffix(surplus) if len(surplus) == have - width else body
    cells = "".join(file.delimiter + _cell(text, file.delimiter) for text in texts)
    return body.encode("latin-1") + cells.encode(file.encoding) + record.end.encode("latin-1")


def _cell(text: str, delimiter: str) -> str:
    if any(mark in text for mark in (delimiter, '"', "\r", "\n")):
        return '"' + text.replace('"', '""') + '"'
    return text
