"""Which layers do our maps have? One function, one layer; the data comes by URL."""

from __future__ import annotations

from maps.mapkit import UrlGeoJson

REGIONS = "/api/v1/regions.geojson"
AUDIT = "/api/v1/audit.geojson"
REPAIRS = "/api/v1/audit/repairs.geojson"
GAPS = "/api/v1/coverage/gaps.geojson"
REACH = "/api/v1/coverage/reach.geojson"
BUILDINGS = "/api/v1/buildings.geojson"
FACILITIES = "/api/v1/facilities.geojson"


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


def field_layers() -> tuple[UrlGeoJson, ...]:
    """The ground of the field map: grids, buildings (tap: report there), facilities when wanted."""
    return (
        UrlGeoJson("grids", REGIONS, style="fieldGrid", pane="regions"),
        UrlGeoJson("buildings", BUILDINGS, style="building", pane="buildings", click="building"),
        UrlGeoJson("facilities", FACILITIES, style="facility", pane="markerPane"),
    )


def audit_layers() -> tuple[UrlGeoJson, ...]:
    """The regions of a level, above them what is wrong with them (click for its words), and the
    outlines that would mend it.
    """
    return (
        UrlGeoJson("parents", REGIONS, style="parent", pane="parents", by_view=True),
        UrlGeoJson("regions", REGIONS, style="region", pane="regions", by_view=True),
        UrlGeoJson("faults", AUDIT, style="fault", pane="faults", tip="fault", click="fault"),
        UrlGeoJson("repairs", REPAIRS, style="repair", pane="repairs"),
    )


def proposal_layers() -> tuple[UrlGeoJson, ...]:
    """What a change is drawn over: communities or their grids, and buildings to choose from.

    The buildings lie on the regions' own canvas: each takes the pointer where it is drawn.
    """
    return (
        UrlGeoJson(
            "regions",
            REGIONS,
            style="region",
            pane="regions",
            tip="region",
            click="region",
            by_view=True,
        ),
        UrlGeoJson("parents", REGIONS, style="parent", pane="parents", by_view=True),
        UrlGeoJson(
            "buildings",
            BUILDINGS,
            style="building",
            pane="regions",
            tip="building",
            click="building",
        ),
    )


def edition_layers() -> tuple[UrlGeoJson, ...]:
    """What an edition is drawn over: the regions in force, and those above them."""
    return (
        UrlGeoJson("regions", REGIONS, style="region", pane="regions", tip="region", by_view=True),
        UrlGeoJson("parents", REGIONS, style="parent", pane="parents", by_view=True),
    )


def coverage_layers() -> tuple[UrlGeoJson, ...]:
    """Coverage by region, the border of the regions above, buildings left out, how far it reaches.

    The buildings lie on the regions' own canvas: each takes the pointer where it is drawn.
    """
    return (
        UrlGeoJson(
            "regions",
            REGIONS,
            style="coverage",
            pane="regions",
            tip="score",
            click="score",
            by_view=True,
        ),
        UrlGeoJson("parents", REGIONS, style="parent", pane="parents", by_view=True),
        UrlGeoJson("gaps", GAPS, style="gap", pane="regions", tip="gap", click="gap"),
        UrlGeoJson("reach", REACH, style="reach", pane="reach"),
    )
