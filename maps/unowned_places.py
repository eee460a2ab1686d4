"""Unowned places as features for a map, and in words."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from maps.net_places import corners
from maps.words import say

if TYPE_CHECKING:
    from gis.unowned import Unowned


def unowned_words(language: str, one: Unowned) -> str:
    """One unowned place in a sentence."""
    near = ", ".join(f"{grid.code} ({grid.metres:.0f} m)" for grid in one.nearest) or "-"
    return say(
        language,
        "unowned.whole" if one.whole else "unowned.gap",
        community=one.community,
        m2=f"{one.m2:,.0f}",
        lon=f"{one.lon:.6f}",
        lat=f"{one.lat:.6f}",
        near=near,
        buildings=_or_dash(one.buildings),
        households=_or_dash(one.households),
        matters=_or_dash(one.matters),
    )


def _or_dash(count: int | None) -> str:
    return "-" if count is None else str(count)


def unowned_geojson(places: Sequence[Unowned], language: str) -> bytes:
    """Unowned places as a FeatureCollection, in their order."""
    features = [
        {
            "type": "Feature",
            "properties": {
                "community": one.community,
                "m2": round(one.m2, 1),
                "whole": one.whole,
                "nearest": [{"code": g.code, "metres": g.metres} for g in one.nearest],
                "buildings": one.buildings,
                "households": one.households,
                "matters": one.matters,
                "text": unowned_words(language, one),
            },
            "geometry": {"type": "MultiPolygon", "coordinates": corners(one.ground)},
        }
        for one in places
    ]
    collection = {"type": "FeatureCollection", "features": features}
    return json.dumps(collection, ensure_ascii=False).encode()
