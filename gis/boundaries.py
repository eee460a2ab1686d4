"""Are these boundaries sound: one code each, valid, no overlaps, no gaps, nested in their parents?

The rules of a tiling are judged on the plane of degrees, as the database judges places; sizes are
square metres on the ground. Every fault is found, not the first.

What is too small to matter is told and tolerated: up to `tolerance_m2`, or narrower than 0.2 m on
average, which is finer than such borders are surveyed. Parts below 0.01 m² are dust and not told;
nor are gaps and overhangs narrower than 2.5 cm, which rounding to the lattice opens along edges.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Geometry, MultiPolygon, STRtree

from gis.coordinates import CHINA, area_m2, distance_m
from gis.model import BoundaryRow, Fault, FaultKind

Shapes = NDArray[np.object_]
Places = NDArray[np.intp]
Mask = NDArray[np.bool_]
Numbers = NDArray[np.float64]

THIN_M: Final = 0.2
DUST_M2: Final = 0.01
DUST_M: Final = 0.025
SLIVER_M: Final = 2.0  # a hole narrower than this is a slip of the pen, not a lake
ASTRAY_SHARE: Final = 0.1  # of a region outside its parent; official layers differ up to 8 %
_NOWHERE_DEG: Final = 0.01  # around 0, 0: degrees taken for metres end there
_PLACE_OF_REASON: Final = re.compile(r"\[(\S+) (\S+)\]")


def faults(
    rows: Sequence[BoundaryRow],
    *,
    level_is_overlay: bool,
    parents: Mapping[str, MultiPolygon | None],
    needs_parent: bool,
    tolerance_m2: float = 1.0,
) -> list[Fault]:
    """Everything wrong with the regions of one level, worst first: stopping ones, then notes.

    `parents` holds, by code, every region a row may name as its parent, with its shape or None.
    Rows without a shape are judged by their codes alone. In a tiling:

    - no two regions overlap;
    - no place in a parent that has a shape and children here is left without a region, be it a
      neighbour's: layers drawn apart never agree on every border. Holes under parents without a
      shape are notes (lakes, enclaves), unless narrower than 2 m;
    - a region lies inside its parent. Up to a tenth outside is a note, for the same reason; more
      looks like a wrong parent code. `detail` is the share.

    Overlays may overlap, leave gaps and cross their parents. An invalid shape is a fault itself;
    in the other checks it stands as what `make_valid` makes of it.
    """
    found = [*_code_faults(rows), *_parent_faults(rows, parents, needs_parent=needs_parent)]
    shaped = [row for row in rows if row.shape is not None]
    shapes = _shapes_of(shaped)
    valid = shapely.is_valid(shapes)
    found += _place_faults(shaped, shapes)
    found += _shape_faults(shaped, shapes, valid)
    if not level_is_overlay:
        found += _tiling_faults(_Tiling.of(shaped, shapes, valid), parents, tolerance_m2)
    order = list(FaultKind)
    return sorted(found, key=lambda f: (f.tolerated, order.index(f.kind), f.rows, f.codes))


# ---- codes and parents --------------------------------------------------------------------------


def _code_faults(rows: Sequence[BoundaryRow]) -> Iterator[Fault]:
    by_code: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        by_code[row.code].append(row.row)
    for code, numbers in by_code.items():
        if code == "":
            yield Fault(FaultKind.MISSING_CODE, rows=tuple(numbers))
        elif len(numbers) > 1:
            yield Fault(FaultKind.DOUBLE_CODE, (code,), tuple(numbers))


def _parent_faults(
    rows: Sequence[BoundaryRow],
    parents: Mapping[str, MultiPolygon | None],
    *,
    needs_parent: bool,
) -> Iterator[Fault]:
    without = [row for row in rows if row.parent_code is None]
    if needs_parent and without:
        codes, numbers = tuple(row.code for row in without), tuple(row.row for row in without)
        yield Fault(FaultKind.MISSING_PARENT, codes, numbers)
    unknown: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        if row.parent_code is not None and row.parent_code not in parents:
            unknown[row.parent_code].append(row.row)
    for code, children in unknown.items():
        yield Fault(FaultKind.UNKNOWN_PARENT, (code,), tuple(children))


# ---- each shape by itself -----------------------------------------------------------------------


def _shapes_of(rows: Sequence[BoundaryRow]) -> Shapes:
    shapes: Shapes = np.empty(len(rows), dtype=object)
    shapes[:] = [row.shape for row in rows]
    return shapes


def _place_faults(rows: Sequence[BoundaryRow], shapes: Shapes) -> Iterator[Fault]:
    """Shapes where no place can be, and a note on those outside the rectangle around China."""
    west, south, east, north = shapely.bounds(shapes).T
    nowhere = (west < -180) | (south < -90) | (east > 180) | (north > 90)
    nowhere |= np.max(np.abs([west, south, east, north]), axis=0) < _NOWHERE_DEG
    away = (east < CHINA[0]) | (north < CHINA[1]) | (west > CHINA[2]) | (south > CHINA[3])
    for kind, where in ((FaultKind.WRONG_CRS, nowhere), (FaultKind.FAR_AWAY, away & ~nowhere)):
        found = [rows[place] for place in np.flatnonzero(where).tolist()]
        if found:
            codes, numbers = tuple(row.code for row in found), tuple(row.row for row in found)
            yield Fault(kind, codes, numbers, tolerated=kind is FaultKind.FAR_AWAY)


def _shape_faults(rows: Sequence[BoundaryRow], shapes: Shapes, valid: Mask) -> Iterator[Fault]:
    for place in np.flatnonzero(shapely.is_empty(shapes)).tolist():
        row = rows[place]
        yield Fault(FaultKind.EMPTY_SHAPE, (row.code,), (row.row,))
    for place in np.flatnonzero(~valid).tolist():
        row, reason = rows[place], shapely.is_valid_reason(shapes[place])
        at = _PLACE_OF_REASON.search(reason)
        yield Fault(
            FaultKind.INVALID_SHAPE,
            (row.code,),
            (row.row,),
            lon=float(at[1]) if at else None,
            lat=float(at[2]) if at else None,
            detail=reason.partition("[")[0],
        )


# ---- the tiling ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Tiling:
    """Regions and their valid shapes; `torn` holds the edges without a partner, `clean` marks none.

    Found by GEOS's coverage check in one pass, without intersecting every pair of neighbours.
    """

    rows: Sequence[BoundaryRow]
    shapes: Shapes
    torn: Shapes
    clean: Mask
    tree: STRtree

    @classmethod
    def of(cls, rows: Sequence[BoundaryRow], shapes: Shapes, valid: Mask) -> _Tiling:
        mended = shapes.copy()
        mended[~valid] = shapely.make_valid(shapes[~valid], method="structure")
        torn: Shapes = shapely.coverage_invalid_edges(mended)
        return cls(rows, mended, torn, shapely.is_empty(torn) & valid, STRtree(mended))

    def union(self, places: Places) -> MultiPolygon:
        """The quick way where edges match, the sure way elsewhere."""
        clean = self.clean[places]
        whole = shapely.coverage_union_all(self.shapes[places[clean]])
        if not clean.all():
            whole = shapely.union_all([whole, *self.shapes[places[~clean]]])
        return MultiPolygon(_polygons(_one(whole))[0].tolist())


def _tiling_faults(
    tiling: _Tiling, parents: Mapping[str, MultiPolygon | None], tolerance_m2: float
) -> Iterator[Fault]:
    yield from _overlaps(tiling, tolerance_m2)
    children: dict[str, list[int]] = defaultdict(list)
    orphans = []
    for place, row in enumerate(tiling.rows):
        if row.parent_code is not None and parents.get(row.parent_code) is not None:
            children[row.parent_code].append(place)
        else:
            orphans.append(place)
    for code, places in children.items():
        parent = parents[code]
        if parent is not None:
            family = _Family(code, parent, np.array(places, dtype=np.intp))
            yield from _against_parent(tiling, family, tolerance_m2)
    if orphans:
        yield from _holes(tiling, orphans, tolerance_m2)


@dataclass(frozen=True, slots=True)
class _Family:
    """One parent and the places of its children in the tiling."""

    code: str
    parent: MultiPolygon
    children: Places


def _overlaps(tiling: _Tiling, tolerance_m2: float) -> Iterator[Fault]:
    """Pairs that share area: one of the two has an edge without a partner that meets the other."""
    shapes, open_ones = tiling.shapes, np.flatnonzero(~shapely.is_empty(tiling.torn))
    edge, other = tiling.tree.query(tiling.torn[open_ones], predicate="intersects")
    pairs = np.sort(np.c_[open_ones[edge], other], axis=1)
    pairs = np.unique(pairs[pairs[:, 0] != pairs[:, 1]], axis=0)
    shared = shapely.intersection(shapes[pairs[:, 0]], shapes[pairs[:, 1]])
    for (one, two), size in zip(pairs.tolist(), _measured(shared, dust_m=0.0), strict=True):
        if size is not None:
            pair = sorted((tiling.rows[one], tiling.rows[two]), key=lambda row: row.row)
            yield size.fault(FaultKind.OVERLAP, pair, tolerance_m2)


def _against_parent(tiling: _Tiling, family: _Family, tolerance_m2: float) -> Iterator[Fault]:
    """Ground of the parent that no region has, and children that reach outside it."""
    whole = tiling.union(family.children)
    if shapely.equals_exact(whole, family.parent, 0.0, normalize=True):
        return  # the usual case, and 15 times quicker than to subtract
    for size in _measured(_left_over(tiling, family, whole)):
        if size is not None:
            yield size.fault(FaultKind.GAP, [], tolerance_m2, codes=(family.code,))
    if _measured(_one(shapely.difference(whole, family.parent)))[0] is None:
        return
    shapes = tiling.shapes[family.children]
    outside = _measured(shapely.difference(shapes, family.parent))
    for place, area, size in zip(family.children.tolist(), area_m2(shapes), outside, strict=True):
        if size is not None:
            share = size.m2 / float(area)
            yield size.fault(
                FaultKind.OUTSIDE_PARENT,
                [tiling.rows[place]],
                tolerance_m2,
                note=share <= ASTRAY_SHARE,
                detail=f"{share:.1%}",
            )


def _left_over(tiling: _Tiling, family: _Family, whole: MultiPolygon) -> Shapes:
    """The parts of a parent that neither its own children have, together `whole`, nor others."""
    ground = shapely.difference(family.parent, whole)
    if _measured(_one(ground))[0] is None:
        return _one(None)[:0]
    near = tiling.tree.query(ground, predicate="intersects")
    others = tiling.shapes[np.setdiff1d(near, family.children)]
    parts: Shapes = shapely.get_parts(shapely.difference(ground, shapely.union_all(others)))
    return parts


def _one(shape: Geometry | None) -> Shapes:
    return np.array([shape], dtype=object)


def _holes(tiling: _Tiling, orphans: Sequence[int], tolerance_m2: float) -> Iterator[Fault]:
    """Holes in the union that touch regions under no parent's shape.

    Nobody can say whether such a hole is a lake, an enclave or a mistake: a note. But no lake is
    narrower than 2 m on average: that is two lines drawn along the same border.
    """
    polygons = shapely.get_parts(tiling.union(np.arange(len(tiling.rows))))
    rings, owner = shapely.get_rings(polygons, return_index=True)
    inner = np.r_[False, owner[1:] == owner[:-1]] if len(rings) else np.zeros(0, dtype=bool)
    holes: Shapes = np.asarray(shapely.polygons(rings[inner]), dtype=object)
    near = STRtree(holes).query(tiling.shapes[list(orphans)], predicate="intersects")[1]
    for size in _measured(holes[np.unique(near)]):
        if size is not None:
            lake = size.width_m >= SLIVER_M
            yield size.fault(FaultKind.GAP, [], tolerance_m2, note=lake)


# ---- sizes --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Size:
    """How large a piece of ground is, how wide on average, and a point in its largest part."""

    m2: float
    width_m: float
    lon: float
    lat: float
    ground: MultiPolygon

    def fault(
        self,
        kind: FaultKind,
        rows: Sequence[BoundaryRow],
        tolerance_m2: float,
        *,
        codes: tuple[str, ...] = (),
        note: bool = False,
        detail: str = "",
    ) -> Fault:
        return Fault(
            kind,
            codes or tuple(row.code for row in rows),
            tuple(row.row for row in rows),
            lon=self.lon,
            lat=self.lat,
            m2=self.m2,
            detail=detail,
            tolerated=note or self.m2 <= tolerance_m2 or self.width_m <= THIN_M,
            ground=self.ground,
        )


def _measured(shapes: Shapes, dust_m: float = DUST_M) -> list[_Size | None]:
    """The size of each shape; None when all of it is dust. Lines and points are no ground.

    Thin parts don't count beside one that isn't: the width is that of the widest part, the area
    that of all parts not thin, or of all when every one is.
    """
    sizes: list[_Size | None] = [None] * len(shapes)
    parts, owner = _polygons(shapes)
    area = area_m2(parts)
    width = 2 * area / np.maximum(_perimeters_m(parts), 1e-9)
    by_owner: dict[int, list[int]] = defaultdict(list)
    for part in np.flatnonzero((area >= DUST_M2) & (width > dust_m)).tolist():
        by_owner[int(owner[part])].append(part)
    for place, mine in by_owner.items():
        broad = [part for part in mine if width[part] > THIN_M] or mine
        largest = max(broad, key=lambda part: float(area[part]))
        inside = shapely.point_on_surface(parts[largest])
        m2, width_m = float(area[broad].sum()), float(width[broad].max())
        ground = MultiPolygon(parts[broad].tolist())
        sizes[place] = _Size(m2, width_m, inside.x, inside.y, ground)
    return sizes


def _polygons(shapes: Shapes) -> tuple[Shapes, Places]:
    parts, owner = shapely.get_parts(shapes, return_index=True)
    parts, inner = shapely.get_parts(parts, return_index=True)  # a multipolygon in a collection
    areal = shapely.get_type_id(parts) == 3
    return parts[areal], owner[inner][areal]


def widths_m(polygons: Shapes) -> Numbers:
    """How wide polygons are on average, in metres: twice the area by the perimeter."""
    width: Numbers = 2 * area_m2(polygons) / np.maximum(_perimeters_m(polygons), 1e-9)
    return width


def _perimeters_m(polygons: Shapes) -> Numbers:
    rings, owner = shapely.get_rings(polygons, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    length = distance_m(xy[:-1, 0], xy[:-1, 1], xy[1:, 0], xy[1:, 1])
    length = np.where(ring[1:] == ring[:-1], length, 0.0)
    by_polygon = np.bincount(owner[ring[:-1]], weights=length, minlength=len(polygons))
    return by_polygon.astype(np.float64)
