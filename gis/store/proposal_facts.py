"""What a change of grids has to reckon with: open matters and posts; what a draft states."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gis.impact import OpenMatter
from gis.model import Point
from gis.store.database import rows

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class PostAt:
    """A post at a grid (its code) today."""

    grid: str
    member_code: str
    member_name: str
    role: str
    responsible: bool


def open_matters(connection: Connection, region_id: int) -> list[OpenMatter]:
    """The open matters held by grids under a region, by number. Complaints about people aren't
    among them: counts would tell of them.
    """
    return [
        OpenMatter(row.no, row.grid, None if row.lon is None else Point(row.lon, row.lat))
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
