"""Are the boundaries of a file in the system it says? The shapes in force are asked.

A region that stands already, or its parent, says where it should be. Read in a wrong system of the
web maps all lie some hundred metres beside that, in one direction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from gis.datum_fit import as_systems, misfit, near_known, within_known
from gis.errors import BadInput
from gis.store.database import rows
from gis.store.datum_fit import told
from gis.store.editions import shape_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from numpy.typing import NDArray
    from sqlalchemy import Connection

    from gis.datum_fit import Misfit
    from gis.model import BoundaryFile, BoundaryRow

LOOKED_AT: Final = 100
LEAST_STANDING: Final = 5


def check_datum(connection: Connection, file: BoundaryFile, valid_from: date) -> None:
    """Refuse staged rows whose shapes fit those in force clearly better in another system.

    Looked at are regions that get another shape than they have; where those are fewer than five,
    regions beside their parents. Raises BadInput, naming system and metres.
    """
    by_row = {one.row: one for one in file.rows if one.shape is not None}
    found = rows(connection, "edition_standing", valid_from=valid_from, most=LOOKED_AT)
    standing = {row.row: shape_of(row.geom) for row in found if row.row in by_row}
    if standing:
        shapes = _shapes(by_row[row].shape for row in standing)
        read = as_systems(*_centres(shapes), file.crs_used)
        agree = near_known(read, *_centres(_shapes(standing.values())))
        _refuse(misfit(read, agree))
    if len(standing) < LEAST_STANDING:
        _beside_parents(connection, file, list(by_row.values()), valid_from)


def _beside_parents(
    connection: Connection, file: BoundaryFile, given: list[BoundaryRow], valid_from: date
) -> None:
    found = rows(connection, "edition_parents", valid_from=valid_from)
    parents = {row.code: shape_of(row.geom) for row in found}
    placed = [one for one in given if parents.get(one.parent_code or "") is not None]
    placed = placed[:: max(1, -(-len(placed) // LOOKED_AT))]
    if not placed:
        return
    shapes = _shapes(one.shape for one in placed)
    around = _shapes(parents[one.parent_code or ""] for one in placed)
    if not (shapely.is_valid(shapes).all() and shapely.is_valid(around).all()):
        return  # said of the shapes themselves
    read = as_systems(*_centres(shapes), file.crs_used)
    _refuse(misfit(read, within_known(read, shapes, around)))


def _shapes(some: Iterable[shapely.MultiPolygon | None]) -> NDArray[np.object_]:
    return np.array(list(some), dtype=object)


def _centres(shapes: NDArray[np.object_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The middles of their boxes: they are where the shapes are, sound or not."""
    west, south, east, north = shapely.bounds(shapes).T
    return (west + east) / 2, (south + north) / 2


def _refuse(found: Misfit | None) -> None:
    if found is not None:
        raise BadInput("error.boundaries_misfit", **told(found))
