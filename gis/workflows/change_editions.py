"""An edition on its way: accepted, approved, scheduled, put in force, undone.

Nothing comes into force but by `activate_edition`: the person who installs, the job on the day,
an import with --commit all go through it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from gis.accounts import Role
from gis.editions import OPEN, Approval, EditionState, missing_steps, unacceptable
from gis.errors import BadBoundaries, BadInput, Conflict, GridError, NotAllowed, NotFound
from gis.model import BEIJING, AsOf
from gis.store import approvals, edition_findings, edition_life, edition_lock, editions
from gis.store.activation import activate
from gis.store.editions import Comparison, EditionScope, NewEdition
from gis.workflows.edition_rights import may_change_day, may_withdraw
from gis.workflows.judge_edition import judge_edition

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from gis.editions import ApprovalStep
    from gis.model import Fault
    from gis.store.edition_life import EditionFacts

INSTANT: Final = timedelta(microseconds=1)
SHOWN: Final = 5  # names in a sentence before it says how many more


@dataclass(frozen=True, slots=True)
class Decision:
    """An approval as somebody gives it: which step, 文号 (may be empty) and the day it was decided.

    `by_command`: an operator entered it at the command line for the account.
    """

    step: str
    document_no: str
    decided_on: date
    by_command: bool = False


# ---- faults -------------------------------------------------------------------------------------


def accept_faults(
    connection: Connection,
    edition: EditionFacts,
    keys: list[str],
    *,
    why: str,
    account_id: int,
    now: datetime,
) -> int:
    """Take the responsibility for faults of a draft, by their keys; how many are still open.

    Raises NotAllowed (no planner over the edition's root), Conflict (no open draft), NotFound
    (no such fault), BadInput (a fault that nobody may accept).
    """
    _may_plan(connection, edition, account_id, now)
    edition_life.lock_edition(connection, edition.id)
    _must_be_open(edition)
    known = {one.key: one for one in edition_findings.kept_faults(connection, edition.id)}
    for key in keys:
        if key not in known:
            raise NotFound("error.fault_not_found", fault=key, edition=edition.name)
        if unacceptable([known[key].fault]):
            raise BadInput("error.fault_unacceptable", fault=key)
    edition_findings.accept(connection, edition.id, keys, account_id, why, now)
    return edition_findings.open_fault_count(connection, edition.id)


# ---- approvals ----------------------------------------------------------------------------------


def approve(
    connection: Connection,
    edition: EditionFacts,
    decision: Decision,
    account_id: int,
    now: datetime,
) -> bool:
    """Take a step of approval. True when it was the last: the edition is scheduled now.

    Steps are taken in their order, each by another account, none by the author. Raises NotFound (no
    such step), NotAllowed (the account proposed it, or lacks the step's role over the edition's
    root), Conflict (taken
    already; an earlier one is missing; the account has taken one; faults are open; not judged
    against the present boundaries), BadInput (decided in the future).
    """
    edition_life.lock_edition(connection, edition.id)
    _must_be_open(edition)
    if decision.decided_on > now.astimezone(BEIJING).date():
        raise BadInput("error.decided_in_future", day=decision.decided_on.isoformat())
    steps = approvals.steps_of(connection, edition.id)
    step = next((one for one in steps if one.code == decision.step), None)
    if step is None:
        known = ", ".join(one.code for one in steps) or "-"
        raise NotFound("error.approval_step_not_found", step=decision.step, known=known)
    if not approvals.holds_role_over(
        connection, account_id, step.role, edition.root_id, now, at_level=step.level
    ):
        raise NotAllowed("error.approval_not_yours", step=step.name)
    if edition.made_by == account_id:
        raise NotAllowed("error.approval_author", edition=edition.name)
    _in_turn(connection, edition, decision.step, account_id)
    _no_open_faults(connection, edition)
    kept = Approval(
        step.code,
        step.name,
        "",
        "",
        decision.document_no,
        decision.decided_on,
        now,
        decision.by_command,
    )
    approvals.keep_approval(connection, edition.id, kept, account_id)
    if _missing(connection, edition):
        return False
    edition_life.schedule(connection, edition.id, now)
    return True


def _in_turn(connection: Connection, edition: EditionFacts, step: str, account_id: int) -> None:
    missing = _missing(connection, edition)
    if step not in [one.code for one in missing]:
        raise Conflict("error.approval_taken", step=step, edition=edition.name)
    if missing[0].code != step:
        raise Conflict("error.approval_before", step=step, first=missing[0].name)
    if approvals.has_approved(connection, edition.id, account_id):
        raise Conflict("error.approval_own", edition=edition.name)


def _missing(connection: Connection, edition: EditionFacts) -> tuple[ApprovalStep, ...]:
    taken = {one.step for one in approvals.approvals_of(connection, edition.id)}
    return missing_steps(approvals.steps_of(connection, edition.id), taken)


# ---- into force ---------------------------------------------------------------------------------


def schedule(
    connection: Connection, edition: EditionFacts, now: datetime, *, account_id: int | None = None
) -> None:
    """Let an edition come into force on its day; on a day that has come, at the next turn of the
    job. `account_id` None is the command line.

    Raises NotAllowed (no planner over the root), Conflict (not open; approvals missing; faults
    open).
    """
    if account_id is not None:
        _may_plan(connection, edition, account_id, now)
    edition_life.lock_edition(connection, edition.id)
    _must_be_open(edition)
    _all_approved(connection, edition)
    _no_open_faults(connection, edition)
    edition_life.schedule(connection, edition.id, now)


def activate_edition(
    connection: Connection,
    edition: EditionFacts,
    now: datetime,
    *,
    clock: Callable[[], datetime] | None = None,
) -> Comparison | None:
    """Put an edition in force, or schedule it when its day is still to come: then None.

    Its faults are judged before the exclusive lock is taken, unless they were against these very
    boundaries; under the lock nothing is left but to write. One transaction: all or nothing.
    `clock` is read under the lock: the instant from which the change is known; else it is `now`.

    Raises Conflict (not open; approvals missing; faults open; the lock is held; overtaken by
    another edition: try again), BadBoundaries (faults that nobody may accept).
    """
    _must_be_open(edition)
    _all_approved(connection, edition)
    version = edition_lock.boundary_version(connection)
    if edition.judged_version != version:
        _refuse(unacceptable(judge_edition(connection, edition)))
    _no_open_faults(connection, replace(edition, judged=True))
    if edition.valid_from > now.astimezone(BEIJING).date():
        edition_life.schedule(connection, edition.id, now)
        return None
    return activate(connection, edition.name, now, clock=clock, judged_version=version)


def activate_next(
    connection: Connection, now: datetime, *, clock: Callable[[], datetime] | None = None
) -> int:
    """Activate the one edition whose day came first; late ones too. 0 when none is due.

    What keeps one out is written down with it, and it is tried again at the job's next turn.
    """
    due = edition_life.next_due(connection, now.astimezone(BEIJING).date(), now)
    if due is None:
        return 0
    edition = edition_life.facts_of(connection, edition_id=due)
    try:
        with connection.begin_nested():
            activate_edition(connection, edition, now, clock=clock)
    except GridError as refused:
        edition_life.note_failure(connection, due, refused.key, refused.values, now)
    return 1


def judge_next(connection: Connection, now: datetime) -> int:
    """Judge one open edition again that was judged against other boundaries than today's."""
    waiting = edition_life.next_unjudged(connection)
    if waiting is None:
        return 0
    judge_edition(connection, edition_life.facts_of(connection, edition_id=waiting))
    return 1


# ---- another day ---------------------------------------------------------------------------------


def change_day(
    connection: Connection, edition: EditionFacts, day: date, account_id: int
) -> EditionFacts:
    """Let a draft hold from another day, and judge it for that day; only its author may.

    Raises NotAllowed (somebody else's), Conflict (no draft any more; approved by somebody, for the
    day it has; it undoes another edition: what it restores belongs to its day), BadBoundaries
    (faults from that day on that nobody may accept).
    """
    edition_life.lock_edition(connection, edition.id)
    now = edition_life.facts_of(connection, edition_id=edition.id)
    if now.made_by != account_id:
        raise NotAllowed("error.edition_day_not_yours", edition=now.name)
    if now.state is not EditionState.DRAFT:
        raise Conflict("error.edition_day_fixed", edition=now.name)
    if not may_change_day(connection, now, account_id):
        raise Conflict("error.edition_day_approved", edition=now.name)
    edition_life.change_day(connection, now.id, day)
    moved = edition_life.facts_of(connection, edition_id=now.id)
    _refuse(unacceptable(judge_edition(connection, moved)))
    return edition_life.facts_of(connection, edition_id=now.id)


# ---- back ---------------------------------------------------------------------------------------


def undo_edition(
    connection: Connection,
    undone: EditionFacts,
    name: str,
    *,
    valid_from: date,
    now: datetime,
    account_id: int | None = None,
) -> int:
    """Make a draft that restores, from a day on, what held in an edition's scope before it; its id.

    Regions keep their identity, those that had ended come back as the same. What was known and
    answered in between stays readable. Raises NotAllowed, Conflict (not active; a later edition
    changed the same subtree: undo that first; the name is taken), BadInput (a day before the
    edition's own).
    """
    if account_id is not None:
        _may_plan(connection, undone, account_id, now)
    if undone.state is not EditionState.ACTIVE or undone.activated_at is None:
        raise Conflict("error.edition_not_active", edition=undone.name)
    if valid_from < undone.valid_from:
        day = undone.valid_from.isoformat()
        raise BadInput("error.undo_too_early", edition=undone.name, day=day)
    later = [
        other
        for other, _, activated_at in edition_life.beside(connection, undone.id)
        if activated_at is not None and activated_at > undone.activated_at
    ]
    if later:
        raise Conflict("error.undo_order", edition=undone.name, later=", ".join(later[:SHOWN]))
    before = AsOf(valid_from, undone.activated_at - INSTANT)
    given = edition_life.rows_of_scope(connection, undone.level_id, undone.root_id, before)
    new = NewEdition(
        name=name,
        scope=EditionScope(undone.level_id, undone.root_id, valid_from),
        source=f"undo {undone.name}",
        sha256="",
        crs="EPSG:4490",
        complete=True,
        tolerance_m2=undone.tolerance_m2,
        undoes_id=undone.id,
        made_by=account_id,
    )
    edition_id = editions.keep_draft(connection, new, given)
    judge_edition(connection, edition_life.facts_of(connection, edition_id=edition_id))
    editions.carry_precision(connection, edition_id, before)
    return edition_id


def withdraw(connection: Connection, edition: EditionFacts, account_id: int, now: datetime) -> None:
    """Drop an open edition; its author may drop a draft, too.

    Raises NotAllowed, Conflict (active or withdrawn).
    """
    _must_be_open(edition)
    if not may_withdraw(connection, edition, account_id, now):
        raise NotAllowed("error.edition_not_yours", edition=edition.name)
    editions.drop_draft(connection, edition.name)


# ---- conditions ---------------------------------------------------------------------------------


def open_editions_beside(connection: Connection, edition_id: int) -> list[str]:
    """Names of other open editions of the same level on the same subtree, above or below."""
    found = edition_life.beside(connection, edition_id)
    return [name for name, state, _ in found if state in OPEN]


def _may_plan(
    connection: Connection, edition: EditionFacts, account_id: int, now: datetime
) -> None:
    if not approvals.holds_role_over(connection, account_id, Role.PLANNER, edition.root_id, now):
        raise NotAllowed("error.edition_not_yours", edition=edition.name)


def _must_be_open(edition: EditionFacts) -> None:
    if edition.state not in OPEN:
        raise Conflict(f"error.edition_{edition.state}", edition=edition.name)


def _all_approved(connection: Connection, edition: EditionFacts) -> None:
    missing = _missing(connection, edition)
    if missing:
        names = ", ".join(f"{one.name} ({one.code})" for one in missing)
        raise Conflict("error.approvals_missing", edition=edition.name, steps=names)


def _no_open_faults(connection: Connection, edition: EditionFacts) -> None:
    if not edition.judged:
        raise Conflict("error.edition_not_judged", edition=edition.name)
    count = edition_findings.open_fault_count(connection, edition.id)
    if count:
        raise Conflict("error.faults_open", edition=edition.name, count=count)


def _refuse(faults: list[Fault]) -> None:
    if faults:
        raise BadBoundaries(faults)
