"""What do the rows of a file say, whatever kind of file it is? Asked as `-m data.sheet_files`.

A child process like `data.vector_files`, which reads the files with shapes for it; CSV and XLSX are
read here. Columns are found by their headings: each field comes with the names it may go by. What
a row can't say because it is broken is told by its number, and the other rows are not lost.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final

from data import osm_files
from data.incoming import bring_in, sum_of
from data.sandbox import Answer, Limits
from data.text_files import UTF_8, encoding_of, listed
from data.vector_files import Table, answer_once, read, the_one
from data.workbooks import Row, rows_of_workbook
from gis.errors import BadFile

HEAD_WITHIN: Final = 10  # rows in which the headings are looked for; a title may stand above them
_UNIT: Final = re.compile(r"[(（\[【].*$")
_BLANKS: Final = re.compile(r"[\s_\-*＊:：]+")


@dataclass(slots=True)
class Headed:
    """Fields by their headings; of several names the file may use any one."""

    fields: Mapping[str, Sequence[str]]
    needed: Sequence[str]
    found: list[str] = field(default_factory=list)  # the fields chosen last, in order

    def places(self, there: Sequence[str]) -> list[int]:
        by_name: dict[str, list[int]] = {}
        for place, name in enumerate(there):
            by_name.setdefault(heading(name), []).append(place)
        chosen: dict[str, int] = {}
        for name, headings in self.fields.items():
            keys = dict.fromkeys(heading(one) for one in headings)
            places = [place for key in keys for place in by_name.get(key, [])]
            if len(places) > 1:
                two = [there[place] for place in places]
                raise BadFile("error.sheet_double_heading", columns=listed(two))
            if places:
                chosen[name] = places[0]
        for name in self.needed:
            if name not in chosen:
                wanted = " / ".join(self.fields[name])
                raise BadFile("error.sheet_no_heading", wanted=wanted, columns=listed(there))
        self.found = list(chosen)
        return list(chosen.values())


def heading(name: str) -> str:
    """A heading as it is compared: without blanks, unit in brackets, case and wide letters.

    >>> heading("户数（户）"), heading(" Grid_Code *")
    ('户数', 'gridcode')
    """
    plain = _UNIT.sub("", unicodedata.normalize("NFKC", name).replace("（", "("))
    return _BLANKS.sub("", plain).casefold()


@dataclass(slots=True)
class Rows:
    """A table with the numbers of its rows, and the numbers of those that are broken."""

    table: Table
    numbers: Sequence[int]
    broken: list[int] = field(default_factory=list)


def main() -> None:
    """What `-m data.sheet_files` does."""
    answer_once(answer_to)


def answer_to(request: Answer, limits: Limits) -> Answer:
    """Find the columns, read them, write them as Arrow."""
    source, folder = Path(request["source"]), Path(request["folder"])
    before = sum_of(source)
    found, layer = the_one(bring_in(source, folder, limits), request["layer"])
    import pyarrow  # noqa: F401 - before the file takes the memory: half a library can't say so

    headed = Headed(request["fields"], request["needed"])
    if found.kind == "csv":
        rows = _from_rows(_csv_rows(found.path), headed, limits)
        rows.table.encoding = encoding_of(found.path)
    elif found.kind == "xlsx":
        rows = _from_rows(rows_of_workbook(found.path, layer), headed, limits)
    else:
        if found.kind in osm_files.KINDS:
            table = osm_files.read_areas(found, headed, folder, limits)
        else:
            table = read(found, headed, layer, limits)
        count = len(table.columns[0])
        if count > limits.rows:
            raise BadFile("error.file_too_many_rows", limit=limits.rows)
        rows = Rows(table, range(1, count + 1))
    _write(folder / "rows.arrow", rows, limits)
    if sum_of(source) != before:
        raise BadFile("error.file_changed")
    return {
        "crs": rows.table.crs,
        "encoding": rows.table.encoding,
        "shapes": rows.table.shapes is not None,
        "fields": headed.found,
        "broken": rows.broken,
    }


# ---- tables of cells ----------------------------------------------------------------------------


def _from_rows(rows: Iterator[Row], headed: Headed, limits: Limits) -> Rows:
    first = list(islice(rows, HEAD_WITHIN))
    if not first:
        raise BadFile("error.file_without_rows")
    place, places = _head(first, headed)
    names = [(first[place][1][one] or "").strip() for one in places]
    width = len(first[place][1])
    columns: list[list[str | None]] = [[] for _ in places]
    numbers: list[int] = []
    broken: list[int] = []
    for number, cells in chain(first[place + 1 :], rows):
        if not any(cells):
            continue
        if any(cells[width:]):
            broken.append(number)
            continue
        if len(numbers) == limits.rows:
            raise BadFile("error.file_too_many_rows", limit=limits.rows)
        numbers.append(number)
        for column, one in zip(columns, places, strict=True):
            column.append(cells[one] if one < len(cells) else None)
    return Rows(Table(names, columns, None), numbers, broken)


def _head(first: Sequence[Row], headed: Headed) -> tuple[int, list[int]]:
    """Which row holds the headings, and where the fields stand in it."""
    refusal: BadFile | None = None
    for place, (_, cells) in enumerate(first):
        if not any(cells):
            continue
        try:
            return place, headed.places([one or "" for one in cells])
        except BadFile as missing:
            if refusal is None or missing.key == "error.sheet_double_heading":
                refusal = missing
    raise refusal or BadFile("error.file_without_rows")


def _csv_rows(path: Path) -> Iterator[Row]:
    """Records with the numbers a spreadsheet gives them; separated by comma, semicolon or tab."""
    encoding = encoding_of(path)
    codec = "utf-8-sig" if encoding == UTF_8 else encoding
    with path.open(encoding=codec, newline="") as file:
        delimiter = max((",", ";", "\t"), key=file.readline().count)
        file.seek(0)
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        number = 0
        try:
            for number, cells in enumerate(reader, start=1):
                yield number, [one or None for one in cells]
        except csv.Error:
            raise BadFile("error.file_row_broken", row=number + 1) from None


# ---- out ----------------------------------------------------------------------------------------


def _write(target: Path, rows: Rows, limits: Limits) -> None:
    """Number of the row, c0, c1 … as text, and `shape` as WKB."""
    import pyarrow as pa

    shapes = rows.table.shapes
    if shapes and sum(len(one) for one in shapes if one) > limits.vertices * 16:
        raise BadFile("error.file_too_many_vertices", limit=limits.vertices)
    columns: dict[str, Any] = {"row": pa.array(rows.numbers, pa.int64())}
    for place, texts in enumerate(rows.table.columns):
        columns[f"c{place}"] = pa.array(texts, pa.string())
    if shapes is not None:
        columns["shape"] = pa.array(shapes, pa.large_binary())
    result = pa.table(columns)
    with pa.OSFile(str(target), "wb") as file, pa.ipc.new_file(file, result.schema) as writer:
        writer.write_table(result)


if __name__ == "__main__":
    main()
