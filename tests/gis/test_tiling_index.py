from __future__ import annotations

import math
from collections import Counter
from fractions import Fraction

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.errors import BadInput
from gis.tiling_build import columns_of
from gis.tiling_fill import paired, right_of
from gis.tiling_index import NOBODY, Stamp, TilingIndex
from gis.tiling_kernel import (
    COUNT,
    IN,
    IN_DOUBT,
    OUT,
    ROOM,
    WIDE,
    corner_of,
    quick_side_of_run,
    side_of_run,
    turn_of,
    turn_of_doubles,
    words_of_run,
)
from tests.tiling import tiling
from tests.tiling_referee import by_geos, hard_places

STAMP = Stamp("grid", 7)
WEST, SOUTH = 1_065_000_000, 295_000_000  # lattice units
ORIGIN = np.array([WEST, SOUTH])
quick = settings(deadline=None, max_examples=60)  # the first call compiles


def index_of(shapes: list[shapely.Geometry]) -> TilingIndex:
    """An index whose ids are the places in the list, and whose codes sort the same."""
    listed = np.array(shapes, dtype=object)
    return TilingIndex.build(
        listed, [f"{n:06}" for n in range(len(listed))], range(len(listed)), STAMP
    )


def polygon(*corners: tuple[int, int]) -> shapely.Polygon:
    """Corners in lattice units from WEST, SOUTH."""
    return shapely.Polygon((np.array(corners) + ORIGIN) / 1e7)


def square(west: int, south: int, side: int) -> shapely.Polygon:
    return polygon(
        (west, south), (west + side, south), (west + side, south + side), (west, south + side)
    )


def who(index: TilingIndex, *places: tuple[int, int]) -> list[int]:
    at = (np.array(places) + ORIGIN) / 1e7
    return index.locate(at[:, 0], at[:, 1]).tolist()


def test_points_of_a_tiling_go_where_geos_puts_them():
    random = np.random.default_rng(11)
    grids = tiling(25, 25)
    lon, lat = hard_places(grids, 30_000, random)
    found = index_of(list(grids)).locate(lon, lat)
    assert np.count_nonzero(found != by_geos(grids, lon, lat)) == 0


@pytest.mark.prove
def test_ten_million_points_go_where_geos_puts_them():
    random = np.random.default_rng(12)
    grids = tiling(255, 255)
    index = index_of(list(grids))
    for _ in range(10):
        lon, lat = hard_places(grids, 250_000, random)
        assert np.count_nonzero(index.locate(lon, lat) != by_geos(grids, lon, lat)) == 0


# ---- towns drawn by chance --------------------------------------------------------------------


@st.composite
def towns(draw: st.DrawFn) -> list[shapely.Geometry]:
    """Regions made of the triangles of one or two crooked nets: holes, parts, gaps, overlaps."""
    unit = draw(st.sampled_from([6, 9, 40, 30_000]))
    shapes: list[shapely.Geometry] = []
    for _ in range(draw(st.integers(1, 2))):
        shapes += _of_net(draw, unit)
    return shapes


