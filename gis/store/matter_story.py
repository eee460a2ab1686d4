"""Everything kept of one matter: reports, clocks, places, tasks, events."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from gis.matters import Clock, ClockKind, TimeLimit, TimeUnit
from gis.store.matter_reads import Named
from gis.store.matter_sight import View, mine
from gis.store.tables.accounts import account
from gis.store.tables.matters import (
    clock,
    matter,
    matter_event,
    matter_place,
    matter_report,
    matter_task,
)
from gis.store.tables.people import organisation

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from gis.store.matter_reads import MatterRow, Seen
    from gis.store.matter_sight import Sight


@dataclass(frozen=True, slots=True)
class ReportRow:
    """What one reporter said, and what came back. `no` is the matter it came in as."""

    id: int
    no: str
    account_id: int | None
    channel: str
    text: str
    outer_no: str | None
    observed_at: datetime
    received_at: datetime
    replied_at: datetime | None
    reply: str


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """A statement of where a matter lies; the last one holds."""

    number: int
    region_id: int | None
    method: str
    confident: bool
    edge_m: float | None
    candidates: list[dict[str, Any]]
    since: datetime


@dataclass(frozen=True, slots=True)
class TaskRow:
    """One dispatch. `mine`: to an organisation that the reader works for."""

    hop: int
    organisation_id: int
    handler: Named
    section: str
    person: str
    given_at: datetime
    acknowledged_at: datetime | None
    ended_at: datetime | None
    ended_by: str | None
    mine: bool


@dataclass(frozen=True, slots=True)
class EventRow:
    """One line of the log; `who` is the name of the account, None for the service itself."""

    seq: int
    recorded_at: datetime
    happened_at: datetime
    actor_id: int | None
    who: str | None
    actor: tuple[str, ...]
    action: str
    state: str
    detail: dict[str, Any]


ENDED_HOP: Final = "ended_hop"
"""In the detail of an event: the number of the task that ended with it."""


@dataclass(frozen=True, slots=True)
class Story:
    """All there is of one matter, in order. Reports of merged matters are among its own."""

    reports: list[ReportRow]
    clocks: list[Clock]
    places: list[PlaceRow]
    tasks: list[TaskRow]
    events: list[EventRow]

    @property
    def open_task(self) -> TaskRow | None:
        return next((one for one in self.tasks if one.ended_at is None), None)

    @property
    def last_task(self) -> TaskRow | None:
        return self.tasks[-1] if self.tasks else None


def story_of(connection: Connection, sight: Sight, matter_id: int) -> Story:
    """All there is of a matter, whoever asks; `seen` cuts it to what the reader may see."""
    return Story(
        _reports(connection, matter_id),
        clocks_of(connection, matter_id),
        _places(connection, matter_id),
        _tasks(connection, sight, matter_id),
        _events(connection, matter_id),
    )


def _reports(connection: Connection, matter_id: int) -> list[ReportRow]:
    here = select(matter.c.id, matter.c.no).where(matter.c.id == matter_id)
    tree = here.cte("tree", recursive=True)
    tree = tree.union(select(matter.c.id, matter.c.no).where(matter.c.merged_into == tree.c.id))
    said = matter_report.c
    found = connection.execute(
        select(
            said.id,
            tree.c.no,
            said.account_id,
            said.channel,
            said.text,
            said.outer_no,
            said.observed_at,
            said.received_at,
            said.replied_at,
            said.reply,
        )
        .join(tree, tree.c.id == said.matter_id)
        .order_by(said.received_at, said.id)
    )
    return [ReportRow(*tuple(row)) for row in found]


def clocks_of(connection: Connection, matter_id: int) -> list[Clock]:
    """The clocks of a matter, by kind and number."""
    found = connection.execute(
        select(clock).where(clock.c.matter_id == matter_id).order_by(clock.c.kind, clock.c.number)
    )
    return [
        Clock(
            ClockKind(row.kind),
            row.started_at,
            row.due_at,
            TimeLimit(row.limit_amount, TimeUnit(row.limit_unit)) if row.limit_unit else None,
            row.number,
            row.paused_at,
            row.stopped_at,
            row.provisional,
            row.moved,
        )
        for row in found
    ]


def _places(connection: Connection, matter_id: int) -> list[PlaceRow]:
    at = matter_place.c
    found = connection.execute(
        select(at.number, at.region_id, at.method, at.confident, at.edge_m, at.candidates, at.since)
        .where(at.matter_id == matter_id)
        .order_by(at.number)
    )
    return [PlaceRow(*row) for row in found]


def _tasks(connection: Connection, sight: Sight, matter_id: int) -> list[TaskRow]:
    given = matter_task.c
    found = connection.execute(
        select(matter_task, organisation.c.code, organisation.c.name, mine(sight).label("mine"))
        .join(organisation, organisation.c.id == given.organisation_id)
        .where(given.matter_id == matter_id)
        .order_by(given.hop)
    )
    return [
        TaskRow(
            row.hop,
            row.organisation_id,
            Named(row.code, row.name),
            row.section,
            row.person,
            row.given_at,
            row.acknowledged_at,
            row.ended_at,
            row.ended_by,
            row.mine,
        )
        for row in found
    ]


def _events(connection: Connection, matter_id: int) -> list[EventRow]:
    one = matter_event.c
    found = connection.execute(
        select(
            one.seq,
            one.recorded_at,
            one.happened_at,
            one.actor_id,
            account.c.name,
            one.actor,
            one.action,
            one.state,
            one.detail,
        )
        .outerjoin(account, account.c.id == one.actor_id)
        .where(one.matter_id == matter_id)
        .order_by(one.seq)
    )
    return [EventRow(*row[:5], tuple(row[5]), *row[6:]) for row in found]


# ---- what of it is seen -------------------------------------------------------------------------

NOTHING: Final = Story([], [], [], [], [])


def seen(matter_seen: Seen, story: Story, sight: Sight) -> tuple[MatterRow, Story]:
    """The row and the story as far as the reader's view goes."""
    row = matter_seen.row
    match matter_seen.view:
        case View.WHOLE | View.TASK:
            return row, story
        case View.OWN:
            own = [one for one in story.reports if one.account_id == sight.account_id]
            whole = [one for one in story.clocks if one.kind is ClockKind.WHOLE]
            return row, replace(NOTHING, reports=own, clocks=whole)
        case View.FORMER:
            return _as_it_stood(row, story)
        case View.NUMBER:
            return row, NOTHING


