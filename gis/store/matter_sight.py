"""Who may see which matters? One builder, for every query on them.

A caller sees a matter of the three classes when it lies within the scope of a role that works on
matters, when the caller filed it, or when the caller works for an organisation that has a task on
it. A complaint about people is seen within the scope of the discipline office's role, and in no
other way at all. Detail goes by the best of these (`View`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, case, false, literal, or_, select, true

from gis.accounts import ADMINISTRATORS, Role, Scope, scope_of
from gis.store.people import member_of_account, posts_of, units_around
from gis.store.scope import within
from gis.store.tables.matters import matter, matter_task
from gis.store.tables.people import organisation
from gis.store.tables.regions import region

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Select

    from gis.accounts import Caller

READERS: Final = frozenset({Role.GRID_MEMBER, Role.COMMUNITY_CLERK, Role.DISPATCHER, Role.AUDITOR})
"""Roles whose scope shows matters. Units see their tasks; planners and administrators none."""


class View(StrEnum):
    """How much of a matter somebody sees, the most first."""

    WHOLE = "whole"  # within the scope: everything but contacts
    TASK = "task"  # the organisation that has it now: everything but contacts
    FORMER = "former"  # one that had it: as it stood when its task ended, and nothing later
    OWN = "own"  # whoever filed it: where it stands, and the own reply
    NUMBER = "number"  # whoever filed a complaint about people: that it came


@dataclass(frozen=True, slots=True)
class Sight:
    """What one caller may see of matters.

    `organisation_ids` are those the caller works for, with the ones right above and below. A
    machine without a member works for the organisations whose home lies in `units`.
    """

    account_id: int
    member_id: int | None
    scope: Scope
    discipline: Scope
    organisation_ids: frozenset[int]
    units: Scope

    @property
    def handles(self) -> bool:
        """May there be tasks of the caller's at all?"""
        return bool(self.organisation_ids or self.units.everything or self.units.region_ids)


def sight_of(connection: Connection, caller: Caller, now: datetime) -> Sight:
    """What a caller may see at an instant (aware).

    An account that administers accounts, rights or logs sees nothing but its own reports.
    """
    member = member_of_account(connection, caller.account_id)
    units, organisations = Scope(), frozenset[int]()
    if caller.roles & ADMINISTRATORS:
        member = None
    elif member is None:
        units = scope_of(caller.grants, {Role.HANDLING_UNIT})
    else:
        held = posts_of(connection, member.id, now)
        ids = [one.organisation_id for one in held if one.organisation_id is not None]
        organisations = units_around(connection, ids)
    return Sight(
        caller.account_id,
        member.id if member else None,
        scope_of(caller.grants, READERS),
        scope_of(caller.grants, {Role.DISCIPLINE}),
        organisations,
        units,
    )


def ways(sight: Sight) -> list[ColumnElement[bool]]:
    """The ways by which matters are at hand: in lists, counts and on maps; any of them will do.

    Each is a condition on `matter` alone and can be served by an index of its own.
    """
    seen = [
        and_(~matter.c.conduct, lies_within(sight.scope)),
        and_(matter.c.conduct, lies_within(sight.discipline)),
        and_(~matter.c.conduct, matter.c.filed_by == sight.account_id),
        and_(~matter.c.conduct, matter.c.id.in_(_tasks(sight, now_open=True))),
    ]
    holds = [
        not _is_empty(sight.scope),
        not _is_empty(sight.discipline),
        True,
        sight.handles,
    ]
    return [way for way, may in zip(seen, holds, strict=True) if may]


def at_hand(sight: Sight) -> ColumnElement[bool]:
    """Is a matter at hand for the caller: in lists, counts, searches and on maps?"""
    return or_(false(), *ways(sight))


def view(sight: Sight) -> ColumnElement[Any]:
    """How much of a matter the caller sees, as `View`; null where nothing."""
    had = matter.c.id.in_(_tasks(sight, now_open=False))
    has = matter.c.id.in_(_tasks(sight, now_open=True))
    own = matter.c.filed_by == sight.account_id
    return case(
        (and_(matter.c.conduct, lies_within(sight.discipline)), literal(View.WHOLE.value)),
        (and_(matter.c.conduct, own), literal(View.NUMBER.value)),
        (matter.c.conduct, None),
        (lies_within(sight.scope), literal(View.WHOLE.value)),
        (has, literal(View.TASK.value)),
        (own, literal(View.OWN.value)),
        (had, literal(View.FORMER.value)),
        else_=None,
    )


def lies_within(scope: Scope) -> ColumnElement[bool]:
    """Is a matter held by a region of the scope? One outside everything only by everything."""
    if scope.everything:
        return true()
    if _is_empty(scope):
        return false()
    return matter.c.region_id.in_(select(region.c.id).where(within(scope)))


def mine(sight: Sight) -> ColumnElement[bool]:
    """Is a task one of an organisation that the caller works for?"""
    if not sight.handles:
        return false()
    if sight.organisation_ids:
        return matter_task.c.organisation_id.in_(sorted(sight.organisation_ids))
    homes = select(organisation.c.id).join(region, region.c.id == organisation.c.home_region_id)
    return matter_task.c.organisation_id.in_(homes.where(within(sight.units)))


def _tasks(sight: Sight, *, now_open: bool) -> Select[Any]:
    found = select(matter_task.c.matter_id).where(mine(sight))
    return found.where(matter_task.c.ended_at.is_(None)) if now_open else found


def _is_empty(scope: Scope) -> bool:
    return not scope.everything and not scope.region_ids
