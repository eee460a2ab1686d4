"""Which layers do our maps have? One function, one layer; the data comes by URL."""

from __future__ import annotations

from maps.mapkit import UrlGeoJson

REGIONS = "/api/v1/regions.geojson"


def regions_layer() -> UrlGeoJson:
    """The regions of the level chosen, tinted by the region above them; click for facts."""
    return UrlGeoJson(
        "regions",
        REGIONS,
        style="region",
        pane="regions",
        tip="region",
        click="region",
        by_view=True,
    )


def parents_layer() -> UrlGeoJson:
    """The bolder borders of the level above; filled only while the regions are too many to draw."""
    return UrlGeoJson("parents", REGIONS, style="parent", pane="parents", by_view=True)
