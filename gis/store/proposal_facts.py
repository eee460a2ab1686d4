"""What a change of grids has to reckon with: open matters and posts; what a draft states."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gis.impact import OpenMatter
from gis.model import Point
from gis.store.database import rows, times
from gis.store.rehome_matters import GIVEN
from gis.store.scope import scope_values

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from gis.accounts import Scope
    from gis.model import AsOf


@dataclass(frozen=True, slots=True)
class PostAt:
    """A post at a grid (its code) today."""

    grid: str
    member_code: str
    member_name: str
    role: str
    responsible: bool


@dataclass(frozen=True, slots=True)
class CommunityRow:
    """A community as a list of choices shows it; `above` is the name of what it lies in."""

    code: str
    name: str
    above: str


def communities_in_scope(
    connection: Connection,
    scope: Scope,
    as_of: AsOf,
    *,
    words: str = "",
    after: str | None = None,
    most: int = 50,
) -> list[CommunityRow]:
    """Communities with a shape within a scope, by code from `after` on, at most `most`.

    `words` finds codes that begin with it and names that hold it, ignoring case; empty finds all.
    """
    like = words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    found = rows(
        connection,
        "communities_in_scope",
        **times(as_of),
        **scope_values(scope),
        prefix=f"{like}%" if like else None,
        part=f"%{like}%",
        after=after,
        most=most,
    )
    return [CommunityRow(row.code, row.name or row.code, row.above or "") for row in found]


def open_matters(connection: Connection, region_id: int) -> list[OpenMatter]:
    """The open matters held by grids under a region, by number. Complaints about people aren't
    among them: counts would tell of them.
    """
    return [
        OpenMatter(
            row.no,
            row.grid,
            None if row.lon is None else Point(row.lon, row.lat),
            fixed=row.method in GIVEN,
        )
        for row in rows(connection, "proposal_matters", region_id=region_id)
    ]


def posts_at_grids(connection: Connection, region_id: int, now: datetime) -> list[PostAt]:
    """The posts at grids under a region at an instant, by grid, the responsible one first."""
    found = rows(connection, "proposal_posts", region_id=region_id, now=now)
    return [PostAt(*row) for row in found]


def draft_geojson(connection: Connection, edition_id: int) -> str:
    """What an open edition states, as a FeatureCollection (text). Empty once it is in force."""
    features = ",".join(
        f'{{"type":"Feature","id":{json.dumps(row.code)},'
        f'"properties":{json.dumps({"code": row.code, "name": row.name}, ensure_ascii=False)},'
        f'"geometry":{row.shape or "null"}}}'
        for row in rows(connection, "draft_shapes", edition_id=edition_id)
    )
    return f'{{"type":"FeatureCollection","features":[{features}]}}'
