"""From edges sorted into cells to cells and records; `tiling_kernel` says what these mean.

The cells are walked row by row from the west, with the set of regions that hold the lower left
corner of the cell: an edge that crosses the lower border of a cell takes its region in or out.
Corners of cells lie between lattice places, so no corner of a region ever lies on a border.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from gis.tiling_compile import compiled
from gis.tiling_kernel import COUNT, END, FLIP, LAST, NO_RANK, ROOM, WIDE

if TYPE_CHECKING:
    from gis.tiling_kernel import Ids, Words

MOST_PAIRED: Final = 24  # edges in a cell up to which partners are looked for, one by one
X, Y, RANK = 0, 1, 2  # columns of the corners


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
def upward(corners: Words, edge: int) -> tuple[int, int, int, int]:
    """The edge from its lower end to its upper; a level one from the west."""
    ax, ay = int(corners[edge, X]), int(corners[edge, Y])
    bx, by = int(corners[edge + 1, X]), int(corners[edge + 1, Y])
    if ay < by or (ay == by and ax <= bx):
        return ax, ay, bx, by
    return bx, by, ax, ay


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
    """Who holds the ground of a cell that no region of a lower rank holds; NO_RANK if that may be
    nobody.

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
    """Write the record of one cell at `at`: `default` and the regions before it; where it ends.

    Invariant: when all runs of a region are written, `flip` says whether an odd number of these
    holds: the region holds the cell's corner; one of its edges here, or an end of one of its runs,
    is crossed on the way to the corner. So the way of `side_of_run` begins inside of it or not.
    """
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
    Invariant: bit k of `taken` says that edge k has a partner; all edges before `one` have.
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
