"""What does a file with shapes or codes say? Asked as a child process, `-m data.vector_files`.

It gets one request on standard input, writes `rows.arrow` into its folder, and answers in one line
of JSON. It reads and does not judge: text as it stands, shapes as WKB in the file's own system.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import Any, Final, Protocol

from data.incoming import Found, bring_in, sum_of
from data.kml_files import KML_CRS, read_kml
from data.sandbox import Answer, Limits, limit_myself
from data.text_files import GB18030, UTF_8, Texts, as_text, decoded, encoding_of, listed
from data.workbooks import rows_of_workbook
from gis.errors import BadFile

DRIVERS: Final = {"GPKG", "GeoJSON", "ESRI Shapefile", "FlatGeobuf"}
_CODE_PAGES: Final = {"utf-8": UTF_8, "65001": UTF_8} | dict.fromkeys(
    ("gbk", "gb2312", "gb18030", "cp936", "936", "ansi 936", "ansi_936"), GB18030
)


class Wanted(Protocol):
    """Chooses columns once it is known which ones there are."""

    def places(self, there: Sequence[str]) -> list[int]:
        """Where the columns to read stand, in order. Raises BadFile when one lacks."""
        ...


@dataclass(frozen=True, slots=True)
class Named:
    """Columns by their very names; each must be there."""

    names: Sequence[str]

    def places(self, there: Sequence[str]) -> list[int]:
        for name in self.names:
            if name not in there:
                raise BadFile("error.file_no_column", column=listed([name]), columns=listed(there))
        return [there.index(name) for name in self.names]


@dataclass(slots=True)
class Table:
    """Columns of one data set in the order asked for, as text, and its shapes as WKB."""

    names: list[str]
    columns: list[Texts]
    shapes: list[bytes | None] | None  # None: a code list
    crs: str | None = None
    encoding: str = UTF_8


def main() -> None:
    """What `-m data.vector_files` does."""
    answer_once(answer_to)


def answer_once(answer: Callable[[Answer, Limits], Answer]) -> None:
    """One request, one answer. What isn't foreseen ends the process, and the parent says so."""
    request = json.load(sys.stdin)
    limits = Limits(**request["limits"])
    limit_myself(limits)
    sys.meta_path.insert(0, OnlyReaders())
    try:
        made = answer(request, limits)
    except BadFile as bad:
        made = {"error": bad.key, "values": bad.values}
    except MemoryError:
        megabytes = limits.memory_bytes // 1024**2
        made = {"error": "error.file_memory", "values": {"megabytes": megabytes}}
    json.dump(made, sys.stdout)


def answer_to(request: Answer, limits: Limits) -> Answer:
    """Read the columns asked for, keep the rows that `only` lets through, write them as Arrow."""
    source, folder = Path(request["source"]), Path(request["folder"])
    before = sum_of(source)
    found, layer = the_one(bring_in(source, folder, limits), request["layer"])
    import pyarrow  # noqa: F401 - before the file takes the memory: half a library can't say so

    only: dict[str, str] = request["only"]
    wanted: list[str] = request["columns"]
    table = read(found, Named([*wanted, *only]), layer, limits)
    _write(folder / "rows.arrow", table, len(wanted), list(only.values()), limits)
    if sum_of(source) != before:
        raise BadFile("error.file_changed")
    return {
        "sha256": before,
        "crs": table.crs,
        "encoding": table.encoding,
        "shapes": table.shapes is not None,
    }


def read(found: Found, wanted: Wanted, layer: str | None, limits: Limits) -> Table:
    """The columns wanted, in order, of one data set."""
    if found.kind in ("osm", "pbf"):
        raise BadFile("error.file_kind")
    if found.kind == "xlsx":
        return _read_workbook(found.path, wanted, layer, limits)
    if found.kind == "csv":
        return _read_csv(found.path, wanted, limits)
    if found.kind == "kml":
        names, columns, shapes = read_kml(found.path, wanted, limits)
        return Table(names, columns, list(shapes), KML_CRS)
    if found.kind == "parquet":
        return _read_parquet(found.path, wanted, limits)
    if found.kind == "shp":
        return _read_shapefile(found.path, wanted, limits)
    return _read_vector(found.path, wanted, layer if found.kind == "gpkg" else None, limits)


def the_one(found: list[Found], layer: str | None) -> tuple[Found, str | None]:
    """The data set meant: the only one, or the one that `layer` names. What is left of `layer`."""
    if len(found) == 1:
        named_by_layer = found[0].kind == "shp" and found[0].label == layer
        return found[0], None if named_by_layer else layer
    names = [one.label for one in found]
    if layer is None:
        raise BadFile("error.file_which_layer", layers=listed(names))
    if layer not in names:
        raise BadFile("error.file_no_layer", layers=listed(names))
    return found[names.index(layer)], None


# ---- GeoPackage, GeoJSON, FlatGeobuf ------------------------------------------------------------


