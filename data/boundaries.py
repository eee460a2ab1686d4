"""What boundaries does a file hold: codes, names, parents, and shapes in EPSG:4490?

The file is opened by a child process (`data.sandbox`). What comes back is turned here into rows:
text made plain, shapes brought to CGCS2000 degrees on the lattice. What can't be turned is a fault
with its row; the rest goes on. Whether the boundaries are sound, `gis.boundaries` says.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from data.sandbox import Answer, Limits, run_child
from data.text_files import is_plain, plain
from gis.coordinates import (
    area_m2,
    convert_each,
    crs_of_wkt,
    is_geographic,
    parse_crs,
    to_lattice,
)
from gis.errors import BadFile
from gis.model import BoundaryFile, BoundaryRow, Fault, FaultKind

Shapes = NDArray[np.object_]
Mask = NDArray[np.bool_]
Kinds = dict[FaultKind, Mask]

LONGEST_CODE: Final = 64
LONGEST_NAME: Final = 200
REPAIRED_AT_MOST_M2: Final = 1.0
MOST_VERTICES: Final = 500_000  # of one region; a province drawn to the metre has fewer
_AT_ONCE: Final = 1_000_000  # vertices converted in one go
NOT_EXACT: Final = re.compile(r"-?\d(\.\d+)?[eE][+-]?\d+|-?\d+\.\d+")
LOST_LETTERS: Final = re.compile("锟斤拷|\ufffd|[?？]{3}")
_POLYGON, _MULTIPOLYGON, _COLLECTION = 3, 6, 7


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns hold the code, the name and the code of the parent."""

    code: str
    name: str | None = None
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class _Raw:
    """What the child read: numbers of the rows, their text, and shapes as the file has them."""

    rows: list[int]
    codes: list[str | None]
    names: list[str | None]
    parents: list[str | None]
    wkb: Shapes | None
    answer: Answer


def read_boundaries(
    file: Path,
    columns: Columns,
    *,
    layer: str | None = None,
    crs: str | None = None,
    only: Mapping[str, str] | None = None,
    pad_code: int | None = None,
    limits: Limits = Limits(),  # noqa: B008 - frozen
) -> BoundaryFile:
    """Read regions from a GeoPackage, GeoJSON, Shapefile, FlatGeobuf, GeoParquet or KML file, or a
    list of them from CSV or XLSX.

    Shapefiles may be a `.shp` with its parts beside it, a folder or a zip; any file may be zipped
    or gzipped; a KMZ is a zipped KML. Of a workbook `layer` is the sheet. `only` keeps the rows
    whose columns hold these values (as text). `pad_code` fills codes of digits up with zeros on
    the right. `crs` overrides what the file says about itself.

    Codes are text always: 500103.0 is "500103". Rows are numbered as in the file, from 1. Faults
    found here stand in the result, and the row goes on without the shape that can't be used.
    Raises BadFile when the file as a whole can't be read, and the BadInput of `parse_crs`.
    """
    file = Path(file)
    if not file.exists() or not (file.is_file() or file.is_dir()):
        raise BadFile("error.file_missing")
    stated = parse_crs(crs) if crs else None
    raw = _read(file, columns, layer, only or {}, limits)
    if not raw.rows:
        raise BadFile("error.file_without_rows")
    faults: list[Fault] = []
    codes, names, parents = _texts(raw, pad_code, faults)
    found = raw.answer["crs"]
    used = ""
    shapes: Shapes = np.full(len(raw.rows), None, dtype=object)
    if raw.wkb is not None:
        used = stated or system_of(found)
        _refuse_huge(raw)
        shapes, kinds = areas_in_degrees(raw.wkb, used)
        faults += _shape_faults(kinds, raw.rows, codes)
    return BoundaryFile(
        rows=list(map(BoundaryRow, raw.rows, codes, names, parents, shapes)),
        crs_found=short_name(found) if raw.wkb is not None else "",
        crs_used=short_name(used),
        sha256=raw.answer["sha256"],
        source=file.name,
        encoding=raw.answer["encoding"],
        faults=faults,
    )


