"""When is a matter due, how late is it, and who must be told?

Three clocks run for every matter: intake (receipt → dispatch), unit (dispatch → feedback) and
whole (receipt → reply); the time to acknowledge runs within the second. The whole clock never
starts anew, whatever happens in between; one that somebody above us has set can't be moved at all.
Which step moves which clock, the step table says.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from gis.errors import Conflict
from gis.governance.calendar import Due
from gis.governance.steps import Step
from gis.matters import Clock, ClockKind, TimeLimit, TimeUnit, Urgency, Words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gis.governance.calendar import ServiceHours, WorkCalendar
    from gis.governance.steps import Rule
    from gis.matters import Defaults, EscalationStep, Limit, ListItem

SOON: Final = timedelta(minutes=30)
"""With less than this left, a matter is shown as due soon."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What the clocks of one matter go by.

    `item` is the list item it is dealt with under, None while that isn't settled. `resolved`: a
    deliberation has come to its resolution. `conduct`: a complaint about people.
    """

    calendar: WorkCalendar
    defaults: Defaults
    urgency: Urgency = Urgency.NORMAL
    item: ListItem | None = None
    resolved: bool = False
    conduct: bool = False


def limit_for(kind: ClockKind, terms: Terms) -> TimeLimit:
    """The limit of one clock: the item's own, or the default.

    The item's times for first action and acknowledgement hold for the item's urgency; for another
    one the defaults do. A unit has its time to come to a resolution first where the item has one.
    """
    match kind:
        case ClockKind.INTAKE:
            own = terms.item.first_action if terms.item else None
            return _by_urgency(own, terms, terms.defaults.first_action[terms.urgency])
        case ClockKind.ACKNOWLEDGE:
            own = terms.item.acknowledge if terms.item else None
            return _by_urgency(own, terms, terms.defaults.acknowledge[terms.urgency])
        case ClockKind.UNIT:
            if terms.item is None:
                raise ValueError("nothing is dispatched without a list item")
            first = None if terms.resolved else terms.item.deliberation
            return (first or terms.item.handling).time
        case ClockKind.WHOLE:
            if terms.conduct:
                return terms.defaults.conduct_reply.time
            return (terms.item.reply if terms.item else terms.defaults.undecided_reply).time


def clocks_for(
    terms: Terms, received_at: datetime, *, inherited_due_at: datetime | None = None
) -> tuple[Clock, ...]:
    """The clocks of a new matter: intake and whole; for a complaint about people the whole alone.

    `inherited_due_at` is the due date of the place it came from, such as the hotline: it is kept.
    """
    if inherited_due_at is None:
        whole = _started(ClockKind.WHOLE, received_at, terms, 1)
    else:
        whole = Clock(ClockKind.WHOLE, received_at, inherited_due_at, None)
    if terms.conduct:
        return (whole,)
    return (_started(ClockKind.INTAKE, received_at, terms, 1), whole)


def after_step(
    clocks: Sequence[Clock], rule: Rule, at: datetime, terms: Terms
) -> tuple[Clock, ...]:
    """The clocks of a matter after a step: what the row of the table stops, starts, moves.

    `terms` are those after the step. Raises Conflict when a clock that is late already should be
    paused.
    """
    if rule.step is Step.DELIBERATE:
        terms = replace(terms, resolved=True)
    result = [_stopped(one, at) if one.kind in rule.stops else one for one in clocks]
    for kind in rule.starts:
        number = sum(one.kind is kind for one in result) + 1
        result.append(_started(kind, at, terms, number))
    for number, one in enumerate(result):
        if one is not _last(result, one.kind):
            continue
        if one.kind in rule.pauses:
            result[number] = _paused(one, at)
        elif one.kind in rule.resumes:
            result[number] = _resumed(one, at, terms.calendar)
        elif one.kind is ClockKind.WHOLE and rule.restates:
            result[number] = _restated(one, terms)
    return tuple(result)


def extended(
    clock: Clock, by: TimeLimit, now: datetime, calendar: WorkCalendar, *, whole: Clock
) -> Clock:
    """A clock with more time, counted from when it is due now.

    Who may do it and that a reason is given, the step table says. Raises Conflict for an inherited
    clock, one that has stopped, the clocks of intake and acknowledgement, an extension that ends
    in the past, and one of the unit clock beyond `whole`, the matter's whole clock.
    """
    due = calendar.due(clock.due_at, by)
    if clock.inherited:
        raise Conflict("error.clock_inherited")
    if clock.stopped_at is not None:
        raise Conflict("error.clock_stopped")
    if clock.kind not in (ClockKind.UNIT, ClockKind.WHOLE):
        raise Conflict("error.clock_not_extendable")
    if due.at <= now:
        raise Conflict("error.extension_too_short")
    if clock.kind is ClockKind.UNIT and due.at > whole.due_at:
        raise Conflict("error.extension_beyond_whole")
    return replace(clock, due_at=due.at, provisional=due.provisional, moved=True)


# ---- how a clock stands -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Standing:
    """How a clock stands: late, due soon (in less than half an hour), and in words."""

    late: bool
    soon: bool
    words: Words


def is_late(clock: Clock, now: datetime) -> bool:
    """Past its due time; for one that stands still, when it stopped. The due instant is in time."""
    return (clock.paused_at or clock.stopped_at or now) > clock.due_at


def lateness(clock: Clock, now: datetime, calendar: WorkCalendar) -> timedelta:
    """How long past its due time, in the clock's own unit: service time for working units."""
    return calendar.elapsed(clock.due_at, clock.stopped_at or now, _unit(clock))


