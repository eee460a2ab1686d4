"""Changes of grids over HTTP: what they would mean, kept as a draft, in force, by whom."""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest
import shapely
from sqlalchemy import Connection, text

from api.settings import Settings
from gis.accounts import Grant, Role
from gis.disputes import DisputeLine, RegionNamed
from gis.intake import Origin, PointGiven
from gis.model import BEIJING, AsOf, Point
from gis.people import Member, PostRole, RegionRef, StaffLine
from gis.places import Building
from gis.sheets import Sheet, Stated
from gis.store import editions, people
from gis.store.activation import activate
from gis.store.disputes import dispute_of
from gis.store.edition_life import facts_of
from gis.store.regions import region_id_of
from gis.store.rehoming import stranded_posts
from gis.workflows.change_editions import activate_edition
from gis.workflows.import_people import StaffReport, import_staff
from gis.workflows.import_places import KEEP, ONLY_REPORT, Choice, import_buildings
from gis.workflows.keep_disputes import add_dispute, settle_dispute
from tests.api.people import PASSWORD
from tests.makers import NOW, TODAY
from tests.matter_town import Town
from tests.sketch import SIDE, SOUTH, WEST

IMPACT = "/api/v1/proposals/impact"


def at(right: float, up: float) -> tuple[float, float]:
    return (round(WEST + right * SIDE, 7), round(SOUTH + up * SIDE, 7))


def point(right: float, up: float) -> PointGiven:
    return PointGiven(*at(right, up), "cgcs2000", Origin.PICK, 5.0)


@pytest.fixture(scope="module", autouse=True)
def built(ground: Connection) -> Town:
    return settled(ground)


@pytest.fixture
def town(built: Town) -> Town:
    return copy(built)  # its clock goes on with what a test does


def settled(connection: Connection) -> Town:
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
    (vacant,) = found["faults"]  # somebody is responsible for the ground, nobody for the new grid
    assert (vacant["kind"], vacant["stops"]) == ("unmanned", True)
    assert "wangge" not in vacant["text"]  # a page may show it
    assert "新网格001 · 001" in vacant["text"]
    assert len(editions.all_editions(connection)) == before


SIDES = "/api/v1/proposals/sides"


def test_while_a_line_is_drawn_the_households_of_each_side_are_told(planner):
    found = planner.post(SIDES, json=change(SPLIT)).json()
    counts = {one["code"]: one["after"]["households"] for one in found["grids"]}
    assert counts == {"B": 20, "?00": 20}
    assert found["rehoused"] in (["B0", "B1"], ["B2", "B3"])
    assert found["refused"] is None
    impact = planner.post(IMPACT, json=change(SPLIT)).json()
    assert impact["rehoused"] == found["rehoused"]
    halfway = change({**SPLIT, "line": [at(1.4, 0.4), at(1.5, 0.5)]})
    told = planner.post(SIDES, json=halfway).json()
    assert (told["grids"], told["rehoused"]) == ([], [])
    assert told["refused"] == planner.post(IMPACT, json=halfway).json()["detail"]
    crossing = {"do": "transfer_area", "source": "A", "to": "B"}
    bow = [at(0.2, 0.2), at(0.8, 0.8), at(0.8, 0.2), at(0.2, 0.8)]
    assert planner.post(SIDES, json=change({**crossing, "area": bow})).json()["refused"]


def test_a_new_grid_bears_the_name_it_is_given_and_another_code_keeps_it(planner):
    def names(*operations: dict) -> dict[str, str]:
        shapes = planner.post(IMPACT, json=change(*operations)).json()["shapes"]["features"]
        return {one["id"]: one["properties"]["name"] for one in shapes}

    assert names({**SPLIT, "name": "玉兰苑网格"}) == {"B": "", "K001": "玉兰苑网格"}
    made = {**SPLIT, "new": "K5", "name": "玉兰苑网格"}
    recode = {"do": "recode", "grid": "K5", "new": "K6"}
    assert names(made, recode)["K6"] == "玉兰苑网格"
    assert names(made, {**recode, "name": "金桂苑网格"})["K6"] == "金桂苑网格"


