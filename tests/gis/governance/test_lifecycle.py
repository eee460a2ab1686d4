"""The table of steps: what leads where, who may, what it demands."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.errors import BadInput, Conflict, GridError, NotAllowed
from gis.governance.classify import Route
from gis.governance.lifecycle import FIRST_STATE, allowed, next_steps
from gis.governance.step_table import OPEN, RULES
from gis.governance.steps import HOLDS, Actor, Condition, Facts, Input, Step
from gis.matters import ClockKind, Deliberable, MatterClass, MatterState, PrivateWay

S = MatterState
ALL = frozenset(Input)
INTAKE, ACKNOWLEDGE, UNIT, WHOLE = ClockKind
STRINGS = Path(__file__).parents[3] / "maps" / "strings"
UNDISPATCHED = {INTAKE, WHOLE}
RUNNING = {
    S.TRIAGE: UNDISPATCHED,
    S.PROPOSED: UNDISPATCHED,
    S.RETURNED: UNDISPATCHED,
    S.REOPENED: UNDISPATCHED,
    S.DISPATCHED: {ACKNOWLEDGE, UNIT, WHOLE},
    S.ACKNOWLEDGED: {UNIT, WHOLE},
    S.HANDLED: {WHOLE},
    S.VERIFIED: {WHOLE},
    S.REFERRED: {WHOLE},
    S.REPLIED: set(),
    S.CLOSED: set(),
    S.CANCELLED: set(),
    S.MERGED: set(),
}
"""Which clocks haven't stopped in each state."""


def facts(*actors: Actor, **changes) -> Facts:
    """A decided major matter with nothing in its way."""
    usual = {
        "matter_class": MatterClass.MAJOR,
        "item_published": True,
        "named_in_full": True,
        "target_open": True,
        "levels_up": 1,
    }
    return Facts(actor=frozenset(actors), **(usual | changes))


def refused(state, step, facts, given=ALL) -> str:
    with pytest.raises(GridError) as caught:
        allowed(state, step, facts, given)
    return caught.value.key


some_facts = st.builds(
    Facts,
    actor=st.frozensets(st.sampled_from(Actor)),
    matter_class=st.none() | st.sampled_from(MatterClass),
    deliberable=st.sampled_from(Deliberable),
    private_way=st.none() | st.sampled_from(PrivateWay),
    waiting_reporters=st.integers(0, 2),
    levels_up=st.integers(-1, 2),
    **{
        name: st.booleans()
        for name in (
            *("item_published", "auto", "negative", "conduct", "actor_handled", "named_in_full"),
            *("returned_before", "on_the_spot", "deliberated", "appraised", "paused"),
            *("handler_self_governing", "handler_is_reporter", "target_open"),
        )
    },
)
states = st.sampled_from(MatterState)
steps = st.sampled_from(Step)


# ---- the table ----------------------------------------------------------------------------------


def test_the_usual_life_goes_from_proposed_to_closed():
    way = [
        (Step.DISPATCH, Actor.DISPATCHER, S.DISPATCHED),
        (Step.ACKNOWLEDGE, Actor.HANDLER, S.ACKNOWLEDGED),
        (Step.HANDLE, Actor.HANDLER, S.HANDLED),
        (Step.VERIFY, Actor.GRID_MEMBER, S.VERIFIED),
        (Step.REPLY, Actor.DISPATCHER, S.REPLIED),
        (Step.CLOSE, Actor.DISPATCHER, S.CLOSED),
    ]
    state = FIRST_STATE[Route.HANDLER]
    for step, actor, leads_to in way:
        state = allowed(state, step, facts(actor), ALL).to
        assert state is leads_to


@given(states, steps, some_facts)
def test_at_most_one_row_answers(state, step, some):
    answering = [
        rule
        for rule in RULES
        if rule.step is step and state in rule.from_states and (not rule.when or rule.when(some))
    ]
    assert len(answering) <= 1


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.step}-{rule.to}")
def test_a_row_moves_exactly_the_clocks_that_its_states_have(rule):
    for state in rule.from_states:
        after = (RUNNING[state] - set(rule.stops)) | set(rule.starts)
        if rule.step not in (Step.PAUSE, Step.RESUME):
            after |= set(rule.resumes)
        assert after == RUNNING[rule.to or state]
        assert not set(rule.starts) & (RUNNING[state] - set(rule.stops))


