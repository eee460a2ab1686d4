"""Which ground belongs to nobody? The gaps of the audit, with what stands on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from gis.model import COMMUNITY, GRID
from gis.store import edition_life, levels
from gis.store.unowned import homes_in, matters_in
from gis.unowned import Unowned, counted, unowned_places
from gis.workflows.audit_boundaries import audit_boundaries

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from gis.model import AsOf


def list_unowned(
    connection: Connection, root_id: int | None, as_of: AsOf, now: datetime, *, count: bool
) -> list[Unowned]:
    """Ground of communities under a root (None: everywhere) that no grid has, largest first.

    `count` the buildings, households and open matters there: for those who may see counts. Open
    matters are those of today. Reads only.
    """
    audited = audit_boundaries(
        connection, levels.level_of(connection, GRID), root_id, as_of, now, people=False
    )
    level = levels.level_of(connection, COMMUNITY)
    communities = edition_life.rows_of_scope(connection, level.id, root_id, as_of)
    bare = {
        one.code: one.shape
        for one in communities
        if one.shape is not None and one.code not in audited.parents
    }
    found = unowned_places(audited.faults, bare, audited.rows)
    if not count or not found:
        return found
    bounds = shapely.total_bounds(np.array([one.ground for one in found], dtype=object))
    west, south, east, north = bounds.tolist()
    box = (west, south, east, north)
    return counted(found, homes_in(connection, box), matters_in(connection, box))