def _read(
    file: Path, columns: Columns, layer: str | None, only: Mapping[str, str], limits: Limits
) -> _Raw:
    import pyarrow as pa

    asked = [name for name in (columns.code, columns.name, columns.parent) if name is not None]
    with tempfile.TemporaryDirectory(prefix="wangge-file-") as folder:
        request: Answer = {
            "source": str(file.resolve()),
            "folder": folder,
            "columns": asked,
            "layer": layer,
            "only": dict(only),
        }
        answer = run_child("data.vector_files", Path(folder), request, limits)
        with pa.memory_map(f"{folder}/rows.arrow") as mapped:
            table = pa.ipc.open_file(mapped).read_all()
            read = {name: table.column(name).to_pylist() for name in table.column_names}
    nothing: list[str | None] = [None] * table.num_rows
    by_name = {name: read[f"c{place}"] for place, name in enumerate(asked)}
    return _Raw(
        rows=read["row"],
        codes=by_name[columns.code],
        names=by_name[columns.name] if columns.name else nothing,
        parents=by_name[columns.parent] if columns.parent else nothing,
        wkb=np.array(read["shape"], dtype=object) if answer["shapes"] else None,
        answer=answer,
    )


def _refuse_huge(raw: _Raw) -> None:
    for row, wkb in zip(raw.rows, raw.wkb if raw.wkb is not None else (), strict=True):
        count = len(wkb or b"") // 16
        if count > MOST_VERTICES:
            raise BadFile(
                "error.shape_too_many_vertices", row=row, count=count, limit=MOST_VERTICES
            )


def system_of(found: str | None) -> str:
    """The system that a file says it is in. Raises BadFile when it says nothing."""
    if found is None:
        raise BadFile("error.file_without_crs")
    return crs_of_wkt(found)


def short_name(crs: str | None) -> str:
    """A system as people name it: its number, or the first quoted name of a description."""
    if crs is None or len(crs) < 20:
        return crs or ""
    from pyproj import CRS

    name: str = CRS.from_user_input(crs).name
    return plain(name)[:80]


# ---- text ---------------------------------------------------------------------------------------


def _texts(
    raw: _Raw, pad_code: int | None, faults: list[Fault]
) -> tuple[list[str], list[str], list[str | None]]:
    codes = [_padded(plain(text or ""), pad_code) for text in raw.codes]
    names = [plain(text or "") for text in raw.names]
    parents = [_padded(plain(text or ""), pad_code) or None for text in raw.parents]
    for row, code, said in zip(
        raw.rows, codes, zip(raw.codes, raw.names, raw.parents, strict=True), strict=True
    ):
        if why := _bad_text(*said):
            faults.append(Fault(FaultKind.BAD_TEXT, (code[:LONGEST_CODE],), (row,), detail=why))
    return (
        [code[:LONGEST_CODE] for code in codes],
        [name[:LONGEST_NAME] for name in names],
        [parent[:LONGEST_CODE] if parent else None for parent in parents],
    )


def _padded(code: str, width: int | None) -> str:
    return code.ljust(width, "0") if width and code.isdigit() else code


def _bad_text(code: str | None, name: str | None, parent: str | None) -> str:
    """Why a row's text can't be taken as it is, or "" when it can."""
    for text in (code, parent):
        if text and NOT_EXACT.fullmatch(text.strip()):
            return "number"
        if text and len(text.strip()) > LONGEST_CODE:
            return "long"
    if name and len(name.strip()) > LONGEST_NAME:
        return "long"
    for text in (code, name, parent):
        if text and not is_plain(text):
            return "invisible"
        if text and LOST_LETTERS.search(text):
            return "letters lost"
    return ""


# ---- shapes -------------------------------------------------------------------------------------


def areas_in_degrees(wkb: Shapes, crs: str) -> tuple[Shapes, Kinds]:
    """Multipolygons in EPSG:4490 on the lattice, None where there is none; and what went wrong."""
    with np.errstate(invalid="ignore"):  # NaN in a shape is a fault, not a warning
        given = shapely.force_2d(shapely.from_wkb(wkb, on_invalid="ignore"))
    missing = np.array([one is None for one in wkb])
    kinds: Kinds = {
        FaultKind.INVALID_SHAPE: shapely.is_missing(given) & ~missing,
        FaultKind.EMPTY_SHAPE: missing | shapely.is_empty(given),
    }
    usable = ~kinds[FaultKind.INVALID_SHAPE] & ~kinds[FaultKind.EMPTY_SHAPE]
    areas, is_area = _multipolygons(given, usable)
    kinds[FaultKind.NOT_AN_AREA] = usable & ~is_area
    placed = _placed(areas, crs, kinds)
    return _rounded(placed, kinds), kinds


