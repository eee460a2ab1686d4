"""Matters come in: kept whole or not at all, once for each key; contacts apart and sealed.

What is read and what steps write stands elsewhere. One statement keeps a matter with its report,
place, clocks, events and outbox: fewer ways back and forth, and nothing half done.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import delete, func, select

from gis.contacts import Sealed
from gis.errors import BadInput, NotFound
from gis.governance.classify import Proposal, Route
from gis.model import BEIJING, AsOf
from gis.store.database import rows, rows_at_once
from gis.store.edition_lock import EDITION_LOCK
from gis.store.matter_access import note_access
from gis.store.matter_json import item_to_json, proposal_to_json, words_to_json
from gis.store.tables.matters import contact, matter_report
from gis.store.tables.people import member, post

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from gis.contacts import ContactSeal
    from gis.governance.steps import Actor
    from gis.intake import Contact, NewMatter, PlaceGiven, Spot
    from gis.matters import Clock, MatterClass, MatterState, TriageQueue, Urgency
    from gis.store.database import Asked

Json = dict[str, Any]

CODE_LETTERS: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # none that look or sound like another
CODE_LENGTH: Final = 8
OPENED: Final = "wangge.opened_report"  # names the one report whose contact may be read


def new_query_code() -> str:
    """Eight random letters and digits: with the number they let a resident look a matter up."""
    return "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))


# ---- the key ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class KeyUse:
    """A key as an account uses it, and the sum of the body that comes with it."""

    account_id: int
    key: str
    body_sha256: bytes


@dataclass(frozen=True, slots=True)
class Receipt:
    """What whoever filed is told. `facts` in no language yet: labels and sentences as JSON.

    `repeated`: the key came before, with the same body.
    """

    no: str
    query_code: str
    facts: Json
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Begun:
    """The two times to look places up by, as `edition_lock.as_of_now` gives them, and the answer to
    what was asked ahead, None where it was asked for another time or not at all.
    """

    as_of: AsOf
    looked: list[Any] | None = None


def begin_intake(
    connection: Connection, use: KeyUse, now: datetime, ahead: Asked | None = None
) -> Begun | Receipt:
    """Keep every activation out until the transaction ends. Call it first.

    A receipt where the key has one already. Raises BadInput when the key came with another body.
    `ahead` is asked in the same way there and back; it looks at `AsOf.at(now)`.
    """
    _, (found,), *looked = rows_at_once(
        connection,
        ("intake_hold", {"lock": EDITION_LOCK}),
        ("intake_begin", {"account_id": use.account_id, "key": use.key}),
        *([ahead] if ahead else []),
    )
    if found.no is None:
        as_of = AsOf.at(now)
        if found.changed_at and found.changed_at > now:
            return Begun(AsOf(as_of.valid_on, found.changed_at))
        return Begun(as_of, looked[0] if looked else None)
    if bytes(found.body_sha256) != use.body_sha256:
        raise BadInput("error.key_reused")
    return Receipt(found.no, found.query_code, found.receipt, repeated=True)


# ---- the matter ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a matter's log; `actor_id` None where the service itself acted."""

    action: str
    state: MatterState
    actor: frozenset[Actor]
    detail: Json
    actor_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """Everything decided about a new matter. `region_id`: the desk or grid that holds it.

    `matter_class` is set only where it was dispatched at once, with its `task_for`.
    """

    new: NewMatter
    spot: Spot
    proposal: Proposal
    urgency: Urgency
    state: MatterState
    queue: TriageQueue | None
    region_id: int | None
    member_post_id: int | None
    handler_id: int | None
    matter_class: MatterClass | None
    clocks: Sequence[Clock]
    due_at: datetime | None
    events: Sequence[Event]
    outbox: Sequence[tuple[str, Json]]
    task_for: int | None
    conduct: bool
    received_at: datetime


def add_matter(
    connection: Connection,
    use: KeyUse,
    arrived: Arrived,
    facts: Json,
    *,
    sealed: Sealed | None,
    erase_after: datetime | None,
) -> Receipt | None:
    """Keep a new matter with everything that comes with it. None when the key was taken meanwhile:
    then nothing was written, and `begin_intake` finds what the other one wrote.

    `no` is the day of receipt in China and a number that is never given twice.
    """
    query_code = new_query_code()
    found = rows(
        connection,
        "matter_add",
        account_id=use.account_id,
        key=use.key,
        body_sha256=use.body_sha256,
        day=f"{arrived.received_at.astimezone(BEIJING):%Y%m%d}",
        receipt=_json(facts),
        matter=_json({"query_code": query_code, **_matter(arrived), **_place(arrived)}),
        clocks=_json([_clock(one) for one in arrived.clocks]),
        events=_json([_event(n, one, arrived) for n, one in enumerate(arrived.events, 1)]),
        outbox=_json([{"topic": t, "payload": payload} for t, payload in arrived.outbox]),
        task=_json([{"organisation_id": arrived.task_for}] if arrived.task_for else []),
        contact_key_id=sealed.key_id if sealed else None,
        sealed=sealed.token if sealed else None,
        erase_after=erase_after,
    )
    return Receipt(found[0].no, query_code, facts) if found else None


