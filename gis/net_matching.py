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
Numbers = NDArray[np.float64]
Pairs = NDArray[np.intp]
Mask = NDArray[np.bool_]

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
    ours = _array([one.shape for one in grids])
    theirs = _array([one.shape for one in polygons])
    pieces = _pieces(ours, theirs)
    _inhabit(pieces, homes)
    order = [one.code for one in polygons]
    owners = _owners(pieces, order, by)
    found = [
        *_wrong_sides(pieces, owners, polygons, grids, tolerance_m),
        *_no_grid(ours, theirs, polygons, pieces, tolerance_m),
    ]
    found.sort(key=lambda one: (-one.m2, one.grid or "", one.polygon or ""))
    named = {grids[grid].code: order[owner] for grid, owner in owners.items() if owner is not None}
    return Matched(tuple(_units(polygons, theirs, named, found)), tuple(found), named)


def _array(shapes: Sequence[shapely.Geometry | None]) -> Shapes:
    made: Shapes = np.empty(len(shapes), dtype=object)
    made[:] = shapes
    return made


# ---- pieces -------------------------------------------------------------------------------------


def _pieces(ours: Shapes, theirs: Shapes) -> list[_Piece]:
    """Every grid that a polygon touches, cut up along the polygons."""
    grid, polygon, parts, sizes = _common(ours, theirs)
    found = [
        _Piece(g, p, part, size)
        for g, p, part, size in zip(
            grid.tolist(), polygon.tolist(), parts, sizes.tolist(), strict=True
        )
    ]
    touched = np.unique(grid)
    rest = _left_over(ours, theirs, grid, polygon, sizes, touched)
    for g, shape, size in zip(touched.tolist(), rest, area_m2(rest).tolist(), strict=True):
        if size > DUST_M2:
            found.append(_Piece(g, None, shape, size))
    return sorted(found, key=lambda one: (one.grid, one.polygon is None, one.polygon or 0))


def _common(ours: Shapes, theirs: Shapes) -> tuple[Pairs, Pairs, Shapes, Numbers]:
    """The ground that grids and polygons have in common: grid, polygon, shape and m² of each."""
    polygon, grid = STRtree(ours).query(theirs, predicate="intersects")
    parts = shapely.intersection(ours[grid], theirs[polygon])
    sizes = area_m2(parts)
    ground = sizes > DUST_M2
    return grid[ground], polygon[ground], parts[ground], sizes[ground]


def _left_over(
    shapes: Shapes, others: Shapes, shape: Pairs, other: Pairs, sizes: Numbers, wanted: Pairs
) -> Shapes:
    """Of each of the `wanted` shapes the ground that no other has; None where there is none.

    `shape`, `other` and `sizes` are the pairs with ground in common, and how much. Where the others
    of a shape lie edge to edge, their ground adds up to its own: then nothing has to be cut, which
    is nearly always so and costs most of the time.
    """
    # Whoever isn't edge to edge with its neighbours may lie over them, and would count twice.
    unsure = ~shapely.is_empty(shapely.coverage_invalid_edges(others))
    order = np.argsort(shape, kind="stable")
    first = np.searchsorted(shape[order], wanted)
    last = np.searchsorted(shape[order], wanted, side="right")
    whole = area_m2(shapes[wanted])
    rest: Shapes = np.full(len(wanted), None, dtype=object)
    for n, at in enumerate(wanted.tolist()):
        pairs = order[first[n] : last[n]]
        mine = other[pairs]
        if not unsure[mine].any() and whole[n] - sizes[pairs].sum() <= DUST_M2:
            continue
        rest[n] = shapely.difference(shapes[at], shapely.union_all(others[mine]))
    return rest


