"""When is a limit over, counted in hours and days on which somebody is at work?

Which days are worked is a table handed in; a day that isn't in it is worked Monday to Friday and
provisional, since the State Council arranges the days off of a year only shortly before it.
Instants are aware; answers are in Beijing time. An hour ends service at its last instant: 12:00
isn't worked any more, yet a limit may end at it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Final

from gis.errors import BadInput
from gis.matters import TimeLimit, TimeUnit
from gis.model import BEIJING

DAY: Final = timedelta(days=1)
HOUR: Final = timedelta(hours=1)
NOTHING: Final = timedelta(0)


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """One day of the table. `provisional`: expected, not published."""

    day: date
    working: bool
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class ServiceHours:
    """服务时间 of every working day: spans from … until, in order, without touching midnight.

    Raises BadInput for spans that are empty, overlap or are out of order.
    """

    spans: tuple[tuple[time, time], ...]

    def __post_init__(self) -> None:
        edges = [edge for span in self.spans for edge in span]
        if not edges or any(a >= b for a, b in pairwise(edges)):
            raise BadInput("error.service_hours", given=str(self))

    @classmethod
    def parse(cls, text: str) -> ServiceHours:
        """Spans as people write them. Raises BadInput for anything else.

        >>> str(ServiceHours.parse("9:00-12:00, 14:00-18:00"))
        '09:00-12:00,14:00-18:00'
        """
        try:
            spans = [span.split("-") for span in text.split(",")]
            return cls(tuple((_clock(opens), _clock(closes)) for opens, closes in spans))
        except ValueError:
            raise BadInput("error.service_hours", given=text) from None

    def __str__(self) -> str:
        return ",".join(f"{opens:%H:%M}-{closes:%H:%M}" for opens, closes in self.spans)

    @property
    def closes(self) -> time:
        """The end of service of a day."""
        return self.spans[-1][1]

    @property
    def per_day(self) -> timedelta:
        """The service time of one working day."""
        on = date.min
        return sum(
            (datetime.combine(on, b) - datetime.combine(on, a) for a, b in self.spans), NOTHING
        )


def _clock(text: str) -> time:
    hour, minute = text.split(":")
    return time(int(hour), int(minute))


USUAL_HOURS: Final = ServiceHours.parse("09:00-12:00,14:00-18:00")


@dataclass(frozen=True, slots=True)
class Due:
    """The end of a limit. `provisional`: a day on the way isn't published yet, so it may move."""

    at: datetime
    provisional: bool


