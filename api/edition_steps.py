"""Editions over HTTP, what is done with one: accept, approve, schedule, withdraw, move, undo."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.access import Access, TheCaller, open_to
from api.dependencies import Database, Language, Now
from api.editions import EditionStateOut, one_edition, seen_edition
from api.inputs import Body, Code, Day, Name, Note, RowId, Text
from gis.accounts import Role
from gis.editions import APPROVERS
from gis.model import BEIJING
from gis.workflows import change_editions

router = APIRouter(prefix="/api/v1", tags=["editions"])

Key = Annotated[Text, Field(min_length=1, max_length=40)]


class AcceptIn(Body):
    """Take the responsibility for faults of a draft: `keys` from its list of faults, and why."""

    keys: Annotated[list[Key], Field(min_length=1, max_length=500)]
    why: Note


class ApproveIn(Body):
    """An approval: the step's code, the number of the document (文号), the day it was decided."""

    step: Code
    document_no: Annotated[Text, Field(max_length=100)] = ""
    decided_on: Day


class UndoIn(Body):
    """The name of the edition that undoes this one, and from which day on; today by default."""

    name: Name
    valid_from: Day | None = None


class DayIn(Body):
    """From which day on a draft is to hold."""

    valid_from: Day


class MadeOut(BaseModel):
    id: int
    name: str


@router.post("/editions/{edition_id}/faults/accept")
@open_to(Access.ACCOUNT, Role.PLANNER)
def accept_faults(
    edition_id: RowId,
    body: AcceptIn,
    database: Database,
    caller: TheCaller,
    now: Now,
    language: Language,
) -> EditionStateOut:
    """Accept faults of a draft by name; planners over its root."""
    found = seen_edition(edition_id, database, caller).facts
    change_editions.accept_faults(
        database, found, body.keys, why=body.why, account_id=caller.account_id, now=now
    )
    return one_edition(edition_id, database, caller, now, language)


@router.post("/editions/{edition_id}/approvals")
@open_to(Access.ACCOUNT, *sorted(APPROVERS))
def approve_edition(
    edition_id: RowId,
    body: ApproveIn,
    database: Database,
    caller: TheCaller,
    now: Now,
    language: Language,
) -> EditionStateOut:
    """Take a step of approval; after the last one the edition comes into force on its day."""
    found = seen_edition(edition_id, database, caller).facts
    decision = change_editions.Decision(body.step, body.document_no, body.decided_on)
    change_editions.approve(database, found, decision, caller.account_id, now)
    return one_edition(edition_id, database, caller, now, language)


@router.post("/editions/{edition_id}/schedule")
@open_to(Access.ACCOUNT, Role.PLANNER)
def schedule_edition(
    edition_id: RowId, database: Database, caller: TheCaller, now: Now, language: Language
) -> EditionStateOut:
    """Let an edition come into force on its day; within a minute where that has come."""
    found = seen_edition(edition_id, database, caller).facts
    change_editions.schedule(database, found, now, account_id=caller.account_id)
    return one_edition(edition_id, database, caller, now, language)


@router.post("/editions/{edition_id}/withdraw", status_code=204)
@open_to(Access.ACCOUNT, *sorted(APPROVERS))
def withdraw_edition(edition_id: RowId, database: Database, caller: TheCaller, now: Now) -> None:
    """Drop an open edition, or an own draft; what somebody approved or accepted stays on record."""
    found = seen_edition(edition_id, database, caller).facts
    change_editions.withdraw(database, found, caller.account_id, now)


@router.post("/editions/{edition_id}/day")
@open_to(Access.ACCOUNT, *sorted(APPROVERS))
def change_edition_day(
    edition_id: RowId,
    body: DayIn,
    database: Database,
    caller: TheCaller,
    now: Now,
    language: Language,
) -> EditionStateOut:
    """Let an own draft hold from another day, as long as nobody has approved it."""
    found = seen_edition(edition_id, database, caller).facts
    change_editions.change_day(database, found, body.valid_from, caller.account_id)
    return one_edition(edition_id, database, caller, now, language)


@router.post("/editions/{edition_id}/undo", status_code=201)
@open_to(Access.ACCOUNT, Role.PLANNER)
def undo_edition(
    edition_id: RowId, body: UndoIn, database: Database, caller: TheCaller, now: Now
) -> MadeOut:
    """Make a draft that restores what held before an edition."""
    found = seen_edition(edition_id, database, caller).facts
    today = now.astimezone(BEIJING).date()
    made = change_editions.undo_edition(
        database,
        found,
        body.name,
        valid_from=body.valid_from or max(today, found.valid_from),
        now=now,
        account_id=caller.account_id,
    )
    return MadeOut(id=made, name=body.name)
