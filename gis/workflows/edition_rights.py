"""What may an account do with an edition, as the edition stands?

Only the rights are told here. Whether a step can be taken now (faults, days, the turn of others) is
decided where it is taken, in `gis.workflows.change_editions`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from gis.accounts import Role
from gis.editions import APPROVERS, OPEN, EditionState, missing_steps
from gis.model import GRID
from gis.store import approvals

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from gis.store.edition_life import EditionFacts

SHAPE_READERS: Final = (*sorted(APPROVERS), Role.AUDITOR)


class Right(StrEnum):
    """A step that an account may take with an edition."""

    SHAPES = "shapes"  # see what it draws
    IMPACT = "impact"  # see what it would mean for households, members and matters
    ACCEPT = "accept"  # take the responsibility for faults
    APPROVE = "approve"  # take the step whose turn it is
    SCHEDULE = "schedule"
    WITHDRAW = "withdraw"
    UNDO = "undo"
    DAY = "day"  # let it hold from another day


def rights_over(
    connection: Connection, edition: EditionFacts, account_id: int, now: datetime
) -> frozenset[Right]:
    """The rights of an account over an edition as it stands."""
    plans = approvals.holds_role_over(connection, account_id, Role.PLANNER, edition.root_id, now)
    may = {
        Right.SHAPES: may_see_shapes(connection, edition, account_id, now),
        Right.IMPACT: may_see_impact(connection, edition, account_id, now),
        Right.WITHDRAW: may_withdraw(connection, edition, account_id, now),
        Right.UNDO: plans and edition.state is EditionState.ACTIVE,
        Right.DAY: may_change_day(connection, edition, account_id),
    }
    if edition.state in OPEN:
        next_step = _next_step_is_theirs(connection, edition, account_id, now)
        may |= {Right.ACCEPT: plans, Right.APPROVE: next_step is True}
        may[Right.SCHEDULE] = plans and next_step is None and edition.state is EditionState.DRAFT
    return frozenset(right for right, held in may.items() if held)


def may_see_shapes(
    connection: Connection, edition: EditionFacts, account_id: int, now: datetime
) -> bool:
    """Boundaries in force are everybody's. What another edition draws is for its author, for who
    approved it, and for those whose role covers its whole subtree.
    """
    if edition.state is EditionState.ACTIVE:
        return True
    return (
        edition.made_by == account_id
        or approvals.has_approved(connection, edition.id, account_id)
        or approvals.holds_a_role_over(connection, account_id, SHAPE_READERS, edition.root_id, now)
    )


def may_see_impact(
    connection: Connection, edition: EditionFacts, account_id: int, now: datetime
) -> bool:
    """Of an open edition of grids, for whoever may decide about it or has a role like theirs over
    its whole subtree: it names members and open matters.
    """
    return (
        edition.state in OPEN
        and edition.level == GRID
        and edition.root_id is not None
        and approvals.holds_a_role_over(connection, account_id, APPROVERS, edition.root_id, now)
    )


def may_withdraw(
    connection: Connection, edition: EditionFacts, account_id: int, now: datetime
) -> bool:
    """A planner over the root may drop what is open; its author as long as it is a draft: what has
    been decided is no longer theirs.
    """
    if edition.state is EditionState.DRAFT and edition.made_by == account_id:
        return True
    return edition.state in OPEN and approvals.holds_role_over(
        connection, account_id, Role.PLANNER, edition.root_id, now
    )


def may_change_day(connection: Connection, edition: EditionFacts, account_id: int) -> bool:
    """Its author may, while it is a draft that nobody has approved yet. What an undoing edition
    restores belongs to its day.
    """
    return (
        edition.state is EditionState.DRAFT
        and edition.made_by == account_id
        and edition.undoes is None
        and not approvals.approvals_of(connection, edition.id)
    )


def _next_step_is_theirs(
    connection: Connection, edition: EditionFacts, account_id: int, now: datetime
) -> bool | None:
    """Whether the account may take the step whose turn it is; None when none is missing. Nobody
    approves what they proposed, nor twice.
    """
    taken = {one.step for one in approvals.approvals_of(connection, edition.id)}
    missing = missing_steps(approvals.steps_of(connection, edition.id), taken)
    if not missing:
        return None
    step = missing[0]
    return (
        edition.made_by != account_id
        and not approvals.has_approved(connection, edition.id, account_id)
        and approvals.holds_role_over(
            connection, account_id, step.role, edition.root_id, now, at_level=step.level
        )
    )
