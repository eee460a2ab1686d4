"""Which roads does a file of lines name?"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from data.barriers import LINES, lines_in_degrees
from data.boundaries import system_of
from data.sandbox import Answer, Limits, run_child
from data.text_files import plain
from gis.coordinates import parse_crs, to_lattice
from gis.errors import BadFile

if TYPE_CHECKING:
    from shapely import LineString, MultiLineString

LONGEST_NAME: Final = 60


def read_roads(
    file: Path,
    name: str,
    *,
    layer: str | None = None,
    crs: str | None = None,
    limits: Limits = Limits(),  # noqa: B008 - frozen
) -> list[tuple[str, LineString | MultiLineString]]:
    """The named lines of a file (GeoPackage, GeoJSON, Shapefile …) in its order, in EPSG:4490 on
    the lattice, longitude first; `name` is the column that holds the names. Lines without a name,
    and what is no line, are passed over.

    Raises BadFile for a file that can't be read, lacks the column, or names no line.
    """
    import pyarrow as pa

    if not Path(file).exists():
        raise BadFile("error.file_missing")
    with tempfile.TemporaryDirectory(prefix="wangge-file-") as folder:
        request: Answer = {
            "source": str(Path(file).resolve()),
            "folder": folder,
            "columns": [name],
            "layer": layer,
            "only": {},
        }
        answer = run_child("data.vector_files", Path(folder), request, limits)
        with pa.memory_map(f"{folder}/rows.arrow") as mapped:
            read = pa.ipc.open_file(mapped).read_all()
            names = [plain(one or "") for one in read.column("c0").to_pylist()]
            wkb = read.column("shape").to_pylist() if answer["shapes"] else [None] * len(names)
    named = [(one[:LONGEST_NAME], shape) for one, shape in zip(names, wkb, strict=True)]
    named = [one for one in named if all(one)]
    shapes = shapely.from_wkb(np.array([shape for _, shape in named], dtype=object))
    is_line = np.isin(shapely.get_type_id(shapes), LINES) & ~shapely.is_empty(shapes)
    if not is_line.any():
        raise BadFile("error.file_without_lines")
    used = parse_crs(crs) if crs else system_of(answer["crs"])
    lines = lines_in_degrees(shapes[is_line], used)
    kept = [one for (one, _), there in zip(named, is_line, strict=True) if there]
    return [(one, to_lattice(line)) for one, line in zip(kept, lines, strict=True)]