def test_every_state_is_reached_and_every_open_one_can_be_left_for_an_end():
    leads = {(state, rule.to) for rule in RULES if rule.to for state in rule.from_states}
    reached = set(FIRST_STATE.values())
    ending = {S.CLOSED}
    for _ in MatterState:
        reached |= {to for state, to in leads if state in reached}
        ending |= {state for state, to in leads if to in ending}

    assert reached == set(MatterState)
    assert ending >= set(MatterState) - {S.MERGED}


def test_nothing_leaves_a_merged_matter_and_only_reopening_leaves_a_closed_one():
    assert not [rule for rule in RULES if S.MERGED in rule.from_states]
    assert {rule.step for rule in RULES if S.CLOSED in rule.from_states} == {Step.REOPEN}


def test_every_word_of_the_table_has_its_sentence_in_both_languages():
    wanted = {
        *(f"state.{one}" for one in MatterState),
        *(f"{kind}.{one}" for kind in ("step", "error.not_now", "error.not_yours") for one in Step),
        *(f"error.needs.{one}" for one in Input),
        *(f"error.blocked.{one}" for one in Condition),
    }
    for language in ("zh-CN", "en"):
        sentences = json.loads((STRINGS / f"{language}.json").read_text(encoding="utf-8"))
        assert wanted <= sentences.keys()


def test_every_condition_is_judged_and_used():
    assert HOLDS.keys() == set(Condition)
    assert {one for rule in RULES for one in rule.conditions} == set(Condition)
    assert {rule.step for rule in RULES} == set(Step)


# ---- who may do what, written out a second time -------------------------------------------------

WHO = """
    classify    | dispatcher clerk                      | list_item
    set_aside   | dispatcher clerk                      | reason
    dispatch    | dispatcher clerk system               | handler
    acknowledge | handler                               | section_and_person
    return      | handler                               | return_reason counter_proposal
    deliberate  | handler clerk                         | resolution
    handle      | handler                               | result
    settle      | grid_member clerk                     | result
    verify      | grid_member dispatcher clerk          |
    rework      | grid_member dispatcher clerk          | reason
    reply       | grid_member dispatcher clerk handler  |
    appraise    | dispatcher clerk reporter             | appraisal
    close       | dispatcher clerk                      |
    reopen      | dispatcher clerk reporter             | reason
    cancel      | dispatcher clerk                      | reason
    merge       | dispatcher clerk                      | target
    refer       | grid_member dispatcher clerk handler  | reason
    send_back   | discipline                            | reason
    conclude    | discipline                            | result
    escalate    | grid_member dispatcher clerk handler  | reason
    extend      | dispatcher                            | reason limit
    pause       | dispatcher clerk                      | reason
    resume      | dispatcher clerk system               |
"""
TABLE = [[cell.split() for cell in line.split("|")] for line in WHO.strip().splitlines()]
TO_DELIBERATE = {"matter_class": MatterClass.MINOR, "deliberable": Deliberable.YES}


def fit_for(step: Step, *actors: Actor) -> Facts:
    """Facts under which nothing stands in the way of a step."""
    small = TO_DELIBERATE if step in (Step.DELIBERATE, Step.SETTLE) else {}
    return facts(*actors, auto=True, paused=step is Step.RESUME, **small)


def first_states(step: Step) -> list[MatterState]:
    """The states in which the first row of a step answers."""
    return sorted(next(rule for rule in RULES if rule.step is step).from_states)


@pytest.mark.parametrize(("step", "who", "gives"), TABLE, ids=[row[0][0] for row in TABLE])
def test_exactly_these_may_take_a_step_and_must_give_exactly_this(step, who, gives):
    step, may, gives = Step(step[0]), set(map(Actor, who)), set(map(Input, gives))

    for state, actor in product(first_states(step), Actor):
        if actor in may:
            assert allowed(state, step, fit_for(step, actor), gives)
        else:
            assert refused(state, step, fit_for(step, actor)) == f"error.not_yours.{step}"
    for state, one in product(first_states(step), gives):
        some = fit_for(step, *may)
        assert refused(state, step, some, gives - {one}) == f"error.needs.{one}"


