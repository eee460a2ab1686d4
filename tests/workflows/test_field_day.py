"""Which grid somebody sees first, and which others may be chosen."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Connection

from gis.accounts import Caller, Grant, Role
from gis.errors import NotFound
from gis.people import PostRole
from gis.store import accounts
from gis.workflows.field_day import field_day
from tests import riverside
from tests.makers import NOW, TODAY
from tests.riverside import COMMUNITY, G001, G002


@pytest.fixture(scope="module", autouse=True)
def town(ground: Connection) -> dict[str, int]:
    return riverside.settle(ground)


def caller(account_id: int, *held: Grant) -> Caller:
    return Caller(account_id, "li.na", "李", tuple(held), session=b"x")


@pytest.fixture
def li(connection: Connection) -> int:
    return accounts.add_account(
        connection, "li.na", "李娜", None, password_expires_at=None, now=NOW - timedelta(days=1)
    )


def day(connection: Connection, who: Caller, code: str | None = None):
    return field_day(connection, who, TODAY, NOW, code)


def test_the_grid_of_a_post_comes_first_with_its_community_and_its_box(connection, town, li):
    riverside.add_post(connection, "li", "李", town[G002], account_id=li)
    found = day(connection, caller(li, Grant(Role.DISPATCHER)))

    assert (found.grid.code, found.grid.own, found.grid.parent_name) == (G002, True, "河滨社区")
    assert found.grid.box == pytest.approx((106.562, 29.56, 106.564, 29.562))
    assert [one.code for one in found.choices] == [G002, G001]
    assert found.more is False


def test_the_role_of_a_grid_member_over_a_grid_makes_it_ones_own(connection, town, li):
    found = day(connection, caller(li, Grant(Role.GRID_MEMBER, town[G001])))

    assert [(one.code, one.own) for one in found.choices] == [(G001, True)]


def test_a_post_at_the_community_opens_all_its_grids(connection, town, li):
    riverside.add_post(
        connection, "li", "李", town[COMMUNITY], role=PostRole.SECRETARY, account_id=li
    )
    found = day(connection, caller(li))

    assert [one.code for one in found.choices] == [G001, G002]


def test_a_wider_scope_opens_a_grid_by_its_code(connection, town, li):
    clerk = caller(li, Grant(Role.COMMUNITY_CLERK, town[COMMUNITY]))

    assert day(connection, clerk).grid.code == G001
    assert day(connection, clerk, G002).grid.code == G002


def test_a_grid_of_others_is_answered_like_one_that_is_not_there(connection, town, li):
    member = caller(li, Grant(Role.GRID_MEMBER, town[G001]))
    said = []
    for code in (G002, "nowhere", COMMUNITY):
        with pytest.raises(NotFound) as refused:
            day(connection, member, code)
        said.append(refused.value.key)

    assert said == ["error.field_grid_unknown"] * 3


def test_who_has_no_grid_is_told_so(connection, town, li):
    with pytest.raises(NotFound, match="field_no_grid"):
        day(connection, caller(li))
