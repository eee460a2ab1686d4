"""Who is around a spot: one statement says the same as asking one by one."""

from __future__ import annotations

from sqlalchemy import Connection

from gis.intake import CodeGiven, Origin, PointGiven, Thing
from gis.model import AsOf
from gis.people import PostRole
from gis.store.around import Looked, around
from gis.store.people import competent, responsible_at
from gis.store.spots import spot_of
from tests import riverside
from tests.makers import NOW
from tests.riverside import COMMUNITY, COUNTY, G001, G002

KINDS = ("sanitation", "urban_management", "committee", "property_company", "residents")


def test_who_is_around_is_the_same_as_asked_one_by_one(connection: Connection):
    ids = riverside.settle(connection)
    riverside.staff(connection, ids)
    riverside.add_organisation(connection, "A-HW", "另一环卫所", ids[COUNTY], ["sanitation"])
    for code in ("WY-1", "WY-2"):
        riverside.add_organisation(connection, code, code, ids[COMMUNITY], ["property_company"])
    riverside.add_organisation(connection, "WY-3", "WY-3", ids[G001], ["property_company"])
    riverside.add_post(connection, "wu", "吴", ids[G002], role=PostRole.SUBSTITUTE)
    riverside.add_building(connection, "B-1", grid_id=ids[G001], at=(106.561, 29.561))
    places = [
        CodeGiven(Thing.GRID, G001),
        CodeGiven(Thing.GRID, G002),
        CodeGiven(Thing.BUILDING, "B-1"),
        PointGiven(106.5621, 29.561, "wgs84", Origin.GPS, 25.0),
        PointGiven(107.0, 29.561, "wgs84", Origin.GPS, 25.0),
    ]
    for given in places:
        spot = spot_of(connection, given, AsOf.at(NOW))
        grid = spot.at("grid") if spot.sure else None
        member = responsible_at(connection, grid.id, NOW) if grid else None
        for kind in KINDS:
            handler = None
            if spot.path:
                handler = competent(connection, kind, spot.path[-1], building_id=spot.building_id)
            (found,) = around(connection, [Looked(spot, kind, None)], NOW)

            assert (found.member, found.handler) == (member, handler)
