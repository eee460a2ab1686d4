"""How do boundaries leave? As files that others read, and that come in again without a difference.

`wangge import boundaries` reads each of them again. A file is whole or not there.
"""

from __future__ import annotations

import csv
import io
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np

from data.outgoing import aside
from gis.errors import BadInput

FIELDS: Final = ("code", "name", "parent", "level", "edition", "valid_from", "valid_to")
"""Columns of every file: short enough, and plain enough, for a Shapefile as well."""

SHAPEFILE_TEXT: Final = 254  # bytes of a text field in dBASE


@dataclass(frozen=True, slots=True)
class RegionOut:
    """A region as it leaves. `shape` is WKB, degrees, EPSG:4490; `valid_to` the first day after."""

    code: str
    name: str
    parent: str
    level: str
    edition: str
    valid_from: date | None
    valid_to: date | None
    shape: bytes | None

    def texts(self) -> tuple[str, ...]:
        """The fields in order, days as YYYY-MM-DD, nothing as an empty text."""
        days = (str(day) if day else "" for day in (self.valid_from, self.valid_to))
        return (self.code, self.name, self.parent, self.level, self.edition, *days)


Write = Callable[[Sequence[RegionOut], Path], None]


def write_boundaries(regions: Sequence[RegionOut], output: Path) -> None:
    """Write regions in the form that the ending of `output` names; an older file is replaced.

    Raises BadInput for an unknown ending, no regions, regions without a shape in a form that is
    made of shapes, text too long for a Shapefile.
    """
    write = FORMS.get(output.suffix.lower())
    if write is None:
        raise BadInput("error.export_form", forms=", ".join(FORMS))
    if not regions:
        raise BadInput("error.export_nothing")
    bare = sum(one.shape is None for one in regions)
    if bare and output.suffix.lower() not in LISTS:
        raise BadInput("error.export_without_shape", count=bare)
    with tempfile.TemporaryDirectory(prefix="wangge-out-") as folder:
        made = Path(folder) / f"{regions[0].level}{output.suffix.lower()}"
        write(regions, made)
        with made.open("rb") as file, aside(output) as out:
            while block := file.read(1 << 20):
                out.write(block)


# ---- forms with shapes --------------------------------------------------------------------------


def _vector(
    driver: str, *, dataset_options: dict[str, str] | None = None, **layer_options: str
) -> Write:
    def write(regions: Sequence[RegionOut], made: Path) -> None:
        from pyogrio.raw import write as write_raw

        columns = zip(*(one.texts() for one in regions), strict=True)
        write_raw(
            made,
            np.array([one.shape for one in regions], dtype=object),
            [np.array(column, dtype=object) for column in columns],
            list(FIELDS),
            layer=made.stem,
            driver=driver,
            geometry_type="MultiPolygon",
            crs="EPSG:4490",
            encoding=None if driver in ("KML", "GPKG") else "UTF-8",
            dataset_options=dataset_options,
            layer_options=layer_options,
        )

    return write


def _shapefile(regions: Sequence[RegionOut], made: Path) -> None:
    """Parts with plain names in one zip, text in UTF-8, which the .cpg says."""
    for one in regions:
        if any(len(text.encode()) > SHAPEFILE_TEXT for text in one.texts()):
            raise BadInput("error.export_text_long", code=one.code, limit=SHAPEFILE_TEXT)
    shp = made.with_suffix(".shp")
    _vector("ESRI Shapefile")(regions, shp)
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        for part in sorted(shp.parent.glob(f"{shp.stem}.*")):
            if part != made:
                packed.write(part, part.name)


# ---- lists --------------------------------------------------------------------------------------


def _csv(regions: Sequence[RegionOut], made: Path) -> None:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(FIELDS)
    writer.writerows(one.texts() for one in regions)
    made.write_bytes(text.getvalue().encode("utf-8-sig"))


def _xlsx(regions: Sequence[RegionOut], made: Path) -> None:
    """Every cell is text: no code loses its zeros, and nothing becomes a formula."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    book = Workbook(write_only=True)
    sheet: Any = book.create_sheet(regions[0].level)
    for texts in (FIELDS, *(one.texts() for one in regions)):
        cells = [WriteOnlyCell(sheet, text) for text in texts]
        for cell in cells:
            cell.data_type = "s"
        sheet.append(cells)
    book.save(made)


FORMS: Final[dict[str, Write]] = {
    ".gpkg": _vector("GPKG"),
    ".geojson": _vector("GeoJSON", RFC7946="YES", COORDINATE_PRECISION="7"),
    ".zip": _shapefile,
    ".kml": _vector("KML", dataset_options={"NameField": "name"}),
    ".xlsx": _xlsx,
    ".csv": _csv,
}
LISTS: Final = frozenset({".xlsx", ".csv"})
