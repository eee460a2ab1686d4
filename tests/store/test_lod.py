"""Levels of detail: lighter, and neighbours still meet; made in bites as if at once."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import shapely
from sqlalchemy import text

from gis.lod import STEPS, simplified, tolerance_deg
from gis.model import BoundaryRow
from gis.store import levels, regions
from gis.store.lod import make_missing
from tests.makers import NOW, TODAY, keep
from tests.tiling import tiling


def wavy_town() -> list[BoundaryRow]:
    """Sixteen grids whose shared edges have many corners."""
    return [
        BoundaryRow(n, f"{n:03}", "", None, shapely.MultiPolygon([one]))
        for n, one in enumerate(tiling(4, 4), start=1)
    ]


def kept(connection, step) -> dict[str, shapely.Geometry]:
    found = connection.execute(
        text(
            "SELECT c.code, ST_AsBinary(d.geom) FROM shape_lod d"
            " JOIN region_version v ON v.shape_id = d.shape_id AND upper_inf(v.known)"
            " JOIN region_code c ON c.region_id = v.region_id WHERE d.step = :step"
        ),
        {"step": step},
    )
    return {code: shapely.from_wkb(bytes(wkb)) for code, wkb in found}


def test_made_in_bites_they_are_what_the_whole_map_gives_and_leave_no_gap_and_no_overlap(
    connection,
):
    rows = wavy_town()
    keep(connection, rows)
    while make_missing(connection, TODAY, most=3):
        pass
    shapes = np.array([row.shape for row in rows], dtype=object)
    for step in STEPS:
        whole = dict(zip([row.code for row in rows], simplified(shapes, step), strict=True))
        made = kept(connection, step)
        assert made.keys() == whole.keys()
        assert all(made[code].equals(whole[code]) for code in whole), step
        assert shapely.coverage_is_valid(list(made.values()))
    lightest = shapely.get_num_coordinates(list(kept(connection, STEPS[0]).values())).sum()
    assert lightest < shapely.get_num_coordinates(shapes).sum() / 2


def test_when_a_neighbour_changes_its_edges_are_made_anew(connection):
    rows = wavy_town()
    keep(connection, rows)
    make_missing(connection, TODAY)
    assert make_missing(connection, TODAY) == 0
    joined = shapely.union_all([rows[0].shape, rows[1].shape])
    merged = [replace(rows[0], shape=shapely.MultiPolygon([joined])), *rows[2:]]
    keep(connection, merged, edition="merged", valid_from=TODAY.valid_on, now=NOW)

    assert make_missing(connection, TODAY) > 1
    connection.execute(text("DELETE FROM region_code WHERE upper_inf(valid) = false"))
    now = kept(connection, 12)
    current = [now[row.code] for row in merged]
    assert shapely.coverage_is_valid(current)


def test_maps_get_the_level_of_detail_of_their_zoom(connection):
    keep(connection, wavy_town())
    box = (105, 28, 106, 29)

    def corners(zoom):
        sent = json.loads(
            regions.regions_geojson(connection, "grid", box, TODAY, zoom=zoom, most=99)
        )
        shapes = [shapely.from_geojson(json.dumps(f["geometry"])) for f in sent["features"]]
        return sum(map(shapely.get_num_coordinates, shapes)), shapes

    make_missing(connection, TODAY)
    light, shapes = corners(11.5)
    assert light < corners(None)[0]
    assert light == sum(map(shapely.get_num_coordinates, kept(connection, 12).values()))
    assert shapely.coverage_is_valid(shapes)


def test_overlays_and_overlapping_regions_break_nothing(connection):
    levels.add_level(connection, "zone", "功能区", under=None, overlay=True)
    rows = wavy_town()
    keep(connection, rows[:2], level="zone", edition="zones")
    wide = shapely.box(*rows[0].shape.bounds).buffer(tolerance_deg(9))
    keep(connection, [replace(rows[0], shape=shapely.MultiPolygon([wide])), *rows[1:]])

    assert make_missing(connection, TODAY) == 16
    assert all(shape.is_valid for shape in kept(connection, 8).values())