def test_the_written_table_names_every_step():
    assert [Step(step[0]) for step, _, _ in TABLE] == list(Step)


def test_the_second_rows_of_a_step_demand_no_less():
    desk = facts(Actor.CLERK)
    assert refused(S.DISPATCHED, Step.CLASSIFY, desk, {Input.LIST_ITEM}) == "error.needs.reason"
    assert refused(S.DISPATCHED, Step.CLASSIFY, desk, {Input.REASON}) == "error.needs.list_item"

    on_the_spot = facts(Actor.CLERK, on_the_spot=True)
    assert refused(S.HANDLED, Step.REWORK, on_the_spot, set()) == "error.needs.reason"
    assert refused(S.HANDLED, Step.REWORK, replace(on_the_spot, actor_handled=True)) == (
        "error.blocked.other_person"
    )

    resolved = facts(Actor.HANDLER, deliberated=True)
    assert refused(S.ACKNOWLEDGED, Step.DELIBERATE, resolved) == "error.blocked.deliberable"
    again = facts(Actor.HANDLER, deliberated=True, **TO_DELIBERATE)
    assert refused(S.ACKNOWLEDGED, Step.DELIBERATE, again, set()) == "error.needs.resolution"

    complaint = facts(Actor.REPORTER, conduct=True)
    assert refused(S.CLOSED, Step.REOPEN, complaint, set()) == "error.needs.reason"


@pytest.mark.parametrize(
    ("state", "step", "changes", "may"),
    [
        (S.ACKNOWLEDGED, Step.CLASSIFY, {}, {Actor.DISPATCHER, Actor.CLERK}),
        (S.ACKNOWLEDGED, Step.DELIBERATE, {"deliberated": True}, {Actor.HANDLER, Actor.CLERK}),
        (
            S.HANDLED,
            Step.REWORK,
            {"on_the_spot": True},
            {Actor.GRID_MEMBER, Actor.DISPATCHER, Actor.CLERK},
        ),
        (S.CLOSED, Step.REOPEN, {"conduct": True}, {Actor.DISCIPLINE, Actor.REPORTER}),
    ],
)
def test_the_second_rows_of_a_step_are_for_exactly_these(state, step, changes, may):
    for actor in Actor:
        some = facts(actor, **(TO_DELIBERATE if step is Step.DELIBERATE else {}), **changes)
        if actor in may:
            assert allowed(state, step, some, ALL)
        else:
            assert refused(state, step, some) == f"error.not_yours.{step}"


def test_the_whole_clock_follows_the_item_when_the_class_or_the_way_changes():
    restating = {rule.step for rule in RULES if rule.restates}

    assert restating == {Step.CLASSIFY, Step.REFER, Step.SEND_BACK}
    assert all(rule.restates for rule in RULES if rule.step is Step.CLASSIFY)


def test_a_clock_is_paused_once_and_resumed_when_paused():
    desk = facts(Actor.CLERK)

    assert refused(S.DISPATCHED, Step.RESUME, desk) == "error.blocked.paused"
    assert refused(S.DISPATCHED, Step.PAUSE, replace(desk, paused=True)) == "error.blocked.running"
    resolving = facts(Actor.HANDLER, paused=True, **TO_DELIBERATE)
    assert refused(S.ACKNOWLEDGED, Step.DELIBERATE, resolving) == "error.blocked.running"


def test_what_must_hold_when_it_is_handled_must_still_hold_when_it_is_closed():
    desk = facts(Actor.CLERK, named_in_full=False)

    assert refused(S.REPLIED, Step.CLOSE, desk) == "error.blocked.named_in_full"


def test_nothing_is_settled_on_the_spot_before_its_class_is_decided_by_a_list():
    member = facts(Actor.GRID_MEMBER, item_published=False, **TO_DELIBERATE)

    assert refused(S.PROPOSED, Step.SETTLE, member) == "error.blocked.decided"


# ---- order of refusals --------------------------------------------------------------------------


