"""Which areas does an OpenStreetMap file hold? Read by a stream, in a child process.

The driver for these files is left out of every other child (`data.sandbox`): it is let in here,
before the library is loaded, when the first bytes of a file are those of OpenStreetMap's. Nodes are
kept beside the file while ways are put together, so memory doesn't grow with the file.
"""

from __future__ import annotations

import os
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from data.incoming import Found
from data.sandbox import UNWANTED_DRIVERS, Limits
from gis.errors import BadFile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from data.vector_files import Table, Wanted

KINDS: Final = ("osm", "pbf")
LAYER: Final = "multipolygons"  # closed ways and relations
TAIL: Final = 4096
TYPE, INDEX_DATA, DATA_SIZE = b"\x0a", b"\x12", b"\x18"  # protobuf's marks of fields 1, 2, 3
ROWS_AT_ONCE: Final = 20_000
TAGS: Final = (
    "name",
    "name:zh",
    "building",
    "building:flats",
    "building:levels",
    "addr:full",
    "addr:street",
    "addr:place",
    "addr:housenumber",
    "addr:housename",
    "addr:unit",
    "landuse",
)
BUILDINGS: Final = "building IS NOT NULL AND building <> 'no'"
COMPOUNDS: Final = "landuse = 'residential' AND (name IS NOT NULL OR \"name:zh\" IS NOT NULL)"


def read_areas(found: Found, wanted: Wanted, folder: Path, limits: Limits) -> Table:
    """The buildings of one file, in its order, with the tags wanted as text; its named residential
    areas where the tag `landuse` is wanted.

    Columns are `osm_way_id`, `osm_id` (of relations) and `TAGS`. Raises BadFile for a file that
    can't be read or holds more of them than `limits.rows`.
    """
    if not _is_whole(found):
        raise BadFile("error.file_damaged")
    library = _library(folder)
    from pyogrio.errors import DataLayerError, DataSourceError, FeatureError

    from data.text_files import as_text
    from data.vector_files import Table

    there = ["osm_id", "osm_way_id", *TAGS]
    names = [there[place] for place in wanted.places(there)]
    columns: list[list[list[str | None]]] = [[] for _ in names]
    shapes: list[list[bytes | None]] = []
    count = 0
    try:
        with library.open_arrow(
            found.path,
            layer=LAYER,
            columns=list(dict.fromkeys(names)),
            where=COMPOUNDS if "landuse" in names else BUILDINGS,
            batch_size=ROWS_AT_ONCE,
            use_pyarrow=True,
        ) as (meta, batches):
            for batch in batches:
                count += batch.num_rows
                if count > limits.rows:
                    raise BadFile("error.file_too_many_rows", limit=limits.rows)
                for column, name in zip(columns, names, strict=True):
                    column.append(as_text(batch.column(name).to_pylist()))
                shapes.append(batch.column(meta["geometry_name"] or "wkb_geometry").to_pylist())
    except (DataLayerError, DataSourceError, FeatureError, OSError):
        raise BadFile("error.file_unreadable") from None
    whole = [list(chain.from_iterable(one)) for one in columns]
    return Table(names, whole, list(chain.from_iterable(shapes)), "EPSG:4326")


def _is_whole(found: Found) -> bool:
    """Whether the file goes on to its end: the driver takes one that breaks off for a short one."""
    size = found.path.stat().st_size
    with found.path.open("rb") as file:
        if found.kind == "osm":
            file.seek(max(0, size - TAIL))
            return file.read().rstrip().endswith(b"</osm>")
        while head := file.read(4):
            file.seek(_blob_size(file.read(int.from_bytes(head, "big"))), os.SEEK_CUR)
            if file.tell() > size:
                return False
    return True


def _blob_size(header: bytes) -> int:
    """Bytes of the block behind a header (OSM PBF's BlobHeader: type, index data, size)."""
    at = 0
    while header[at : at + 1] in (TYPE, INDEX_DATA):
        length, at = _number(header, at + 1)
        at += length
    return _number(header, at + 1)[0] if header[at : at + 1] == DATA_SIZE else 0


def _number(header: bytes, at: int) -> tuple[int, int]:
    """A number of protobuf's, seven bits a byte, the lowest first; and where it ends."""
    number = shift = 0
    for byte in header[at:]:
        number |= (byte & 0x7F) << shift
        shift, at = shift + 7, at + 1
        if byte < 0x80:
            break
    return number, at


def _library(folder: Path) -> Any:
    """The driver library with OpenStreetMap's driver besides ours, told which tags we look at."""
    config = folder / "osmconf.ini"
    config.write_text(_config(TAGS), encoding="ascii")
    os.environ["OSM_CONFIG_FILE"] = str(config)
    os.environ["CPL_TMPDIR"] = str(folder)
    os.environ["OGR_SKIP"] = UNWANTED_DRIVERS.replace(",OSM,", ",")
    import pyogrio

    from data.vector_files import DRIVERS

    if not set(pyogrio.list_drivers()) <= DRIVERS | {"OSM"}:
        raise RuntimeError("the driver library brings a driver that sandbox.py does not leave out")
    return pyogrio


def _config(tags: Sequence[str]) -> str:
    """GDAL's osmconf.ini: names as they are, and of all layers only what we read."""
    silent = ("points", "lines", "multilinestrings", "other_relations")
    parts = ["closed_ways_are_polygons=building,landuse", "attribute_name_laundering=no"]
    parts += [f"[{one}]\nosm_id=no\nattributes=" for one in silent]
    parts.append(f"[{LAYER}]\nosm_id=yes\nattributes={','.join(tags)}")
    return "\n".join(parts) + "\n"
