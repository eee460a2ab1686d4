"""How regions stand to one another, or to any shape, on any day. Open to every account."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import compress, islice
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

from gis.errors import BadInput
from gis.lod import step_for
from gis.store import regions
from gis.store.database import rows, times

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray
    from sqlalchemy import Connection

    from gis.model import AsOf


class Relation(StrEnum):
    """What is asked of one region. Kinship goes by parents, the rest by shapes."""

    CHILDREN = "children"  # whose parent it is
    BELOW = "below"  # whose ancestor it is
    ANCESTORS = "ancestors"  # its parent, that one's parent …
    NEIGHBOURS = "neighbours"  # of its level, sharing a piece of edge: a corner isn't one
    COVERS = "covers"  # no part of them lies outside it
    COVERED_BY = "covered_by"  # it has no part outside them
    OVERLAPS = "overlaps"  # each has ground of the other's, and ground of its own


AT_ONCE: Final = 200
"""Candidates whose shapes are read together: a page is seldom made of more."""


PIECE: Final = 16
"""Stretches of an edge whose box is looked up at once."""


def _share_edge(one: shapely.Geometry, others: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Do their boundaries have a piece of line in common?"""
    found: NDArray[np.bool_] = shapely.relate_pattern(one, others, "****1****")
    return found


DECIDED_BY: Final[Mapping[str, Callable[..., NDArray[np.bool_]]]] = {
    "covers": shapely.covers,
    "covered_by": shapely.covered_by,
    "overlaps": shapely.overlaps,
    "neighbours": _share_edge,
    "intersects": shapely.intersects,
}
"""What decides: of a prepared shape and many others."""

KINSHIP = frozenset({Relation.CHILDREN, Relation.BELOW, Relation.ANCESTORS})


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list: `most` rows after a code and id; with shapes for a zoom, or without."""

    most: int
    after: tuple[str, int] | None = None
    shapes: bool = False
    zoom: float | None = None


@dataclass(frozen=True, slots=True)
class Related:
    """A region in a relation. `shared_m2` of ground in common, `shared_m` of edge in common.

    `geometry` is GeoJSON text, longitude first.
    """

    id: int
    code: str
    name: str | None
    level: str
    level_name: str
    shared_m2: float | None
    shared_m: float | None
    geometry: str | None


def related(
    connection: Connection,
    region: tuple[str, str],
    relation: Relation,
    as_of: AsOf,
    page: Page,
    *,
    level: str | None = None,
) -> list[Related]:
    """Regions that stand in a relation to one, by code. `region` is its level and code.

    `level` narrows the answer; neighbours are of the region's own level always. A region without
    a shape has kin only. Raises NotFound.
    """
    found = regions.shape_of(connection, *region, as_of)
    if relation in KINSHIP:
        return _kin(connection, found, relation, as_of, page, level)
    if found.wkb is None:
        return []
    if relation is Relation.NEIGHBOURS:
        level = region[0]
    return _by_shape(connection, found.wkb, relation.value, as_of, page, level, not_id=found.id)


def meeting(
    connection: Connection,
    shape: shapely.Geometry,
    as_of: AsOf,
    page: Page,
    *,
    level: str | None = None,
) -> list[Related]:
    """Regions that have a point in common with a shape (degrees, EPSG:4490), by code.

    Raises BadInput for an empty or unsound shape.
    """
    if bool(shapely.is_empty(shape)) or not bool(shapely.is_valid(shape)):
        raise BadInput("error.geometry_invalid")
    return _by_shape(connection, shapely.to_wkb(shape), "intersects", as_of, page, level)


def _by_shape(
    connection: Connection,
    wkb: bytes,
    relation: str,
    as_of: AsOf,
    page: Page,
    level: str | None,
    *,
    not_id: int | None = None,
) -> list[Related]:
    asked = {"wkb": wkb, "relation": relation, **times(as_of)}
    candidates = rows(
        connection,
        "relations_candidates",
        level=level,
        not_id=not_id,
        after_code=page.after[0] if page.after else None,
        after_id=page.after[1] if page.after else None,
        **_along_edge(shapely.from_wkb(wkb)),
        **asked,
    )
    chosen = list(islice(_standing(connection, wkb, relation, candidates), page.most))
    if not chosen:
        return []
    found = rows(
        connection,
        "relations_of_shape",
        ids=[one.id for one in chosen],
        shape_ids=[one.shape_id for one in chosen],
        level_ids=[one.level_id for one in chosen],
        codes=[one.code for one in chosen],
        shapes=page.shapes,
        step=step_for(page.zoom),
        **asked,
    )
    return [Related(*row) for row in found]


def _along_edge(shape: shapely.Geometry) -> dict[str, list[float]]:
    """The boxes of short pieces of a shape's edge; together they hold all of it."""
    boxes: list[NDArray[np.float64]] = [np.empty((0, 4))]
    for ring in shapely.get_rings(shapely.get_parts(shape)):
        xy = shapely.get_coordinates(ring)
        starts = np.arange(0, len(xy) - 1, PIECE)
        pieces = [xy[start : start + PIECE + 1] for start in starts]  # each ends where one begins
        boxes += [np.array([[*one.min(axis=0), *one.max(axis=0)]]) for one in pieces]
    west, south, east, north = np.vstack(boxes).T.tolist()
    return {"west": west, "south": south, "east": east, "north": north}


def _standing(
    connection: Connection, wkb: bytes, relation: str, candidates: Sequence[Any]
) -> Iterator[Any]:
    """Those of the candidates that stand in the relation to a shape, in their order."""
    asked = shapely.from_wkb(wkb)
    shapely.prepare(asked)
    for start in range(0, len(candidates), AT_ONCE):
        some = candidates[start : start + AT_ONCE]
        ids = sorted({one.shape_id for one in some})
        shapes = {row.id: row.geom for row in rows(connection, "shapes_by_id", ids=ids)}
        drawn = shapely.from_wkb([shapes[one.shape_id] for one in some])
        yield from compress(some, DECIDED_BY[relation](asked, drawn))


def _kin(
    connection: Connection,
    of: regions.RegionShape,
    relation: Relation,
    as_of: AsOf,
    page: Page,
    level: str | None,
) -> list[Related]:
    found = rows(
        connection,
        "relations_by_path",
        relation=relation.value,
        id=of.id,
        path=list(of.path),
        level=level,
        **times(as_of),
        **_paging(page),
    )
    return [Related(*row) for row in found]


def _paging(page: Page) -> dict[str, object]:
    return {
        "after_code": page.after[0] if page.after else None,
        "after_id": page.after[1] if page.after else None,
        "most": page.most,
        "shapes": page.shapes,
        "step": step_for(page.zoom),
    }
