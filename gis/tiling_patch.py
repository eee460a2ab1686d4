"""An index of changed boundaries out of the former one: only the changed land is worked out anew.

Cells near a changed region are *stale* and taken from an index of the regions around; all others
are copied, with the ranks that their regions have now. What comes out is, byte for byte, what
building everything anew would make.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from gis.tiling_build import Cells, Extents, build_cells, corners_of, extents_of, frame_of
from gis.tiling_compile import compiled
from gis.tiling_kernel import END, NO_RANK, words_of_run

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from gis.tiling_kernel import Ids, Words

    Flags = NDArray[np.bool_]
    ShapesOf = Callable[[Ids], NDArray[np.object_]]

GONE: Final = -2  # the rank now of a region that is gone or was drawn anew
MOST: Final = 0.25  # share of the regions; with more of them to look at all is built anew


@dataclass(frozen=True, slots=True)
class Regions:
    """Regions in order of rank. `marks` are equal where code and shape are the same."""

    ids: Ids
    marks: Ids


def patch(
    before: Regions, extents: Extents, old: Cells, now: Regions, shapes_of: ShapesOf
) -> tuple[Cells, Extents] | None:
    """The cells and extents of the regions `now`; None where all has to be built anew.

    `shapes_of` gives the shapes of regions of `now` by their places there; it is asked twice, for
    the regions that changed and for those around.
    """
    came_from = _came_from(before, now)
    changed = np.flatnonzero(came_from < 0)
    if len(changed) > MOST * len(now.ids):
        return None
    drawn = shapes_of(changed)
    grown = _extents_now(extents, came_from, changed, drawn)
    frame = frame_of(grown)
    if not np.array_equal(frame, old.frame):
        return None
    rank_now = np.full(len(before.ids), GONE, np.int32)
    rank_now[came_from[came_from >= 0]] = np.flatnonzero(came_from >= 0)
    stale = np.zeros(len(old.cells), np.bool_)
    spoil(_drawn(extents, rank_now == GONE), frame, stale)
    spoil(_drawn(grown, came_from < 0), frame, stale)
    around = _around(grown, frame, stale)
    if len(around) > MOST * len(now.ids):
        return None
    known = dict(zip(changed.tolist(), drawn, strict=True))
    shapes = _shapes(around, known, shapes_of)
    fresh = build_cells(corners_of(shapes), _window(grown, around, frame))
    return _joined(old, rank_now, fresh, around.astype(np.int32), stale), grown


def _came_from(before: Regions, now: Regions) -> Ids:
    """For each region now its rank before; -1 for one that is new, or has a new code or shape.

    Codes say the order: regions that kept theirs stand in the same order as before.
    """
    if not len(before.ids):
        return np.full(len(now.ids), -1)
    order = np.argsort(before.ids)
    at = np.searchsorted(before.ids[order], now.ids)
    at = order[np.minimum(at, len(order) - 1)]
    same = (before.ids[at] == now.ids) & (before.marks[at] == now.marks)
    return np.where(same, at, -1)


def _extents_now(
    before: Extents, came_from: Ids, changed: Ids, drawn: NDArray[np.object_]
) -> Extents:
    boxes, edges = before.boxes[came_from], before.edges[came_from]
    new = extents_of(corners_of(drawn), len(drawn))
    boxes[changed], edges[changed] = new.boxes, new.edges
    return Extents(boxes, edges)


def _drawn(extents: Extents, wanted: Flags) -> Words:
    """The boxes of the shapes wanted that have edges."""
    return extents.boxes[wanted & (extents.edges > 0)]


def _around(extents: Extents, frame: Ids, stale: Flags) -> Ids:
    """The regions whose box touches a stale cell."""
    near = np.zeros(len(extents.edges), np.bool_)
    find_near(extents.boxes, extents.edges, frame, stale, near)
    return np.flatnonzero(near)


def _window(extents: Extents, around: Ids, frame: Ids) -> Ids:
    """The frame of the cells that some regions lie in: a part of the whole frame, as wide and high
    as these regions and a cell more on every side.
    """
    west, south, wide, high, _columns, _rows = (int(one) for one in frame)
    if not len(around):
        return np.array([west, south, wide, high, 0, 0], np.int64)
    low, top = extents.boxes[around, :2].min(axis=0), extents.boxes[around, 2:].max(axis=0)
    first, last = ((int(x) - west >> wide) for x in (low[0], top[0]))
    bottom, above = ((int(y) - south >> high) for y in (low[1], top[1]))
    return np.array(
        [
            west + (first - 1 << wide), south + (bottom - 1 << high), wide, high,
            last - first + 3, above - bottom + 3,
        ],
        np.int64,
    )  # fmt: skip


def _shapes(around: Ids, known: dict[int, object], shapes_of: ShapesOf) -> NDArray[np.object_]:
    unknown = np.array([place for place in around.tolist() if place not in known], np.int64)
    known = known | dict(zip(unknown.tolist(), shapes_of(unknown), strict=True))
    shapes = np.empty(len(around), dtype=object)
    shapes[:] = [known[place] for place in around.tolist()]
    return shapes


def _joined(old: Cells, rank_now: Words, fresh: Cells, fresh_rank: Words, stale: Flags) -> Cells:
    cells = np.empty_like(old.cells)
    stream = np.empty(len(old.stream) + len(fresh.stream), np.int32)
    words = join(
        stale, old.frame, old.cells, old.stream, rank_now,
        fresh.frame, fresh.cells, fresh.stream, fresh_rank, cells, stream,
    )  # fmt: skip
    if words < 0:
        raise ArithmeticError("land kept as it was speaks of a region that changed")
    return Cells(old.frame, cells, stream[:words])


@compiled
def cells_of_box(box: Words, frame: Ids) -> tuple[int, int, int, int]:
    """First and last column and row that a box touches: the cells that its edges may touch."""
    west, south, wide, high, _columns, _rows = frame
    return (
        (int(box[0]) - west) >> wide,
        (int(box[2]) - west) >> wide,
        (int(box[1]) - south) >> high,
        (int(box[3]) - south) >> high,
    )


@compiled
def spoil(boxes: Words, frame: Ids, stale: Flags) -> None:
    """Mark the cells that the boxes touch."""
    for k in range(len(boxes)):
        first, last, low, top = cells_of_box(boxes[k], frame)
        for row in range(low, top + 1):
            stale[row * frame[4] + first : row * frame[4] + last + 1] = True


@compiled
def find_near(boxes: Words, edges: Words, frame: Ids, stale: Flags, near: Flags) -> None:
    """Mark the shapes whose box touches a stale cell."""
    for k in range(len(boxes)):
        if edges[k] == 0:
            continue
        first, last, low, top = cells_of_box(boxes[k], frame)
        for row in range(low, top + 1):
            if near[k]:
                break
            near[k] = np.any(stale[row * frame[4] + first : row * frame[4] + last + 1])


@compiled
def join(
    stale: Flags, frame: Ids, old: Words, old_stream: Words, rank_now: Words, window: Ids,
    fresh: Words, fresh_stream: Words, fresh_rank: Words, cells: Words, stream: Words,
) -> int:  # fmt: skip
    """Write every cell: a stale one from the fresh, any other from the old. Words written, -1 if a
    rank that is gone came up. A stale cell outside the window of the fresh ones is nobody's.
    """
    words = 0
    for cell in range(len(cells)):
        said = fresh_cell(cell, frame, window, fresh) if stale[cell] else old[cell]
        if said == NO_RANK:
            cells[cell] = NO_RANK
            continue
        if said >= 0:
            cells[cell] = fresh_rank[said] if stale[cell] else rank_now[said]
            if cells[cell] == GONE:
                return -1
            continue
        cells[cell] = NO_RANK - 1 - words
        if stale[cell]:
            words = carry(fresh_stream, NO_RANK - 1 - said, fresh_rank, stream, words)
        else:
            words = carry(old_stream, NO_RANK - 1 - said, rank_now, stream, words)
        if words < 0:
            return -1
    return words


@compiled
def fresh_cell(cell: int, frame: Ids, window: Ids, fresh: Words) -> int:
    """What the fresh cells say of a cell of the whole frame; nobody's outside of their window."""
    column = cell % frame[4] - ((window[0] - frame[0]) >> frame[2])
    row = cell // frame[4] - ((window[1] - frame[1]) >> frame[3])
    if 0 <= column < window[4] and 0 <= row < window[5]:
        return int(fresh[row * window[4] + column])
    return NO_RANK


@compiled
def carry(source: Words, at: int, ranks: Words, stream: Words, words: int) -> int:
    """Copy the record at `at` to `words` with the ranks of now; where the next one goes, -1 if a
    rank is gone.
    """
    stream[words] = ranked(ranks, source[at])
    gone = stream[words] == GONE
    at, words, head = at + 1, words + 1, 0
    while not head & END:
        head = int(source[at + 1])
        stream[words] = ranked(ranks, source[at])
        gone |= stream[words] == GONE
        for k in range(1, words_of_run(head)):
            stream[words + k] = source[at + k]
        at, words = at + words_of_run(head), words + words_of_run(head)
    return -1 if gone else words


@compiled
def ranked(ranks: Words, rank: int) -> int:
    """The rank of now; nobody stays nobody."""
    return NO_RANK if rank == NO_RANK else int(ranks[rank])
