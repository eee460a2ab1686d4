"""Boundaries drawn in another system than stated are named by what is in force, and refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely
from sqlalchemy import Connection

from gis.coordinates import convert_each
from gis.errors import BadInput
from gis.model import BoundaryRow
from gis.workflows.import_boundaries import Keep, import_boundaries
from tests.makers import NOW, keep
from tests.sketch import sketch
from tests.workflows.test_import_boundaries import file, wanted, written

TOWN = "A B C\nD E F"
BELOW = dict.fromkeys("ABCDEF", "S")


def drawn_in(rows: list[BoundaryRow], system: str) -> list[BoundaryRow]:
    """The same regions with the numbers they have in another system."""

    def moved(xy: np.ndarray) -> np.ndarray:
        lon, lat, _ = convert_each(xy[:, 0], xy[:, 1], "cgcs2000", system)
        return np.column_stack([lon, lat])

    return [replace(row, shape=shapely.transform(row.shape, moved)) for row in rows]


def brought(connection: Connection, rows: list[BoundaryRow], **more):
    asked = wanted(**{"edition": "new", "keep": Keep.NOTHING, "valid_from": NOW.date(), **more})
    return import_boundaries(connection, file(rows), asked, NOW)


@pytest.mark.parametrize(("system", "named"), [("gcj02", "GCJ-02"), ("bd09", "BD-09")])
def test_regions_all_beside_where_they_stand_are_in_another_system(
    connection: Connection, system: str, named: str
):
    keep(connection, sketch(TOWN))
    before = written(connection)
    with pytest.raises(BadInput) as refused:
        brought(connection, drawn_in(sketch(TOWN), system), keep=Keep.ACTIVE)
    assert refused.value.key == "error.boundaries_misfit"
    assert refused.value.values["system"] == named
    assert 300 <= int(refused.value.values["metres"]) <= 1500
    assert written(connection) == before


def test_new_regions_are_held_against_their_parents(connection: Connection):
    keep(connection, sketch("S S S\nS S S"), level="community", edition="社区")
    rows = sketch(TOWN, parents=BELOW)
    with pytest.raises(BadInput):
        brought(connection, drawn_in(rows, "gcj02"), states_parent=True)
    assert brought(connection, rows, states_parent=True).stopping == []


def test_who_is_sure_and_what_only_changes_is_not_accused(connection: Connection):
    keep(connection, sketch(TOWN))
    brought(connection, drawn_in(sketch(TOWN), "gcj02"), trust_crs=True)
    brought(connection, sketch("B A A\nE D F"))
    few = drawn_in(sketch("A B .\n. . ."), "gcj02")
    brought(connection, few)
