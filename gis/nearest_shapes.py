"""Which of these footprints is nearest to each of many places, and how many metres away is it?

Metres on the flat map that fits the place, as a single place is asked about: 0 inside a footprint,
whose edge counts as inside.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np
import shapely

from gis.coordinates import metres_per_degree
from gis.tiling_edges import metres_of_pairs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Degrees: TypeAlias = NDArray[np.float64]
    Indices: TypeAlias = NDArray[np.intp]
    Shapes: TypeAlias = NDArray[np.object_]

NOBODY: Final = -1


def nearest_shapes(
    lon: Degrees, lat: Degrees, shapes: Shapes, reach_m: float
) -> tuple[Indices, Degrees]:
    """For every place the index of the nearest shape within reach and the metres to it, to a
    micrometre; `NOBODY` and NaN where none is. Of shapes equally far the first wins.

    Places are degrees, finite, below 89° of latitude; shapes are points and (multi)polygons in the
    same degrees. Nothing may straddle the 180th meridian.
    """
    index = np.full(len(lon), NOBODY, dtype=np.intp)
    metres = np.full(len(lon), np.nan)
    kx, ky = metres_per_degree(lat)
    dx, dy = reach_m / kx, reach_m / ky
    tree = shapely.STRtree(shapes)
    place, shape = tree.query(shapely.box(lon - dx, lat - dy, lon + dx, lat + dy))
    far = np.empty(len(place))
    corners, starts = _corners(shapes)
    metres_of_pairs(lon, lat, kx, ky, place, shape, corners, starts, far)
    far = np.round(far, 6)
    near = far <= reach_m
    place, shape, far = place[near], shape[near], far[near]
    order = np.lexsort((shape, far, place))
    first = order[np.flatnonzero(np.diff(place[order], prepend=-1))]
    index[place[first]], metres[place[first]] = shape[first], far[first]
    return index, metres


def _corners(shapes: Shapes) -> tuple[Degrees, NDArray[np.int64]]:
    """Longitude, latitude and -1 at the last corner of a ring, else 0; where each shape begins, and
    where the last one ends. A point is an edge without length.
    """
    parts, owner_of = shapely.get_parts(shapes, return_index=True)
    rings, part_of = shapely.get_rings(parts, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    points = np.flatnonzero(shapely.get_type_id(parts) == shapely.GeometryType.POINT)
    points_xy = np.repeat(shapely.get_coordinates(parts[points]), 2, axis=0)
    owner = np.concatenate([owner_of[part_of[ring]], np.repeat(owner_of[points], 2)])
    last = np.concatenate([np.diff(ring, append=-1) != 0, np.tile([False, True], len(points))])
    order = np.argsort(owner, kind="stable")
    corners = np.column_stack([np.concatenate([xy, points_xy]), -last.astype(float)])[order]
    starts = np.searchsorted(owner[order], np.arange(len(shapes) + 1))
    return np.ascontiguousarray(corners), starts
