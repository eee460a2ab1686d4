"""A step of a matter is written: state, place, task, clocks, event and outbox, or none of them.

The matter's row is held from before it is looked at until the transaction ends, so steps on one
matter come one by one: each goes by what the one before left.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as insert_or

from gis.errors import Conflict
from gis.store.matter_story import ENDED_HOP
from gis.store.tables.matters import (
    clock,
    matter,
    matter_event,
    matter_place,
    matter_report,
    matter_task,
    outbox,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from gis.governance.steps import Actor
    from gis.matters import Clock

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kept:
    """What a step needs of the matter's row beyond what is shown."""

    id: int
    state: str
    version: int
    conduct: bool
    channel: str
    proposal: Json
    item: Json | None
    region_id: int | None
    handler_id: int | None
    building_id: int | None
    filed_by: int | None
    received_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Move:
    """Another place: the region that holds the matter from now on."""

    region_id: int | None
    method: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a step changes. `values` are columns of `matter`.

    `task_for` opens a task of an organisation, `taken` is the section and person that took the open
    one up, `task_ended` says why it ended. `told` goes to the outbox, None for what nobody outside
    may know of.
    """

    action: str
    state: str
    actor: frozenset[Actor]
    actor_id: int | None
    detail: Json
    values: Json = field(default_factory=dict)
    clocks: Sequence[Clock] | None = None
    move: Move | None = None
    task_for: int | None = None
    taken: tuple[str, str] | None = None
    task_ended: str | None = None
    told: Json | None = None
    topic: str = "matter.step"


def hold(connection: Connection, *numbers: str) -> None:
    """Hold matters until the transaction ends, in one order for everybody: nobody waits in a ring.

    Numbers that aren't there are passed over.
    """
    connection.execute(
        select(matter.c.id).where(matter.c.no.in_(numbers)).order_by(matter.c.id).with_for_update()
    ).all()


def kept(connection: Connection, matter_id: int) -> Kept:
    """The row of a matter as it is now."""
    names = Kept.__dataclass_fields__
    found = connection.execute(
        select(*(matter.c[name] for name in names)).where(matter.c.id == matter_id)
    ).one()
    return Kept(*found)


def write(
    connection: Connection, matter_id: int, version: int, step: Written, now: datetime
) -> int:
    """Write a step and return the new version. Raises Conflict where `version` is no longer it."""
    hop = _task(connection, matter_id, step, now)
    if step.clocks is not None:
        keep_clocks(connection, matter_id, step.clocks)
    values = dict(step.values)
    if step.move is not None:
        values["region_id"] = step.move.region_id
        _place(connection, matter_id, step.move, now)
    changed = connection.execute(
        update(matter)
        .where(matter.c.id == matter_id, matter.c.version == version)
        .values(version=version + 1, state=step.state, **values)
    ).rowcount
    if changed != 1:
        raise Conflict("error.matter_changed")
    seq = _event(connection, matter_id, step, hop, now)
    if step.told is not None:
        payload = {"version": version + 1, "seq": seq, "state": step.state, **step.told}
        connection.execute(
            insert(outbox).values(
                topic=step.topic, matter_id=matter_id, payload=payload, recorded_at=now
            )
        )
    return version + 1


def _task(connection: Connection, matter_id: int, step: Written, now: datetime) -> Json:
    """Move the task; what the event says about it."""
    now_open = (matter_task.c.matter_id == matter_id) & matter_task.c.ended_at.is_(None)
    if step.task_for is not None:
        last = select(func.coalesce(func.max(matter_task.c.hop), 0)).where(
            matter_task.c.matter_id == matter_id
        )
        hop = connection.execute(last).scalar_one() + 1
        connection.execute(
            insert(matter_task).values(
                matter_id=matter_id, organisation_id=step.task_for, hop=hop, given_at=now
            )
        )
        return {"hop": hop}
    if step.taken is not None:
        section, person = step.taken
        changes: Json = {"acknowledged_at": now, "section": section, "person": person}
    elif step.task_ended is not None:
        changes = {"ended_at": now, "ended_by": step.task_ended}
    else:
        return {}
    ended = connection.execute(
        update(matter_task).where(now_open).values(changes).returning(matter_task.c.hop)
    ).scalar_one_or_none()
    if ended is None:
        return {}
    return {"hop" if step.taken else ENDED_HOP: ended}


def _place(connection: Connection, matter_id: int, move: Move, now: datetime) -> None:
    number = select(func.coalesce(func.max(matter_place.c.number), 0) + 1).where(
        matter_place.c.matter_id == matter_id
    )
    connection.execute(
        insert(matter_place).values(
            matter_id=matter_id,
            number=number.scalar_subquery(),
            region_id=move.region_id,
            method=move.method,
            confident=True,
            candidates=[],
            since=now,
        )
    )


def keep_clocks(connection: Connection, matter_id: int, clocks: Iterable[Clock]) -> None:
    """Write clocks, new ones and moved ones; none is ever taken away."""
    lines = [_clock(matter_id, one) for one in clocks]
    if not lines:
        return
    new = insert_or(clock)
    key = ["matter_id", "kind", "number"]
    rest = {name: new.excluded[name] for name in lines[0] if name not in key}
    connection.execute(new.on_conflict_do_update(index_elements=key, set_=rest), lines)


def _clock(matter_id: int, one: Clock) -> Json:
    return {
        "matter_id": matter_id,
        "kind": one.kind.value,
        "number": one.number,
        "started_at": one.started_at,
        "due_at": one.due_at,
        "limit_amount": one.limit.amount if one.limit else None,
        "limit_unit": one.limit.unit.value if one.limit else None,
        "paused_at": one.paused_at,
        "stopped_at": one.stopped_at,
        "provisional": one.provisional,
        "moved": one.moved,
    }


def _event(connection: Connection, matter_id: int, step: Written, task: Json, now: datetime) -> int:
    line = matter_event.c
    last = select(func.coalesce(func.max(line.seq), 0)).where(line.matter_id == matter_id)
    seq: int = connection.execute(last).scalar_one() + 1
    connection.execute(
        insert(matter_event).values(
            matter_id=matter_id,
            seq=seq,
            recorded_at=now,
            happened_at=now,
            actor_id=step.actor_id,
            actor=sorted(step.actor),
            action=step.action,
            state=step.state,
            detail={
                name: value for name, value in {**step.detail, **task}.items() if value is not None
            },
        )
    )
    return seq


def keep_reply(connection: Connection, report_id: int, reply: str, now: datetime) -> None:
    """The reply to one reporter; a later one, after reopening, takes its place."""
    connection.execute(
        update(matter_report)
        .where(matter_report.c.id == report_id)
        .values(reply=reply, replied_at=now)
    )