def test_a_code_that_breaks_the_rule_or_is_not_free_is_named_while_it_is_typed(planner, app):
    settings = Settings(_env_file=None, grid_code_rule="K[0-9]{3}")
    app.state.service = replace(app.state.service, settings=settings)

    def told(code: str) -> dict:
        return planner.post(SIDES, json=change({**SPLIT, "new": code})).json()

    (said,) = told("X5")["codes"]
    assert "X5" in said
    assert (told("K005")["codes"], told("K005")["refused"]) == ([], None)
    faults = planner.post(IMPACT, json=change({**SPLIT, "new": "X5"})).json()["faults"]
    assert next((one["kind"], one["stops"]) for one in faults) == ("code_form", True)
    submitted = planner.post("/api/v1/proposals", json=change({**SPLIT, "new": "X5"}, name="x"))
    assert (submitted.status_code, "X5" in submitted.json()["detail"]) == (422, True)
    recode = change({"do": "recode", "grid": "A", "new": "B"})
    assert "B" in planner.post(SIDES, json=recode).json()["refused"]


def test_a_code_held_by_a_draft_of_others_is_not_free_and_no_more_is_said(signed_in, town):
    """As one that was used years ago: whose it is, and that there is a draft, isn't told."""
    far = signed_in("planner.k", Grant(Role.PLANNER, town.regions["K"]))
    made = far.post("/api/v1/proposals", json=change({**SPLIT, "new": "L777"}, name="别处的草案"))
    assert made.status_code == 201, made.text
    client = signed_in("planner.l", Grant(Role.PLANNER, town.regions["L"]))
    recode = {"community": "L", "operations": [{"do": "recode", "grid": "C", "new": "L777"}]}
    for refused in (
        client.post(IMPACT, json=recode).json()["detail"],
        client.post(SIDES, json=recode).json()["refused"],
    ):
        assert refused.startswith("The code L777 is not free:")


def test_buildings_that_the_new_edge_cuts_are_named_before_anything_is_kept(planner, connection):
    west, south = at(1.45, 0.2)
    east, north = at(1.55, 0.3)
    house = shapely.MultiPolygon([shapely.box(west, south, east, north)])
    kept = Building("B9", "长楼", "", 30, None, house)
    sheet = Sheet([Stated(1, kept)], frozenset({"name", "households", "shape"}))
    import_buildings(connection, sheet, TODAY, KEEP)
    assert planner.post(IMPACT, json=change(SPLIT)).json()["cut"] == ["B9"]
    assert planner.post(SIDES, json=change(SPLIT)).json()["cut"] == ["B9"]
    beside = {**SPLIT, "line": [at(1.56, -0.1), at(1.56, 1.1)]}
    assert planner.post(IMPACT, json=change(beside)).json()["cut"] == []


def test_ground_that_changes_hands_under_an_unsettled_dispute_is_named(planner, town, connection):
    corner = shapely.MultiPolygon([shapely.box(*at(1.0, 0.0), *at(1.2, 0.2))])
    parties = (RegionNamed("grid", "A"), RegionNamed("grid", "B"))
    line = DisputeLine("Z1", parties, "B", "改道", "", None, TODAY.valid_on, corner)
    add_dispute(connection, line, NOW)
    west = {**SPLIT, "line": [at(1.1, -0.1), at(1.1, 1.1)]}
    (found,) = planner.post(IMPACT, json=change(west)).json()["disputes"]
    assert found == {"code": "Z1", "reason": "改道", "ends_on": "2026-11-22"}
    east = {**SPLIT, "line": [at(1.7, -0.1), at(1.7, 1.1)]}
    assert planner.post(IMPACT, json=change(east)).json()["disputes"] == []
    settle_dispute(
        connection, dispute_of(connection, "Z1", TODAY), "已定", NOW, on=date(2026, 11, 23)
    )
    assert planner.post(IMPACT, json=change(west)).json()["disputes"] != []  # not before that day


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
    connection.execute(text("UPDATE edition SET precision_m = 12"))
    kept = planner.post("/api/v1/proposals", json=change(SPLIT, name="拆分B格"))
    assert kept.status_code == 201, kept.text
    made = kept.json()
    drawn = planner.get(f"/api/v1/proposals/{made['id']}.geojson").json()
    assert [one["id"] for one in drawn["features"]] == ["A", "B", "K001"]
    assert facts_of(connection, name="拆分B格").root_id == town.regions["K"]
    asked = text("SELECT precision_m FROM edition WHERE name = '拆分B格'")
    assert connection.scalar(asked) == 12, "no more exact than the grid it is cut from"
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


