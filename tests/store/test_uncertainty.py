"""The share of the error disc: against points thrown at random, and with roughly drawn lines."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import shapely
from pyproj import Geod
from sqlalchemy import Connection, text

from gis.coordinates import to_lattice
from gis.store.locating import locate
from gis.store.locating_many import locate_many
from tests.makers import TODAY, keep
from tests.sketch import SIDE, SOUTH, WEST, sketch

THROWN = 60_000  # leave a standard error of at most 0.2 %
GEOD = Geod(ellps="GRS80")  # CGCS2000's to 0.1 mm


def star(rng: np.random.Generator, centre: tuple[float, float]) -> shapely.MultiPolygon:
    """A jagged area of some hundred metres; some have a hole, some are in several parts."""
    turns = np.sort(rng.uniform(0, 2 * np.pi, rng.integers(5, 40)))
    reach = rng.uniform(0.0003, 0.003, len(turns))
    ring = np.column_stack([np.cos(turns), np.sin(turns)]) * reach[:, None] + centre
    area = shapely.make_valid(shapely.Polygon(ring))
    if rng.random() < 0.5:
        area = area.difference(shapely.Point(centre).buffer(0.0002, 3))
    if rng.random() < 0.33:
        west, south = centre
        cut = shapely.box(west + 0.0001, south - 0.01, west + 0.0002, south + 0.01)
        area = area.difference(cut)
    parts = [one for one in shapely.get_parts(area) if one.geom_type == "Polygon"]
    return shapely.make_valid(to_lattice(shapely.MultiPolygon(parts)))


def thrown_share(
    rng: np.random.Generator, area: shapely.Geometry, lon: float, lat: float, radius_m: float
) -> float:
    """Points spread evenly over the disc, carried out along geodesics: how many fall inside."""
    far = radius_m * np.sqrt(rng.random(THROWN))
    turn = rng.uniform(0, 360, THROWN)
    x, y, _ = GEOD.fwd(np.full(THROWN, lon), np.full(THROWN, lat), turn, far)
    return float(shapely.contains_xy(area, x, y).mean())


def test_the_share_of_the_disc_is_that_of_points_thrown_at_random(connection: Connection):
    rng = np.random.default_rng(20261122)
    rows = sketch("A B C D E F\nG H I J K L")
    centres = [shapely.centroid(one.shape).coords[0] for one in rows]
    jagged = [
        replace(one, shape=star(rng, centre)) for one, centre in zip(rows, centres, strict=True)
    ]
    keep(connection, jagged)
    asked = []
    for one in jagged:
        shapely.prepare(one.shape)
        ring = shapely.get_coordinates(shapely.boundary(one.shape))
        for radius_m in (6.0, 25.0, 90.0):
            corner = ring[rng.integers(len(ring))] + rng.normal(0, radius_m / 2.5e5, 2)
            asked.append((one, float(corner[0]), float(corner[1]), radius_m))
    inside = [place for place in asked if shapely.intersects_xy(place[0].shape, *place[1:3])]
    many = locate_many(connection, *np.array([place[1:] for place in inside]).T, TODAY)

    assert len(inside) > 12
    for n, (region, lon, lat, radius_m) in enumerate(inside):
        expected = thrown_share(rng, region.shape, lon, lat, radius_m)
        found = locate(connection, lon, lat, TODAY, accuracy_m=radius_m).placement
        assert found.owner.code == region.code
        assert found.confidence == pytest.approx(expected, abs=0.01)
        assert many.confidence[n] == pytest.approx(found.confidence, abs=1e-6)


def test_a_boundary_drawn_to_some_metres_counts_alone_and_by_the_thousand(connection: Connection):
    """12 m from an edge, ±10 m: all inside. With lines 30 m off the disc is one of 31.6 m."""
    keep(connection, sketch("A B"))
    lon, lat = WEST + SIDE - 12 / 96_960, SOUTH + SIDE / 2
    exact = locate(connection, lon, lat, TODAY, accuracy_m=10)
    connection.execute(text("UPDATE edition SET precision_m = 30"))
    rough = locate(connection, lon, lat, TODAY, accuracy_m=10)
    ten = np.full(1, 10.0)
    many = locate_many(connection, np.array([lon]), np.array([lat]), ten, TODAY)

    assert (exact.precision_m, exact.placement.confidence) == (0.0, 1.0)
    assert rough.precision_m == 30
    across = math.acos(12 / math.hypot(10, 30)), 12 / math.hypot(10, 30)
    segment = (across[0] - across[1] * math.sqrt(1 - across[1] ** 2)) / math.pi
    assert rough.placement.confidence == pytest.approx(1 - segment, abs=0.001)  # 0.736
    assert not rough.placement.confident
    assert many.confidence == [pytest.approx(rough.placement.confidence, abs=1e-6)]
