"""What an index measures is what the database measures; each region's shape is read once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
import shapely
from sqlalchemy import Connection, text

from gis.locating import Method
from gis.model import AsOf, BoundaryRow
from gis.store import measured_many
from gis.store.locating_many import ManyLocated, locate_many, owners_of_many
from gis.store.measured_many import DayIndex, Rough, index_day, measure_many, owners_by_index
from gis.tiling_index import NOBODY
from tests.makers import NOW, TODAY, keep
from tests.sketch import SIDE, SOUTH, WEST, sketch

NOWHERE_ROUGH = Rough(shapely.STRtree([]), np.empty(0))
AFTER = TODAY.valid_on + timedelta(days=9)


@pytest.fixture
def town(connection: Connection) -> Connection:
    """Grids in communities, one of them across two others, a gap, an overlay."""
    connection.exec_driver_sql(
        "INSERT INTO level (code, name, rank, overlay) VALUES ('beat', '警务区', 99500, true)"
    )
    keep(connection, sketch("C C D D"), level="community", edition="社区")
    parents = {"1": "C", "2": "C", "3": "D"}
    grids = sketch("1 2 3 .", parents=parents)
    across = shapely.box(WEST + 1.5 * SIDE, SOUTH, WEST + 2.25 * SIDE, SOUTH + SIDE / 2)
    grids.append(BoundaryRow(9, "25", "", "C", shapely.MultiPolygon([across])))
    keep(connection, grids, edition="网格")
    keep(connection, sketch("p . . q"), level="beat", edition="警务区")
    keep(connection, sketch("1 1 3 .", parents=parents), edition="二", valid_from=AFTER)
    return connection


def places(count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """On corners, edges, the lattice beside them, in gaps, outside; some that are nowhere."""
    random = np.random.default_rng(6)
    lon = WEST + SIDE * random.choice([0, 1, 2, 3, 3.0002, 1.5, 2.25, 5, 0.3, 1.7, 2.1], count)
    lat = SOUTH + SIDE * random.choice([0, 0.5, 1, 1.00001, 0.2, 0.001], count)
    lon += random.choice([0, 0, 1e-7, -1e-7, 1e-4, -3e-9], count)
    lon[::50] = np.nan
    return lon, lat, random.choice([0.0, 30.0, 200.0], count)


def same(one: ManyLocated, other: ManyLocated) -> None:
    assert (one.codes, one.method, one.edition) == (other.codes, other.method, other.edition)
    assert one.confidence == pytest.approx(other.confidence, abs=1e-9)
    assert one.edge_m == pytest.approx(other.edge_m, abs=1e-6)


@pytest.mark.parametrize("day", [TODAY.valid_on, AFTER])
def test_what_is_measured_is_what_the_database_measures(town, day):
    lon, lat, radius_m = places(400)
    as_of = AsOf(day, NOW)
    index = index_day(town, as_of)
    wanted = locate_many(town, lon, lat, radius_m, as_of)

    same(measure_many(town, lon, lat, radius_m, as_of, index), wanted)
    same(measure_many(town, lon, lat, radius_m, as_of, None), wanted)
    assert set(wanted.method) == set(Method)
    owners = owners_of_many(town, lon, lat, as_of)
    assert np.array_equal(owners_by_index(town, index, lon, lat, as_of), owners)


def only_gaps_are_left(monkeypatch: pytest.MonkeyPatch, index: DayIndex) -> None:
    """From here on the database is asked about no place that the index knows the owner of."""
    grids = next(one.tiling for one in index.indexes if one.ladder == 0)

    def ask(connection: Connection, lon: np.ndarray, lat: np.ndarray, *more: object) -> object:
        assert (grids.locate(lon, lat) == NOBODY).all()
        return locate_many(connection, lon, lat, *more)

    monkeypatch.setattr(measured_many, "locate_many", ask)


def test_lines_drawn_to_some_metres_widen_the_discs_near_them(town, monkeypatch):
    lon, lat, radius_m = places(500)
    lon[:200] += np.random.default_rng(7).uniform(-4e-4, 4e-4, 200)  # at the rim of what is near
    for name, precision_m in (("网格", 12), ("警务区", 80)):
        town.execute(
            text("UPDATE edition SET precision_m = :m WHERE name = :name"),
            {"m": precision_m, "name": name},
        )
        index = index_day(town, TODAY)
        wanted = locate_many(town, lon, lat, radius_m, TODAY)
        assert (
            wanted.confidence
            != measure_many(
                town, lon, lat, radius_m, TODAY, replace(index, rough=NOWHERE_ROUGH)
            ).confidence
        )
        with monkeypatch.context() as patch:
            only_gaps_are_left(patch, index)
            same(measure_many(town, lon, lat, radius_m, TODAY, index), wanted)


def test_boxes_are_compared_as_the_database_compares_them(connection):
    random = np.random.default_rng(11)
    sides = random.uniform(-180, 180, (400, 1)) + random.uniform(-1e-5, 1e-5, (400, 2))
    west, east = np.sort(sides, axis=1).T
    point = np.where(random.random(400) < 0.5, west, east) + random.uniform(-2e-5, 2e-5, 400)
    kept = measured_many._as_compared(west, west, east, east)
    there = measured_many._as_compared(point, point, point, point)
    asked = zip(*(one.tolist() for one in (west, east, point)), strict=True)
    meet = text(
        "SELECT ST_MakeEnvelope(:w, :w, :e, :e, 4490) && ST_MakeEnvelope(:p, :p, :p, :p, 4490)"
    )
    wanted = [
        connection.execute(meet, dict(zip("wep", one, strict=True))).scalar() for one in asked
    ]
    assert np.array_equal(shapely.intersects(kept, there), wanted)
    assert {*wanted} == {True, False}


@pytest.mark.parametrize("rank", [99600, 100])
def test_of_several_ladders_the_deepest_level_is_measured(town, monkeypatch, rank):
    town.execute(
        text("INSERT INTO level (code, name, rank, overlay) VALUES ('board', '议事会', :n, false)"),
        {"n": rank},
    )
    keep(town, sketch("Z Z . ."), level="board", edition="议事会")
    lon, lat, radius_m = places(300)
    index = index_day(town, TODAY)
    wanted = locate_many(town, lon, lat, radius_m, TODAY)
    owners = owners_of_many(town, lon, lat, TODAY)
    with monkeypatch.context() as patch:
        only_gaps_are_left(patch, index)
        same(measure_many(town, lon, lat, radius_m, TODAY, index), wanted)
    assert np.array_equal(owners_by_index(town, index, lon, lat, TODAY), owners)


def test_a_second_batch_reads_no_shape_again(town, monkeypatch):
    lon, lat = WEST + SIDE * np.array([0.3, 1.2]), np.full(2, SOUTH + SIDE / 3)
    index = index_day(town, TODAY)
    asked: list[str] = []
    read = measured_many.rows

    def note(connection: Connection, name: str, **values: object) -> object:
        asked.append(name)
        return read(connection, name, **values)

    monkeypatch.setattr(measured_many, "rows", note)
    monkeypatch.delattr(measured_many, "locate_many")  # nothing is left to the database
    for _ in range(2):
        measure_many(town, lon, lat, np.full(2, 5.0), TODAY, index)
    assert asked.count("tiling_editions") == 1