def standing(clock: Clock, now: datetime, calendar: WorkCalendar) -> Standing:
    """How a clock stands now, such as 剩 25 分, 已超时 5 分, 已超时限1个工作日.

    Below two hours in minutes, below a day in hours, then in days, rounded down; for clock time
    below two days in hours.
    """
    late = is_late(clock, now)
    if clock.stopped_at is not None:
        return Standing(late, False, Words("due.done_late" if late else "due.done_in_time"))
    if clock.paused_at is not None:
        return Standing(late, False, Words("due.paused"))
    if late:
        over = lateness(clock, now, calendar)
        return Standing(True, False, _amount("late", over, _unit(clock), calendar.hours))
    left = calendar.elapsed(now, clock.due_at, _unit(clock))
    return Standing(False, left < SOON, _amount("left", left, _unit(clock), calendar.hours))


def next_due(clocks: Sequence[Clock]) -> Clock | None:
    """The running clock that is due first, by which lists are ordered; None when none runs."""
    running = [one for one in clocks if one.running]
    return min(running, key=lambda one: (one.due_at, one.kind), default=None)


# ---- who must be told ---------------------------------------------------------------------------


def escalation_times(
    due_at: datetime, steps: Sequence[EscalationStep], calendar: WorkCalendar
) -> list[datetime]:
    """After which instant each step of lateness is reached."""
    return [due_at if one.after is None else calendar.add(due_at, one.after) for one in steps]


def escalation_level(
    due_at: datetime, now: datetime, steps: Sequence[EscalationStep], calendar: WorkCalendar
) -> int:
    """0 while on time, then one more for each step of lateness that has passed."""
    return sum(now > reached for reached in escalation_times(due_at, steps, calendar))


# ---- one clock ----------------------------------------------------------------------------------


def _by_urgency(own: Limit | None, terms: Terms, default: Limit) -> TimeLimit:
    if own is not None and terms.item is not None and terms.item.urgency is terms.urgency:
        return own.time
    return default.time


def _last(clocks: Sequence[Clock], kind: ClockKind) -> Clock:
    return max((one for one in clocks if one.kind is kind), key=lambda one: one.number)


def _started(kind: ClockKind, at: datetime, terms: Terms, number: int) -> Clock:
    limit = limit_for(kind, terms)
    due = terms.calendar.due(at, limit)
    return Clock(kind, at, due.at, limit, number, provisional=due.provisional)


def _stopped(clock: Clock, at: datetime) -> Clock:
    return clock if clock.stopped_at else replace(clock, stopped_at=at)


def _paused(clock: Clock, at: datetime) -> Clock:
    if is_late(clock, at):
        raise Conflict("error.clock_late")
    return replace(clock, paused_at=at)


def _resumed(clock: Clock, at: datetime, calendar: WorkCalendar) -> Clock:
    """Going on with what was left when it was paused or stopped."""
    away = clock.paused_at or clock.stopped_at
    if away is None or clock.limit is None:
        return replace(clock, paused_at=None, stopped_at=None)
    due = calendar.postponed(clock.due_at, clock.limit.unit, away, at)
    return _due_anew(replace(clock, paused_at=None, stopped_at=None, moved=True), due)


def _restated(clock: Clock, terms: Terms) -> Clock:
    """By the item now decided, still from receipt; what a person has moved stays."""
    if clock.inherited or clock.moved:
        return clock
    limit = limit_for(ClockKind.WHOLE, terms)
    return _due_anew(replace(clock, limit=limit), terms.calendar.due(clock.started_at, limit))


def _due_anew(clock: Clock, due: Due) -> Clock:
    return replace(clock, due_at=due.at, provisional=due.provisional)


def _unit(clock: Clock) -> TimeUnit:
    return clock.limit.unit if clock.limit else TimeUnit.CALENDAR_DAY


def _amount(side: str, time: timedelta, unit: TimeUnit, hours: ServiceHours) -> Words:
    minutes = int(time.total_seconds() // 60)
    day = hours.per_day if unit.in_service else timedelta(days=1)
    if minutes == 0:
        return Words(f"due.{side}_now")
    if minutes < 120:
        return Words(f"due.{side}_minutes", {"minutes": minutes})
    if time < (day if unit.in_service else 2 * day):
        return Words(f"due.{side}_hours", {"hours": minutes // 60})
    kind = "working_days" if unit.in_service else "days"
    return Words(f"due.{side}_{kind}", {"days": time // day})