_json: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def _matter(arrived: Arrived) -> Json:
    new, proposal, spot = arrived.new, arrived.proposal, arrived.spot
    item = proposal.item
    return {
        "text": new.text,
        "channel": new.channel.value,
        "category": proposal.category,
        "proposal": proposal_to_json(proposal),
        "item": item_to_json(item) if item and proposal.route is Route.HANDLER else None,
        "proposed_class": proposal.matter_class,
        "matter_class": arrived.matter_class,
        "urgency": arrived.urgency.value,
        "state": arrived.state.value,
        "queue": arrived.queue,
        "conduct": arrived.conduct,
        "region_id": arrived.region_id,
        "handler_id": arrived.handler_id,
        "member_post_id": arrived.member_post_id,
        "building_id": spot.building_id,
        "lon": spot.lon,
        "lat": spot.lat,
        "accuracy_m": spot.radius_m,
        "origin": _origin(arrived),
        "raw_place": place_to_json(new.place),
        "outer_no": new.outer_no,
        "observed_at": (new.observed_at or arrived.received_at).isoformat(),
        "received_at": arrived.received_at.isoformat(),
        "due_at": arrived.due_at.isoformat() if arrived.due_at else None,
    }


def _origin(arrived: Arrived) -> str:
    """Where the point on the map comes from: what was given, or the thing whose point it is."""
    given = arrived.new.place
    return str(getattr(given, "origin", arrived.spot.method))


def place_to_json(given: PlaceGiven | None) -> Json:
    """A place as it was given, for `matter.raw_place`; empty where none was."""
    if given is None:
        return {}
    names = type(given).__slots__
    return {name: getattr(given, name) for name in names if getattr(given, name) is not None}


def _place(arrived: Arrived) -> Json:
    spot = arrived.spot
    owner = spot.path[-1] if spot.path else None
    candidates = [
        {"region_id": one.path[-1], "code": spot.known[one.path[-1]].code, "share": one.share}
        for one in spot.candidates
    ]
    return {
        "place_region_id": owner,
        "version_id": spot.version_id,
        "method": spot.method.value,
        "confident": spot.sure,
        "edge_m": spot.edge_m,
        "candidates": candidates,
    }


def _clock(one: Clock) -> Json:
    return {
        "kind": one.kind.value,
        "number": one.number,
        "started_at": one.started_at.isoformat(),
        "due_at": one.due_at.isoformat(),
        "limit_amount": one.limit.amount if one.limit else None,
        "limit_unit": one.limit.unit.value if one.limit else None,
        "stopped_at": one.stopped_at.isoformat() if one.stopped_at else None,
        "provisional": one.provisional,
    }


def _event(seq: int, one: Event, arrived: Arrived) -> Json:
    return {
        "seq": seq,
        "happened_at": arrived.received_at.isoformat(),
        "actor_id": one.actor_id,
        "actor": sorted(one.actor),
        "action": one.action,
        "state": one.state.value,
        "detail": one.detail,
    }


def located_detail(spot: Spot) -> Json:
    """What the log says about where a matter was found to lie."""
    owner = spot.known[spot.path[-1]] if spot.path else None
    return {
        "method": spot.method.value,
        "confident": spot.sure,
        "edge_m": spot.edge_m,
        "level": owner.level if owner else None,
        "code": owner.code if owner else None,
        "warning": words_to_json(spot.warning) if spot.warning else None,
    }


# ---- who reports --------------------------------------------------------------------------------


def works_for(connection: Connection, account_id: int, organisation_id: int, now: datetime) -> bool:
    """Does an account's member hold a post at an organisation? 不得自报自办."""
    found = connection.execute(
        select(post.c.id)
        .join(member, member.c.id == post.c.member_id)
        .where(
            member.c.account_id == account_id,
            post.c.organisation_id == organisation_id,
            post.c.valid.contains(now),
        )
        .limit(1)
    )
    return found.first() is not None


# ---- contacts -----------------------------------------------------------------------------------


def open_contact(
    connection: Connection, seal: ContactSeal, report_id: int, account_id: int, now: datetime
) -> Contact:
    """Read the contact of one report, and write down who did. The only way there is.

    Raises NotFound when the report has none, or has had it erased.
    """
    connection.execute(select(func.set_config(OPENED, str(report_id), True)))
    found = connection.execute(
        select(contact.c.key_id, contact.c.sealed, matter_report.c.matter_id)
        .join(matter_report, matter_report.c.id == contact.c.report_id)
        .where(contact.c.report_id == report_id)
    ).one_or_none()
    connection.execute(select(func.set_config(OPENED, "", True)))
    if found is None:
        raise NotFound("error.contact_not_found")
    note_access(connection, found.matter_id, account_id, "contact", now)
    return seal.open(Sealed(found.key_id, bytes(found.sealed)))


def erase_contacts(connection: Connection) -> int:
    """Erase the contacts whose time has come, by the database's own clock. How many there were."""
    return connection.execute(delete(contact)).rowcount  # the policy lets only those go
