"""Steps are taken with a matter, and its reporters get their replies."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from api.access import Access, TheCaller, open_to
from api.dependencies import Database, Language, Now
from api.inputs import Body, Code, Name, Note, RowId
from api.matter_answers import MatterOut, NumberOut, matter_as_seen
from api.matter_reads import Number
from api.rules import TheRules
from gis.errors import NotFound
from gis.governance.steps import Step
from gis.matters import LONGEST_LIMIT, ClockKind, PrivateWay, ReturnReason, TimeLimit, TimeUnit
from gis.model import AsOf
from gis.workflows.reply_to_report import reply_to
from gis.workflows.step_effects import Given, MoreTime
from gis.workflows.take_step import look_at, take_step

router = APIRouter(prefix="/api/v1", tags=["matters"])

Version = Annotated[int, Field(ge=1, le=2**31 - 2)]


class LimitIn(Body):
    """More time for a clock, counted from when it is due now."""

    clock: ClockKind = ClockKind.UNIT
    amount: Annotated[int, Field(ge=1, le=LONGEST_LIMIT)]
    unit: TimeUnit

    def to_domain(self) -> MoreTime:
        return MoreTime(self.clock, TimeLimit(self.amount, self.unit))


class GivenIn(Body):
    """What goes with a step; `next_steps` of a matter says which of it each one needs."""

    reason: Note | None = None
    list_item: Code | None = Field(None, description="the category of the list's item")
    handler: Code | None = Field(None, description="an organisation's code")
    section: Name | None = None
    person: Name | None = None
    return_reason: ReturnReason | None = None
    counter_proposal: Code | None = Field(None, description="an organisation's or a grid's code")
    resolution: Note | None = None
    result: Note | None = None
    private_way: PrivateWay | None = None
    appraisal: Note | None = None
    target: Number | None = Field(None, description="the number of the matter to merge it into")
    limit: LimitIn | None = None
    grid: Code | None = Field(
        None, description="with classify and dispatch: the grid it belongs to, by its code"
    )
    place: Code | None = Field(
        None,
        description="with classify and dispatch: the building or compound it is at, as"
        " building:CODE or compound:CODE; its grid follows, and has to be given only where the"
        " compound lies in several",
    )

    def to_domain(self) -> Given:
        plain = self.model_dump(exclude={"limit"})
        return Given(**plain, limit=self.limit.to_domain() if self.limit else None)


class StepIn(Body):
    """A step, and the version of the matter that it was chosen from."""

    step: Step
    version: Version
    given: GivenIn = GivenIn()


class ReplyIn(Body):
    """The own reply to one reporter."""

    report: RowId
    text: Note
    version: Version


@router.post("/matters/{no}/steps")
@open_to(Access.ACCOUNT)
def step(
    no: Number,
    body: StepIn,
    database: Database,
    caller: TheCaller,
    rules: TheRules,
    language: Language,
    now: Now,
) -> MatterOut | NumberOut:
    """Take a step. 409 when somebody else was faster: read it again and decide anew."""
    given = body.given.to_domain()
    take_step(database, caller, no, body.step, body.version, given, rules, now)
    try:
        looked = look_at(database, caller, no, rules, now)
    except NotFound:
        return NumberOut(no=no)  # referred, or moved out of the caller's regions
    return matter_as_seen(database, caller, looked, rules, language, AsOf.at(now))


@router.post("/matters/{no}/replies")
@open_to(Access.ACCOUNT)
def reply(
    no: Number,
    body: ReplyIn,
    database: Database,
    caller: TheCaller,
    rules: TheRules,
    language: Language,
    now: Now,
) -> MatterOut | NumberOut:
    """Give one reporter the own reply."""
    reply_to(database, caller, no, body.report, body.text, body.version, now=now, rules=rules)
    looked = look_at(database, caller, no, rules, now)
    return matter_as_seen(database, caller, looked, rules, language, AsOf.at(now))