def test_what_comes_first_is_told_first():
    clumsy = facts(Actor.REPORTER, actor_handled=True)

    assert refused(S.PROPOSED, Step.REWORK, clumsy, set()) == "error.not_now.rework"
    assert refused(S.HANDLED, Step.REWORK, clumsy, set()) == "error.not_yours.rework"
    clumsy = replace(clumsy, actor=frozenset({Actor.CLERK}))
    assert refused(S.HANDLED, Step.REWORK, clumsy, set()) == "error.blocked.other_person"
    clumsy = replace(clumsy, actor_handled=False)
    assert refused(S.HANDLED, Step.REWORK, clumsy, set()) == "error.needs.reason"
    assert allowed(S.HANDLED, Step.REWORK, clumsy, {Input.REASON}).to is S.ACKNOWLEDGED


def test_each_refusal_is_of_the_kind_that_the_door_answers_with():
    with pytest.raises(Conflict):
        allowed(S.CLOSED, Step.HANDLE, facts(Actor.HANDLER))
    with pytest.raises(NotAllowed):
        allowed(S.ACKNOWLEDGED, Step.HANDLE, facts(Actor.CLERK))
    with pytest.raises(NotAllowed):
        allowed(S.HANDLED, Step.VERIFY, facts(Actor.CLERK, actor_handled=True))
    with pytest.raises(BadInput):
        allowed(S.ACKNOWLEDGED, Step.HANDLE, facts(Actor.HANDLER))


# ---- what the steps demand ----------------------------------------------------------------------


def test_a_major_matter_needs_unit_section_and_person_before_it_is_handled():
    major = facts(Actor.HANDLER, named_in_full=False)

    assert refused(S.DISPATCHED, Step.ACKNOWLEDGE, major, set()) == "error.needs.section_and_person"
    assert refused(S.ACKNOWLEDGED, Step.HANDLE, major) == "error.blocked.named_in_full"
    minor = replace(major, matter_class=MatterClass.MINOR, deliberated=True)
    assert allowed(S.DISPATCHED, Step.ACKNOWLEDGE, minor, set())
    assert allowed(S.ACKNOWLEDGED, Step.HANDLE, minor, ALL)


def test_a_minor_matter_is_deliberated_and_appraised_unless_settled_on_the_spot():
    minor = facts(Actor.HANDLER, Actor.CLERK, matter_class=MatterClass.MINOR)

    assert refused(S.ACKNOWLEDGED, Step.HANDLE, minor) == "error.blocked.resolved"
    assert refused(S.REPLIED, Step.CLOSE, minor) == "error.blocked.resolved"
    resolved = replace(minor, deliberated=True)
    assert allowed(S.ACKNOWLEDGED, Step.HANDLE, resolved, ALL)
    assert refused(S.REPLIED, Step.CLOSE, resolved) == "error.blocked.appraised"
    assert allowed(S.REPLIED, Step.CLOSE, replace(resolved, appraised=True), ALL)
    assert allowed(S.REPLIED, Step.CLOSE, replace(minor, on_the_spot=True), ALL)


def test_only_minor_matters_that_may_be_are_deliberated():
    minor = facts(Actor.HANDLER, matter_class=MatterClass.MINOR)
    not_listed = replace(minor, deliberable=Deliberable.NO)

    assert allowed(S.ACKNOWLEDGED, Step.DELIBERATE, minor, ALL)
    assert refused(S.ACKNOWLEDGED, Step.DELIBERATE, not_listed) == "error.blocked.deliberable"
    major = facts(Actor.HANDLER)
    assert refused(S.ACKNOWLEDGED, Step.DELIBERATE, major) == "error.blocked.deliberable"


def test_a_second_resolution_gives_no_more_time():
    minor = facts(Actor.HANDLER, matter_class=MatterClass.MINOR)

    assert allowed(S.ACKNOWLEDGED, Step.DELIBERATE, minor, ALL).starts == (UNIT,)
    again = replace(minor, deliberated=True)
    assert allowed(S.ACKNOWLEDGED, Step.DELIBERATE, again, ALL).starts == ()


