"""How do the rows of a file from outside become things? Shared by every kind of list.

The file is opened by a child process (`data.sheet_files`). Here its cells become text, numbers,
times and places; what can't be read is a fault of its row, with the value, and the row goes on to
its other cells, so that a person sees all that is wrong at once.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from enum import StrEnum
from pathlib import Path
from typing import Final, TypeVar

from data.boundaries import LOST_LETTERS, NOT_EXACT, short_name
from data.sandbox import Answer, Limits, run_child
from data.shapes import Place, places_of_columns, places_of_shapes
from data.text_files import is_plain, is_usual, listed, plain
from gis.errors import BadFile, BadInput
from gis.model import BEIJING
from gis.sheets import RowFault, Sheet, Stated

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)

LIMITS: Final = Limits(memory_bytes=2 * 1024**3, seconds=120, unpacked_bytes=1024**3, rows=500_000)
MANY: Final = replace(LIMITS, rows=2_000_000, seconds=600, memory_bytes=4 * 1024**3)
"""For what a county has by the million: buildings, addresses."""
LONGEST_CODE: Final = 100
LONGEST_TEXT: Final = 200
MOST_SHOWN: Final = 40  # letters of a value in a fault
_DAY: Final = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_BETWEEN: Final = re.compile("[、,，;；]")
_YES: Final = frozenset({"true", "1", "yes", "y", "是", "有", "√", "✓", "老旧小区", "负责"})
_NO: Final = frozenset({"", "false", "0", "no", "n", "否", "无", "×", "-"})

LON: Final = ("经度", "lon", "lng", "longitude", "x")
LAT: Final = ("纬度", "lat", "latitude", "y")
PLACE: Final = {"lon": LON, "lat": LAT}


@dataclass(frozen=True, slots=True)
class Asked:
    """How a file is to be read: which layer or sheet, in which system its coordinates are, and by
    which headings the fields go that have none of the accepted ones.
    """

    layer: str | None = None
    crs: str | None = None
    headings: Mapping[str, str] = field(default_factory=dict)


class Cells:
    """One row: its cells by field. A cell that is wrong is noted; what comes back stands for it."""

    def __init__(
        self,
        row: int,
        texts: Mapping[str, str],
        place: Place,
        usual: frozenset[str] = frozenset(),
    ) -> None:
        """`usual` names columns of nothing but usual text (`is_usual`): there's no more to see."""
        self.row = row
        self.place = place
        self.faults: list[RowFault] = []
        self._texts = texts
        self._usual = usual

    def wrong(self, key: str, name: str, *, stops: bool = True, **values: str | int) -> None:
        """Note a fault of one cell, with the value as it stands."""
        value = plain(self._texts.get(name, ""))[:MOST_SHOWN]
        self.faults.append(RowFault(self.row, key, {"field": name, "value": value} | values, stops))

    def text(self, name: str, most: int = LONGEST_TEXT, *, needed: bool = False) -> str:
        """Plain text; "" where there is none."""
        given = self._texts.get(name, "")
        if not given or name in self._usual:
            written = given.strip()
        else:
            if not is_plain(given) or LOST_LETTERS.search(given):
                self.wrong("row.bad_text", name)
            written = plain(given)
        if len(written) > most:
            self.wrong("row.too_long", name, most=most)
        if needed and not written:
            self.wrong("row.missing", name)
        return written[:most]

    def names(self, name: str) -> tuple[str, ...]:
        """Several names in one cell, parted by 、 or a comma or a semicolon; () where none are."""
        text = self.text(name)
        if not text:
            return ()
        written = (one.strip() for one in _BETWEEN.split(text))
        return tuple(dict.fromkeys(one for one in written if one))

    def code(self, name: str, *, needed: bool = False) -> str | None:
        """A code; None where there is none. A number that lost digits is no code."""
        written = self.text(name, LONGEST_CODE, needed=needed)
        if NOT_EXACT.fullmatch(written):
            self.wrong("row.code_is_number", name)
        return written or None

    def whole(self, name: str, *, least: int = 0, most: int = 100_000) -> int | None:
        """A whole number; None where there is none."""
        number = self.number(name, least=least, most=most)
        if number is None:
            return None
        if not number.is_integer():
            self.wrong("row.not_whole", name)
        return int(number)

    def number(self, name: str, *, least: float = 0, most: float = 1e9) -> float | None:
        """A number from `least` to `most`; None where there is none."""
        given = self._texts.get(name, "")
        if given and name not in self._usual:
            given = plain(given)
        written = given.strip().replace(",", "").replace("，", "")
        if not written:
            return None
        try:
            number = float(written) if "_" not in written else float("nan")
        except ValueError:
            number = float("nan")
        if not least <= number <= most:
            self.wrong("row.not_a_number", name, least=f"{least:g}", most=f"{most:g}")
            return None
        return number

    def choice(self, name: str, words: Mapping[str, E], *, needed: bool = False) -> E | None:
        """One of some words, in any case; None where there is none."""
        written = self.text(name, needed=needed)
        if not written:
            return None
        found = words.get(written.casefold())
        if found is None:
            self.wrong("row.unknown_word", name, words=listed(dict.fromkeys(words)))
        return found

    def yes(self, name: str) -> bool:
        """是 or 否; an empty cell says no."""
        written = self.text(name).casefold()
        if written not in _YES | _NO:
            self.wrong("row.not_yes_or_no", name)
        return written in _YES

    def moment(self, name: str) -> datetime | None:
        """An instant: a day begins at midnight in Beijing; None where there is none."""
        written = self.text(name)
        if not written:
            return None
        try:
            return _moment(written)
        except ValueError:
            self.wrong("row.not_a_time", name)
            return None