def _multipolygons(given: Shapes, usable: Mask) -> tuple[Shapes, Mask]:
    areas: Shapes = np.full(len(given), None, dtype=object)
    kind = shapely.get_type_id(given)
    multi = usable & (kind == _MULTIPOLYGON)
    areas[multi] = given[multi]
    single = usable & (kind == _POLYGON)
    if single.any():
        areas[single] = shapely.multipolygons(given[single][:, np.newaxis])
    for place in np.flatnonzero(usable & (kind == _COLLECTION)):
        parts = shapely.get_parts(given[place])
        if set(shapely.get_type_id(parts)) <= {_POLYGON, _MULTIPOLYGON}:
            areas[place] = shapely.multipolygons(shapely.get_parts(parts))
    return areas, ~shapely.is_missing(areas)


def _placed(areas: Shapes, crs: str, kinds: Kinds) -> Shapes:
    """The shapes in degrees; None, and a fault, where a vertex can't be true."""
    xy, owner = shapely.get_coordinates(areas, return_index=True)
    bad: Mask = np.zeros(len(areas), dtype=bool)
    if len(xy) and not is_geographic(crs) and _are_degrees(xy):
        bad = ~shapely.is_missing(areas)
        kinds[FaultKind.WRONG_CRS] = bad.copy()
    for start in range(0, len(xy), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        lon, lat, problems = convert_each(xy[part, 0], xy[part, 1], crs, "cgcs2000")
        xy[part, 0], xy[part, 1] = lon, lat
        for key, where in problems.items():
            kind = PROBLEM_KINDS[key]
            rows = np.isin(np.arange(len(areas)), owner[part][where]) & ~bad
            kinds[kind] = kinds.get(kind, np.zeros(len(areas), dtype=bool)) | rows
            bad |= rows
    placed: Shapes = areas.copy()
    placed[bad] = None
    shapely.set_coordinates(placed, xy[~bad[owner]])
    return placed


def _are_degrees(xy: NDArray[np.float64]) -> bool:
    """Would a whole file lie within 180 m and 90 m of a system's origin? Then it holds degrees."""
    return bool((np.abs(xy) <= (180.0, 90.0)).all())


PROBLEM_KINDS: Final = {
    "error.coordinates_not_numbers": FaultKind.INVALID_SHAPE,
    "error.coordinates_swapped": FaultKind.SWAPPED_AXES,
    "error.coordinates_out_of_range": FaultKind.WRONG_CRS,
    "error.coordinates_not_in_crs": FaultKind.WRONG_CRS,
}


def _rounded(shapes: Shapes, kinds: Kinds) -> Shapes:
    """On the lattice. A shape that rounding made invalid is mended if that moves less than 1 m²."""
    rounded = _lattice_of_each(shapes)
    broken = np.flatnonzero(~shapely.is_missing(rounded) & ~shapely.is_valid(rounded))
    broken = broken[shapely.is_valid(shapes[broken])]
    kinds[FaultKind.REPAIRED] = np.zeros(len(shapes), dtype=bool)
    for place in broken:
        mended = to_lattice(shapely.set_precision(shapes[place], 1e-7))
        pair = np.array([mended, rounded[place]], dtype=object)
        moved = abs(np.subtract(*area_m2(pair)))
        if mended.geom_type == "Polygon":
            mended = shapely.MultiPolygon([mended])
        if mended.is_valid and not mended.is_empty and moved < REPAIRED_AT_MOST_M2:
            rounded[place] = mended
            kinds[FaultKind.REPAIRED][place] = True
    return rounded


def _lattice_of_each(shapes: Shapes) -> Shapes:
    """`to_lattice` for an array of shapes with gaps."""
    xy = shapely.get_coordinates(shapes)
    moved: Shapes = shapely.set_coordinates(shapes.copy(), to_lattice(xy))
    return moved


def _shape_faults(kinds: Kinds, rows: Sequence[int], codes: Sequence[str]) -> list[Fault]:
    """One fault a kind, with all its rows: a wrong system makes every row wrong in the same way."""
    faults = []
    for kind, where in kinds.items():
        places: list[int] = np.flatnonzero(where).tolist()
        if places:
            faults.append(
                Fault(
                    kind,
                    tuple(codes[place] for place in places),
                    tuple(rows[place] for place in places),
                    tolerated=kind is FaultKind.REPAIRED,
                )
            )
    return faults
