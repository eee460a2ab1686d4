"""Somebody takes a step with a matter: may they, what does it change, and by when is it due now?

Fetch, ask the step table, keep. What a step changes beside state and clocks stands in `EFFECTS`,
one function a step. One transaction; the door commits it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from gis.errors import Conflict, NotAllowed, NotFound
from gis.governance.deadlines import Terms, after_step, next_due
from gis.governance.lifecycle import allowed, next_steps
from gis.governance.step_table import OPEN
from gis.governance.steps import Step
from gis.matters import (
    Channel,
    MatterState,
    Urgency,
)
from gis.model import AsOf
from gis.store.edition_lock import share_editions
from gis.store.matter_json import item_from_json
from gis.store.matter_life import Written, hold, kept, write
from gis.store.matter_reads import Seen, one_matter
from gis.store.matter_sight import View, sight_of
from gis.store.matter_story import Story, story_of
from gis.store.matters import works_for
from gis.store.people import organisation_by_code
from gis.workflows.matter_facts import actors, facts_of
from gis.workflows.step_effects import (
    EFFECTS,
    ENDS_TASK,
    Case,
    Effect,
    Given,
    desk_above,
    note_precedents,
    nothing,
)

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from gis.accounts import Caller
    from gis.governance.lifecycle import NextStep
    from gis.governance.steps import Facts, Rule
    from gis.store.matter_sight import Sight
    from gis.store.people import OrganisationRow
    from gis.workflows.receive_matter import Rules

Json = dict[str, Any]

ENDED: Final = frozenset(
    {MatterState.REPLIED, MatterState.CLOSED, MatterState.CANCELLED, MatterState.MERGED}
)
"""States in which nobody waits any more. A complaint that was referred still waits."""

OWN_FINDINGS: Final = frozenset({Channel.PATROL, Channel.VISIT, Channel.QR, Channel.WEB})
"""Channels by which people report for themselves; the others register what somebody else said."""

MERGED_IN: Final = "merged_in"


def take_step(
    connection: Connection,
    caller: Caller,
    no: str,
    step: Step,
    version: int,
    given: Given,
    rules: Rules,
    now: datetime,
) -> None:
    """Take a step with a matter that the caller sees.

    Raises NotFound for one that isn't seen, Conflict when it has changed since `version` or the
    step doesn't follow, NotAllowed and BadInput as the step table says.
    """
    if given.grid is not None or given.place is not None:
        share_editions(connection)  # or the grid may end before the matter is seen to be in it
    hold(connection, no, *([given.target] if given.target else []))
    case = case_of(connection, caller, no, step, given, rules, now)
    if case.kept.version != version:
        raise Conflict("error.matter_changed")
    facts = _facts(case)
    rule = allowed(case.state, step, facts, given.inputs())
    effect = EFFECTS.get(step, nothing)(case)
    _keep(case, rule, effect)


def case_of(
    connection: Connection,
    caller: Caller,
    no: str,
    step: Step,
    given: Given,
    rules: Rules,
    now: datetime,
) -> Case:
    as_of = AsOf.at(now)
    sight = sight_of(connection, caller, now)
    seen = one_matter(connection, sight, no, as_of)
    if seen.view is View.NUMBER:
        raise NotFound("error.matter_not_found")
    if seen.view is View.FORMER:
        raise NotAllowed(f"error.not_yours.{step}")
    row = kept(connection, seen.row.id)
    story = story_of(connection, sight, seen.row.id)
    return Case(
        connection,
        caller,
        sight,
        seen,
        row,
        story,
        item_from_json(row.item) if row.item else None,
        actors(connection, caller, sight, seen, story, now),
        given,
        rules,
        now,
        organisation_by_code(connection, given.handler) if given.handler else None,
        _target(connection, sight, given.target, as_of) if given.target else None,
    )


def _target(connection: Connection, sight: Sight, no: str, as_of: AsOf) -> Seen | None:
    try:
        found = one_matter(connection, sight, no, as_of)
    except NotFound:
        return None
    return found if found.view in (View.WHOLE, View.TASK) else None


@dataclass(frozen=True, slots=True)
class Looked:
    """A matter as one caller sees it, whole, and what the caller may do next."""

    sight: Sight
    seen: Seen
    story: Story
    steps: list[NextStep]


def look_at(connection: Connection, caller: Caller, no: str, rules: Rules, now: datetime) -> Looked:
    """Look at a matter. Raises NotFound, for unseen and for unknown alike."""
    sight = sight_of(connection, caller, now)
    seen = one_matter(connection, sight, no, AsOf.at(now))
    story = story_of(connection, sight, seen.row.id)
    row = kept(connection, seen.row.id)
    item = item_from_json(row.item) if row.item else None
    actor = actors(connection, caller, sight, seen, story, now)
    facts = facts_of(seen, story, item, actor, rules.in_force, sight)
    steps = next_steps(MatterState(row.state), facts) if actor else []
    return Looked(sight, seen, story, steps)


# ---- may they -----------------------------------------------------------------------------------


def _facts(case: Case) -> Facts:
    facts = facts_of(case.seen, case.story, case.item, case.actor, case.rules.in_force, case.sight)
    handler = case.handler
    return replace(
        facts,
        handler_self_governing=handler is not None and _self_governing(handler, case.rules),
        handler_is_reporter=handler is not None and _is_reporter(case, handler),
        target_open=_is_open_target(case),
        levels_up=1 if desk_above(case) is not None else 0,
    )


def _self_governing(handler: OrganisationRow, rules: Rules) -> bool:
    kinds = rules.in_force.handlers
    return any(kinds[code].self_governing for code in handler.handles if code in kinds)


def _is_reporter(case: Case, handler: OrganisationRow) -> bool:
    """不得自报自办: is it the own finding of somebody who works there?"""
    filed_by = case.kept.filed_by
    if filed_by is None or case.kept.channel not in OWN_FINDINGS:
        return False
    return works_for(case.connection, filed_by, handler.id, case.now)


def _is_open_target(case: Case) -> bool:
    target = case.target
    if target is None or target.row.id == case.kept.id or target.row.conduct:
        return False
    return target.row.state in OPEN


# ---- and it is kept -----------------------------------------------------------------------------


def _keep(case: Case, rule: Rule, effect: Effect) -> None:
    state = rule.to or case.state
    conduct = case.kept.conduct if effect.conduct is None else effect.conduct
    clocks = after_step(
        effect.clocks or case.story.clocks, rule, case.now, _terms(case, effect, conduct)
    )
    due = next_due(clocks)
    queue = effect.values.get("queue")
    values = {
        **effect.values,
        "queue": queue if state is MatterState.TRIAGE else None,
        "due_at": due.due_at if due else None,
        "closed_at": (case.kept.closed_at or case.now) if state in ENDED else None,
    }
    step = Written(
        action=rule.step.value,
        state=state.value,
        actor=rule.actors & case.actor,
        actor_id=case.caller.account_id,
        detail=_said(case.given, rule) | effect.detail,
        values=values,
        clocks=clocks,
        move=effect.move,
        task_for=effect.task_for,
        taken=effect.taken,
        task_ended=rule.step.value if rule.step in ENDS_TASK else None,
        told=None if conduct else {"no": case.seen.row.no, "step": rule.step.value},
    )
    write(case.connection, case.kept.id, case.kept.version, step, case.now)
    if not conduct:
        note_precedents(case, effect)
    if rule.step is Step.MERGE and case.target is not None:
        _tell_target(case, case.target)


def _terms(case: Case, effect: Effect, conduct: bool) -> Terms:
    """What the clocks go by after the step."""
    urgency = Urgency(effect.values.get("urgency", case.seen.row.urgency))
    resolved = effect.resolved or any(one.action == Step.DELIBERATE for one in case.story.events)
    rules = case.rules
    item = effect.item or case.item
    return Terms(rules.calendar, rules.defaults, urgency, item, resolved, conduct)


def _said(given: Given, rule: Rule) -> Json:
    """What was given, as the log keeps it; the effect adds what it meant."""
    taken = {
        name: getattr(given, name)
        for name in given.__slots__
        if name not in ("limit", "counter_proposal") and getattr(given, name) is not None
    }
    wanted = {str(one) for one in rule.inputs} | {"reason", "grid", "place", "private_way"}
    if rule.step is Step.ACKNOWLEDGE:
        wanted |= {"section", "person"}
    return {name: str(value) for name, value in taken.items() if name in wanted}


def _tell_target(case: Case, target: Seen) -> None:
    """The matter that another one was merged into learns of its reporters."""
    into = kept(case.connection, target.row.id)
    told = {"no": target.row.no, "step": MERGED_IN}
    step = Written(
        action=MERGED_IN,
        state=into.state,
        actor=case.actor,
        actor_id=case.caller.account_id,
        detail={"from": case.seen.row.no},
        told=told,
    )
    write(case.connection, into.id, into.version, step, case.now)
