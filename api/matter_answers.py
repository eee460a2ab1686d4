"""Matters as the API tells them: rows, the whole of one, what the reader may do next with it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Literal

from pydantic import BaseModel, Field

from gis.governance.deadlines import standing
from gis.governance.masking import masked
from gis.governance.steps import Input, Step
from gis.matters import Channel, ClockKind, MatterClass, MatterState, TriageQueue, Urgency
from gis.model import BEIJING, AsOf
from gis.store.matter_json import words_from_json
from gis.store.matter_reads import MatterRow, Named, names_of
from gis.store.matter_sight import View
from gis.store.matter_story import EventRow, Story, seen
from maps.words import say

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from gis.accounts import Caller
    from gis.governance.lifecycle import NextStep
    from gis.matters import Clock
    from gis.store.matter_story import PlaceRow
    from gis.workflows.receive_matter import Rules
    from gis.workflows.take_step import Looked

RECEIVED: Final = "received"
WRITTEN: Final = ("reason", "result", "resolution", "appraisal", "section", "person")


class NamedOut(BaseModel):
    code: str
    name: str


class MatterRowOut(BaseModel):
    """A matter in a list. Phone and identity numbers in the text are masked."""

    no: str
    text: str
    category: NamedOut | None
    matter_class: MatterClass | None = Field(description="decided by a person")
    proposed_class: MatterClass | None
    urgency: Urgency
    state: MatterState
    queue: TriageQueue | None
    due_at: datetime | None = Field(description="of the clock that is due first")
    late: bool
    received_at: datetime
    observed_at: datetime
    grid: NamedOut | None
    community: NamedOut | None
    handler: NamedOut | None = Field(description="proposed, or since its dispatch the one it has")
    building: NamedOut | None
    lon: float | None
    lat: float | None
    accuracy_m: float | None
    origin: str
    version: int = Field(description="to be sent with a step; 0 for who can take none")


class ReportOut(BaseModel):
    id: int
    no: str = Field(description="the number it came in under, before merging")
    channel: Channel
    text: str
    outer_no: str | None
    observed_at: datetime
    received_at: datetime
    replied_at: datetime | None
    reply: str
    mine: bool


class ClockOut(BaseModel):
    kind: ClockKind
    number: int
    started_at: datetime
    due_at: datetime
    paused_at: datetime | None
    stopped_at: datetime | None
    provisional: bool
    inherited: bool
    late: bool
    words: str


class PlaceOut(BaseModel):
    number: int
    region: NamedOut | None
    level: str | None
    method: str
    confident: bool
    edge_m: float | None
    candidates: list[dict[str, Any]]
    since: datetime


class TaskOut(BaseModel):
    hop: int
    handler: NamedOut
    section: str
    person: str
    given_at: datetime
    acknowledged_at: datetime | None
    ended_at: datetime | None
    ended_by: str | None
    mine: bool


class EventOut(BaseModel):
    seq: int
    recorded_at: datetime
    happened_at: datetime
    who: str | None
    actor: list[str]
    action: str
    state: MatterState
    detail: dict[str, Any]
    name: str = Field(description="what happened, in the reader's language")
    texts: list[str] = Field(description="what somebody wrote with it; why it was proposed")

    @classmethod
    def of(cls, row: EventRow, language: str) -> EventOut:
        kind = "step" if row.action in set(Step) else "event"
        reasons = [words_from_json(one) for one in row.detail.get("reasons", ())]
        told = {name: value for name, value in asdict(row).items() if name != "actor_id"}
        return cls(
            **told,
            name=say(language, f"{kind}.{row.action}"),
            texts=[row.detail[name] for name in WRITTEN if row.detail.get(name)]
            + [say(language, one.key, **one.filled(language)) for one in reasons],
        )


class NextStepOut(BaseModel):
    """A step the reader may take; while `blocked` isn't empty it says what must come first."""

    step: Step
    name: str
    to: MatterState
    needs: list[Input]
    blocked: list[str]


class MatterOut(MatterRowOut):
    """One matter as far as its reader sees it (`view`)."""

    view: View
    conduct: bool
    closed_at: datetime | None
    reports: list[ReportOut]
    clocks: list[ClockOut]
    places: list[PlaceOut]
    tasks: list[TaskOut]
    events: list[EventOut]
    next_steps: list[NextStepOut]


