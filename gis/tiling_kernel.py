"""Which region covers a point? Asked of one cell of a tiling index, in whole numbers.

A place is two whole numbers: lattice units of 1e-7 degree. A cell that no edge touches holds its
answer; any other holds the place of its record in the `stream`. A record is

    default, and for every run   rank, head, corners

A run is a piece of a region's ring with all edges that touch the cell. Corners are counted from
the cell's lower left; a word holds both numbers of one, or if that is too little room (`WIDE`), two
words do. The head is 16 × the number of corners and flags: `LAST` run of its region, `END` of the
record, `FLIP`. Regions stand in order of rank, so the first that covers the point is the answer; if
none does, `default` is. In words:

- Seen from a point p, walk along the left border of p's cell up to p's height, then right to p.
  Every edge crossed turns in to out and out to in (`side_of_run`).
- An edge that spans p's height is crossed if p lies right of it. What lies left of the cell is
  pulled onto the left border: it is crossed on the way up. Along a run all that is cancelled by the
  next edge but at the two ends, so only these are looked at. `FLIP` is what the way begins with.
- Left or right is judged in whole numbers where that is certain, and otherwise in the doubles that
  PostGIS judges by, by its formula (`turn_of`), so that the two never differ.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from gis.tiling_compile import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Degrees: TypeAlias = NDArray[np.float64]
    Words: TypeAlias = NDArray[np.int32]
    Ids: TypeAlias = NDArray[np.int64]

PER_DEGREE: Final = 1e7
NO_RANK: Final = -1  # in a cell: nobody's land; below it, NO_RANK - 1 - (place of the record)
NOBODY: Final = -1
AT_ONCE: Final = 1024
FURTHER: Final = 12  # words: most records reach into the line of memory that these end in
OUT: Final = 0
IN: Final = 1
ON: Final = 2
IN_DOUBT: Final = 3
LAST: Final = 1
END: Final = 2
FLIP: Final = 4
WIDE: Final = 8
COUNT: Final = 16
ROOM: Final = 1 << 15  # a number from -ROOM to below ROOM fits half a word


@compiled
def locate_all(
    lon: Degrees, lat: Degrees, frame: Ids, cells: Words, stream: Words, ids: Ids, found: Ids
) -> None:
    """Fill `found` with the id of the region that covers each place, or NOBODY.

    `frame` is west, south, bits of a cell's width and of its height, columns, rows; west and south
    in lattice units. Degrees are rounded to the lattice as `to_lattice` does. NaN is nobody's.
    Some places at a time, step by step: what one step waits for in memory, it awaits for all.
    """
    px, py = np.empty(AT_ONCE, np.int64), np.empty(AT_ONCE, np.int64)
    ranks, asking = np.empty(AT_ONCE, np.int64), np.empty(AT_ONCE, np.int64)
    west, south, wide, high = frame[0], frame[1], frame[2], frame[3]
    for begin in range(0, len(lon), AT_ONCE):
        count = min(AT_ONCE, len(lon) - begin)
        look_up(lon, lat, begin, count, frame, cells, px, py, ranks)
        for k in asking[: await_records(ranks, count, stream, asking)]:
            left, bottom = px[k] >> wide << wide, py[k] >> high << high
            ranks[k] = covering(
                stream, NO_RANK - 1 - ranks[k], px[k] - left, py[k] - bottom,
                west + left, south + bottom,
            )  # fmt: skip
        for k in range(count):
            found[begin + k] = ids[ranks[k]] if ranks[k] >= 0 else NOBODY


@compiled
def locate_one(lon: float, lat: float, frame: Ids, cells: Words, stream: Words, ids: Ids) -> int:
    """`locate_all` for a single place: its arrays are made in here, which is ten times quicker."""
    found = np.empty(1, np.int64)
    locate_all(np.full(1, lon), np.full(1, lat), frame, cells, stream, ids, found)
    return int(found[0])


@compiled
def look_up(
    lon: Degrees, lat: Degrees, begin: int, count: int, frame: Ids, cells: Words,
    px: Ids, py: Ids, ranks: Ids,
) -> None:  # fmt: skip
    """For places from `begin` on: units east and north of the frame, and what their cell holds."""
    west, south, wide, high, columns, rows = frame
    across, up = float(columns << wide), float(rows << high)
    for k in range(count):
        x = np.rint(lon[begin + k] * PER_DEGREE) - west
        y = np.rint(lat[begin + k] * PER_DEGREE) - south
        ranks[k] = NO_RANK
        if (x >= 0) & (x < across) & (y >= 0) & (y < up):
            px[k], py[k] = int(x), int(y)
            ranks[k] = cells[(int(y) >> high) * columns + (int(x) >> wide)]


@compiled
def await_records(ranks: Ids, count: int, stream: Words, asking: Ids) -> int:
    """Write down which places have a record to ask, and have the records brought near.

    Reading them here, one after another and without deciding anything by them, has memory fetch
    many at a time. Invariant: `asking[:waiting]` are the places before `k` that have one.
    """
    waiting = 0
    for k in range(count):
        asking[waiting] = k
        waiting += ranks[k] < NO_RANK
    near, last = 0, len(stream) - 1
    for k in asking[:waiting]:
        place = NO_RANK - 1 - ranks[k]
        near ^= stream[place] ^ stream[min(place + FURTHER, last)]
    return waiting if near != -(1 << 40) else 0  # words are shorter: `near` only must seem useful


@compiled
def covering(stream: Words, place: int, px: int, py: int, left: int, bottom: int) -> int:
    """The rank that the record at `place` gives to a point px, py from its cell's lower left.

    The cell's lower left is at left, bottom in lattice units. Invariant: at the head of the loop no
    region of an earlier run covers the point, and `inside` is the state of the present region by
    its runs so far.
    """
    at, head, inside = place + 1, 0, 0
    while not head & END:
        rank, head = int(stream[at]), int(stream[at + 1])
        side = IN_DOUBT if head & WIDE else quick_side_of_run(stream, at + 2, head, px, py)
        if side == IN_DOUBT:
            side = side_of_run(stream, at + 2, head, px, py, left, bottom)
        if side == ON:
            return rank
        inside ^= side ^ ((head & FLIP) != 0)
        if head & LAST:
            if inside:
                return rank
            inside = 0
        at += words_of_run(head)
    return int(stream[place])


@compiled
def words_of_run(head: int) -> int:
    """How many words a run takes, with its rank and head."""
    return 2 + head // COUNT * (2 if head & WIDE else 1)


@compiled
def corner_of(stream: Words, at: int, head: int, k: int) -> tuple[int, int]:
    """Corner `k` of the corners at `at`, as units east and north of the cell's lower left."""
    if head & WIDE:
        return int(stream[at + 2 * k]), int(stream[at + 2 * k + 1])
    word = int(stream[at + k])
    return ((word & 0xFFFF) ^ ROOM) - ROOM, word >> 16


