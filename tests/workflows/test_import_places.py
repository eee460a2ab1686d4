"""Compounds, buildings and facilities come in."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import shapely
from sqlalchemy import Connection, text

from gis.model import AsOf, Point
from gis.places import Building, Compound, Facility, FacilityStatus, PropertyMode
from gis.sheets import Sheet, Stated
from gis.workflows.import_places import (
    KEEP,
    ONLY_REPORT,
    Choice,
    import_buildings,
    import_compounds,
    import_facilities,
)
from tests.makers import NOW, TODAY, keep
from tests.sketch import sketch

IN_A, IN_B, NOWHERE = Point(106.505, 29.505), Point(106.515, 29.505), Point(107.5, 29.5)
ALL = frozenset({"name", "address", "households", "storeys", "point", "grid_code"})
LATER = AsOf.at(NOW + timedelta(days=10))


@pytest.fixture(scope="module", autouse=True)
def _town(ground: Connection) -> None:
    keep(ground, sketch("A B"))


def house(code: str, point: Point | None = IN_A, **more: object) -> Building:
    return Building(code, f"{code}幢", "示例路1号", 12, point, **more)  # type: ignore[arg-type]


def sheet(*items, fields: frozenset[str] = ALL) -> Sheet:
    return Sheet([Stated(row, one) for row, one in enumerate(items, start=2)], fields)


def homes(connection: Connection, as_of: AsOf = TODAY) -> dict[str, str]:
    found = connection.execute(
        text(
            "SELECT b.code, c.code AS grid FROM place_home h JOIN building b ON b.id = h.object_id"
            "  JOIN region_code c ON c.region_id = h.region_id"
            " WHERE h.kind = 'building' AND h.valid @> CAST(:day AS date) AND h.known @> :known"
        ),
        {"day": as_of.valid_on, "known": as_of.known_at},
    )
    return {row.code: row.grid for row in found}


def said(report) -> list[tuple[int, str, bool]]:
    return [(one.row, one.key, one.stops) for one in report.faults]


def test_new_buildings_come_in_with_the_grid_their_place_is_in(connection):
    report = import_buildings(connection, sheet(house("1"), house("2", IN_B)), TODAY, KEEP)

    assert (report.added, report.changed, report.unchanged, report.kept) == (
        ("1", "2"),
        (),
        0,
        True,
    )
    assert homes(connection) == {"1": "A", "2": "B"}


def test_without_commit_the_report_is_the_same_and_nothing_is_kept(connection):
    report = import_buildings(connection, sheet(house("1")), TODAY, ONLY_REPORT)

    assert (report.added, report.kept) == (("1",), False)
    assert connection.scalar(text("SELECT count(*) FROM building")) == 0
    assert connection.scalar(text("SELECT count(*) FROM place_home")) == 0


def test_the_same_file_again_changes_nothing(connection):
    given = sheet(house("1"), house("2", None, grid_code="B"))
    import_buildings(connection, given, TODAY, KEEP)
    report = import_buildings(connection, given, LATER, KEEP)

    assert (report.added, report.changed, report.unchanged) == ((), (), 2)
    assert connection.scalar(text("SELECT count(*) FROM place_home")) == 2


def test_a_column_the_file_lacks_is_left_alone_and_an_empty_cell_says_nothing_is_there(connection):
    import_buildings(connection, sheet(house("1", storeys=7)), TODAY, KEEP)
    fewer = frozenset({"name", "households"})
    first = import_buildings(connection, sheet(house("1", None), fields=fewer), TODAY, KEEP)
    assert connection.execute(text("SELECT storeys, point IS NULL FROM building")).one() == (
        7,
        False,
    )
    second = import_buildings(connection, sheet(house("1")), TODAY, KEEP)

    assert (first.unchanged, second.changed) == (1, ("1",))
    assert connection.scalar(text("SELECT storeys FROM building")) is None


def test_a_building_that_moves_is_where_it_was_in_what_was_known_and_until_the_day(connection):
    import_buildings(connection, sheet(house("1")), TODAY, KEEP)
    report = import_buildings(connection, sheet(house("1", IN_B)), LATER, KEEP)

    assert report.changed == ("1",)
    assert homes(connection, LATER) == {"1": "B"}
    assert homes(connection, AsOf(LATER.valid_on, TODAY.known_at)) == {"1": "A"}, "as known then"
    assert homes(connection, AsOf(TODAY.valid_on, LATER.known_at)) == {"1": "A"}, "as it was then"


def test_a_building_nobody_has_located_keeps_the_stated_grid(connection):
    report = import_buildings(connection, sheet(house("1", None, grid_code="B")), TODAY, KEEP)

    assert homes(connection) == {"1": "B"}
    assert report.faults == []


def test_where_place_and_stated_grid_differ_the_place_decides_and_the_report_says_so(connection):
    given = sheet(house("1", IN_A, grid_code="B"), house("2", NOWHERE, grid_code="B"))
    report = import_buildings(connection, given, TODAY, KEEP)

    assert homes(connection) == {"1": "A", "2": "B"}, "in no grid at all: the stated one stays"
    assert said(report) == [(2, "row.grid_differs", False), (3, "row.outside_grids", False)]
    assert report.faults[0].values == {"stated": "B", "located": "A"}


def test_a_bad_row_stops_the_commit_and_is_left_out_when_asked_to(connection):
    given = sheet(
        house("1"),
        house("2", compound_code="C9"),
        house("1", IN_B),
        house("3", None, grid_code="Z"),
        house("4", IN_A, grid_code="Z"),
    )
    refused = import_buildings(connection, given, TODAY, KEEP)
    assert connection.scalar(text("SELECT count(*) FROM building")) == 0
    kept = import_buildings(connection, given, TODAY, Choice(commit=True, skip_bad=True))

    assert said(refused) == [
        (3, "row.unknown_compound", True),
        (4, "row.double_code", True),
        (5, "row.unknown_grid", True),
        (6, "row.unknown_grid", False),
        (6, "row.grid_differs", False),
    ]
    assert (refused.kept, refused.left_out) == (False, 3)
    assert (kept.kept, kept.left_out, kept.added) == (True, 3, ("1", "4"))
    assert homes(connection) == {"1": "A", "4": "A"}


def test_a_footprint_alone_places_a_building(connection):
    shape = shapely.box(106.5151, 29.5051, 106.5153, 29.5053)
    fields = ALL | {"shape"}
    given = sheet(replace(house("1", None), shape=shape), fields=fields)
    import_buildings(connection, given, TODAY, KEEP)

    assert homes(connection) == {"1": "B"}


def test_a_compound_names_a_property_company_that_must_be_there(connection):
    given = Compound("C1", "示例苑", "", None, PropertyMode.COMPANY, property_company="P1")
    fields = frozenset({"name", "property_mode", "property_company"})
    report = import_compounds(connection, sheet(given, fields=fields), TODAY, KEEP)

    assert said(report) == [(2, "row.unknown_organisation", True)]
    ours = sheet(replace(given, property_company=None), fields=fields)
    assert import_compounds(connection, ours, TODAY, KEEP).added == ("C1",)
    in_it = sheet(house("1", compound_code="C1"), fields=ALL | {"compound_code"})
    assert import_buildings(connection, in_it, TODAY, KEEP).added == ("1",)
    assert connection.scalar(text("SELECT compound_id IS NOT NULL FROM building"))


def test_a_facility_without_entrance_belongs_where_its_building_does_though_nobody_located_either(
    connection,
):
    import_buildings(connection, sheet(house("1", None, grid_code="B")), TODAY, KEEP)
    canteen = Facility("f1", "canteen", "食堂", FacilityStatus.OPEN, building_code="1")
    square = Facility("f2", "square", "广场", FacilityStatus.PLANNED, IN_A)
    fields = frozenset({"kind", "name", "status", "point", "building_code"})
    report = import_facilities(connection, sheet(canteen, square, fields=fields), TODAY, KEEP)

    assert report.added == ("f1", "f2")
    found = connection.execute(
        text(
            "SELECT f.code, c.code FROM place_home h JOIN facility f ON f.id = h.object_id"
            "  JOIN region_code c ON c.region_id = h.region_id WHERE h.kind = 'facility'"
            " ORDER BY 1"
        )
    )
    assert [tuple(row) for row in found] == [("f1", "B"), ("f2", "A")]
