"""What is so about a matter, and about who acts: read off what is kept, for the step table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gis.accounts import Role, scope_of
from gis.governance.lists import forbidden_by
from gis.governance.steps import Actor, Facts, Step
from gis.matters import Channel, ClockKind, Deliberable, PrivateWay
from gis.store.matter_sight import View
from gis.store.people import responsible_at

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from gis.accounts import Caller
    from gis.governance.classify import InForce
    from gis.matters import ListItem
    from gis.store.matter_reads import Seen
    from gis.store.matter_sight import Sight
    from gis.store.matter_story import EventRow, ReportRow, Story

HANDLINGS: Final = frozenset({Step.HANDLE, Step.SETTLE})
ON_THE_SPOT: Final = HANDLINGS | {Step.DISPATCH, Step.REWORK}  # the last of them decides
OF_ROLE: Final = {
    Role.GRID_MEMBER: Actor.GRID_MEMBER,
    Role.DISPATCHER: Actor.DISPATCHER,
    Role.COMMUNITY_CLERK: Actor.CLERK,
}


def actors(
    connection: Connection, caller: Caller, sight: Sight, seen: Seen, story: Story, now: datetime
) -> frozenset[Actor]:
    """What a caller is to a matter; nothing to one whose task is over, or who only reads.

    To a complaint about people there is the discipline office and nobody else.
    """
    if seen.view in (View.FORMER, View.NUMBER):
        return frozenset()
    if seen.row.conduct:
        return frozenset({Actor.DISCIPLINE})
    path = seen.row.region_path
    found = {actor for role, actor in OF_ROLE.items() if _covers(caller, role, path)}
    task = story.open_task
    if task is not None and task.mine:
        found.add(Actor.HANDLER)
    if any(one.account_id == sight.account_id for one in story.reports):
        found.add(Actor.REPORTER)
    if Actor.GRID_MEMBER not in found and _is_responsible(connection, sight, path, now):
        found.add(Actor.GRID_MEMBER)
    return frozenset(found)


def _covers(caller: Caller, role: Role, path: tuple[int, ...]) -> bool:
    scope = scope_of(caller.grants, {role})
    return scope.everything or not scope.region_ids.isdisjoint(path)


def _is_responsible(
    connection: Connection, sight: Sight, path: tuple[int, ...], now: datetime
) -> bool:
    """Is it the caller's grid, or one the caller stands in for while its post is vacant?"""
    if sight.member_id is None or not path:
        return False
    found = responsible_at(connection, path[-1], now)
    return found is not None and found.member_id == sight.member_id


def facts_of(
    seen: Seen,
    story: Story,
    item: ListItem | None,
    actor: frozenset[Actor],
    rules: InForce,
    sight: Sight,
) -> Facts:
    """The facts for the step table, without those that speak of what is given with a step."""
    last = story.last_task
    done = _last(story, *HANDLINGS)
    turned = _last(story, *ON_THE_SPOT)
    return Facts(
        actor=actor,
        matter_class=item.matter_class if item else None,
        item_published=item is not None,
        negative=item is not None and forbidden_by(item.category, rules.negative) is not None,
        conduct=seen.row.conduct,
        actor_handled=done is not None and _did(done, story, sight),
        named_in_full=last is not None and bool(last.section and last.person),
        returned_before=_returned_before(story),
        on_the_spot=turned is not None and turned.action == Step.SETTLE,
        deliberable=item.deliberable if item else Deliberable.UNKNOWN,
        deliberated=_last(story, Step.DELIBERATE) is not None,
        appraised=_last(story, Step.APPRAISE) is not None,
        private_way=_way(done),
        waiting_reporters=len(waiting(story)),
        paused=_is_paused(story),
    )


def waiting(story: Story) -> list[ReportRow]:
    """Reporters without an own reply since the last reopening.

    What a member finds on patrol has no reporter who waits: the member sees where it stands.
    """
    reopened = _last(story, Step.REOPEN)
    return [
        one
        for one in story.reports
        if one.channel != Channel.PATROL
        and (
            one.replied_at is None
            or (reopened is not None and one.replied_at < reopened.recorded_at)
        )
    ]


def _last(story: Story, *steps: Step) -> EventRow | None:
    return next((one for one in reversed(story.events) if one.action in steps), None)


def _did(done: EventRow, story: Story, sight: Sight) -> bool:
    """Did the caller do it, or work for the unit that did, its sections or its department?"""
    if done.actor_id == sight.account_id:
        return True
    given = [one for one in story.tasks if one.given_at <= done.recorded_at]
    return done.action == Step.HANDLE and bool(given) and given[-1].mine


def _returned_before(story: Story) -> bool:
    task = story.open_task
    return task is not None and any(
        one.ended_by == Step.RETURN and one.organisation_id == task.organisation_id
        for one in story.tasks
    )


def _way(done: EventRow | None) -> PrivateWay | None:
    chosen = done.detail.get("private_way") if done else None
    return PrivateWay(chosen) if chosen else None


def _is_paused(story: Story) -> bool:
    units = [one for one in story.clocks if one.kind is ClockKind.UNIT]
    return bool(units) and units[-1].paused_at is not None and units[-1].stopped_at is None