class WorkCalendar:
    """Working days and service hours together. Built once, never changed."""

    def __init__(self, days: Iterable[CalendarDay] = (), hours: ServiceHours = USUAL_HOURS) -> None:
        self.hours = hours
        self._days = {one.day: one for one in days}

    def is_working_day(self, day: date) -> bool:
        """As the table says; Monday to Friday where it says nothing."""
        known = self._days.get(day)
        return known.working if known else day.weekday() < 5

    def is_provisional(self, day: date) -> bool:
        known = self._days.get(day)
        return known is None or known.provisional

    def is_working(self, instant: datetime) -> bool:
        """Is somebody at work? The first instant of a span counts, its last doesn't."""
        local = _local(instant)
        return any(opens <= local < closes for opens, closes in self._spans(local.date()))

    def next_service(self, instant: datetime) -> datetime:
        """The instant itself when somebody is at work, else the next opening."""
        local = _local(instant)
        opens, _ = next(self._service_from(local))
        return _beijing(opens)

    def add(self, start: datetime, limit: TimeLimit) -> datetime:
        """The end of a limit that begins at `start`; see `due`."""
        return self.due(start, limit).at

    def due(self, start: datetime, limit: TimeLimit) -> Due:
        """The end of a limit that begins at `start`.

        Clock hours run through nights and holidays. Working hours run in service hours. Of working
        and calendar days the day of `start` isn't counted, and the last one ends with its service
        hours; a last calendar day may be a holiday: it isn't moved.
        """
        local = _local(start)
        match limit.unit:
            case TimeUnit.CLOCK_HOUR:
                end = local + limit.amount * HOUR
            case TimeUnit.WORKING_HOUR:
                end = self._worked_through(local, limit.amount * HOUR)
            case TimeUnit.WORKING_DAY:
                end = self._close_of(self._working_day_after(local.date(), limit.amount))
            case TimeUnit.CALENDAR_DAY:
                end = self._close_of(local.date() + limit.amount * DAY)
        return Due(_beijing(end), limit.unit.in_service and self._any_provisional(local, end))

    def postponed(self, due_at: datetime, unit: TimeUnit, away: datetime, back: datetime) -> Due:
        """The end of a limit whose clock stood still from `away` until `back`.

        What was left at `away` is left at `back`: hours by the hour, days as whole days without
        the day of `away` and the day of `back`. On its last day a limit keeps the rest of one
        day. A limit that was over at `away` stays as it was.
        """
        moved = _local(due_at)
        if away < due_at and away < back:
            moved = self._moved(moved, unit, _local(away), _local(back))
        return Due(_beijing(moved), unit.in_service and self._any_provisional(_local(back), moved))

    def _moved(self, end: datetime, unit: TimeUnit, gone: datetime, here: datetime) -> datetime:
        match unit:
            case TimeUnit.CLOCK_HOUR:
                return here + (end - gone)
            case TimeUnit.WORKING_HOUR:
                return self._worked_through(here, self._worked(gone, end))
            case TimeUnit.WORKING_DAY:
                days = sum(map(self.is_working_day, _days_after(gone.date(), end.date())))
                day = self._working_day_after(here.date() - DAY, 1)
                if days == 0 and here < self._close_of(day):
                    return self._close_of(day)
                return self._close_of(self._working_day_after(here.date(), max(days, 1)))
            case TimeUnit.CALENDAR_DAY:
                days = (end.date() - gone.date()).days
                over = here >= self._close_of(here.date())
                return self._close_of(here.date() + max(days, int(over)) * DAY)

    def elapsed(self, start: datetime, end: datetime, unit: TimeUnit) -> timedelta:
        """Time from `start` to `end` as the unit counts it: service time for working units.

        Zero when `end` isn't after `start`.
        """
        since, until = _local(start), _local(end)
        if until <= since:
            return NOTHING
        return self._worked(since, until) if unit.in_service else until - since

    # ---- in Beijing time without a zone ---------------------------------------------------------

    def _spans(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        if self.is_working_day(day):
            for opens, closes in self.hours.spans:
                yield datetime.combine(day, opens), datetime.combine(day, closes)

    def _service_from(self, local: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The spans of service from an instant on, the first one cut at it; without end."""
        day = local.date()
        while True:
            for opens, closes in self._spans(day):
                if local < closes:
                    yield max(opens, local), closes
            day += DAY

    def _worked_through(self, local: datetime, left: timedelta) -> datetime:
        for opens, closes in self._service_from(local):
            if left <= closes - opens:
                return opens + left
            left -= closes - opens
        raise AssertionError("service never ends")

    def _worked(self, since: datetime, until: datetime) -> timedelta:
        total = NOTHING
        for opens, closes in self._service_from(since):
            if opens >= until:
                break
            total += min(closes, until) - opens
        return total

    def _close_of(self, day: date) -> datetime:
        return datetime.combine(day, self.hours.closes)

    def _working_day_after(self, day: date, count: int) -> date:
        while count > 0:
            day += DAY
            count -= self.is_working_day(day)
        return day

    def _any_provisional(self, since: datetime, until: datetime) -> bool:
        days = _days_after(since.date() - DAY, until.date())
        return any(self.is_provisional(day) for day in days)


def _days_after(first: date, last: date) -> Iterator[date]:
    """The days after `first` up to and with `last`."""
    return (first + number * DAY for number in range(1, (last - first).days + 1))


def _local(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("an instant without time zone")
    return instant.astimezone(BEIJING).replace(tzinfo=None)


def _beijing(local: datetime) -> datetime:
    return local.replace(tzinfo=BEIJING)
