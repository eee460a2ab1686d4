"""Where is the crossing of two roads, and where its south-eastern corner?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from gis.coordinates import distance_m, metres_per_degree
from gis.model import Point

if TYPE_CHECKING:
    from collections.abc import Sequence

ONE_CROSSING_M: Final = 80.0
"""Roads with two carriageways meet in four points: what lies nearer together is one crossing."""

CORNER_M: Final = 15.0
"""From the middle of a crossing to its corner, along the diagonal: half a road and the pavement."""

SPREAD_M: Final = 20.0
"""The error of a place told by a crossing: which side of it, and how wide the roads are."""

_EAST: Final = {"东": 1.0, "西": -1.0}
_NORTH: Final = {"北": 1.0, "南": -1.0}


def crossings(met: Sequence[Point]) -> list[Point]:
    """The middles of the crossings that points where two roads meet make up, west to east.

    Points within `ONE_CROSSING_M` metres of one of a crossing belong to it.

    >>> [one.lon for one in crossings([Point(106.5, 29.5), Point(106.5002, 29.5)])]
    [106.5001]
    """
    groups: list[list[Point]] = []
    for point in sorted(met, key=lambda one: (one.lon, one.lat)):
        near = [group for group in groups if any(_is_near(point, one) for one in group)]
        groups = [group for group in groups if group not in near]
        groups.append([point, *(one for group in near for one in group)])
    middles = [_middle(group) for group in groups]
    return sorted(middles, key=lambda one: (one.lon, one.lat))


def corner(crossing: Point, words: str) -> Point:
    """The corner that is named (东南角, 北侧), `CORNER_M` metres from the middle; the middle itself
    where none is. Degrees, EPSG:4490; the lattice is not kept.
    """
    east = sum(_EAST.get(char, 0.0) for char in words)
    north = sum(_NORTH.get(char, 0.0) for char in words)
    if not (east or north):
        return crossing
    far = CORNER_M / float(np.hypot(east, north))
    kx, ky = metres_per_degree(crossing.lat)
    return Point(crossing.lon + east * far / kx, crossing.lat + north * far / ky)


def _is_near(one: Point, other: Point) -> bool:
    return float(distance_m(one.lon, one.lat, other.lon, other.lat)) <= ONE_CROSSING_M


def _middle(group: Sequence[Point]) -> Point:
    lon = float(np.mean([one.lon for one in group]))
    lat = float(np.mean([one.lat for one in group]))
    return Point(round(lon, 7), round(lat, 7))