class NumberOut(BaseModel):
    """Of a complaint about people whoever filed it is told that it came, and nothing else."""

    no: str
    state: Literal["received"] = RECEIVED


def matter_as_seen(
    connection: Connection,
    caller: Caller,
    looked: Looked,
    rules: Rules,
    language: str,
    as_of: AsOf,
) -> MatterOut | NumberOut:
    """One matter for its reader."""
    now, found = as_of.known_at, looked.seen
    row, shown = seen(found, looked.story, looked.sight)
    if found.view is View.NUMBER:
        return NumberOut(no=row.no)
    return MatterOut(
        **row_said(row, rules, language, now),
        view=found.view,
        conduct=row.conduct,
        closed_at=row.closed_at,
        **_story_said(shown, caller, rules, language, now),
        places=[_place(connection, one, now) for one in shown.places],
        next_steps=[_step(one, language) for one in looked.steps],
    )


def row_said(row: MatterRow, rules: Rules, language: str, now: datetime) -> dict[str, Any]:
    """A row as lists and features hold it; see `MatterRowOut`."""
    category = rules.in_force.categories.get(row.category) if row.category else None
    name = category.name.said_in(language) if category else row.category
    return {
        "no": row.no,
        "text": row.text,
        "category": {"code": row.category, "name": name} if row.category else None,
        "matter_class": row.matter_class,
        "proposed_class": row.proposed_class,
        "urgency": row.urgency,
        "state": row.state,
        "queue": row.queue,
        "due_at": row.due_at,
        "late": row.late(now),
        "received_at": row.received_at,
        "observed_at": row.observed_at,
        "grid": _named(row.grid),
        "community": _named(row.community),
        "handler": _named(row.handler),
        "building": _named(row.building),
        "lon": row.lon,
        "lat": row.lat,
        "accuracy_m": row.accuracy_m,
        "origin": row.origin,
        "version": row.version,
    }


def _named(one: Named | None) -> dict[str, str] | None:
    return {"code": one.code, "name": one.name} if one else None


def _story_said(
    story: Story, caller: Caller, rules: Rules, language: str, now: datetime
) -> dict[str, Any]:
    reports = [
        ReportOut(
            **{name: value for name, value in asdict(one).items() if name != "account_id"}
            | {"text": masked(one.text), "mine": one.account_id == caller.account_id}
        )
        for one in story.reports
    ]
    return {
        "reports": reports,
        "clocks": [_clock(one, rules, language, now) for one in story.clocks],
        "tasks": [
            TaskOut(
                **{
                    name: value
                    for name, value in asdict(one).items()
                    if name not in ("organisation_id", "handler")
                },
                handler=NamedOut(code=one.handler.code, name=one.handler.name),
            )
            for one in story.tasks
        ],
        "events": [EventOut.of(one, language) for one in story.events],
    }


def _clock(one: Clock, rules: Rules, language: str, now: datetime) -> ClockOut:
    stands = standing(one, now, rules.calendar)
    words = say(language, stands.words.key, **stands.words.filled(language))
    return ClockOut(
        kind=one.kind,
        number=one.number,
        started_at=one.started_at.astimezone(BEIJING),
        due_at=one.due_at.astimezone(BEIJING),
        paused_at=one.paused_at,
        stopped_at=one.stopped_at,
        provisional=one.provisional,
        inherited=one.inherited,
        late=stands.late,
        words=words,
    )


def _place(connection: Connection, one: PlaceRow, now: datetime) -> PlaceOut:
    """The region as it was called on the day: it may have ended since."""
    then = AsOf(AsOf.at(one.since).valid_on, now)
    ids = [] if one.region_id is None else [one.region_id]
    region = names_of(connection, ids, then).get(one.region_id or 0)
    return PlaceOut(
        number=one.number,
        region=NamedOut(code=region.code, name=region.name or "")
        if region and region.code
        else None,
        level=region.level if region else None,
        method=one.method,
        confident=one.confident,
        edge_m=one.edge_m,
        candidates=one.candidates,
        since=one.since,
    )


def _step(one: NextStep, language: str) -> NextStepOut:
    return NextStepOut(
        step=one.step,
        name=say(language, f"step.{one.step}"),
        to=one.to,
        needs=list(one.needs),
        blocked=[say(language, word.key, **word.filled(language)) for word in one.blocked],
    )
