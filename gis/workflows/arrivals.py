"""What is kept of a new matter: its state, its clocks, its first events, and whom to tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gis.errors import GridError
from gis.governance.classify import Route
from gis.governance.deadlines import Terms, after_step, clocks_for, next_due
from gis.governance.lifecycle import FIRST_STATE, allowed
from gis.governance.lists import forbidden_by
from gis.governance.steps import Actor, Facts, Input, Step
from gis.matters import MatterState
from gis.store.matter_json import words_to_json
from gis.store.matters import Arrived, Event, located_detail

if TYPE_CHECKING:
    from datetime import datetime

    from gis.matters import Clock
    from gis.workflows.receive_matter import Case, Rules

Json = dict[str, Any]

RECEIVED: Final = "received"
LOCATED: Final = "located"
PROPOSED: Final = "proposed"
TOLD_MEMBER: Final = "matter.received"
TOLD_DESK: Final = "matter.triage"
SYSTEM: Final = frozenset({Actor.SYSTEM})


def arrive(case: Case, rules: Rules, now: datetime, *, handler_is_reporter: bool) -> Arrived:
    """What becomes of a new matter, once everything is found out about it."""
    dispatched = _dispatched(case, handler_is_reporter, rules, now)
    clocks = _clocks(case, rules, now) if dispatched is None else dispatched
    due = next_due(clocks)
    state = MatterState.TRIAGE if case.queue else FIRST_STATE[case.proposal.route]
    if dispatched is not None:
        state = MatterState.DISPATCHED
    return Arrived(
        new=case.new,
        spot=case.spot,
        proposal=case.proposal,
        urgency=case.proposal.urgency,
        state=state,
        queue=case.queue,
        region_id=case.region_id,
        member_post_id=case.member.post_id if case.member else None,
        handler_id=case.handler.id if case.handler else None,
        matter_class=case.proposal.matter_class if dispatched is not None else None,
        clocks=clocks,
        due_at=due.due_at if due else None,
        events=_events(case, state),
        outbox=_outbox(case),
        task_for=case.handler.id if case.handler and dispatched is not None else None,
        conduct=case.conduct,
        received_at=now,
    )


def _events(case: Case, state: MatterState) -> list[Event]:
    first = MatterState.PROPOSED if state is MatterState.DISPATCHED else state
    handler = case.handler.code if case.handler else None
    reporter = frozenset({Actor.REPORTER})
    received = {"channel": case.new.channel.value}
    proposed = {
        "category": case.proposal.category,
        "class": case.proposal.matter_class,
        "urgency": case.proposal.urgency.value,
        "queue": case.queue,
        "handler": handler,
        "reasons": [words_to_json(one) for one in case.proposal.reasons],
    }
    events = [
        Event(RECEIVED, first, reporter, received, case.filing.use.account_id),
        Event(LOCATED, first, SYSTEM, located_detail(case.spot)),
        Event(PROPOSED, first, SYSTEM, proposed),
    ]
    if state is MatterState.DISPATCHED:
        events.append(Event(Step.DISPATCH, state, SYSTEM, {"handler": handler}))
    return events


def _outbox(case: Case) -> list[tuple[str, Json]]:
    """Whom to tell: the member of the grid, else the desk. Of a complaint about people nobody."""
    if case.conduct:
        return []
    if case.member is not None:
        return [(TOLD_MEMBER, {"post_id": case.member.post_id, "queue": case.queue})]
    return [(TOLD_DESK, {"region_id": case.region_id, "queue": case.queue})]


# ---- its clocks ----------------------------------------------------------------------------------


def _dispatched(
    case: Case, handler_is_reporter: bool, rules: Rules, now: datetime
) -> tuple[Clock, ...] | None:
    """The clocks after an automatic dispatch; None where a person has to confirm.

    It takes the same row of the step table as everybody else's.
    """
    item, handler = case.proposal.item, case.handler
    if case.queue or not case.proposal.auto or item is None or handler is None:
        return None
    facts = Facts(
        actor=SYSTEM,
        matter_class=item.matter_class,
        item_published=True,
        auto=case.proposal.confident,
        negative=forbidden_by(item.category, rules.in_force.negative) is not None,
        handler_self_governing=rules.in_force.handlers[item.handler].self_governing,
        handler_is_reporter=handler_is_reporter,
    )
    try:
        rule = allowed(MatterState.PROPOSED, Step.DISPATCH, facts, {Input.HANDLER})
    except GridError:
        return None
    return after_step(_clocks(case, rules, now), rule, now, _terms(case, rules))


def _terms(case: Case, rules: Rules) -> Terms:
    settled = case.proposal.item if case.proposal.route is Route.HANDLER else None
    urgency = case.proposal.urgency
    return Terms(rules.calendar, rules.defaults, urgency, settled, conduct=case.conduct)


def _clocks(case: Case, rules: Rules, now: datetime) -> tuple[Clock, ...]:
    return clocks_for(_terms(case, rules), now, inherited_due_at=case.new.due_at)
