"""A matter comes in: located, its class and handler proposed, its clocks started, its member told.

One transaction; the door commits it. Nothing is refused for being unclear: what is unsure, unknown,
outside or in nobody's hands goes to a triage queue.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from gis.errors import GridError
from gis.governance.classify import Proposal, Route, propose
from gis.governance.deadlines import Terms, after_step, clocks_for, next_due
from gis.governance.lifecycle import FIRST_STATE, allowed
from gis.governance.lists import forbidden_by
from gis.governance.steps import Actor, Facts, Input, Step
from gis.intake import (
    NewMatter,
    Region,
    Spot,
    check_times,
    desk_for,
    queue_for,
)
from gis.matters import Clock, MatterState, TriageQueue, Urgency, Words
from gis.model import BEIJING, COMMUNITY, GRID, AsOf
from gis.store.around import Around, Looked, Similar, around
from gis.store.matter_json import label_to_json, words_to_json
from gis.store.matters import (
    Arrived,
    Event,
    KeyUse,
    Receipt,
    add_matter,
    begin_intake,
    located_detail,
    works_for,
)
from gis.store.people import (
    OrganisationRow,
    Responsible,
    competent,
    responsible_at,
)
from gis.store.spots import first_look, spot_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import Connection

    from gis.accounts import Scope
    from gis.contacts import ContactSeal
    from gis.governance.calendar import WorkCalendar
    from gis.governance.classify import InForce
    from gis.matters import Defaults

Json = dict[str, Any]

RECEIVED: Final = "received"
LOCATED: Final = "located"
PROPOSED: Final = "proposed"
TOLD_MEMBER: Final = "matter.received"
TOLD_DESK: Final = "matter.triage"
CONDUCT_STATE: Final = "received"  # all that whoever files a complaint about people is told
SYSTEM: Final = frozenset({Actor.SYSTEM})
CONTACT_KEPT: Final = timedelta(days=2 * 365)


@dataclass(frozen=True)
class Rules:
    """What intake goes by: the rules in force, the limits that hold otherwise, the calendar."""

    in_force: InForce
    defaults: Defaults
    calendar: WorkCalendar


@dataclass(frozen=True)
class Filing:
    """Who files, how: the account with its key and the sum of the body, its scope, the way to the
    seal, and how long a contact is kept.
    """

    use: KeyUse
    scope: Scope
    seal: Callable[[], ContactSeal]
    contact_kept: timedelta = CONTACT_KEPT

    @property
    def own_region(self) -> int | None:
        """The one region the account is trusted with, None where there are none or several."""
        ids = self.scope.region_ids
        return next(iter(ids)) if len(ids) == 1 and not self.scope.everything else None


def receive_matter(
    connection: Connection, new: NewMatter, filing: Filing, rules: Rules, now: datetime
) -> Receipt:
    """Locate a new matter, propose its class and handler, and keep it with its first events.

    The same key and body give the receipt of the first time. Raises BadInput when the key came
    before with another body, for times and for coordinates that can't be true.
    """
    begun = begin_intake(connection, filing.use, now, first_look(new.place, AsOf.at(now)))
    if isinstance(begun, Receipt):
        return begun
    check_times(new, now)
    spot = spot_of(connection, new.place, begun.as_of, begun.looked)
    case = _look_at(connection, new, spot, filing, rules, now)
    clocks = _dispatched(connection, case, filing, rules, now)
    arrived = _arrived(case, filing, rules, clocks, now)
    made = add_matter(
        connection,
        filing.use,
        arrived,
        _told(case, arrived, rules, now),
        sealed=filing.seal().seal(new.contact) if new.contact else None,
        erase_after=now + filing.contact_kept,
    )
    if made is None:
        kept = begin_intake(connection, filing.use, now)
        assert isinstance(kept, Receipt), "whoever took the key has committed"
        return kept
    return made


# ---- what is decided ----------------------------------------------------------------------------


@dataclass(frozen=True)
class _Case:
    """A new matter and what was found out about it. `region_id`: the grid or desk that holds it."""

    new: NewMatter
    spot: Spot
    proposal: Proposal
    around: Around
    queue: TriageQueue | None
    region_id: int | None

    @property
    def conduct(self) -> bool:
        return self.proposal.route is Route.DISCIPLINE

    @property
    def member(self) -> Responsible | None:
        return self.around.member

    @property
    def handler(self) -> OrganisationRow | None:
        return self.around.handler


def _look_at(
    connection: Connection,
    new: NewMatter,
    spot: Spot,
    filing: Filing,
    rules: Rules,
    now: datetime,
) -> _Case:
    proposal = _with_urgency(propose(new.text, new.category, rules.in_force), new)
    category = rules.in_force.categories[proposal.category] if proposal.category else None
    looked = Looked(
        proposal.handler,
        proposal.category,
        category.duplicate if category else None,
        filing.use.account_id,
        filing.scope,
    )
    conduct = proposal.route is Route.DISCIPLINE
    found = Around() if conduct else around(connection, spot, looked, now)
    found, proposal = _by_precedent(found, proposal)
    queue = queue_for(spot, proposal.route, vacant=found.member is None)
    region_id = desk_for(spot, proposal.route, queue, filing.own_region)
    return _Case(new, spot, proposal, found, queue, region_id)


def _by_precedent(found: Around, proposal: Proposal) -> tuple[Around, Proposal]:
    """Propose the unit that a person gave the same to before in the same region, and say so."""
    unit = found.decided
    if unit is None or unit == found.handler:
        return found, proposal
    told = Words("reason.precedent_unit", {"unit": unit.name})
    return replace(found, handler=unit), replace(proposal, reasons=(*proposal.reasons, told))


def _with_urgency(proposal: Proposal, new: NewMatter) -> Proposal:
    """Whoever reports may call it urgent; nobody makes it less so."""
    if not new.urgent or proposal.urgency.rank >= Urgency.URGENT.rank:
        return proposal
    marked = Words("reason.marked_urgent")
    return replace(proposal, urgency=Urgency.URGENT, reasons=(*proposal.reasons, marked))


def member_at(connection: Connection, spot: Spot, now: datetime) -> Responsible | None:
    """Whose grid it is; None where the place isn't sure, or nobody holds the post or stands in."""
    grid = spot.at(GRID)
    return responsible_at(connection, grid.id, now) if grid and spot.sure else None


