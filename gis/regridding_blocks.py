"""Cut a community into blocks for grids: along barriers, never through what is one.

Lines are roads, rivers, railways, walls. A compound and a building stay whole: lines are left out
inside them. A block that holds too much is cut midway between its compounds and its buildings that
stand alone. All lines are joined and cut at their crossings on the 1e-7 degree lattice at once, so
neighbouring blocks share every corner.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely
from shapely import Geometry, MultiPolygon, Polygon, STRtree

from gis.coordinates import area_m2, distance_m, metres_per_degree, to_lattice

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray
    from shapely import LineString, MultiLineString

    from gis.model import Point

BARRIER_COST: Final = 0.2
"""What a metre of edge along a barrier costs beside one elsewhere: grids should end there."""

LATTICE_DEG: Final = 1e-7

ALONG_M: Final = 5.0  # between two points of an outline, when the middle line is drawn


@dataclass(frozen=True, slots=True)
class Unit:
    """What is counted and kept whole: a building with its weight, and the compound it belongs to.

    `shape` is the footprint, where it is known; the point decides to which block it belongs.
    """

    code: str
    point: Point
    weight: float
    compound: str | None = None
    shape: Polygon | MultiPolygon | None = None


@dataclass(frozen=True)
class Ground:
    """A community with what stands in it and the lines that divide it. EPSG:4490, on the lattice.

    `compounds` are outlines by code; a compound without one is kept together by its buildings.
    `by_area`: blocks weigh their hectares, whatever stands in them.
    """

    shape: MultiPolygon
    units: Sequence[Unit]
    compounds: Mapping[str, Polygon | MultiPolygon]
    lines: Sequence[LineString | MultiLineString]
    by_area: bool = False


@dataclass(frozen=True)
class Blocks:
    """Blocks that together are the community. `units` are places in `Ground.units`, by block;
    `borders` the metres of edge two neighbours share, those along barriers counting less.
    """

    shapes: list[Polygon]
    weights: list[float]
    units: list[list[int]]
    borders: dict[tuple[int, int], float]


def blocks_of(ground: Ground, most: float) -> Blocks:
    """The blocks of a community; one heavier than `most` is cut between its buildings, where it has
    several that may be parted.
    """
    lines = _lines(ground)
    faces = _faces(ground.shape, lines)
    owner = _owners(faces, ground.units)
    between = _between(ground, faces, owner, most)
    if between:
        lines = [*lines, *between]
        faces = _faces(ground.shape, lines)
        owner = _owners(faces, ground.units)
    return _joined(ground, faces, owner)


# ---- lines and faces ----------------------------------------------------------------------------


def _lines(ground: Ground) -> list[Geometry]:
    """The barriers outside compounds and buildings."""
    whole: list[Geometry] = [one.shape for one in ground.units if one.shape is not None]
    whole += [*ground.compounds.values(), *_hulls(ground)]
    kept_whole = shapely.union_all([*whole, Polygon()])
    crossing = shapely.intersection(shapely.union_all([*ground.lines, Polygon()]), ground.shape)
    barriers = shapely.difference(crossing, kept_whole)
    return [barriers]


def _hulls(ground: Ground) -> list[Geometry]:
    """Where a compound has no outline: the hull of its buildings, through which no line goes."""
    members: dict[str, list[Geometry]] = defaultdict(list)
    for one in ground.units:
        if one.compound is not None and one.compound not in ground.compounds:
            here = one.shape or shapely.Point(one.point.lon, one.point.lat)
            members[one.compound].append(here)
    return [shapely.convex_hull(shapely.union_all(some)) for some in members.values()]


def _faces(area: MultiPolygon, lines: Iterable[Geometry]) -> list[Polygon]:
    """The faces between the lines within an area, in one order: north to south, then west to east.

    Its own edge is among the lines, so the faces together are the area, but for the rounding of the
    places where a line meets the edge.
    """
    every = [shapely.boundary(area), *lines]
    noded = shapely.union_all([to_lattice(one) for one in every], grid_size=LATTICE_DEG)
    found = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    shapely.prepare(area)
    inside = shapely.contains_properly(area, shapely.point_on_surface(found))
    faces = [to_lattice(one) for one in found[inside].tolist()]
    return sorted(faces, key=lambda one: (-one.bounds[3], one.bounds[0], one.bounds[1]))


def _owners(faces: Sequence[Polygon], units: Sequence[Unit]) -> list[int]:
    """The face of each unit; on an edge the first, outside all of them the nearest."""
    if not units:
        return []
    tree = STRtree(faces)
    points = shapely.points([(one.point.lon, one.point.lat) for one in units])
    owner = np.full(len(units), len(faces))
    unit, face = tree.query(points, predicate="intersects")
    np.minimum.at(owner, unit, face)
    outside = np.flatnonzero(owner == len(faces))
    if len(outside):
        owner[outside] = tree.nearest(points[outside])
    return [int(one) for one in owner]


# ---- lines where there is no barrier ------------------------------------------------------------


def _between(
    ground: Ground, faces: Sequence[Polygon], owner: Sequence[int], most: float
) -> list[Geometry]:
    """Lines midway between the buildings and compounds of faces that hold too much."""
    held: dict[int, list[int]] = defaultdict(list)
    for unit, face in enumerate(owner):
        held[face].append(unit)
    found = []
    for face, units in sorted(held.items()):
        groups = _groups(ground.units, units)
        if len(groups) > 1 and _weight(ground, [faces[face]], units) > most:
            found.append(_middle(faces[face], [_sites(ground, one) for one in groups]))
    return found


def _groups(every: Sequence[Unit], units: Sequence[int]) -> list[list[int]]:
    by_compound: dict[str, list[int]] = defaultdict(list)
    alone = []
    for n in units:
        compound = every[n].compound
        if compound is None:
            alone.append([n])
        else:
            by_compound[compound].append(n)
    return [*by_compound.values(), *alone]


def _sites(ground: Ground, units: Sequence[int]) -> NDArray[np.float64]:
    """Points on the outline of a compound or of buildings, so close that the middle line bends
    around them.
    """
    some = [ground.units[n] for n in units]
    outline = ground.compounds.get(some[0].compound or "")
    shapes: list[Geometry] = [
        one.shape or shapely.Point(one.point.lon, one.point.lat) for one in some
    ]
    if outline is not None:
        shapes = [outline, *shapes]
    _, ky = metres_per_degree(some[0].point.lat)
    dense = shapely.segmentize(np.array(shapes, dtype=object), ALONG_M / ky)
    return np.unique(np.round(shapely.get_coordinates(dense), 7), axis=0)


def middle_line(area: MultiPolygon, groups: Sequence[Sequence[Unit]]) -> Geometry:
    """The lines midway between groups of units, within an area."""
    ground = Ground(area, [one for some in groups for one in some], {}, [])
    ends = np.cumsum([0, *(len(some) for some in groups)]).tolist()
    spans = [list(range(a, b)) for a, b in pairwise(ends)]
    return _middle(area, [_sites(ground, some) for some in spans])


def _middle(face: Polygon | MultiPolygon, sites: Sequence[NDArray[np.float64]]) -> Geometry:
    """The lines of equal distance between groups of points, within a face (Voronoi)."""
    kx, ky = metres_per_degree(face.centroid.y)
    group = np.repeat(np.arange(len(sites)), [len(one) for one in sites])
    xy, first = np.unique(np.concatenate(sites), axis=0, return_index=True)
    cells = shapely.voronoi_polygons(
        shapely.multipoints(xy * [kx, ky]),
        extend_to=shapely.transform(face, lambda at: at * [kx, ky]),
        ordered=True,
    )
    parts = shapely.get_parts(cells)
    whole = [
        shapely.boundary(shapely.union_all(parts[group[first] == n])) for n in range(len(sites))
    ]
    lines = shapely.transform(shapely.union_all(whole), lambda at: at / [kx, ky])
    return shapely.intersection(lines, face)


# ---- from faces to blocks -----------------------------------------------------------------------


class _Merging:
    """Faces that are being joined; `near` holds what the faces that are left share with others."""

    def __init__(self, count: int, borders: Mapping[tuple[int, int], float]) -> None:
        self.into = list(range(count))
        self.near: list[dict[int, float]] = [{} for _ in range(count)]
        for (one, other), metres in borders.items():
            self.near[one][other] = self.near[other][one] = metres

    def face(self, n: int) -> int:
        """The face that a face has become part of."""
        while self.into[n] != n:
            self.into[n] = self.into[self.into[n]]
            n = self.into[n]
        return n

    def join(self, gone: int, to: int) -> None:
        """Join one face that is left to another one."""
        self.into[gone] = to
        for other, metres in self.near[gone].items():
            del self.near[other][gone]
            if other != to:
                self.near[to][other] = self.near[other][to] = metres + self.near[to].get(other, 0.0)
        self.near[gone] = {}


def _joined(ground: Ground, faces: list[Polygon], owner: Sequence[int]) -> Blocks:
    """Faces of one compound, and empty ones with a neighbour, become one block."""
    merging = _Merging(len(faces), _borders(ground, faces))
    _join_compounds(ground.units, owner, merging)
    _join_empty(faces, set(owner), merging)
    number = {top: n for n, top in enumerate(sorted({merging.face(n) for n in range(len(faces))}))}
    units: list[list[int]] = [[] for _ in number]
    for unit, face in enumerate(owner):
        units[number[merging.face(face)]].append(unit)
    members: list[list[Polygon]] = [[] for _ in number]
    for n, shape in enumerate(faces):
        members[number[merging.face(n)]].append(shape)
    borders = {
        (number[one], number[other]): metres
        for one in number
        for other, metres in sorted(merging.near[one].items())
        if one < other
    }
    weights = [_weight(ground, faces, some) for faces, some in zip(members, units, strict=True)]
    return Blocks([_one(some) for some in members], weights, units, borders)


def _weight(ground: Ground, faces: Sequence[Polygon], units: Sequence[int]) -> float:
    if ground.by_area:
        return float(area_m2(np.array(faces, dtype=object)).sum()) / 10_000
    return sum(ground.units[n].weight for n in units)


def _one(faces: Sequence[Polygon]) -> Polygon:
    together = shapely.coverage_union_all(list(faces)) if len(faces) > 1 else faces[0]
    assert isinstance(together, Polygon), "faces that are joined share an edge"
    return together


def _join_compounds(units: Sequence[Unit], owner: Sequence[int], merging: _Merging) -> None:
    """Neighbouring faces with buildings of one compound; faces far apart stay apart."""
    faces_of: dict[str, set[int]] = defaultdict(set)
    for unit, face in zip(units, owner, strict=True):
        if unit.compound is not None:
            faces_of[unit.compound].add(face)
    for faces in faces_of.values():
        for one in sorted(faces):
            here = merging.face(one)
            mates = {merging.face(n) for n in faces} & merging.near[here].keys()
            for mate in sorted(mates):
                merging.join(mate, merging.face(here))


def _join_empty(faces: Sequence[Polygon], lived_in: set[int], merging: _Merging) -> None:
    """Faces where nothing is counted go to the neighbour with the most edge, the smallest first."""
    full = {merging.face(n) for n in lived_in}
    for n in sorted(range(len(faces)), key=lambda n: (faces[n].area, n)):
        near = merging.near[n]
        if merging.into[n] == n and n not in full and near:
            merging.join(n, max(near, key=lambda other: (near[other], -other)))


def _borders(ground: Ground, faces: Sequence[Polygon]) -> dict[tuple[int, int], float]:
    """The metres of edge that pairs of faces share, a metre along a barrier as `BARRIER_COST`."""
    keys, face, ends = segments(faces)
    twice = np.flatnonzero((keys[1:] == keys[:-1]).all(axis=1))
    lon, lat, lon2, lat2 = ends[twice].T
    metres = distance_m(lon, lat, lon2, lat2)
    metres = np.where(_on_barriers(ground, ends[twice]), metres * BARRIER_COST, metres)
    found: dict[tuple[int, int], float] = defaultdict(float)
    for one, other, m in zip(
        face[twice].tolist(), face[twice + 1].tolist(), metres.tolist(), strict=True
    ):
        if one != other:
            found[min(one, other), max(one, other)] += m
    return dict(sorted(found.items()))


def segments(
    faces: Sequence[Polygon],
) -> tuple[NDArray[np.int64], NDArray[np.intp], NDArray[np.float64]]:
    """Every edge of every face between two corners, in order, so that one that two faces share
    comes twice in a row: its ends on the lattice, the face, its ends in degrees.
    """
    rings, owner = shapely.get_rings(np.array(faces, dtype=object), return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    same = ring[1:] == ring[:-1]
    ends = np.hstack([xy[:-1][same], xy[1:][same]])
    face = owner[ring[:-1][same]]
    turned = (ends[:, 0] > ends[:, 2]) | ((ends[:, 0] == ends[:, 2]) & (ends[:, 1] > ends[:, 3]))
    ends[turned] = ends[turned][:, [2, 3, 0, 1]]
    keys = np.round(ends / LATTICE_DEG).astype(np.int64)
    order = np.lexsort((face, *keys.T))
    return keys[order], face[order], ends[order]


def _on_barriers(ground: Ground, ends: NDArray[np.float64]) -> NDArray[np.bool_]:
    on = np.zeros(len(ends), dtype=bool)
    if not ground.lines or not len(ends):
        return on
    middles = shapely.points((ends[:, :2] + ends[:, 2:]) / 2)
    tree = STRtree(list(ground.lines))
    on[np.unique(tree.query(middles, predicate="dwithin", distance=2 * LATTICE_DEG)[0])] = True
    return on
