"""Whose place: from the index or from the database, the same bytes; and asked of who may ask."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text
from starlette.testclient import TestClient

from api import doorkeeper, tilings
from api.doorkeeper import Doorkeeper
from api.main import App
from api.thin import ThinLocate
from gis.accounts import Grant, Role
from gis.coordinates import metres_per_degree
from gis.model import AsOf
from gis.passwords import Passwords
from gis.store import codes_of_many
from gis.tiling_index import TilingIndex
from gis.workflows import keys
from gis.workflows.keep_tiling import keep_tiling
from gis.workflows.sign_in import fingerprint
from tests.api.people import add_person
from tests.databases import Same
from tests.makers import NOW, keep
from tests.sketch import SIDE, SOUTH, WEST, sketch

PATH = "/api/v1/locate/region"
PARENTS = {"1": "C", "2": "C", "3": "D"}


@pytest.fixture(scope="module", autouse=True)
def key(ground: Connection, passwords: Passwords) -> str:
    keep(ground, sketch("C C D D"), level="community", edition="社区")
    keep(ground, sketch("1 2 3 .", parents=PARENTS), edition="网格")
    add_person(ground, passwords, "dispatch", Grant(Role.DISPATCHER))
    return keys.add_key(ground, "dispatch", "x", 300, NOW).key


@pytest.fixture
def look(app: App, connection: Connection, tmp_path: Path) -> Callable[[], None]:
    """Has the service look at its index, as its thread does every second."""
    found = app.state.service.tilings
    found._file = tmp_path / "regions.tiling"
    monkey = pytest.MonkeyPatch()
    monkey.setattr(type(found), "known", lambda self, _day: self._known)
    yield lambda: found.look(Same(connection), NOW)
    monkey.undo()


@pytest.fixture
def index(app: App, connection: Connection, tmp_path: Path, key: str, look) -> None:
    keep_tiling(connection, tmp_path, NOW)
    look()


def ask(client: TestClient, key: str, right: float, up: float, crs: str = "wgs84") -> Any:
    """A place in squares of the sketch from its lower left corner."""
    params = {"lon": WEST + right * SIDE, "lat": SOUTH + up * SIDE, "crs": crs}
    return client.get(PATH, params=params, headers={"Authorization": f"Bearer {key}"})


def short(app: App, key: str, query: str) -> bytes | None:
    """What the short way alone would say."""
    scope = {
        "type": "http",
        "path": PATH,
        "method": "GET",
        "query_string": query.encode(),
        "headers": [(b"authorization", f"Bearer {key}".encode())],
    }
    return ThinLocate(app, lambda: app.state.service)._answer(scope)


PLACES = list(product([0, 0.5, 1, 1.0000001, 2.5, 3, 3.0001, 3.5, 4, 5], [0, 0.5, 1, 1.5]))


def test_both_ways_say_the_same_to_the_byte(app, client, key, index):
    by_index = 0
    for right, up in PLACES:
        query = f"lon={WEST + right * SIDE}&lat={SOUTH + up * SIDE}&crs=wgs84"
        app.state.service.keys._until.clear()
        long = ask(client, key, right, up)
        found = short(app, key, query)
        by_index += found is not None
        assert long.status_code == 200
        assert found is None or found == long.content
        assert ask(client, key, right, up).content == long.content
    assert by_index >= 10


def test_the_answer_names_the_region_and_those_above_it(client, key, index):
    found = ask(client, key, 0.5, 0.5).json()
    assert found["region"] == {"level": "grid", "code": "1", "name": None}
    assert [one["code"] for one in found["above"]] == ["C"]
    assert ask(client, key, 9, 9).json()["region"] is None
    assert ask(client, key, 3.00005, 0.5).json()["nearest"] is True


def test_what_an_activation_changed_is_asked_of_the_database_until_the_next_file(
    app, client, connection, key, index, look
):
    keep(connection, sketch("1 2 2 .", parents=PARENTS), edition="second", now=NOW + HOUR)
    ask(client, key, 0.5, 0.5)
    look()
    moved = f"lon={WEST + 2.5 * SIDE}&lat={SOUTH + 0.5 * SIDE}&crs=wgs84"
    rounded = f"lon={WEST + 2 * SIDE - 4e-8:.9f}&lat={SOUTH + 0.5 * SIDE}&crs=wgs84"
    assert short(app, key, rounded) is None  # on the edge of what changed, once it is rounded
    stayed = f"lon={WEST + 0.5 * SIDE}&lat={SOUTH + 0.5 * SIDE}&crs=wgs84"
    assert short(app, key, moved) is None
    told = short(app, key, stayed)
    assert told is not None
    assert told == client.get(f"{PATH}?{stayed}", headers=bearer(key)).content


HOUR = timedelta(hours=3)


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def test_the_kernels_are_loaded_before_anybody_asks(connection, key, look, tmp_path, monkeypatch):
    """To load them takes a second or two, for which nobody else would be answered."""
    keep_tiling(connection, tmp_path, NOW)
    loaded = set()
    for name in ("locate", "locate_one"):
        monkeypatch.setattr(TilingIndex, name, lambda *_given, name=name: loaded.add(name))
    look()
    assert loaded == {"locate", "locate_one"}


def test_a_broken_file_is_removed_and_the_database_answers(app, client, key, index, look, tmp_path):
    (tmp_path / "regions.tiling").write_bytes(b"WGTILES2 and nothing more")
    look()
    assert not (tmp_path / "regions.tiling").exists()
    assert short(app, key, f"lon={WEST}&lat={SOUTH}&crs=wgs84") is None
    assert ask(client, key, 0.5, 0.5).json()["region"]["code"] == "1"


def test_nothing_is_answered_from_an_index_nobody_has_looked_after(monkeypatch, tmp_path):
    found = tilings.Tilings(tmp_path)
    found._known = known = tilings.Known(_Always(), 1, 100.0, [], {})
    monkeypatch.setattr(tilings.time, "monotonic", lambda: 99.0)
    assert found.known(AsOf.at(NOW).valid_on) is known
    monkeypatch.setattr(tilings.time, "monotonic", lambda: 100.5)
    assert found.known(AsOf.at(NOW).valid_on) is None


class _Always:
    """An index that holds on every day."""

    @property
    def stamp(self) -> Any:
        return type("Stamp", (), {"holds_on": lambda _self, _day: True})()


@pytest.mark.parametrize(
    "query",
    ["", "lon=1&lat=2", "lon=1&lat=2&crs=wgs84&at=2020-01-01", "lon=1&lon=1&lat=2&crs=wgs84"],
)
def test_anything_unusual_goes_the_long_way(app, client, key, index, query):
    ask(client, key, 0.5, 0.5)
    assert short(app, key, query) is None
    assert client.get(f"{PATH}?{query}", headers=bearer(key)).status_code == 422


@pytest.mark.parametrize("bad", ["nan", "inf", "1e999", "x", ""])
def test_what_is_no_number_is_refused_either_way(app, client, key, index, bad):
    ask(client, key, 0.5, 0.5)
    answer = client.get(PATH, params={"lon": bad, "lat": 1, "crs": "wgs84"}, headers=bearer(key))
    assert answer.status_code == 422


def test_without_a_good_key_nobody_passes_by_either_way(client, connection, key, index):
    assert client.get(PATH).status_code == 401
    for _ in range(3):
        assert ask(client, "wg_invented", 0.5, 0.5).status_code == 401
    assert ask(client, key, 0.5, 0.5).status_code == 200
    connection.execute(text("UPDATE api_key SET revoked_at = :now"), {"now": NOW})
    client.app.state.service.keys._until.clear()  # what three seconds do
    assert ask(client, key, 0.5, 0.5).status_code == 401


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [0.0]
    monkeypatch.setattr(doorkeeper.time, "monotonic", lambda: now[0])
    return now


def test_a_key_is_held_for_as_long_as_it_comes_and_is_good(connection, key, clock):
    door, shown, engine = Doorkeeper(), fingerprint(key), Same(connection)
    assert not door.knows(shown)
    door.let_in(shown)
    for clock[0] in range(1, 6):
        assert door.knows(shown)
        door.ask_again(engine, NOW)
    connection.execute(text("UPDATE api_key SET revoked_at = :now"), {"now": NOW})
    assert door.knows(shown)
    door.ask_again(engine, NOW)
    assert not door.knows(shown)


def test_a_key_that_nobody_asks_about_is_held_for_three_seconds(clock):
    door = Doorkeeper()
    door.let_in(b"k")
    clock[0] = 2.9
    assert door.knows(b"k")
    clock[0] = 3.0
    assert not door.knows(b"k")


def test_a_key_that_does_not_come_is_let_go_and_one_let_in_meanwhile_stays(connection, clock):
    door = Doorkeeper()
    door.let_in(b"k")
    door.ask_again(None, NOW)
    assert not door.knows(b"k")
    door.let_in(b"k")
    assert door.knows(b"k")
    asked = Same(connection)
    clock[0] = 1.0
    asked.met = lambda: door.let_in(b"k")
    door.ask_again(asked, NOW)
    assert door.knows(b"k")


def test_keys_that_were_never_let_in_are_not_remembered():
    door = Doorkeeper()
    assert not door.knows(b"invented")
    assert not door._came


def test_the_headers_are_those_of_every_answer(client, key, index):
    long, short_ = ask(client, key, 0.5, 0.5), ask(client, key, 0.5, 0.5)
    assert dict(long.headers) == dict(short_.headers)
    assert short_.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("indexed", [True, False])
def test_columns_name_each_region_once_and_every_place_in_order(
    app, client, connection, key, look, tmp_path, indexed
):
    if indexed:
        keep_tiling(connection, tmp_path, NOW)
        look()
    lon = [WEST + x * SIDE for x in (2.5, 0.5, 9, 0.5, 3.00005, 1)] + [500.0]
    body = {"crs": "wgs84", "lon": lon, "lat": [SOUTH + SIDE / 2] * 7}
    found = client.post("/api/v1/locate/regions", json=body, headers=bearer(key)).json()
    named = [found["regions"][n]["code"] if n >= 0 else None for n in found["of"]]
    assert named == ["3", "1", None, "1", "3", "1", None]
    assert found["bad"] == [6]
    assert len(found["regions"]) == 2


def test_columns_of_different_length_are_refused(client, key):
    body = {"crs": "wgs84", "lon": [1, 2], "lat": [1]}
    answer = client.post("/api/v1/locate/regions", json=body, headers=bearer(key))
    assert answer.status_code == 422
    assert "2" in answer.json()["detail"]


@pytest.mark.parametrize("indexed", [True, False])
def test_columns_tell_other_levels_edges_and_other_days(
    app, client, connection, key, look, tmp_path, monkeypatch, indexed
):
    monkeypatch.setattr(codes_of_many, "LEAST_PLACES", 8 if indexed else 10**9)
    days = app.state.service.days
    monkeypatch.setattr(
        days, "_state", None
    )  # set back afterwards, so that nothing is left to others
    connection.exec_driver_sql(
        "INSERT INTO level (code, name, rank, overlay) VALUES ('beat', '警务区', 99500, true)"
    )
    keep(connection, sketch(". p p ."), level="beat", edition="警务区")
    later = AsOf.at(NOW).valid_on + timedelta(days=9)
    keep(connection, sketch("1 1 3 .", parents=PARENTS), edition="二", valid_from=later)
    lon = [WEST + x * SIDE for x in (2.5, 0.5, 9, 1.5)]
    body = {"crs": "wgs84", "lon": lon, "lat": [SOUTH + SIDE / 2] * 4}
    body |= {"levels": ["beat", "community"], "edge_m": True}
    url = f"/api/v1/locate/regions?at={later}"
    for _ in range(4):
        found = client.post(url, json=body, headers=bearer(key)).json()
        assert codes_of(found) == ["3", "1", None, "1"]
        assert codes_of(found["levels"]["beat"]) == ["p", None, None, "p"]
        assert codes_of(found["levels"]["community"]) == ["D", "C", None, "C"]
        half = [SIDE / 2 * metres_per_degree(SOUTH + SIDE / 2)[axis] for axis in (0, 1)]
        assert found["edge_m"] == [round(half[0], 2), round(half[0], 2), None, round(half[0], 2)]
    assert any(one.made for one in days._days.values()) == indexed
    plain = {name: body[name] for name in ("crs", "lon", "lat")}
    today = client.post("/api/v1/locate/regions", json=plain, headers=bearer(key)).json()
    assert codes_of(today) == ["3", "1", None, "2"]
    assert (today["levels"], today["edge_m"]) == ({}, None)
    unknown = client.post(url, json={**body, "levels": ["street7"]}, headers=bearer(key))
    assert unknown.status_code == 404


def codes_of(column: dict[str, Any]) -> list[str | None]:
    return [column["regions"][n]["code"] if n >= 0 else None for n in column["of"]]


def test_batches_name_the_nearest_building_and_the_nearest_grid_of_a_member(
    client, connection, key
):
    connection.execute(
        text(
            "INSERT INTO building (code, name, address, households, point)"
            " VALUES ('B7', '', '', 1, ST_SetSRID(ST_MakePoint(:lon, :lat), 4490))"
        ),
        {"lon": WEST + SIDE, "lat": SOUTH + SIDE / 2},
    )
    metres = round(0.01 * SIDE * metres_per_degree(SOUTH + SIDE / 2)[0], 2)
    lon = [WEST + x * SIDE for x in (1.01, 2.5, 1)] + [500.0]
    lat = [SOUTH + SIDE / 2] * 4
    body = {"crs": "wgs84", "lon": lon, "lat": lat, "nearest_building_m": 50}
    body["nearest_staffed_m"] = 50
    found = client.post("/api/v1/locate/regions", json=body, headers=bearer(key)).json()
    assert found["buildings"] == {
        "codes": ["B7"], "of": [0, -1, 0, -1], "metres": [metres, None, 0, None],
    }  # fmt: skip
    assert found["staffed"] == {"codes": [], "of": [-1] * 4, "metres": [None] * 4}
    places = [{"lon": x, "lat": y} for x, y in zip(lon, lat, strict=True)]
    body = {"crs": "wgs84", "places": places, "nearest_building_m": 50}
    told = client.post("/api/v1/locate/batch", json=body, headers=bearer(key)).json()["places"]
    near = [{"code": "B7", "metres": metres}, None, {"code": "B7", "metres": 0}, None]
    assert [one["building"] for one in told] == near
    refused = client.post(
        "/api/v1/locate/batch", json={**body, "nearest_building_m": 5_000}, headers=bearer(key)
    )
    assert refused.status_code == 422


def test_columns_go_by_the_boundaries_that_their_own_transaction_sees(
    app, client, connection, key, index
):
    body = {"crs": "wgs84", "lon": [WEST + 2.5 * SIDE], "lat": [SOUTH + SIDE / 2]}
    before = client.post("/api/v1/locate/regions", json=body, headers=bearer(key)).json()
    keep(connection, sketch("1 2 2 .", parents=PARENTS), edition="second")
    after = client.post("/api/v1/locate/regions", json=body, headers=bearer(key)).json()

    assert (codes_of(before), codes_of(after)) == (["3"], ["2"])  # though nobody has looked again
    assert after["boundary_version"] == before["boundary_version"] + 1
