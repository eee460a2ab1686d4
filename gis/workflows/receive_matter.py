"""Matters come in: located, class and handler proposed, their clocks started, their members told.

Written for several at once, of which a single one is the simplest case.

One transaction; the door commits it. Nothing is refused for being unclear: what is unsure, unknown,
outside or in nobody's hands goes to a triage queue.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from gis.errors import BadInput, GridError
from gis.governance.classify import Proposal, Route, propose
from gis.intake import NewMatter, Spot, check_times, desk_for, queue_for
from gis.matters import TriageQueue, Urgency, Words
from gis.model import GRID, AsOf
from gis.store.around import Around, Like, Looked, around, similar
from gis.store.matters import (
    Filed,
    KeyUse,
    Numbered,
    Receipt,
    add_matters,
    begin_intake,
    working_for,
)
from gis.store.people import (
    OrganisationRow,
    Responsible,
    competent,
    responsible_at,
)
from gis.store.spots import Places
from gis.workflows.arrivals import arrive
from gis.workflows.receipt_facts import receipt_facts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from gis.accounts import Scope
    from gis.contacts import ContactSeal, Sealed
    from gis.governance.calendar import WorkCalendar
    from gis.governance.classify import InForce
    from gis.matters import Defaults
    from gis.store.around import Similar

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


@dataclass(frozen=True)
class Report:
    """A matter as it comes in, and who files it."""

    new: NewMatter
    filing: Filing


Outcome = Receipt | GridError


def receive_matter(
    connection: Connection, new: NewMatter, filing: Filing, rules: Rules, now: datetime
) -> Receipt:
    """Locate a new matter, propose its class and handler, and keep it with its first events.

    The same key and body give the receipt of the first time. Raises BadInput when the key came
    before with another body, for times and for coordinates that can't be true.
    """
    (outcome,) = receive_matters(connection, [Report(new, filing)], rules, now)
    if isinstance(outcome, GridError):
        raise outcome
    return outcome


def receive_matters(
    connection: Connection, reports: Sequence[Report], rules: Rules, now: datetime
) -> list[Outcome]:
    """The same for several at once, in the order given: each as if it came alone after the ones
    before. What `receive_matter` raises for one is the outcome of that one and no business of the
    others. What the database refuses takes them all with it: then each has to be tried alone.
    """
    outcomes: dict[int, Outcome] = {}
    while rest := {n: one for n, one in enumerate(reports) if n not in outcomes}:
        places = Places([one.new.place for one in rest.values()])
        uses = [one.filing.use for one in rest.values()]
        begun = begin_intake(connection, uses, now, places.first_look(AsOf.at(now)))
        fresh = {n for n, one in enumerate(begun.kept) if one is None}
        spots = places.spots(connection, begun.as_of, begun.looked, wanted=fresh)
        looked_up = zip(rest.items(), begun.kept, begun.numbered, spots, strict=True)
        new = {n: (one, name, spot) for (n, one), kept, name, spot in looked_up if kept is None}
        outcomes |= {n: one for n, one in zip(rest, begun.kept, strict=True) if one is not None}
        outcomes |= _take_in(connection, new, rules, now)
    return [outcomes[n] for n in range(len(reports))]


def _take_in(
    connection: Connection,
    new: Mapping[int, tuple[Report, Numbered, Spot | BadInput]],
    rules: Rules,
    now: datetime,
) -> dict[int, Outcome]:
    """Decide about reports whose keys are new, and keep them. Of several with one key that is the
    first that can be kept: the others find its receipt when they are looked at again.
    """
    outcomes: dict[int, Outcome] = {}
    sound: dict[int, _Sound] = {}
    used: set[tuple[int, str]] = set()
    for n, (report, numbered, spot) in new.items():
        use = (report.filing.use.account_id, report.filing.use.key)
        if use in used:
            continue
        try:
            sound[n] = _checked(report, numbered, spot, now)
            used.add(use)
        except GridError as error:
            outcomes[n] = error
    if sound:
        filed = _decided(connection, list(sound.values()), rules, now)
        outcomes |= zip(sound, add_matters(connection, filed), strict=True)
    return outcomes


@dataclass(frozen=True)
class _Sound:
    """A report whose times and coordinates can be true, with its contact sealed."""

    report: Report
    numbered: Numbered
    spot: Spot
    sealed: Sealed | None


def _checked(report: Report, numbered: Numbered, spot: Spot | BadInput, now: datetime) -> _Sound:
    check_times(report.new, now)
    if isinstance(spot, BadInput):
        raise spot
    contact = report.new.contact
    return _Sound(report, numbered, spot, report.filing.seal().seal(contact) if contact else None)


def _decided(
    connection: Connection, sound: Sequence[_Sound], rules: Rules, now: datetime
) -> list[Filed]:
    cases = _look_at(connection, sound, rules, now)
    alike = similar(connection, [_like(case, rules) for case in cases], now)
    pairs = {_reporter_and_handler(case) for case in cases if case.handler and case.proposal.auto}
    own = working_for(connection, pairs, now)
    return [
        _filed(case, near, _reporter_and_handler(case) in own, rules, now)
        for case, near in zip(cases, alike, strict=True)
    ]


def _filed(
    case: Case,
    alike: Sequence[Similar],
    handler_is_reporter: bool,
    rules: Rules,
    now: datetime,
) -> Filed:
    arrived = arrive(case, rules, now, handler_is_reporter=handler_is_reporter)
    return Filed(
        case.filing.use,
        case.numbered,
        arrived,
        receipt_facts(case, arrived, alike, rules, now),
        case.sealed,
        now + case.filing.contact_kept,
    )


# ---- what is decided ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """A new matter and what was found out about it. `region_id`: the grid or desk that holds it."""

    new: NewMatter
    filing: Filing
    numbered: Numbered
    sealed: Sealed | None
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
    connection: Connection, sound: Sequence[_Sound], rules: Rules, now: datetime
) -> list[Case]:
    proposals = [_proposal(one.report.new, rules) for one in sound]
    looked = [
        Looked(one.spot, said.handler, said.category)
        for one, said in zip(sound, proposals, strict=True)
    ]
    found = around(connection, looked, now)
    return [_case(*each) for each in zip(sound, proposals, found, strict=True)]


def _case(sound: _Sound, proposal: Proposal, found: Around) -> Case:
    spot, filing = sound.spot, sound.report.filing
    if proposal.route is Route.DISCIPLINE:
        found = Around()
    found, proposal = _by_precedent(found, proposal)
    queue = queue_for(spot, proposal.route, vacant=found.member is None)
    region_id = desk_for(spot, proposal.route, queue, filing.own_region)
    return Case(
        sound.report.new,
        filing,
        sound.numbered,
        sound.sealed,
        spot,
        proposal,
        found,
        queue,
        region_id,
    )


def _like(case: Case, rules: Rules) -> Like:
    code = case.proposal.category
    return Like(
        case.numbered.id,
        case.numbered.no,
        case.new.text,
        case.spot,
        code,
        rules.in_force.categories[code].duplicate if code else None,
        case.region_id,
        case.filing.use.account_id,
        case.filing.scope,
        told=not case.conduct,
    )


def _reporter_and_handler(case: Case) -> tuple[int, int]:
    return case.filing.use.account_id, case.handler.id if case.handler else 0


def _by_precedent(found: Around, proposal: Proposal) -> tuple[Around, Proposal]:
    """Propose the unit that a person gave the same to before in the same region, and say so."""
    unit = found.decided
    if unit is None or unit == found.handler:
        return found, proposal
    told = Words("reason.precedent_unit", {"unit": unit.name})
    return replace(found, handler=unit), replace(proposal, reasons=(*proposal.reasons, told))


def _proposal(new: NewMatter, rules: Rules) -> Proposal:
    """Whoever reports may call it urgent; nobody makes it less so."""
    proposal = propose(new.text, new.category, rules.in_force)
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
