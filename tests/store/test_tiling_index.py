"""The tiling index beside the database: PostGIS is the referee of the rule."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from sqlalchemy import Connection, text

from gis.store.database import copy_rows
from gis.tiling_index import NOBODY, Stamp, TilingIndex
from tests.tiling import tiling
from tests.tiling_referee import hard_places

COVERING = """
SELECT p.n, min(g.n) AS shape
  FROM (SELECT n, geom FROM asked_shape) AS g
 CROSS JOIN LATERAL (
       SELECT n FROM asked_place a
        WHERE a.geom && g.geom AND ST_Covers(g.geom, a.geom) OFFSET 0) AS p
 GROUP BY p.n
"""


def by_postgis(
    connection: Connection, shapes: np.ndarray, lon: np.ndarray, lat: np.ndarray
) -> np.ndarray:
    """The index of the first shape that covers each place, as ST_Covers says; NOBODY if none."""
    connection.execute(text("SET LOCAL statement_timeout = 0"))
    for name, geometries in (("asked_shape", shapes), ("asked_place", shapely.points(lon, lat))):
        connection.execute(text(f"DROP TABLE IF EXISTS {name}"))
        connection.execute(text(f"CREATE TEMPORARY TABLE {name} (n integer, geom geometry)"))
        wkb = shapely.to_wkb(shapely.set_srid(geometries, 4490), hex=True, include_srid=True)
        copy_rows(connection, name, ("n", "geom"), enumerate(wkb))
        connection.execute(text(f"CREATE INDEX ON {name} USING gist (geom)"))
        connection.execute(text(f"ANALYZE {name}"))
    found = np.full(len(lon), NOBODY, np.int64)
    for n, shape in connection.execute(text(COVERING)):
        found[n] = shape
    return found


def index_of(shapes: np.ndarray) -> TilingIndex:
    codes = [f"{n:06}" for n in range(len(shapes))]
    return TilingIndex.build(shapes, codes, range(len(shapes)), Stamp("grid", 1))


def test_places_go_where_the_database_puts_them(connection):
    grids = tiling(12, 12)
    lon, lat = hard_places(grids, 6000, np.random.default_rng(21))
    assert np.array_equal(index_of(grids).locate(lon, lat), by_postgis(connection, grids, lon, lat))


@pytest.mark.prove
def test_a_million_places_go_where_the_database_puts_them(connection):
    grids = tiling(120, 120)
    lon, lat = hard_places(grids, 250_000, np.random.default_rng(22))
    assert np.array_equal(index_of(grids).locate(lon, lat), by_postgis(connection, grids, lon, lat))


def test_overlaps_holes_and_gaps_are_as_in_the_database(connection):
    random = np.random.default_rng(23)
    loose = shapely.points(np.round(random.uniform([106.5, 29.5], [106.6, 29.6], (60, 2)), 7))
    discs = shapely.buffer(loose, random.uniform(0.002, 0.02, 60), quad_segs=3)
    rings = shapely.difference(discs, shapely.buffer(loose, 0.001, quad_segs=1))
    shapes = shapely.transform(rings, lambda xy: np.round(xy, 7))
    assert shapely.is_valid(shapes).all()
    lon, lat = hard_places(shapes, 5000, random)
    index = index_of(shapes)
    assert np.array_equal(index.locate(lon, lat), by_postgis(connection, shapes, lon, lat))


# Of edges across 32° north or 128° east, where doubles grow coarser: the middle is not on them by
# exact arithmetic, but two products round to one number.
ROUNDED = [
    ((1280228292, 175478027), (1279906284, 175558529), (1280067288, 175518278)),
    ((1280010357, 426492788), (1279666805, 426578676), (1279838581, 426535732)),
    ((1217322433, 319978073), (1217481537, 320017849), (1217401985, 319997961)),
    ((947898140, 319931319), (948092004, 320028251), (947995072, 319979785)),
    ((1279868651, 465646971), (1280065723, 465745507), (1279967187, 465696239)),
    ((1119325227, 319934003), (1118944315, 320029231), (1119134771, 319981617)),
]


@pytest.mark.parametrize(("start", "end", "middle"), ROUNDED)
@pytest.mark.parametrize("aside", [-40_000, 40_000])
@pytest.mark.parametrize("backwards", [False, True])
def test_a_place_that_rounds_onto_an_edge_is_judged_as_the_database_does(
    connection, start, end, middle, aside, backwards
):
    corners = np.array([start, end, (middle[0] + aside, middle[1])]) / 1e7
    triangle = shapely.Polygon(corners[::-1] if backwards else corners)
    lon, lat = np.array([middle[0] / 1e7]), np.array([middle[1] / 1e7])
    shapes = np.array([triangle], dtype=object)
    expected = by_postgis(connection, shapes, lon, lat)
    assert np.array_equal(index_of(shapes).locate(lon, lat), expected)
