"""Ground that no grid has: gaps, communities without grids, what stands on them, who may see."""

from __future__ import annotations

import pytest
import shapely
from sqlalchemy import Connection

from gis.accounts import Grant, Role
from gis.coordinates import area_m2
from gis.model import Point
from gis.places import Building
from gis.sheets import Sheet, Stated
from gis.store import regions
from gis.workflows.import_places import KEEP, import_buildings
from tests.makers import TODAY, keep
from tests.sketch import SIDE, SOUTH, WEST, sketch

MIDDLE = (round(WEST + 1.5 * SIDE, 7), round(SOUTH + SIDE / 2, 7))


@pytest.fixture(scope="module", autouse=True)
def town(ground: Connection) -> dict[str, int]:
    """Community C of three squares with grids on the outer two; D has none."""
    keep(ground, sketch("C C C D"), level="community", edition="社区")
    keep(ground, sketch("1 . 2", parents={"1": "C", "2": "C"}), edition="网格")
    house = Building("H1", "孤楼", "", 12, Point(*MIDDLE))
    sheet = Sheet([Stated(1, house)], frozenset({"name", "households", "point"}))
    import_buildings(ground, sheet, TODAY, KEEP)
    return {c: regions.region_id_of(ground, "community", c, TODAY) for c in "CD"}


def test_gaps_and_bare_communities_are_listed_with_what_stands_there(signed_in, town):
    client = signed_in("li.na", Grant(Role.PLANNER))
    answer = client.get("/api/v1/unowned").json()
    square = float(area_m2(sketch("1")[0].shape)[0])
    assert answer["count"] == 2
    assert answer["m2"] == pytest.approx(2 * square, rel=1e-6)
    told = {one["community"]: one for one in answer["places"]}
    gap, bare = told["C"], told["D"]
    assert (gap["whole"], gap["buildings"], gap["households"], gap["matters"]) == (False, 1, 12, 0)
    assert gap["nearest"] == [{"code": "1", "metres": 0.0}, {"code": "2", "metres": 0.0}]
    assert (bare["whole"], bare["buildings"]) == (True, 0)
    assert bare["nearest"][0] == {"code": "2", "metres": 0.0}
    places = client.get("/api/v1/unowned.geojson").json()["features"]
    grounds = {one["properties"]["community"]: one["geometry"] for one in places}
    inside = shapely.geometry.shape(grounds["C"]).contains(shapely.Point(MIDDLE))
    assert inside
    first = client.get("/api/v1/unowned", params={"limit": 1}).json()
    second = client.get("/api/v1/unowned", params={"after": first["next"]}).json()
    assert len(second["places"]) == 1
    assert second["next"] is None


def test_counts_are_for_those_who_work_there(signed_in, town):
    elsewhere = signed_in("wang.wei", Grant(Role.COMMUNITY_CLERK, town["D"]))
    (gap,) = elsewhere.get("/api/v1/unowned", params={"region": "community:C"}).json()["places"]
    assert (gap["buildings"], gap["matters"]) == (None, None)
    own = signed_in("li.na", Grant(Role.COMMUNITY_CLERK, town["C"]))
    (gap,) = own.get("/api/v1/unowned", params={"region": "community:C"}).json()["places"]
    assert gap["households"] == 12