def test_a_private_matter_needs_its_way():
    private = facts(Actor.HANDLER, Actor.CLERK, matter_class=MatterClass.PRIVATE)

    assert (
        refused(S.ACKNOWLEDGED, Step.HANDLE, private, {Input.RESULT}) == "error.needs.private_way"
    )
    assert refused(S.REPLIED, Step.CLOSE, private) == "error.blocked.way_chosen"
    assert allowed(S.REPLIED, Step.CLOSE, replace(private, private_way=PrivateWay.MARKET), ALL)


def test_only_minor_and_private_matters_are_settled_on_the_spot_and_none_of_the_negative_list():
    member = facts(Actor.GRID_MEMBER)

    assert refused(S.PROPOSED, Step.SETTLE, member) == "error.blocked.small"
    for klass in (MatterClass.MINOR, MatterClass.PRIVATE):
        small = replace(member, matter_class=klass)
        assert allowed(S.PROPOSED, Step.SETTLE, small, ALL).to is S.HANDLED
        assert (
            refused(S.PROPOSED, Step.SETTLE, replace(small, negative=True)) == "error.blocked.small"
        )


def test_who_handled_it_neither_verifies_nor_sends_it_back_to_work():
    for step, actor in product((Step.VERIFY, Step.REWORK), (Actor.GRID_MEMBER, Actor.CLERK)):
        assert (
            refused(S.HANDLED, step, facts(actor, actor_handled=True))
            == "error.blocked.other_person"
        )
        assert allowed(S.HANDLED, step, facts(actor), ALL)


def test_what_was_settled_on_the_spot_in_vain_is_proposed_again():
    failed = facts(Actor.CLERK, matter_class=MatterClass.MINOR, on_the_spot=True)

    assert allowed(S.HANDLED, Step.REWORK, failed, ALL).to is S.PROPOSED


def test_nothing_ends_before_each_reporter_has_an_own_reply():
    waiting = facts(Actor.DISPATCHER, Actor.DISCIPLINE, waiting_reporters=2)

    for state, step in [
        (S.VERIFIED, Step.REPLY),
        (S.REPLIED, Step.CLOSE),  # somebody joined after the others had their replies
        (S.PROPOSED, Step.CANCEL),
        (S.REFERRED, Step.CONCLUDE),
    ]:
        with pytest.raises(Conflict) as caught:
            allowed(state, step, waiting, ALL)
        assert (caught.value.key, caught.value.values) == (
            "error.blocked.all_replied",
            {"count": 2},
        )


def test_the_service_closes_nothing_and_dispatches_what_is_approved_only():
    service = facts(Actor.SYSTEM)

    assert refused(S.REPLIED, Step.CLOSE, service) == "error.not_yours.close"
    assert refused(S.PROPOSED, Step.DISPATCH, service) == "error.blocked.confirmed"
    assert allowed(S.PROPOSED, Step.DISPATCH, replace(service, auto=True), ALL)


def test_nothing_is_dispatched_before_its_class_is_decided_by_a_list():
    undecided = facts(Actor.DISPATCHER, item_published=False)

    assert refused(S.TRIAGE, Step.DISPATCH, undecided) == "error.not_now.dispatch"
    assert refused(S.PROPOSED, Step.DISPATCH, undecided) == "error.blocked.decided"


def test_the_negative_list_stops_the_dispatch_to_a_body_of_self_government():
    negative = facts(Actor.DISPATCHER, negative=True)

    assert allowed(S.PROPOSED, Step.DISPATCH, negative, ALL)
    to_committee = replace(negative, handler_self_governing=True)
    assert refused(S.PROPOSED, Step.DISPATCH, to_committee) == "error.blocked.handler_allowed"


def test_nobody_is_given_what_they_reported_themselves():
    own = facts(Actor.DISPATCHER, handler_is_reporter=True)

    assert refused(S.PROPOSED, Step.DISPATCH, own) == "error.blocked.not_own_report"


def test_a_return_needs_a_reason_and_a_counter_proposal_and_comes_once():
    unit = facts(Actor.HANDLER)

    assert refused(S.DISPATCHED, Step.RETURN, unit, {Input.RETURN_REASON}) == (
        "error.needs.counter_proposal"
    )
    assert allowed(S.DISPATCHED, Step.RETURN, unit, ALL).to is S.RETURNED
    again = replace(unit, returned_before=True)
    assert refused(S.ACKNOWLEDGED, Step.RETURN, again) == "error.blocked.first_return"


