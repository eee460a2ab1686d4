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
from gis.tiling_kernel import NO_RANK, PER_DEGREE, compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gis.tiling_kernel import Ids, Words

CELLS_PER_CORNER: Final = 0.5
LEAST_CELLS: Final = 1 << 10
LONGEST: Final = 1 << 30  # lattice units: the longest edge for which 64 bits are enough
MOST_WORDS: Final = 1 << 31
MOST_MATCHED: Final = 24  # edges in a cell up to which partners are looked for, one by one


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
    xy, owner = _edges(shapes)
    frame = _frame(xy)
    starts = _count(xy, owner, frame)
    edges = _sort(xy, owner, frame, starts)
    cells = np.empty(len(starts) - 1, np.int32)
    stream = np.empty(_most_words(np.diff(starts)), np.int32)
    words = fill(xy, owner, frame, starts, edges, cells, stream)
    if words < 0:
        raise ArithmeticError("an edge was crossed twice or not at all: the index would be wrong")
    return Cells(frame, cells, stream[:words])


def _edges(shapes: NDArray[np.object_]) -> tuple[Words, Words]:
    """Corners in lattice units, ring after ring, and the rank whose edge begins there.

    The last corner of a ring begins no edge: NO_RANK.
    """
    parts, part_of = shapely.get_parts(shapes, return_index=True)
    rings, ring_of = shapely.get_rings(parts, return_index=True)
    if not len(rings):
        return np.empty((0, 2), np.int32), np.empty(0, np.int32)
    counts = shapely.get_num_coordinates(rings)
    xy = np.rint(shapely.get_coordinates(rings) * PER_DEGREE).astype(np.int32)
    owner = np.repeat(part_of[ring_of].astype(np.int32), counts)
    owner[np.cumsum(counts) - 1] = NO_RANK
    if len(xy) and np.abs(np.diff(xy.astype(np.int64), axis=0))[owner[:-1] >= 0].max() >= LONGEST:
        raise BadInput("error.tiling_too_large")
    return xy, owner


def _frame(xy: Words) -> Ids:
    """A grid of cells around the corners, an empty cell wide on every side.

    Widths and heights are powers of two; about CELLS_PER_CORNER cells a corner.
    """
    if not len(xy):
        return np.array([0, 0, 0, 0, 0, 0], np.int64)
    west, south = xy.min(axis=0).astype(np.int64)
    across, up = np.ptp(xy.astype(np.int64), axis=0) + 1
    wanted = max(LEAST_CELLS, CELLS_PER_CORNER * len(xy))
    wide = high = 4  # bits
    while ((across >> wide) + 3) * ((up >> high) + 3) > wanted:
        wide, high = (wide + 1, high) if wide <= high else (wide, high + 1)
    return np.array(
        [
            west - (1 << wide), south - (1 << high), wide, high,
            ((across - 1) >> wide) + 3, ((up - 1) >> high) + 3,
        ],
        np.int64,
    )  # fmt: skip


def _count(xy: Words, owner: Words, frame: Ids) -> Words:
    """Where the edges of every cell begin among all, and at the end where they end."""
    starts = np.zeros(frame[4] * frame[5] + 1, np.int32)
    count_edges(xy, owner, frame, starts)
    if _most_words(starts[1:]) >= MOST_WORDS:
        raise BadInput("error.tiling_too_large")
    return np.cumsum(starts, dtype=np.int32, out=starts)


def _sort(xy: Words, owner: Words, frame: Ids, starts: Words) -> Words:
    """The edges of cell after cell, in every cell in their own order."""
    edges = np.empty(starts[-1], np.int32)
    sort_edges(xy, owner, frame, starts, edges)
    starts[1:] = starts[:-1]
    starts[0] = 0
    return edges


def _most_words(counts: Words) -> int:
    """Room for every record, each edge a run of its own. What isn't written costs no memory."""
    return 6 * int(counts.sum(dtype=np.int64)) + 2 * int(np.count_nonzero(counts))


