"""Coverage over HTTP: who is served, the same figures in every form, nothing of other regions."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import Connection
from starlette.testclient import TestClient

from gis.accounts import Grant, Role
from tests.coverage_town import HOSTILE, KIND, build_town, region_id

Client = Callable[..., TestClient]


@pytest.fixture(scope="module", autouse=True)
def town(ground: Connection) -> Connection:
    build_town(ground)
    return ground


@pytest.fixture
def planner(town: Connection, signed_in: Client) -> TestClient:
    return signed_in("li.na", Grant(Role.PLANNER))


def ask(client: TestClient, form: str = "", **more: object) -> Any:
    answer = client.get(f"/api/v1/coverage{form}", params={"kind": KIND, **more})
    assert answer.status_code == 200, answer.text
    return answer


def rows_of(scores: list[dict[str, Any]]) -> dict[str, tuple[int, int, int]]:
    return {
        one["code"]: tuple(one["households"][part] for part in ("served", "unserved", "unknown"))
        for one in scores
    }


def test_households_are_served_left_out_or_unknown_by_grid_and_community(planner: TestClient):
    found = ask(planner).json()

    assert rows_of(found["grids"]) == {
        "A": (40, 0, 0),
        "B": (12, 8, 0),
        "C": (0, 1, 5),
        "D": (0, 0, 0),
        "E": (0, 20, 7),
        "F": (0, 0, 0),
    }
    assert rows_of(found["communities"]) == {"X": (52, 8, 0), "Y": (0, 21, 12)}
    assert [found["households"][p] for p in ("served", "unserved", "unknown")] == [52, 29, 12]
    assert found["households"]["percent"] == [55.9, 31.2, 12.9]
    assert (found["good_grids"], found["inhabited_grids"]) == (1, 4)


def test_weak_grids_come_first_and_those_without_a_share_last_each_in_its_class(
    planner: TestClient,
):
    found = [(one["code"], one["band"]) for one in ask(planner).json()["grids"]]

    assert found == [
        ("E", "under_40"),
        ("B", "from_60"),
        ("A", "from_90"),
        ("C", "unknown"),
        ("D", "empty"),
        ("F", "empty"),
    ]


def test_only_open_facilities_count_and_the_others_are_named(planner: TestClient):
    found = ask(planner).json()

    counted = {one["code"]: one["counts"] for one in found["facilities"]}
    assert counted == {"S1": True, "S2": False, "S3": True, "S4": True}
    said = {one["topic"]: one["text"] for one in found["method"]}
    assert said["facilities"].startswith("2 that are open")
    assert "1 more are open but not located" in said["facilities"]
    assert "planned 1" in said["facilities"]


def test_an_open_facility_beyond_the_border_reaches_in_and_is_shown(planner: TestClient):
    found = ask(planner, region="community:X").json()

    assert rows_of(found["grids"]) == {"A": (40, 0, 0), "B": (12, 8, 0), "D": (0, 0, 0)}
    assert [one["code"] for one in found["facilities"]] == ["S1", "S3", "S4"]
    assert [one["code"] for one in found["above"]] == ["Z"]


def test_another_radius_is_taken_and_named_as_chosen(planner: TestClient):
    found = ask(planner, radius_m=1000, region="grid:B").json()

    assert (found["radius_m"], found["own_radius"]) == (1000.0, True)
    assert rows_of(found["grids"]) == {"B": (20, 0, 0)}
    said = {one["topic"]: one["text"] for one in found["method"]}
    assert said["radius"].startswith("1000 m, chosen")
    assert "not verified" in said["standard"]


def test_json_csv_and_xlsx_hold_the_same_figures(planner: TestClient):
    found = ask(planner).json()
    line = csv.DictReader(io.StringIO(ask(planner, ".csv").content.decode("utf-8-sig")))
    table = {(r["Level"], r["Code"]): r for r in line}
    book = load_workbook(io.BytesIO(ask(planner, ".xlsx").content))
    scores = [[cell.value for cell in row] for row in book["Scorecard"].iter_rows()]
    sheet = {(row[0], row[1] or ""): dict(zip(scores[0], row, strict=True)) for row in scores[1:]}

    assert table.keys() == sheet.keys()
    everybody = [("Total", "", found["households"], found["buildings"]["unserved"])]
    for level in ("grid", "community"):
        scored = found["grids" if level == "grid" else "communities"]
        label = {"grid": "Grid", "community": "Community"}[level]
        everybody += [(label, s["code"], s["households"], s["gap_buildings"]) for s in scored]
    assert len(everybody) == len(table)
    for level, code, households, gaps in everybody:
        expected = [households[p] for p in ("served", "unserved", "unknown", "whole")] + [gaps]
        columns = ["Served households", "Unserved households", "Unknown households"]
        columns += ["All households", "Gap buildings"]
        assert [int(table[level, code][c]) for c in columns] == expected
        assert [sheet[level, code][c] for c in columns] == expected
        share = households["percent"]
        assert table[level, code]["Served (%)"] == (str(share[0]) if share else "")
        assert sheet[level, code]["Served (%)"] == (share[0] if share else None)


def test_the_gap_list_is_the_same_on_the_map_and_in_the_workbook(planner: TestClient):
    on_map = ask(planner, "/gaps.geojson").json()
    book = load_workbook(io.BytesIO(ask(planner, ".xlsx").content))
    listed = [row[0].value for row in book["Gap buildings"].iter_rows(min_row=2)]

    assert [one["id"] for one in on_map["features"]] == listed == ["E1", "B1", "C2"]
    assert on_map["total"] == ask(planner).json()["buildings"]["unserved"] == 3
    assert on_map["features"][1]["properties"]["facility"] == HOSTILE
    assert 570 < on_map["features"][1]["properties"]["distance_m"] < 600


def test_the_reach_is_an_outline_of_the_radius_on_the_ground(planner: TestClient):
    found = ask(planner, "/reach.geojson").json()

    assert [one["geometry"]["type"] for one in found["features"]] == ["MultiPolygon"]
    assert len(found["features"][0]["geometry"]["coordinates"]) == 2
    assert found["features"][0]["properties"]["radius_m"] == ask(planner).json()["radius_m"]


def test_no_text_becomes_a_formula_in_a_table(planner: TestClient, town: Connection):
    from tests.coverage_town import add_house

    for number, start in enumerate(("=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "＝1")):
        add_house(town, f"{start[0]}X{number}", "E", 99 - number, (0.5, 0.4), name=start + "\x0b")
    book = load_workbook(io.BytesIO(ask(planner, ".xlsx").content))

    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells if isinstance(cell.value, str)} == {"s"}
    names = [row[1].value for row in book["Gap buildings"].iter_rows(min_row=2, max_row=7)]
    assert names[0] == "=cmd|' /C calc'!A0\ufffd"
    assert all(row[1].quotePrefix for row in book["Gap buildings"].iter_rows(min_row=2, max_row=7))
    lines = csv.reader(io.StringIO(ask(planner, ".csv").content.decode("utf-8-sig")))
    assert not [cell for line in lines for cell in line if re.match(r"[\s]*[=+\-@]", cell)]


@pytest.mark.parametrize("form", ["", ".csv", ".xlsx", "/gaps.geojson", "/reach.geojson"])
def test_a_region_outside_the_scope_looks_like_none_in_every_form(
    town: Connection, signed_in: Client, form: str
):
    client = signed_in("wang.wu", Grant(Role.COMMUNITY_CLERK, region_id(town, "X")))
    outside = client.get(f"/api/v1/coverage{form}", params={"kind": KIND, "region": "community:Y"})
    nowhere = client.get(f"/api/v1/coverage{form}", params={"kind": KIND, "region": "community:Q"})

    assert outside.status_code == nowhere.status_code == 404
    assert outside.json()["detail"].replace("Y", "Q") == nowhere.json()["detail"]


def test_without_a_region_a_member_gets_its_own_grid_and_no_household_of_another(
    town: Connection, signed_in: Client
):
    client = signed_in("zhang.san", Grant(Role.GRID_MEMBER, region_id(town, "B")))
    found = ask(client).json()

    assert rows_of(found["grids"]) == {"B": (12, 8, 0)}
    assert found["communities"] == []
    assert [one["id"] for one in ask(client, "/gaps.geojson").json()["features"]] == ["B1"]
    assert found["above"] == []


def test_a_grant_of_another_role_opens_no_households(town: Connection, signed_in: Client):
    client = signed_in(
        "zhao.liu",
        Grant(Role.GRID_MEMBER, region_id(town, "B")),
        Grant(Role.AUDITOR, region_id(town, "E")),
    )
    assert rows_of(ask(client).json()["grids"]) == {"B": (12, 8, 0)}


def test_buildings_that_are_at_home_nowhere_count_for_who_sees_everything(
    town: Connection, planner: TestClient
):
    from sqlalchemy import text

    town.execute(text("INSERT INTO building (code, name, households) VALUES ('N', 'N', 4)"))
    found = ask(planner).json()

    assert rows_of(found["grids"])[""] == (0, 0, 4)
    assert found["households"]["unknown"] == 16
    assert sum(one["households"]["whole"] for one in found["grids"]) == 97


def test_a_building_taken_down_no_longer_counts(town: Connection, planner: TestClient):
    from sqlalchemy import text

    town.execute(text("UPDATE building SET retired_at = '2026-10-01 00:00+08' WHERE code = 'E1'"))

    assert rows_of(ask(planner).json()["grids"])["E"] == (0, 0, 7)
    assert rows_of(ask(planner, at="2026-09-30").json()["grids"])["E"] == (0, 20, 7)


@pytest.mark.parametrize(
    ("asked", "status", "told"),
    [
        ({"kind": "no_such"}, 404, "no kind of facility"),
        ({"kind": "police_room"}, 422, "has no service radius"),
        ({"kind": KIND, "region": "X"}, 422, "LEVEL:CODE"),
        ({"kind": KIND, "radius_m": 0}, 422, ""),
        ({"kind": KIND, "radius_m": 50_001}, 422, ""),
        ({"kind": KIND, "radius_m": "nan"}, 422, ""),
        ({}, 422, ""),
    ],
)
def test_what_can_not_be_answered_is_said(
    planner: TestClient, asked: dict[str, object], status: int, told: str
):
    answer = planner.get("/api/v1/coverage", params=asked)

    assert answer.status_code == status
    assert told in answer.json()["detail"]


def test_files_are_named_by_kind_region_and_day(planner: TestClient):
    header = ask(planner, ".csv", region="community:X").headers["content-disposition"]

    assert header == (
        'attachment; filename="coverage.csv"; '
        "filename*=UTF-8''coverage-elderly_station-X-2026-11-22.csv"
    )


def test_the_file_for_a_meeting_has_the_same_figures_and_no_way_out(planner: TestClient):
    found, html = ask(planner).json(), ask(planner, ".html").text
    boot = json.loads(re.search(r'id="boot"[^>]*>(.*?)</script>', html, re.S)[1])

    shown = {one["id"]: one["properties"] for one in boot["regions"]}
    drawn = {code: (one["band"], one["households"]) for code, one in shown.items()}
    assert drawn == {
        one["code"]: (
            one["band"],
            {key: one["households"][key] for key in ("served", "unserved", "unknown", "percent")},
        )
        for one in found["grids"]
    }
    assert [gap["id"] for gap in boot["gaps"]] == ["E1", "B1", "C2"]
    assert re.findall(r"<dd>([^<]*)</dd></div>\n", html)[:4] == ["55.9%", "29", "12", "1 / 4"]
    assert boot["facilities"][0]["name"] == HOSTILE
    assert html.count("</script>") == html.count("<script") == 6
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', html)[1]
    assert policy.startswith("default-src &#39;none&#39;")
    markup = re.sub(r"<script.*?</script>", "", html, flags=re.S)
    assert not re.search(r'(?:src|href)="|url\(', markup)
    assert html == ask(planner, ".html").text


def test_too_much_for_one_file_is_cut_by_households_and_said(
    planner: TestClient, monkeypatch: pytest.MonkeyPatch
):
    from maps import export

    monkeypatch.setattr(export, "gaps_to_draw", lambda plan: 2)
    html = ask(planner, ".html").text
    boot = json.loads(re.search(r'id="boot"[^>]*>(.*?)</script>', html, re.S)[1])

    assert [gap["id"] for gap in boot["gaps"]] == ["E1", "B1"]
    assert "3 gap buildings; only the 2 with most households are drawn." in html
