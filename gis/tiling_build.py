"""How the cells and records of a tiling index come about; `tiling_kernel` says what they mean.

Every edge goes into every cell that it touches; what is made of the edges of a cell is told in
`tiling_fill`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from gis.errors import BadInput
from gis.tiling_compile import compiled
from gis.tiling_fill import RANK, X, Y, fill, upward
from gis.tiling_kernel import NO_RANK, PER_DEGREE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gis.tiling_kernel import Degrees, Ids, Words

CELLS_PER_CORNER: Final = 1
LEAST_CELLS: Final = 1 << 10
LONGEST: Final = 1 << 30  # lattice units: the longest edge for which 64 bits are enough
MOST_WORDS: Final = 1 << 31
MOST_WORDS_AN_EDGE: Final = 7  # each a run of its own and alone in its cell


@dataclass(frozen=True, slots=True)
class Cells:
    """What a build makes: the frame, the cells, the records (see `tiling_kernel.locate_all`)."""

    frame: Ids
    cells: Words
    stream: Words


@dataclass(frozen=True, slots=True)
class Extents:
    """Of each shape, in order of rank: its box and how many edges it has.

    A box is west, south, east, north in lattice units; of a shape without edges it means nothing.
    """

    boxes: Words
    edges: Words


def build_cells(corners: Words, frame: Ids) -> Cells:
    """Cells for shapes by their corners; what `corners_of` and `frame_of` make.

    Raises `error.tiling_too_large` for more than 2^31 words of records.
    """
    starts = _count(corners, frame)
    edges = _sort(corners, frame, starts)
    cells = np.empty(len(starts) - 1, np.int32)
    stream = np.empty(MOST_WORDS_AN_EDGE * len(edges), np.int32)  # unwritten, it costs no memory
    words = fill(corners, frame, starts, edges, cells, stream)
    if words < 0:
        raise ArithmeticError("an edge was crossed twice or not at all: the index would be wrong")
    return Cells(frame, cells, stream[:words])


def corners_of(shapes: NDArray[np.object_]) -> Words:
    """Of every corner x and y in lattice units and the rank whose edge begins there; ring by ring.

    Of shapes in order of rank: (multi)polygons, degrees on the lattice, valid. The last corner of a
    ring begins no edge: NO_RANK. Raises `error.tiling_too_large` for an edge longer than 107°.
    """
    if not len(shapes):
        return np.empty((0, 3), np.int32)
    _, degrees, (rings, *parts) = shapely.to_ragged_array(shapes, include_z=False)
    owner = np.arange(len(shapes), dtype=np.int32)
    for offsets in reversed([rings, *parts]):
        owner = np.repeat(owner, np.diff(offsets))
    owner[rings[1:] - 1] = NO_RANK
    corners = np.empty((len(degrees), 3), np.int32)
    if to_units(degrees, owner, corners) >= LONGEST:
        raise BadInput("error.tiling_too_large")
    return corners


def extents_of(corners: Words, count: int) -> Extents:
    """The extents of `count` shapes by their corners."""
    boxes, edges = np.zeros((count, 4), np.int32), np.zeros(count, np.int32)
    measure(corners, boxes, edges)
    return Extents(boxes, edges)


def frame_of(extents: Extents) -> Ids:
    """A grid of cells around all shapes, an empty cell wide on every side.

    Widths and heights are powers of two; about CELLS_PER_CORNER cells a corner. Cells begin at
    multiples of their size, so that the same land has the same cells as long as it can.
    """
    drawn = extents.boxes[extents.edges > 0]
    if not len(drawn):
        return np.array([0, 0, 0, 0, 0, 0], np.int64)
    west, south = (int(least) for least in drawn[:, :2].min(axis=0))
    east, north = (int(most) for most in drawn[:, 2:].max(axis=0))
    wanted = max(LEAST_CELLS, CELLS_PER_CORNER * int(extents.edges.sum(dtype=np.int64)))
    wide = high = 4  # bits
    while (((east - west) >> wide) + 4) * (((north - south) >> high) + 4) > wanted:
        wide, high = (wide + 1, high) if wide <= high else (wide, high + 1)
    left, low = (west >> wide) - 1, (south >> high) - 1
    return np.array(
        [
            left << wide, low << high, wide, high,
            (east >> wide) - left + 2, (north >> high) - low + 2,
        ],
        np.int64,
    )  # fmt: skip


def _count(corners: Words, frame: Ids) -> Words:
    """Where the edges of every cell begin among all, and at the end where they end."""
    starts = np.zeros(frame[4] * frame[5] + 1, np.int32)
    if MOST_WORDS_AN_EDGE * count_edges(corners, frame, starts) >= MOST_WORDS:
        raise BadInput("error.tiling_too_large")
    return np.cumsum(starts, dtype=np.int32, out=starts)


def _sort(corners: Words, frame: Ids, starts: Words) -> Words:
    """The edges of cell after cell, in every cell in their own order."""
    edges = np.empty(starts[-1], np.int32)
    sort_edges(corners, frame, starts, edges)
    starts[1:] = starts[:-1]
    starts[0] = 0
    return edges


@compiled
def to_units(degrees: Degrees, owner: Words, corners: Words) -> int:
    """Write the corners; how far the longest edge goes east or north."""
    longest = 0
    for k in range(len(degrees)):
        corners[k, X] = np.int32(np.rint(degrees[k, 0] * PER_DEGREE))
        corners[k, Y] = np.int32(np.rint(degrees[k, 1] * PER_DEGREE))
        corners[k, RANK] = owner[k]
        if k > 0 and owner[k - 1] >= 0:
            longest = max(longest, abs(int(corners[k, X]) - int(corners[k - 1, X])))
            longest = max(longest, abs(int(corners[k, Y]) - int(corners[k - 1, Y])))
    return longest


@compiled
def measure(corners: Words, boxes: Words, edges: Words) -> None:
    """Write the box of each shape and the number of its edges."""
    for k in range(len(corners)):
        rank, x, y = corners[k, RANK], corners[k, X], corners[k, Y]
        if rank < 0:
            continue  # the last corner of a ring is its first too
        if edges[rank] == 0:
            boxes[rank, 0], boxes[rank, 1], boxes[rank, 2], boxes[rank, 3] = x, y, x, y
        edges[rank] += 1
        boxes[rank, 0], boxes[rank, 1] = min(boxes[rank, 0], x), min(boxes[rank, 1], y)
        boxes[rank, 2], boxes[rank, 3] = max(boxes[rank, 2], x), max(boxes[rank, 3], y)


@compiled
def columns_of(ax: int, ay: int, bx: int, by: int, row: int, frame: Ids) -> tuple[int, int]:
    """First and last column in which the edge from a to b (ay ≤ by) may touch the cells of a row.

    None too few: doubles are far finer than the unit that is left at each side. The same for the
    edge whichever way it runs.
    """
    west, south, wide, high, _columns, _rows = frame
    low, above = min(ax, bx), max(ax, bx)
    if (low - west) >> wide != (above - west) >> wide and by > ay:
        bottom = max(south + (row << high) - 0.5, float(ay))
        top = min(south + ((row + 1) << high) - 0.5, float(by))
        slope = (float(bx) - ax) / (float(by) - ay)
        at_bottom, at_top = ax + slope * (bottom - ay), ax + slope * (top - ay)
        low = max(low, int(np.floor(min(at_bottom, at_top))) - 1)
        above = min(above, int(np.ceil(max(at_bottom, at_top))) + 1)
    return (low - west) >> wide, (above - west) >> wide


@compiled
def count_edges(corners: Words, frame: Ids, starts: Words) -> int:
    """Add to `starts[cell + 1]` the number of edges that may touch the cell; their sum."""
    south, high, columns = frame[1], frame[3], frame[4]
    count = 0
    for edge in range(len(corners)):
        if corners[edge, RANK] < 0:
            continue
        ax, ay, bx, by = upward(corners, edge)
        for row in range((ay - south) >> high, ((by - south) >> high) + 1):
            first, last = columns_of(ax, ay, bx, by, row, frame)
            for column in range(first, last + 1):
                starts[row * columns + column + 1] += 1
            count += last - first + 1
    return count


@compiled
def sort_edges(corners: Words, frame: Ids, starts: Words, edges: Words) -> None:
    """Put every edge where its cells begin; afterwards `starts[cell]` is where the cell ends."""
    south, high, columns = frame[1], frame[3], frame[4]
    for edge in range(len(corners)):
        if corners[edge, RANK] < 0:
            continue
        ax, ay, bx, by = upward(corners, edge)
        for row in range((ay - south) >> high, ((by - south) >> high) + 1):
            first, last = columns_of(ax, ay, bx, by, row, frame)
            for column in range(first, last + 1):
                cell = row * columns + column
                edges[starts[cell]] = edge
                starts[cell] += 1
