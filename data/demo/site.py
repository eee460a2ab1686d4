"""Which of the houses that were raised may stay: those that stand free."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import shapely

from data.demo.frame import metres, shapes
from data.demo.layout import HALF_M
from gis.places import BarrierKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from data.demo.raised import Raised
    from gis.places import Barrier, Road

FROM_CLIFF_M: Final = 6.0
FROM_KERB_M: Final = 0.5


def standing_free(
    raised: Sequence[Raised], roads: Sequence[Road], barriers: Sequence[Barrier]
) -> list[Raised]:
    """Those not on a road, not at a cliff, and not on a house that was raised before them."""
    ground = shapes([one.corners for one in raised])
    tree = shapely.STRtree(ground)
    gone = set()
    for road in roads:
        reach = HALF_M[road.road_class] + FROM_KERB_M
        gone |= set(tree.query(_in_metres(road), "dwithin", distance=reach).tolist())
    for one in barriers:
        if one.kind is BarrierKind.SLOPE:
            gone |= set(tree.query(_in_metres(one), "dwithin", distance=FROM_CLIFF_M).tolist())
    first, second = tree.query(ground, "overlaps")
    for earlier, later in sorted(zip(first.tolist(), second.tolist(), strict=True)):
        if earlier < later and earlier not in gone and _really(ground[earlier], ground[later]):
            gone.add(later)
    return [one for number, one in enumerate(raised) if number not in gone]


def _really(one: shapely.Polygon, other: shapely.Polygon) -> bool:
    """Houses wall to wall share a line; only more than that is in the way."""
    return bool(shapely.area(shapely.intersection(one, other)) > 0.05)


def _in_metres(thing: Road | Barrier) -> shapely.LineString:
    return shapely.LineString(metres(shapely.get_coordinates(thing.line)))
