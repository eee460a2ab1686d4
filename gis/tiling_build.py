"""How the cells and records of a tiling index come about; `tiling_kernel` says what they mean.

Every edge goes into every cell that it touches. Then the cells are walked row by row from the
west, with the set of regions that hold the lower left corner of the cell: an edge that crosses the
lower border of a cell takes its region in or out. Corners of cells lie between lattice places, so
no corner of a region ever lies on a border.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from gis.errors import BadInput
from gis.tiling_kernel import COUNT, END, FLIP, LAST, NO_RANK, PER_DEGREE, ROOM, WIDE, compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gis.tiling_kernel import Degrees, Ids, Words

CELLS_PER_CORNER: Final = 1
LEAST_CELLS: Final = 1 << 10
LONGEST: Final = 1 << 30  # lattice units: the longest edge for which 64 bits are enough
MOST_WORDS: Final = 1 << 31
MOST_PAIRED: Final = 24  # edges in a cell up to which partners are looked for, one by one
X, Y, RANK = 0, 1, 2  # columns of the corners


@dataclass(frozen=True, slots=True)
class Cells:
    """What a build makes: the frame, the cells, the records (see `tiling_kernel.locate_all`)."""

    frame: Ids
    cells: Words
    stream: Words


def build_cells(shapes: NDArray[np.object_]) -> Cells:
    """Cells for shapes in order of rank: (multi)polygons, degrees on the lattice, valid.

    Raises `error.tiling_too_large` for edges longer than 107° or more than 2^31 words of records.
    """
    corners = _corners(shapes)
    frame = _frame(corners)
    starts = _count(corners, frame)
    edges = _sort(corners, frame, starts)
    cells = np.empty(len(starts) - 1, np.int32)
    stream = np.empty(_most_words(np.diff(starts)), np.int32)
    words = fill(corners, frame, starts, edges, cells, stream)
    if words < 0:
        raise ArithmeticError("an edge was crossed twice or not at all: the index would be wrong")
    return Cells(frame, cells, stream[:words])


def _corners(shapes: NDArray[np.object_]) -> Words:
    """Of every corner x and y in lattice units and the rank whose edge begins there; ring by ring.

    The last corner of a ring begins no edge: NO_RANK.
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


def _frame(corners: Words) -> Ids:
    """A grid of cells around the corners, an empty cell wide on every side.

    Widths and heights are powers of two; about CELLS_PER_CORNER cells a corner.
    """
    if not len(corners):
        return np.array([0, 0, 0, 0, 0, 0], np.int64)
    west, south, east, north = box_of(corners)
    wanted = max(LEAST_CELLS, CELLS_PER_CORNER * len(corners))
    wide = high = 4  # bits
    while (((east - west) >> wide) + 3) * (((north - south) >> high) + 3) > wanted:
        wide, high = (wide + 1, high) if wide <= high else (wide, high + 1)
    return np.array(
        [
            west - (1 << wide), south - (1 << high), wide, high,
            ((east - west) >> wide) + 3, ((north - south) >> high) + 3,
        ],
        np.int64,
    )  # fmt: skip


def _count(corners: Words, frame: Ids) -> Words:
    """Where the edges of every cell begin among all, and at the end where they end."""
    starts = np.zeros(frame[4] * frame[5] + 1, np.int32)
    count_edges(corners, frame, starts)
    if _most_words(starts[1:]) >= MOST_WORDS:
        raise BadInput("error.tiling_too_large")
    return np.cumsum(starts, dtype=np.int32, out=starts)


def _sort(corners: Words, frame: Ids, starts: Words) -> Words:
    """The edges of cell after cell, in every cell in their own order."""
    edges = np.empty(starts[-1], np.int32)
    sort_edges(corners, frame, starts, edges)
    starts[1:] = starts[:-1]
    starts[0] = 0
    return edges


def _most_words(counts: Words) -> int:
    """Room for every record, each edge a run of its own. What isn't written costs no memory."""
    return 6 * int(counts.sum(dtype=np.int64)) + int(np.count_nonzero(counts))


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
def box_of(corners: Words) -> tuple[int, int, int, int]:
    """West, south, east and north of the corners."""
    west, south = int(corners[0, X]), int(corners[0, Y])
    east, north = west, south
    for k in range(len(corners)):
        west, south = min(west, int(corners[k, X])), min(south, int(corners[k, Y]))
        east, north = max(east, int(corners[k, X])), max(north, int(corners[k, Y]))
    return west, south, east, north


