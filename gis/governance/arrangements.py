"""Which days are worked in the years whose holidays are published?

The arrangements that come with the service seed the calendar; a deployment adds the next year when
it is published, in the same form.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Final

from gis.governance.calendar import CalendarDay
from gis.governance.toml_table import TomlTable

FILE: Final = Path(__file__).with_name("arrangements.toml")
DAY: Final = timedelta(days=1)


def published_days(text: str | None = None) -> list[CalendarDay]:
    """Every day of every published year, in order; from `text` (TOML) or the file of the service.

    Raises BadFile with the place of the first mistake: a day outside its year, a make-up day that
    isn't at a weekend or is off at the same time.
    """
    table = TomlTable.read(FILE) if text is None else TomlTable.parse(text, FILE.name)
    years = sorted(table.names())
    days = [day for year in years for day in _year(table.table(year), _number(table, year))]
    table.finish()
    return days


def _number(table: TomlTable, year: str) -> int:
    if not (year.isascii() and year.isdigit() and len(year) == 4 and year >= "1992"):
        raise table.wrong("year", year)
    return int(year)


def _year(table: TomlTable, year: int) -> list[CalendarDay]:
    table.text("source")
    off = {day for span in table.tables("off") for day in _off(span, year)}
    make_up = set(table.days("make_up"))
    if any(day.year != year or day.weekday() < 5 or day in off for day in make_up):
        raise table.wrong("make_up", "make_up")
    table.finish()
    first = date(year, 1, 1)
    every = (first + number * DAY for number in range((date(year + 1, 1, 1) - first).days))
    return [
        CalendarDay(day, day in make_up or (day.weekday() < 5 and day not in off)) for day in every
    ]


def _off(span: TomlTable, year: int) -> list[date]:
    span.text("name")
    first, last = span.day("from"), span.day("until")
    if not first <= last or {first.year, last.year} != {year}:
        raise span.wrong("days_off")
    span.finish()
    return [first + number * DAY for number in range((last - first).days + 1)]
