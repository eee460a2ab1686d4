"""Coverage as tables: CSV for machines and pivot tables, XLSX for the desk.

Every text is written so that no spreadsheet takes it for a formula.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, Protocol

from maps.coverage_words import method, metres, name_of, review
from maps.words import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openpyxl import Workbook

    from gis.coverage import Parts
    from gis.coverage_plan import CoveragePlan, Gap, Score

Cell = str | int | float | None

SCORE_COLUMNS: Final = ("level", "code", "name", "community", "served", "unserved", "unknown")
SCORE_COLUMNS_END: Final = ("households", "served_percent", "unserved_percent", "unknown_percent")
SCORES: Final = (*SCORE_COLUMNS, *SCORE_COLUMNS_END, "gap_buildings", "band")
SAID_OF_ALL: Final = ("kind", "radius", "day", "standard", "review")
GAPS: Final = ("code", "name", "address", "grid", "gap_households", "facility", "metres")
FORMULA: Final = re.compile(r"^[\s\u3000]*[=+\-@＝＋－＠\t\r]")
LONGEST: Final = 32_000  # a cell holds 32,767 letters
NOT_IN_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class BuildingWords(Protocol):
    """What is known of a building beside its figures."""

    @property
    def name(self) -> str: ...
    @property
    def address(self) -> str: ...


def coverage_csv(plan: CoveragePlan, language: str, review_no: str | None) -> bytes:
    """The scorecard as CSV: UTF-8 with a mark for Excel; kind, radius, day and rule in every row.

    A text that a spreadsheet would run as a formula gets an apostrophe in front.
    """
    rule = plan.standard
    checked = say(
        language, "coverage.verified" if rule and rule.verified else "coverage.unverified"
    )
    said: tuple[Cell, ...] = (
        plan.kind.name,
        _number(plan.radius_m),
        plan.day.isoformat(),
        f"{rule.source} · {checked}" if rule else "",
        review(language, review_no),
    )
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(_heads(language, (*SCORES, *SAID_OF_ALL)))
    for row in _score_rows(plan, language):
        writer.writerow([inert(cell) for cell in (*row, *said)])
    return ("\ufeff" + written.getvalue()).encode("utf-8", "replace")


def coverage_xlsx(
    plan: CoveragePlan,
    gaps: Sequence[Gap],
    buildings: Mapping[str, BuildingWords],
    language: str,
    review_no: str | None,
) -> bytes:
    """Three sheets: scorecard, gap buildings, method. `gaps` are those to list, with their words
    in `buildings`; how many there are in all stands under the method.
    """
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    total = plan.coverage.total().buildings.unserved
    listed = say(language, "coverage.gaps_listed", total=total, count=len(gaps))
    said = [(one.label, one.text) for one in method(plan, language, review_no)]
    _sheet(book, language, "scores", SCORES, _score_rows(plan, language))
    _sheet(book, language, "gaps", GAPS, _gap_rows(plan, gaps, buildings))
    _sheet(book, language, "method", (), [*said, ("", listed)])
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def _score_rows(plan: CoveragePlan, language: str) -> Iterator[tuple[Cell, ...]]:
    """The total, then communities, then grids, weakest first."""
    total = plan.coverage.total()
    region = plan.region
    head = (say(language, "coverage.row.total"), region.code if region else "")
    name = region.name if region else say(language, "coverage.everything")
    yield (*head, name, "", *_parts(total.households), total.buildings.unserved, "")
    for one in plan.community_scores():
        yield _score(plan, one, language, "community")
    for one in plan.grid_scores():
        yield _score(plan, one, language, "grid")


def _score(plan: CoveragePlan, one: Score, language: str, level: str) -> tuple[Cell, ...]:
    above = plan.communities.get(one.parent)
    return (
        say(language, f"coverage.row.{level}"),
        one.code,
        name_of(one, language),
        above.name if above else one.parent,
        *_parts(one.tally.households),
        one.tally.buildings.unserved,
        say(language, f"coverage.band.{one.band.value}"),
    )


def _parts(households: Parts) -> tuple[Cell, ...]:
    counts = (households.served, households.unserved, households.unknown, households.whole)
    return (*counts, *(households.percent or ("", "", "")))


def _gap_rows(
    plan: CoveragePlan, gaps: Sequence[Gap], buildings: Mapping[str, BuildingWords]
) -> Iterator[tuple[Cell, ...]]:
    for gap in gaps:
        words, grid = buildings.get(gap.building), plan.grids.get(gap.grid)
        yield (
            gap.building,
            words.name if words else "",
            words.address if words else "",
            grid.name if grid else gap.grid,
            gap.households,
            gap.facility or "",
            None if gap.distance_m is None else round(gap.distance_m),
        )


def _heads(language: str, columns: Iterable[str]) -> list[str]:
    return [say(language, f"coverage.column.{name}") for name in columns]


def _number(value: float) -> Cell:
    return int(value) if value == int(value) else float(metres(value))


def inert(cell: Cell) -> Cell:
    """A text that starts like a formula gets an apostrophe, as spreadsheets take it."""
    return f"'{cell}" if isinstance(cell, str) and FORMULA.match(cell) else cell


def _sheet(
    book: Workbook,
    language: str,
    name: str,
    columns: Sequence[str],
    lines: Iterable[Sequence[Cell]],
) -> None:
    sheet: Any = book.create_sheet(say(language, f"coverage.sheet.{name}"))
    for letter, width in zip("ABCD", (16, 22, 30, 24) if columns else (18, 100), strict=False):
        sheet.column_dimensions[letter].width = width
    if columns:
        sheet.freeze_panes = "A2"
        sheet.append([as_cell(sheet, head, bold=True) for head in _heads(language, columns)])
    for line in lines:
        sheet.append([as_cell(sheet, value) for value in line])


def as_cell(sheet: Any, value: Cell, *, bold: bool = False) -> Any:
    """A number as a number; a text as a text, whatever it starts with and whatever is in it."""
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font

    text = NOT_IN_XML.sub("\ufffd", value)[:LONGEST] if isinstance(value, str) else value
    cell = WriteOnlyCell(sheet, value=text)
    if isinstance(text, str):
        cell.data_type = "s"
        cell.quotePrefix = bool(FORMULA.match(text))
    if bold:
        cell.font = Font(bold=True)
    return cell
