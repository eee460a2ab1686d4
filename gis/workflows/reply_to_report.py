"""A reporter gets the own reply: each by itself, those of merged matters too (逐一回复)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gis.errors import Conflict, NotAllowed, NotFound
from gis.governance.steps import Actor, Step
from gis.store.matter_life import Written, hold, keep_reply, write
from gis.workflows.step_effects import Given
from gis.workflows.take_step import ENDED, case_of

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from gis.accounts import Caller
    from gis.workflows.receive_matter import Rules

ANSWERED: Final = "answered"
REPLIERS: Final = frozenset(
    {Actor.DISPATCHER, Actor.CLERK, Actor.GRID_MEMBER, Actor.HANDLER, Actor.DISCIPLINE}
)


def reply_to(
    connection: Connection,
    caller: Caller,
    no: str,
    report_id: int,
    reply: str,
    version: int,
    rules: Rules,
    now: datetime,
) -> None:
    """Give one reporter the own reply; reporters of merged matters are among them.

    Raises NotFound for a matter or a report that isn't seen, NotAllowed for who doesn't deal with
    it, Conflict when it has changed since `version` or has been closed.
    """
    hold(connection, no)
    case = case_of(connection, caller, no, Step.REPLY, Given(), rules, now)
    if case.kept.version != version:
        raise Conflict("error.matter_changed")
    if not REPLIERS & case.actor:
        raise NotAllowed("error.not_yours.reply")
    if case.state in ENDED:
        raise Conflict("error.not_now.reply")
    if all(one.id != report_id for one in case.story.reports):
        raise NotFound("error.report_not_found")
    keep_reply(connection, report_id, reply, now)
    step = Written(
        action=ANSWERED,
        state=case.kept.state,
        actor=REPLIERS & case.actor,
        actor_id=caller.account_id,
        detail={"report": report_id},
        told=None if case.kept.conduct else {"no": no, "step": ANSWERED},
    )
    write(connection, case.kept.id, case.kept.version, step, now)
