"""Which new grids of a staged edition would lie where somebody is responsible, without anybody?"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

import shapely
from shapely import STRtree
from sqlalchemy import text

from gis.model import BEIJING
from gis.store.database import rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from gis.model import BoundaryRow


def staged_unmanned(
    connection: Connection, given: Sequence[BoundaryRow], since: date
) -> list[BoundaryRow]:
    """The rows of a staged edition of grids that add a grid without a responsible member on the day
    `since`, on ground (a point well inside) that a grid with one has until then.
    """
    anybody = text("SELECT EXISTS (SELECT FROM post WHERE responsible)")
    if not connection.execute(anybody).scalar():
        return []
    begins = datetime.combine(since, time(), BEIJING)
    asked = {"since": since, "begins": begins, "ends": begins + timedelta(days=1)}
    found = rows(connection, "staged_posts", **asked)
    manned = [
        shapely.from_wkb(bytes(row.was)) for row in found if row.manned and row.was is not None
    ]
    by_row = {one.row: one for one in given}
    fresh = [by_row[row.row] for row in found if row.added and not row.manned]
    shaped = [one for one in fresh if one.shape is not None]
    if not manned or not shaped:
        return []
    inside = shapely.point_on_surface([one.shape for one in shaped])
    hit = STRtree(manned).query(inside, predicate="intersects")[0]
    return [shaped[n] for n in sorted({int(n) for n in hit})]