def handler_at(connection: Connection, spot: Spot, kind: str | None) -> OrganisationRow | None:
    """The organisation competent at the lowest region that holds every place it can be."""
    if kind is None or not spot.path:
        return None
    return competent(connection, kind, spot.path[-1], building_id=spot.building_id)


def _dispatched(
    connection: Connection, case: _Case, filing: Filing, rules: Rules, now: datetime
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
        handler_is_reporter=works_for(connection, filing.use.account_id, handler.id, now),
    )
    try:
        rule = allowed(MatterState.PROPOSED, Step.DISPATCH, facts, {Input.HANDLER})
    except GridError:
        return None
    return after_step(_clocks(case, rules, now), rule, now, _terms(case, rules))


def _terms(case: _Case, rules: Rules) -> Terms:
    settled = case.proposal.item if case.proposal.route is Route.HANDLER else None
    urgency = case.proposal.urgency
    return Terms(rules.calendar, rules.defaults, urgency, settled, conduct=case.conduct)


def _clocks(case: _Case, rules: Rules, now: datetime) -> tuple[Clock, ...]:
    return clocks_for(_terms(case, rules), now, inherited_due_at=case.new.due_at)


# ---- what is kept -------------------------------------------------------------------------------


def _arrived(
    case: _Case,
    filing: Filing,
    rules: Rules,
    dispatched: tuple[Clock, ...] | None,
    now: datetime,
) -> Arrived:
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
        events=_events(case, filing, state),
        outbox=_outbox(case),
        task_for=case.handler.id if case.handler and dispatched is not None else None,
        conduct=case.conduct,
        received_at=now,
    )


