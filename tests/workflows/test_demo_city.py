"""The demo city stands in the database, and its matters would find whom they need."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import pytest
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import Connection, Engine, text

from api.demo import (
    load_demo_history,
    load_demo_nets,
    load_demo_places_and_people,
    load_demo_regions,
)
from data.demo import demo_city, demo_dispute
from gis.accounts import Role
from gis.contacts import ContactSeal, new_key
from gis.editions import ApprovalStep
from gis.governance.rulebook import rulebook
from gis.passwords import Passwords
from gis.store import accounts, approvals, disputes, nets, people
from gis.store.regions import region_ids
from gis.workflows.demo_accounts import DEMO_MEMBERS, demo_accounts, demo_steps
from gis.workflows.demo_matters import WAY
from gis.workflows.propose_change import PROPOSERS
from tests.makers import NOW, TODAY

NO_ORGANISATION = {"residents"}  # the residents themselves
BY_BUILDING = {"property_company"}  # four of the county: which one, only a building tells


@pytest.fixture(scope="module")
def demo(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as opened:
        outer = opened.begin()
        load_demo_regions(opened, NOW)
        load_demo_places_and_people(opened, NOW)
        seal = ContactSeal([new_key()])
        load_demo_history(opened, lambda: seal, NOW)
        load_demo_nets(opened, NOW)
        yield opened
        outer.rollback()


def grid(demo: Connection, code: str) -> int:
    return region_ids(demo, {("grid", code)}, TODAY)["grid", code]


def test_everything_the_city_has_is_there(demo):
    city = demo_city()
    for table, there in {
        "organisation": city.organisations,
        "compound": city.compounds,
        "building": city.buildings,
        "facility": city.facilities,
        "member": city.members,
        "post": city.posts,
    }.items():
        assert demo.scalar(text(f"SELECT count(*) FROM {table}")) == len(there), table


def test_every_building_and_every_facility_has_a_grid_located_or_stated(demo):
    homeless = demo.execute(
        text(
            "SELECT kind, count(*) FROM (SELECT 'building' AS kind, id FROM building UNION ALL"
            "  SELECT 'facility', id FROM facility"
            "   WHERE num_nonnulls(point, building_id) > 0) AS thing"
            " WHERE NOT EXISTS (SELECT FROM place_home h WHERE h.kind = thing.kind"
            "  AND h.object_id = thing.id AND upper_inf(h.known) AND h.valid @> CAST(:day AS date))"
            " GROUP BY kind"
        ),
        {"day": TODAY.valid_on},
    ).all()

    assert homeless == []


def test_every_category_has_somebody_competent_in_the_scenarios_grid(demo):
    here = grid(demo, "500199001001001")
    wanted = {item.handler for item in rulebook().default_list.items.values()}
    lacking = {kind for kind in wanted if people.competent(demo, kind, here) is None}

    assert lacking == (NO_ORGANISATION | BY_BUILDING) & wanted
    assert people.competent(demo, "committee", here).name == "河滨社区居民委员会"
    assert people.competent(demo, "sanitation", here).name == "示例区环卫所"


def test_the_compound_names_its_property_company(demo):
    number, company = demo.execute(
        text(
            "SELECT b.id, o.code FROM building b JOIN compound c ON c.id = b.compound_id"
            "  JOIN organisation o ON o.id = c.property_company_id ORDER BY b.code LIMIT 1"
        )
    ).one()
    here = grid(demo, "500199001001001")

    assert people.competent(demo, "property_company", here, building_id=number).code == company


def test_zhang_has_the_scenarios_grid_and_a_substitute_stands_in_where_nobody_has_one(demo):
    first = people.responsible_at(demo, grid(demo, "500199001001001"), NOW)
    waiting = people.responsible_at(demo, grid(demo, "500199002001010"), NOW)

    assert (first.name, first.substitute) == ("张示例", False)
    assert waiting.substitute
    assert people.responsible_at(demo, grid(demo, "500199001002005"), NOW) is None


def test_demo_accounts_are_those_of_members_in_fitting_posts(demo):
    cheap = Passwords(Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1))
    with demo.begin_nested() as inner:
        demo_accounts(demo, cheap, NOW)
        found = demo.execute(
            text(
                "SELECT a.login, m.id, m.name FROM account a"
                "  LEFT JOIN member m ON m.account_id = a.id WHERE a.login LIKE 'demo.%'"
            )
        ).all()
        members = {login.removeprefix("demo."): (number, name) for login, number, name in found}
        roles = {
            login: {(p.role.value, p.responsible) for p in people.posts_of(demo, number, NOW)}
            for login, (number, _) in members.items()
            if number
        }
        inner.rollback()

    assert set(roles) == {role.value.replace("_", "-") for role in DEMO_MEMBERS}
    assert members["grid-member"][1] == "张示例"
    for role, post in DEMO_MEMBERS.items():
        assert post.value in {name for name, _ in roles[role.value.replace("_", "-")]}
    assert ("grid_member", True) in roles["grid-member"]
    assert Role.DISCIPLINE not in DEMO_MEMBERS


@pytest.mark.parametrize(
    ("author", "community"),
    [("community-clerk", "500199001001"), ("planner", "500199002003"), ("planner", "500199100202")],
)
def test_a_change_drawn_anywhere_in_the_demo_can_be_walked_to_its_end(demo, author, community):
    """Each step by an account of its own, none of them the author's."""
    cheap = Passwords(Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1))
    with demo.begin_nested() as inner:
        made = {one.login.removeprefix("demo.") for one in demo_accounts(demo, cheap, NOW)}
        demo_steps(demo)
        (root_id,) = region_ids(demo, {("community", community)}, TODAY).values()
        takers = [
            {login for login in made - {author} if holds(demo, login, step, root_id)}
            for step in approvals.approval_steps(demo)
        ]
        assert holds_any(demo, author, root_id)
        inner.rollback()
    assert len(takers) == 3
    assert any(len(set(way)) == 3 for way in product(*takers))


