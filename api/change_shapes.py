"""How a change is drawn over HTTP: grids as they are, as they would be, and what changes hands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shapely import MultiPolygon, get_coordinates

from gis.handover import ground_handed_over

Shapes = Mapping[str, MultiPolygon]


def change_features(before: Shapes, after: Shapes, names: Mapping[str, str]) -> dict[str, Any]:
    """A FeatureCollection: `side` says before, after or handed (ground that changes hands)."""
    sides = (("before", before), ("after", after))
    features = [
        _feature(shape, side=side, code=code, name=names.get(code, ""))
        for side, shapes in sides
        for code, shape in sorted(shapes.items())
    ]
    features += [
        _feature(one.shape, side="handed", source=one.source, to=one.to, m2=round(one.m2, 1))
        for one in ground_handed_over(before, after)
    ]
    return {"type": "FeatureCollection", "features": features}


def _feature(shape: MultiPolygon, **properties: Any) -> dict[str, Any]:
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": "MultiPolygon", "coordinates": corners(shape)},
    }


def corners(shape: MultiPolygon) -> list[list[list[list[float]]]]:
    """The coordinates of a shape as GeoJSON has them."""
    return [
        [get_coordinates(ring).tolist() for ring in (part.exterior, *part.interiors)]
        for part in shape.geoms
    ]
