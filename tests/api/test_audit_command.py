"""`wangge audit` as a person types it."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas
import pytest
from shapely import MultiPolygon, box

from gis.errors import BadInput, NotFound
from tests.api.test_boundary_commands import refused, url, wangge
from tests.gis.test_audit import METRE
from tests.sketch import sketch

__all__ = ["url"]


@pytest.fixture
def town(url):
    """One community of three grids, the third a metre into the second."""
    community, grids = sketch("C C C"), sketch("1 2 3")
    west, south, east, north = grids[2].shape.bounds
    shapes = [*(row.shape for row in grids[:2])]
    shapes.append(MultiPolygon([box(west - METRE, south, east, north)]))
    for name, codes, drawn in (("c", "C", [community[0].shape]), ("g", "123", shapes)):
        frame = geopandas.GeoDataFrame(
            {"code": list(codes), "parent": ["C"] * len(codes)}, geometry=drawn, crs=4490
        )
        frame.to_file(f"{name}.gpkg", engine="pyogrio")
    for name, level, more in (
        ("c", "community", ()),
        ("g", "grid", ("--parent", "parent", "--tolerance", "2000")),
    ):
        command = ("import", "boundaries", f"{name}.gpkg", "--level", level, "--code", "code")
        made = wangge(*command, "--edition", level, "--commit", *more)
        assert made.exit_code == 0, made.output
    return url


def test_faults_are_counted_listed_written_and_mended_by_a_draft(town):
    found = wangge("audit", "--level", "grid", "--output", "faults.geojson")
    assert found.exit_code == 1
    assert ": 3 regions, 1 faults, 0 notes" in found.output
    assert "stay with 2, the edge of 3 moves" in found.output
    (feature,) = json.loads(Path("faults.geojson").read_text("utf-8"))["features"]
    assert feature["properties"]["link"].startswith("/?level=grid&code=2&map=17/29.5")
    mended = wangge("audit", "--level", "grid", "--repair", "体检", "--only", feature["id"])
    assert "mends 1 faults; 0 need a person" in mended.output
    assert wangge("edition", "activate", "体检").exit_code == 0
    assert wangge("audit").exit_code == 0


def test_what_cannot_be_done_is_said_before_anything_is_read(town):
    refused(BadInput, "audit", "--output", "faults.pdf")
    refused(BadInput, "audit", "--repair", "x", "--at", "2020-01-01")
    refused(BadInput, "audit", "--repair", "x")
    refused(NotFound, "audit", "--level", "grid", "--repair", "x", "--only", "0")