def _as_it_stood(row: MatterRow, story: Story) -> tuple[MatterRow, Story]:
    """As it stood when the reader's last task ended. What may have changed since isn't told."""
    tasks = [one for one in story.tasks if one.mine and one.ended_at is not None]
    last = tasks[-1]
    assert last.ended_at is not None
    until = _last_seq(story, last.hop, last.ended_at)
    events = [one for one in story.events if one.seq <= until]
    reports = [
        replace(one, replied_at=None, reply="", account_id=None)
        for one in story.reports
        if one.no == row.no and one.received_at <= last.ended_at
    ]
    moved = any(one.since > last.ended_at for one in story.places)
    given = next((e.detail for e in events if e.detail.get("hop") == last.hop), {})
    then = replace(
        row,
        state=events[-1].state if events else row.state,
        matter_class=given.get("class"),
        category=given.get("category"),
        handler=last.handler,
        queue=None,
        due_at=None,
        closed_at=None,
        grid=None if moved else row.grid,
        community=None if moved else row.community,
        version=0,
    )
    return then, Story(reports, [], [], tasks, events)


def _last_seq(story: Story, hop: int, ended_at: datetime) -> int:
    named = [one.seq for one in story.events if one.detail.get(ENDED_HOP) == hop]
    by_time = [one.seq for one in story.events if one.recorded_at <= ended_at]
    return max(named or by_time, default=0)
