"""Which lines part a neighbourhood? Roads, rivers, railways and walls out of a file of lines."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import shapely

from data.boundaries import system_of
from data.sandbox import Answer, Limits, run_child
from gis.coordinates import convert_each, parse_crs, to_lattice
from gis.errors import BadFile

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from shapely import LineString, MultiLineString

LINES = (1, 5)  # what shapely calls the types of a line and of several
AREAS = (3, 6)


def read_barriers(
    file: Path,
    *,
    layer: str | None = None,
    crs: str | None = None,
    only: Mapping[str, str] | None = None,
    limits: Limits = Limits(),  # noqa: B008 - frozen
) -> list[LineString | MultiLineString]:
    """The lines of a GeoPackage, GeoJSON, Shapefile, FlatGeobuf or GeoParquet file, in EPSG:4490 on
    the lattice, in the file's order; of areas (a lake) the outline. Points and empty shapes are
    passed over. `only` keeps the rows whose columns hold these values (as text).

    Raises BadFile for a file that can't be read, holds no lines or places where none can be.
    """
    import pyarrow as pa

    if not Path(file).exists():
        raise BadFile("error.file_missing")
    with tempfile.TemporaryDirectory(prefix="wangge-file-") as folder:
        request: Answer = {
            "source": str(Path(file).resolve()),
            "folder": folder,
            "columns": [],
            "layer": layer,
            "only": dict(only or {}),
        }
        answer = run_child("data.vector_files", Path(folder), request, limits)
        with pa.memory_map(f"{folder}/rows.arrow") as mapped:
            read = pa.ipc.open_file(mapped).read_all()
            wkb = read.column("shape").to_pylist() if answer["shapes"] else []
    shapes = shapely.from_wkb(np.array([one for one in wkb if one], dtype=object))
    kinds = shapely.get_type_id(shapes)
    lines = np.concatenate(
        [shapes[np.isin(kinds, LINES)], shapely.boundary(shapes[np.isin(kinds, AREAS)])]
    )
    lines = lines[~shapely.is_empty(lines)]
    if not len(lines):
        raise BadFile("error.file_without_lines")
    used = parse_crs(crs) if crs else system_of(answer["crs"])
    return [to_lattice(one) for one in lines_in_degrees(lines, used)]


def lines_in_degrees(lines: NDArray[np.object_], crs: str) -> NDArray[np.object_]:
    """Lines of a system in degrees of EPSG:4490. Raises BadFile where one can't be in it."""
    xy = shapely.get_coordinates(lines)
    lon, lat, problems = convert_each(xy[:, 0], xy[:, 1], crs, "cgcs2000")
    if any(where.any() for where in problems.values()):
        raise BadFile("error.lines_nowhere", crs=crs)
    moved: NDArray[np.object_] = shapely.set_coordinates(lines.copy(), np.c_[lon, lat])
    return moved