def _inhabit(pieces: Sequence[_Piece], homes: Homes) -> None:
    """Count the buildings on each piece; one on an edge counts for the first of a grid's."""
    if not len(homes.points) or not pieces:
        return
    shapes = _array([one.shape for one in pieces])
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
    shapes = _array([one.shape for one in wrong])
    lived_on = np.array([one.buildings > 0 for one in wrong], dtype=bool)
    kept = _wide(shapes, tolerance_m, whole=lived_on)
    found = []
    for one, ground, m2 in zip(wrong, kept, area_m2(kept).tolist(), strict=True):
        if ground is None:
            continue
        owner = owners[one.grid]
        found.append(
            Offence(
                None if one.polygon is None else polygons[one.polygon].code,
                grids[one.grid].code,
                None if owner is None else polygons[owner].code,
                m2,
                one.buildings,
                one.households,
                ground,
            )
        )
    return found


def _no_grid(
    ours: Shapes,
    theirs: Shapes,
    polygons: Sequence[BoundaryRow],
    pieces: Sequence[_Piece],
    tolerance_m: float,
) -> list[Offence]:
    """Ground of polygons that no grid has."""
    some = [(one.polygon, one.grid, one.m2) for one in pieces if one.polygon is not None]
    polygon, grid = (np.array([one[n] for one in some], dtype=np.intp) for n in (0, 1))
    sizes = np.array([one[2] for one in some])
    rest = _left_over(theirs, ours, polygon, grid, sizes, np.arange(len(theirs)))
    kept = _wide(rest, tolerance_m)
    return [
        Offence(row.code, None, None, m2, 0, 0, ground)
        for row, ground, m2 in zip(polygons, kept, area_m2(kept).tolist(), strict=True)
        if ground is not None
    ]


def _wide(shapes: Shapes, tolerance_m: float, whole: Mask | None = None) -> Shapes:
    """Of each shape the parts that are somewhere wider than the tolerance; None where none is.

    A part is narrow when nothing is left of it after half the tolerance is taken off all around.
    Of those marked in `whole` that have no wide part every part counts.
    """
    parts, owner = _polygons(shapes)
    kept = _are_wide(parts, tolerance_m)
    if whole is not None:
        has_wide = np.bincount(owner[kept], minlength=len(shapes)) > 0
        kept |= (whole & ~has_wide)[owner]
    found: Shapes = np.full(len(shapes), None, dtype=object)
    if kept.any():
        owners, first = np.unique(owner[kept], return_index=True)
        for at, some in zip(owners.tolist(), np.split(parts[kept], first[1:]), strict=True):
            found[at] = MultiPolygon(some.tolist())
    return found


def _are_wide(parts: Shapes, tolerance_m: float) -> Mask:
    """Which polygons (degrees) are somewhere wider than so many metres?"""
    m2 = area_m2(parts)
    # A disc as wide as the tolerance has to fit: what is smaller needn't be looked at.
    wide: Mask = m2 > max(DUST_M2, np.pi / 4 * tolerance_m**2)
    if not wide.any():
        return wide
    kx, ky = metres_per_degree(shapely.get_y(shapely.centroid(parts[wide])))
    xy, at = shapely.get_coordinates(parts[wide], return_index=True)
    flat = shapely.set_coordinates(parts[wide].copy(), xy * np.column_stack([kx, ky])[at])
    left = shapely.buffer(flat, -tolerance_m / 2, join_style="mitre")
    wide[wide] = ~shapely.is_empty(left)
    return wide


def _polygons(shapes: Shapes) -> tuple[Shapes, Pairs]:
    """The polygons of shapes, however those are made, and the place of each one's shape."""
    parts, owner = shapely.get_parts(shapes, return_index=True)
    parts, inner = shapely.get_parts(parts, return_index=True)  # a multipolygon in a collection
    areal = (shapely.get_type_id(parts) == 3) & ~shapely.is_empty(parts)
    return parts[areal], owner[inner][areal]


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
    concerned: dict[str, list[Offence]] = defaultdict(list)
    for one in offences:
        for code in {one.polygon, one.owner} - {None}:
            concerned[str(code)].append(one)
    units = []
    for row, m2 in zip(polygons, area_m2(theirs).tolist(), strict=True):
        mine = concerned[row.code]
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