@compiled
def upward(corners: Words, edge: int) -> tuple[int, int, int, int]:
    """The edge from its lower end to its upper; a level one from the west."""
    ax, ay = int(corners[edge, X]), int(corners[edge, Y])
    bx, by = int(corners[edge + 1, X]), int(corners[edge + 1, Y])
    if ay < by or (ay == by and ax <= bx):
        return ax, ay, bx, by
    return bx, by, ax, ay


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
def count_edges(corners: Words, frame: Ids, starts: Words) -> None:
    """Add to `starts[cell + 1]` the number of edges that may touch the cell."""
    south, high, columns = frame[1], frame[3], frame[4]
    for edge in range(len(corners)):
        if corners[edge, RANK] < 0:
            continue
        ax, ay, bx, by = upward(corners, edge)
        for row in range((ay - south) >> high, ((by - south) >> high) + 1):
            first, last = columns_of(ax, ay, bx, by, row, frame)
            for column in range(first, last + 1):
                starts[row * columns + column + 1] += 1


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


@compiled
def fill(
    corners: Words, frame: Ids, starts: Words, edges: Words, cells: Words, stream: Words
) -> int:
    """Write cells and records; the number of words written, -1 if land doesn't end with the map.

    Invariant: before each cell `held[:holding]` are the ranks that hold its lower left corner, and
    `lowest` is the least of them.
    """
    west, south, wide, high, columns, rows = frame
    held = np.empty(max(1, len(edges)), np.int32)
    words = 0
    for row in range(rows):
        bottom = south + (row << high)
        holding, lowest = 0, NO_RANK
        for column in range(columns):
            cell = row * columns + column
            cells[cell] = lowest
            if starts[cell] == starts[cell + 1]:
                continue
            left, end = west + (column << wide), west + ((column + 1) << wide)
            some = edges[starts[cell] : starts[cell + 1]]
            default = otherwise(corners, some, held[:holding])
            if default == NO_RANK or corners[some[0], RANK] < default:
                cells[cell] = NO_RANK - 1 - words
                words = write(corners, some, held[:holding], default, left, bottom, stream, words)
            else:
                cells[cell] = default
            for edge in some:
                if crosses_bottom(corners, edge, left, bottom, end):
                    holding = toggle(held, holding, corners[edge, RANK])
            lowest = least(held, holding)
        if holding:
            return -1
    return words


@compiled
def least(held: Words, holding: int) -> int:
    """The lowest of the ranks held, NO_RANK if there is none."""
    lowest = NO_RANK
    for k in range(holding):
        if k == 0 or held[k] < lowest:
            lowest = int(held[k])
    return lowest


@compiled
def toggle(held: Words, holding: int, rank: int) -> int:
    """Take a rank out of the set if it is there, else in; how many the set holds now."""
    for k in range(holding):
        if held[k] == rank:
            held[k] = held[holding - 1]
            return holding - 1
    held[holding] = rank
    return holding + 1


@compiled
def right_of(ax: int, ay: int, bx: int, by: int, left: int, bottom: int) -> bool:
    """Does the corner of a cell lie right of the upward edge a-b that spans its height?

    The corner lies half a unit left of `left` and below `bottom`, so twice its place is whole.
    Edges are shorter than 2^30: the products stay below 2^62. On the line is not right.
    """
    if left <= min(ax, bx):
        return False
    if left > max(ax, bx):
        return True
    px, py = 2 * (left - ax) - 1, 2 * (bottom - ay) - 1
    return (bx - ax) * py < (by - ay) * px


@compiled
def crosses_bottom(corners: Words, edge: int, left: int, bottom: int, end: int) -> bool:
    """Does the edge cross the lower border of the cell from `left` to `end`?

    Of the cells of a row exactly one says so of an edge that crosses the row's lower border.
    """
    ax, ay, bx, by = upward(corners, edge)
    if not ay < bottom <= by:
        return False
    return right_of(ax, ay, bx, by, left, bottom) != right_of(ax, ay, bx, by, end, bottom)


@compiled
def otherwise(corners: Words, some: Words, held: Words) -> int:
    """Who holds what in a cell no region of lower rank holds; NO_RANK if that may be nobody.

    A region that holds the cell without an edge in it: no later one can be lowest. In a cell
    without gap or overlap the last region: where no other is, it is.
    """
    rank = resting(corners, some, held)
    if rank == NO_RANK and len(held) == 1 and paired(corners, some):
        return int(corners[some[-1], RANK])
    return rank


