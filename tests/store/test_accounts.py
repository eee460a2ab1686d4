"""Accounts, grants, keys and the log: what is kept, what is refused, what can't be."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import chain, combinations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import Connection, select, text
from sqlalchemy.exc import ProgrammingError

from gis.accounts import EVERYTHING, Grant, Role, Scope
from gis.errors import BadInput, Conflict, GridError, NotFound
from gis.passwords import Passwords
from gis.store import accounts, grants, sign_in
from gis.store.database import connect_engine
from gis.store.roles import APP, OWNER
from gis.store.scope import scope_values, within
from gis.store.tables.accounts import account_event
from gis.store.tables.regions import region
from gis.workflows import accounts as workflow
from gis.workflows import keys
from gis.workflows.demo_accounts import DEMO_ROLES, demo_accounts
from gis.workflows.sign_in import Attempt, SignedIn, SignInRules, fingerprint, sign_in_with
from tests.makers import NOW, keep
from tests.sketch import sketch

DAY = timedelta(days=1)
CHEAP = Passwords(Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1))
SOME_ROLES = st.sampled_from([Role.PLANNER, Role.AUDITOR, Role.ACCOUNT_ADMIN, Role.AUDIT_ADMIN])


def made(connection: Connection, login: str = "li.na") -> int:
    workflow.add_account(connection, CHEAP, login, "李娜", NOW)
    return accounts.lock_account(connection, login).id


@pytest.mark.parametrize("login", ["Li", "x", "_li", "li na", "李娜", "li;drop", "x" * 65, "-li"])
def test_a_login_has_letters_that_cant_be_mistaken(connection: Connection, login: str):
    with pytest.raises(BadInput, match="login_letters"):
        made(connection, login)


def test_a_login_is_taken_once_and_demo_logins_are_the_demos(connection: Connection):
    made(connection)
    with pytest.raises(Conflict, match="login_taken"):
        made(connection)
    with pytest.raises(BadInput, match="login_of_demo"):
        made(connection, "demo.planner")


def test_the_service_can_add_to_the_log_and_never_change_it(connection: Connection):
    made(connection)
    for statement in (
        "UPDATE account_event SET action = 'nothing'",
        "DELETE FROM account_event",
        "TRUNCATE account_event",
    ):
        with pytest.raises(ProgrammingError, match="permission denied"), connection.begin_nested():
            connection.execute(text(statement))
    assert connection.execute(select(account_event.c.action)).scalars().all() == ["account_added"]


def test_every_step_leaves_its_line_in_the_log(connection: Connection):
    made(connection)
    workflow.grant(connection, "li.na", Grant(Role.PLANNER), until=None, now=NOW)
    workflow.revoke(connection, "li.na", Grant(Role.PLANNER), NOW + DAY)
    workflow.reset_password(connection, CHEAP, "li.na", NOW)
    keys.add_key(connection, "li.na", "dispatch", 30, NOW)
    keys.rotate_key(connection, "li.na", days=30, overlap_days=1, now=NOW)
    keys.revoke_key(connection, "li.na", keys.keys_of(connection, "li.na", NOW)[0].prefix, NOW)
    workflow.disable(connection, "li.na", NOW)
    workflow.enable(connection, "li.na", NOW)
    log = connection.execute(select(account_event).order_by(account_event.c.id)).all()

    assert [line.action for line in log] == [
        "account_added", "role_granted", "role_revoked", "password_reset", "key_added",
        "key_added", "key_rotated", "key_revoked", "account_disabled", "account_enabled",
    ]  # fmt: skip
    assert all(line.account_id is not None for line in log)
    assert "wg_" in str(log[4].detail)
    assert len(log[4].detail["prefix"]) == 9


# ── grants ────────────────────────────────────────────────────────────────────────────────────


def test_a_grant_holds_from_its_first_moment_to_just_before_its_end(connection: Connection):
    person = made(connection)
    grants.add_grant(connection, person, Grant(Role.PLANNER), since=NOW, until=NOW + DAY)
    moments = [NOW - timedelta(seconds=1), NOW, NOW + DAY - timedelta(seconds=1), NOW + DAY]

    held = [bool(grants.grants_in_force(connection, person, moment)) for moment in moments]
    assert held == [False, True, True, False]


def test_the_same_grant_twice_is_refused_and_after_its_end_it_isnt(connection: Connection):
    made(connection)
    planner = Grant(Role.PLANNER)
    workflow.grant(connection, "li.na", planner, until=NOW + DAY, now=NOW)
    with pytest.raises(Conflict, match="granted_already"):
        workflow.grant(connection, "li.na", planner, until=None, now=NOW)
    workflow.grant(connection, "li.na", planner, until=None, now=NOW + DAY)
    with pytest.raises(BadInput, match="grant_over"):
        workflow.grant(connection, "li.na", Grant(Role.AUDITOR), until=NOW, now=NOW)


def test_revoking_takes_exactly_this_role_over_this_region(connection: Connection):
    keep(connection, sketch("A B"))
    person = made(connection)
    here, there = (grants.regions_with_code(connection, code, NOW)[0][1] for code in "AB")
    for wanted in (Grant(Role.PLANNER, here), Grant(Role.PLANNER, there), Grant(Role.PLANNER)):
        workflow.grant(connection, "li.na", wanted, until=None, now=NOW)
    workflow.revoke(connection, "li.na", Grant(Role.PLANNER, here), NOW + DAY)

    left = grants.grants_in_force(connection, person, NOW + DAY)
    assert set(left) == {Grant(Role.PLANNER, there), Grant(Role.PLANNER)}
    with pytest.raises(Conflict, match="not_granted"):
        workflow.revoke(connection, "li.na", Grant(Role.PLANNER, here), NOW + DAY)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.tuples(st.booleans(), SOME_ROLES, st.integers(0, 5), st.none() | st.integers(1, 5)),
        max_size=12,
    )
)
def test_no_order_of_grants_and_revocations_joins_an_administrator_with_anything(
    connection: Connection, steps
):
    with connection.begin_nested() as undone:
        person = made(connection, "someone")
        for gives, role, day, days in steps:
            now = NOW + day * DAY
            until = now + days * DAY if days else None
            try:
                with connection.begin_nested():
                    if gives:
                        workflow.grant(connection, "someone", Grant(role), until=until, now=now)
                    else:
                        workflow.revoke(connection, "someone", Grant(role), now)
            except GridError:
                continue
        for day in range(12):
            held = {g.role for g in grants.grants_in_force(connection, person, NOW + day * DAY)}
            assert len(held) <= 1 or held <= {Role.PLANNER, Role.AUDITOR}
        undone.rollback()


def test_two_administrations_at_once_cant_slip_past_the_separation(cluster, own_database):
    engine = connect_engine(cluster.server.url(APP, own_database), pool_size=4)
    with engine.begin() as connection:
        person = made(connection)
    gate = threading.Barrier(2)

    def give(role: Role) -> bool:
        gate.wait()
        try:
            with engine.begin() as connection:
                workflow.grant(connection, "li.na", Grant(role), until=None, now=NOW)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        given = list(pool.map(give, [Role.ACCOUNT_ADMIN, Role.AUDIT_ADMIN]))
    with engine.connect() as connection:
        held = grants.grants_in_force(connection, person, NOW)
    engine.dispose()

    assert sorted(given) == [False, True]
    assert len(held) == 1


def test_the_first_administrators_are_three_accounts_and_come_once(connection: Connection):
    logins = workflow.Administrators("admin", "admin.security", "admin.audit")
    handed = workflow.add_first_administrators(
        connection, CHEAP, logins, "a lamp beside the river", least=12, now=NOW
    )
    roles = {
        row.login: [g.role for g in grants.grants_in_force(connection, row.id, NOW)]
        for row in accounts.list_accounts(connection, EVERYTHING, NOW)
    }

    assert [one.login for one in handed] == ["admin.security", "admin.audit"]
    assert roles == {
        "admin": [Role.ACCOUNT_ADMIN],
        "admin.security": [Role.SECURITY_ADMIN],
        "admin.audit": [Role.AUDIT_ADMIN],
    }
    with pytest.raises(Conflict, match="administrators_exist"):
        workflow.add_first_administrators(connection, CHEAP, logins, None, least=12, now=NOW)


def test_a_weak_first_password_makes_no_administrator(connection: Connection):
    logins = workflow.Administrators("admin", "admin.security", "admin.audit")
    with pytest.raises(BadInput, match="password_guessed"):
        workflow.add_first_administrators(
            connection, CHEAP, logins, "Password123456!", least=12, now=NOW
        )
    assert accounts.list_accounts(connection, EVERYTHING, NOW) == []


# ── scope ─────────────────────────────────────────────────────────────────────────────────────


def seen(connection: Connection, scope: Scope) -> set[int]:
    built = set(connection.execute(select(region.c.id).where(within(scope))).scalars())
    written = text(
        "SELECT id FROM region r"
        " WHERE (:scope_everything OR r.home_path && CAST(:scope_ids AS bigint[]))"
    )
    assert built == set(connection.execute(written, scope_values(scope)).scalars())
    return built


def test_every_scope_is_its_regions_and_all_below_them(connection: Connection):
    below = {"S": {"S", "C", "D"}, "T": {"T", "E"}, "C": {"C"}, "D": {"D"}, "E": {"E"}}
    keep(connection, sketch("S S T"), level="subdistrict", edition="s")
    parents = {"C": "S", "D": "S", "E": "T"}
    keep(connection, sketch("C D E", parents=parents), level="community", edition="c")
    ids = {code: grants.regions_with_code(connection, code, NOW)[0][1] for code in "STCDE"}

    for chosen in chain.from_iterable(combinations("STCDE", n) for n in range(6)):
        wanted = set().union(*(below[code] for code in chosen))
        scope = Scope(frozenset(ids[code] for code in chosen))
        assert seen(connection, scope) == {ids[code] for code in wanted}
    assert seen(connection, EVERYTHING) == set(ids.values())


def test_an_empty_scope_sees_nothing(connection: Connection):
    keep(connection, sketch("A B"))
    made(connection)

    assert seen(connection, Scope()) == set()
    assert accounts.list_accounts(connection, Scope(), NOW) == []
    assert accounts.list_events(connection, Scope()) == []
    with pytest.raises(NotFound):
        accounts.find_account(connection, "li.na", Scope(), NOW)


def test_a_code_on_two_levels_must_be_told_apart(connection: Connection):
    keep(connection, sketch("A A"), level="subdistrict", edition="s")
    keep(connection, sketch("A B", parents={"A": "A", "B": "A"}), level="community", edition="c")

    with pytest.raises(BadInput, match="region_code_twice"):
        workflow.region_named(connection, "A", None, NOW)
    with pytest.raises(BadInput, match="region_code_unknown"):
        workflow.region_named(connection, "Z", None, NOW)
    on_community = workflow.region_named(connection, "A", "community", NOW)
    assert on_community != workflow.region_named(connection, "A", "subdistrict", NOW)


# ── keys and passwords ────────────────────────────────────────────────────────────────────────


def test_two_keys_live_and_no_third(connection: Connection):
    made(connection)
    first = keys.add_key(connection, "li.na", "old", 30, NOW)
    second = keys.rotate_key(connection, "li.na", days=60, overlap_days=7, now=NOW)
    with pytest.raises(Conflict, match="two_keys_live"):
        keys.add_key(connection, "li.na", "third", 30, NOW)

    def works(key: str, days: int) -> bool:
        found = sign_in.caller_by_key(connection, fingerprint(key), NOW + days * DAY)
        return found is not None

    assert second.old_until == NOW + 7 * DAY
    assert [works(first.key, 6), works(second.key, 6)] == [True, True]
    assert [works(first.key, 7), works(second.key, 59)] == [False, True]
    third = keys.add_key(connection, "li.na", "after the old one ran out", 30, NOW + 8 * DAY)
    assert works(third.key, 9)


def test_a_rotation_never_makes_the_old_key_live_longer(connection: Connection):
    made(connection)
    keys.add_key(connection, "li.na", "old", 3, NOW)

    made_new = keys.rotate_key(connection, "li.na", days=60, overlap_days=30, now=NOW)
    assert made_new.old_until == NOW + 3 * DAY


@pytest.mark.parametrize("days", [0, -1, 10_000])
def test_a_key_has_an_end_within_reason(connection: Connection, days: int):
    made(connection)
    with pytest.raises(BadInput, match="key_days"):
        keys.add_key(connection, "li.na", "for ever", days, NOW)


def test_with_two_keys_the_one_to_revoke_is_named(connection: Connection):
    made(connection)
    keys.add_key(connection, "li.na", "one", 30, NOW)
    keys.add_key(connection, "li.na", "two", 30, NOW)
    with pytest.raises(Conflict, match="which_key"):
        keys.revoke_key(connection, "li.na", None, NOW)
    prefix = keys.keys_of(connection, "li.na", NOW)[1].prefix

    assert keys.revoke_key(connection, "li.na", prefix, NOW).label == "two"


def enters(connection: Connection, login: str, password: str, now=NOW) -> bool:
    attempt = Attempt(login, password, "10.0.0.1")
    return isinstance(sign_in_with(connection, CHEAP, attempt, now, SignInRules()), SignedIn)


def test_a_reset_ends_sessions_and_lifts_the_pause_of_the_login(connection: Connection):
    person = made(connection)
    sign_in.add_session(connection, b"x" * 32, person, NOW, NOW + DAY)
    one_time = workflow.reset_password(connection, CHEAP, "li.na", NOW)

    found = sign_in.caller_by_session(connection, b"x" * 32, NOW, timedelta(hours=12))
    assert found is None
    assert enters(connection, "li.na", one_time.password)


def test_another_try_of_the_same_login_waits_its_turn(cluster, own_database):
    engine = connect_engine(cluster.server.url(APP, own_database), pool_size=4)
    with engine.connect() as one, engine.connect() as two:
        assert sign_in.hold_login(one, b"a subject of 32 bytes")
        assert not sign_in.hold_login(two, b"a subject of 32 bytes")
        assert sign_in.hold_login(two, b"another subject")
        one.rollback()
        assert sign_in.hold_login(two, b"a subject of 32 bytes")
    engine.dispose()


# ── the demo ──────────────────────────────────────────────────────────────────────────────────


def test_demo_accounts_have_every_role_and_a_new_password_each_time(connection: Connection):
    keep(connection, sketch("A A"), level="community", edition="c")
    keep(connection, sketch("A B", parents={"A": "A", "B": "A"}), level="grid", edition="g")
    assert not accounts.demo_accounts_exist(connection)
    first = demo_accounts(connection, CHEAP, NOW)
    again = demo_accounts(connection, CHEAP, NOW + DAY)

    assert accounts.demo_accounts_exist(connection)
    ones, approvers = first[: len(DEMO_ROLES)], first[len(DEMO_ROLES) :]
    assert [one.role for one in ones] == list(DEMO_ROLES) == list(Role)
    assert [one.login.removeprefix("demo.") for one in approvers] == [
        "community-secretary",
        "street-planner",
        "county-planner",
    ]
    assert {one.login for one in first} == {one.login for one in again}
    assert first[0].password != again[0].password
    assert not enters(connection, first[0].login, first[0].password, NOW + DAY)
    assert all(enters(connection, one.login, one.password, NOW + DAY) for one in again)
    codes = {one.role: one.regions for one in again[: len(DEMO_ROLES)]}
    assert codes[Role.GRID_MEMBER] == codes[Role.COMMUNITY_CLERK] == ("A",)
    assert codes[Role.DISPATCHER] == ()


def test_disabled_demo_accounts_no_longer_count(connection: Connection):
    for one in demo_accounts(connection, CHEAP, NOW):
        workflow.disable(connection, one.login, NOW)

    assert not accounts.demo_accounts_exist(connection)


def test_the_migration_of_one_time_passwords_goes_back_and_forth(cluster, own_database):
    from alembic import command

    from migrations import config, head

    made_config = config(cluster.server.url(OWNER, own_database))
    command.downgrade(made_config, "0001")
    command.upgrade(made_config, head())
    command.check(made_config)
