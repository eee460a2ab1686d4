"""Levels of detail in the database: made by a job for what is in force, a bite at a time."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely
from sqlalchemy import delete

from gis.lod import STEPS, simplified
from gis.store.database import copy_rows, rows, times
from gis.store.tables.shapes import shape_lod

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray
    from sqlalchemy import Connection

    from gis.model import AsOf

BITE: Final = 2_000  # shapes at once: about a second of work and 50 MB


def make_missing(connection: Connection, as_of: AsOf, *, most: int = BITE) -> int:
    """Make levels of detail for up to `most` shapes in force that have none; how many were written.

    Shapes that touch those are made anew, for their edges may have got other nodes.
    """
    waiting = rows(connection, "lod_waiting", **times(as_of), most=most)
    written = 0
    for level_id, group in groupby(waiting, key=lambda row: row.level_id):
        ids = [row.shape_id for row in group]
        written += _make(connection, int(level_id), ids, as_of)
    return written


def _make(connection: Connection, level_id: int, ids: list[int], as_of: AsOf) -> int:
    around = rows(connection, "lod_around", level_id=level_id, shape_ids=ids, **times(as_of))
    numbers = np.array([row.shape_id for row in around])
    shapes: NDArray[np.object_] = shapely.from_wkb([row.geom for row in around])
    wanted = np.flatnonzero(np.isin(numbers, ids))
    connection.execute(
        delete(shape_lod).where(shape_lod.c.level_id == level_id, shape_lod.c.shape_id.in_(ids))
    )
    columns = ("shape_id", "level_id", "step", "geom")
    for step in STEPS:
        made = simplified(shapes, step)
        copy_rows(connection, "shape_lod", columns, _lines(numbers, made, wanted, level_id, step))
    return len(ids)


def _lines(
    numbers: NDArray[np.int64],
    made: NDArray[np.object_],
    wanted: Iterable[int],
    level_id: int,
    step: int,
) -> Iterable[tuple[object, ...]]:
    for place in wanted:
        written = shapely.to_wkb(shapely.set_srid(made[place], 4490), hex=True, include_srid=True)
        yield int(numbers[place]), level_id, step, written
