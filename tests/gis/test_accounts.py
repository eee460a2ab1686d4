"""Roles, scopes and pauses, without a database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.accounts import (
    ADMINISTRATORS,
    EVERYTHING,
    LONGEST_PAUSE_S,
    ONE_ADDRESS,
    Grant,
    Role,
    Scope,
    clash,
    pause_s,
    scope_of,
)

NOON = datetime(2026, 9, 21, 12, tzinfo=UTC)
roles = st.sampled_from(Role)
some_grants = st.lists(st.builds(Grant, roles, st.none() | st.integers(1, 9)), max_size=6)


@pytest.mark.parametrize(("held", "wanted"), list(product(Role, Role)))
def test_administrators_and_the_discipline_office_hold_nothing_else(held: Role, wanted: Role):
    apart = held != wanted and bool({held, wanted} & {*ADMINISTRATORS, Role.DISCIPLINE})

    assert (clash([held], wanted) is not None) == apart
    assert (clash([wanted], held) is not None) == apart


def test_the_three_administrators_are_three():
    assert len(ADMINISTRATORS) == 3
    assert all(role.value.endswith("_admin") for role in ADMINISTRATORS)


@given(some_grants, st.sets(roles))
def test_a_scope_is_what_the_grants_of_those_roles_give_and_nothing_more(held, wanted):
    scope = scope_of(held, wanted)
    counted = [grant for grant in held if grant.role in wanted]

    if any(grant.region_id is None for grant in counted):
        assert scope == EVERYTHING
    else:
        assert scope == Scope(frozenset(grant.region_id for grant in counted))


@given(some_grants, st.sets(roles), st.sets(roles))
def test_more_roles_never_show_less(held, some, more):
    narrow, wide = scope_of(held, some), scope_of(held, some | more)

    assert wide.everything or (not narrow.everything and narrow.region_ids <= wide.region_ids)


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_a_pause_grows_with_failures_shrinks_with_time_and_ends(failures: int, seconds: int):
    now = NOON + timedelta(seconds=seconds)
    pause = pause_s(ONE_ADDRESS, failures, NOON, now)

    assert 0 <= pause <= LONGEST_PAUSE_S
    assert pause <= pause_s(ONE_ADDRESS, failures + 1, NOON, now)
    assert pause >= pause_s(ONE_ADDRESS, failures, NOON, now + timedelta(seconds=1))
    assert pause_s(ONE_ADDRESS, failures, NOON, NOON + timedelta(seconds=LONGEST_PAUSE_S)) == 0
