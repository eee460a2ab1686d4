"""Intake over HTTP: receipts, keys, refusals; who is responsible; what matters can be about."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr
from sqlalchemy import Connection, text
from starlette.testclient import TestClient

from api.contact_keys import FILE, seal_of
from api.main import App
from api.receipts import ReceiptOut
from api.settings import Settings
from gis.accounts import Grant, Role
from gis.errors import BadInput, Unavailable
from gis.intake import Contact
from tests import riverside
from tests.riverside import G001, G002

AT_EDGE = {"lon": 106.5621, "lat": 29.561, "crs": "wgs84", "accuracy_m": 25, "origin": "gps"}
IN_G002 = AT_EDGE | {"lon": 106.5630, "accuracy_m": 8}
MATTER: dict[str, Any] = {
    "text": "3幢楼下暴露垃圾",
    "channel": "patrol",
    "place": {"point": IN_G002},
}
KEY = {"Idempotency-Key": "7f0c9a52-3f0e-4a53"}


@pytest.fixture(scope="module", autouse=True)
def ids(ground: Connection) -> dict[str, int]:
    return riverside.inhabited(ground)


@pytest.fixture
def member(signed_in: Callable[..., TestClient], ids: dict[str, int]) -> TestClient:
    return signed_in("li.na", Grant(Role.GRID_MEMBER, ids[G002]))


def test_a_matter_is_received_and_the_receipt_says_who_has_it_and_by_when(member: TestClient):
    answer = member.post("/api/v1/matters", json=MATTER, headers=KEY)
    receipt = answer.json()

    assert answer.status_code == 201, answer.text
    ReceiptOut.model_validate(receipt)
    assert receipt["state"] == "proposed"
    assert receipt["matter_class"] == "major"
    assert receipt["category"] == {"code": "E0102", "name": "Exposed rubbish"}
    assert receipt["place"]["grid"] == {"code": G002, "name": "第02网格"}
    assert receipt["member"]["name"] == "李"
    assert receipt["handler"]["kind_name"] == "sanitation unit"
    assert receipt["handler"]["code"] == "HW"
    assert receipt["reasons"][0].startswith("The text says “垃圾”")
    assert {one["kind"] for one in receipt["clocks"]} == {"intake", "whole"}
    assert receipt["due_at"].endswith("+08:00")


@pytest.mark.parametrize("channel", ["hotline", "upstream"])
def test_only_a_desk_registers_what_brings_a_due_date_of_its_own(
    member: TestClient, signed_in: Callable[..., TestClient], channel: str
):
    body = MATTER | {"channel": channel, "due_at": "2099-01-01T00:00:00Z"}
    refused = member.post("/api/v1/matters", json=body, headers=KEY)
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/not-allowed")
    desk = signed_in("desk", Grant(Role.DISPATCHER))
    assert desk.post("/api/v1/matters", json=body, headers=KEY).status_code == 201


def test_the_same_key_gives_the_same_receipt_in_the_language_of_the_reader(member: TestClient):
    first = member.post("/api/v1/matters", json=MATTER, headers=KEY)
    again = member.post("/api/v1/matters", json=dict(reversed(MATTER.items())), headers=KEY)
    chinese = member.post(
        "/api/v1/matters", json=MATTER, headers={**KEY, "Accept-Language": "zh-CN"}
    )

    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert chinese.json()["no"] == first.json()["no"]
    assert chinese.json()["handler"]["kind_name"] == "环卫单位"


def test_the_same_key_with_another_body_is_refused(member: TestClient):
    member.post("/api/v1/matters", json=MATTER, headers=KEY)
    other = member.post("/api/v1/matters", json=MATTER | {"urgent": True}, headers=KEY)

    assert other.status_code == 422
    assert other.json()["type"] == "/problems/bad-input"


@pytest.mark.parametrize("key", [None, "short", "with blanks in it", "x" * 101, "键键键键键键键键"])
def test_without_a_sound_key_nothing_is_taken_in(member: TestClient, key: str | None):
    headers = {} if key is None else {b"Idempotency-Key": key.encode()}
    answer = member.post("/api/v1/matters", json=MATTER, headers=headers)  # type: ignore[arg-type]

    assert answer.status_code == 422
    assert answer.json()["fields"][0]["name"] == "Idempotency-Key"


def test_a_complaint_about_people_leaves_a_number_and_nothing_else(member: TestClient):
    body = {"text": "网格员张某收费50元", "channel": "counter"}
    receipt = member.post("/api/v1/matters", json=body, headers=KEY).json()

    told = {name: value for name, value in receipt.items() if value not in (None, [])}
    assert set(told) == {"no", "query_code", "received_at", "state"}
    assert told["state"] == "received"


@pytest.mark.parametrize(
    "wrong",
    [
        {"text": ""},
        {"text": "\x00"},
        {"channel": "pigeon"},
        {"place": {}},
        {"place": {"building": "A", "qr": "B:A"}},
        {"place": {"point": IN_G002 | {"crs": "mars"}}},
        {"place": {"point": IN_G002 | {"lat": 106.5}}},
        {"observed_at": "2026-11-22T12:00:00"},
        {"observed_at": "2027-11-22T12:00:00+08:00"},
        {"due_at": "2027-11-22T12:00:00+08:00"},
        {"handler": "HW"},
    ],
)
def test_what_cannot_be_true_is_refused_and_nothing_is_kept(
    member: TestClient, connection: Connection, wrong: dict[str, Any]
):
    answer = member.post("/api/v1/matters", json=MATTER | wrong, headers=KEY)

    assert answer.status_code == 422, answer.text
    assert connection.scalar(text("SELECT count(*) FROM matter")) == 0


def test_the_warning_says_which_system_it_looks_like(member: TestClient):
    body = MATTER | {"place": {"point": AT_EDGE | {"crs": "gcj02"}}}
    headers = {**KEY, "Accept-Language": "zh-CN"}

    place = member.post("/api/v1/matters", json=body, headers=headers).json()["place"]

    assert place["warning"].startswith("坐标系可能标错（像是WGS 84，偏约480米）")


def test_who_is_responsible_is_told_before_anything_is_filed(member: TestClient):
    edge = {name: str(AT_EDGE[name]) for name in ("lon", "lat", "crs", "accuracy_m")}
    unsure = member.get("/api/v1/responsible", params=edge).json()
    by_building = {"building": "BHY-3", "category": "E0102"}
    sure = member.get("/api/v1/responsible", params=by_building).json()

    shares = [(one["code"], round(one["share"], 2)) for one in unsure["place"]["candidates"]]
    assert shares == [(G002, 0.74), (G001, 0.26)]
    assert unsure["member"] is None
    assert (sure["member"]["name"], sure["substitute"]) == ("张", False)
    assert sure["community"]["name"] == "河滨社区"
    assert sure["duty_phone"] == "023-0002"
    assert sure["handler"]["code"] == "HW"


@pytest.mark.parametrize(
    ("asked", "status"),
    [({}, 422), ({"lon": "106"}, 422), ({"building": "A", "lon": "106"}, 422)],
)
def test_one_place_must_be_asked_about(member: TestClient, asked: dict[str, str], status: int):
    assert member.get("/api/v1/responsible", params=asked).status_code == status


def test_a_category_nobody_knows_has_no_handler(member: TestClient):
    asked = {"building": "BHY-3", "category": "X9"}

    assert member.get("/api/v1/responsible", params=asked).status_code == 404


def test_categories_come_with_class_limits_and_source(member: TestClient):
    found = {one["code"]: one for one in member.get("/api/v1/categories").json()}

    assert len(found) == 39
    assert found["N01"]["matter_class"] == "minor"
    assert found["N01"]["limits"]["deliberation"]["unit"] == "calendar_day"
    assert found["E0102"]["source"] != ""


def test_a_contact_is_sealed_under_the_key_of_the_settings(
    member: TestClient, app: App, connection: Connection
):
    key = Fernet.generate_key().decode()
    app.state.service.settings.contact_key = SecretStr(key)
    body = MATTER | {"contact": {"name": "王五", "phone": "13900001111"}}

    answer = member.post("/api/v1/matters", json=body, headers=KEY)

    assert answer.status_code == 201, answer.text
    assert "13900001111" not in answer.text


# ---- the key file -------------------------------------------------------------------------------


def test_the_key_file_is_made_once_and_for_its_owner_only(tmp_path: Path):
    settings = Settings(_env_file=None, home=tmp_path / "home")
    sealed = seal_of(settings).seal(Contact("王五", "139"))
    file = tmp_path / "home" / FILE

    assert file.stat().st_mode & 0o777 == 0o600
    assert seal_of(Settings(_env_file=None, home=tmp_path / "home")).open(sealed).name == "王五"
    assert list(file.parent.iterdir()) == [file]


def test_an_older_key_still_opens_what_it_sealed():
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    before = seal_of(Settings(_env_file=None, contact_key=SecretStr(old)))
    after = seal_of(Settings(_env_file=None, contact_key=SecretStr(f"{new},{old}")))
    only_new = seal_of(Settings(_env_file=None, contact_key=SecretStr(new)))
    sealed = before.seal(Contact("王五", "139"))

    assert after.open(sealed) == Contact("王五", "139")
    assert after.seal(Contact("", "")).key_id != sealed.key_id
    with pytest.raises(Unavailable, match="contact_key_missing"):
        only_new.open(sealed)


def test_a_key_that_is_none_and_a_file_that_cannot_be_made_say_so(tmp_path: Path):
    (tmp_path / "a file").write_text("")
    with pytest.raises(BadInput, match=r"error\.contact_key"):
        seal_of(Settings(_env_file=None, contact_key=SecretStr("not a key")))
    with pytest.raises(Unavailable, match="contact_key_file"):
        seal_of(Settings(_env_file=None, home=tmp_path / "a file"))
