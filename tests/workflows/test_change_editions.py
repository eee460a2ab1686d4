"""An edition on its way: accepted by name, approved step by step, in force on its day, undone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import Connection, text

from gis.accounts import Grant, Role
from gis.editions import ApprovalStep, EditionState
from gis.errors import BadBoundaries, BadInput, Conflict, GridError, NotAllowed, NotFound
from gis.model import AsOf, BoundaryFile, BoundaryRow, FaultKind
from gis.store import (
    accounts,
    approvals,
    edition_findings,
    edition_life,
    edition_lock,
    editions,
    grants,
    levels,
    regions,
)
from gis.store.activation import activate
from gis.store.database import connect_engine
from gis.store.edition_life import EditionFacts, facts_of
from gis.store.editions import EditionScope, NewEdition
from gis.store.roles import APP
from gis.workflows.change_editions import (
    Decision,
    accept_faults,
    activate_edition,
    activate_next,
    approve,
    judge_next,
    open_editions_beside,
    schedule,
    undo_edition,
    withdraw,
)
from gis.workflows.import_boundaries import Keep, Wanted, import_boundaries
from gis.workflows.judge_edition import judge_edition
from tests.makers import LONG_AGO, NOW, TODAY, keep
from tests.sketch import sketch

NEW_YEAR = date(2027, 1, 1)
ON_THE_DAY = NOW + timedelta(days=60)
YESTERDAY = NOW - timedelta(days=1)
BELOW = {"C": "S", "D": "S", "E": "T"}


def a_town(connection: Connection) -> None:
    keep(connection, sketch("S S T"), level="subdistrict", edition="街道", now=YESTERDAY)
    rows = sketch("C D E", parents=BELOW)
    keep(connection, rows, level="community", edition="社区", now=YESTERDAY)


def draft(
    connection: Connection, rows: list[BoundaryRow], name: str = "draft", **more: object
) -> EditionFacts:
    """A judged draft of communities, of today unless said otherwise."""
    usual: dict[str, object] = {"valid_from": TODAY.valid_on, "root_id": None}
    said = usual | more
    level = levels.level_of(connection, "community")
    scope = EditionScope(level.id, said["root_id"], said["valid_from"])
    new = NewEdition(name, scope, "a test", "0", "EPSG:4490")
    edition_id = editions.keep_draft(connection, new, rows)
    judge_edition(connection, facts_of(connection, edition_id=edition_id))
    return facts_of(connection, edition_id=edition_id)


def again(connection: Connection, edition: EditionFacts) -> EditionFacts:
    return facts_of(connection, edition_id=edition.id)


def somebody(connection: Connection, login: str, *held: Grant) -> int:
    before = NOW - timedelta(days=1)
    account_id = accounts.add_account(
        connection, login, f"{login} 的姓名", None, password_expires_at=None, now=before
    )
    for grant in held:
        grants.add_grant(connection, account_id, grant, since=before, until=None)
    return account_id


def refused(kind: type[GridError], key: str, do, *args, **more) -> GridError:
    with pytest.raises(kind) as error:
        do(*args, **more)
    assert error.value.key == key
    return error.value


def test_a_draft_says_what_it_changes_with_areas(connection):
    a_town(connection)
    rows = sketch(". E E\nC C F", parents={"C": "S", "E": "T", "F": "S"}, names={"C": "新社区"})
    found = draft(connection, rows)
    changes = {
        one.code: one for _, one in edition_findings.kept_changes(connection, found.id, most=100)
    }
    assert {code: one.changes for code, one in changes.items()} == {
        "C": ("moved", "renamed"),
        "D": ("ended",),
        "E": ("moved",),
        "F": ("added",),
    }
    square = changes["F"].m2_after
    assert square == pytest.approx(1_073_000, rel=0.01)
    grown = changes["C"]
    assert (grown.name_before, grown.name_after) == (None, "新社区")
    assert grown.m2_before == pytest.approx(square, rel=1e-4)
    assert grown.m2_after == pytest.approx(2 * square, rel=1e-4)
    assert grown.m2_gained == pytest.approx(square, rel=1e-4)
    assert grown.m2_lost == pytest.approx(0, abs=1e-6)
    assert changes["E"].m2_gained == pytest.approx(2 * square, rel=1e-3)
    assert changes["D"].m2_lost == pytest.approx(square, rel=1e-3)
    assert changes["D"].m2_after is None
    assert edition_findings.change_counts(connection, found.id) == {
        "added": 1,
        "moved": 2,
        "renamed": 1,
        "ended": 1,
    }


def test_a_draft_with_open_faults_goes_nowhere_until_each_is_accepted_by_name(connection):
    a_town(connection)
    planner = somebody(connection, "li.na", Grant(Role.PLANNER))
    found = draft(connection, sketch("C . E", parents={"C": "S", "E": "T"}))
    fault = edition_findings.kept_faults(connection, found.id)[0]
    assert fault.fault.kind is FaultKind.GAP
    refused(Conflict, "error.faults_open", activate_edition, connection, found, NOW)
    refused(
        NotFound,
        "error.fault_not_found",
        accept_faults,
        connection,
        found,
        ["0"],
        why="-",
        account_id=planner,
        now=NOW,
    )
    why = "水库，不属任何社区"
    left = accept_faults(connection, found, [fault.key], why=why, account_id=planner, now=NOW)
    assert left == 0
    activate_edition(connection, again(connection, found), NOW)
    kept = edition_findings.kept_faults(connection, found.id)
    assert [(one.why, one.accepted_by) for one in kept] == [(why, "li.na 的姓名")]


def test_a_fault_that_makes_an_edition_ambiguous_is_accepted_by_nobody(connection):
    a_town(connection)
    planner = somebody(connection, "li.na", Grant(Role.PLANNER))
    found = draft(connection, sketch("C D E", parents={"C": "X", "D": "S", "E": "T"}))
    (fault,) = edition_findings.kept_faults(connection, found.id)
    refused(
        BadInput,
        "error.fault_unacceptable",
        accept_faults,
        connection,
        found,
        [fault.key],
        why="-",
        account_id=planner,
        now=NOW,
    )


def test_only_a_planner_over_its_root_accepts_schedules_and_withdraws(connection):
    a_town(connection)
    root = regions.region_id_of(connection, "subdistrict", "S", TODAY)
    elsewhere = regions.region_id_of(connection, "subdistrict", "T", TODAY)
    stranger = somebody(connection, "wang.wei", Grant(Role.PLANNER, elsewhere))
    clerk = somebody(connection, "zhao.min", Grant(Role.COMMUNITY_CLERK))
    own = somebody(connection, "li.na", Grant(Role.PLANNER, root))
    found = draft(connection, sketch("C C", parents={"C": "S"}), root_id=root)
    for account in (stranger, clerk):
        refused(
            NotAllowed,
            "error.edition_not_yours",
            schedule,
            connection,
            found,
            NOW,
            account_id=account,
        )
        refused(NotAllowed, "error.edition_not_yours", withdraw, connection, found, account, NOW)
    schedule(connection, found, NOW, account_id=own)
    assert again(connection, found).state is EditionState.SCHEDULED


# ---- approvals ----------------------------------------------------------------------------------


STEPS = (
    ApprovalStep(1, "propose", "社区提", Role.COMMUNITY_CLERK, "community"),
    ApprovalStep(2, "review", "街道审", Role.PLANNER, "subdistrict"),
    ApprovalStep(3, "approve", "区县批", Role.PLANNER, "county"),
)


def three_steps(connection: Connection) -> None:
    for step in STEPS:
        level = levels.level_of(connection, step.level)
        approvals.add_approval_step(connection, step, level.id)


def decided(step: str, on: date = TODAY.valid_on) -> Decision:
    return Decision(step, f"〔2026〕{step}号", on)


def test_a_draft_keeps_the_steps_it_began_with(connection):
    a_town(connection)
    approvals.add_approval_step(connection, ApprovalStep(1, "review", "审", Role.PLANNER), None)
    county = somebody(connection, "county", Grant(Role.PLANNER))
    found = draft(connection, sketch("C C E", parents={"C": "S", "E": "T"}))
    approvals.drop_approval_step(connection, "review")
    approvals.add_approval_step(connection, ApprovalStep(1, "sign", "批", Role.PLANNER), None)
    refused(
        NotFound,
        "error.approval_step_not_found",
        approve,
        connection,
        found,
        decided("sign"),
        county,
        NOW,
    )
    assert approve(connection, found, decided("review"), county, NOW) is True
    later = draft(connection, sketch("C C E", parents={"C": "S", "E": "T"}), "later")
    assert [one.code for one in approvals.steps_of(connection, later.id)] == ["sign"]


def test_three_steps_in_order_by_three_accounts_schedule_an_edition(connection):
    a_town(connection)
    three_steps(connection)
    keep(connection, sketch("K K K"), level="county", edition="区县")
    root = regions.region_id_of(connection, "subdistrict", "S", TODAY)
    clerk = somebody(connection, "clerk", Grant(Role.COMMUNITY_CLERK, root))
    street = somebody(connection, "street", Grant(Role.PLANNER, root))
    county = somebody(connection, "county", Grant(Role.PLANNER))
    found = draft(connection, sketch("C C", parents={"C": "S"}), root_id=root)
    refused(
        Conflict,
        "error.approval_before",
        approve,
        connection,
        found,
        decided("review"),
        street,
        NOW,
    )
    assert approve(connection, found, decided("propose"), clerk, NOW) is False
    refused(
        Conflict, "error.approval_taken", approve, connection, found, decided("propose"), clerk, NOW
    )
    approve(connection, found, decided("review"), county, NOW)
    refused(
        NotAllowed,
        "error.approval_not_yours",
        approve,
        connection,
        found,
        decided("approve"),
        street,
        NOW,
    )
    refused(
        Conflict, "error.approval_own", approve, connection, found, decided("approve"), county, NOW
    )
    refused(Conflict, "error.approvals_missing", activate_edition, connection, found, NOW)
    other = somebody(connection, "other", Grant(Role.PLANNER))
    assert approve(connection, found, decided("approve"), other, NOW) is True
    assert again(connection, found).state is EditionState.SCHEDULED
    assert activate_next(connection, NOW) == 1
    assert again(connection, found).state is EditionState.ACTIVE
    kept = approvals.approvals_of(connection, found.id)
    assert {(one.step, one.login, one.document_no) for one in kept} == {
        ("propose", "clerk", "〔2026〕propose号"),
        ("review", "county", "〔2026〕review号"),
        ("approve", "other", "〔2026〕approve号"),
    }


def test_a_role_over_a_community_takes_no_step_of_the_county(connection):
    a_town(connection)
    three_steps(connection)
    community = regions.region_id_of(connection, "community", "C", TODAY)
    planner = somebody(connection, "li.na", Grant(Role.PLANNER, community))
    assert approvals.holds_role_over(connection, planner, Role.PLANNER, community, NOW)
    assert not approvals.holds_role_over(
        connection, planner, Role.PLANNER, community, NOW, at_level="subdistrict"
    )
    over_all = somebody(connection, "wang.wei", Grant(Role.PLANNER))
    assert approvals.holds_role_over(
        connection, over_all, Role.PLANNER, community, NOW, at_level="county"
    )
    later = NOW - timedelta(days=10)
    assert not approvals.holds_role_over(connection, over_all, Role.PLANNER, community, later)


def test_nothing_is_approved_with_open_faults_or_decided_tomorrow(connection):
    a_town(connection)
    three_steps(connection)
    clerk = somebody(connection, "clerk", Grant(Role.COMMUNITY_CLERK))
    found = draft(connection, sketch("C . E", parents={"C": "S", "E": "T"}))
    refused(
        Conflict, "error.faults_open", approve, connection, found, decided("propose"), clerk, NOW
    )
    tomorrow = TODAY.valid_on + timedelta(days=1)
    refused(
        BadInput,
        "error.decided_in_future",
        approve,
        connection,
        found,
        decided("propose", tomorrow),
        clerk,
        NOW,
    )


def test_an_approval_can_be_neither_changed_nor_deleted(connection):
    for statement in ("UPDATE edition_approval SET step = ''", "DELETE FROM edition_approval"):
        with pytest.raises(Exception, match="permission denied"), connection.begin_nested():
            connection.execute(text(statement))


def test_a_withdrawn_edition_that_somebody_approved_stays_on_record(connection):
    a_town(connection)
    three_steps(connection)
    clerk = somebody(connection, "clerk", Grant(Role.COMMUNITY_CLERK))
    planner = somebody(connection, "li.na", Grant(Role.PLANNER))
    found = draft(connection, sketch("C D E", parents=BELOW))
    approve(connection, found, decided("propose"), clerk, NOW)
    withdraw(connection, found, planner, NOW)
    assert again(connection, found).state is EditionState.WITHDRAWN
    assert len(approvals.approvals_of(connection, found.id)) == 1
    refused(
        Conflict,
        "error.edition_withdrawn",
        activate_edition,
        connection,
        again(connection, found),
        NOW,
    )


# ---- the day ------------------------------------------------------------------------------------


def test_an_edition_of_a_day_to_come_waits_for_it_and_a_late_one_is_made_up_for(connection):
    a_town(connection)
    moved = sketch("C C E", parents={"C": "S", "E": "T"})
    found = draft(connection, moved, valid_from=NEW_YEAR)
    assert activate_edition(connection, found, NOW) is None
    assert activate_next(connection, NOW) == 0
    assert regions.region_facts(connection, "community", "D", TODAY).valid_to is None
    assert activate_next(connection, ON_THE_DAY) == 1
    assert activate_next(connection, ON_THE_DAY) == 0
    assert (
        regions.region_facts(
            connection, "community", "D", AsOf(TODAY.valid_on, ON_THE_DAY)
        ).valid_to
        == NEW_YEAR
    )
    assert again(connection, found).activated_at == ON_THE_DAY


def test_an_import_of_a_day_to_come_is_scheduled_by_the_same_command(connection):
    a_town(connection)
    read = BoundaryFile(sketch("C C E"), "EPSG:4490", "EPSG:4490", "0" * 64, "town.gpkg")
    wanted = Wanted("community", "明年", NEW_YEAR, keep=Keep.ACTIVE)
    assert import_boundaries(connection, read, wanted, NOW).kept is Keep.SCHEDULED
    assert facts_of(connection, name="明年").state is EditionState.SCHEDULED


def test_with_approvals_wanted_an_import_is_not_put_in_force_at_once(connection):
    a_town(connection)
    three_steps(connection)
    read = BoundaryFile(sketch("C C E"), "EPSG:4490", "EPSG:4490", "0" * 64, "town.gpkg")
    wanted = Wanted("community", "now", TODAY.valid_on, keep=Keep.ACTIVE)
    error = refused(
        Conflict, "error.approvals_missing", import_boundaries, connection, read, wanted, NOW
    )
    assert "社区提" in str(error.values["steps"])


def test_what_keeps_a_scheduled_edition_out_is_written_down_and_the_next_one_goes_on(connection):
    a_town(connection)
    first = draft(connection, sketch("C C E", parents={"C": "S", "E": "T"}), "first")
    later = draft(connection, sketch("C D E", parents=BELOW, names={"C": "新"}), "later")
    schedule(connection, first, NOW)
    schedule(connection, later, NOW)
    keep(connection, sketch("1 2 3", parents={"1": "C", "2": "D", "3": "E"}), edition="网格")
    assert [activate_next(connection, NOW) for _ in range(3)] == [1, 1, 0]
    failed = again(connection, first)
    assert (failed.state, failed.failure[0]) == (EditionState.SCHEDULED, "error.bad_boundaries")
    assert again(connection, later).state is EditionState.ACTIVE
    assert activate_next(connection, NOW + timedelta(minutes=1)) == 1, "it is tried again"


def test_an_edition_judged_against_older_boundaries_is_judged_again_before_it_is_in_force(
    connection,
):
    a_town(connection)
    found = draft(connection, sketch("C D E", parents=BELOW))
    of_one = sketch("C D E", parents=dict.fromkeys("CDE", "S"))
    keep(connection, of_one, level="community", edition="社区二", valid_from=TODAY.valid_on)
    only = sketch("S S S")
    keep(connection, only, level="subdistrict", edition="街道二", valid_from=TODAY.valid_on)
    stale = again(connection, found)
    assert not stale.judged
    with pytest.raises(BadBoundaries) as refusal, connection.begin_nested():
        activate_edition(connection, stale, NOW)
    assert {one.kind for one in refusal.value.faults} == {FaultKind.UNKNOWN_PARENT}
    assert judge_next(connection, NOW) == 1
    assert judge_next(connection, NOW) == 0
    assert again(connection, found).judged


def test_the_second_of_two_drafts_on_one_subtree_is_told(connection):
    a_town(connection)
    south, east = (regions.region_id_of(connection, "subdistrict", c, TODAY) for c in "ST")
    first = draft(connection, sketch("C D .", parents=BELOW), "first", root_id=south)
    assert open_editions_beside(connection, first.id) == []
    apart = draft(connection, sketch(". . E", parents=BELOW), "apart", root_id=east)
    assert open_editions_beside(connection, apart.id) == []
    over_both = draft(connection, sketch("C D E", parents=BELOW), "both")
    assert open_editions_beside(connection, over_both.id) == ["first", "apart"]
    read = BoundaryFile(sketch("C D E"), "EPSG:4490", "EPSG:4490", "0" * 64, "town.gpkg")
    wanted = Wanted("community", "third", TODAY.valid_on, keep=Keep.DRAFT)
    assert import_boundaries(connection, read, wanted, NOW).beside == ("first", "apart", "both")


def test_an_activation_waits_for_intake_only_so_long_and_says_so(cluster, own_database):
    engine = connect_engine(cluster.url(APP, own_database), pool_size=2)
    with engine.begin() as connection:
        a_town(connection)
        draft(connection, sketch("C C E", parents={"C": "S", "E": "T"}))
    shared = text(f"SELECT pg_advisory_xact_lock_shared({edition_lock.EDITION_LOCK})")
    with engine.connect() as intake, engine.connect() as one:
        intake.execute(shared)
        with pytest.raises(Conflict) as late:
            activate(one, "draft", NOW, patience_s=0.2)
        assert late.value.key == "error.editions_held"
        one.rollback()
        intake.rollback()
        activate(one, "draft", NOW, patience_s=0.2)
    engine.dispose()


def test_an_activation_that_another_one_overtook_is_refused(cluster, own_database):
    engine = connect_engine(cluster.url(APP, own_database), pool_size=2)
    with engine.begin() as connection:
        a_town(connection)
        judged = draft(connection, sketch("C C E", parents={"C": "S", "E": "T"}))
    with engine.connect() as one:
        with engine.begin() as other:
            keep(other, sketch("1 1 1"), edition="网格")
        with pytest.raises(Conflict) as overtaken:
            activate(one, "draft", NOW, judged_version=judged.judged_version)
        assert overtaken.value.key == "error.edition_overtaken"
    engine.dispose()


# ---- another code, and back ---------------------------------------------------------------------


def test_a_region_gets_another_code_and_stays_the_same_region(connection):
    a_town(connection)
    identity = regions.region_id_of(connection, "community", "C", TODAY)
    rows = [
        replace(row, code="X", region_id=identity) if row.code == "C" else row
        for row in sketch("C D E", parents=BELOW)
    ]
    found = draft(connection, rows)
    comparison = activate_edition(connection, found, NOW)
    assert (comparison.recoded, comparison.unchanged) == (("X",), 2)
    assert regions.region_id_of(connection, "community", "X", TODAY) == identity
    assert regions.region_id_of(connection, "community", "C", AsOf(LONG_AGO, NOW)) == identity
    with pytest.raises(NotFound):
        regions.region_id_of(connection, "community", "C", TODAY)


def test_two_regions_change_codes_with_each_other(connection):
    a_town(connection)
    ids = {c: regions.region_id_of(connection, "community", c, TODAY) for c in "CD"}
    other = {"C": "D", "D": "C"}
    rows = [
        replace(row, code=other[row.code], region_id=ids[row.code]) if row.code in ids else row
        for row in sketch("C D E", parents=BELOW)
    ]
    activate_edition(connection, draft(connection, rows), NOW)
    assert regions.region_id_of(connection, "community", "D", TODAY) == ids["C"]
    assert regions.region_id_of(connection, "community", "C", TODAY) == ids["D"]


def test_a_code_that_a_region_outside_keeps_is_a_fault(connection):
    a_town(connection)
    root = regions.region_id_of(connection, "subdistrict", "S", TODAY)
    identity = regions.region_id_of(connection, "community", "C", TODAY)
    rows = [
        replace(row, code="E", region_id=identity) if row.code == "C" else row
        for row in sketch("C D .", parents=BELOW)
    ]
    found = draft(connection, rows, root_id=root)
    kinds = [one.fault.kind for one in edition_findings.kept_faults(connection, found.id)]
    assert kinds == [FaultKind.CODE_TAKEN]


def test_an_undone_edition_gives_back_shapes_names_parents_and_the_same_regions(connection):
    a_town(connection)
    before = {code: regions.region_facts(connection, "community", code, TODAY) for code in "CDE"}
    rows = sketch("C C F", parents={"C": "S", "F": "T"}, names={"C": "新名"})
    wrong = draft(connection, rows, "wrong")
    activate_edition(connection, wrong, NOW)
    wrong = again(connection, wrong)
    later = NOW + timedelta(hours=1)
    back_id = undo_edition(connection, wrong, "back", valid_from=TODAY.valid_on, now=later)
    back = facts_of(connection, edition_id=back_id)
    assert back.undoes == "wrong"
    assert edition_findings.kept_faults(connection, back_id) == []
    activate_edition(connection, back, later)
    as_of = AsOf(TODAY.valid_on, later)
    for code, facts in before.items():
        now = regions.region_facts(connection, "community", code, as_of)
        assert (now.id, now.name, now.area_m2) == (facts.id, facts.name, facts.area_m2)
        assert [a.id for a in now.ancestors] == [a.id for a in facts.ancestors]
    with pytest.raises(NotFound):
        regions.region_facts(connection, "community", "F", as_of)
    told = AsOf(TODAY.valid_on, NOW + timedelta(minutes=1))
    assert regions.region_facts(connection, "community", "C", told).name == "新名"


def test_an_undone_first_drawing_leaves_regions_without_shapes_again(connection):
    plain = [BoundaryRow(n, code) for n, code in enumerate("CD", start=1)]
    keep(connection, plain, level="community", edition="list", now=YESTERDAY)
    keep(
        connection,
        sketch("C D"),
        level="community",
        edition="shapes",
        valid_from=date(2024, 1, 1),
        now=NOW,
    )
    shapes = facts_of(connection, name="shapes")
    later = NOW + timedelta(hours=1)
    undo_edition(connection, shapes, "back", valid_from=date(2024, 1, 1), now=later)
    with pytest.raises(Conflict) as early:
        undo_edition(connection, shapes, "back", valid_from=date(2024, 1, 1), now=later)
    assert early.value.key == "error.edition_exists"
    activate_edition(connection, facts_of(connection, name="back"), later)
    as_of = AsOf(TODAY.valid_on, later)
    assert regions.region_facts(connection, "community", "C", as_of).area_m2 is None


def test_an_undone_edition_is_as_rough_as_the_shapes_it_gives_back_and_no_rougher(connection):
    a_town(connection)
    rough = text("UPDATE edition SET precision_m = :m WHERE name = :name")
    connection.execute(rough, {"m": 30, "name": "社区"})
    rows = sketch("C C E", parents={"C": "S", "E": "T"})
    activate_edition(connection, draft(connection, rows, "exact"), NOW)
    later = NOW + timedelta(hours=1)
    exact = facts_of(connection, name="exact")
    undo_edition(connection, exact, "back", valid_from=TODAY.valid_on, now=later)
    assert precision(connection, "back") == 30
    withdrawn = facts_of(connection, name="back")
    editions.drop_draft(connection, withdrawn.name)

    connection.execute(rough, {"m": 0, "name": "社区"})
    connection.execute(rough, {"m": 30, "name": "exact"})
    undo_edition(connection, exact, "back", valid_from=TODAY.valid_on, now=later)
    assert precision(connection, "back") == 0, "the rough lines are those that go"


def precision(connection: Connection, name: str) -> float:
    asked = text("SELECT precision_m FROM edition WHERE name = :name")
    return connection.execute(asked, {"name": name}).scalar_one()


def test_only_the_last_edition_of_a_subtree_is_undone_and_not_before_its_day(connection):
    a_town(connection)
    first = facts_of(connection, name="社区")
    keep(
        connection,
        sketch("C D E", parents=BELOW, names={"C": "新"}),
        level="community",
        edition="later",
        valid_from=date(2025, 1, 1),
        now=NOW + timedelta(minutes=1),
    )
    error = refused(
        Conflict,
        "error.undo_order",
        undo_edition,
        connection,
        first,
        "back",
        valid_from=TODAY.valid_on,
        now=NOW,
    )
    assert error.values["later"] == "later"
    refused(
        BadInput,
        "error.undo_too_early",
        undo_edition,
        connection,
        facts_of(connection, name="later"),
        "back",
        valid_from=date(2024, 12, 31),
        now=NOW,
    )


def test_what_was_accepted_and_kept_open_is_found_again_by_its_key(connection):
    a_town(connection)
    planner = somebody(connection, "li.na", Grant(Role.PLANNER))
    found = draft(connection, sketch("C . E", parents={"C": "S", "E": "T"}))
    (fault,) = edition_findings.kept_faults(connection, found.id)
    accept_faults(connection, found, [fault.key], why="湖", account_id=planner, now=NOW)
    keep(connection, sketch("1 . 3", parents={"1": "C", "3": "E"}), edition="网格")
    judge_next(connection, NOW)
    assert edition_findings.open_fault_count(connection, found.id) == 0
    assert edition_life.next_unjudged(connection) is None