def test_what_changes_hands_is_drawn_with_its_size(planner):
    found = planner.post(IMPACT, json=change(SPLIT)).json()["ground"]["features"]
    assert [(one["properties"]["source"], one["properties"]["to"]) for one in found] == [
        ("B", "K001")
    ]
    assert found[0]["properties"]["m2"] == pytest.approx(537_000, rel=1e-2)


def test_the_communities_of_ones_own_are_offered_with_what_their_grids_hold(signed_in, town):
    town.arrives("暴露垃圾", "E0102", place=point(1.5, 0.5))
    client = signed_in("clerk.k", Grant(Role.COMMUNITY_CLERK, town.regions["K"]))
    listed = client.get("/api/v1/proposals/communities").json()
    assert ([one["code"] for one in listed["communities"]], listed["next"]) == (["K"], None)
    there = client.get("/api/v1/proposals/communities/K").json()
    held = {one["code"]: (one["households"], one["matters"]) for one in there["grids"]}
    assert held == {"A": (40, 0), "B": (40, 1)}
    assert {one["code"]: one["member"] for one in there["grids"]} == {
        "A": "示例zhang",
        "B": "示例li",
    }
    assert [one["id"] for one in there["shapes"]["features"]] == ["A", "B"]
    assert client.get("/api/v1/proposals/communities/L").status_code == 403
    assert client.get("/api/v1/proposals/communities/X").status_code == 404


def test_communities_come_page_by_page_and_by_words(signed_in, town):
    client = signed_in("planner.s", Grant(Role.PLANNER, town.regions["S"]))
    address = "/api/v1/proposals/communities"
    first = client.get(address, params={"limit": 1}).json()
    second = client.get(address, params={"limit": 1, "after": first["next"]}).json()
    pages = [[one["code"] for one in page["communities"]] for page in (first, second)]
    assert (pages, second["next"]) == ([["K"], ["L"]], None)
    assert [
        one["code"] for one in client.get(address, params={"q": "l"}).json()["communities"]
    ] == []
    assert len(client.get(address, params={"q": "L"}).json()["communities"]) == 1
    assert client.get(address, params={"q": "%"}).json()["communities"] == []


def test_a_clerk_withdraws_the_own_draft_until_it_is_decided(signed_in, town, connection):
    at_k = Grant(Role.COMMUNITY_CLERK, town.regions["K"])
    client = signed_in("clerk.k", at_k)
    made = client.post("/api/v1/proposals", json=change(SPLIT, name="拆分")).json()["id"]
    state = client.get(f"/api/v1/editions/{made}").json()
    assert (state["author"], state["root"]["code"]) == ("clerk.k 的姓名", "K")
    assert state["may"] == ["day", "impact", "shapes", "withdraw"]
    signed_in("clerk.2", at_k)
    assert client.post(f"/api/v1/editions/{made}/withdraw").status_code == 403
    sign_in_again(client, "clerk.k")
    assert client.post(f"/api/v1/editions/{made}/withdraw").status_code == 204
    assert client.get(f"/api/v1/editions/{made}").status_code == 404
    again = client.post("/api/v1/proposals", json=change(SPLIT, name="再拆")).json()["id"]
    connection.execute(text("UPDATE edition SET state = 'scheduled' WHERE id = :id"), {"id": again})
    assert client.post(f"/api/v1/editions/{again}/withdraw").status_code == 403


