"""What the database knows that an audit of boundaries asks for besides the shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gis.model import Fault, FaultKind
from gis.store.database import rows, times
from gis.store.editions import shape_of

if TYPE_CHECKING:
    from datetime import datetime

    from shapely import MultiPolygon
    from sqlalchemy import Connection

    from gis.model import AsOf


def parents_of_scope(
    connection: Connection, level_id: int, root_id: int | None, as_of: AsOf
) -> dict[str, MultiPolygon | None]:
    """The parents of a level's regions under a root, by the codes they bear, with their shapes."""
    asked = {"level_id": level_id, "root_id": root_id, **times(as_of)}
    return {row.code: shape_of(row.geom) for row in rows(connection, "audit_parents", **asked)}


def region_count(connection: Connection, level_id: int, root_id: int | None, as_of: AsOf) -> int:
    """How many regions a level has under a root."""
    asked = {"level_id": level_id, "root_id": root_id, **times(as_of)}
    return int(rows(connection, "audit_count", **asked)[0].regions)


def crossing_dates(connection: Connection, level_id: int, root_id: int | None) -> list[Fault]:
    """Regions with days on which they have no parent, though they name one, or no code.

    As known now, over all days. `detail` says which is missing and when.
    """
    found = rows(connection, "audit_dates", level_id=level_id, root_id=root_id)
    return [
        Fault(FaultKind.CROSSING_DATES, (row.code or "?",), detail=f"{row.missing} {row.days}")
        for row in found
    ]


def posts_amiss(
    connection: Connection, root_id: int | None, as_of: AsOf, now: datetime
) -> list[Fault]:
    """Grids without a responsible member at `now`; for the whole deployment members without any
    post too, by their codes. Nothing while nobody holds a post.
    """
    found = rows(connection, "audit_posts", root_id=root_id, now=now, **times(as_of))
    kinds = {True: FaultKind.VACANT, False: FaultKind.MEMBER_WITHOUT_POST}
    return [Fault(kinds[row.vacant], (row.code,), lon=row.lon, lat=row.lat) for row in found]
