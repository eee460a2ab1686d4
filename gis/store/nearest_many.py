"""The nearest building, and the nearest grid that a member has, of many places at once.

Around the places, cell by cell, what is there is read, each thing once, and compared in this
process; first nearby, then further away for those that found nothing. What is held at a time is
what stands on some square kilometres, however many places and buildings there are, and what is read
is what this transaction sees: there is nothing that could be out of date.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

from gis.coordinates import metres_per_degree
from gis.nearest_shapes import nearest_shapes
from gis.store.database import rows, times

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from sqlalchemy import Connection

    from gis.model import AsOf

    Degrees = NDArray[np.float64]
    Places = NDArray[np.intp]

FIRST_REACH_M: Final = 30.0
WIDER: Final = 4.0
AT_ONCE_M2: Final = 20e6  # ground whose buildings are read together: tens of thousands in a city
FURTHEST_NORTH: Final = 85.0


@dataclass(frozen=True, slots=True)
class Nearest:
    """One entry a place: the code of what is nearest and the metres to it; None and NaN where
    nothing is within reach.
    """

    codes: list[str | None]
    metres: Degrees


def nearest_buildings(
    connection: Connection, lon: Degrees, lat: Degrees, *, reach_m: float
) -> Nearest:
    """The building nearest to each place (degrees, EPSG:4490) within `reach_m` metres: what
    `places.buildings_near` names first. 0 inside a footprint; of buildings equally far, to a
    micrometre, the lowest code. NaN has none.
    """
    return _nearest(connection, "buildings_near_boxes", lon, lat, reach_m, {})


def nearest_staffed(
    connection: Connection, lon: Degrees, lat: Degrees, as_of: AsOf, *, reach_m: float
) -> Nearest:
    """The grid nearest to each place that a responsible member or a substitute has; 0 inside it."""
    return _nearest(connection, "staffed_near_boxes", lon, lat, reach_m, times(as_of))


def _nearest(
    connection: Connection,
    name: str,
    lon: Degrees,
    lat: Degrees,
    reach_m: float,
    more: dict[str, object],
) -> Nearest:
    codes: list[str | None] = [None] * len(lon)
    metres = np.full(len(lon), np.nan)
    waiting = np.flatnonzero(np.isfinite(lon) & (np.abs(lat) < FURTHEST_NORTH))
    step_m = min(FIRST_REACH_M, reach_m)
    while len(waiting):
        for some, boxes in _portions(lon, lat, waiting, step_m):
            found = rows(connection, name, **boxes, **more)
            if found:
                _put(codes, metres, some, found, lon, lat, step_m)
        if step_m >= reach_m:
            break
        waiting = waiting[np.isnan(metres[waiting])]
        step_m = min(reach_m, step_m * WIDER)
    return Nearest(codes, metres)


def _put(
    codes: list[str | None],
    metres: Degrees,
    some: Places,
    found: list[Any],
    lon: Degrees,
    lat: Degrees,
    reach_m: float,
) -> None:
    shapes = np.asarray(shapely.from_wkb([row.shape for row in found]), dtype=object)
    index, far = nearest_shapes(lon[some], lat[some], shapes, reach_m)
    metres[some] = far
    for n, k in zip(some.tolist(), index.tolist(), strict=True):
        if k >= 0:
            codes[n] = found[k].code


def _portions(
    lon: Degrees, lat: Degrees, places: Places, reach_m: float
) -> Iterator[tuple[Places, dict[str, list[float]]]]:
    """The places by cells as wide as the reach, some cells at a time, with the boxes that hold all
    that is within reach of a place in one of them.
    """
    furthest = float(np.abs(lat[places]).max())
    wide, high = reach_m / metres_per_degree(furthest)[0], reach_m / metres_per_degree(0.0)[1]
    cells = np.column_stack([np.floor(lat[places] / high), np.floor(lon[places] / wide)])
    cells, of = np.unique(cells, axis=0, return_inverse=True)
    order = np.argsort(of, kind="stable")
    ends = np.searchsorted(of[order], np.arange(len(cells) + 1))
    most = max(1, int(AT_ONCE_M2 / (3 * reach_m) ** 2)) if reach_m > 0 else len(cells)
    for begin in range(0, len(cells), most):
        end = min(begin + most, len(cells))
        row, column = cells[begin:end].T
        yield (
            places[order[ends[begin] : ends[end]]],
            {
                "west": ((column - 1) * wide).tolist(),
                "south": ((row - 1) * high).tolist(),
                "east": ((column + 2) * wide).tolist(),
                "north": ((row + 2) * high).tolist(),
            },
        )
