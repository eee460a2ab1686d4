"""What do the cells of a workbook say? Rows of text, with the numbers a spreadsheet gives them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

from data.text_files import as_text, listed
from gis.errors import BadFile

Row: TypeAlias = tuple[int, list[str | None]]


def rows_of_workbook(path: Path, wanted: str | None) -> Iterator[Row]:
    """Rows of the one sheet that isn't empty or hidden, or of the one `wanted`."""
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetVisibleEnum

    try:
        book = CalamineWorkbook.from_path(str(path))
        shown = [
            one.name for one in book.sheets_metadata if one.visible is SheetVisibleEnum.Visible
        ]
        sheets = {name: book.get_sheet_by_name(name) for name in _sheets(shown, wanted)}
        filled = {name: sheet for name, sheet in sheets.items() if sheet.height}
        if len(filled) > 1:
            raise BadFile("error.file_which_layer", layers=listed(filled))
        if not filled:
            raise BadFile("error.file_without_rows")
        (sheet,) = filled.values()
        for number, cells in enumerate(sheet.iter_rows(), start=1):  # from the very first row
            yield number, [text or None for text in as_text(cells)]
    except PasswordError:
        raise BadFile("error.file_password") from None
    except CalamineError:
        raise BadFile("error.file_damaged") from None


def _sheets(shown: Sequence[str], wanted: str | None) -> Iterable[str]:
    if wanted is not None and wanted not in shown:
        raise BadFile("error.file_no_layer", layers=listed(shown))
    return shown if wanted is None else [wanted]
