"""The rules and the calendar that the routes go by: read once, the same for every request."""

from __future__ import annotations

from functools import cache
from typing import Annotated

from fastapi import Depends

from gis.governance.arrangements import published_days
from gis.governance.calendar import WorkCalendar
from gis.governance.rulebook import rulebook
from gis.workflows.receive_matter import Rules


@cache
def rules() -> Rules:
    """The rulebook that comes with the service, on the published calendar."""
    book = rulebook()
    return Rules(book.in_force(), book.defaults, WorkCalendar(published_days(), book.hours))


async def rules_here() -> Rules:
    """The rules, for a route."""
    return rules()


TheRules = Annotated[Rules, Depends(rules_here)]
