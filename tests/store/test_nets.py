"""Nets of grids over two times: stated wholly from a day on, readable as they were."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
import shapely
from sqlalchemy import Connection

from gis.errors import NotFound
from gis.model import AsOf
from gis.nets import NetFaultKind, NetKind
from gis.store import nets
from gis.workflows.keep_nets import NetStated, keep_net
from tests.makers import NOW, TODAY, keep
from tests.sketch import sketch

LATER = NOW + timedelta(days=1)
BELOW = {"1": "C", "2": "C", "3": "D"}


@pytest.fixture(scope="module", autouse=True)
def built(ground: Connection) -> None:
    keep(ground, sketch("C C D"), level="community", edition="社区")
    keep(ground, sketch("1 2 3", parents=BELOW), edition="网格")


@pytest.fixture
def town(connection: Connection) -> Connection:
    return connection


def police(**units: str) -> NetStated:
    said = {code: (f"{code}警务区", frozenset(grids)) for code, grids in units.items()}
    return NetStated("JW", "警务网", NetKind.POLICE, said)


def units(connection: Connection, as_of: AsOf) -> dict[str, tuple[str, ...]]:
    net = nets.net_of(connection, "JW", as_of)
    return {one.code: one.grids for one in nets.units_of(connection, net.id, as_of)}


def test_a_net_is_what_was_stated_and_its_faults_are_told(town):
    kept = keep_net(town, police(A="12", B="2"), TODAY.valid_on, NOW)
    assert (kept.new, kept.joined, kept.left) == (True, 3, 0)
    assert units(town, TODAY) == {"A": ("1", "2"), "B": ("2",)}
    said = [(one.kind, one.code, one.units) for one in kept.faults]
    assert said == [(NetFaultKind.IN_TWO, "2", ("A", "B"))]


def test_a_grid_of_a_community_in_the_net_needs_a_unit(town):
    kept = keep_net(town, police(A="1"), TODAY.valid_on, NOW)
    assert [(one.kind, one.code) for one in kept.faults] == [(NetFaultKind.IN_NONE, "2")]
    group = NetStated("JW", "一组", NetKind.GROUP, {"A": ("", frozenset("1"))})
    assert keep_net(town, group, TODAY.valid_on, LATER).faults == ()


def test_a_community_of_the_nets_home_left_out_is_a_note(town):
    kept = keep_net(town, police(A="3"), TODAY.valid_on, NOW)
    assert kept.faults == ()  # its home is community D
    everywhere = keep_net(town, police(A="12", B="3"), TODAY.valid_on, LATER)
    assert everywhere.faults == ()
    less = keep_net(town, police(A="12"), TODAY.valid_on, LATER + timedelta(hours=1))
    # home D was kept from the first time: nothing of it is in the net any more
    assert [(one.kind, one.code) for one in less.faults if one.is_note] == [
        (NetFaultKind.LEFT_OUT, "D")
    ]


def test_how_a_net_was_stays_readable_by_both_times(town):
    start, change = date(2026, 1, 1), date(2026, 6, 1)
    keep_net(town, police(A="12", B="3"), start, NOW)
    changed = keep_net(town, police(A="1", B="23"), change, LATER)
    assert (changed.joined, changed.left) == (1, 1)
    assert units(town, AsOf(date(2026, 3, 1), LATER)) == {"A": ("1", "2"), "B": ("3",)}
    assert units(town, AsOf(change, LATER)) == {"A": ("1",), "B": ("2", "3")}
    assert units(town, AsOf(change, NOW)) == {"A": ("1", "2"), "B": ("3",)}  # not known yet
    assert units(town, AsOf(date(2025, 12, 31), LATER)) == {}


def test_stating_the_same_again_changes_nothing_and_correcting_at_once_leaves_no_trace(town):
    keep_net(town, police(A="12"), TODAY.valid_on, NOW)
    again = keep_net(town, police(A="12"), TODAY.valid_on, LATER)
    assert (again.joined, again.left) == (0, 0)
    keep_net(town, police(A="1"), TODAY.valid_on, LATER)
    keep_net(town, police(A="12"), TODAY.valid_on, LATER)
    assert units(town, replace(TODAY, known_at=LATER)) == {"A": ("1", "2")}


def test_a_grid_nobody_knows_is_named_and_nothing_is_kept(town):
    with pytest.raises(NotFound, match="codes=9"):
        keep_net(town, police(A="19"), TODAY.valid_on, NOW)
    with pytest.raises(NotFound):
        nets.net_of(town, "JW", TODAY)


def test_the_union_of_the_units_is_the_union_of_the_grids_each_once(town):
    keep_net(town, police(A="13", B="2"), TODAY.valid_on, NOW)
    net = nets.net_of(town, "JW", TODAY)
    found = nets.units_of(town, net.id, TODAY, shapes=True)
    shapes = {one.code: shapely.from_geojson(one.geometry or "") for one in found}
    grids = {one.code: one.shape for one in sketch("1 2 3")}
    for one in found:
        union = shapely.union_all([grids[code] for code in one.grids])
        assert shapely.equals(shapes[one.code], union)
    assert sorted(code for one in found for code in one.grids) == sorted(grids)
    assert shapely.area(shapely.intersection(shapes["A"], shapes["B"])) == 0
    whole = shapely.union_all(list(grids.values()))
    assert shapely.equals(shapely.union_all(list(shapes.values())), whole)