@compiled
def write(
    corners: Words, some: Words, held: Words, default: int, left: int, bottom: int,
    stream: Words, at: int,
) -> int:  # fmt: skip
    """Write the record of one cell at `at`: `default` and the regions before it; where it ends."""
    stream[at] = default
    at, k, head = at + 1, 0, at
    while k < len(some) and (default == NO_RANK or corners[some[k], RANK] < default):
        rank, first_head, flip = corners[some[k], RANK], at + 1, False
        while k < len(some) and corners[some[k], RANK] == rank:
            head = at + 1
            end = end_of_run(some, k)
            at = write_run(corners, some[k], some[end - 1], left, bottom, stream, at)
            for edge in some[k:end]:
                flip ^= crosses_way(corners, edge, left, bottom)
            flip ^= pulled(corners, some[k], left, bottom)
            flip ^= pulled(corners, some[end - 1] + 1, left, bottom)
            k = end
        for one in held:
            flip ^= one == rank
        stream[head] |= LAST
        stream[first_head] |= FLIP * flip
    stream[head] |= END
    return at


@compiled
def resting(corners: Words, some: Words, held: Words) -> int:
    """The lowest rank that holds the corner and has no edge in the cell: it holds all of it."""
    lowest = NO_RANK
    for rank in held:
        if lowest == NO_RANK or rank < lowest:
            touches = False
            for edge in some:
                touches |= corners[edge, RANK] == rank
            if not touches:
                lowest = int(rank)
    return lowest


@compiled
def paired(corners: Words, some: Words) -> bool:
    """Can all edges be put in pairs that run there and back?

    Then crossing any of them leaves one region and enters another. Of many edges: "no", unasked.
    """
    if len(some) > MOST_PAIRED or len(some) % 2:
        return False
    taken = 0
    for one in range(len(some)):
        if taken >> one & 1:
            continue
        other = one + 1
        while other < len(some) and (
            taken >> other & 1 or not back(corners, some[one], some[other])
        ):
            other += 1
        if other == len(some):
            return False
        taken |= 1 << other
    return True


@compiled
def back(corners: Words, one: int, other: int) -> bool:
    """Does one edge run from where the other ends to where it begins?"""
    return bool(
        corners[one, X] == corners[other + 1, X]
        and corners[one, Y] == corners[other + 1, Y]
        and corners[one + 1, X] == corners[other, X]
        and corners[one + 1, Y] == corners[other, Y]
    )


@compiled
def end_of_run(some: Words, k: int) -> int:
    """The place after the last of the edges that follow one another in a ring from `some[k]` on."""
    k += 1
    while k < len(some) and some[k] == some[k - 1] + 1:
        k += 1
    return k


@compiled
def crosses_way(corners: Words, edge: int, left: int, bottom: int) -> bool:
    """Is the edge crossed on the way to the cell's corner, by the rule of `side_of_run`?"""
    ax, ay, bx, by = upward(corners, edge)
    return bool(ay < bottom <= by and right_of(ax, ay, bx, by, left, bottom))


@compiled
def pulled(corners: Words, corner: int, left: int, bottom: int) -> bool:
    """Is a corner, as the end of a run, crossed on the way to the cell's corner?"""
    return bool(corners[corner, Y] < bottom and corners[corner, X] < left)


@compiled
def write_run(
    corners: Words, first: int, last: int, left: int, bottom: int, stream: Words, at: int
) -> int:
    """Write the edges from `first` to `last` as one run at `at`; where the next one begins."""
    wide = False
    for corner in range(first, last + 2):
        x, y = int(corners[corner, X]) - left, int(corners[corner, Y]) - bottom
        wide |= not (-ROOM <= x < ROOM and -ROOM <= y < ROOM)
    stream[at] = corners[first, RANK]
    stream[at + 1] = (last + 2 - first) * COUNT + (WIDE if wide else 0)
    at += 2
    for corner in range(first, last + 2):
        x, y = int(corners[corner, X]) - left, int(corners[corner, Y]) - bottom
        if wide:
            stream[at], stream[at + 1] = x, y
            at += 2
        else:
            stream[at] = (x & 0xFFFF) | (y << 16)
            at += 1
    return at
