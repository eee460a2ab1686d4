"""A matter on contested ground: the temporary owner has it, also after boundaries have changed."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import shapely
from sqlalchemy import select

from data.disputes import read_disputes
from data.sheets import Asked
from gis.disputes import DisputeLine, RegionNamed
from gis.intake import Origin, PointGiven
from gis.store.tables.matters import matter
from gis.workflows.import_places import Choice
from gis.workflows.keep_disputes import add_dispute, import_disputes
from tests.makers import keep
from tests.matter_town import Town
from tests.sketch import SIDE, SOUTH, WEST, sketch

PLACE = PointGiven(WEST + 0.8 * SIDE, SOUTH + SIDE / 2, "wgs84", Origin.GPS, 5.0)
PARTIES = (RegionNamed("grid", "A"), RegionNamed("grid", "B"))


def contested(town: Town) -> None:
    """The east of grid A, where B acts for now."""
    ground = shapely.box(WEST + SIDE / 2, SOUTH, WEST + SIDE, SOUTH + SIDE)
    line = DisputeLine(
        "Z1",
        PARTIES,
        "B",
        "道路改线",
        "",
        date(2026, 1, 1),
        date(2026, 12, 31),
        shapely.MultiPolygon([ground]),
    )
    add_dispute(town.connection, line, town.now)


def holder(town: Town, no: str) -> str:
    asked = select(matter.c.region_id).where(matter.c.no == no)
    number = town.connection.execute(asked).scalar_one()
    return next(code for code, one in town.regions.items() if one == number)


def test_the_temporary_owners_member_has_it_and_keeps_it_when_boundaries_change(connection):
    town = Town(connection)
    before = town.arrives("暴露垃圾", "E0102", place=PLACE)
    contested(town)
    no = town.arrives("暴露垃圾", "E0102", place=PLACE)
    assert (holder(town, before), holder(town, no)) == ("A", "B")
    below = {"A": "K", "B": "K", "C": "L"}
    moved = sketch("A B C", parents=below)
    moved[1] = sketch("A B C\nA . C", parents=below)[1]  # B is another shape, A stays
    later = town.now + timedelta(hours=1)
    keep(connection, moved, edition="later", valid_from=town.now.date(), now=later)
    assert (holder(town, before), holder(town, no)) == ("A", "B")


def test_areas_of_a_file_are_kept_and_bad_ones_are_named(connection, tmp_path: Path):
    town = Town(connection)
    ring = [[WEST, SOUTH], [WEST + SIDE, SOUTH], [WEST, SOUTH + SIDE], [WEST, SOUTH]]
    said = {"claimants": "grid:A、grid:B", "owner": "B", "reason": "路", "ends_on": "2026-12-31"}
    rows = [
        said | {"code": "Z1"},
        said | {"code": "Z2", "owner": "X"},
        said | {"code": "Z3", "claimants": "grid:A"},
        said | {"code": "Z4", "ends_on": "2020-01-01"},
        said | {"code": "Z1"},
    ]
    features = ",".join(
        f'{{"type":"Feature","properties":{str(one).replace(chr(39), chr(34))},'
        f'"geometry":{{"type":"Polygon","coordinates":[{ring}]}}}}'
        for one in rows
    )
    file = tmp_path / "disputes.geojson"
    file.write_text(f'{{"type":"FeatureCollection","features":[{features}]}}', encoding="utf-8")
    sheet = read_disputes(file, Asked())
    report = import_disputes(connection, sheet, town.now, Choice(commit=True, skip_bad=True))
    assert [(one.row, one.key) for one in report.faults] == [
        (2, "error.region_not_found"),
        (3, "row.two_claimants"),
        (4, "error.dispute_days"),
        (5, "row.double_code"),
    ]
    assert (report.added, report.kept) == (("Z1",), True)
