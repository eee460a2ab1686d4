"""Changes of grids over HTTP: what they would mean, kept as a draft, in force, by whom."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Connection, text

from gis.accounts import Grant, Role
from gis.intake import Origin, PointGiven
from gis.model import Point
from gis.places import Building
from gis.sheets import Sheet, Stated
from gis.store import editions
from gis.store.activation import activate
from gis.store.edition_life import facts_of
from gis.workflows.import_places import KEEP, import_buildings
from tests.makers import NOW, TODAY
from tests.matter_town import Town
from tests.sketch import SIDE, SOUTH, WEST

IMPACT = "/api/v1/proposals/impact"


def at(right: float, up: float) -> tuple[float, float]:
    return (round(WEST + right * SIDE, 7), round(SOUTH + up * SIDE, 7))


def point(right: float, up: float) -> PointGiven:
    return PointGiven(*at(right, up), "cgcs2000", Origin.PICK, 5.0)


@pytest.fixture
def town(connection: Connection) -> Town:
    """Community K with grids A (zhang) and B (li), ten households at four places of each."""
    made = Town(connection)
    made.now = NOW
    houses = [
        Building(f"{grid}{n}", "楼", "", 10, Point(*at(right, up)))
        for grid, west in (("A", 0), ("B", 1))
        for n, (right, up) in enumerate((west + x, y) for x in (0.25, 0.75) for y in (0.25, 0.75))
    ]
    fields = frozenset({"name", "households", "point"})
    sheet = Sheet([Stated(n, one) for n, one in enumerate(houses)], fields)
    import_buildings(connection, sheet, TODAY, KEEP)
    return made


@pytest.fixture
def planner(town: Town, signed_in):
    return signed_in("planner.k", Grant(Role.PLANNER, town.regions["K"]))


def change(*operations: dict, **more: object) -> dict:
    return {"community": "K", "operations": list(operations), **more}


SPLIT = {"do": "split_along", "grid": "B", "line": [at(1.5, -0.1), at(1.5, 1.1)]}
MERGE = {"do": "merge", "grids": ["A", "B"], "into": "A"}


def test_a_split_says_what_each_grid_would_hold_and_keeps_nothing(planner, town, connection):
    before = len(editions.all_editions(connection))
    answer = planner.post(IMPACT, json=change(SPLIT))
    assert answer.status_code == 200, answer.text
    found = answer.json()
    counts = {one["code"]: one["after"] and one["after"]["households"] for one in found["grids"]}
    assert counts == {"A": 40, "B": 20, "K001": 20}
    assert [one["code"] for one in found["grids"] if one["reshaped"]] == ["B", "K001"]
    assert {one["id"] for one in found["shapes"]["features"]} == {"B", "K001"}
    assert found["ended"] == found["posts"] == found["homeless"] == []
    assert not any(one["stops"] for one in found["faults"])
    assert len(editions.all_editions(connection)) == before


def test_a_merge_names_the_matters_the_posts_and_the_series_it_would_touch(planner, town):
    placed = town.arrives("暴露垃圾", "E0102", place=point(1.5, 0.5))
    named = town.arrives("暴露垃圾", "E0102", grid="B")
    found = planner.post(IMPACT, json=change(MERGE)).json()
    assert (found["moving"], found["unplaced"], found["ended"]) == ([placed], [named], ["B"])
    assert [(one["grid"], one["member"]) for one in found["posts"]] == [("B", "li")]
    loads = {one["member"]: (one["before"], one["after"]) for one in found["members"]}
    zhang = next(load for name, load in loads.items() if "zhang" in name)
    assert (zhang[0]["households"], zhang[1]["households"]) == (40, 80)
    assert (zhang[0]["matters"], zhang[1]["matters"]) == (0, 1)


def test_what_is_submitted_is_a_draft_that_comes_into_force_like_any_edition(
    planner, town, connection
):
    no = town.arrives("暴露垃圾", "E0102", place=point(1.8, 0.5))
    kept = planner.post("/api/v1/proposals", json=change(SPLIT, name="拆分B格"))
    assert kept.status_code == 201, kept.text
    made = kept.json()
    drawn = planner.get(f"/api/v1/proposals/{made['id']}.geojson").json()
    assert [one["id"] for one in drawn["features"]] == ["A", "B", "K001"]
    assert facts_of(connection, name="拆分B格").root_id == town.regions["K"]
    done = activate(connection, "拆分B格", NOW + timedelta(days=1))
    assert (done.added, done.moved, done.ended) == (("K001",), ("B",), ())
    holder = connection.scalar(
        text(
            "SELECT c.code FROM matter m JOIN region_code c ON c.region_id = m.region_id"
            " WHERE m.no = :no"
        ),
        {"no": no},
    )
    assert holder in {"B", "K001"}
    assert done.rehomed.buildings.homeless == 0
    again = planner.post("/api/v1/proposals", json=change(SPLIT, name="拆分B格"))
    assert again.status_code == 409


def test_edges_are_moved_and_ground_and_buildings_are_given(planner):
    edge = {"do": "move_edge", "one": "A", "other": "B", "line": [at(1.3, -0.1), at(1.3, 1.1)]}
    block = [at(0.5, 0.5), at(1.0, 0.5), at(1.0, 1.0), at(0.5, 1.0)]
    ground = {"do": "transfer_area", "source": "A", "to": "B", "area": block}
    houses = {"do": "transfer_buildings", "source": "A", "to": "B", "buildings": ["A2", "A3"]}
    parted = {"do": "split_buildings", "grid": "A", "buildings": ["A0", "A1"], "new": "A9"}
    for one, expected in (
        (edge, {"A": 60, "B": 20}),
        (ground, {"A": 30, "B": 50}),
        (houses, {"A": 20, "B": 60}),
        (parted, {"A": 20, "A9": 20, "B": 40}),
    ):
        answer = planner.post(IMPACT, json=change(one))
        assert answer.status_code == 200, answer.text
        grids = {g["code"]: g["after"]["households"] for g in answer.json()["grids"]}
        assert grids == expected, one


def test_what_cannot_be_made_says_what_to_do(planner, town):
    for wrong, status in (
        (change({**SPLIT, "grid": "X"}), 422),
        (change({**SPLIT, "line": [at(1.1, 0.1), at(1.2, 0.1)]}), 422),
        (change({**SPLIT, "line": [at(1.1, 0.1), at(1.1, 0.1)]}), 422),
        (change({**SPLIT, "line": [[0, 0], [10, 10]]}), 422),
        (change({**SPLIT, "new": "C"}), 422),
        (change({"do": "recode", "grid": "A", "new": "C"}), 422),
        (change(community="X"), 422),
        ({"community": "X", "operations": [SPLIT]}, 404),
        (change({"do": "fly"}), 422),
    ):
        answer = planner.post(IMPACT, json=wrong)
        assert answer.status_code == status, (wrong, answer.text)


def test_only_who_plans_or_works_for_a_community_may_propose_there(signed_in, town):
    client = signed_in("elsewhere", Grant(Role.PLANNER, town.regions["L"]))
    assert client.post(IMPACT, json=change(SPLIT)).status_code == 403
    assert client.post("/api/v1/proposals", json=change(SPLIT, name="x")).status_code == 403


def test_a_clerk_of_the_community_may_propose(signed_in, town):
    client = signed_in("clerk.k", Grant(Role.COMMUNITY_CLERK, town.regions["K"]))
    assert client.post("/api/v1/proposals", json=change(SPLIT, name="草案")).status_code == 201