def test_a_new_grid_without_a_member_is_a_fault_only_where_somebody_was_responsible(
    planner, town, connection
):
    merged = planner.post(IMPACT, json=change(MERGE)).json()["faults"]
    assert [one["kind"] for one in merged] == []
    recode = {"do": "recode", "grid": "A", "new": "K777"}
    assert [one["kind"] for one in planner.post(IMPACT, json=change(recode)).json()["faults"]] == [
        "unmanned"
    ]
    made = planner.post("/api/v1/proposals", json=change(SPLIT, name="拆分")).json()["id"]
    (fault,) = planner.get(f"/api/v1/editions/{made}/faults").json()["faults"]
    assert (fault["kind"], fault["acceptable"]) == ("unmanned", True)
    accepted = {"keys": [fault["key"]], "why": "生效当天任命"}
    told = planner.post(f"/api/v1/editions/{made}/faults/accept", json=accepted).json()
    assert told["open_faults"] == 0
    connection.execute(text("UPDATE post SET responsible = false"))
    assert planner.post(IMPACT, json=change(SPLIT)).json()["faults"] == []


def test_whoever_decides_sees_what_the_proposer_saw(signed_in, planner, town, connection):
    through = {**SPLIT, "line": [at(1.25, -0.1), at(1.25, 1.1)]}
    seen = planner.post(IMPACT, json=change(through)).json()
    made = planner.post("/api/v1/proposals", json=change(through, name="拆分")).json()["id"]
    url = f"/api/v1/proposals/{made}/impact"
    told = planner.get(url)
    as_kept = {"faults": [], "shapes": told.json()["shapes"]}  # corners begin elsewhere
    assert told.json() == seen | as_kept
    assert [one["id"] for one in as_kept["shapes"]["features"]] == ["B", "K001"]
    assert signed_in("dispatcher.k", Grant(Role.DISPATCHER)).get(url).json() == told.json()
    assert signed_in("auditor.x", Grant(Role.AUDITOR)).get(url).status_code == 403
    assert signed_in("clerk.l", Grant(Role.COMMUNITY_CLERK, town.regions["L"])).get(
        url
    ).status_code in (403, 404)
    sign_in_again(planner, "planner.k")
    assert planner.post(f"/api/v1/editions/{made}/withdraw").status_code == 204
    assert planner.get(url).status_code in (403, 404)


def test_a_new_code_unlike_its_neighbours_waits_for_somebody_to_answer_for_it(planner, connection):
    national = {"K": "500199001003", "A": "500199001003001", "B": "500199001003002"}
    for code, becomes in national.items():
        given = {"code": code, "becomes": becomes}
        connection.execute(text("UPDATE region_code SET code = :becomes WHERE code = :code"), given)

    def submitted(new: str) -> set[tuple[str, bool]]:
        recode = {"do": "recode", "grid": national["A"], "new": new}
        asked = {"community": national["K"], "operations": [recode], "name": new}
        made = planner.post("/api/v1/proposals", json=asked)
        assert made.status_code == 201, made.text
        found = planner.get(f"/api/v1/editions/{made.json()['id']}/faults").json()["faults"]
        return {(one["kind"], one["acceptable"]) for one in found}

    assert submitted("500199001003777") == {("unmanned", True)}
    assert submitted("ABC!!") == {("unmanned", True), ("code_form", True)}


def staff(connection: Connection, *lines: StaffLine, choice: Choice = KEEP) -> StaffReport:
    fields = frozenset({"name", "since", "until", "responsible"})
    sheet = Sheet([Stated(row, one) for row, one in enumerate(lines, start=2)], fields)
    return import_staff(connection, sheet, TODAY, choice)


WU = StaffLine(
    Member("wu", "示例戊"), PostRole.GRID_MEMBER, RegionRef("grid", "K001"), responsible=True
)


