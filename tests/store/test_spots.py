"""Where a point belongs: one statement says the same as the four it stands for."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from sqlalchemy import Connection, Engine

from gis.store.locating import locate
from gis.store.placements import place_at
from tests.makers import TODAY, keep
from tests.sketch import SIDE, SOUTH, WEST, sketch


@pytest.fixture(scope="module")
def town(engine: Engine) -> Iterator[Connection]:
    """Two levels with shapes, and a hole in the lower one."""
    with engine.connect() as connection:
        outer = connection.begin()
        above = sketch("S S T T\nS S T T")
        keep(connection, above, level="community", edition="above")
        grids = sketch(
            "A B C D\nA . C E",
            parents={"A": "S", "B": "S", "C": "T", "D": "T", "E": "T"},
        )
        keep(connection, grids, edition="below")
        yield connection
        outer.rollback()


@pytest.mark.parametrize("accuracy_m", [0.0, 8.0, 60.0, 400.0])
def test_a_place_is_the_same_by_one_statement_as_by_four(town: Connection, accuracy_m: float):
    random = np.random.default_rng(4)
    across = [*random.uniform(-0.2, 4.2, 25), 0, 1, 2, 2, 4, 1.0001, 1.9999]
    up = [*random.uniform(-0.2, 2.2, 25), 0, 1, 1, 0.5, 2, 0.5, 0.9999]
    for x, y in zip(across, up, strict=True):
        lon, lat = WEST + x * SIDE, SOUTH + y * SIDE
        slowly = locate(town, lon, lat, TODAY, accuracy_m=accuracy_m)
        placed = place_at(town, lon, lat, TODAY, accuracy_m=accuracy_m)
        point, placement, known = placed.point, placed.placement, placed.known

        assert point == slowly.point
        assert (placement.owners, placement.method) == (
            slowly.placement.owners,
            slowly.placement.method,
        )
        ours, theirs = placement, slowly.placement
        assert (ours.owner and ours.owner.code) == (theirs.owner and theirs.owner.code)
        assert ours.edge_m == pytest.approx(theirs.edge_m, abs=1e-6)
        assert ours.confidence == pytest.approx(theirs.confidence, abs=1e-9)
        near = [(one.code, one.share) for one in ours.neighbours]
        assert near == [(one.code, pytest.approx(one.share)) for one in theirs.neighbours]
        codes = {number: (one.level, one.code) for number, one in known.items()}
        assert codes == {n: (one.level, one.code) for n, one in slowly.known.items()}
