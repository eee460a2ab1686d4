"""Who gets what of matters over HTTP: nothing of another grid, nothing of a complaint."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from itertools import count
from typing import Any

import pytest
from sqlalchemy import Connection, text
from starlette.testclient import TestClient

from api.contact_keys import contact_seal
from api.dependencies import clock
from api.main import App
from gis.accounts import Grant, Role
from gis.governance.steps import Step
from gis.matters import Channel
from gis.passwords import Passwords
from gis.store import accounts, grants
from gis.workflows import keys
from tests.matter_town import BEFORE, SEAL, Town, at

NOWHERE = "20260930-999999"
FILTERS = (
    "",
    "?open=true",
    "?open=false",
    "?region=grid:A",
    "?region=community:K",
    "?region=subdistrict:S",
    "?class=major",
    "?state=proposed",
    "?state=referred",
    "?queue=unsure",
    "?urgency=normal",
    "?handler=city",
    "?member=zhang",
    "?due_before=2027-01-01T00:00:00Z",
    "?bbox=106,29,107,30",
    "?q=垃圾",
    "?q=网格员",
    "?q={no}",
)


@pytest.fixture(scope="module", autouse=True)
def built(ground: Connection) -> Town:
    return Town(ground)


@pytest.fixture
def town(built: Town) -> Town:
    return copy(built)  # its clock goes on with what a test does


@pytest.fixture
def ask(app: App, client: TestClient, town: Town) -> Callable[..., Any]:
    """`ask("zhang", "/matters")`: what one of the town's people gets, by an API key."""
    app.dependency_overrides[clock] = lambda: town.now
    app.dependency_overrides[contact_seal] = lambda: lambda: SEAL
    held: dict[str, str] = {}

    def get(login: str, path: str, body: Any = None) -> Any:
        if login not in held:
            for grant in town.people[login].grants:
                grants.add_grant(
                    town.connection, town.people[login].account_id, grant, since=BEFORE, until=None
                )
            held[login] = keys.add_key(town.connection, login, "test", 360, at("09-01 00:00")).key
        headers = {"Authorization": f"Bearer {held[login]}"}
        method = "GET" if body is None else "POST"
        return client.request(method, f"/api/v1{path}", headers=headers, json=body)

    return get


def nothing_of(no: str, ask: Callable[..., Any], login: str, *, by_each: bool = False) -> None:
    """No list, no count, no search, no map and no detail has anything of a matter.

    `by_each`: through each filter, not only the widest ones.
    """
    for query in FILTERS if by_each else FILTERS[:1]:
        for path in ("/matters", "/matters.geojson"):
            answer = ask(login, path + query.format(no=no))
            assert answer.status_code == 200, (path, query, answer.text)
            assert no not in answer.text, (login, path, query)
    assert ask(login, "/matters/summary").json()["total"] == 0
    for path, body in (
        ("/matters/{}", None),
        ("/matters/{}/contact", None),
        ("/matters/{}/steps", {"step": "verify", "version": 1}),
        ("/matters/{}/steps", {"step": "cancel", "version": 99, "given": {"reason": "x"}}),
        ("/matters/{}/replies", {"report": 1, "text": "x", "version": 1}),
    ):
        real, unknown = ask(login, path.format(no), body), ask(login, path.format(NOWHERE), body)
        assert real.status_code == unknown.status_code == 404, (login, path)
        assert real.content == unknown.content
        assert "Not found, or not within your rights" in real.text


def test_a_member_of_another_grid_gets_nothing_through_any_route(town: Town, ask):
    no = town.arrives("暴露垃圾", "E0102", contact="13800000001")
    for login in ("li", "chen", "planner", "it", "market", "nobody", "discipline"):
        nothing_of(no, ask, login, by_each=login == "li")


def test_of_a_matter_moved_away_its_former_regions_learn_where_it_went(town: Town, ask):
    no = town.arrives("暴露垃圾", "E0102")
    moved = "UPDATE matter SET region_id = :there WHERE no = :no"
    town.connection.execute(text(moved), {"there": town.regions["C"], "no": no})
    assert ask("chen", f"/matters/{no}").json()["view"] == "whole"
    step = {"step": "verify", "version": town.version(no)}
    for login in ("zhang", "secretary"):
        for path, body in ((f"/matters/{no}", None), (f"/matters/{no}/steps", step)):
            answer = ask(login, path, body)
            assert (answer.status_code, "“C”" in answer.json()["detail"]) == (404, True)
        assert no not in ask(login, "/matters").text
    nothing_of(no, ask, "li")  # it never was there
    town.connection.execute(text("UPDATE matter SET conduct = true WHERE no = :no"), {"no": no})
    nothing_of(no, ask, "zhang")


