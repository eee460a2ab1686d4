"""The nearest building of many places is the one that the database names for each alone."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
import shapely
from sqlalchemy import Connection, text

from gis.coordinates import metres_per_degree
from gis.model import Point
from gis.places import Building
from gis.sheets import Sheet, Stated
from gis.store import nearest_many
from gis.store.database import rows
from gis.store.nearest_many import nearest_buildings, nearest_staffed
from gis.workflows.import_places import KEEP, import_buildings
from tests.makers import NOW, TODAY, keep
from tests.sketch import SIDE, SOUTH, WEST, sketch

REACH_M = 260.0
FIELDS = frozenset({"name", "households", "point", "shape"})


def footprint(random: np.random.Generator, west: float, south: float) -> shapely.Geometry:
    """A house of some corners, with a yard or in two parts now and then."""
    turn = np.sort(random.uniform(0, 2 * np.pi, random.integers(3, 9)))
    ring = np.column_stack([west + 9e-5 * np.cos(turn), south + 9e-5 * np.sin(turn)])
    made = shapely.convex_hull(shapely.MultiPoint(ring))
    if random.random() < 0.2:
        made = shapely.difference(made, shapely.buffer(made.centroid, 1e-5))
    if random.random() < 0.2:
        made = shapely.union(made, shapely.box(west + 2e-4, south, west + 2.1e-4, south + 1e-5))
    return made


@pytest.fixture(scope="module", autouse=True)
def built(ground: Connection) -> None:
    """Houses at random, some that share a wall, some that are points only, one retired."""
    random = np.random.default_rng(8)
    keep(ground, sketch("1 2 3"), edition="网格")
    made: list[Building] = []
    for n in range(150):
        west, south = WEST + random.uniform(0, 0.006), SOUTH + random.uniform(0, 0.004)
        shape, point = footprint(random, west, south), None
        if n % 10 == 0:
            shape, point = None, Point(west, south)
        if n % 10 == 1:
            shape = shapely.box(west, south, west + 1e-4, south + 1e-4)
            made.append(
                Building(
                    f"W{n:03}",
                    "",
                    "",
                    1,
                    None,
                    shapely.box(west + 1e-4, south, west + 2e-4, south + 1e-4),
                )
            )
        made.append(Building(f"B{n:03}", "", "", 1, point, shape))
    sheet = Sheet([Stated(n, one) for n, one in enumerate(made)], FIELDS)
    assert import_buildings(ground, sheet, TODAY, KEEP).kept
    ground.execute(text("UPDATE building SET retired_at = now() WHERE code = 'B100'"))


@pytest.fixture
def town(connection: Connection) -> Connection:
    return connection


def places(town: Connection) -> tuple[np.ndarray, np.ndarray]:
    """Anywhere, on corners and walls of houses, on the walls that two share, far away, nowhere."""
    random = np.random.default_rng(9)
    found = town.execute(text("SELECT ST_AsBinary(coalesce(geom, point)) AS shape FROM building"))
    shapes = shapely.from_wkb([row.shape for row in found])
    corners = shapely.get_coordinates(shapes)
    corners = corners[random.integers(0, len(corners), 60)]
    anywhere = np.column_stack(
        [WEST + random.uniform(-0.004, 0.01, 100), SOUTH + random.uniform(-0.004, 0.008, 100)]
    )
    middles = (corners[:-1] + corners[1:]) / 2
    xy = np.concatenate([corners, middles, anywhere, [[WEST + 1, SOUTH], [np.nan, np.nan]]])
    return xy[:, 0].copy(), xy[:, 1].copy()


def alone(town: Connection, lon: float, lat: float) -> tuple[str | None, float]:
    """By the database, for one place."""
    kx, ky = metres_per_degree(lat)
    reach = {"dx": REACH_M / kx, "dy": REACH_M / ky, "reach_m": REACH_M, "most": 1}
    found = rows(town, "buildings_near_point", lon=lon, lat=lat, kx=kx, ky=ky, **reach)
    return (found[0].code, found[0].metres) if found else (None, np.nan)


@pytest.mark.parametrize("portion_m2", [nearest_many.AT_ONCE_M2, 1.0])
def test_the_nearest_building_of_each_is_what_the_database_names(town, monkeypatch, portion_m2):
    monkeypatch.setattr(nearest_many, "AT_ONCE_M2", portion_m2)
    lon, lat = places(town)
    found = nearest_buildings(town, lon, lat, reach_m=REACH_M)
    wanted = [alone(town, x, y) for x, y in zip(lon[:-1].tolist(), lat[:-1].tolist(), strict=True)]

    assert found.codes == [*(code for code, _ in wanted), None]
    metres = [metres for _, metres in wanted]
    assert found.metres[:-1] == pytest.approx(metres, abs=2e-6, nan_ok=True)
    assert {found.codes[n] for n in range(len(lon)) if found.metres[n] == 0} != {None}
    assert found.codes[-2:] == [None, None]
    assert "B100" not in found.codes


def test_the_nearest_grid_of_a_member_is_one_that_somebody_has_now(town):
    town.execute(text("INSERT INTO member (code, name) VALUES ('m', '甲')"))
    town.execute(
        text(
            "INSERT INTO post (member_id, role, region_id, responsible, valid)"
            " SELECT m.id, 'grid_member', c.region_id, true, tstzrange(:since, :until)"
            "   FROM member m, region_code c WHERE c.code = '3'"
        ),
        {"since": NOW - timedelta(days=1), "until": NOW + timedelta(days=1)},
    )
    lon, lat = WEST + SIDE * np.array([1.95, 2.5, 0.5]), np.full(3, SOUTH + SIDE / 2)
    found = nearest_staffed(town, lon, lat, TODAY, reach_m=100)
    metres = 0.05 * SIDE * metres_per_degree(SOUTH + SIDE / 2)[0]
    assert found.codes == ["3", "3", None]
    assert found.metres[:2] == pytest.approx([metres, 0], abs=1e-5)
