"""How regions stand to one another, or to any shape, on any day. Open to every account."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import chain, compress, islice, repeat
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

from gis.errors import BadInput
from gis.lod import step_for
from gis.store import regions
from gis.store.database import rows, times
from gis.tiling_apart import passed_by

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

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


FIRST, AT_ONCE = 60, 200
"""Candidates whose shapes are read together, at first and then: a page is seldom made of more."""

PIECE: Final = 16
"""Stretches of an edge whose box is looked up at once; more where that would be too many boxes."""

MOST_BOXES: Final = 500

MANY: Final = 3_000
"""Regions that may stand in a relation, from which on they aren't looked up one by one."""

WALKED: Final = (200, 3_000, 10_000)
"""Regions gone through by code, step by step, in the hope that many stand in a relation."""


DECIDED_BY: Final[Mapping[str, str]] = {
    "covers": "T*****FF*",
    "covered_by": "T*F**F***",
    "overlaps": "T*T***T**",
    "neighbours": "****1****",
}
"""What decides, of a prepared shape and another: what their insides, edges and outsides (rows: of
the one, columns: of the other) have in common. Of surfaces; `shapely.covers` costs ten times as
much where edges run along the shape's.
"""

KINSHIP: Final = frozenset({Relation.CHILDREN, Relation.BELOW, Relation.ANCESTORS})

WITHIN: Final = frozenset({Relation.COVERS.value, "intersects"})
"""In these whatever lies inside the shape takes part."""

ALONG: Final = frozenset({Relation.OVERLAPS.value, Relation.NEIGHBOURS.value})
"""In these only what lies along the shape's edge takes part."""


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
    if relation is Relation.NEIGHBOURS:
        level = region[0]
    asked = _Asked(relation.value, as_of, page, level, found.id, found.wkb)
    if relation in KINSHIP:
        return _told(connection, asked, _kin(connection, asked, found))
    return [] if found.wkb is None else _told(connection, asked, _by_shape(connection, asked))


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
    asked = _Asked("intersects", as_of, page, level, None, shapely.to_wkb(shape))
    return _told(connection, asked, _by_shape(connection, asked))


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question: of a region (by id), of a shape, or of a region's shape."""

    relation: str
    as_of: AsOf
    page: Page
    level: str | None
    id: int | None
    wkb: bytes | None

    def values(self) -> dict[str, Any]:
        after = self.page.after
        return {
            "relation": self.relation,
            "level": self.level,
            "after_code": after[0] if after else None,
            "after_id": after[1] if after else None,
            **times(self.as_of),
        }


def _told(connection: Connection, asked: _Asked, chosen: Sequence[Any]) -> list[Related]:
    """A page of regions with their names, what they have in common with the shape, and theirs."""
    if not chosen:
        return []
    found = rows(
        connection,
        "relations_of_shape",
        wkb=None if asked.relation in KINSHIP else asked.wkb,
        relation=asked.relation,
        ids=[one.id for one in chosen],
        shape_ids=[one.shape_id for one in chosen],
        level_ids=[one.level_id for one in chosen],
        codes=[one.code for one in chosen],
        shapes=asked.page.shapes,
        step=step_for(asked.page.zoom),
        **times(asked.as_of),
    )
    return [Related(*row) for row in found]


# ---- which of them: by sets while those are small, along the codes where they are large ----------


def _kin(connection: Connection, asked: _Asked, of: regions.RegionShape) -> Sequence[Any]:
    most = asked.page.most
    if asked.relation == Relation.ANCESTORS or _size(connection, asked, None).size < MANY:
        also = {"id": of.id, "path": list(of.path), "most": most}
        return rows(connection, "relations_by_path", **also, **asked.values())
    found: list[Any] = []
    for walked in _walk(connection, asked, None):
        found += walked
        if len(found) >= most:
            return found[:most]
    return rows(connection, "relations_by_path_many", id=of.id, most=most, **asked.values())


def _by_shape(connection: Connection, asked: _Asked) -> list[Any]:
    assert asked.wkb is not None, "a region without a shape was answered before"
    most = asked.page.most
    shape = shapely.from_wkb(asked.wkb)
    shapely.prepare(shape)
    size = _size(connection, asked, asked.wkb)
    few = asked.level is not None and size.of_level < MANY
    if asked.relation in WITHIN and size.size >= MANY and not few:
        chosen: list[Any] = []
        for walked in _walk(connection, asked, asked.wkb):
            standing = _standing(connection, shape, asked.relation, walked)
            chosen += islice(standing, most - len(chosen))
            if len(chosen) == most:
                return chosen
    candidates = _candidates(connection, asked, None if few else shape)
    return list(islice(_standing(connection, shape, asked.relation, candidates), most))