def test_who_may_see_it_sees_it_in_each_of_them(town: Town, ask):
    no = town.arrives("暴露垃圾 13812345678", "E0102")
    for login in ("zhang", "secretary", "desk", "auditor", "clerk"):
        for path in ("/matters", "/matters.geojson", "/matters?q=垃圾", f"/matters?q={no}"):
            assert no in ask(login, path).text, (login, path)
        assert "138****5678" in ask(login, "/matters").text
        assert ask(login, "/matters/summary").json()["total"] == 1
        assert ask(login, f"/matters/{no}").json()["view"] == "whole"


def test_scenario_e_a_complaint_about_people_is_seen_by_the_discipline_office_alone(
    town: Town, ask
):
    no = town.arrives("网格员张某收费50元", None, by="secretary", now=at("03-02 10:15"))
    for login in ("zhang", "desk", "it", "auditor", "clerk", "machine"):
        nothing_of(no, ask, login, by_each=login == "desk")
    for path in ("/matters", "/matters.geojson", f"/matters?q={no}", "/matters?open=true"):
        assert no not in ask("secretary", path).text
    assert ask("secretary", f"/matters/{no}").json() == {"no": no, "state": "received"}
    assert ask("secretary", f"/matters/{no}/contact").status_code == 404
    verify = {"step": "reopen", "version": 1, "given": {"reason": "x"}}
    assert ask("secretary", f"/matters/{no}/steps", verify).status_code == 404

    listed = ask("discipline", "/matters").json()["matters"]
    assert [(one["no"], one["text"]) for one in listed] == [(no, "")], "read one by one"
    assert ask("auditor", "/matter-accesses").json() == {"accesses": []}
    opened = ask("discipline", f"/matters/{no}").json()
    assert opened["text"] == "网格员张某收费50元"
    assert opened["due_at"] == "2026-03-04T18:00:00+08:00"
    assert {one["step"] for one in opened["next_steps"]} == {"send_back", "conclude"}

    [line] = ask("auditor", "/matter-accesses").json()["accesses"]
    assert (line["no"], line["login"], line["what"]) == (no, "discipline", "complaint")
    assert ask("auditor", f"/matter-accesses?no={NOWHERE}").json() == {"accesses": []}
    assert ask("desk", "/matter-accesses").status_code == 403


def test_what_is_referred_later_vanishes_for_everybody_but_the_discipline_office(town: Town, ask):
    no = town.arrives("暴露垃圾", "E0102", by="secretary")
    town.takes("desk", no, Step.DISPATCH, handler="city")
    step = {"step": "refer", "version": 2, "given": {"reason": "反映的是工作人员"}}
    answer = ask("city", f"/matters/{no}/steps", step)

    assert (answer.status_code, answer.json()) == (200, {"no": no, "state": "received"})
    for login in ("zhang", "desk", "auditor", "clerk", "city", "market"):
        nothing_of(no, ask, login)
    assert no in ask("discipline", "/matters").text


def test_contacts_are_for_who_works_on_it_and_each_opening_is_written_down(town: Town, ask):
    no = town.arrives("暴露垃圾", "E0102", contact="13800000001")
    assert ask("zhang", f"/matters/{no}/contact").json()["contacts"][0]["phone"] == "13800000001"
    assert ask("auditor", f"/matters/{no}/contact").status_code == 403
    assert ask("city", f"/matters/{no}/contact").status_code == 404
    town.takes("desk", no, Step.DISPATCH, handler="city")
    assert ask("city", f"/matters/{no}/contact").status_code == 200
    town.takes("desk", no, Step.CLASSIFY, list_item="E0102", reason="改派")
    assert ask("city", f"/matters/{no}/contact").status_code == 403

    lines = ask("auditor", f"/matter-accesses?no={no}").json()["accesses"]
    assert [(one["login"], one["what"]) for one in lines] == [
        ("city", "contact"),
        ("zhang", "contact"),
    ]


def test_what_came_by_the_hotline_is_reached_through_the_desk_alone(town: Town, ask):
    no = town.arrives("油烟扰民", "E0601", channel=Channel.HOTLINE, contact="13800000001")
    town.takes("desk", no, Step.DISPATCH, handler="city")

    assert ask("city", f"/matters/{no}/contact").json() == {"contacts": []}
    assert ask("zhang", f"/matters/{no}/contact").json() == {"contacts": []}
    assert len(ask("desk", f"/matters/{no}/contact").json()["contacts"]) == 1