def holds_any(demo: Connection, login: str, root_id: int) -> bool:
    account_id = accounts.lock_account(demo, f"demo.{login}").id
    return any(
        approvals.holds_role_over(demo, account_id, role, root_id, NOW) for role in PROPOSERS
    )


def holds(demo: Connection, login: str, step: ApprovalStep, root_id: int) -> bool:
    account_id = accounts.lock_account(demo, f"demo.{login}").id
    return approvals.holds_role_over(demo, account_id, step.role, root_id, NOW, at_level=step.level)


def test_its_business_nets_have_every_grid_once_on_the_first_day_and_today(demo):
    for net, units in {"JW": 7, "SJ": 3}.items():
        row = nets.net_of(demo, net, TODAY)
        assert (row.units, row.grids) == (units, 102)
        assert nets.faults_of(demo, row, TODAY) == []


def test_a_corner_is_contested_by_the_two_communities_it_lies_in(demo):
    (row,) = disputes.list_disputes(demo, TODAY, most=5)
    here = demo_dispute(TODAY.valid_on).shape.representative_point()
    (found,) = disputes.disputes_at(demo, here.x, here.y, TODAY)

    assert (row.state, row.code, row.owner_stands) == ("open", "ZY01", True)
    assert [name for _, _, name in row.claimants] == ["河滨社区", "文昌社区"]
    assert (found.code, found.known[found.owner].name) == ("ZY01", "河滨社区第六网格")


def test_three_hundred_matters_stand_in_every_state_of_the_straight_way(demo):
    states = dict(demo.execute(text("SELECT state, count(*) FROM matter GROUP BY state")).all())
    assert sum(states.values()) == 300
    assert {one.value for one in WAY} | {"triage"} <= states.keys()


def test_the_past_breaks_no_rule_of_a_matter_s_life(demo):
    for wrong, where in {
        "a gap in the log": "EXISTS (SELECT FROM matter_event e WHERE e.matter_id = m.id"
        " HAVING max(seq) <> count(*))",
        "something still to come": "EXISTS (SELECT FROM matter_event e WHERE e.matter_id = m.id"
        " AND (e.recorded_at > :now OR e.recorded_at < m.received_at))",
        "closed with nobody answered": "m.state = 'closed' AND m.channel <> 'patrol' AND EXISTS"
        " (SELECT FROM matter_report r WHERE r.matter_id = m.id AND r.replied_at IS NULL)",
        "verified by who did it": "EXISTS (SELECT FROM matter_event did JOIN matter_event seen"
        " USING (matter_id, actor_id) WHERE matter_id = m.id"
        " AND did.action IN ('handle', 'settle') AND seen.action = 'verify')",
        "with a unit and without a task": "m.state IN ('dispatched', 'acknowledged') AND NOT EXISTS"
        " (SELECT FROM matter_task t WHERE t.matter_id = m.id AND t.ended_at IS NULL)",
        "over, and a clock runs": "m.closed_at IS NOT NULL AND EXISTS (SELECT FROM clock c"
        " WHERE c.matter_id = m.id AND c.stopped_at IS NULL)",
        "open, and due at no time": "m.closed_at IS NULL AND m.state <> 'replied'"
        " AND m.due_at IS NULL",
    }.items():
        query = text(f"SELECT m.no, m.state FROM matter m WHERE {where} LIMIT 3")
        assert demo.execute(query, {"now": NOW} if ":now" in where else {}).all() == [], wrong
