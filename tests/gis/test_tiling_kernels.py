"""Each small function of the tiling index by itself, beside plain Python or GEOS."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gis.tiling_build import corners_of
from gis.tiling_fill import crosses_bottom, end_of_run, least, resting, toggle
from gis.tiling_index import Stamp, TilingIndex
from gis.tiling_kernel import COUNT, IN, NO_RANK, ON, OUT, covering, side_of_run
from gis.tiling_patch import GONE, carry, cells_of_box, spoil
from tests.tiling import tiling

quick = settings(deadline=None, max_examples=60)  # the first call compiles
RANKS = st.integers(0, 6)


@quick
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=3, max_size=9))
def test_a_closed_run_is_a_polygon_with_the_lower_left_corner_outside(corners):
    ring = [*corners, corners[0]]
    polygon = shapely.Polygon(ring)
    assume(polygon.is_valid and polygon.area > 0)
    run = np.array([x | y << 16 for x, y in ring], np.int32)
    for px in range(11):
        for py in range(11):
            place = shapely.Point(px, py)
            true = OUT if not polygon.covers(place) else IN if polygon.contains(place) else ON
            assert side_of_run(run, 0, len(ring) * COUNT, px, py, 0, 0) == true


@quick
@given(st.lists(RANKS, max_size=30))
def test_a_set_of_ranks_is_a_set_and_its_least_is_its_least(ranks):
    held, holding, true = np.empty(30, np.int32), 0, set()
    for rank in ranks:
        holding = toggle(held, holding, rank)
        true ^= {rank}
        assert sorted(held[:holding].tolist()) == sorted(true)
        assert least(held, holding) == min(true, default=NO_RANK)


@quick
@given(
    st.integers(0, 200), st.integers(0, 90), st.integers(0, 200), st.integers(1, 90),
    st.integers(-5, 185),
)  # fmt: skip
def test_of_a_row_exactly_one_cell_is_crossed_at_its_lower_border(ax, ay, bx, dy, bottom):
    corners = np.array([(ax, ay, 0), (bx, ay + dy, -1)], np.int32)
    lefts = range(-16, 224, 16)
    crossed = sum(crosses_bottom(corners, 0, left, bottom, left + 16) for left in lefts)
    assert crossed == (ay < bottom <= ay + dy)


@quick
@given(st.sets(st.integers(0, 30), min_size=1))
def test_a_run_ends_where_an_edge_is_left_out(edges):
    some = np.array(sorted(edges), np.int32)
    ends, k = [], 0
    while k < len(some):
        k = end_of_run(some, k)
        ends.append(k)
    gaps = [n for n, (one, other) in enumerate(pairwise(some.tolist()), 1) if other > one + 1]
    assert ends == [*gaps, len(some)]


@quick
@given(st.lists(RANKS, max_size=6), st.lists(RANKS, min_size=1, max_size=6))
def test_who_rests_holds_the_corner_and_has_no_edge_in_the_cell(held, of_edges):
    corners = np.array([(0, 0, rank) for rank in of_edges], np.int32)
    edges = np.arange(len(of_edges), dtype=np.int32)
    found = resting(corners, edges, np.array(held, np.int32))
    assert found == min(set(held) - set(of_edges), default=NO_RANK)


def test_a_record_that_is_carried_says_the_same_of_the_ranks_of_now():
    grids = tiling(4, 4, corners=24)
    index = TilingIndex.build(grids, [f"{n:02}" for n in range(16)], range(16), Stamp("grid", 1))
    west, south, wide, high, columns, _rows = (int(one) for one in index.frame)
    now = np.arange(16, dtype=np.int32) + 100
    stream, random = np.empty(len(index.stream), np.int32), np.random.default_rng(3)
    asked = 0
    for cell in np.flatnonzero(index.cells < NO_RANK)[::7].tolist():
        place = NO_RANK - 1 - int(index.cells[cell])
        left, bottom = west + (cell % columns << wide), south + (cell // columns << high)
        assert carry(index.stream, place, now, stream, 0) > 1
        for px, py in random.integers(0, [1 << wide, 1 << high], (8, 2)).tolist():
            before = covering(index.stream, place, px, py, left, bottom)
            said = covering(stream, 0, px, py, left, bottom)
            assert said == (NO_RANK if before == NO_RANK else before + 100)
            if before != NO_RANK:
                gone = np.where(np.arange(16) == before, GONE, now).astype(np.int32)
                assert carry(index.stream, place, gone, stream.copy(), 0) == -1
                asked += 1
    assert asked > 50


@quick
@given(st.lists(st.tuples(RANKS, RANKS, st.integers(0, 40), st.integers(0, 40)), max_size=4))
def test_spoiled_are_the_cells_that_a_box_touches_and_no_others(given_boxes):
    frame = np.array([0, 0, 3, 4, 7, 5], np.int64)
    boxes = np.array([(x, y, x + dx, y + dy) for x, y, dx, dy in given_boxes], np.int32)
    stale = np.zeros(35, np.bool_)
    spoil(boxes.reshape(-1, 4), frame, stale)
    for cell in range(35):
        west, south = cell % 7 * 8, cell // 7 * 16
        touched = any(
            west <= b[2] and b[0] < west + 8 and south <= b[3] and b[1] < south + 16 for b in boxes
        )
        assert stale[cell] == touched
    for box in boxes:
        first, last, low, top = cells_of_box(box, frame)
        assert (first, low) == (box[0] // 8, box[1] // 16)
        assert (last, top) == (box[2] // 8, box[3] // 16)


def test_the_last_corner_of_a_ring_begins_no_edge():
    hole = shapely.box(1, 1, 2, 2).exterior.coords
    shape = shapely.Polygon(shapely.box(0, 0, 3, 3).exterior.coords, [hole])
    corners = corners_of(np.array([shape, shapely.box(5, 5, 6, 6)], dtype=object))
    assert corners[:, 2].tolist() == [0, 0, 0, 0, -1, 0, 0, 0, 0, -1, 1, 1, 1, 1, -1]
