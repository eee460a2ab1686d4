"""Boundaries in force are audited, and mended by a draft that a person activates."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Connection, text

from gis.editions import fault_key
from gis.errors import BadInput, NotFound
from gis.model import AsOf, FaultKind
from gis.store import edition_findings, levels, regions
from gis.store.edition_life import facts_of
from gis.workflows.audit_boundaries import Audited, audit_boundaries, repair_boundaries
from gis.workflows.change_editions import activate_edition
from maps.audit_sheets import FaultLine, audit_csv, audit_geojson, audit_xlsx
from tests.gis.test_audit import METRE, shifted
from tests.makers import NOW, TODAY, keep
from tests.sketch import sketch

YESTERDAY = NOW - timedelta(days=1)
BELOW = {"1": "C", "2": "C", "3": "D"}


def audited(connection: Connection, level: str = "grid", **more: object) -> Audited:
    usual = {"root_id": None, "as_of": TODAY, "now": NOW} | more
    return audit_boundaries(connection, levels.level_of(connection, level), **usual)


@pytest.fixture(scope="module", autouse=True)
def built(ground: Connection) -> None:
    """Two communities; between the grids of the first a gap a metre wide."""
    keep(ground, sketch("C C D"), level="community", edition="社区", now=YESTERDAY)
    rows = sketch(
        "1 2 3", parents=BELOW, names={"1": "第一网格", "2": "第二网格", "3": "第三　网格"}
    )
    rows[1] = shifted(rows[1], METRE)
    keep(ground, rows, edition="网格", now=YESTERDAY)


@pytest.fixture
def town(connection: Connection) -> Connection:
    return connection


def test_faults_are_found_under_one_root_and_as_of_one_day(town):
    found = audited(town)
    assert [(one.kind, one.codes) for one in found.faults] == [
        (FaultKind.GAP, ("C",)),
        (FaultKind.NAME_BLANKS, ("3",)),
    ]
    root = regions.region_id_of(town, "community", "D", TODAY)
    assert [one.kind for one in audited(town, root_id=root).faults] == [FaultKind.NAME_BLANKS]
    before = AsOf(date(2019, 1, 1), NOW)
    assert audited(town, as_of=before).rows == []


def test_a_repair_is_shown_first_and_comes_out_as_a_draft(town):
    found = audited(town)
    (key,) = found.repairs()
    mended = repair_boundaries(town, found, None, "体检", valid_from=TODAY.valid_on)
    assert [one.to for one in mended.taken] == ["1"]
    assert len(mended.left) == 1, "a name is for a person"
    draft = facts_of(town, edition_id=mended.edition_id)
    assert edition_findings.kept_faults(town, draft.id) == []
    assert [c.code for _, c in edition_findings.kept_changes(town, draft.id, most=9)] == ["1"]
    assert audited(town).faults[0].kind is FaultKind.GAP, "nothing is in force yet"
    activate_edition(town, draft, NOW)
    assert [one.kind for one in audited(town).faults] == [FaultKind.NAME_BLANKS]
    assert key not in audited(town).repairs()


def test_only_what_is_named_is_mended(town):
    found = audited(town)
    names = [fault_key(one) for one in found.faults if one.kind is FaultKind.NAME_BLANKS]
    with pytest.raises(BadInput):
        repair_boundaries(town, found, None, "体检", valid_from=TODAY.valid_on, keys=names)
    with pytest.raises(NotFound):
        repair_boundaries(town, found, None, "体检", valid_from=TODAY.valid_on, keys=["0"])


def test_days_without_code_or_parent_are_found(town):
    town.execute(
        text(
            "UPDATE region_code SET valid = daterange('2021-01-01', NULL) WHERE code IN ('1', 'D')"
        )
    )
    assert [
        (one.codes, one.detail)
        for one in audited(town).faults
        if one.kind is FaultKind.CROSSING_DATES
    ] == [(("1",), "code {[2020-01-01,2021-01-01)}")]


def test_grids_without_a_member_and_members_without_a_post_are_found(town):
    town.execute(
        text(
            "WITH m AS (INSERT INTO member (code, name) VALUES ('M1', '甲'), ('M2', '乙')"
            "  RETURNING id, code)"
            " INSERT INTO post (member_id, role, region_id, responsible, valid)"
            " SELECT m.id, 'grid_member', c.region_id, true, tstzrange(:since, NULL)"
            "   FROM m, region_code c WHERE m.code = 'M1' AND c.code = '1'"
        ),
        {"since": datetime(2026, 1, 1, tzinfo=UTC)},
    )
    found = [one for one in audited(town).faults if one.kind in PEOPLE]
    assert [(one.kind, one.codes[0]) for one in found] == [
        (FaultKind.VACANT, "2"),
        (FaultKind.VACANT, "3"),
        (FaultKind.MEMBER_WITHOUT_POST, "M2"),
    ]
    assert found[0].lon is not None


PEOPLE = (FaultKind.VACANT, FaultKind.MEMBER_WITHOUT_POST)


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_the_same_faults_come_as_table_workbook_and_features(town, language):
    found = audited(town)
    repairs = found.repairs()
    lines = [
        FaultLine("grid", fault_key(one), one, repairs.get(fault_key(one))) for one in found.faults
    ]
    features = json.loads(audit_geojson(lines, language))["features"]
    assert [one["properties"]["kind"] for one in features] == ["gap", "name_blanks"]
    assert features[0]["geometry"]["type"] == "MultiPolygon"
    assert features[0]["properties"]["repair"]
    assert len(audit_csv(lines, language).decode("utf-8-sig").splitlines()) == 3
    assert audit_xlsx(lines, language).startswith(b"PK")
