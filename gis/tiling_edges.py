"""How far is the edge of a region, and does it cover the place? For many pairs of the two at once.

Metres on the flat map that fits the place: degrees scaled by metres per degree at its latitude, as
the SQL way measures. Who covers is judged by the very rule of `tiling_kernel`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from gis.coordinates import metres_per_degree, to_lattice
from gis.tiling_build import corners_of
from gis.tiling_compile import compiled
from gis.tiling_fill import RANK, X, Y
from gis.tiling_kernel import IN, ON, OUT, PER_DEGREE, turn_of, turn_of_doubles

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gis.tiling_kernel import Degrees, Ids, Words

DISC_QUARTER: Final = 32  # corners of a quarter of an error disc, as the database draws it


@dataclass(frozen=True, slots=True)
class Rings:
    """The rings of some shapes: `corners` as `corners_of` makes them, one shape after the other;
    those of shape n from `starts[n]` to before `starts[n + 1]`.
    """

    corners: Words
    starts: Ids

    @classmethod
    def of(cls, shapes: NDArray[np.object_]) -> Rings:
        """(Multi)polygons, EPSG:4490, valid, on the lattice. Raises `error.tiling_too_large`."""
        starts = np.zeros(len(shapes) + 1, np.int64)
        np.cumsum(shapely.get_num_coordinates(shapes), out=starts[1:])
        return cls(corners_of(shapes), starts)

    def measure(
        self, lon: Degrees, lat: Degrees, place: Ids, shape: Ids
    ) -> tuple[NDArray[np.bool_], Degrees]:
        """For each pair of a place and a shape, by their numbers: does the shape cover the place
        (its edge counts), and how many metres is its edge away, inside and outside alike?

        Places are degrees, EPSG:4490, finite; rounded to the lattice.
        """
        lon, lat = to_lattice(lon), to_lattice(lat)
        px = np.rint(lon * PER_DEGREE).astype(np.int64)
        py = np.rint(lat * PER_DEGREE).astype(np.int64)
        kx, ky = (metres / PER_DEGREE for metres in metres_per_degree(lat))
        sides, edges_m = np.empty(len(place), np.int64), np.empty(len(place))
        corners, starts = self.corners, self.starts
        measure_pairs(px, py, kx, ky, place, shape, corners, starts, sides, edges_m)
        return sides != OUT, edges_m


@compiled
def measure_pairs(
    px: Ids, py: Ids, kx: Degrees, ky: Degrees, place: Ids, shape: Ids,
    corners: Words, starts: Ids, sides: Ids, edges_m: Degrees,
) -> None:  # fmt: skip
    """Fill `sides` (IN, ON, OUT) and `edges_m` for every pair; kx, ky are metres a unit."""
    for k in range(len(place)):
        n, some = place[k], corners[starts[shape[k]] : starts[shape[k] + 1]]
        sides[k] = side_of_rings(some, px[n], py[n])
        edges_m[k] = metres_to_rings(some, px[n], py[n], kx[n], ky[n])


@compiled
def side_of_rings(corners: Words, px: int, py: int) -> int:
    """IN, ON or OUT: whether the way from the west to the point crosses the rings oddly.

    Invariant: `odd` counts, modulo 2, the edges so far that span py and have the point on their
    right (as `tiling_kernel.side_of_run` does along one run).
    """
    odd = False
    for k in range(len(corners)):
        ax, ay = int(corners[k, X]), int(corners[k, Y])
        if ax == px and ay == py:
            return ON
        if corners[k, RANK] < 0:
            continue  # the last corner of a ring begins no edge
        bx, by = int(corners[k + 1, X]), int(corners[k + 1, Y])
        if (ay <= py) != (by <= py):
            turn = turn_of(ax, ay, bx, by, px, py)
            if turn == 0:
                return ON
            odd ^= (turn < 0) == (ay < by)
        elif ay == py and by == py and (ax < px) != (bx < px):
            return ON
    return IN if odd else OUT


@compiled
def metres_to_rings(corners: Words | Degrees, px: float, py: float, kx: float, ky: float) -> float:
    """Metres from the point to the nearest edge, infinity for rings without one.

    In lattice units or degrees; kx, ky are metres for each of them.

    Invariant: `least` is the square of the least distance to the edges so far. The nearest point of
    an edge is where the perpendicular meets it, or the end that lies nearer.
    """
    least = np.inf
    for k in range(len(corners)):
        if corners[k, RANK] < 0:
            continue
        ax, ay = kx * (corners[k, X] - px), ky * (corners[k, Y] - py)
        dx, dy = kx * (corners[k + 1, X] - px) - ax, ky * (corners[k + 1, Y] - py) - ay
        long2 = dx * dx + dy * dy
        along = 0.0
        if long2 > 0:
            along = min(1.0, max(0.0, -(ax * dx + ay * dy) / long2))
        x, y = ax + along * dx, ay + along * dy
        least = min(least, x * x + y * y)
    return float(np.sqrt(least))


@compiled
def metres_of_pairs(
    lon: Degrees, lat: Degrees, kx: Degrees, ky: Degrees, place: Ids, shape: Ids,
    corners: Degrees, starts: Ids, metres: Degrees,
) -> None:  # fmt: skip
    """Fill `metres` for every pair: 0 where the shape covers the place, else how far its edge is.

    `corners` are degrees as they are, not on the lattice, and with them a number that is negative
    at the last corner of a ring; kx, ky are metres a degree.
    """
    for k in range(len(place)):
        n, some = place[k], corners[starts[shape[k]] : starts[shape[k] + 1]]
        metres[k] = 0.0
        if not covers_in_degrees(some, lon[n], lat[n]):
            metres[k] = metres_to_rings(some, lon[n], lat[n], kx[n], ky[n])


@compiled
def covers_in_degrees(corners: Degrees, px: float, py: float) -> bool:
    """Do rings cover a point, by the doubles that PostGIS judges by? Their edge counts.

    The invariant is that of `side_of_rings`.
    """
    odd = False
    for k in range(len(corners)):
        ax, ay = corners[k, X], corners[k, Y]
        if ax == px and ay == py:
            return True
        if corners[k, RANK] < 0:
            continue
        bx, by = corners[k + 1, X], corners[k + 1, Y]
        if (ay <= py) != (by <= py):
            turn = turn_of_doubles(ax, ay, bx, by, px, py)
            if turn == 0 and min(ax, bx) <= px <= max(ax, bx):
                return True
            odd ^= (turn < 0) == (ay < by)
        elif ay == py and by == py and (ax < px) != (bx < px):
            return True
    return odd


def shares_of_discs(
    lon: Degrees, lat: Degrees, radius_m: Degrees, shapes: NDArray[np.object_]
) -> Degrees:
    """The part of each place's error disc that its shape holds, 0 … 1, one shape a place.

    The disc is a polygon of 128 corners on the flat map that fits the place. Degrees, EPSG:4490, on
    the lattice; radii in metres, > 0.
    """
    kx, ky = metres_per_degree(lat)
    discs = shapely.buffer(
        shapely.points(np.zeros(len(lon)), 0.0), radius_m, quad_segs=DISC_QUARTER
    )
    shares = np.empty(len(lon))
    for n, shape in enumerate(shapes):
        moved = _flat(shape, (lon[n], lat[n]), (kx[n], ky[n]))
        held = shapely.intersection(
            shapely.clip_by_rect(moved, *shapely.bounds(discs[n])), discs[n]
        )
        shares[n] = shapely.area(held) / shapely.area(discs[n])
    return shares


def _flat(
    shape: shapely.Geometry, here: tuple[float, float], metres: tuple[float, float]
) -> shapely.Geometry:
    return shapely.transform(shape, lambda degrees: (degrees - here) * metres)
