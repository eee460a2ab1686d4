"""The ground that changes hands."""

from __future__ import annotations

import pytest
import shapely

from gis.coordinates import area_m2
from gis.handover import ground_handed_over
from tests.sketch import sketch


def shapes(drawing: str) -> dict:
    return {row.code: row.shape for row in sketch(drawing)}


def test_ground_goes_from_who_had_it_to_who_gets_it_with_its_size():
    before, after = shapes("A A B\nA A B"), shapes("A B B\nA A C")
    found = {(one.source, one.to): one for one in ground_handed_over(before, after)}
    assert set(found) == {("A", "B"), ("B", "C")}
    (square,) = area_m2([after["C"]])
    assert found["B", "C"].m2 == pytest.approx(square)
    assert found["A", "B"].m2 == pytest.approx(square, rel=1e-3)


def test_what_nobody_had_or_gets_and_what_stays_is_not_handed_over():
    assert ground_handed_over(shapes("A ."), shapes("A B")) == []
    assert ground_handed_over(shapes("A B"), shapes("A .")) == []
    assert ground_handed_over({}, shapes("A B")) == []


def test_a_broken_shape_is_mended_for_it():
    (west, south, east, north) = shapes("A")["A"].bounds
    bow = shapely.Polygon([(west, south), (east, north), (east, south), (west, north)])
    (one,) = ground_handed_over({"A": shapely.MultiPolygon([bow])}, shapes("B"))
    assert one.m2 == pytest.approx(area_m2([shapes("B")["B"]])[0] / 2, rel=1e-2)
