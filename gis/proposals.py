"""Change the grids of a community so that they stay a coverage: no gap, no overlap, edges shared.

Every operation lays all edges of all grids and the new line out together, cuts them at their
crossings on the 1e-7 degree lattice, and gives each face between them to one grid. So a corner that
is new on an edge is new for both neighbours, and nothing is lost or doubled, whatever was drawn.
Where a line meets the community's own outline the new corner is rounded to the lattice, by less
than a centimetre.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np
import shapely
from shapely import Geometry, LineString, MultiPolygon, Polygon, STRtree

from gis.coordinates import metres_per_degree, to_lattice
from gis.errors import BadInput
from gis.regridding_blocks import LATTICE_DEG, Unit, middle_line, segments

if TYPE_CHECKING:
    from numpy.typing import NDArray

Grids: TypeAlias = Mapping[str, MultiPolygon]
Faces: TypeAlias = list[tuple[str, Polygon]]

EXTENDED_M: Final = 30.0
"""How far a drawn line is carried on beyond its ends: nobody hits an edge exactly."""


@dataclass(frozen=True, slots=True)
class SplitAlong:
    """Split a grid along a line; the larger side keeps the code, the other gets `new`."""

    code: str
    line: LineString
    new: str


@dataclass(frozen=True, slots=True)
class SplitBuildings:
    """Split a grid: the buildings named, with the ground around them, become `new`."""

    code: str
    buildings: frozenset[str]
    new: str


@dataclass(frozen=True, slots=True)
class Merge:
    """Join grids that touch; they are `into`, one of them, from then on."""

    codes: tuple[str, ...]
    into: str


@dataclass(frozen=True, slots=True)
class MoveEdge:
    """Draw the edge between two grids anew; each keeps the side where most of it was."""

    one: str
    other: str
    line: LineString


@dataclass(frozen=True, slots=True)
class TransferArea:
    """Give the part of a grid that lies in an area to a neighbour."""

    source: str
    to: str
    area: Polygon


@dataclass(frozen=True, slots=True)
class TransferBuildings:
    """Give buildings, with the ground around them, to a neighbour."""

    source: str
    to: str
    buildings: frozenset[str]


@dataclass(frozen=True, slots=True)
class Recode:
    """Give a grid another code: the old one ends, the new one begins, the ground is the same."""

    code: str
    new: str


Operation: TypeAlias = (
    SplitAlong | SplitBuildings | Merge | MoveEdge | TransferArea | TransferBuildings | Recode
)


def changed(grids: Grids, operations: Iterable[Operation], units: Sequence[Unit]) -> Grids:
    """The grids after operations, one after the other. Shapes in EPSG:4490 on the lattice.

    `units` are the buildings of the community. Raises BadInput for codes that aren't there or are
    taken, a line that doesn't part anything, grids that don't touch, a grid that would be empty.
    """
    for one in operations:
        grids = _apply(grids, one, units)
    return grids


def _apply(grids: Grids, one: Operation, units: Sequence[Unit]) -> Grids:
    match one:
        case SplitAlong():
            return _split_along(grids, one)
        case SplitBuildings():
            _must_be_new(grids, one.new)
            return _give_buildings(grids, one.code, one.new, one.buildings, units)
        case Merge():
            return _merge(grids, one)
        case MoveEdge():
            return _move_edge(grids, one)
        case TransferArea():
            return _transfer_area(grids, one)
        case TransferBuildings():
            _must_be_there(grids, one.to)
            given = _give_buildings(grids, one.source, one.to, one.buildings, units)
            return _touching(grids, given, one.source, one.to)
        case Recode():
            _must_be_there(grids, one.code)
            _must_be_new(grids, one.new)
            return {(one.new if code == one.code else code): s for code, s in grids.items()}


def _must_be_there(grids: Grids, *codes: str) -> None:
    for code in codes:
        if code not in grids:
            raise BadInput("error.proposal_no_grid", code=code)


def _must_be_new(grids: Grids, code: str) -> None:
    if code in grids:
        raise BadInput("error.proposal_code_taken", code=code)


# ---- operations ---------------------------------------------------------------------------------


def _split_along(grids: Grids, one: SplitAlong) -> Grids:
    _must_be_there(grids, one.code)
    _must_be_new(grids, one.new)
    faces = _cut(grids, one.code, shapely.intersection(_extended(one.line), grids[one.code]))
    mine = [n for n, (code, _) in enumerate(faces) if code == one.code]
    side = _sides(mine, faces, one.line)
    areas = [sum(faces[n][1].area for n in mine if side[n] == which) for which in (0, 1)]
    if not all(areas):
        raise BadInput("error.proposal_line_misses", code=one.code)
    smaller = 0 if areas[0] < areas[1] else 1
    return _together(
        grids, [(one.new if side.get(n) == smaller else c, f) for n, (c, f) in _n(faces)]
    )


def _move_edge(grids: Grids, one: MoveEdge) -> Grids:
    _must_be_there(grids, one.one, one.other)
    whole = _joined(grids, (one.one, one.other))
    rest = {code: shape for code, shape in grids.items() if code != one.other}
    rest[one.one] = whole
    faces = _cut(rest, one.one, shapely.intersection(_extended(one.line), whole))
    mine = [n for n, (code, _) in enumerate(faces) if code == one.one]
    side = _sides(mine, faces, one.line)
    parts = [[faces[n][1] for n in mine if side[n] == which] for which in (0, 1)]
    if not parts[0] or not parts[1]:
        raise BadInput("error.proposal_line_misses", code=one.one)
    before = [shapely.intersection(shapely.union_all(p), grids[one.one]).area for p in parts]
    keeps = 0 if before[0] >= before[1] else 1
    moved = [(one.other if side.get(n, keeps) != keeps else c, f) for n, (c, f) in _n(faces)]
    return _together(grids, moved)


def _merge(grids: Grids, one: Merge) -> Grids:
    _must_be_there(grids, *one.codes, one.into)
    if len(set(one.codes)) < 2 or one.into not in one.codes:
        raise BadInput("error.proposal_merge_two")
    made = {code: shape for code, shape in grids.items() if code not in one.codes}
    return dict(sorted({**made, one.into: _joined(grids, one.codes)}.items()))


def _joined(grids: Grids, codes: Sequence[str]) -> MultiPolygon:
    """The union of grids that hang together by their edges."""
    left, reached = set(codes[1:]), {codes[0]}
    while left:
        near = {
            code
            for code in left
            if any(shapely.relate_pattern(grids[code], grids[r], "F***1****") for r in reached)
        }
        if not near:
            raise BadInput("error.proposal_apart", one=codes[0], other=min(left))
        reached |= near
        left -= near
    return _multi(shapely.coverage_union_all([grids[code] for code in codes]))


def _transfer_area(grids: Grids, one: TransferArea) -> Grids:
    _must_be_there(grids, one.source, one.to)
    area = to_lattice(one.area)
    if not shapely.is_valid(area):
        raise BadInput("error.proposal_area_crosses")
    outline = shapely.intersection(shapely.boundary(area), grids[one.source])
    faces = _cut(grids, one.source, outline)
    inside = shapely.contains(area, shapely.point_on_surface([face for _, face in faces]))
    gone = {n for n, (code, _) in _n(faces) if code == one.source and inside[n]}
    if not gone:
        raise BadInput("error.proposal_nothing_given", code=one.source)
    given = [(one.to if n in gone else code, face) for n, (code, face) in _n(faces)]
    return _touching(grids, _together(grids, given), one.source, one.to)


def _give_buildings(
    grids: Grids, source: str, to: str, buildings: frozenset[str], units: Sequence[Unit]
) -> Grids:
    """Buildings of a grid with the ground nearer to them than to its others go to `to`."""
    _must_be_there(grids, source)
    shape = grids[source]
    here = [one for one in units if shapely.intersects_xy(shape, one.point.lon, one.point.lat)]
    chosen = [one for one in here if one.code in buildings]
    others = [one for one in here if one.code not in buildings]
    if not chosen or not others or len(chosen) < len(buildings):
        raise BadInput("error.proposal_buildings", code=source)
    faces = _cut(grids, source, middle_line(shape, [chosen, others]))
    mine = [n for n, (code, _) in enumerate(faces) if code == source]
    tree = STRtree([faces[n][1] for n in mine])
    owner: dict[int, str] = {}
    for some, code in ((others, source), (chosen, to)):
        points = shapely.points([(u.point.lon, u.point.lat) for u in some])
        for place in np.unique(tree.query(points, predicate="intersects")[1]).tolist():
            owner[mine[place]] = code
    _spread(mine, faces, owner)
    return _together(grids, [(owner.get(n, code), face) for n, (code, face) in _n(faces)])


def _touching(before: Grids, after: Grids, source: str, to: str) -> Grids:
    """What was given away lies beside the grid that got it, and something is left."""
    if source not in after:
        raise BadInput("error.proposal_nothing_given", code=source)
    if len(after[to].geoms) > len(before[to].geoms):
        raise BadInput("error.proposal_apart", one=source, other=to)
    return after


# ---- faces --------------------------------------------------------------------------------------


def _cut(grids: Grids, code: str, line: Geometry) -> Faces:
    """All faces between the edges of all grids and a line within one of them, with their owners."""
    codes = sorted(grids)
    shapes = [grids[one] for one in codes]
    edges = [shapely.boundary(one) for one in shapes]
    noded = shapely.union_all([*edges, to_lattice(_lines_of(line))], grid_size=LATTICE_DEG)
    found = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    inside, owner = STRtree(shapes).query(shapely.point_on_surface(found), predicate="intersects")
    first = {int(n): codes[o] for n, o in sorted(zip(inside, owner, strict=True), reverse=True)}
    return [(first[n], to_lattice(found[n])) for n in sorted(first)]


def _lines_of(some: Geometry) -> Geometry:
    """The lines of what an intersection left; points where it only touched are nothing."""
    parts = shapely.get_parts(shapely.get_parts([some]))
    lines: Geometry = shapely.multilinestrings(parts[shapely.get_type_id(parts) == 1])
    return lines


def _n(faces: Faces) -> Iterable[tuple[int, tuple[str, Polygon]]]:
    return enumerate(faces)


def _sides(mine: Sequence[int], faces: Faces, line: LineString) -> dict[int, int]:
    """On which side of the line each face of a grid lies: 0 or 1, changing where it is crossed.

    Parts that the line doesn't reach are on the side of the largest face.
    """
    across = to_lattice(_extended(line))
    start = max(mine, key=lambda n: faces[n][1].area)
    side = {start: 0}
    near = _neighbours(mine, faces, across)
    waiting = [start]
    while waiting:
        here = waiting.pop()
        for there, crossed in near[here]:
            if there not in side:
                side[there] = side[here] ^ crossed
                waiting.append(there)
    return {n: side.get(n, 0) for n in mine}


def _neighbours(
    mine: Sequence[int], faces: Faces, across: Geometry
) -> dict[int, list[tuple[int, int]]]:
    keys, face, ends = segments([faces[n][1] for n in mine])
    twice = np.flatnonzero((keys[1:] == keys[:-1]).all(axis=1))
    middles = shapely.points((ends[twice, :2] + ends[twice, 2:]) / 2)
    crossed = np.asarray(shapely.dwithin(middles, across, 2 * LATTICE_DEG), dtype=bool)
    near: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for n, on in zip(twice.tolist(), crossed.tolist(), strict=True):
        one, other = mine[int(face[n])], mine[int(face[n + 1])]
        near[one].append((other, int(on)))
        near[other].append((one, int(on)))
    return near


def _spread(mine: Sequence[int], faces: Faces, owner: dict[int, str]) -> None:
    """Faces without a building go with a neighbour that has an owner, the first found."""
    near = _neighbours(mine, faces, LineString())
    waiting = sorted(owner)
    for here in waiting:
        for there, _ in sorted(near[here]):
            if there not in owner:
                owner[there] = owner[here]
                waiting.append(there)


def _together(before: Grids, faces: Iterable[tuple[str, Polygon]]) -> Grids:
    """The grids that faces make up. One that nothing changed is the very same as before."""
    parts: dict[str, list[Polygon]] = defaultdict(list)
    for code, face in faces:
        parts[code].append(face)
    made = {}
    for code, some in sorted(parts.items()):
        shape = _multi(shapely.coverage_union_all(some))
        old = before.get(code)
        made[code] = old if old is not None and _same(old, shape) else shape
    return made


def _same(old: MultiPolygon, shape: MultiPolygon) -> bool:
    plain = shapely.remove_repeated_points(old, 0.0)
    return bool(shapely.equals_exact(shape, plain, 0.0, normalize=True))


def _multi(shape: Geometry) -> MultiPolygon:
    parts = shapely.get_parts(shape)
    return MultiPolygon(parts[shapely.get_type_id(parts) == 3].tolist())


def _extended(line: LineString) -> LineString:
    """A line carried on beyond both ends by `EXTENDED_M` metres, in its last direction."""
    xy = shapely.get_coordinates(line)
    if len(xy) < 2 or not shapely.length(line):
        raise BadInput("error.proposal_line")
    first, last = _beyond(xy[::-1]), _beyond(xy)
    return LineString(to_lattice(np.array([first, *xy, last])))


def _beyond(xy: NDArray[np.float64]) -> NDArray[np.float64]:
    scale = np.array(metres_per_degree(float(xy[-1, 1])))
    others = xy[(xy != xy[-1]).any(axis=1)]
    ahead = (xy[-1] - others[-1]) * scale
    beyond: NDArray[np.float64] = xy[-1] + ahead / np.hypot(*ahead) * EXTENDED_M / scale
    return beyond
