"""Where are the points of a table, and how do answers get back into it?

Read in chunks; a row that can't be read is kept with the reason (see `data.csv_rows`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from data.csv_rows import Record, RowFile, open_rows, write_rows
from gis.coordinates import convert_each
from gis.model import BEIJING

AT_ONCE: Final = 50_000


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
    records: list[Record]

    def __len__(self) -> int:
        return len(self.records)


@dataclass(frozen=True, slots=True)
class PointFile:
    """A CSV file of points, and which columns hold what."""

    file: RowFile
    crs: str
    places: dict[str, int]  # lon, lat, accuracy, at, id → place among the columns

    def chunks(self, size: int = AT_ONCE) -> Iterator[PointChunk]:
        """The rows in order, `size` at a time. May be called again: each call reads anew."""
        for first_row, batch in self.file.batches(size):
            yield _chunk(self, first_row, batch)


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
    rows = open_rows(file)
    wanted = {"lon": lon, "lat": lat, "accuracy": accuracy, "at": at, "id": id}
    places = {role: rows.place(name) for role, name in wanted.items() if name is not None}
    return PointFile(rows, crs, places)


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
    parts = ((chunk.records, columns) for chunk, columns in answered)
    return write_rows(points.file, output, names, parts, force=force)


# ---- what the rows say --------------------------------------------------------------------------


def _chunk(points: PointFile, first_row: int, records: list[Record]) -> PointChunk:
    errors: dict[int, str] = {}
    count = len(records)
    x, y, accuracy = (np.full(count, np.nan) for _ in range(3))
    at: list[datetime | None] = [None] * count
    ids = [""] * count
    for place, record in enumerate(records):
        fields, error = points.file.usable(record)
        here = {role: fields[index] for role, index in points.places.items()}
        ids[place] = points.file.decoded(here.get("id", ""))
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
