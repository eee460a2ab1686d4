"""Does the edge of a region pass other regions by, or does it enter the inside of some of them?

Most regions along the edge of a large one share pieces of it and lie on one side. That is told here
in a tenth of the time that a full comparison takes; who isn't certainly passed by is left to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from gis.tiling_build import corners_of
from gis.tiling_compile import compiled
from gis.tiling_edges import Rings, side_of_rings
from gis.tiling_fill import RANK, X, Y
from gis.tiling_kernel import IN, ON, OUT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gis.tiling_kernel import Ids, Words

    Flags = NDArray[np.bool_]

MOST_CORNERS: Final = 10_000  # of a region: pieces of all its edge are compared with each edge near
PIECE: Final = 32  # edges whose box is looked at together
NOTHING: Final = 0
FIRST: Final = 1  # the first end of an edge is a corner of the region, and nothing else touches it
SECOND: Final = 2
SAME: Final = 4  # the edge is an edge of the region
IN_DOUBT: Final = 8


def passed_by(shape: shapely.Geometry, others: NDArray[np.object_]) -> Flags:
    """True where the edge of a shape certainly has no point inside of another one, which then lies
    on one side of it. (Multi)polygons, EPSG:4490, valid, on the lattice. Of one in several parts or
    of very many corners: False.

    Raises `error.tiling_too_large` for edges longer than 107°.
    """
    corners = corners_of(np.array([shape], dtype=object))
    rings = Rings.of(others)
    clear = np.zeros(len(others), np.bool_)
    size = np.diff(rings.starts)
    simple = (shapely.get_num_geometries(others) == 1) & (size > 0) & (size <= MOST_CORNERS)
    find_clear(corners, pieces_of(corners), rings.corners, rings.starts, simple, clear)
    return clear


@compiled
def find_clear(
    corners: Words, boxes: Words, others: Words, starts: Ids, simple: Flags, clear: Flags
) -> None:
    """Fill `clear` for each of the others that is simple enough."""
    for k in range(len(clear)):
        if simple[k]:
            clear[k] = is_clear(corners, boxes, others[starts[k] : starts[k + 1]])


@compiled
def pieces_of(corners: Words) -> Words:
    """The box of every `PIECE` edges, one after another: west, south, east, north. From the end of
    one ring to the next one's beginning counts as an edge: a box may be too large.
    """
    boxes = np.empty((-(-len(corners) // PIECE), 4), np.int32)
    for piece in range(len(boxes)):
        some = corners[piece * PIECE : (piece + 1) * PIECE + 1]
        boxes[piece, 0], boxes[piece, 1] = some[:, X].min(), some[:, Y].min()
        boxes[piece, 2], boxes[piece, 3] = some[:, X].max(), some[:, Y].max()
    return boxes


@compiled
def meets(boxes: Words, n: int, west: int, south: int, east: int, north: int) -> bool:
    """Has box `n` a point in common with another one?"""
    return bool(
        boxes[n, 0] <= east
        and boxes[n, 2] >= west
        and boxes[n, 1] <= north
        and boxes[n, 3] >= south
    )


@compiled
def is_clear(corners: Words, boxes: Words, region: Words) -> bool:
    """Does no edge of the shape enter the inside of a region? False also where that is in doubt.

    Invariant: no edge so far enters it, and `outside` says whether the last one is known to end
    outside. An edge whose box misses the region's ends there.
    """
    pieces = pieces_of(region)
    west, south = pieces[:, 0].min(), pieces[:, 1].min()
    east, north = pieces[:, 2].max(), pieces[:, 3].max()
    for piece in range(len(boxes)):
        if not meets(boxes, piece, west, south, east, north):
            continue
        outside = False
        for k in range(piece * PIECE, min((piece + 1) * PIECE, len(corners) - 1)):
            if corners[k, RANK] < 0:
                outside = False  # the last corner of a ring begins no edge
                continue
            ax, ay = int(corners[k, X]), int(corners[k, Y])
            bx, by = int(corners[k + 1, X]), int(corners[k + 1, Y])
            end = OUT
            if not (
                max(ax, bx) < west
                or min(ax, bx) > east
                or max(ay, by) < south
                or min(ay, by) > north
            ):
                end = end_outside(region, pieces, ax, ay, bx, by, outside)
            if end == IN:
                return False
            outside = end == OUT
    return True


@compiled
def end_outside(
    region: Words, pieces: Words, ax: int, ay: int, bx: int, by: int, outside: bool
) -> int:
    """Where the edge a-b ends that doesn't enter the inside of a region: OUT or ON its edge. IN if
    it enters, or in doubt. `outside`: a is known to lie outside.

    Where it touches the region's edge with one end at most, all of it but that end lies on one
    side: on that of its other end.
    """
    touched = SAME if ax == bx and ay == by else NOTHING
    for piece in range(len(pieces)):
        if meets(pieces, piece, min(ax, bx), min(ay, by), max(ax, bx), max(ay, by)):
            touched |= touch_piece(region, piece, ax, ay, bx, by)
    if touched & SAME:
        return ON
    if touched == FIRST:
        return OUT if side_of_rings(region, bx, by) == OUT else IN
    if touched not in (NOTHING, SECOND) or not (outside or side_of_rings(region, ax, ay) == OUT):
        return IN
    return OUT if touched == NOTHING else ON


@compiled
def touch_piece(region: Words, piece: int, ax: int, ay: int, bx: int, by: int) -> int:
    """What the edge a-b has in common with a region's edges of one piece, all taken together."""
    touched = NOTHING
    for k in range(piece * PIECE, min((piece + 1) * PIECE, len(region) - 1)):
        if region[k, RANK] >= 0:
            touched |= touch(
                ax, ay, bx, by,
                int(region[k, X]), int(region[k, Y]), int(region[k + 1, X]), int(region[k + 1, Y]),
            )  # fmt: skip
    return touched


@compiled
def touch(ax: int, ay: int, bx: int, by: int, cx: int, cy: int, dx: int, dy: int) -> int:
    """What the edges a-b and c-d have in common: nothing, all, an end of a-b that is an end of c-d,
    or, in doubt, something else. Edges without length have nothing: those beside them tell of it.
    """
    if (
        (cx == dx and cy == dy)
        or max(ax, bx) < min(cx, dx)
        or max(cx, dx) < min(ax, bx)
        or max(ay, by) < min(cy, dy)
        or max(cy, dy) < min(ay, by)
    ):
        return NOTHING
    first = (ax == cx and ay == cy) or (ax == dx and ay == dy)
    second = (bx == cx and by == cy) or (bx == dx and by == dy)
    if first and second:
        return SAME
    c, d = beside(ax, ay, bx, by, cx, cy), beside(ax, ay, bx, by, dx, dy)
    a, b = beside(cx, cy, dx, dy, ax, ay), beside(cx, cy, dx, dy, bx, by)
    if first or second:
        apart = (c != 0 or d != 0) and (a != 0 or b != 0)
        return IN_DOUBT if not apart else FIRST if first else SECOND
    return NOTHING if c * d > 0 or a * b > 0 else IN_DOUBT


@compiled
def beside(ax: int, ay: int, bx: int, by: int, px: int, py: int) -> int:
    """1 if p lies left of the line through a and b, -1 if right; 0 on it or within two units of it:
    there doubles may see it elsewhere (see `tiling_kernel.turn_of`).
    """
    turn = (bx - ax) * (py - ay) - (px - ax) * (by - ay)
    if abs(turn) <= abs(bx - ax) + abs(by - ay):
        return 0
    return 1 if turn > 0 else -1