def test_who_will_have_a_new_grid_is_appointed_before_it_is_in_force(planner, town, connection):
    first = (NOW + timedelta(days=10)).date()
    body = change(SPLIT, name="下月拆分", valid_from=first.isoformat())
    made = planner.post("/api/v1/proposals", json=body).json()["id"]
    faults = f"/api/v1/editions/{made}/faults"
    assert [one["kind"] for one in planner.get(faults).json()["faults"]] == ["unmanned"]
    tried = staff(connection, WU, choice=ONLY_REPORT)
    assert [one["kind"] for one in planner.get(faults).json()["faults"]] == ["unmanned"]
    assert [(one.row, one.key, one.stops) for one in tried.members.faults] == [
        (2, "row.post_to_come", False)
    ]
    assert staff(connection, WU).posts_added == 1
    assert staff(connection, WU).posts_unchanged == 1  # the same list once more
    assert planner.get(faults).json()["faults"] == []
    assert stranded_posts(connection, NOW) == []

    facts = facts_of(connection, edition_id=made)
    day = datetime.combine(first, time(8), BEIJING)
    assert activate_edition(connection, facts, day) is not None
    new = region_id_of(connection, "grid", "K001", AsOf(first, day))
    assert people.responsible_at(connection, new, day).name == "示例戊"
    assert staff(connection, replace(WU, member=Member("zheng", "示例己"))).members.kept is False


def test_a_post_at_a_grid_that_never_comes_goes_with_its_edition(planner, town, connection):
    made = planner.post("/api/v1/proposals", json=change(SPLIT, name="不要了")).json()["id"]
    staff(connection, WU)
    assert planner.post(f"/api/v1/editions/{made}/withdraw").status_code == 204
    left = connection.execute(
        text("SELECT count(*) FROM post p JOIN member m ON m.id = p.member_id WHERE m.code = 'wu'")
    ).scalar_one()
    assert left == 0
    (fault,) = staff(connection, WU).members.faults
    assert fault.key == "row.unknown_region"


def test_a_draft_is_drawn_for_its_author_and_for_whom_it_concerns_alone(
    signed_in, town, connection
):
    client = signed_in("planner.k", Grant(Role.PLANNER, town.regions["K"]))
    made = client.post("/api/v1/proposals", json=change(SPLIT, name="拆分")).json()["id"]
    drawings = (f"/api/v1/proposals/{made}.geojson", f"/api/v1/editions/{made}/changes.geojson")
    seen = {}
    for login, role, where in (
        ("dispatcher.s", Role.DISPATCHER, "S"),
        ("auditor.k", Role.AUDITOR, "K"),
        ("planner.l", Role.PLANNER, "L"),
        ("clerk.a", Role.COMMUNITY_CLERK, "A"),
    ):
        signed_in(login, Grant(role, town.regions[where]))
        seen[login] = [client.get(one).status_code for one in drawings]
    assert seen == {
        "dispatcher.s": [200, 200],
        "auditor.k": [200, 200],
        "planner.l": [404, 404],
        "clerk.a": [403, 403],
    }
    sign_in_again(client, "planner.k")
    connection.execute(
        text("UPDATE role_grant SET region_id = :l WHERE region_id = :k"),
        {"l": town.regions["L"], "k": town.regions["K"]},
    )
    drawn = client.get(drawings[1]).json()["features"]
    sides = [(one["properties"]["side"], one["properties"].get("code")) for one in drawn]
    assert sides == [("before", "B"), ("after", "B"), ("after", "K001"), ("handed", None)]
    activate(connection, "拆分", NOW + timedelta(days=1))
    signed_in("planner.far", Grant(Role.PLANNER, town.regions["L"]))
    afterwards = client.get(drawings[1]).json()["features"]
    assert [one["properties"]["side"] for one in afterwards] == [side for side, _ in sides]
    assert [one["geometry"] for one in afterwards] == [one["geometry"] for one in drawn]


def sign_in_again(client, login: str) -> None:
    answer = client.post("/api/v1/session", json={"login": login, "password": PASSWORD})
    assert answer.status_code == 204


def test_a_matter_of_a_grid_that_nothing_touches_stays_wherever_its_place_lies(
    planner, town, connection
):
    no = town.arrives("暴露垃圾", "E0102", place=point(1.8, 0.5))
    held_by_a = "UPDATE matter SET region_id = :a WHERE no = :no"
    connection.execute(text(held_by_a), {"a": town.regions["A"], "no": no})
    line = [at(1.4, -0.1), at(1.4, 0.5), at(2.1, 0.5)]  # within B, away from its edge to A
    found = planner.post(IMPACT, json=change({**SPLIT, "line": line})).json()
    assert [one["code"] for one in found["grids"] if one["reshaped"]] == ["B", "K001"]
    assert found["moving"] == []
