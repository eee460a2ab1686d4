"""Which region covers a point? Asked of one cell of a tiling index, in whole numbers.

A place is two whole numbers: lattice units of 1e-7 degree. A cell that no edge touches holds its
answer; any other holds the place of its record in the `stream`. A record is

    default, number of runs, and for every run
    rank, 4 × corners + 2 × flip + last, then x and y of every corner

A run is a piece of a region's ring with all edges that touch the cell; `last` ends a region.
Regions stand in order of rank, so the first that covers the point is the answer; if none does,
`default` is. In words:

- Seen from a point p, walk along the left border of p's cell up to p's height, then right to p.
  Every edge crossed turns in to out and out to in (`_side_of_run`).
- An edge that spans p's height is crossed if p lies right of it. What lies left of the cell is
  pulled onto the left border: it is crossed on the way up. Along a run all that is cancelled by the
  next edge but at the two ends, so only these are looked at. `flip` is what the way begins with.
- Left or right is judged in whole numbers where that is certain, and otherwise in the doubles that
  PostGIS judges by, by its formula (`_turn`), so that the two never differ.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar, cast

import numba
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Degrees: TypeAlias = NDArray[np.float64]
    Words: TypeAlias = NDArray[np.int32]
    Ids: TypeAlias = NDArray[np.int64]

PER_DEGREE: Final = 1e7
NO_RANK: Final = -1  # in a cell: nobody's land; below it, NO_RANK - 1 - (place of the record)
NOBODY: Final = -1
OUT: Final = 0
IN: Final = 1
ON: Final = 2

Function = TypeVar("Function", bound="Callable[..., object]")


def compiled(function: Function) -> Function:
    """Compile at the first call; kept on disk for the next process where the disk allows it.

    Without fast-math, so that every rounding is the one that IEEE 754 names.
    """
    try:
        made = numba.njit(cache=True, nogil=True)(function)
    except RuntimeError:  # nowhere to write
        made = numba.njit(nogil=True)(function)
    return cast("Function", made)


@compiled
def locate_all(
    lon: Degrees, lat: Degrees, frame: Ids, cells: Words, stream: Words, ids: Ids, found: Ids
) -> None:
    """Fill `found` with the id of the region that covers each place, or NOBODY.

    `frame` is west, south, bits of a cell's width and of its height, columns, rows; west and south
    in lattice units. Degrees are rounded to the lattice as `to_lattice` does. NaN is nobody's.
    """
    west, south, wide, high, columns, rows = frame
    for n in range(len(lon)):
        x, y = np.rint(lon[n] * PER_DEGREE) - west, np.rint(lat[n] * PER_DEGREE) - south
        rank = NO_RANK
        if 0 <= x < columns << wide and 0 <= y < rows << high:
            px, py = np.int64(x), np.int64(y)
            column = px >> wide
            rank = int(cells[(py >> high) * columns + column])
            if rank < NO_RANK:
                border = west + (column << wide)
                rank = covering(stream, NO_RANK - 1 - rank, px + west, py + south, border)
        found[n] = NOBODY if rank == NO_RANK else ids[rank]


@compiled
def covering(stream: Words, place: int, px: int, py: int, border: int) -> int:
    """The rank that the record at `place` gives to a point of its cell, whose x begins at `border`.

    Invariant: at the head of the loop no region of an earlier run covers the point, and `inside`
    is the state of the present region by its runs so far.
    """
    runs = stream[place + 1]
    at = place + 2
    inside = 0
    for _ in range(runs):
        rank, word = int(stream[at]), int(stream[at + 1])
        corners = word >> 2
        side = side_of_run(stream, at + 2, corners, px, py, border)
        if side == ON:
            return rank
        inside ^= side ^ ((word >> 1) & 1)
        if word & 1:
            if inside:
                return rank
            inside = 0
        at += 2 + 2 * corners
    return int(stream[place])


@compiled
def side_of_run(stream: Words, at: int, corners: int, px: int, py: int, border: int) -> int:
    """ON if the point lies on the run, else IN or OUT: whether the way to it crosses it oddly.

    Invariant: `odd` counts, modulo 2, the edges before corner `k` that span py and have the point
    on their right, and the first corner if it is pulled onto the border at or below py.
    """
    ax, ay = stream[at], stream[at + 1]
    odd = (ay <= py) & (ax < border)
    if ax == px and ay == py:
        return ON
    for k in range(1, corners):
        bx, by = stream[at + 2 * k], stream[at + 2 * k + 1]
        if (ay <= py) != (by <= py):
            turn = turn_of(ax, ay, bx, by, px, py)
            if turn == 0:
                return ON
            odd ^= (turn < 0) == (ay < by)
        elif by == py and (bx == px or (ay == py and (ax < px) != (bx < px))):
            return ON
        ax, ay = bx, by
    odd ^= (ay <= py) & (ax < border)
    return IN if odd else OUT


@compiled
def turn_of(ax: int, ay: int, bx: int, by: int, px: int, py: int) -> int:
    """1 if p lies left of the way from a to b, -1 if right, 0 if on it. p's height is within a-b's.

    Whole numbers: `left` and `right` are below 2^63 as no longitude differs by more than 3.6e9 and
    no latitude by more than 1.8e9; within the box both have one sign, so their difference is too.
    The doubles nearest to lattice places are off by up to 1.5e-7 units, which moves the difference
    by less than |dx| + |dy|: beyond that the sign is the doubles' sign too. Closer, less than
    two units from the line, the doubles themselves decide, in PostGIS's formula.
    """
    dx, dy = np.int64(bx) - ax, np.int64(by) - ay
    if px < min(ax, bx):
        return 1 if dy > 0 else -1
    if px > max(ax, bx):
        return -1 if dy > 0 else 1
    turn = dx * (np.int64(py) - ay) - dy * (np.int64(px) - ax)
    if abs(turn) > abs(dx) + abs(dy):
        return 1 if turn > 0 else -1
    return turn_of_doubles(
        ax / PER_DEGREE, ay / PER_DEGREE, bx / PER_DEGREE, by / PER_DEGREE,
        px / PER_DEGREE, py / PER_DEGREE,
    )  # fmt: skip


@compiled
def turn_of_doubles(ax: float, ay: float, bx: float, by: float, px: float, py: float) -> int:
    """The sign of the turn a, b, p in degrees, exactly as PostGIS's point in polygon rounds it.

    Differences of doubles within a factor of two of one another are exact, and rounding keeps
    order: where the rounded products differ they tell the true sign. Where they are equal PostGIS
    takes the point as on the line.
    """
    left = (bx - ax) * (py - ay)
    right = (px - ax) * (by - ay)
    return int(left > right) - int(left < right)
