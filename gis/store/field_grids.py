"""Which grids may somebody open on the field map? Those served, and those within their scope."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from gis.store.database import rows
from gis.store.scope import scope_values
from gis.store.tables.people import member, post

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import Connection

    from gis.accounts import Scope
    from gis.model import AsOf


@dataclass(frozen=True, slots=True)
class FieldGrid:
    """A grid with the region above it. `own`: it is served, not only within sight.

    `box` is west, south, east, north in degrees (EPSG:4490), None where no border was drawn.
    """

    code: str
    name: str
    parent_code: str | None
    parent_name: str | None
    own: bool
    box: tuple[float, float, float, float] | None


def regions_served(connection: Connection, account_id: int, now: datetime) -> frozenset[int]:
    """The regions at which the member of an account holds a post at an instant."""
    found = connection.execute(
        select(post.c.region_id)
        .join(member, member.c.id == post.c.member_id)
        .where(
            member.c.account_id == account_id,
            post.c.region_id.is_not(None),
            post.c.valid.contains(now),
        )
    )
    return frozenset(found.scalars())


def field_grids(
    connection: Connection,
    own: Iterable[int],
    scope: Scope,
    as_of: AsOf,
    *,
    code: str | None = None,
    most: int,
) -> list[FieldGrid]:
    """Grids under the regions `own` or within the scope, own ones first, then by code.

    At most `most`; with `code` the one of that code, if it is among them.
    """
    found = rows(
        connection,
        "field_grids",
        valid_on=as_of.valid_on,
        known_at=as_of.known_at,
        own_ids=sorted(own),
        code=code,
        most=most,
        **scope_values(scope),
    )
    return [
        FieldGrid(
            code=r.code,
            name=r.name or r.code,
            parent_code=r.parent_code,
            parent_name=r.parent_name,
            own=r.own,
            box=None if r.west is None else (r.west, r.south, r.east, r.north),
        )
        for r in found
    ]
