"""A foreign net comes as polygons: which sets of grids is it, and where does it cut through grids?

Each grid goes whole to one polygon, or to none. What is left over on the wrong side is an offence:
one of the two nets has to move its line there. Narrow strips are two drawings of one line and pass.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon, STRtree

from gis.coordinates import area_m2, metres_per_degree

if TYPE_CHECKING:
    from gis.model import BoundaryRow

Shapes = NDArray[np.object_]

TOLERANCE_M: Final = 5.0
"""A piece that is nowhere wider than this, in metres, passes unless somebody lives on it: the same
line drawn along the kerb and along the middle of a lane differs by so much.
"""

DUST_M2: Final = 0.01


class MatchBy(StrEnum):
    """By what the larger part of a grid is told."""

    AREA = "area"
    HOUSEHOLDS = "households"  # where nobody lives, or as many on both sides: by area


class Verdict(StrEnum):
    """What becomes of a foreign polygon, each with its sentence `match.<value>`."""

    FITS = "fits"  # within the tolerance it is a set of grids
    CUTS = "cuts"  # it runs through grids, or over ground without a grid
    EMPTY = "empty"  # it gets no grid


@dataclass(frozen=True, slots=True)
class Homes:
    """Buildings as points (degrees, EPSG:4490) with their households, in one order."""

    points: Shapes
    households: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Offence:
    """Ground on the wrong side: of `grid` (None: of no grid), inside `polygon` (None: of none).

    `owner` is the polygon that the grid as a whole goes to (None: to none). With the buildings and
    households on it.
    """

    polygon: str | None
    grid: str | None
    owner: str | None
    m2: float
    buildings: int
    households: int
    ground: MultiPolygon


@dataclass(frozen=True, slots=True)
class UnitMatch:
    """A foreign polygon as the set of grids it comes to; `cut`: the grids it shares with others."""

    code: str
    name: str
    grids: tuple[str, ...]
    verdict: Verdict
    cut: tuple[str, ...]
    m2: float
    offending_m2: float


@dataclass(frozen=True, slots=True)
class Matched:
    """A foreign net as sets of grids: its units by code, and every offending place, largest first.

    `owners`: the polygon each grid goes to; grids that no polygon gets are absent.
    """

    units: tuple[UnitMatch, ...]
    offences: tuple[Offence, ...]
    owners: dict[str, str]


@dataclass(slots=True)
class _Piece:
    """The part of a grid in one polygon (None: outside all of them)."""

    grid: int
    polygon: int | None
    shape: shapely.Geometry
    m2: float
    buildings: int = 0
    households: int = 0


def match_net(
    polygons: Sequence[BoundaryRow],
    grids: Sequence[BoundaryRow],
    homes: Homes,
    *,
    tolerance_m: float = TOLERANCE_M,
    by: MatchBy = MatchBy.AREA,
) -> Matched:
    """Match polygons of a foreign net to grids; both need shapes, valid ones, and codes of their
    own. Grids that no polygon touches play no part.

    A grid goes to the polygon with the larger part of it, by area or by households, to none where
    the larger part lies in no polygon; the lowest code where two have as much.
    """
    ours = _column(grids)
    theirs = _column(polygons)
    pieces = _pieces(ours, theirs)
    _inhabit(pieces, homes)
    order = [one.code for one in polygons]
    owners = _owners(pieces, order, by)
    found = [
        *_wrong_sides(pieces, owners, polygons, grids, tolerance_m),
        *_no_grid(ours, theirs, polygons, tolerance_m),
    ]
    found.sort(key=lambda one: (-one.m2, one.grid or "", one.polygon or ""))
    named = {grids[grid].code: order[owner] for grid, owner in owners.items() if owner is not None}
    return Matched(tuple(_units(polygons, theirs, named, found)), tuple(found), named)


def _column(rows: Sequence[BoundaryRow]) -> Shapes:
    shapes: Shapes = np.empty(len(rows), dtype=object)
    shapes[:] = [row.shape for row in rows]
    return shapes


# ---- pieces -------------------------------------------------------------------------------------


def _pieces(ours: Shapes, theirs: Shapes) -> list[_Piece]:
    """Every grid that a polygon touches, cut up along the polygons."""
    polygon, grid = STRtree(ours).query(theirs, predicate="intersects")
    parts = shapely.intersection(ours[grid], theirs[polygon])
    sizes = area_m2(parts)
    found = [
        _Piece(g, p, part, size)
        for g, p, part, size in zip(
            grid.tolist(), polygon.tolist(), parts, sizes.tolist(), strict=True
        )
        if size > DUST_M2
    ]
    mine: dict[int, list[_Piece]] = defaultdict(list)
    for one in found:
        mine[one.grid].append(one)
    whole = area_m2(ours)
    for g, some in mine.items():
        if whole[g] - sum(one.m2 for one in some) <= DUST_M2 and len(some) == 1:
            continue
        rest = shapely.difference(ours[g], shapely.union_all([one.shape for one in some]))
        size = float(area_m2(rest)[0])
        if size > DUST_M2:
            found.append(_Piece(g, None, rest, size))
    return sorted(found, key=lambda one: (one.grid, one.polygon is None, one.polygon or 0))


def _inhabit(pieces: Sequence[_Piece], homes: Homes) -> None:
    """Count the buildings on each piece; one on an edge counts for the first of a grid's."""
    if not len(homes.points) or not pieces:
        return
    shapes: Shapes = np.array([one.shape for one in pieces], dtype=object)
    piece, home = STRtree(homes.points).query(shapes, predicate="intersects")
    seen: set[int] = set()
    for n, at in sorted(zip(piece.tolist(), home.tolist(), strict=True)):
        if at not in seen:
            seen.add(at)
            pieces[n].buildings += 1
            pieces[n].households += int(homes.households[at])


