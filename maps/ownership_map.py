"""What does the small map of a statement show? The place in its middle, the owner, neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gis.coordinates import metres_per_degree

if TYPE_CHECKING:
    from gis.ownership import Statement

Box = tuple[float, float, float, float]

LEAST_M: Final = 120.0
MOST_M: Final = 3000.0
AROUND_EDGE: Final = 1.3  # of the distance to the edge, so that the edge is in the picture


def reach_of(statement: Statement) -> float:
    """Metres from the place to the border of the map, west and east."""
    edge_m = float(statement.edge_m or 0.0)
    return min(MOST_M, max(LEAST_M, edge_m * AROUND_EDGE))


def box_around(statement: Statement) -> Box:
    """The square of the map: west, south, east, north in degrees."""
    lon, lat = float(statement.place.lon), float(statement.place.lat)
    kx, ky = metres_per_degree(lat)
    reach_m = reach_of(statement)
    dx, dy = reach_m / max(kx, 1.0), reach_m / ky
    return (max(-180.0, lon - dx), max(-90.0, lat - dy), min(180.0, lon + dx), min(90.0, lat + dy))
