"""Where are the points of a table, and how do answers get back into it?

A CSV file is read in chunks, as bytes: the rows go back out exactly as they came in, with columns
added. A row that can't be read is kept with the reason, and the next one is read as if nothing
had happened. No driver library takes part, so this needs no child process.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import math
import zlib
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple, TextIO, cast

import numpy as np
from numpy.typing import NDArray

from data.outgoing import aside
from data.text_files import GB18030, UTF_8, listed
from gis.coordinates import convert_each
from gis.errors import BadFile, Conflict
from gis.model import BEIJING

AT_ONCE: Final = 50_000
LONGEST_LINE: Final = 1024 * 1024
_BOM: Final = "\xef\xbb\xbf"  # UTF-8's mark, read as Latin-1
_BROKEN_GZIP: Final = (gzip.BadGzipFile, EOFError, zlib.error)


class _Record(NamedTuple):
    """One record as it stands: its text, its line end (and blank lines after it), its fields."""

    text: str
    end: str
    fields: list[str] | None  # None: the quotes don't match


@dataclass(frozen=True, slots=True)
class PointChunk:
    """Some rows of a point file. `first_row` is the 1-based number of the first.

    Longitude and latitude are degrees in CGCS2000, NaN in a row with an error; `accuracy_m` is
    NaN where the file says nothing. `errors` holds the key of a sentence by place in the chunk.
    """

    first_row: int
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    accuracy_m: NDArray[np.float64]
    at: list[datetime | None]
    ids: list[str]
    errors: dict[int, str]
    records: list[_Record]

    def __len__(self) -> int:
        return len(self.records)


@dataclass(frozen=True, slots=True)
class PointFile:
    """A CSV file of points: its column names and how its text is written."""

    path: Path
    columns: list[str]
    encoding: str
    delimiter: str
    crs: str
    places: dict[str, int]  # lon, lat, accuracy, at, id → place among the columns

    def chunks(self, size: int = AT_ONCE) -> Iterator[PointChunk]:
        """The rows in order, `size` at a time. May be called again: each call reads anew."""
        stated = self.path.stat()
        with _opened(self.path) as stream:
            records = _records(stream, self.delimiter)
            next(records)
            first_row, batch = 1, list[_Record]()
            for record in records:
                batch.append(record)
                if len(batch) == size:
                    yield _chunk(self, first_row, batch)
                    first_row, batch = first_row + size, []
            if batch:
                yield _chunk(self, first_row, batch)
        now = self.path.stat()
        if (now.st_size, now.st_mtime_ns) != (stated.st_size, stated.st_mtime_ns):
            raise BadFile("error.file_changed")


def read_points(
    file: Path,
    lon: str,
    lat: str,
    accuracy: str | None = None,
    at: str | None = None,
    id: str | None = None,  # noqa: A002 - what the column is called
    *,
    crs: str,
) -> PointFile:
    """Open a CSV file (or .csv.gz) of points; the names say which columns hold what.

    UTF-8 with or without mark, or GB18030; separated by commas, semicolons or tabs. `crs` is a
    name as `parse_crs` returns it. `accuracy` is in metres; `at` an ISO 8601 time, in Beijing
    when it names no zone. Raises BadFile when the file can't be read or a column is missing.
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
    wanted = {"lon": lon, "lat": lat, "accuracy": accuracy, "at": at, "id": id}
    places = {role: _place(columns, name) for role, name in wanted.items() if name is not None}
    return PointFile(file, columns, encoding, delimiter, crs, places)


def write_points(
    points: PointFile,
    output: Path,
    names: Sequence[str],
    answered: Iterable[tuple[PointChunk, Sequence[Sequence[str]]]],
    *,
    force: bool = False,
) -> int:
    """Write every row of a point file with columns added; returns how many rows.

    `answered` gives each chunk with one sequence of texts a new column. The file appears whole or
    not at all: written aside, synced, renamed. Raises Conflict when `output` is there (unless
    `force`) or is the input, BadFile when a name is taken or the disk refuses.
    """
    output = Path(output)
    _check_target(points, output, names, force=force)
    rows = 0
    try:
        with aside(output) as stream, _opened(points.path) as first:
            head = next(_records(first, points.delimiter))
            stream.write(_extended(head, names, points))
            for chunk, columns in answered:
                rows += len(chunk)
                for record, *texts in zip(chunk.records, *columns, strict=True):
                    stream.write(_extended(record, texts, points))
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


