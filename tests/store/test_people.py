"""Who serves where, asked of the database."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, func, insert, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import IntegrityError

from gis.store import people
from gis.store.tables.people import member, organisation, post
from gis.store.tables.places import building, compound
from gis.store.tables.regions import region_code
from tests.makers import NOW, keep
from tests.sketch import sketch

DAY = timedelta(days=1)


@pytest.fixture(scope="module", autouse=True)
def town(ground: Connection) -> dict[str, int]:
    """Community K over the grids A and B, community L over C; region ids by code."""
    keep(ground, sketch("K K L"), level="community", edition="communities")
    keep(ground, sketch("A B C", parents={"A": "K", "B": "K", "C": "L"}))
    found = ground.execute(select(region_code.c.code, region_code.c.region_id))
    return {row.code: row.region_id for row in found}


def an_organisation(
    connection: Connection, code: str, home: int, *handles: str, **more: Any
) -> int:
    values = {
        "code": code,
        "name": f"{code}单位",
        "kind": "handling_unit",
        "handles": list(handles),
    }
    made = insert(organisation).values(home_region_id=home, **(values | more))
    return connection.execute(made.returning(organisation.c.id)).scalar_one()


def a_member(connection: Connection, code: str) -> int:
    made = insert(member).values(code=code, name=f"示例{code}", phone="000-0000-0001")
    return connection.execute(made.returning(member.c.id)).scalar_one()


def a_post(connection: Connection, member_id: int, grid: int, **more: Any) -> int:
    values = {"role": "grid_member", "responsible": True, "valid": Range(NOW - DAY, None)} | more
    made = insert(post).values(member_id=member_id, region_id=grid, **values)
    return connection.execute(made.returning(post.c.id)).scalar_one()


def a_building(connection: Connection, code: str, compound_id: int | None) -> int:
    made = insert(building).values(code=code, name=code, households=1, compound_id=compound_id)
    return connection.execute(made.returning(building.c.id)).scalar_one()


def found_code(found: people.OrganisationRow | None) -> str | None:
    return found.code if found else None


def test_the_competent_organisation_is_the_one_with_the_deepest_home(connection, town):
    an_organisation(connection, "A-near", town["A"], "sanitation")
    an_organisation(connection, "K-far", town["K"], "sanitation", "gardens")

    assert found_code(people.competent(connection, "sanitation", town["A"])) == "A-near"
    assert found_code(people.competent(connection, "sanitation", town["B"])) == "K-far"
    assert found_code(people.competent(connection, "gardens", town["A"])) == "K-far"
    assert found_code(people.competent(connection, "gardens", town["K"])) == "K-far"
    assert people.competent(connection, "sanitation", town["C"]) is None
    assert people.competent(connection, "residents", town["A"]) is None


def test_of_two_with_the_same_home_the_lowest_code_by_byte_is_competent(connection, town):
    for code in ("u2", "U2", "u1"):
        an_organisation(connection, code, town["K"], "water")

    assert found_code(people.competent(connection, "water", town["A"])) == "U2"


def test_the_property_company_of_a_building_is_its_compounds_and_never_another(connection, town):
    ours = an_organisation(connection, "P2", town["K"], "property_company")
    values = {"code": "C1", "name": "院", "property_mode": "company", "property_company_id": ours}
    managed = connection.execute(
        insert(compound).values(**values).returning(compound.c.id)
    ).scalar_one()
    in_compound = a_building(connection, "b1", managed)
    on_its_own = a_building(connection, "b2", None)
    at = ("property_company", town["A"])

    assert found_code(people.competent(connection, *at)) == "P2", "the only one of the place"
    an_organisation(connection, "P1", town["K"], "property_company")
    assert people.competent(connection, *at) is None, "one of two is a guess"
    assert found_code(people.competent(connection, *at, building_id=in_compound)) == "P2"
    assert people.competent(connection, *at, building_id=on_its_own) is None


def test_a_unit_stands_beside_its_sections_and_its_department(connection, town):
    top = an_organisation(connection, "D", town["K"])
    unit = an_organisation(connection, "U", town["K"], parent_id=top)
    section = an_organisation(connection, "S", town["K"], parent_id=unit)
    an_organisation(connection, "X", town["K"])

    assert people.units_around(connection, [unit]) == {top, unit, section}
    assert people.units_around(connection, [section]) == {unit, section}
    assert people.units_around(connection, []) == frozenset()


def test_the_responsible_member_goes_before_the_substitute_who_goes_before_nobody(connection, town):
    zhang, li = a_member(connection, "m1"), a_member(connection, "m2")
    a_post(connection, li, town["A"], role="substitute", responsible=False)
    a_post(connection, zhang, town["A"], valid=Range(NOW, NOW + DAY))
    a_post(connection, zhang, town["B"], role="part_time_member", responsible=False)

    def who(code: str, when: Any) -> tuple[str, bool] | None:
        found = people.responsible_at(connection, town[code], when)
        return (found.code, found.substitute) if found else None

    assert who("A", NOW - DAY / 2) == ("m2", True)
    assert who("A", NOW) == ("m1", False), "the first instant counts"
    assert who("A", NOW + DAY) == ("m2", True), "the last one doesn't"
    assert who("B", NOW) is None
    together = people.responsible_for(connection, [town["A"], town["B"]], NOW)
    assert {grid: one.code for grid, one in together.items()} == {town["A"]: "m1"}


def test_the_database_itself_refuses_a_second_responsible_member(connection, town):
    zhang, li = a_member(connection, "m1"), a_member(connection, "m2")
    a_post(connection, zhang, town["A"], valid=Range(NOW, NOW + DAY))
    a_post(connection, li, town["A"], valid=Range(NOW + DAY, None))

    with pytest.raises(IntegrityError, match="one_responsible"), connection.begin_nested():
        a_post(connection, li, town["A"], valid=Range(NOW + DAY / 2, NOW + DAY))


def test_posts_of_a_member_are_those_held_at_the_instant(connection, town):
    zhang = a_member(connection, "m1")
    held = a_post(connection, zhang, town["A"])
    a_post(connection, zhang, town["B"], valid=Range(NOW - 2 * DAY, NOW - DAY))

    found = people.posts_of(connection, zhang, NOW)

    assert [(one.id, one.role, one.region_id, one.until) for one in found] == [
        (held, "grid_member", town["A"], None)
    ]
    assert people.member_by_code(connection, "m1").id == zhang
    assert people.member_by_code(connection, "m0") is None
    assert people.member_of_account(connection, 0) is None
    assert connection.scalar(select(func.count()).select_from(member)) == 1