def _owners(pieces: Sequence[_Piece], order: Sequence[str], by: MatchBy) -> dict[int, int | None]:
    best: dict[int, tuple[float, float, str, int | None]] = {}
    for one in pieces:
        people = one.households if by is MatchBy.HOUSEHOLDS else 0
        code = "" if one.polygon is None else order[one.polygon]
        held = (-float(people), -round(one.m2, 2), code, one.polygon)
        if one.grid not in best or held[:3] < best[one.grid][:3]:
            best[one.grid] = held
    return {grid: held[3] for grid, held in best.items()}


# ---- offences -----------------------------------------------------------------------------------


def _wrong_sides(
    pieces: Sequence[_Piece],
    owners: dict[int, int | None],
    polygons: Sequence[BoundaryRow],
    grids: Sequence[BoundaryRow],
    tolerance_m: float,
) -> list[Offence]:
    wrong = [one for one in pieces if one.polygon != owners[one.grid]]
    found = []
    for one, ground in zip(wrong, _wide([w.shape for w in wrong], tolerance_m), strict=True):
        if ground is None and one.buildings:
            ground = _areas(one.shape)
        if ground is not None:
            owner = owners[one.grid]
            found.append(
                Offence(
                    None if one.polygon is None else polygons[one.polygon].code,
                    grids[one.grid].code,
                    None if owner is None else polygons[owner].code,
                    float(area_m2(ground)[0]),
                    one.buildings,
                    one.households,
                    ground,
                )
            )
    return found


def _no_grid(
    ours: Shapes, theirs: Shapes, polygons: Sequence[BoundaryRow], tolerance_m: float
) -> list[Offence]:
    """Ground of polygons that no grid has."""
    tree = STRtree(ours)
    rest = []
    for shape in theirs:
        near = ours[tree.query(shape, predicate="intersects")]
        rest.append(shapely.difference(shape, shapely.union_all(near)))
    return [
        Offence(row.code, None, None, float(area_m2(ground)[0]), 0, 0, ground)
        for row, ground in zip(polygons, _wide(rest, tolerance_m), strict=True)
        if ground is not None
    ]


def _wide(shapes: Sequence[shapely.Geometry], tolerance_m: float) -> list[MultiPolygon | None]:
    """Of each shape the parts that are somewhere wider than the tolerance; None where none is.

    A part is narrow when nothing is left of it after half the tolerance is taken off all around.
    """
    kept: list[MultiPolygon | None] = []
    for shape in shapes:
        ground = _areas(shape)
        parts = [] if ground is None else [one for one in ground.geoms if is_wide(one, tolerance_m)]
        kept.append(MultiPolygon(parts) if parts else None)
    return kept


def is_wide(part: shapely.Polygon, tolerance_m: float) -> bool:
    """Is a polygon (degrees) somewhere wider than so many metres?"""
    if float(area_m2(part)[0]) <= DUST_M2:
        return False
    kx, ky = metres_per_degree(part.centroid.y)
    flat = shapely.transform(part, lambda xy: xy * (kx, ky))
    return not shapely.buffer(flat, -tolerance_m / 2, join_style="mitre").is_empty


def _areas(shape: shapely.Geometry) -> MultiPolygon | None:
    """The polygons of a shape, however it is made; None where it has none."""
    parts = shapely.get_parts(shapely.get_parts(shape))
    areas = [one for one in parts.tolist() if one.geom_type == "Polygon" and not one.is_empty]
    return MultiPolygon(areas) if areas else None


# ---- verdicts -----------------------------------------------------------------------------------


def _units(
    polygons: Sequence[BoundaryRow],
    theirs: Shapes,
    owners: dict[str, str],
    offences: Sequence[Offence],
) -> list[UnitMatch]:
    grids: dict[str, list[str]] = defaultdict(list)
    for grid, owner in owners.items():
        grids[owner].append(grid)
    units = []
    for row, m2 in zip(polygons, area_m2(theirs).tolist(), strict=True):
        mine = [one for one in offences if row.code in (one.polygon, one.owner)]
        cut = sorted({one.grid for one in mine if one.grid is not None})
        verdict = Verdict.CUTS if mine else Verdict.FITS
        verdict = verdict if grids[row.code] else Verdict.EMPTY
        units.append(
            UnitMatch(
                row.code,
                row.name,
                tuple(sorted(grids[row.code])),
                verdict,
                tuple(cut),
                m2,
                sum(one.m2 for one in mine),
            )
        )
    return sorted(units, key=lambda one: one.code)
