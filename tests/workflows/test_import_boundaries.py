"""Boundaries come in: reports first, all faults at once, and nothing is kept while one stops it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import Connection, text

from data.demo import demo_editions
from gis.errors import BadBoundaries, Conflict, NotFound
from gis.model import BoundaryFile, BoundaryRow, Fault, FaultKind
from gis.store import editions, regions
from gis.store.activation import activate
from gis.workflows.import_boundaries import Keep, Wanted, import_boundaries
from tests.makers import LONG_AGO, NOW, TODAY, keep
from tests.sketch import sketch


def file(rows: list[BoundaryRow]) -> BoundaryFile:
    return BoundaryFile(rows, "EPSG:4490", "cgcs2000", "0" * 64, "town.gpkg")


def wanted(**more: object) -> Wanted:
    usual = {"level": "grid", "edition": "first", "valid_from": LONG_AGO, "keep": Keep.ACTIVE}
    return Wanted(**{**usual, **more})


def written(connection: Connection) -> int:
    counted = "SELECT (SELECT count(*) FROM region_version) + (SELECT count(*) FROM edition)"
    return connection.execute(text(counted)).scalar_one()


def test_without_a_word_to_keep_it_only_reports(connection):
    before = written(connection)
    report = import_boundaries(connection, file(sketch("A B")), wanted(keep=Keep.NOTHING), NOW)
    assert report.changes.added == ("A", "B")
    assert report.stopping == []
    assert written(connection) == before


@pytest.mark.parametrize("kind", [FaultKind.WRONG_CRS, FaultKind.SWAPPED_AXES])
def test_a_misread_file_says_only_the_cause(connection, kind):
    cause = Fault(kind, rows=(1,))
    read = file(sketch("A A A\nA . A\nA A A"))
    everything_wrong = replace(read, faults=[cause])
    report = import_boundaries(connection, everything_wrong, wanted(keep=Keep.NOTHING), NOW)
    assert report.faults == [cause]
    only_noted = replace(read, faults=[replace(cause, tolerated=True)])
    report = import_boundaries(connection, only_noted, wanted(keep=Keep.NOTHING), NOW)
    assert len(report.faults) > 1, "a note doesn't hide what else is wrong"


def test_a_good_file_is_in_force_from_its_day(connection):
    import_boundaries(connection, file(sketch("A B")), wanted(valid_from=date(2026, 7, 1)), NOW)
    facts = regions.region_facts(connection, "grid", "A", TODAY)
    assert (facts.edition, facts.source, facts.valid_from) == (
        "first",
        "town.gpkg",
        date(2026, 7, 1),
    )


def test_a_draft_stays_aside_until_it_is_activated(connection):
    import_boundaries(connection, file(sketch("A B")), wanted(keep=Keep.DRAFT), NOW)
    with pytest.raises(NotFound):
        regions.region_facts(connection, "grid", "A", TODAY)
    activate(connection, "first", NOW)
    assert regions.region_facts(connection, "grid", "A", TODAY).area_m2
    with pytest.raises(Conflict):
        activate(connection, "first", NOW)


def test_a_dropped_draft_leaves_its_name_free(connection):
    import_boundaries(connection, file(sketch("A")), wanted(keep=Keep.DRAFT), NOW)
    editions.drop_draft(connection, "first")
    import_boundaries(connection, file(sketch("A")), wanted(), NOW)


def test_every_fault_is_named_and_nothing_is_written(connection):
    keep(connection, sketch("C C"), level="community", edition="社区")
    overlapping = sketch("1 2", parents={"1": "C", "2": "X"})
    wider = sketch("3 3", parents={"3": "C"})
    rows = [*overlapping, BoundaryRow(3, "1", "", "C", wider[0].shape)]
    before = written(connection)
    with pytest.raises(BadBoundaries) as refused, connection.begin_nested():
        import_boundaries(connection, file(rows), wanted(edition="g", states_parent=True), NOW)
    kinds = {fault.kind for fault in refused.value.faults}
    assert {FaultKind.DOUBLE_CODE, FaultKind.UNKNOWN_PARENT, FaultKind.OVERLAP} <= kinds
    overlap = next(f for f in refused.value.faults if f.kind is FaultKind.OVERLAP)
    assert overlap.m2 > 1_000_000
    assert 106.5 <= overlap.lon <= 106.52
    assert written(connection) == before


def test_regions_left_without_their_parent_are_faults_of_the_report(connection):
    keep(connection, sketch("C D"), level="community", edition="社区")
    keep(connection, sketch("1 2", parents={"1": "C", "2": "D"}), edition="网格")
    asked = wanted(level="community", edition="只有C", keep=Keep.NOTHING)
    report = import_boundaries(connection, file(sketch("C C")), asked, NOW)
    left = [f for f in report.stopping if f.kind is FaultKind.LEFT_WITHOUT_PARENT]
    assert [f.codes for f in left] == [("2", "D")]


def test_an_edition_of_one_root_takes_no_regions_from_elsewhere(connection):
    keep(connection, sketch("C D"), level="community", edition="社区")
    rows = sketch("1 2", parents={"1": "C", "2": "D"})
    asked = wanted(root=("community", "C"), states_parent=True, keep=Keep.NOTHING)
    report = import_boundaries(connection, file(rows), asked, NOW)
    outside = [f for f in report.stopping if f.kind is FaultKind.OUTSIDE_ROOT]
    assert [(f.codes, f.rows) for f in outside] == [(("2",), (2,))]


def test_the_demo_passes_the_same_judgement_as_any_file(connection):
    for edition in demo_editions():
        report = import_boundaries(
            connection,
            file(edition.rows),
            wanted(
                level=edition.level,
                edition=edition.name,
                valid_from=edition.valid_from,
                states_parent=edition.level != "county",
            ),
            NOW,
        )
        assert report.faults == []