@compiled
def columns_of(ax: int, ay: int, bx: int, by: int, row: int, frame: Ids) -> tuple[int, int]:
    """First and last column in which the edge from a to b (ay ≤ by) may touch the cells of a row.

    None too few: doubles are far finer than the unit that is left at each side. The same for the
    edge whichever way it runs.
    """
    west, south, wide, high, _columns, _rows = frame
    low, above = min(ax, bx), max(ax, bx)
    if by > ay:
        bottom = max(south + (row << high) - 0.5, float(ay))
        top = min(south + ((row + 1) << high) - 0.5, float(by))
        slope = (float(bx) - ax) / (float(by) - ay)
        at_bottom, at_top = ax + slope * (bottom - ay), ax + slope * (top - ay)
        low = max(low, int(np.floor(min(at_bottom, at_top))) - 1)
        above = min(above, int(np.ceil(max(at_bottom, at_top))) + 1)
    return (low - west) >> wide, (above - west) >> wide


@compiled
def upward(xy: Words, edge: int) -> tuple[int, int, int, int]:
    """The edge from its lower end to its upper; a level one from the west."""
    ax, ay = int(xy[edge, 0]), int(xy[edge, 1])
    bx, by = int(xy[edge + 1, 0]), int(xy[edge + 1, 1])
    if ay < by or (ay == by and ax <= bx):
        return ax, ay, bx, by
    return bx, by, ax, ay


@compiled
def count_edges(xy: Words, owner: Words, frame: Ids, starts: Words) -> None:
    """Add to `starts[cell + 1]` the number of edges that may touch the cell."""
    south, high, columns = frame[1], frame[3], frame[4]
    for edge in range(len(owner)):
        if owner[edge] < 0:
            continue
        ax, ay, bx, by = upward(xy, edge)
        for row in range((ay - south) >> high, ((by - south) >> high) + 1):
            first, last = columns_of(ax, ay, bx, by, row, frame)
            for column in range(first, last + 1):
                starts[row * columns + column + 1] += 1


@compiled
def sort_edges(xy: Words, owner: Words, frame: Ids, starts: Words, edges: Words) -> None:
    """Put every edge where its cells begin; afterwards `starts[cell]` is where the cell ends."""
    south, high, columns = frame[1], frame[3], frame[4]
    for edge in range(len(owner)):
        if owner[edge] < 0:
            continue
        ax, ay, bx, by = upward(xy, edge)
        for row in range((ay - south) >> high, ((by - south) >> high) + 1):
            first, last = columns_of(ax, ay, bx, by, row, frame)
            for column in range(first, last + 1):
                cell = row * columns + column
                edges[starts[cell]] = edge
                starts[cell] += 1


@compiled
def fill(
    xy: Words, owner: Words, frame: Ids, starts: Words, edges: Words, cells: Words, stream: Words
) -> int:
    """Write cells and records; the number of words written, -1 if land doesn't end with the map.

    Invariant: before each cell `held[:holding]` are the ranks that hold its lower left corner.
    """
    west, south, wide, high, columns, rows = frame
    held = np.empty(max(1, len(edges)), np.int32)
    words = 0
    for row in range(rows):
        holding = 0
        for column in range(columns):
            cell = row * columns + column
            some = edges[starts[cell] : starts[cell + 1]]
            if len(some) == 0:
                cells[cell] = least(held[:holding])
                continue
            left, bottom = west + (column << wide), south + (row << high)
            cells[cell] = NO_RANK - 1 - words
            words = write(xy, owner, some, held[:holding], left, bottom, stream, words)
            for edge in some:
                if crosses_bottom(xy, edge, left, bottom, left + (np.int64(1) << wide)):
                    holding = toggle(held, holding, owner[edge])
        if holding:
            return -1
    return words


