"""Do the coordinates of a batch fit what the batch says of its places, or is their system misnamed?

A wrong datum moves every place by the same few hundred metres and puts nearly all of them into a
wrong grid, without a single row looking wrong. So each system of the web maps is tried on the
rows that say where they are in other words too: by a building, an address, a region.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from gis.coordinates import Numbers, convert_each, distance_m

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

TRIED: Final = ("wgs84", "gcj02", "bd09")
NAMES: Final = {"wgs84": "WGS 84 / CGCS2000", "gcj02": "GCJ-02", "bd09": "BD-09"}
NEAR_M: Final = 150.0  # less than half of the smallest shift between two systems in China
LEAST_WITNESSES: Final = 5
LEAST_UNANIMOUS: Final = 3  # fewer than 5 accuse only where all speak for one other system
LEAST_BARE: Final = 50  # places that say nothing beside their numbers: chance has to average out
AT_BUILDING_M: Final = 10.0
LEAST_LEAD: Final = 0.3  # by which another system has to fit better
LEAST_FIT: Final = 0.5
LEAST_INSIDE: Final = 0.98  # of a shape within its parent; drawings of one line differ a little


@dataclass(frozen=True, slots=True)
class Misfit:
    """The system that a batch seems to be in, and by how many metres its places are off for it.

    `fits` is the share of witnesses that agree with it, `declared_fits` with the one declared.
    """

    system: str
    metres: float
    fits: float
    declared_fits: float
    witnesses: int

    @property
    def name(self) -> str:
        return NAMES[self.system]


def as_systems(lon: Numbers, lat: Numbers, declared: str) -> dict[str, tuple[Numbers, Numbers]]:
    """The same numbers read in each system, in degrees of CGCS2000; those of `declared` first.

    `lon`, `lat` are degrees of CGCS2000 as read in `declared` (NaN where nothing was). What was
    declared as a projected system is tried as if its degrees had been shifted before.
    """
    own = declared if declared in TRIED else "wgs84"
    raw_lon, raw_lat, _ = convert_each(lon, lat, "cgcs2000", own)
    read = {own: (np.asarray(lon, float), np.asarray(lat, float))}
    for system in TRIED:
        if system != own:
            x, y, _ = convert_each(raw_lon, raw_lat, system, "cgcs2000")
            read[system] = (x, y)
    return read


def near_known(
    read: Mapping[str, tuple[Numbers, Numbers]], lon: Numbers, lat: Numbers
) -> dict[str, NDArray[np.float64]]:
    """By system 1 for each place within `NEAR_M` metres of where it is known to be (degrees,
    CGCS2000), 0 for one farther away, NaN where nobody knows.
    """
    found = {}
    for system, (x, y) in read.items():
        metres = distance_m(x, y, lon, lat)
        found[system] = np.where(np.isfinite(metres), (metres <= NEAR_M).astype(float), np.nan)
    return found


def within_known(
    read: Mapping[str, tuple[Numbers, Numbers]],
    shapes: NDArray[np.object_],
    around: NDArray[np.object_],
) -> dict[str, NDArray[np.float64]]:
    """By system 1 for each shape that lies within the one it belongs in, 0 for one that doesn't.

    `read` has the centres of `shapes`, those of the system they are drawn in first; a shift within
    one shape is the same everywhere, to centimetres.
    """
    (lon, lat), *_ = read.values()
    found = {}
    for system, (x, y) in read.items():
        moved = _shifted(shapes, np.asarray(x) - lon, np.asarray(y) - lat)
        inside = shapely.area(shapely.intersection(moved, around))
        found[system] = (inside >= LEAST_INSIDE * shapely.area(moved)).astype(float)
    return found


def _shifted(shapes: NDArray[np.object_], dx: Numbers, dy: Numbers) -> NDArray[np.object_]:
    """Shapes, each moved by degrees of its own."""
    xy, owner = shapely.get_coordinates(shapes, return_index=True)
    by = np.column_stack([dx, dy])
    moved: NDArray[np.object_] = shapely.set_coordinates(shapes.copy(), xy + by[owner])
    return moved


def misfit(
    read: Mapping[str, tuple[Numbers, Numbers]], agree: Mapping[str, NDArray[np.float64]]
) -> Misfit | None:
    """The system that fits clearly better than the declared one, None where none does.

    `agree` says by system, for each place, whether it agrees with its witness (1, 0; NaN: none).
    At least 5 witnesses, half of them in agreement, and 0.3 more than for the declared system; or
    3 or 4, all for the other system and none for the declared one.
    """
    own, *others = read
    has = np.isfinite(agree[own])
    count = int(has.sum())
    if count < LEAST_UNANIMOUS:
        return None
    fits = {system: float(np.nanmean(values[has])) for system, values in agree.items()}
    best = max(others, key=lambda system: fits[system])
    if count < LEAST_WITNESSES and fits[best] - fits[own] < 1:
        return None
    if fits[best] < LEAST_FIT or fits[best] - fits[own] < LEAST_LEAD:
        return None
    (x, y), (u, v) = read[own], read[best]
    metres = float(np.nanmedian(distance_m(x, y, u, v)[has]))
    return Misfit(best, metres, fits[best], fits[own], count)