def test_a_matter_moves_up_one_level_at_a_time_by_a_person_with_a_reason():
    for levels in (-1, 0, 2):
        up = facts(Actor.CLERK, levels_up=levels)
        assert refused(S.DISPATCHED, Step.ESCALATE, up) == "error.blocked.one_level"
    assert refused(S.DISPATCHED, Step.ESCALATE, facts(Actor.CLERK), set()) == "error.needs.reason"
    assert refused(S.DISPATCHED, Step.ESCALATE, facts(Actor.SYSTEM)) == "error.not_yours.escalate"


def test_an_extension_is_a_dispatchers_act_with_a_reason():
    assert refused(S.DISPATCHED, Step.EXTEND, facts(Actor.HANDLER)) == "error.not_yours.extend"
    assert refused(S.DISPATCHED, Step.EXTEND, facts(Actor.SYSTEM)) == "error.not_yours.extend"
    assert refused(S.DISPATCHED, Step.EXTEND, facts(Actor.DISPATCHER), {Input.LIMIT}) == (
        "error.needs.reason"
    )


def test_a_complaint_about_people_is_the_discipline_offices_alone():
    desk = facts(*(set(Actor) - {Actor.DISCIPLINE}), conduct=True)

    assert next_steps(S.REFERRED, desk) == []
    office = facts(Actor.DISCIPLINE, conduct=True)
    assert [one.step for one in next_steps(S.REFERRED, office)] == [Step.SEND_BACK, Step.CONCLUDE]
    assert refused(S.CLOSED, Step.REOPEN, facts(Actor.DISPATCHER, conduct=True)) == (
        "error.not_yours.reopen"
    )
    assert allowed(S.CLOSED, Step.REOPEN, facts(Actor.REPORTER, conduct=True), ALL).to is S.REFERRED


def test_a_reporter_may_ask_to_reopen_and_appraise_and_nothing_else():
    reporter = facts(Actor.REPORTER)
    may = {step.step for state in MatterState for step in next_steps(state, reporter)}

    assert may == {Step.REOPEN, Step.APPRAISE}


# ---- for screens --------------------------------------------------------------------------------


def test_a_screen_is_told_what_a_step_needs_and_what_stands_in_its_way():
    minor = facts(Actor.CLERK, matter_class=MatterClass.MINOR, waiting_reporters=1)
    (close,) = [one for one in next_steps(S.REPLIED, minor) if one.step is Step.CLOSE]

    assert (close.to, close.needs) == (S.CLOSED, ())
    assert [words.key.removeprefix("error.blocked.") for words in close.blocked] == [
        "all_replied",
        "resolved",
        "appraised",
    ]
    assert close.blocked[0].values["count"] == 1


@given(states, some_facts)
def test_the_steps_shown_are_the_steps_allowed(state, some):
    fine = replace(
        some,
        handler_self_governing=False,
        handler_is_reporter=False,
        target_open=True,
        levels_up=1,
    )
    shown = {one.step: one for one in next_steps(state, fine)}
    for step in Step:
        try:
            rule = allowed(state, step, fine, ALL)
        except GridError:
            assert step not in shown or shown[step].blocked
        else:
            assert not shown[step].blocked
            assert shown[step].to is (rule.to or state)
            assert allowed(state, step, fine, shown[step].needs) is rule


@given(states, steps, some_facts, st.frozensets(st.sampled_from(Input)))
def test_a_refusal_is_always_one_of_ours(state, step, some, given_inputs):
    try:
        rule = allowed(state, step, some, given_inputs)
    except (Conflict, NotAllowed, BadInput) as refusal:
        key = refusal.key
    else:
        assert state in rule.from_states
        assert rule.actors & some.actor
        return
    assert key.startswith(("error.not_", "error.blocked.", "error.needs."))


def test_what_waits_for_somebody_is_open_and_its_whole_clock_runs():
    assert {state for state, clocks in RUNNING.items() if WHOLE in clocks} == OPEN | {S.REFERRED}
