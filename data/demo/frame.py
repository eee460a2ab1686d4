"""The ground the demo city is drawn on: from a plan of straight lines to curved, dated degrees.

Everything is planned in metres on a sheet where the river road is a straight line: `x` runs along
it to the east, `t` away from it to the south, and the corner of the first grid is 0, 0. The sheet
is then bent: streets follow the river's curve, the brook wanders, borders in the hills wind. The
first two grids stay the exact rectangles that the scenarios speak of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias
from zlib import crc32

import numpy as np

from gis.coordinates import metres_per_degree, to_lattice

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import ArrayLike, NDArray

    Numbers: TypeAlias = NDArray[np.float64]

SEED: Final = 20261122
CORNER: Final = (106.56, 29.562)  # the north-west corner of the first grid
KX, KY = metres_per_degree(29.56)
GRID_W, GRID_H = 0.002 * KX, 0.002 * KY  # the scenarios' two grids, 193.8 m by 221.7 m

WEST, EAST, BROOK = -620.0, 2260.0, 1210.0
TOWN_END, HILLS_END = 1250.0, 2650.0
BORDER: Final = -175.0  # the county ends in the middle of the river
BANK, FAR_BANK = -45.0, -305.0
STOP_M: Final = 30.0  # a line of the plan gets a vertex at least this often


def dice(topic: str) -> np.random.Generator:
    """Random numbers of one topic: the same from every run, whatever other topics draw."""
    return np.random.default_rng([SEED, crc32(topic.encode())])


def bend(x: ArrayLike, t: ArrayLike) -> tuple[Numbers, Numbers]:
    """Metres east and north of the corner for places of the plan."""
    px, pt = np.asarray(x, dtype=np.float64), np.asarray(t, dtype=np.float64)
    rise, slope = _river_road(px)
    east = px + slope * 400 * (1 - np.exp(-pt / 400)) + _wander(pt) * _near_brook(px)
    north = rise * (1 - pt / 2600) - pt
    town_east, town_north = _uneven(px, pt)
    hill_east, hill_north = _hills(px, pt)
    return east + town_east + hill_east, north + town_north + hill_north


def degrees(east: ArrayLike, north: ArrayLike) -> Numbers:
    """Longitudes and latitudes on the lattice, one row of two a place."""
    lon = CORNER[0] + np.asarray(east, dtype=np.float64) / KX
    lat = CORNER[1] + np.asarray(north, dtype=np.float64) / KY
    return to_lattice(np.column_stack([np.ravel(lon), np.ravel(lat)]))


def metres(lonlat: Numbers) -> Numbers:
    """Metres east and north of the corner, one row of two a place."""
    return np.column_stack([(lonlat[:, 0] - CORNER[0]) * KX, (lonlat[:, 1] - CORNER[1]) * KY])


def shapes(outlines: Sequence[Numbers]) -> NDArray[np.object_]:
    """Polygons around many outlines at once; each one row of two a corner, in any unit.

    There is at least one.
    """
    import shapely

    closed = [np.vstack([corners, corners[:1]]) for corners in outlines]
    owner = np.repeat(np.arange(len(closed)), [len(corners) for corners in closed])
    rings = shapely.linearrings(np.vstack(closed), indices=owner)
    return np.asarray(shapely.polygons(rings), dtype=object)


def path(places: Iterable[tuple[float, float]]) -> Numbers:
    """A line of the plan through places (x, t), bent and in degrees."""
    table = np.array(list(places), dtype=np.float64)
    return degrees(*bend(table[:, 0], table[:, 1]))


def _step(value: Numbers) -> Numbers:
    """0 below 0, 1 above 1, smooth between."""
    inside = np.clip(value, 0, 1)
    return np.asarray(inside * inside * (3 - 2 * inside))


def _river_road(x: Numbers) -> tuple[Numbers, Numbers]:
    """How far north the river road lies there, and how steeply it rises to the east."""
    west, east = np.minimum(x, 0), np.maximum(x - 2 * GRID_W, 0)
    k = np.pi / 900
    rise = -70 * (1 - np.cos(k * west)) + 75 * (1 - np.cos(k * east))
    slope = -70 * k * np.sin(k * west) + 75 * k * np.sin(k * east)
    return rise, slope


def _wander(t: Numbers) -> Numbers:
    """How far east of its straight line the brook runs."""
    return np.asarray(np.where(t > 0, 55 * np.sin(t / 175) + 0.07 * t, 0.0))


def _near_brook(x: Numbers) -> Numbers:
    return _step((x - 420) / 730) * (1 - 0.5 * _step((x - 1270) / 990))


def _uneven(x: Numbers, t: Numbers) -> tuple[Numbers, Numbers]:
    """A town is never quite square, except where the scenarios want it so."""
    beside = np.maximum(np.maximum(-x, x - 2 * GRID_W), 0)
    beyond = np.maximum(np.maximum(-t, t - GRID_H), 0)
    free = 1 - np.exp(-(beside**2 + beyond**2) / 120**2)
    east = 9 * np.sin(x / 137 + t / 211 + 0.5) + 6 * np.sin(t / 97 - x / 263 + 1.1)
    north = 9 * np.sin(x / 151 - t / 173 + 2.1) + 6 * np.sin(x / 89 + t / 239 + 0.7)
    edges = 35 * np.sin(t / 330) * (_step((-x - 100) / 520) + _step((x - 1300) / 960))
    return free * east + edges, free * north


def _hills(x: Numbers, t: Numbers) -> tuple[Numbers, Numbers]:
    """South of the town lines wind, and the county bulges over the hills."""
    deep = _step((t - TOWN_END) / 250)
    east = 32 * np.sin(t / 92 + x / 310) + 10 * np.sin(t / 47 + x / 160 + 2)
    north = 32 * np.sin(x / 101 + t / 330 + 1) + 10 * np.sin(x / 53 + t / 170)
    bulge = -170 * np.sin(np.pi * (x - WEST) / (EAST - WEST)) * _step((t - TOWN_END) / 1400)
    return deep * east, deep * north + bulge