def test_steps_over_http_answer_with_the_matter_as_it_is_now(town: Town, ask):
    no = town.arrives("暴露垃圾", "E0102")
    dispatch = {"step": "dispatch", "version": 1, "given": {"handler": "city"}}
    done = ask("desk", f"/matters/{no}/steps", dispatch)
    again = ask("desk", f"/matters/{no}/steps", dispatch)

    assert (done.status_code, done.json()["state"], done.json()["version"]) == (
        200,
        "dispatched",
        2,
    )
    assert done.headers["cache-control"] == "no-store"
    assert again.status_code == 409
    assert "Open it again" in again.json()["detail"]
    shown = ask("city", f"/matters/{no}").json()
    [take_up] = [one for one in shown["next_steps"] if one["step"] == "acknowledge"]
    assert take_up == {
        "step": "acknowledge",
        "name": "Acknowledge",
        "to": "acknowledged",
        "needs": ["section_and_person"],
        "blocked": [],
    }


def test_whoever_filed_it_elsewhere_sees_where_it_stands_and_no_more(town: Town, ask):
    no = town.arrives("暴露垃圾", "E0102", by="chen", channel=Channel.VISIT)
    town.takes("desk", no, Step.DISPATCH, handler="city")
    shown = ask("chen", f"/matters/{no}").json()

    assert (shown["view"], shown["state"], shown["handler"]["code"]) == (
        "own",
        "dispatched",
        "city",
    )
    assert shown["events"] == shown["tasks"] == shown["places"] == []
    assert [one["kind"] for one in shown["clocks"]] == ["whole"]
    assert no in ask("chen", "/matters").text


def test_pages_hold_every_matter_once_in_order_of_due_time(town: Town, ask):
    numbers = [town.arrives(f"暴露垃圾{n}", ("E0102", "N01", None)[n % 3]) for n in range(7)]
    gone = town.arrives("暴露垃圾", "E0102")
    town.replies("desk", gone)
    town.takes("desk", gone, Step.CANCEL, reason="重复")
    seen: list[dict[str, Any]] = []
    path = "/matters?limit=3"
    for _ in count():
        page = ask("desk", path).json()
        seen += page["matters"]
        if page["next"] is None:
            break
        path = f"/matters?limit=3&after={page['next']}"

    assert sorted(one["no"] for one in seen) == sorted([*numbers, gone])
    due = [one["due_at"] or "9999" for one in seen]
    assert due == sorted(due)
    assert seen[-1]["no"] == gone
    assert len(ask("desk", "/matters.geojson").json()["features"]) == 8
    assert ask("desk", "/matters?after=xx").status_code == 422
    assert ask("desk", "/matters?region=grid:no.such").status_code == 404
    assert ask("desk", "/matters?region=A").status_code == 422
    assert ask("desk", "/matters?handler=no.such").json()["matters"] == []


@pytest.mark.parametrize("shift", range(3))
def test_whatever_the_regions_of_the_roles_what_is_shown_lies_in_them(
    town: Town, ask, passwords: Passwords, shift: int
):
    """Every reading role over every region: the list is what the drawing says."""
    held = {"A": {"A", "K", "S"}, "B": {"B", "K", "S"}, "C": {"C", "L", "S"}}
    numbers = {town.arrives("暴露垃圾", "E0102", by="nobody", grid=grid): grid for grid in held}
    roles = (Role.GRID_MEMBER, Role.COMMUNITY_CLERK, Role.DISPATCHER, Role.AUDITOR)
    for n, region in enumerate(("A", "B", "C", "K", "L", "S")):
        role = roles[(n + shift) % len(roles)]
        login = f"{role.value}.{region.lower()}"
        account_id = accounts.add_account(
            town.connection, login, login, None, password_expires_at=None, now=BEFORE
        )
        town.people[login] = type(town.people["zhang"])(
            account_id, login, login, (Grant(role, town.regions[region]),)
        )
        expected = {no for no, grid in numbers.items() if region in held[grid]}
        for path in ("/matters", "/matters.geojson", "/matters?region=subdistrict:S"):
            text = ask(login, path).text
            assert {no for no in numbers if no in text} == expected, (login, path)
        assert ask(login, "/matters/summary").json()["total"] == len(expected)
        seen = {no for no in numbers if ask(login, f"/matters/{no}").status_code == 200}
        assert seen == expected