@compiled
def least(ranks: Words) -> int:
    """The lowest of the ranks, NO_RANK if there is none."""
    if len(ranks) == 0:
        return NO_RANK
    return int(ranks.min())


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
def crosses_bottom(xy: Words, edge: int, left: int, bottom: int, end: int) -> bool:
    """Does the edge cross the lower border of the cell from `left` to `end`?

    Of the cells of a row exactly one says so of an edge that crosses the row's lower border.
    """
    ax, ay, bx, by = upward(xy, edge)
    if not ay < bottom <= by:
        return False
    return right_of(ax, ay, bx, by, left, bottom) != right_of(ax, ay, bx, by, end, bottom)


@compiled
def write(
    xy: Words,
    owner: Words,
    some: Words,
    held: Words,
    left: int,
    bottom: int,
    stream: Words,
    at: int,
) -> int:
    """Write the record of one cell at `at`; where the next one begins.

    A region that holds the cell without an edge in it ends the list: no later one can be lowest.
    So does the last region of a cell without gap or overlap: where no other is, it is.
    """
    default = resting(owner, some, held)
    end = len(some)
    if default == NO_RANK and len(held) == 1 and paired(xy, some):
        default = owner[some[-1]]
    head, runs, k = at, 0, 0
    at += 2
    while k < end and (default == NO_RANK or owner[some[k]] < default):
        rank, first_run, flip = owner[some[k]], at, False
        while k < end and owner[some[k]] == rank:
            run = at
            at, k, odd = write_run(xy, owner, some, k, left, bottom, stream, at)
            flip ^= odd
            runs += 1
        inside = False
        for one in held:
            inside |= one == rank
        stream[run + 1] |= 1
        stream[first_run + 1] |= 2 * (inside != flip)
    stream[head], stream[head + 1] = default, runs
    return at


@compiled
def resting(owner: Words, some: Words, held: Words) -> int:
    """The lowest rank that holds the corner and has no edge in the cell: it holds all of it."""
    lowest = NO_RANK
    for rank in held:
        if lowest == NO_RANK or rank < lowest:
            touches = False
            for edge in some:
                touches |= owner[edge] == rank
            if not touches:
                lowest = int(rank)
    return lowest


@compiled
def paired(xy: Words, some: Words) -> bool:
    """Does every edge have exactly one partner that runs the other way?

    Then crossing any edge leaves one region and enters another. Of many edges: "no", unasked.
    """
    if len(some) > MOST_MATCHED:
        return False
    for one in some:
        partners = 0
        for other in some:
            if xy[one, 0] == xy[other + 1, 0] and xy[one, 1] == xy[other + 1, 1]:
                partners += xy[one + 1, 0] == xy[other, 0] and xy[one + 1, 1] == xy[other, 1]
        if partners != 1:
            return False
    return True


@compiled
def write_run(
    xy: Words, owner: Words, some: Words, k: int, left: int, bottom: int, stream: Words, at: int
) -> tuple[int, int, bool]:
    """Write the run that begins with the edge `some[k]`: edges that follow one another in a ring.

    Gives where the next run begins, the next edge's place, and whether the way to the cell's
    corner crosses the run oddly, by the rule of `side_of_run`.
    """
    edge = some[k]
    rank = owner[edge]
    stream[at] = rank
    stream[at + 2], stream[at + 3] = xy[edge, 0], xy[edge, 1]
    odd = xy[edge, 1] < bottom and xy[edge, 0] < left
    corners = 1
    while True:
        edge = some[k]
        ax, ay, bx, by = upward(xy, edge)
        if ay < bottom <= by:
            odd ^= right_of(ax, ay, bx, by, left, bottom)
        stream[at + 2 + 2 * corners] = xy[edge + 1, 0]
        stream[at + 3 + 2 * corners] = xy[edge + 1, 1]
        corners += 1
        k += 1
        if k == len(some) or some[k] != edge + 1:
            break
    odd ^= xy[edge + 1, 1] < bottom and xy[edge + 1, 0] < left
    stream[at + 1] = 4 * corners
    return at + 2 + 2 * corners, k, odd