def _of_net(draw: st.DrawFn, unit: int) -> list[shapely.Geometry]:
    across, up = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    moved = st.integers(-(unit // 5), unit // 5)
    nodes = {
        (i, j): (i * unit + draw(moved), j * unit + draw(moved))
        for i in range(across + 1)
        for j in range(up + 1)
    }
    parts: dict[int, list[shapely.Polygon]] = {}
    for i in range(across):
        for j in range(up):
            low, east, far, north = (
                nodes[i + a, j + b] for a, b in ((0, 0), (1, 0), (1, 1), (0, 1))
            )
            for corners in ((low, east, far), (low, far, north)):
                parts.setdefault(draw(st.integers(0, 4)), []).append(polygon(*corners))
    parts.pop(0, None)  # nobody's land
    return [shapely.coverage_union_all(some) for some in parts.values()]


def _window(shapes: list[shapely.Geometry]) -> tuple[np.ndarray, np.ndarray]:
    """Every lattice place of a small town and a rim around it; of a large one, hard places."""
    west, south, east, north = np.rint(np.array(shapely.total_bounds(shapes)) * 1e7).astype(int)
    if (east - west) * (north - south) > 40_000:
        return hard_places(np.array(shapes, dtype=object), 500, np.random.default_rng(1))
    x, y = np.meshgrid(np.arange(west - 2, east + 3), np.arange(south - 2, north + 3))
    return x.ravel() / 1e7, y.ravel() / 1e7


def _agrees(shapes: list[shapely.Geometry]) -> bool:
    if not shapes:
        return True
    lon, lat = _window(shapes)
    found = index_of(shapes).locate(lon, lat)
    return np.array_equal(found, by_geos(np.array(shapes, dtype=object), lon, lat))


@settings(max_examples=30, deadline=None)
@given(towns())
def test_every_lattice_place_of_any_town_goes_where_geos_puts_it(shapes):
    assert _agrees(shapes)


@pytest.mark.prove
@settings(max_examples=1000, deadline=None)
@given(towns())
def test_every_lattice_place_of_a_thousand_towns_goes_where_geos_puts_it(shapes):
    assert _agrees(shapes)


def test_a_hole_belongs_to_whoever_lies_in_it_or_to_nobody():
    ring = square(0, 0, 100).difference(square(20, 20, 20)).difference(square(60, 60, 20))
    index = index_of([ring, square(20, 20, 20)])
    assert who(index, (10, 10), (30, 30), (70, 70), (20, 30)) == [0, 1, NOBODY, 0]


def test_where_regions_overlap_the_lowest_wins_and_gaps_are_nobodys():
    index = index_of([square(50, 0, 100), square(0, 0, 100), square(400, 0, 50)])
    assert who(index, (10, 10), (75, 50), (149, 50), (200, 50), (425, 25)) == [1, 0, 0, NOBODY, 2]


def test_a_hundred_regions_that_meet_in_a_point_are_told_apart():
    rim = [
        (
            round(4000 * math.cos(2 * math.pi * k / 100)),
            round(4000 * math.sin(2 * math.pi * k / 100)),
        )
        for k in range(101)
    ]
    fan = [polygon((0, 0), rim[k], rim[(k + 1) % 100]) for k in range(100)]
    lon, lat = hard_places(np.array(fan, dtype=object), 2000, np.random.default_rng(4))
    assert np.array_equal(
        index_of(fan).locate(lon, lat), by_geos(np.array(fan, dtype=object), lon, lat)
    )


def _strip(west: int, width: int, lift: int) -> shapely.Polygon:
    east, far = west + width, 9000
    return polygon((west, 0), (east, lift), (east + far, 11_001), (west + far, 11_001 + lift))


@pytest.mark.parametrize("width", [1, 2, 5])
def test_slivers_a_unit_or_two_wide_are_told_apart(width):
    """A slanting bundle of strips a few units wide and 140 m long, with gaps between some."""
    strips = [_strip(n * width, width, n % 3) for n in range(60) if n % 7]
    listed = np.array([one for one in strips if one.is_valid], dtype=object)
    assert len(listed) > 30
    lon, lat = hard_places(listed, 3000, np.random.default_rng(6))
    assert np.array_equal(index_of(list(listed)).locate(lon, lat), by_geos(listed, lon, lat))


def test_long_edges_are_exact_too():
    random = np.random.default_rng(5)
    wide = [
        shapely.Polygon(np.round(random.uniform([73, 4], [135, 54], (3, 2)), 7)) for _ in range(30)
    ]
    listed = np.array(wide, dtype=object)
    lon, lat = hard_places(listed, 4000, random)
    assert np.array_equal(index_of(wide).locate(lon, lat), by_geos(listed, lon, lat))


def test_codes_are_compared_byte_by_byte_then_ids():
    same = np.array([square(0, 0, 50)] * 4, dtype=object)
    by_code = TilingIndex.build(same, ["北", "a", "B", "é"], [1, 2, 3, 4], STAMP)
    by_id = TilingIndex.build(same, ["A", "A", "A", "A"], [40, 20, 30, 10], STAMP)
    assert who(by_code, (10, 10)) == [3]
    assert who(by_id, (10, 10)) == [10]


def test_places_outside_or_without_numbers_are_nobodys():
    index = index_of([square(0, 0, 50)])
    lon = np.array([np.nan, np.inf, -np.inf, 1e300, -180.0, 106.5, 106.5])
    lat = np.array([29.5, 29.5, 29.5, 29.5, -90.0, np.nan, 29.5])
    assert index.locate(lon, lat).tolist() == [NOBODY] * 6 + [0]


def test_one_place_alone_has_the_owner_it_has_among_many():
    fan = [square(n * 30, n * 20, 50) for n in range(6)]
    lon, lat = hard_places(np.array(fan, dtype=object), 500, np.random.default_rng(6))
    lon, lat = np.append(lon, [np.nan, np.inf, lon[0]]), np.append(lat, [lat[0], lat[0], np.nan])
    index = index_of(fan)
    alone = [index.locate_one(x, y) for x, y in zip(lon.tolist(), lat.tolist(), strict=True)]
    assert alone == index.locate(lon, lat).tolist()


def test_an_index_of_nothing_knows_nobody():
    nothing = index_of([])
    empty = index_of([shapely.MultiPolygon()])
    assert who(nothing, (0, 0)) == who(empty, (0, 0)) == [NOBODY]
    assert len(nothing.locate(np.empty(0), np.empty(0))) == 0


def test_places_are_rounded_to_the_lattice_first():
    index = index_of([square(0, 0, 50)])
    lon, lat = WEST / 1e7, SOUTH / 1e7
    outside_by = np.array([0.0, 0.4e-7, 0.6e-7])
    assert index.locate(lon - outside_by, np.full(3, lat)).tolist() == [0, 0, NOBODY]


def test_shapes_without_a_code_are_refused():
    with pytest.raises(BadInput, match="tiling_lengths"):
        TilingIndex.build(np.array([square(0, 0, 5)], dtype=object), [], [1], STAMP)


def test_edges_longer_than_the_arithmetic_are_refused():
    with pytest.raises(BadInput, match="tiling_too_large"):
        index_of([shapely.box(-170, 10, 170, 20)])


# ---- the parts of the kernel, each for itself ----------------------------------------------------

LON, LAT = st.integers(-1_800_000_000, 1_800_000_000), st.integers(-900_000_000, 900_000_000)


@quick
@given(LON, LAT, LON, LAT, LON, st.floats(0, 1))
def test_a_turn_in_whole_numbers_is_the_true_one_wherever_it_is_certain(ax, ay, bx, by, px, at):
    py = round(ay + (by - ay) * at)
    if ay == by or not min(ay, by) <= py <= max(ay, by):
        return
    true = (bx - ax) * (py - ay) - (by - ay) * (px - ax)
    if abs(true) > abs(bx - ax) + abs(by - ay):
        assert turn_of(ax, ay, bx, by, px, py) == (1 if true > 0 else -1)


@quick
@given(st.integers(2, 1 << 20), st.integers(-3000, 3000), st.integers(1, 3000), st.integers(-1, 1))
def test_a_turn_near_the_line_is_that_of_the_doubles(parts, dx, dy, aside):
    ax, ay = WEST, SOUTH
    bx, by = ax + dx * parts, ay + dy * parts
    px, py = ax + dx * (parts // 2) + aside, ay + dy * (parts // 2)
    a, b, c, d, p, q = (Fraction(n / 1e7) for n in (ax, ay, bx, by, px, py))
    true = (c - a) * (q - b) - (d - b) * (p - a)
    if not min(ax, bx) <= px <= max(ax, bx):
        return
    assert turn_of(ax, ay, bx, by, px, py) in {(true > 0) - (true < 0), 0}


def test_a_turn_that_rounds_to_nothing_is_on_the_line_as_in_postgis():
    assert turn_of_doubles(106.5, 29.5, 106.6, 29.6, 106.55, 29.55) == 0
    assert turn_of_doubles(106.5, 29.5, 106.5, 29.6, 106.50000000000001, 29.55) == -1
    assert turn_of_doubles(106.5, 29.5, 106.5, 29.6, 106.49999999999999, 29.55) == 1


@quick
@given(
    LON,
    LAT,
    st.integers(-(1 << 30), 1 << 30),
    st.integers(1, 1 << 30),
    st.floats(0, 1),
    st.floats(-0.1, 1.1),
)
def test_a_corner_of_a_cell_is_right_of_an_edge_when_it_truly_is(ax, ay, dx, dy, up, along):
    bottom, left = ay + math.ceil(dy * up), ax + round(dx * along)
    if not ay < bottom <= ay + dy:
        return
    crossing = ax + Fraction(dx * (2 * (bottom - ay) - 1), 2 * dy)
    assert right_of(ax, ay, ax + dx, ay + dy, left, bottom) == (left - Fraction(1, 2) > crossing)


@quick
@given(
    st.integers(0, 2000),
    st.integers(0, 500),
    st.integers(0, 2000),
    st.integers(1, 500),
    st.integers(4, 7),
)
def test_no_cell_that_an_edge_touches_is_left_out(ax, ay, bx, dy, bits):
    by = ay + dy
    frame = np.array([0, 0, bits, bits, 200, 200], np.int64)
    columns = np.arange(200)
    for row in range(ay >> bits, (by >> bits) + 1):
        west, south = (columns << bits) - 0.5, (row << bits) - 0.5
        cells = shapely.box(west, south, west + (1 << bits), south + (1 << bits))
        touched = columns[shapely.intersects(cells, shapely.LineString([(ax, ay), (bx, by)]))]
        first, last = columns_of(ax, ay, bx, by, row, frame)
        assert first <= touched.min()
        assert touched.max() <= last


SMALL = st.integers(-6, 6)


def written(run: list[tuple[int, int]], *, wide: bool) -> tuple[np.ndarray, int]:
    """The words of a run's corners, and its head."""
    if wide:
        return np.array(run, np.int32).ravel(), len(run) * COUNT + WIDE
    return np.array([(x & 0xFFFF) | (y << 16) for x, y in run], np.int32), len(run) * COUNT


@quick
@given(st.lists(st.tuples(SMALL, SMALL), min_size=2, max_size=8), SMALL, SMALL)
def test_the_quick_side_of_a_run_is_the_careful_one_unless_in_doubt(run, px, py):
    narrow, head = written(run, wide=False)
    wide, wide_head = written(run, wide=True)
    careful = side_of_run(narrow, 0, head, px, py, WEST, SOUTH)
    assert side_of_run(wide, 0, wide_head, px, py, WEST, SOUTH) == careful
    assert quick_side_of_run(narrow, 0, head, px, py) in {careful, IN_DOUBT}


def test_far_from_every_edge_the_quick_side_is_never_in_doubt():
    stream, head = written([(0, 0), (900, 1000), (0, 2000)], wide=False)
    assert [quick_side_of_run(stream, 0, head, px, 700) for px in (100, 800)] == [OUT, IN]


@quick
@given(st.integers(-ROOM, ROOM - 1), st.integers(-ROOM, ROOM - 1))
def test_a_corner_comes_back_from_its_word(x, y):
    for wide in (False, True):
        stream, head = written([(0, 0), (x, y)], wide=wide)
        assert corner_of(stream, 0, head, 1) == (x, y)
        assert words_of_run(head) == 2 + len(stream)


@quick
@given(st.lists(st.sampled_from([(0, 1), (1, 0), (1, 2), (2, 1), (2, 0), (0, 2)]), max_size=8))
def test_edges_are_paired_when_as_many_run_back_as_there(ends):
    places = [(0, 0), (5, 1), (2, 7)]
    corners = np.array([(*places[n], 0) for edge in ends for n in edge], np.int32).reshape(-1, 3)
    some = np.arange(0, len(corners), 2, dtype=np.int32)
    there, back = Counter(ends), Counter(edge[::-1] for edge in ends)
    assert paired(corners, some) == (there == back)
