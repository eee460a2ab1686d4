"""Grids change: their units of nets go with them in the activation, and what is mixed is named."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import Connection

from gis.accounts import Grant, Role
from gis.errors import BadBoundaries
from gis.model import AsOf, BoundaryFile, FaultKind
from gis.nets import NetKind
from gis.passwords import Passwords
from gis.store import edition_findings, nets
from gis.store.edition_life import facts_of
from gis.workflows.change_editions import accept_faults, activate_edition, undo_edition
from gis.workflows.import_boundaries import Keep, Wanted, import_boundaries
from gis.workflows.keep_nets import NetStated, keep_net
from tests.api.people import add_person
from tests.makers import NOW, TODAY, keep
from tests.sketch import sketch

CHEAP = Passwords(Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1))
START, DAY = date(2026, 1, 1), TODAY.valid_on
LATER, LAST = NOW + timedelta(hours=1), NOW + timedelta(hours=2)


@pytest.fixture
def town(connection: Connection) -> Connection:
    """Four grids in two police beats; one group of three."""
    keep(connection, sketch("1 1 2 3 4"))
    units = {"A": ("甲", frozenset("12")), "B": ("乙", frozenset("34"))}
    keep_net(connection, NetStated("JW", "警务网", NetKind.POLICE, units), START, NOW)
    group = {"Z": ("", frozenset("123"))}
    keep_net(connection, NetStated("Z", "沿河", NetKind.GROUP, group), START, NOW)
    return connection


def units(connection: Connection, as_of: AsOf, net: str = "JW") -> dict[str, str]:
    found = nets.units_of(connection, nets.net_of(connection, net, as_of).id, as_of)
    return {one.code: "".join(one.grids) for one in found}


def test_children_of_a_split_stay_in_their_parents_units_and_the_past_stays(town):
    changed = keep(town, sketch("5 6 2 3 4"), edition="拆分", valid_from=DAY, now=LATER)
    assert (changed.rehomed.nets.joined, changed.rehomed.nets.left) == (4, 2)
    after = AsOf(DAY, LATER)
    assert units(town, after) == {"A": "256", "B": "34"}
    assert units(town, after, "Z") == {"Z": "2356"}
    assert units(town, AsOf(DAY - timedelta(days=1), LATER)) == {"A": "12", "B": "34"}
    assert units(town, AsOf(DAY, NOW)) == {"A": "12", "B": "34"}
    assert nets.faults_of(town, nets.net_of(town, "JW", after), after) == []


def test_a_net_that_changes_later_is_carried_for_that_day_too(town):
    coming = date(2027, 1, 1)
    swapped = {"A": ("甲", frozenset("34")), "B": ("乙", frozenset("12"))}
    keep_net(town, NetStated("JW", "警务网", NetKind.POLICE, swapped), coming, NOW)
    keep(town, sketch("5 6 2 3 4"), edition="拆分", valid_from=DAY, now=LATER)
    assert units(town, AsOf(DAY, LATER)) == {"A": "256", "B": "34"}
    assert units(town, AsOf(coming, LATER)) == {"A": "34", "B": "256"}


def change(drawing: str, keep_as: Keep) -> tuple[BoundaryFile, Wanted]:
    file = BoundaryFile(sketch(drawing), "EPSG:4490", "EPSG:4490", "0", "a test")
    return file, Wanted("grid", "合并", DAY, keep=keep_as)


def test_a_merge_across_units_needs_somebody_who_accepts_it_by_name(town):
    with pytest.raises(BadBoundaries) as refused:
        import_boundaries(town, *change("1 1 7 7 4", Keep.ACTIVE), LATER)
    (fault,) = refused.value.faults
    assert (fault.kind, fault.codes, fault.detail) == (
        FaultKind.NET_MIXED,
        ("7", "JW"),
        "A ← B 50%",
    )
    import_boundaries(town, *change("1 1 7 7 4", Keep.DRAFT), LATER)
    draft = facts_of(town, name="合并")
    (kept,) = edition_findings.kept_faults(town, draft.id)
    planner = add_person(town, CHEAP, "li.na", Grant(Role.PLANNER))
    assert not accept_faults(
        town, draft, [kept.key], why="两警务区已商定", account_id=planner, now=LATER
    )
    activate_edition(town, facts_of(town, name="合并"), LATER)
    assert units(town, AsOf(DAY, LATER)) == {"A": "17", "B": "4"}
    undone = facts_of(town, name="合并")
    undo_edition(town, undone, "撤回", valid_from=DAY, now=LAST)
    activate_edition(town, facts_of(town, name="撤回"), LAST)
    assert units(town, AsOf(DAY, LAST)) == {"A": "12", "B": "34"}


def test_without_nets_nothing_is_said_of_them(connection):
    keep(connection, sketch("1 2"))
    report = import_boundaries(connection, *change("1 1", Keep.NOTHING), LATER)
    assert report.faults == []