def _moment(written: str) -> datetime:
    day = _DAY.fullmatch(written)
    if day is not None:
        return datetime.combine(date(*map(int, day.groups())), time(), BEIJING)
    found = datetime.fromisoformat(written.replace("/", "-"))
    return found if found.tzinfo else found.replace(tzinfo=BEIJING)


def words_of(kind: type[E], chinese: Mapping[E, str]) -> dict[str, E]:
    """What a cell may say for each value: its 中文 (several parted by a blank) and its code."""
    found = {word: one for one in kind for word in chinese[one].split()}
    return found | {one.value: one for one in kind}


def read_sheet(
    file: Path,
    headings: Mapping[str, Sequence[str]],
    needed: Sequence[str],
    asked: Asked,
    make: Callable[[Cells], T],
    *,
    located: bool = False,
    limits: Limits = LIMITS,
) -> Sheet[T]:
    """Read every row of a file and `make` a thing of each.

    `headings` are the names each field may go by; those in `needed` must be there. With `located`
    a row has a place: the shape of its feature, or the columns of longitude and latitude, which
    `asked.crs` must name a system for. Fields of a place are called point and shape.

    A row with a stopping fault stays in the result, so that what else is wrong with it is found;
    its fault keeps it out. Raises BadFile when the file as a whole can't be read.
    """
    file = Path(file)
    if not (file.is_file() or file.is_dir()):
        raise BadFile("error.file_missing")
    accepted = {**headings, **(PLACE if located else {})}
    raw = _read(file, _named(accepted, asked.headings), needed, asked.layer, limits)
    if not raw.numbers:
        raise BadFile("error.file_without_rows")
    places, crs = _places(raw, asked.crs) if located else ([Place()] * len(raw.numbers), "")
    rows: list[Stated[T]] = []
    faults = [RowFault(row, "row.too_many_cells", {}) for row in raw.answer["broken"]]
    for cells in _cells(raw, places):
        faults += cells.place.faults(cells.row)
        rows.append(Stated(cells.row, make(cells)))
        faults += cells.faults
    return Sheet(
        rows,
        frozenset(raw.columns) | _place_fields(places),
        faults,
        file.name,
        raw.answer["encoding"],
        short_name(crs),
    )


@dataclass(frozen=True, slots=True)
class _Raw:
    numbers: list[int]
    columns: dict[str, list[str | None]]
    wkb: list[bytes | None] | None
    answer: Answer


def _named(
    accepted: Mapping[str, Sequence[str]], own: Mapping[str, str]
) -> dict[str, Sequence[str]]:
    for name in own:
        if name not in accepted:
            raise BadInput("error.sheet_no_field", field=name, fields=listed(accepted))
    return {**accepted, **{name: [heading] for name, heading in own.items()}}


def _read(
    file: Path,
    accepted: Mapping[str, Sequence[str]],
    needed: Sequence[str],
    layer: str | None,
    limits: Limits,
) -> _Raw:
    import pyarrow as pa

    with tempfile.TemporaryDirectory(prefix="wangge-file-") as folder:
        request: Answer = {
            "source": str(file.resolve()),
            "folder": folder,
            "fields": {name: list(headings) for name, headings in accepted.items()},
            "needed": list(needed),
            "layer": layer,
        }
        answer = run_child("data.sheet_files", Path(folder), request, limits)
        with pa.memory_map(f"{folder}/rows.arrow") as mapped:
            table = pa.ipc.open_file(mapped).read_all()
            read = {name: table.column(name).to_pylist() for name in table.column_names}
    columns = {name: read[f"c{place}"] for place, name in enumerate(answer["fields"])}
    return _Raw(read["row"], columns, read.get("shape"), answer)


def _cells(raw: _Raw, places: Sequence[Place]) -> Iterator[Cells]:
    names = list(raw.columns)
    usual = frozenset(name for name, column in raw.columns.items() if _is_usual(column))
    texts = zip(*([one or "" for one in column] for column in raw.columns.values()), strict=True)
    for row, place, values in zip(raw.numbers, places, texts, strict=True):
        yield Cells(row, dict(zip(names, values, strict=True)), place, usual)


def _is_usual(column: Sequence[str | None]) -> bool:
    """Whether all cells are usual text, ten thousand of them looked at in one go."""
    pieces = (column[start : start + 10_000] for start in range(0, len(column), 10_000))
    return all(is_usual("".join(filter(None, piece))) for piece in pieces)


def _places(raw: _Raw, crs: str | None) -> tuple[list[Place], str]:
    if raw.wkb is not None:
        return places_of_shapes(raw.wkb, raw.answer["crs"], crs)
    if "lon" in raw.columns and "lat" in raw.columns:
        return places_of_columns(raw.columns["lon"], raw.columns["lat"], crs)
    return [Place()] * len(raw.numbers), ""


def _place_fields(places: Sequence[Place]) -> frozenset[str]:
    """What the places of a file state: shapes only where there is one at all."""
    fields = {name for one in places for name in one.stated}
    return frozenset(fields)
