"""DuckDB spatial and SedonaDB beside the tiling index, where they are installed:

    .venv/bin/uv pip install --python .venv/bin/python --group peers

They use all threads they are given: one, for SedonaDB by the one processor that the process has.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import shapely
from numpy.typing import NDArray

from gis.tiling_index import NOBODY

Answer = NDArray[np.int64]
THREADS = 1
JOINED = """
SELECT p.n, min(g.n) AS grid FROM place p JOIN grid g ON ST_Covers(g.geom, p.geom) GROUP BY p.n
"""


def peers(
    grids: NDArray[np.object_], lon: NDArray[np.float64], lat: NDArray[np.float64]
) -> Iterator[tuple[str, Callable[[], Answer]]]:
    """(name, a way to ask) for each peer that is there, its tables loaded."""
    known = {"duckdb_extension_spatial": _duckdb, "sedonadb": _sedonadb}
    for module, ready in known.items():
        if importlib.util.find_spec(module) is None:
            print(f"  {module} is not installed: not measured")
            continue
        yield ready(grids, lon, lat)


def _duckdb(
    grids: NDArray[np.object_], lon: NDArray[np.float64], lat: NDArray[np.float64]
) -> tuple[str, Callable[[], Answer]]:
    import duckdb
    import duckdb_extension_spatial
    import pyarrow

    base = Path(duckdb_extension_spatial.__file__).parent
    (extension,) = base.glob("extensions/*/spatial.duckdb_extension")
    connection = duckdb.connect()
    connection.execute(f"LOAD '{extension}'")
    connection.execute(f"SET threads = {THREADS}")
    shapes = pyarrow.table({"n": np.arange(len(grids)), "wkb": shapely.to_wkb(grids).tolist()})
    places = pyarrow.table({"n": np.arange(len(lon)), "lon": lon, "lat": lat})
    connection.register("shapes", shapes)
    connection.register("places", places)
    connection.execute("CREATE TABLE grid AS SELECT n, ST_GeomFromWKB(wkb) AS geom FROM shapes")
    connection.execute("CREATE TABLE place AS SELECT n, ST_Point(lon, lat) AS geom FROM places")

    def ask() -> Answer:
        found = connection.execute(JOINED).fetchnumpy()
        return _laid_out(found["n"], found["grid"], len(lon))

    return "DuckDB spatial", ask


def _sedonadb(
    grids: NDArray[np.object_], lon: NDArray[np.float64], lat: NDArray[np.float64]
) -> tuple[str, Callable[[], Answer]]:
    import sedonadb

    connection: Any = sedonadb.connect()
    for name, shapes in (("grid", grids), ("place", shapely.points(lon, lat))):
        frame = geopandas.GeoDataFrame({"n": np.arange(len(shapes))}, geometry=shapes)
        frame = frame.rename_geometry("geom")
        connection.create_data_frame(frame).to_memtable().to_view(name, overwrite=True)

    def ask() -> Answer:
        found = connection.sql(JOINED).to_pandas()
        return _laid_out(found["n"].to_numpy(), found["grid"].to_numpy(), len(lon))

    return "SedonaDB", ask


def _laid_out(place: NDArray[np.int64], grid: NDArray[np.int64], count: int) -> Answer:
    found = np.full(count, NOBODY, np.int64)
    found[np.asarray(place)] = np.asarray(grid)
    return found
