"""Matters come in: kept whole or not at all, once for each key; contacts apart and sealed.

What is read and what steps write stands elsewhere. One statement keeps matters with their reports,
places, clocks, events and outbox: fewer ways back and forth, and nothing half done.
"""

from __future__ import annotations

import secrets
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import delete, func, select

from gis.contacts import Sealed
from gis.errors import BadInput, NotFound
from gis.governance.classify import Proposal, Route
from gis.model import BEIJING, AsOf
from gis.store.database import as_json, rows, rows_at_once
from gis.store.edition_lock import EDITION_LOCK
from gis.store.matter_access import note_access
from gis.store.matter_json import item_to_json, proposal_to_json, words_to_json
from gis.store.tables.matters import contact, matter_report

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
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
KEY_LOCK: Final = 0x6B65  # "ke": first number of the locks on keys while their matters come in
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


Kept = Receipt | BadInput


@dataclass(frozen=True, slots=True)
class Numbered:
    """What a new matter is called from the beginning: its id, and its number for people, the day of
    receipt in China and the id, which is never given twice.
    """

    id: int
    no: str


@dataclass(frozen=True, slots=True)
class Begun:
    """How intake stands at its beginning. `kept`: for each key None where it is new, its receipt
    where it came before, BadInput where it came with another body. `numbered`: for each what its
    matter is called if it is new. `as_of`: the two times to look places up by, as
    `edition_lock.as_of_now` gives them. `looked`: the answers to what was asked ahead, None where
    that was for another time or nothing.
    """

    kept: Sequence[Kept | None]
    numbered: Sequence[Numbered]
    as_of: AsOf
    looked: list[list[Any]] | None = None


def begin_intake(
    connection: Connection, uses: Sequence[KeyUse], now: datetime, ahead: Sequence[Asked] = ()
) -> Begun:
    """Keep every activation out until the transaction ends, and whoever uses one of the keys. Call
    it first. `ahead` is asked in the same way there and back; it looks at `AsOf.at(now)`.
    """
    keys = [{"n": n, "account_id": u.account_id, "key": u.key} for n, u in enumerate(uses)]
    locks = sorted({_lock_of(use) for use in uses})  # in order: of two none waits for the other
    _, begun, ids, *looked = rows_at_once(
        connection,
        ("intake_hold", {"lock": EDITION_LOCK, "key_lock": KEY_LOCK, "keys": locks}),
        ("intake_begin", {"keys": as_json(keys)}),
        ("matter_ids", {"count": len(uses)}),
        *ahead,
    )
    kept: list[Kept | None] = [None] * len(uses)
    for row in begun:
        if row.n is not None:
            kept[row.n] = _kept(row, uses[row.n])
    day = f"{now.astimezone(BEIJING):%Y%m%d}"
    numbered = [Numbered(n, f"{day}-{n:06}") for n in sorted(row.id for row in ids)]
    as_of, changed_at = AsOf.at(now), begun[0].changed_at
    if changed_at and changed_at > now:
        return Begun(kept, numbered, AsOf(as_of.valid_on, changed_at))
    return Begun(kept, numbered, as_of, looked or None)


def _kept(row: Any, use: KeyUse) -> Kept:
    if bytes(row.body_sha256) != use.body_sha256:
        return BadInput("error.key_reused")
    return Receipt(row.no, row.query_code, row.receipt, repeated=True)


def _lock_of(use: KeyUse) -> int:
    """The number of the lock on a key; two keys that share one only wait for one another."""
    return zlib.crc32(f"{use.account_id} {use.key}".encode()) - 2**31


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


@dataclass(frozen=True, slots=True)
class Filed:
    """A new matter ready to be kept: by which key, what it is called, the facts of its receipt, its
    contact sealed.
    """

    use: KeyUse
    numbered: Numbered
    arrived: Arrived
    facts: Json
    sealed: Sealed | None
    erase_after: datetime


def add_matters(connection: Connection, filed: Sequence[Filed]) -> list[Receipt]:
    """Keep new matters with everything that comes with them; `begin_intake` holds their keys."""
    codes = [new_query_code() for _ in filed]
    numbered = [(one.numbered.id, one.arrived) for one in filed]
    outbox = [(m, *each) for m, one in numbered for each in one.outbox]
    found = rows(
        connection,
        "matters_add",
        matters=as_json([_row(one, code) for one, code in zip(filed, codes, strict=True)]),
        clocks=as_json([{"m": m, **_clock(each)} for m, one in numbered for each in one.clocks]),
        events=as_json(
            [
                {"m": m, **_event(n, each, one)}
                for m, one in numbered
                for n, each in enumerate(one.events, 1)
            ]
        ),
        outbox=as_json([{"m": m, "topic": t, "payload": payload} for m, t, payload in outbox]),
        tasks=as_json(
            [{"m": m, "organisation_id": one.task_for} for m, one in numbered if one.task_for]
        ),
    )
    assert len(found) == len(filed), "nobody else has these keys while we hold their locks"
    return [
        Receipt(one.numbered.no, code, one.facts) for one, code in zip(filed, codes, strict=True)
    ]


def _row(filed: Filed, query_code: str) -> Json:
    use, sealed = filed.use, filed.sealed
    return {
        "m": filed.numbered.id,
        "no": filed.numbered.no,
        "query_code": query_code,
        "account_id": use.account_id,
        "key": use.key,
        "body_sha256": use.body_sha256.hex(),
        "receipt": filed.facts,
        "contact_key_id": sealed.key_id if sealed else None,
        "sealed": sealed.token.decode() if sealed else None,
        "erase_after": filed.erase_after.isoformat(),
        **_matter(filed.arrived),
        **_place(filed.arrived),
    }


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
    pair = (account_id, organisation_id)
    return pair in working_for(connection, [pair], now)


def working_for(
    connection: Connection, pairs: Collection[tuple[int, int]], now: datetime
) -> set[tuple[int, int]]:
    """Of some pairs of an account and an organisation, those of which that is so."""
    if not pairs:
        return set()
    asked = as_json([{"account_id": a, "organisation_id": o} for a, o in pairs])
    found = rows(connection, "intake_units", pairs=asked, now=now)
    return {(row.account_id, row.organisation_id) for row in found}


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