@compiled
def quick_side_of_run(stream: Words, at: int, head: int, px: int, py: int) -> int:
    """What `side_of_run` says of a run that isn't wide; IN_DOUBT near an edge or beside a corner.

    Invariant: `odd` as there; `doubt` says whether an edge so far ends at the height py, or spans
    it within two units of the point. Without a branch that could be guessed wrong: of edges that
    don't span py the turn is worked out too, and not looked at.
    """
    ax, ay = corner_of(stream, at, 0, 0)
    odd = (ay <= py) & (ax < 0)
    doubt = ay == py
    for k in range(1, head // COUNT):
        bx, by = corner_of(stream, at, 0, k)
        dx, dy = bx - ax, by - ay
        turn = dx * (py - ay) - dy * (px - ax)
        spans = (ay <= py) != (by <= py)
        doubt |= (by == py) | (spans & (abs(turn) <= abs(dx) + abs(dy)))
        odd ^= spans & ((turn < 0) == (dy > 0))
        ax, ay = bx, by
    odd ^= (ay <= py) & (ax < 0)
    return IN_DOUBT if doubt else int(odd)


@compiled
def side_of_run(stream: Words, at: int, head: int, px: int, py: int, left: int, bottom: int) -> int:
    """ON if the point lies on the run, else IN or OUT: whether the way to it crosses it oddly.

    Invariant: `odd` counts, modulo 2, the edges before corner `k` that span py and have the point
    on their right, and the first corner if it is pulled onto the border at or below py.
    """
    ax, ay = corner_of(stream, at, head, 0)
    odd = (ay <= py) & (ax < 0)
    if ax == px and ay == py:
        return ON
    for k in range(1, head // COUNT):
        bx, by = corner_of(stream, at, head, k)
        if (ay <= py) != (by <= py):
            turn = turn_of(ax + left, ay + bottom, bx + left, by + bottom, px + left, py + bottom)
            if turn == 0:
                return ON
            odd ^= (turn < 0) == (ay < by)
        elif by == py and (bx == px or (ay == py and (ax < px) != (bx < px))):
            return ON
        ax, ay = bx, by
    odd ^= (ay <= py) & (ax < 0)
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
    dx, dy = bx - ax, by - ay
    if px < min(ax, bx):
        return 1 if dy > 0 else -1
    if px > max(ax, bx):
        return -1 if dy > 0 else 1
    turn = dx * (py - ay) - dy * (px - ax)
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