def _events(case: _Case, filing: Filing, state: MatterState) -> list[Event]:
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
        Event(RECEIVED, first, reporter, received, filing.use.account_id),
        Event(LOCATED, first, SYSTEM, located_detail(case.spot)),
        Event(PROPOSED, first, SYSTEM, proposed),
    ]
    if state is MatterState.DISPATCHED:
        events.append(Event(Step.DISPATCH, state, SYSTEM, {"handler": handler}))
    return events


def _outbox(case: _Case) -> list[tuple[str, Json]]:
    """Whom to tell: the member of the grid, else the desk. Of a complaint about people nobody."""
    if case.conduct:
        return []
    if case.member is not None:
        return [(TOLD_MEMBER, {"post_id": case.member.post_id, "queue": case.queue})]
    return [(TOLD_DESK, {"region_id": case.region_id, "queue": case.queue})]


# ---- what is told -------------------------------------------------------------------------------


def _told(case: _Case, arrived: Arrived, rules: Rules, now: datetime) -> Json:
    """The facts of the receipt, in no language. Of a complaint about people only that it came."""
    received = {"received_at": now.astimezone(BEIJING).isoformat(timespec="seconds")}
    if case.conduct:
        return {**received, "state": CONDUCT_STATE}
    proposal, categories = case.proposal, rules.in_force.categories
    category = categories[proposal.category] if proposal.category else None
    return {
        **received,
        "state": arrived.state.value,
        "queue": case.queue,
        "matter_class": proposal.matter_class,
        "category": {"code": category.code, "name": label_to_json(category.name)}
        if category
        else None,
        "urgency": proposal.urgency.value,
        "reasons": [words_to_json(one) for one in proposal.reasons],
        "place": place_told(case.spot),
        "member": member_told(case.member),
        "handler": handler_told(proposal.handler, case.handler, rules),
        "clocks": [{"kind": one.kind.value, "due_at": _at(one.due_at)} for one in arrived.clocks],
        "due_at": _at(arrived.due_at) if arrived.due_at else None,
        "similar": [_like(one, now) for one in case.around.similar],
    }


def place_told(spot: Spot) -> Json:
    """Where it lies, as receipts say it. `level`: of the lowest region that holds every place."""
    lowest = spot.known[spot.path[-1]] if spot.path else None
    return {
        "level": lowest.level if lowest else None,
        "grid": _named(spot.at(GRID)),
        "community": _named(spot.at(COMMUNITY)),
        "method": spot.method.value,
        "confident": spot.sure,
        "edge_m": None if spot.edge_m is None else round(spot.edge_m, 1),
        "candidates": [
            {**(_named(spot.known[one.path[-1]]) or {}), "share": round(one.share, 4)}
            for one in spot.candidates
        ],
        "warning": words_to_json(spot.warning) if spot.warning else None,
        "note": words_to_json(spot.note) if spot.note else None,
        "settled_by": [one.value for one in spot.settles],
    }


def member_told(member: Responsible | None) -> Json | None:
    """Whose grid it is, with the phone of the service."""
    if member is None:
        return None
    return {"name": member.name, "phone": member.phone, "substitute": member.substitute}


def handler_told(kind: str | None, found: OrganisationRow | None, rules: Rules) -> Json | None:
    """Who handles it: the kind by the list, and the organisation competent here, if any."""
    if kind is None:
        return None
    return {
        "kind": kind,
        "kind_name": label_to_json(rules.in_force.handlers[kind].name),
        "code": found.code if found else None,
        "name": found.name if found else None,
    }


def _named(region: Region | None) -> Json | None:
    return {"code": region.code, "name": region.name} if region else None


def _like(one: Similar, now: datetime) -> Json:
    minutes = int((now - one.received_at).total_seconds() // 60)
    return {"no": one.no, "text": one.text, "metres": round(one.metres), "minutes": minutes}


def _at(instant: datetime) -> str:
    return instant.astimezone(BEIJING).isoformat(timespec="seconds")
