"""Grids that an open edition brings: posts are given there before the grids are in force.

A region's identity is apart from its versions, so it can be made ahead: the edition then takes it
for the grid it brings, and the posts are there on its first day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from typing import TYPE_CHECKING

from sqlalchemy import delete, exists, insert, select, update

from gis.model import BEIJING
from gis.store.database import rows
from gis.store.tables.people import post
from gis.store.tables.regions import draft_region, edition, region, region_version

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date

    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class GridToCome:
    """A grid of an open edition, with its identity and the edition's day."""

    code: str
    region_id: int
    edition_id: int
    edition: str
    valid_from: date

    @property
    def begins(self) -> datetime:
        """The first instant of its first day."""
        return datetime.combine(self.valid_from, time(), BEIJING)


def grids_to_come(connection: Connection, codes: Collection[str]) -> dict[str, GridToCome]:
    """Those of the codes that open editions bring as new grids, each with its identity, which is
    made where it had none. Of several editions the one that is scheduled counts, then the first.
    """
    if not codes:
        return {}
    return {
        row.code: GridToCome(
            row.code,
            row.region_id or _identity(connection, row.edition_id, row.code, row.above),
            row.edition_id,
            row.edition,
            row.valid_from,
        )
        for row in rows(connection, "grids_to_come", codes=sorted(codes))
    }


def _identity(connection: Connection, edition_id: int, code: str, above: list[int]) -> int:
    level_id = select(edition.c.level_id).where(edition.c.id == edition_id).scalar_subquery()
    made = insert(region).values(level_id=level_id, home_path=[]).returning(region.c.id)
    number = int(connection.execute(made).scalar_one())
    path = [*above, number]
    connection.execute(update(region).values(home_path=path).where(region.c.id == number))
    connection.execute(
        update(draft_region)
        .values(region_id=number)
        .where(draft_region.c.edition_id == edition_id, draft_region.c.code == code)
    )
    return number


def drop_grids_to_come(connection: Connection, edition_id: int) -> None:
    """An edition is thrown away: its rows go, and with them the posts at grids that never were."""
    mine = draft_region.c.edition_id == edition_id
    version = exists().where(region_version.c.region_id == draft_region.c.region_id)
    never = select(draft_region.c.region_id).where(mine, draft_region.c.region_id.is_not(None))
    ids = list(connection.execute(never.where(~version)).scalars())
    connection.execute(delete(draft_region).where(mine))
    if ids:
        connection.execute(delete(post).where(post.c.region_id.in_(ids)))
        connection.execute(delete(region).where(region.c.id.in_(ids)))
