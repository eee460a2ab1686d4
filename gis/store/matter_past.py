"""Matters whose past is told after the event: all they have been through, written at once.

For the demo only. Real matters go step by step through `matter_life`, each in its transaction.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select, update

from gis.store.database import copy_rows
from gis.store.matter_life import keep_clocks
from gis.store.matter_story import clocks_of
from gis.store.tables.matters import matter, matter_report

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from gis.matters import Clock

Json = dict[str, Any]

FACTS = (
    "state",
    "queue",
    "version",
    "item",
    "category",
    "proposed_class",
    "matter_class",
    "region_id",
    "member_post_id",
    "handler_id",
    "due_at",
    "closed_at",
)
FIRST_EVENTS = 3  # received, located, proposed: what intake writes


@dataclass(slots=True)
class Past:
    """A matter as intake left it, and what is to be told of it. `facts` are columns of `matter`."""

    id: int
    channel: str
    building_id: int | None
    facts: Json
    clocks: Sequence[Clock]
    events: list[tuple[str, str, list[str], int, Json, datetime]] = field(default_factory=list)
    tasks: list[Json] = field(default_factory=list)
    moved_at: datetime | None = None
    replied: tuple[str, datetime] | None = None


def as_received(connection: Connection, no: str) -> Past:
    """The matter of a number, just taken in and not dispatched."""
    columns = (matter.c.id, matter.c.channel, matter.c.building_id)
    row = connection.execute(
        select(*columns, *(matter.c[name] for name in FACTS)).where(matter.c.no == no)
    ).one()
    facts = dict(zip(FACTS, row[len(columns) :], strict=True))
    return Past(row.id, row.channel, row.building_id, facts, clocks_of(connection, row.id))


def keep_past(connection: Connection, every: Iterable[Past]) -> None:
    """Write what became of the matters: their rows, clocks, tasks, events, places and replies."""
    pasts = list(every)
    changed = [{"the_id": one.id, **{f"new_{n}": v for n, v in one.facts.items()}} for one in pasts]
    new = {name: bindparam(f"new_{name}", type_=matter.c[name].type) for name in FACTS}
    connection.execute(
        update(matter).where(matter.c.id == bindparam("the_id")).values(new), changed
    )
    for one in pasts:
        keep_clocks(connection, one.id, one.clocks)
    _copy_events(connection, pasts)
    _copy_tasks(connection, pasts)
    _copy_places(connection, pasts)
    replied = [
        {"the_id": one.id, "said": one.replied[0], "at": one.replied[1]}
        for one in pasts
        if one.replied
    ]
    reports = update(matter_report).where(matter_report.c.matter_id == bindparam("the_id"))
    if replied:
        values: Json = {"reply": bindparam("said"), "replied_at": bindparam("at")}
        connection.execute(reports.values(values), replied)


def _copy_events(connection: Connection, pasts: list[Past]) -> None:
    columns = ("matter_id", "seq", "recorded_at", "happened_at", "actor_id", "actor", "action")
    lines = (
        (one.id, seq, at, at, actor_id, actor, action, state, json.dumps(detail))
        for one in pasts
        for seq, (action, state, actor, actor_id, detail, at) in enumerate(
            one.events, start=FIRST_EVENTS + 1
        )
    )
    copy_rows(connection, "matter_event", (*columns, "state", "detail"), lines)


def _copy_tasks(connection: Connection, pasts: list[Past]) -> None:
    columns = (
        "organisation_id",
        "hop",
        "given_at",
        "acknowledged_at",
        "section",
        "person",
        "ended_at",
        "ended_by",
    )
    lines = ((one.id, *(task[name] for name in columns)) for one in pasts for task in one.tasks)
    copy_rows(connection, "matter_task", ("matter_id", *columns), lines)


def _copy_places(connection: Connection, pasts: list[Past]) -> None:
    columns = ("matter_id", "number", "region_id", "method", "confident", "candidates", "since")
    lines = (
        (one.id, 2, one.facts["region_id"], "desk", True, "[]", one.moved_at)
        for one in pasts
        if one.moved_at
    )
    copy_rows(connection, "matter_place", columns, lines)
