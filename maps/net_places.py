"""Where a foreign net and the grids disagree, as features and in words."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from shapely import get_coordinates

from maps.faults import some
from maps.words import say

if TYPE_CHECKING:
    from shapely import MultiPolygon

    from gis.net_matching import Offence, UnitMatch


def verdict_words(language: str, unit: UnitMatch) -> str:
    """What becomes of a foreign polygon, in a sentence."""
    return say(
        language,
        f"match.{unit.verdict}",
        grids=len(unit.grids),
        count=len(unit.cut),
        cut=some(unit.cut) or "-",
        m2=f"{unit.offending_m2:,.0f}",
    )


def offence_words(language: str, one: Offence) -> str:
    """An offending place in a sentence: whose ground, whose grid, how much of what."""
    if one.grid is None:
        key = "offence.no_grid"
    elif one.polygon is None:
        key = "offence.outside"
    else:
        key = "offence.cut" if one.owner else "offence.astray"
    return say(
        language,
        key,
        polygon=one.polygon or "-",
        grid=one.grid or "-",
        owner=one.owner or "-",
        m2=f"{one.m2:,.0f}",
        buildings=one.buildings,
        households=one.households,
    )


def offence_features(offences: Sequence[Offence], language: str) -> list[dict[str, Any]]:
    """Offending places as GeoJSON features with their ground, in their order."""
    return [
        {
            "type": "Feature",
            "properties": {
                "polygon": one.polygon,
                "grid": one.grid,
                "owner": one.owner,
                "m2": round(one.m2, 1),
                "buildings": one.buildings,
                "households": one.households,
                "text": offence_words(language, one),
            },
            "geometry": {"type": "MultiPolygon", "coordinates": corners(one.ground)},
        }
        for one in offences
    ]


def offences_geojson(offences: Sequence[Offence], language: str) -> bytes:
    """The same as one FeatureCollection."""
    collection = {"type": "FeatureCollection", "features": offence_features(offences, language)}
    return json.dumps(collection, ensure_ascii=False).encode()


def corners(shape: MultiPolygon) -> list[list[list[list[float]]]]:
    """The coordinates of a shape as GeoJSON nests them, to 1e-7 degree."""
    return [
        [get_coordinates(ring).round(7).tolist() for ring in (part.exterior, *part.interiors)]
        for part in shape.geoms
    ]
