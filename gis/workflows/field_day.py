"""Somebody opens the field map: of which grid, and which others may be chosen instead?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gis.accounts import Role, scope_of
from gis.errors import NotFound
from gis.store.field_grids import FieldGrid, field_grids, regions_served

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from gis.accounts import Caller
    from gis.model import AsOf

MOST_CHOICES: Final = 8  # more are reached by typing a code


@dataclass(frozen=True, slots=True)
class FieldDay:
    """The grid to show, and the first of those that may be shown, own ones first.

    `more`: there are others beside the choices.
    """

    grid: FieldGrid
    choices: tuple[FieldGrid, ...]
    more: bool


def field_day(
    connection: Connection, caller: Caller, as_of: AsOf, now: datetime, code: str | None = None
) -> FieldDay:
    """The grid of `code`, else the first own one, else the first within the caller's scope.

    Own are the grids at or under a region where the caller's member holds a post, or where the
    caller has the role of a grid member. Raises NotFound when `code` is none of the caller's
    grids, or when there is none at all.
    """
    granted = scope_of(caller.grants, {Role.GRID_MEMBER}).region_ids
    own = regions_served(connection, caller.account_id, now) | granted
    scope = scope_of(caller.grants, frozenset(Role))
    found = field_grids(connection, own, scope, as_of, most=MOST_CHOICES + 1)
    chosen = found
    if code is not None:
        chosen = field_grids(connection, own, scope, as_of, code=code, most=1)
        if not chosen:
            raise NotFound("error.field_grid_unknown", code=code)
    if not chosen:
        raise NotFound("error.field_no_grid")
    return FieldDay(chosen[0], tuple(found[:MOST_CHOICES]), len(found) > MOST_CHOICES)