def _records(stream: TextIO, delimiter: str) -> Iterator[_Record]:
    """The records; blank lines go with the one before.

    Where the quotes of a record don't match, its first line stands for it, and reading goes on
    with the line after that: an open quote would swallow the rest of the file.
    """
    held: _Record | None = None
    for text, fields in _raw_records(stream, delimiter):
        if fields == []:
            if held is not None:
                held = held._replace(end=held.end + text)
            continue
        if held is not None:
            yield held
        body = text.rstrip("\r\n")
        held = _Record(body, text[len(body) :], fields)
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


# ---- what the rows say --------------------------------------------------------------------------


def _chunk(points: PointFile, first_row: int, records: list[_Record]) -> PointChunk:
    errors: dict[int, str] = {}
    count = len(records)
    x, y, accuracy = (np.full(count, np.nan) for _ in range(3))
    at: list[datetime | None] = [None] * count
    ids = [""] * count
    for place, record in enumerate(records):
        fields, error = _usable_fields(record, len(points.columns))
        here = {role: fields[index] for role, index in points.places.items()}
        ids[place] = _decoded(here.get("id", ""), points.encoding)
        x[place], y[place], error = _numbers(here["lon"], here["lat"], error)
        accuracy[place], error = _accuracy(here.get("accuracy", ""), error)
        at[place], error = _time(here.get("at", ""), error)
        if error:
            errors[place] = error
    x[list(errors)] = np.nan
    lon, lat, problems = convert_each(x, y, points.crs, "cgcs2000")
    for key, where in problems.items():
        for place in np.flatnonzero(where).tolist():
            errors.setdefault(place, key)
    return PointChunk(first_row, lon, lat, accuracy, at, ids, errors, records)


def _usable_fields(record: _Record, count: int) -> tuple[list[str], str]:
    """Fields for every column, and why the row can't be used, or ""."""
    if record.fields is None:
        return [""] * count, "error.point_quotes"
    short = count - len(record.fields)
    fields = record.fields + [""] * short
    if any(fields[count:]):
        return fields, "error.point_too_many_fields"
    return fields, "error.point_control" if "\x00" in record.text else ""


def _numbers(lon: str, lat: str, error: str) -> tuple[float, float, str]:
    if not lon.strip() and not lat.strip():
        return math.nan, math.nan, error or "error.point_empty"
    try:
        x, y = float(lon), float(lat)
    except ValueError:
        return math.nan, math.nan, error or "error.coordinates_not_numbers"
    if x == y == 0:
        return math.nan, math.nan, error or "error.point_zero"
    return x, y, error or ("error.coordinates_not_numbers" if "_" in lon + lat else "")


def _accuracy(text: str, error: str) -> tuple[float, str]:
    if not text.strip():
        return math.nan, error
    try:
        metres = float(text)
    except ValueError:
        metres = -1.0
    if not 0 <= metres < math.inf:
        return math.nan, error or "error.point_accuracy"
    return metres, error


def _time(text: str, error: str) -> tuple[datetime | None, str]:
    if not text.strip():
        return None, error
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None, error or "error.point_time"
    return (moment if moment.tzinfo else moment.replace(tzinfo=BEIJING)), error


# ---- and back out -------------------------------------------------------------------------------


def _check_target(points: PointFile, output: Path, names: Sequence[str], *, force: bool) -> None:
    if output.exists() and output.samefile(points.path):
        raise Conflict("error.output_is_input")
    if output.exists() and not (force and output.is_file()):
        raise Conflict("error.output_exists")
    for name in names:
        if name in points.columns:
            raise BadFile("error.points_column_taken", column=listed([name]))


def _extended(record: _Record, texts: Sequence[str], points: PointFile) -> bytes:
    """The record as it came, made as wide as the head, and the new cells."""
    body = record.text
    width, have = len(points.columns), len(record.fields or [])
    if record.fields is not None and have < width:
        body += points.delimiter * (width - have)
    elif record.fields is not None and not any(record.fields[width:]):
        surplus = body[len(body.rstrip(points.delimiter)) :][: have - width]
        body = body.removesuffix(surplus) if len(surplus) == have - width else body
    cells = "".join(points.delimiter + _cell(text, points.delimiter) for text in texts)
    return body.encode("latin-1") + cells.encode(points.encoding) + record.end.encode("latin-1")


def _cell(text: str, delimiter: str) -> str:
    if any(mark in text for mark in (delimiter, '"', "\r", "\n")):
        return '"' + text.replace('"', '""') + '"'
    return text
