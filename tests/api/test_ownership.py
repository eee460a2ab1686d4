"""Statements of ownership: replayed by both times, signed, checked by a stranger, one page."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, timedelta
from pathlib import Path

import pytest
from shapely import MultiPolygon, box
from sqlalchemy import text

from api.dependencies import clock
from api.signing_keys import file_of, ring_of, rotate
from gis.errors import Unavailable
from gis.model import AsOf
from gis.ownership import PlaceStated, canonical
from gis.signing import is_genuine, read_ring
from gis.store.disputes import NewDispute, add_dispute
from gis.store.ownership import state_ownership
from gis.store.regions import region_id_of
from maps.ownership_pdf import rows_of
from tests.makers import NOW, keep
from tests.sketch import sketch

SCRIPT = Path(__file__).parents[2] / "docs" / "examples" / "check_statement.py"
ASKED = {"lon": 106.509, "lat": 29.505, "crs": "wgs84"}


@pytest.fixture(scope="module", autouse=True)
def grids(ground):
    keep(ground, sketch("C C D"), level="community", edition="社区")
    parents = {"A": "C", "B": "C", "E": "D"}
    names = {"A": "一格", "B": "二格"}
    keep(ground, sketch("A B E", parents=parents, names=names), edition="网格")


@pytest.fixture
def town(signed_in):
    return signed_in("li.na")


def ask(client, **more):
    answer = client.get("/api/v1/ownership", params={**ASKED, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


def change_twice_and_once_late(connection):
    """Two changes of the grids, then one learnt late that ends grid A before either."""
    parents = {"A": "C", "B": "C", "E": "D"}
    for number, drawing in ((1, "B B E"), (2, "B E E")):
        keep(
            connection,
            sketch(drawing, parents=parents, names={"B": f"第{number}次"}),
            edition=f"change {number}",
            valid_from=date(2024 + number, 1, 1),
            now=NOW + timedelta(hours=number),
        )
    keep(
        connection,
        sketch("E E E", parents={"E": "C"}, names={"E": "迟到"}),
        edition="late",
        valid_from=date(2021, 1, 1),
        now=NOW + timedelta(hours=3),
    )


def test_a_statement_names_grid_community_edition_edge_and_neighbours(town):
    stated = ask(town, at="2023-06-01")["statement"]

    assert stated["title"] == "网格归属核查单"
    assert stated["notice"].endswith("不作行政界线、产权、学区依据")
    assert [(one["level"], one["code"], one["name"]) for one in stated["regions"]] == [
        ("community", "C", None),
        ("grid", "A", "一格"),
    ]
    assert stated["owner"]["code"] == "A"
    assert float(stated["edge_m"]) == pytest.approx(96.9, abs=0.1)
    assert [(one["code"], one["name"]) for one in stated["neighbours"]] == [("B", "二格")]
    assert float(stated["neighbours"][0]["edge_m"]) == pytest.approx(96.9, abs=0.1)
    assert stated["source"]["edition"] == "网格"
    assert stated["source"]["document"] == "a test"
    assert stated["source"]["holds_from"] == "2020-01-01"
    assert stated["valid_on"] == "2023-06-01"
    assert stated["known_at"] == "2026-11-22T04:00:00.000000Z"


@pytest.mark.parametrize("day", ["2023-06-01", "2026-03-01", "2019-01-01"])
def test_after_two_changes_and_a_late_one_the_same_question_has_the_same_answer(
    town, app, connection, day
):
    before = ask(town, at=day)
    change_twice_and_once_late(connection)
    app.dependency_overrides[clock] = lambda: NOW + timedelta(hours=4)
    again = ask(town, at=day, known_at=before["statement"]["known_at"])
    today = ask(town, at=day)

    assert again == before
    assert (today["statement"]["owner"] == before["statement"]["owner"]) is (day < "2020")


def accept_a_fault(connection, *, lon, hours=0):
    connection.execute(
        text(
            "INSERT INTO edition_fault (edition_id, key, kind, codes, rows, lon, lat, m2, detail,"
            " accepted_by, why, accepted_at) SELECT e.id, :key, 'gap', '{A,B}', '{}', :lon, 29.505,"
            " 12.345, '', a.id, '河道未定', :at FROM edition e, account a WHERE e.name = '网格'"
        ),
        {"key": f"gap {lon}", "lon": lon, "at": NOW + timedelta(hours=hours)},
    )


def test_a_dispute_in_force_at_the_place_is_named(town, connection):
    assert ask(town)["statement"]["disputes"] == []
    on = AsOf(date(2026, 1, 1), NOW)
    ids = {code: region_id_of(connection, "grid", code, on) for code in "AB"}
    ground = MultiPolygon([box(106.508, 29.504, 106.512, 29.506)])
    claim = NewDispute(
        code="ZY-1",
        shape=ground,
        claimants=frozenset(ids.values()),
        owner_id=ids["B"],
        reason="河道改线",
        source="",
        since=date(2026, 1, 1),
        until=date(2027, 1, 1),
    )
    add_dispute(connection, claim, NOW)
    (stated,) = ask(town)["statement"]["disputes"]
    assert [one["name"] for one in stated["claimants"]] == ["一格", "二格"]
    assert (stated["code"], stated["ends_on"]) == ("ZY-1", "2026-12-31")
    assert stated["temporary_owner"]["code"] == "B"
    assert ask(town)["statement"]["owner"]["code"] == "A"  # a dispute moves no boundary
    assert ask(town, at="2025-12-31")["statement"]["disputes"] == []
    assert ask(town, lon=106.501)["statement"]["disputes"] == []
    written = dict(rows_of(statement_at(connection), "zh-CN"))["dispute"]
    assert written == "争议 ZY-1：一格、二格 均主张；网格  二格  B 临时负责至 2026-12-31"
    assert town.get("/api/v1/ownership.pdf", params=ASKED).status_code == 200


def statement_at(connection):
    asked = PlaceStated("106.509", "29.505", "cgcs2000")
    return state_ownership(connection, 106.509, 29.505, asked, AsOf.at(NOW))[0]


def test_accepted_faults_nearby_are_named_if_they_were_known(town, connection):
    accept_a_fault(connection, lon=106.51)
    accept_a_fault(connection, lon=106.5095, hours=1)  # accepted later
    accept_a_fault(connection, lon=106.52)  # a kilometre away
    found = ask(town)["statement"]["accepted_faults"]

    assert found == [
        {"kind": "gap", "codes": ["A", "B"], "m2": "12.35", "away_m": "96.96", "why": "河道未定"}
    ]
    assert town.get("/api/v1/ownership.pdf", params=ASKED).status_code == 200


def test_a_place_in_no_region_is_stated_too(town):
    stated = ask(town, lon=107)["statement"]

    assert stated["method"] == "outside"
    assert stated["owner"] is None
    assert stated["source"] is None
    assert stated["regions"] == stated["neighbours"] == []


def test_a_shifted_coordinate_is_brought_back_and_the_given_one_kept(town):
    stated = ask(town, crs="gcj02")["statement"]

    assert stated["asked"] == {"lon": "106.5090000", "lat": "29.5050000", "crs": "gcj02"}
    assert stated["place"]["lon"] != "106.5090000"


def check(tmp_path, signed, keys):
    for name, content in (("statement.json", signed), ("keys.json", keys)):
        (tmp_path / name).write_text(json.dumps(content), "utf-8")
    return subprocess.run(
        [sys.executable, SCRIPT, "statement.json", "keys.json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_stranger_can_check_a_statement_after_its_key_was_retired(town, app, tmp_path):
    signed = ask(town)
    rotate(app.state.service.settings, NOW + timedelta(days=1))
    keys = town.get("/api/v1/ownership-keys", headers={"Cookie": ""}).json()

    assert check(tmp_path, signed, keys).stdout == f"Genuine: {signed['sha256']}\n"
    assert ask(town)["signature"]["key_id"] == keys["keys"][0]["key_id"]
    assert signed["signature"]["key_id"] == keys["keys"][1]["key_id"]
    assert keys["keys"][1]["until"] == "2026-11-23T04:00:00.000000Z"


def test_whatever_is_changed_in_a_statement_is_found(town, tmp_path):
    signed = ask(town)
    keys = town.get("/api/v1/ownership-keys").json()
    signed["statement"]["owner"]["code"] = "B"
    assert "was changed" in check(tmp_path, signed, keys).stderr

    other = ask(town, lat=29.501)
    swapped = {**ask(town), "signature": other["signature"]}
    assert "isn't by that key" in check(tmp_path, swapped, keys).stderr
    assert "published" in check(tmp_path, ask(town), {"keys": []}).stderr


def test_the_page_says_what_the_statement_says_with_its_font_inside(town):
    answer = town.get("/api/v1/ownership.pdf", params=ASKED)

    assert answer.headers["content-type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    assert answer.content.count(b"/Type /Page\n") == 1
    assert b"/FontFile2" in answer.content
    assert answer.content == town.get("/api/v1/ownership.pdf", params=ASKED).content
    name = re.search(r"ownership-(\w+)\.pdf", answer.headers["content-disposition"])[1]
    assert ask(town)["sha256"].startswith(name)


def test_a_machine_without_a_chinese_font_says_how_to_get_one(town, app, tmp_path):
    app.state.service.settings.pdf_font = tmp_path / "none.ttf"
    answer = town.get("/api/v1/ownership.pdf", params=ASKED)

    assert answer.status_code == 503
    assert "apt-get install fonts-wqy-microhei" in answer.json()["detail"]


def test_the_keys_lie_in_a_file_that_only_its_owner_reads(tmp_path, app):
    settings = app.state.service.settings.model_copy(
        update={"signing_keys": tmp_path / "new" / "signing.keys"}
    )
    first = ring_of(settings, NOW)

    assert file_of(settings).stat().st_mode & 0o777 == 0o600
    second = rotate(settings, NOW)
    assert file_of(settings).stat().st_mode & 0o777 == 0o600
    assert [one.key_id for one in second.public[1:]] == [one.key_id for one in first.public]
    assert json.loads(first.written())["private"] not in file_of(settings).read_text()
    assert [one.name for one in file_of(settings).parent.iterdir()] == ["signing.keys"]


@pytest.mark.parametrize("broken", ["", "{}", '{"private": "AA==", "keys": []}', "[1]"])
def test_a_broken_file_of_keys_is_refused(broken):
    with pytest.raises(Unavailable, match="signing_key_broken"):
        read_ring(broken)


def test_a_signature_by_another_key_is_not_genuine(town, app):
    ring = ring_of(app.state.service.settings, NOW.astimezone(UTC))
    with app.state.service.engine.begin() as connection:
        place = PlaceStated("106.5090000", "29.5050000", "cgcs2000")
        statement, _ = state_ownership(connection, 106.509, 29.505, place, AsOf.at(NOW))
    signed = ring.sign(statement)

    assert is_genuine(signed, ring.public[0].public_key)
    assert not is_genuine(signed, ring.rotated(NOW).public[0].public_key)
    assert not is_genuine(replace(signed, sha256="0" * 64), ring.public[0].public_key)
    assert canonical(statement).decode() == json.dumps(
        json.loads(canonical(statement)), ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )
