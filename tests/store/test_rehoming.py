"""An edition is activated: homes, open matters and posts in the regions that it touched."""

from __future__ import annotations

from datetime import date, timedelta

import shapely
from sqlalchemy import Connection, text

from gis.model import AsOf, BoundaryRow, Point
from gis.places import Building, Facility, FacilityStatus
from gis.sheets import Sheet, Stated
from gis.workflows.import_places import KEEP, import_buildings, import_facilities
from tests.makers import LONG_AGO, NOW, TODAY, keep
from tests.sketch import SIDE, SOUTH, WEST, sketch

DAY = timedelta(days=1)
PARENTS = {"A": "K", "B": "K", "C": "L", "D": "K", "E": "K"}
FIELDS = frozenset({"name", "households", "point", "grid_code"})


def spot(right: float, up: float = 0.5) -> Point:
    """A place in squares of the sketch from its lower left corner."""
    return Point(WEST + right * SIDE, SOUTH + up * SIDE)


def houses(connection: Connection, as_of: AsOf = TODAY, **places: Point | str) -> None:
    """Buildings at points, or stated to be in a grid."""
    rows = [
        Building(code, code, "", 10, at)
        if isinstance(at, Point)
        else Building(code, code, "", 10, None, grid_code=at)
        for code, at in places.items()
    ]
    sheet = Sheet([Stated(n, one) for n, one in enumerate(rows)], FIELDS)
    assert import_buildings(connection, sheet, as_of, KEEP).kept


def home(connection: Connection, code: str, day: date, known_at=NOW + 9 * DAY) -> str | None:
    return connection.execute(
        text(
            "SELECT c.code FROM building b JOIN place_home h ON h.object_id = b.id"
            " JOIN region_code c ON c.region_id = h.region_id AND c.valid @> :day"
            " WHERE h.kind = 'building' AND b.code = :code"
            "   AND h.valid @> :day AND h.known @> :known"
        ),
        {"code": code, "day": day, "known": known_at},
    ).scalar()


def changed(connection: Connection, drawing: str, edition: str = "new", **more):
    """Another edition of the grids, a day later in what is known."""
    usual = {"valid_from": TODAY.valid_on, "now": NOW + DAY}
    rows = sketch(drawing, parents=PARENTS)
    return keep(connection, rows, edition=edition, **{**usual, **more})


def in_halves(square: int, left: str, right: str) -> list[BoundaryRow]:
    """The grid of one square, cut in the middle: two rows."""
    west, middle = WEST + square * SIDE, WEST + (square + 0.5) * SIDE
    east, north = WEST + (square + 1) * SIDE, SOUTH + SIDE
    boxes = (shapely.box(west, SOUTH, middle, north), shapely.box(middle, SOUTH, east, north))
    return [
        BoundaryRow(90 + n, code, "", "K", shapely.MultiPolygon([box]))
        for n, (code, box) in enumerate(zip((left, right), boxes, strict=True))
    ]


# ---- buildings and facilities -------------------------------------------------------------------


def test_a_building_is_in_the_grid_that_covers_it_from_the_editions_day_on(connection):
    keep(connection, sketch("A A B"))
    houses(connection, a=spot(0.5), moves=spot(1.5), b=spot(2.5))
    done = changed(connection, "A B B", valid_from=date(2027, 1, 1))

    assert (done.rehomed.buildings.moved, done.rehomed.buildings.homeless) == (1, 0)
    assert home(connection, "moves", TODAY.valid_on) == "A"
    assert home(connection, "moves", date(2027, 1, 1)) == "B"
    assert home(connection, "moves", date(2027, 1, 1), known_at=NOW) == "A", "as known then"
    assert (home(connection, "a", date(2027, 1, 1)), home(connection, "b", date(2027, 1, 1))) == (
        "A",
        "B",
    )


def test_a_late_edition_moves_homes_only_until_the_next_one_begins(connection):
    keep(connection, sketch("A A B"))
    long_ago = AsOf(LONG_AGO, NOW)
    houses(connection, long_ago, one=spot(1.5))
    changed(connection, "A B B", "2026", valid_from=date(2026, 1, 1), now=NOW + DAY)
    changed(connection, "A C B", "2023", valid_from=date(2023, 1, 1), now=NOW + 2 * DAY)

    years = [home(connection, "one", date(year, 6, 1)) for year in (2021, 2024, 2026)]
    assert years == ["A", "C", "B"]


def test_a_building_without_a_place_stays_while_its_grid_stands_then_follows_its_heir(connection):
    keep(connection, sketch("A B C"))
    houses(connection, stays="A", follows="B", far=spot(300))
    done = changed(connection, "A A A")

    assert (done.ended, done.rehomed.buildings.moved) == (("B", "C"), 1)
    assert home(connection, "stays", TODAY.valid_on) == "A"
    assert home(connection, "follows", TODAY.valid_on) == "A"


def test_a_building_that_no_grid_holds_any_more_is_counted_as_homeless(connection):
    keep(connection, sketch("A B"))
    houses(connection, one=spot(1.5), two="B")
    done = changed(connection, "A .")

    assert (done.rehomed.buildings.moved, done.rehomed.buildings.homeless) == (2, 2)
    assert home(connection, "one", TODAY.valid_on) is None


def test_facilities_move_like_buildings_and_an_edition_above_moves_neither(connection):
    keep(connection, sketch("K K K"), level="community", edition="社区")
    keep(connection, sketch("A A B", parents=PARENTS))
    hall = Facility("f", "canteen", "食堂", FacilityStatus.OPEN, point=spot(1.5))
    fields = frozenset({"kind", "name", "status", "point"})
    import_facilities(connection, Sheet([Stated(1, hall)], fields), TODAY, KEEP)
    assert changed(connection, "A B B").rehomed.facilities.moved == 1
    renamed = sketch("K K K", names={"K": "新名"})
    above = keep(connection, renamed, level="community", edition="社区2", valid_from=LONG_AGO)
    assert above.rehomed.facilities.moved == 0