class OnlyReaders(MetaPathFinder):
    """pyogrio and pyarrow load these where they are there: seconds for nothing, in a child."""

    def find_spec(self, fullname: str, path: object, target: object = None) -> None:
        if fullname in ("geopandas", "pandas", "pyproj", "shapely"):
            raise ModuleNotFoundError(fullname)


def _driver_library() -> Any:
    """pyogrio, when it brings our drivers and no other."""
    import pyogrio

    if not set(pyogrio.list_drivers()) <= DRIVERS:
        raise RuntimeError("the driver library brings a driver that sandbox.py does not leave out")
    return pyogrio


def _read_vector(
    path: Path,
    wanted: Wanted,
    layer: str | None,
    limits: Limits,
    encoding: str | None = None,
) -> Table:
    library = _driver_library()
    from pyogrio.errors import CRSError, DataLayerError, DataSourceError, FeatureError, FieldError

    try:
        if path.suffix == ".gpkg":
            layer = _choose_layer(library.list_layers(path), layer)
        there = list(library.read_info(path, layer=layer, encoding=encoding)["fields"])
        names = [there[place] for place in wanted.places(there)]
        meta, _, shapes, values = library.raw.read(
            path,
            layer=layer,
            columns=list(dict.fromkeys(names)),
            encoding=encoding,
            force_2d=True,
            max_features=limits.rows + 1,
        )
    except (CRSError, DataLayerError, DataSourceError, FeatureError, FieldError):
        raise BadFile("error.file_unreadable") from None
    except UnicodeDecodeError:
        raise BadFile("error.file_encoding") from None
    order = Named(names).places(list(meta["fields"]))
    texts = [as_text(values[place].tolist()) for place in order]
    has_shapes = meta["geometry_type"] is not None
    return Table(names, texts, list(shapes) if has_shapes else None, meta["crs"])


def _choose_layer(layers: Iterable[tuple[str, str | None]], wanted: str | None) -> str:
    """The layer asked for; else the only one with shapes (QGIS keeps its styles in another)."""
    named = {str(name): kind for name, kind in layers}
    if wanted is not None:
        if wanted not in named:
            raise BadFile("error.file_no_layer", layers=listed(named))
        return wanted
    with_shapes = [name for name, kind in named.items() if kind is not None]
    if len(with_shapes) != 1:
        raise BadFile("error.file_which_layer", layers=listed(with_shapes or named))
    return with_shapes[0]


# ---- shapefiles ---------------------------------------------------------------------------------


def _read_shapefile(path: Path, wanted: Wanted, limits: Limits) -> Table:
    """A shapefile says seldom, and not always truly, how its Chinese text is written.

    So its text is read byte by byte, and the encodings are tried: the one it states, UTF-8, then
    GB18030. Column names are cut at ten bytes, sometimes inside a character, which the library
    can't stand: in our copy they are replaced by F0, F1 …
    """
    dbf = path.with_suffix(".dbf")
    if not dbf.is_file():
        raise BadFile("error.file_no_table")
    raw_names = _rename_columns(dbf)
    cache: dict[tuple[int, ...], Table] = {}
    refusal = BadFile("error.file_encoding")
    for encoding in _encodings_to_try(path.with_suffix(".cpg")):
        names = decoded(raw_names, encoding)
        if names is None:
            continue
        try:
            places = tuple(wanted.places(names))
        except BadFile as missing:
            if refusal.key == "error.file_encoding":
                refusal = missing
            continue
        if places not in cache:
            ours = Named([f"F{place}" for place in places])
            cache[places] = _read_vector(path, ours, None, limits, encoding="ISO-8859-1")
        texts = [_decoded_column(column, encoding) for column in cache[places].columns]
        if None not in texts:
            columns_read = [column for column in texts if column is not None]
            called = [names[place] for place in places]
            return Table(called, columns_read, cache[places].shapes, cache[places].crs, encoding)
    raise refusal


