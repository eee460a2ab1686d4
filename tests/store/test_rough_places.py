"""When is a place too rough to be given to a grid by itself?"""

from __future__ import annotations

from dataclasses import replace

import pytest
import shapely
from shapely.affinity import scale
from sqlalchemy import Connection, text

from gis.intake import Origin, PointGiven
from gis.model import AsOf
from gis.store.spots import spot_of
from tests.makers import NOW, TODAY, keep
from tests.sketch import SIDE, SOUTH, WEST, sketch
from tests.workflows.test_precedents import METRE, near_edge


def narrow(connection: Connection, width_m: float) -> PointGiven:
    """A grid `width_m` wide, a kilometre high, with a phone in its middle of ±24 m."""
    part = width_m * METRE / SIDE
    (strip,) = sketch("N")
    thin = scale(strip.shape, xfact=part, yfact=1, origin=(WEST, SOUTH))
    keep(connection, [replace(strip, shape=shapely.MultiPolygon(thin))], edition="thin")
    middle = WEST + width_m * METRE / 2
    return PointGiven(middle, SOUTH + SIDE / 2, "wgs84", Origin.GPS, 24.0)


@pytest.mark.parametrize(("width_m", "sure"), [(50, True), (46, False), (40, False)])
def test_more_than_half_the_width_of_a_grid_is_too_rough(connection, width_m, sure):
    spot = spot_of(connection, narrow(connection, width_m), TODAY)

    assert spot.confident is (spot.candidates[0].share >= 0.8)
    assert spot.candidates[0].share > 0.8
    assert spot.sure is sure
    assert spot.at("grid").code == "N"


def test_a_boundary_drawn_to_some_metres_makes_the_disc_larger(connection: Connection):
    keep(connection, sketch("A B"))
    exact = spot_of(connection, near_edge(12, 10), TODAY)
    connection.execute(text("UPDATE edition SET precision_m = 30"))
    rough = spot_of(connection, near_edge(12, 10), AsOf.at(NOW))

    assert (exact.sure, exact.candidates[0].share) == (True, 1.0)
    assert rough.candidates[0].share == pytest.approx(0.738, abs=0.01)  # a disc of 31.6 m
    assert not rough.sure
