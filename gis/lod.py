"""Levels of detail: how are shapes made lighter, so that neighbours still meet on every edge?

Each edge between two nodes is simplified once, for both its sides (Visvalingam and Whyatt 1993, as
GEOS does it for coverages). What an edge becomes depends on nothing but its own corners and where
its nodes are, so a part of a map, taken with all that touches it, comes out as in the whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

STEPS: Final = (8, 10, 12, 14)
"""Web map zooms that have simplified shapes; beyond the last one they go out as they are kept."""

TILE_PX: Final = 256


def step_for(zoom: float | None) -> int:
    """The least detailed step that still serves a zoom; 0 for shapes as they are kept.

    >>> step_for(9.5), step_for(14), step_for(14.1), step_for(None)
    (10, 14, 0, 0)
    """
    if zoom is None:
        return 0
    return next((step for step in STEPS if zoom <= step), 0)


def tolerance_deg(zoom: float) -> float:
    """Half a pixel of a web map, in degrees of longitude."""
    return float(180 / TILE_PX / 2**zoom)


def simplified(shapes: NDArray[np.object_], step: int) -> NDArray[np.object_]:
    """Multipolygons for a step, in the order given.

    A shape that comes out unsound, since the map it is part of overlaps, is simplified by itself.
    """
    made: NDArray[np.object_] = shapely.coverage_simplify(shapes, tolerance_deg(step))
    unsound = np.flatnonzero(~shapely.is_valid(made) | shapely.is_empty(made))
    made[unsound] = shapely.simplify(shapes[unsound], tolerance_deg(step), preserve_topology=True)
    return np.array([_multi(one) for one in made], dtype=object)


def _multi(one: Any) -> shapely.MultiPolygon:
    return one if one.geom_type == "MultiPolygon" else shapely.MultiPolygon([one])