def _rename_columns(dbf: Path) -> list[bytes]:
    """Give the columns of a dBASE table plain names; returns the ones they had.

    After a head of 32 bytes each column has a description of 32, up to a carriage return; the
    first 11 bytes are the name, ended by a zero.
    """
    names = []
    with dbf.open("r+b") as file:
        head = file.read(32)
        head_size = int.from_bytes(head[8:10], "little")
        for place in range((head_size - 33) // 32):
            file.seek(32 + 32 * place)
            name = file.read(11)
            if name[:1] in (b"\r", b""):
                break
            names.append(name.split(b"\x00")[0].strip())
            file.seek(32 + 32 * place)
            file.write(f"F{place}".encode().ljust(11, b"\x00"))
    return names


def _encodings_to_try(cpg: Path) -> list[str]:
    said = cpg.read_text("ascii", errors="replace").strip().lower() if cpg.is_file() else ""
    first = _CODE_PAGES.get(said)
    return list(dict.fromkeys([*([first] if first else []), UTF_8, GB18030]))


def _decoded_column(column: Texts, encoding: str) -> Texts | None:
    texts = decoded((text.encode("latin-1") if text else b"" for text in column), encoding)
    if texts is None:
        return None
    return [text if was is not None else None for text, was in zip(texts, column, strict=True)]


# ---- Parquet, CSV and XLSX -----------------------------------------------------------------------


def _read_parquet(path: Path, wanted: Wanted, limits: Limits) -> Table:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        file = parquet.ParquetFile(path)
        if file.metadata.num_rows > limits.rows:
            raise BadFile("error.file_too_many_rows", limit=limits.rows)
        there = file.schema_arrow.names
        names = [there[place] for place in wanted.places(there)]
        geo = json.loads((file.schema_arrow.metadata or {}).get(b"geo", b"null"))
        shape_column, crs = _geo_parquet(geo)
        taken = list(dict.fromkeys([*names, *([shape_column] if shape_column else [])]))
        table = file.read(columns=taken)
    except (pa.ArrowException, OSError, ValueError, KeyError):
        raise BadFile("error.file_unreadable") from None
    texts = [as_text(table.column(name).to_pylist()) for name in names]
    shapes = table.column(shape_column).to_pylist() if shape_column else None
    return Table(names, texts, shapes, crs)


def _geo_parquet(geo: Any) -> tuple[str | None, str | None]:
    """The column of shapes and its system by the GeoParquet 1.1 description in the file."""
    if geo is None:
        return None, None
    name = geo["primary_column"]
    column = geo["columns"][name]
    if column["encoding"] != "WKB":
        raise BadFile("error.file_unreadable")
    if "crs" not in column:
        return name, "OGC:CRS84"
    return name, json.dumps(column["crs"]) if column["crs"] is not None else None


def _read_csv(path: Path, wanted: Wanted, limits: Limits) -> Table:
    encoding = encoding_of(path)
    codec = "utf-8-sig" if encoding == UTF_8 else encoding
    row = 0
    with path.open(encoding=codec, newline="") as file:
        reader = csv.reader(file, strict=True)
        try:
            head = [name.strip() for name in next(reader, [])]
            places = wanted.places(head)
            texts: list[Texts] = [[] for _ in places]
            for fields in reader:
                if not any(fields):
                    continue
                row += 1
                if row > limits.rows:
                    raise BadFile("error.file_too_many_rows", limit=limits.rows)
                if len(fields) < len(head) or any(fields[len(head) :]):
                    raise BadFile("error.file_row_broken", row=row)
                for column, place in zip(texts, places, strict=True):
                    column.append(fields[place])
        except csv.Error:
            raise BadFile("error.file_row_broken", row=row + 1) from None
    return Table([head[place] for place in places], texts, None, None, encoding)


def _read_workbook(path: Path, wanted: Wanted, sheet: str | None, limits: Limits) -> Table:
    """A code list in a workbook: the first row that isn't empty has the names of the columns."""
    filled = (cells for _, cells in rows_of_workbook(path, sheet) if any(cells))
    head = [(cell or "").strip() for cell in next(filled, [])]
    places = wanted.places(head)
    texts: list[Texts] = [[] for _ in places]
    for cells in filled:
        if len(texts[0]) == limits.rows:
            raise BadFile("error.file_too_many_rows", limit=limits.rows)
        for column, place in zip(texts, places, strict=True):
            column.append(cells[place] if place < len(cells) else None)
    return Table([head[place] for place in places], texts, None)


# ---- out ----------------------------------------------------------------------------------------


def _write(target: Path, table: Table, wanted: int, only: list[str], limits: Limits) -> None:
    """The rows let through, with their number in the file: c0, c1 … as text, and `shape` as WKB."""
    import pyarrow as pa

    count = len(table.columns[0] if table.columns else table.shapes or ())
    if count > limits.rows:
        raise BadFile("error.file_too_many_rows", limit=limits.rows)
    if table.shapes and sum(len(s) for s in table.shapes if s) > limits.vertices * 16:
        raise BadFile("error.file_too_many_vertices", limit=limits.vertices)
    filters = list(zip(table.columns[wanted:], only, strict=True))
    kept = [
        row for row in range(count) if all((c[row] or "").strip() == v.strip() for c, v in filters)
    ]
    columns: dict[str, Any] = {"row": pa.array([row + 1 for row in kept], pa.int64())}
    for place in range(wanted):
        columns[f"c{place}"] = pa.array([table.columns[place][row] for row in kept], pa.string())
    if table.shapes is not None:
        columns["shape"] = pa.array([table.shapes[row] for row in kept], pa.large_binary())
    result = pa.table(columns)
    with pa.OSFile(str(target), "wb") as file, pa.ipc.new_file(file, result.schema) as writer:
        writer.write_table(result)


if __name__ == "__main__":
    main()
