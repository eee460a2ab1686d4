"""Which ground changes hands between two states of the same grids, and how much of it?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely
from shapely import MultiPolygon, STRtree

from gis.coordinates import area_m2

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shapely import Geometry

LEAST_M2: Final = 1.0
"""Less is the rounding of corners on a shared edge, not ground that somebody gives away."""


@dataclass(frozen=True, slots=True)
class Handover:
    """Ground that was `source`'s and becomes `to`'s (codes); EPSG:4490, m² on the ground."""

    source: str
    to: str
    shape: MultiPolygon
    m2: float


def ground_handed_over(
    before: Mapping[str, MultiPolygon], after: Mapping[str, MultiPolygon]
) -> list[Handover]:
    """The ground whose code is another one afterwards, by the two codes; from `LEAST_M2` on.

    Ground that nobody had, or that nobody gets, isn't handed over. A shape that isn't valid is
    mended for this.
    """
    codes, heirs = sorted(before), sorted(after)
    old, new = (
        mended([some[c] for c in names]) for some, names in ((before, codes), (after, heirs))
    )
    found = []
    for one, other in zip(*STRtree(old).query(new, predicate="intersects"), strict=True):
        source, to = codes[other], heirs[one]
        if source == to:
            continue
        shape = _areas(shapely.intersection(old[other], new[one]))
        size = float(area_m2(np.array([shape]))[0])
        if size >= LEAST_M2:
            found.append(Handover(source, to, shape, size))
    return sorted(found, key=lambda one: (one.source, one.to))


def mended(shapes: list[MultiPolygon]) -> np.ndarray:
    """Shapes that can be cut: those that aren't valid are mended, by their structure."""
    column = np.empty(len(shapes), dtype=object)
    column[:] = shapes
    broken = ~shapely.is_valid(column)
    column[broken] = shapely.make_valid(column[broken], method="structure")
    return column


def _areas(shape: Geometry) -> MultiPolygon:
    """The areas of what an intersection left; where edges only touched there are none."""
    parts = shapely.get_parts(shapely.get_parts([shape]))
    return MultiPolygon(parts[shapely.get_type_id(parts) == 3].tolist())