def _candidates(
    connection: Connection, asked: _Asked, shape: shapely.Geometry | None
) -> Sequence[Any]:
    """Regions that may stand in the relation to the shape, by code; without it all of the level
    that may by their box.
    """
    if shape is None:
        values = {"wkb": asked.wkb, "not_id": asked.id, **asked.values()}
        return rows(connection, "relations_of_level", **values)
    along: list[int] = []
    if asked.relation in ALONG:
        along = [row.id for row in rows(connection, "shapes_along_edge", **_along_edge(shape))]
    if asked.relation == Relation.OVERLAPS:
        along = _entered(connection, shape, along)
    return rows(
        connection,
        "relations_candidates",
        wkb=None if asked.relation in ALONG else asked.wkb,
        shape_ids=along,
        not_id=asked.id,
        **asked.values(),
    )


def _entered(connection: Connection, shape: shapely.Geometry, ids: list[int]) -> list[int]:
    """Those of the shapes that the edge of a shape may enter: no other overlaps it."""
    found = []
    for start in range(0, len(ids), MANY):
        kept = rows(connection, "shapes_by_id", ids=ids[start : start + MANY])
        clear = passed_by(shape, shapely.from_wkb([row.geom for row in kept]))
        found += [row.id for row in compress(kept, ~clear)]
    return sorted(found)


def _size(connection: Connection, asked: _Asked, wkb: bytes | None) -> Any:
    """How many may stand in the relation, and how many are on the level asked for: up to `MANY`."""
    relation = asked.relation if asked.relation in (*WITHIN, *KINSHIP) else ""
    values = {"id": asked.id, "wkb": wkb, "relation": relation, "level": asked.level}
    (found,) = rows(connection, "relations_size", most=MANY, **values)
    return found


def _walk(connection: Connection, asked: _Asked, wkb: bytes | None) -> Iterator[list[Any]]:
    """Regions that may stand in the relation, by code, out of the next ones by code, whatever they
    are; more at each step, until `WALKED` says that it is in vain.
    """
    values = asked.values()
    for most in WALKED:
        found = rows(connection, "relations_walk", id=asked.id, wkb=wkb, most=most, **values)
        yield [row for row in found if row.may]
        if not found:
            return
        values |= {"after_code": found[-1].code, "after_id": found[-1].id}


def _along_edge(shape: shapely.Geometry) -> dict[str, list[float]]:
    """The boxes of short pieces of a shape's edge; together they hold all of it."""
    boxes: list[NDArray[np.float64]] = [np.empty((0, 4))]
    piece = max(PIECE, int(shapely.get_num_coordinates(shape)) // MOST_BOXES)
    for ring in shapely.get_rings(shapely.get_parts(shape)):
        xy = shapely.get_coordinates(ring)
        starts = np.arange(0, len(xy) - 1, piece)
        low, high = np.minimum(xy[:-1], xy[1:]), np.maximum(xy[:-1], xy[1:])
        sides = np.minimum.reduceat(low, starts), np.maximum.reduceat(high, starts)
        boxes.append(np.hstack(sides))
    west, south, east, north = np.vstack(boxes).T.tolist()
    return {"west": west, "south": south, "east": east, "north": north}


def _standing(
    connection: Connection, asked: shapely.Geometry, relation: str, candidates: Sequence[Any]
) -> Iterator[Any]:
    """Those of the candidates that stand in the relation to a prepared shape, in their order."""
    start = 0
    for more in chain((FIRST,), repeat(AT_ONCE)):
        some = candidates[start : start + more]
        if not some:
            return
        start += more
        ids = sorted({one.shape_id for one in some})
        shapes = {row.id: row.geom for row in rows(connection, "shapes_by_id", ids=ids)}
        drawn = shapely.from_wkb([shapes[one.shape_id] for one in some])
        yield from compress(some, _stand(asked, relation, drawn))


def _stand(asked: shapely.Geometry, relation: str, drawn: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Do shapes stand in the relation to a prepared one?"""
    if relation == "intersects":
        return np.asarray(shapely.intersects(asked, drawn))
    stand = np.zeros(len(drawn), np.bool_)
    if relation == Relation.COVERS:
        stand = _inside(asked, drawn)
    stand[~stand] = shapely.relate_pattern(asked, drawn[~stand], DECIDED_BY[relation])
    return stand


def _inside(asked: shapely.Geometry, drawn: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Those that certainly lie inside: the shape's edge passes them by, and one point does."""
    one = shapely.point_on_surface(drawn)
    inside = shapely.contains(asked, one) & shapely.contains(drawn, one)
    inside[inside] = passed_by(asked, drawn[inside])
    return np.asarray(inside)
