"""Codes by an index are those that the database names, for every level, on any day."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from sqlalchemy import Connection

from gis.model import AsOf, Point
from gis.store import codes_of_many as store_codes
from gis.store.codes_of_many import codes_of_many, index_codes
from gis.store.known_addresses import regions_at
from gis.store.levels import level_of
from gis.store.locating_many import locate_many
from gis.store.tilings import build_tiling
from tests.makers import NOW, TODAY, keep
from tests.sketch import SIDE, SOUTH, WEST, sketch

BEFORE, AFTER = TODAY.valid_on, TODAY.valid_on + timedelta(days=9)


@pytest.fixture(scope="module", autouse=True)
def built(ground: Connection) -> None:
    """Communities with and without grids, a second edition to come, an overlay across."""
    ground.exec_driver_sql(
        "INSERT INTO level (code, name, rank, overlay) VALUES ('beat', '警务区', 99500, true)"
    )
    keep(ground, sketch("C C D D"), level="community", edition="社区")
    parents = {"1": "C", "2": "C", "3": "D"}
    keep(ground, sketch("1 2 3 .", parents=parents), edition="网格")
    keep(ground, sketch("p . . q"), level="beat", edition="警务区")
    keep(ground, sketch("1 1 3 .", parents=parents), edition="二", valid_from=AFTER)


@pytest.fixture
def town(connection: Connection) -> Connection:
    return connection


def places(count: int) -> tuple[np.ndarray, np.ndarray]:
    """On corners, edges, the lattice beside them, in gaps, outside; some that are nowhere."""
    random = np.random.default_rng(6)
    lon = WEST + SIDE * random.choice([0, 1, 2, 3, 3.0002, 4, 4.0001, 5, 0.3, 1.7, 2.4], count)
    lat = SOUTH + SIDE * random.choice([0, 0.5, 1, 1.00001, 0.2], count)
    lon += random.choice([0, 0, 1e-7, -1e-7], count)
    lon[::50] = np.nan
    return lon, lat


@pytest.mark.parametrize("day", [date(2019, 1, 1), BEFORE, AFTER])
def test_codes_are_those_of_the_database(town, day):
    lon, lat = places(400)
    as_of = AsOf(day, NOW)
    wanted = locate_many(town, lon, lat, np.full(len(lon), 30.0), as_of).codes
    indexes = index_codes(town, as_of)

    assert codes_of_many(town, lon, lat, as_of, indexes) == wanted
    assert codes_of_many(town, lon, lat, as_of) == wanted
    assert len(indexes) == 2
    assert len(set(wanted["grid"])) == (1 if day.year == 2019 else 4 if day == BEFORE else 3)
    assert set(wanted["beat"]) == ({None} if day.year == 2019 else {None, "p", "q"})


def test_the_kept_index_is_taken_for_the_days_it_speaks_for(town):
    kept = build_tiling(town, level_of(town, "grid"), NOW)
    taken, other = (index_codes(town, AsOf(day, NOW), kept)[0] for day in (BEFORE, AFTER))

    assert taken.tiling is kept
    assert other.tiling is not kept
    unknown = index_codes(town, AsOf(BEFORE, NOW - timedelta(days=1)), kept)
    assert all(one.tiling is not kept for one in unknown)


def test_the_lowest_region_of_each_place_is_the_same_either_way(town, monkeypatch):
    lon, lat = places(200)
    points = [None if x != x else Point(x, y) for x, y in zip(lon, lat, strict=True)]
    as_of = AsOf(BEFORE, NOW)
    by_database = regions_at(town, points, as_of)
    monkeypatch.setattr(store_codes, "LEAST_PLACES", 1)
    monkeypatch.setattr(
        store_codes, "chains_of_many", gaps_alone := Asked(store_codes.chains_of_many)
    )

    assert regions_at(town, points, as_of) == by_database
    assert len(set(by_database)) == 5  # grids 1, 2, 3, community D where it has no grid, nobody
    assert 0 < gaps_alone.places < 150


class Asked:
    """Counts the places that are left to the database."""

    def __init__(self, ask) -> None:  # type: ignore[no-untyped-def]
        self._ask, self.places = ask, 0

    def __call__(self, connection, lon, *more):  # type: ignore[no-untyped-def]
        self.places += len(lon)
        return self._ask(connection, lon, *more)
