"""Places by the index of their box get the owners the database names; what has changed is known."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from sqlalchemy import Connection

from gis.model import AsOf
from gis.store import tilings
from gis.store.levels import level_of
from gis.store.locating_many import grids_of_many, owners_of_many
from gis.store.tilings import (
    boundary_state_now,
    build_tiling,
    changed_boxes,
    deepest_drawn,
    is_current,
)
from gis.tiling_file import LAYOUT
from tests.makers import NOW, TODAY, keep
from tests.sketch import SIDE, SOUTH, WEST, sketch

PARENTS = {"1": "C", "2": "C", "3": "D"}


@pytest.fixture(scope="module", autouse=True)
def built(ground: Connection) -> None:
    """Communities C and D; C is wholly gridded, D's right half has no grid."""
    keep(ground, sketch("C C D D"), level="community", edition="社区")
    keep(ground, sketch("1 2 3 .", parents=PARENTS), edition="网格")


@pytest.fixture
def town(connection: Connection) -> Connection:
    return connection


def places(count: int) -> tuple[np.ndarray, np.ndarray]:
    """On corners, edges, the lattice beside them, in gaps, outside; some that are nowhere."""
    random = np.random.default_rng(5)
    lon = WEST + SIDE * random.choice([0, 1, 2, 3, 3.0002, 4, 5, 0.3, 1.7, 2.4], count)
    lat = SOUTH + SIDE * random.choice([0, 0.5, 1, 1.00001, 0.2], count)
    lon += random.choice([0, 0, 1e-7, -1e-7], count)
    lon[::50] = np.nan
    return lon, lat


def test_many_places_get_the_grids_the_database_names(town, monkeypatch):
    lon, lat = places(400)
    days = [TODAY.valid_on, date(2019, 1, 1)]
    by_database = grids_of_many(town, lon, lat, days, NOW)
    monkeypatch.setattr(tilings, "FEW", 1)
    monkeypatch.setattr(tilings, "PLACES_PER_REGION", 1)

    assert grids_of_many(town, lon, lat, days, NOW) == by_database
    assert len(set(by_database[0])) == 4
    assert set(by_database[1]) == {None}


def test_few_places_are_left_to_the_database(town):
    lon, lat = places(100)
    level = level_of(town, "grid")

    assert tilings.cover_many(town, lon, lat, level, "grid", TODAY) is None


def test_the_grid_of_a_place_is_found_from_a_level_below_it(town, monkeypatch):
    town.exec_driver_sql(
        "INSERT INTO level (code, name, rank, under_id)"
        " SELECT 'micro', '微网格', 99000, id FROM level WHERE code = 'grid'"
    )
    keep(town, sketch("a . b .", parents={"a": "1", "b": "3"}), level="micro", edition="微网格")
    lon, lat = places(300)
    by_database = grids_of_many(town, lon, lat, [TODAY.valid_on], NOW)
    monkeypatch.setattr(tilings, "FEW", 1)
    monkeypatch.setattr(tilings, "PLACES_PER_REGION", 1)

    assert grids_of_many(town, lon, lat, [TODAY.valid_on], NOW) == by_database


def test_an_index_answers_as_the_database_and_knows_what_it_speaks_for(town):
    level = deepest_drawn(town)
    assert level is not None
    index = build_tiling(town, level, NOW)
    assert index is not None
    lon, lat = places(300)
    owners = owners_of_many(town, lon, lat, TODAY)
    found = index.locate(lon, lat)
    covered = found != tilings.NOBODY

    assert level.code == "grid"
    assert np.array_equal(found[covered], owners[covered])
    assert is_current(index.stamp, level, boundary_state_now(town), NOW)
    assert not is_current(index.stamp, level_of(town, "community"), boundary_state_now(town), NOW)


def test_an_index_ends_on_the_day_of_the_next_known_change(town):
    level = level_of(town, "grid")
    tomorrow = TODAY.valid_on + timedelta(days=1)
    keep(town, sketch("1 2 3 3", parents=PARENTS), edition="morgen", valid_from=tomorrow)
    index = build_tiling(town, level, NOW)
    assert index is not None

    assert index.stamp.valid_until == tomorrow
    assert not is_current(index.stamp, level, boundary_state_now(town), NOW + timedelta(days=1))


@pytest.mark.parametrize(
    ("drawn", "changed"),
    [("1 2 3 3", {2, 3}), ("1 2 . .", {2}), ("1 1 3 .", {0, 1}), ("1 2 3 .", set())],
)
def test_what_changed_since_lies_in_the_boxes(town, drawn: str, changed: set[int]):
    level = level_of(town, "grid")
    index = build_tiling(town, level, NOW)
    assert index is not None
    later = NOW + timedelta(hours=3)
    keep(town, sketch(drawn, parents=PARENTS), edition="second", now=later)
    boxes = changed_boxes(town, level, index.stamp)
    middle = WEST + SIDE * (np.arange(4) + 0.5)
    within = {n for n in range(4) if any(west <= middle[n] <= east for west, _, east, _ in boxes)}

    assert within == changed
    fresh = build_tiling(town, level, later)
    assert fresh is not None
    now = AsOf.at(later)
    lat = np.full(4, SOUTH + SIDE / 2)
    owners = owners_of_many(town, middle, lat, now)
    unchanged = [n for n in range(4) if n not in within]
    assert np.array_equal(
        index.locate(middle, lat)[unchanged], fresh.locate(middle, lat)[unchanged]
    )
    assert set(fresh.locate(middle, lat)[:2]) <= set(owners.tolist())


def test_an_index_made_out_of_the_former_one_is_the_one_built_anew(town):
    level = level_of(town, "grid")
    former = build_tiling(town, level, NOW)
    keep(town, sketch("1 2 3 3", parents=PARENTS), edition="second", now=NOW + timedelta(hours=3))
    town.exec_driver_sql("UPDATE region_code SET code = '0' WHERE code = '2'")
    later = NOW + timedelta(hours=4)
    patched, built = (build_tiling(town, level, later, one) for one in (former, None))

    assert patched is not None
    assert built is not None
    assert patched.stamp == built.stamp
    for name in LAYOUT:
        assert np.array_equal(getattr(patched, name), getattr(built, name))
    assert not np.array_equal(patched.ids, former.ids)
