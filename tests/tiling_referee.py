"""Who is right about a tiling: GEOS, asked plainly. And the places hardest to be right about."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.tiling_index import NOBODY

Degrees = NDArray[np.float64]
Shapes = NDArray[np.object_]


def by_geos(shapes: Shapes, lon: Degrees, lat: Degrees) -> NDArray[np.int64]:
    """The index of the first shape that covers each place, NOBODY if none does."""
    tree = shapely.STRtree(shapely.points(lon, lat))
    shapely.prepare(shapes)
    shape, place = tree.query(shapes, predicate="covers")
    lowest = np.full(len(lon), len(shapes), np.int64)
    np.minimum.at(lowest, place, shape)
    return np.where(lowest == len(shapes), NOBODY, lowest)


def hard_places(shapes: Shapes, count: int, random: np.random.Generator) -> tuple[Degrees, Degrees]:
    """Four times `count` places on the lattice, as hard as they come.

    Vertices; points of edges rounded to the lattice (a midpoint, or one anywhere on it); the
    lattice neighbours of both; and places anywhere in the box.
    """
    start, end = _edges(shapes)
    some = random.integers(0, len(start), count)
    vertices = start[random.integers(0, len(start), count)]
    along = np.where(random.random(count) < 0.5, 0.5, random.random(count))[:, None]
    on_edges = np.rint(start[some] * (1 - along) + end[some] * along)
    both = np.concatenate([vertices, on_edges])
    beside = both[random.integers(0, len(both), count)] + random.integers(-1, 2, (count, 2))
    anywhere = np.rint(random.uniform(start.min(axis=0), start.max(axis=0), (count, 2)))
    places = np.concatenate([both, beside, anywhere]) / 1e7
    return places[:, 0].copy(), places[:, 1].copy()


def _edges(shapes: Shapes) -> tuple[Degrees, Degrees]:
    """Where every edge begins and ends, in lattice units."""
    rings, _ = shapely.get_rings(shapely.get_parts(shapes), return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    units = np.rint(xy * 1e7)
    same = ring[:-1] == ring[1:]
    return units[:-1][same], units[1:][same]
