"""Approvals: which an edition needs, who gave them, and who may."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select

from gis.accounts import Role
from gis.editions import APPROVERS, Approval, ApprovalStep
from gis.errors import BadInput, Conflict, NotFound
from gis.store.database import query
from gis.store.tables.accounts import account
from gis.store.tables.editions import approval_step, edition_approval
from gis.store.tables.regions import edition, level

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import Connection


def approval_steps(connection: Connection) -> tuple[ApprovalStep, ...]:
    """The approvals every new edition of this deployment needs, in order; none by default."""
    found = connection.execute(
        select(
            approval_step.c.position,
            approval_step.c.code,
            approval_step.c.name,
            approval_step.c.role,
            level.c.code,
        )
        .outerjoin(level, level.c.id == approval_step.c.level_id)
        .order_by(approval_step.c.position)
    )
    return tuple(ApprovalStep(at, code, name, Role(role), lv) for at, code, name, role, lv in found)


def steps_of(connection: Connection, edition_id: int) -> tuple[ApprovalStep, ...]:
    """The approvals an edition needs, in order: those that held when its draft was kept."""
    kept = connection.execute(select(edition.c.steps).where(edition.c.id == edition_id)).scalar()
    return tuple(ApprovalStep(**one | {"role": Role(one["role"])}) for one in kept or ())


def add_approval_step(connection: Connection, step: ApprovalStep, level_id: int | None) -> None:
    """Ask for one more approval of every edition that is begun from now on.

    Raises Conflict (position or code is taken), BadInput (a role that approves nothing).
    """
    if step.role not in APPROVERS:
        raise BadInput("error.approval_role", roles=", ".join(sorted(APPROVERS)))
    taken = approval_steps(connection)
    if any(step.position == one.position or step.code == one.code for one in taken):
        raise Conflict("error.approval_step_exists", step=step.code, position=step.position)
    connection.execute(
        insert(approval_step).values(
            position=step.position,
            code=step.code,
            name=step.name,
            role=step.role.value,
            level_id=level_id,
        )
    )


def drop_approval_step(connection: Connection, code: str) -> None:
    """No longer ask for an approval of editions begun from now on. Raises NotFound."""
    if not connection.execute(delete(approval_step).where(approval_step.c.code == code)).rowcount:
        known = ", ".join(one.code for one in approval_steps(connection)) or "-"
        raise NotFound("error.approval_step_not_found", step=code, known=known)


def approvals_of(connection: Connection, edition_id: int) -> list[Approval]:
    """The approvals an edition has, in the order they came."""
    found = connection.execute(
        select(
            edition_approval.c.step,
            edition_approval.c.step_name,
            account.c.login,
            account.c.name,
            edition_approval.c.document_no,
            edition_approval.c.decided_on,
            edition_approval.c.recorded_at,
            edition_approval.c.by_command,
        )
        .join(account, account.c.id == edition_approval.c.account_id)
        .where(edition_approval.c.edition_id == edition_id)
        .order_by(edition_approval.c.recorded_at, edition_approval.c.step)
    )
    return [Approval(*row) for row in found]


def has_approved(connection: Connection, edition_id: int, account_id: int) -> bool:
    """Has this account taken a step of this edition?"""
    found = connection.execute(
        select(edition_approval.c.step).where(
            edition_approval.c.edition_id == edition_id,
            edition_approval.c.account_id == account_id,
        )
    )
    return found.first() is not None


def keep_approval(
    connection: Connection, edition_id: int, given: Approval, account_id: int
) -> None:
    """Write an approval down, for ever."""
    connection.execute(
        insert(edition_approval).values(
            edition_id=edition_id,
            step=given.step,
            step_name=given.step_name,
            account_id=account_id,
            document_no=given.document_no,
            decided_on=given.decided_on,
            recorded_at=given.recorded_at,
            by_command=given.by_command,
        )
    )


def holds_role_over(
    connection: Connection,
    account_id: int,
    role: Role,
    root_id: int | None,
    now: datetime,
    *,
    at_level: str | None = None,
) -> bool:
    """Does an account hold a role over a region or above it, granted at `at_level` or higher?

    `root_id` None means the whole deployment: then only a grant over all of it counts.
    """
    return holds_a_role_over(connection, account_id, [role], root_id, now, at_level=at_level)


def holds_a_role_over(
    connection: Connection,
    account_id: int,
    roles: Iterable[Role],
    root_id: int | None,
    now: datetime,
    *,
    at_level: str | None = None,
) -> bool:
    """`holds_role_over` of any of some roles, asked once."""
    asked = {
        "account_id": account_id,
        "roles": sorted({role.value for role in roles}),
        "root_id": root_id,
        "now": now,
        "at_level": at_level,
    }
    return bool(connection.execute(query("role_over_region"), asked).scalar_one())
