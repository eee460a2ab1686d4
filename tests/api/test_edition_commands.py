"""`wangge edition`: from a draft to boundaries in force and back, as a person types it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gis.accounts import Grant, Role
from gis.errors import BadBoundaries, Conflict
from gis.store import accounts, grants
from gis.store.database import connect_engine
from tests.api.test_boundary_commands import draw, refused, url, wangge
from tests.makers import NOW

__all__ = ["url"]

COMMUNITIES = ("--level", "community", "--code", "code", "--parent", "parent")
TOWN = {"C": "S", "D": "S"}


@pytest.fixture
def town(url):
    draw("streets.gpkg", "S S")
    draw("first.gpkg", "C D", **TOWN)
    street = ("--level", "subdistrict", "--code", "code", "--edition", "街道", "--commit")
    wangge("import", "boundaries", "streets.gpkg", *street)
    wangge("import", "boundaries", "first.gpkg", *COMMUNITIES, "--edition", "社区", "--commit")
    engine = connect_engine(url, pool_size=1)
    with engine.begin() as connection:
        for login, role in (("li.na", Role.PLANNER), ("zhao.min", Role.COMMUNITY_CLERK)):
            since = NOW - timedelta(days=30)
            made = accounts.add_account(
                connection, login, "某人", None, password_expires_at=None, now=since
            )
            grants.add_grant(connection, made, Grant(role), since=since, until=None)
    engine.dispose()
    return url


def test_a_draft_is_accepted_approved_put_in_force_and_undone(town):
    wangge(
        "edition",
        "add-step",
        "propose",
        "--name",
        "社区提",
        "--role",
        "community_clerk",
        "--position",
        "1",
    )
    assert "社区提: community clerk, at any level" in wangge("edition", "steps").output
    draw("gap.gpkg", "C .", **TOWN)
    gap = ("import", "boundaries", "gap.gpkg", *COMMUNITIES, "--edition", "缺口")
    refused(BadBoundaries, *gap, "--commit")
    assert wangge(*gap, "--draft").exit_code == 0
    shown = wangge("edition", "show", "缺口").output
    assert "D    ended" in shown
    assert "Approvals still needed: 社区提 (propose)" in shown
    (line,) = wangge("edition", "faults", "缺口").output.splitlines()
    key = line.split()[0]
    assert "[open]" in line
    refused(Conflict, "edition", "activate", "缺口")
    accepted = wangge("edition", "accept", "缺口", key, "--why", "湖", "--account", "li.na")
    assert accepted.output == "1 faults accepted; 0 are still open.\n"
    told = wangge(
        "edition",
        "approve",
        "缺口",
        "--step",
        "propose",
        "--account",
        "zhao.min",
        "--doc-no",
        "〔2026〕7号",
    )
    assert "comes into force" in told.output
    assert wangge("job", "activate_editions").output == "Job activate_editions done: 1 things.\n"
    assert "社区提: 某人 (zhao.min), 〔2026〕7号" in wangge("edition", "show", "缺口").output
    wangge("edition", "drop-step", "propose")
    assert "draft" in wangge("edition", "undo", "缺口", "--as", "撤销缺口").output
    assert "added 1" in wangge("edition", "show", "撤销缺口").output
    assert wangge("edition", "activate", "撤销缺口").exit_code == 0
    assert "Nothing stops it" in wangge("edition", "faults", "撤销缺口").output


def test_an_import_of_a_day_to_come_says_when_it_will_hold_and_what_else_is_open(town):
    day = ("--valid-from", "2999-01-01")
    asked = ("import", "boundaries", "first.gpkg", *COMMUNITIES, *day, "--edition")
    assert "comes into force on 2999-01-01 by itself" in wangge(*asked, "later", "--commit").output
    assert "other open editions on the same area: later" in wangge(*asked, "2", "--draft").output
    assert wangge("job", "activate_editions").output == "Job activate_editions done: 0 things.\n"
    assert "scheduled" in wangge("edition", "show", "later").output
