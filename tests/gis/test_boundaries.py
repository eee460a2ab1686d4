import time
from dataclasses import replace

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon, Polygon, box

from gis.boundaries import faults
from gis.coordinates import area_m2, metres_per_degree, to_lattice
from gis.model import BoundaryRow, FaultKind
from tests.sketch import sketch

SQUARE_M2 = area_m2(box(106.50, 29.50, 106.51, 29.51))[0]
METRE = 1 / metres_per_degree(29.5)[1]  # of latitude, in degrees


def judged(rows, *, parents=None, overlay=False, needs_parent=False, tolerance_m2=1.0):
    return faults(
        rows,
        level_is_overlay=overlay,
        parents=parents or {},
        needs_parent=needs_parent,
        tolerance_m2=tolerance_m2,
    )


def stopping(found):
    return [(fault.kind.value, fault.codes) for fault in found if not fault.tolerated]


def notes(found):
    return [(fault.kind.value, fault.codes) for fault in found if fault.tolerated]


def region(row, code, *shapes, parent=None):
    return BoundaryRow(row, code, "", parent, MultiPolygon(list(shapes)))


def whole(drawing):
    """The shape of everything in a drawing, as a parent has it."""
    joined = shapely.union_all([row.shape for row in sketch(drawing)])
    return MultiPolygon([joined]) if joined.geom_type == "Polygon" else joined


TOWN = """A A B
          A C B"""


# ---- codes and parents --------------------------------------------------------------------------


def test_a_sound_town_has_no_fault():
    assert judged(sketch(TOWN)) == []


def test_missing_and_double_codes_are_told_with_all_their_rows():
    rows = [BoundaryRow(n, code) for n, code in enumerate(["A", "", "B", "A", "", "A"], start=1)]
    found = judged(rows)
    assert [(f.kind, f.codes, f.rows) for f in found] == [
        (FaultKind.MISSING_CODE, (), (2, 5)),
        (FaultKind.DOUBLE_CODE, ("A",), (1, 4, 6)),
    ]


def test_unknown_and_missing_parents_are_told():
    rows = [
        BoundaryRow(1, "a", parent_code="P"),
        BoundaryRow(2, "b", parent_code="Q"),
        BoundaryRow(3, "c"),
        BoundaryRow(4, "d", parent_code="Q"),
    ]
    assert [(f.kind, f.codes, f.rows) for f in judged(rows, parents={"P": None})] == [
        (FaultKind.UNKNOWN_PARENT, ("Q",), (2, 4))
    ]
    missing = judged(rows, parents={"P": None, "Q": None}, needs_parent=True)
    assert [(f.kind, f.codes, f.rows) for f in missing] == [
        (FaultKind.MISSING_PARENT, ("c",), (3,))
    ]


# ---- shapes -------------------------------------------------------------------------------------


def test_a_shape_that_crosses_itself_is_told_with_the_place():
    bow_tie = Polygon([(106.5, 29.5), (106.52, 29.52), (106.52, 29.5), (106.5, 29.52)])
    (fault,) = judged([region(7, "X", bow_tie)])
    assert (fault.kind, fault.rows, fault.detail) == (
        FaultKind.INVALID_SHAPE,
        (7,),
        "Self-intersection",
    )
    assert (fault.lon, fault.lat) == pytest.approx((106.51, 29.51))


def test_an_empty_shape_is_told():
    assert stopping(judged([BoundaryRow(1, "X", shape=MultiPolygon())])) == [
        ("empty_shape", ("X",))
    ]


@pytest.mark.parametrize(
    "corners",
    [(362000, 3271000, 363000, 3272000), (0.00095, 0.00026, 0.00096, 0.00027), (0, 0, 0, 0)],
)
def test_coordinates_that_are_nowhere_are_told_once_for_all_rows(corners):
    rows = [region(1, "A", box(*corners)), region(2, "B", box(*corners))]
    wrong = [fault for fault in judged(rows, overlay=True) if fault.kind is FaultKind.WRONG_CRS]
    assert [fault.rows for fault in wrong] == [(1, 2)]


def test_a_place_outside_china_is_a_note():
    found = judged([region(1, "M1", box(-74, 40.7, -73.9, 40.8))])
    assert (stopping(found), notes(found)) == ([], [("far_away", ("M1",))])


# ---- overlaps -----------------------------------------------------------------------------------


def test_an_overlap_is_told_with_both_regions_its_size_and_a_place_in_it():
    rows = [*sketch("A A ."), replace(sketch(". . B B")[0], row=9)]
    rows[1] = replace(rows[1], shape=MultiPolygon([box(106.51, 29.50, 106.53, 29.51)]))
    (fault,) = judged(rows)
    assert (fault.kind, fault.codes, fault.rows) == (FaultKind.OVERLAP, ("A", "B"), (1, 9))
    assert fault.m2 == pytest.approx(SQUARE_M2)
    assert box(106.51, 29.50, 106.52, 29.51).contains(shapely.Point(fault.lon, fault.lat))
    assert judged(rows, overlay=True) == []


@pytest.mark.parametrize(
    ("inner", "also"),
    [
        (box(106.503, 29.503, 106.506, 29.506), []),  # an island laid over its sea
        (box(106.50, 29.50, 106.51, 29.51), []),  # the very same shape
        (box(106.50, 29.50, 106.505, 29.51), []),  # one half of it
        (box(106.503, 29.503, 106.506, 29.506), [box(107, 29, 107.1, 29.1)]),  # of several parts
    ],
)
def test_a_region_inside_another_overlaps_it(inner, also):
    rows = [region(1, "A", box(106.50, 29.50, 106.51, 29.51)), region(2, "B", inner, *also)]
    (fault,) = judged(rows)
    assert (fault.kind, fault.codes) == (FaultKind.OVERLAP, ("A", "B"))
    assert fault.m2 == pytest.approx(area_m2(inner)[0])


def test_an_island_in_the_hole_of_another_region_is_no_overlap():
    island = box(106.503, 29.503, 106.506, 29.506)
    sea = box(106.50, 29.50, 106.51, 29.51).difference(island)
    assert judged([region(1, "A", sea), region(2, "B", island)]) == []


def test_three_regions_on_one_place_are_three_overlaps():
    same = box(106.50, 29.50, 106.51, 29.51)
    found = judged([region(n, code, same) for n, code in enumerate("ABC", start=1)])
    assert stopping(found) == [
        ("overlap", ("A", "B")),
        ("overlap", ("A", "C")),
        ("overlap", ("B", "C")),
    ]


@pytest.mark.parametrize(
    ("wide_m", "high_m", "told"),
    [
        (0.5, 0.01, "nothing"),
        (0.5, 0.5, "note"),  # 0.25 m²
        (2, 2, "stop"),  # 4 m²
        (300, 0.1, "note"),  # 30 m² but 10 cm wide
        (300, 0.5, "stop"),
    ],
)
def test_small_or_thin_overlaps_are_told_and_tolerated(wide_m, high_m, told):
    """A and B share an edge; B reaches over it along `wide_m` by `high_m`."""
    below = box(106.50, 29.50, 106.51, 29.51)
    tooth = box(106.503, 29.51 - high_m * METRE, 106.503 + wide_m * METRE * 1.148, 29.511)
    above = box(106.50, 29.51, 106.51, 29.52).union(tooth)
    found = judged([region(1, "A", below), region(2, "B", above)])
    assert (stopping(found), notes(found)) == {
        "stop": ([("overlap", ("A", "B"))], []),
        "note": ([], [("overlap", ("A", "B"))]),
        "nothing": ([], []),
    }[told]


def test_the_tolerance_decides_what_stops():
    below, above = box(106.50, 29.50, 106.51, 29.5103), box(106.50, 29.51, 106.51, 29.52)
    rows = [region(1, "A", below), region(2, "B", above)]
    m2 = judged(rows)[0].m2
    assert stopping(judged(rows, tolerance_m2=m2 * 0.99)) == [("overlap", ("A", "B"))]
    assert stopping(judged(rows, tolerance_m2=m2 * 1.01)) == []


def test_regions_that_meet_at_a_t_with_other_vertices_do_not_overlap():
    left, right = box(106.50, 29.50, 106.51, 29.51), box(106.51, 29.5, 106.52, 29.505)
    upper = box(106.51, 29.505, 106.52, 29.51)
    assert judged([region(1, "A", left), region(2, "B", right), region(3, "C", upper)]) == []


# ---- gaps ---------------------------------------------------------------------------------------


def children(drawing, parents):
    return sketch(drawing, parents=parents)


def test_ground_of_the_parent_that_no_child_has_is_a_gap():
    rows = children(
        """A A B
           A . B""",
        dict.fromkeys("AB", "P"),
    )
    (fault,) = judged(rows, parents={"P": whole(TOWN)})
    assert (fault.kind, fault.codes, fault.rows) == (FaultKind.GAP, ("P",), ())
    assert fault.m2 == pytest.approx(SQUARE_M2)
    assert box(106.51, 29.50, 106.52, 29.51).contains(shapely.Point(fault.lon, fault.lat))
    assert judged(rows, parents={"P": whole(TOWN)}, overlay=True) == []


def test_two_gaps_are_two_faults():
    rows = children("A . A . A", {"A": "P"})
    found = judged(rows, parents={"P": whole("A A A A A")})
    assert stopping(found) == [("gap", ("P",)), ("gap", ("P",))]
    assert len({fault.lon for fault in found}) == 2


def test_ground_of_a_parent_that_a_neighbours_child_has_is_no_gap_but_lies_outside_its_parent():
    """Layers drawn apart: the border between P and Q runs elsewhere for their children."""
    parents = {"P": whole("A A . ."), "Q": whole(". . B B")}
    border = 106.52 - 0.001
    rows = [
        region(1, "A", box(106.50, 29.50, border, 29.51), parent="P"),
        region(2, "B", box(border, 29.50, 106.54, 29.51), parent="Q"),
    ]
    found = judged(rows, parents=parents)
    assert (stopping(found), notes(found)) == ([], [("outside_parent", ("B",))])
    assert found[0].detail == "4.8%"


def test_a_region_with_a_wrong_parent_code_is_outside_its_parent():
    parents = {"P": whole("A A . ."), "Q": whole(". . B B")}
    rows = children("A A B B", {"A": "P", "B": "P"})
    (fault,) = judged(rows, parents=parents)
    assert (fault.kind, fault.codes, fault.rows) == (FaultKind.OUTSIDE_PARENT, ("B",), (2,))
    assert fault.m2 == pytest.approx(2 * SQUARE_M2)
    assert fault.detail == "100.0%"


def test_a_parent_without_children_here_is_not_asked_for():
    parents = {"P": whole("A A . ."), "Q": whole(". . B B")}
    assert judged(children("A A", {"A": "P"}), parents=parents) == []


def ring_of(hole):
    return [region(1, "A", box(106.50, 29.50, 106.51, 29.51).difference(hole))]


def test_a_wide_hole_under_no_parents_shape_is_a_note_and_a_narrow_one_a_fault():
    lake = box(106.503, 29.503, 106.506, 29.506)
    slit = box(106.503, 29.503, 106.506, 29.503 + 0.8 * METRE)
    hair = box(106.503, 29.503, 106.506, 29.503 + 0.1 * METRE)

    assert notes(judged(ring_of(lake))) == [("gap", ())]
    assert stopping(judged(ring_of(lake))) == []
    assert stopping(judged(ring_of(slit))) == [("gap", ())]
    assert stopping(judged(ring_of(hair))) == []
    assert judged(ring_of(lake), parents={"P": None})[0].m2 == pytest.approx(area_m2(lake)[0])


def test_a_hole_closed_by_several_regions_is_found():
    found = judged(
        sketch("""A A B
                  A . B
                  C C C""")
    )
    assert notes(found) == [("gap", ())]


def test_holes_are_looked_for_only_where_no_parent_has_a_shape():
    drawing = """A A B B
                 A . B .
                 A A B B"""
    found = judged(
        children(drawing, {"A": "P", "B": "Q"}), parents={"P": None, "Q": whole(". . B\n. . .")}
    )
    assert ("gap", ()) in notes(found)
    assert ("gap", ("P",)) not in stopping(found)


# ---- order, broken neighbours, no shapes --------------------------------------------------------


def test_what_stops_comes_before_notes():
    rows = [
        region(1, "A", box(-74, 40.7, -73.9, 40.8)),
        region(2, "B", box(106.50, 29.50, 106.51, 29.51)),
        region(3, "C", box(106.505, 29.50, 106.515, 29.51)),
    ]
    found = judged(rows)
    assert [fault.tolerated for fault in found] == [False, True]


def test_an_invalid_shape_does_not_hide_the_faults_of_its_neighbours():
    bow_tie = Polygon([(106.5, 29.5), (106.52, 29.52), (106.52, 29.5), (106.5, 29.52)])
    same = box(106.53, 29.5, 106.54, 29.51)
    rows = [region(1, "X", bow_tie), region(2, "A", same), region(3, "B", same)]
    assert stopping(judged(rows)) == [("invalid_shape", ("X",)), ("overlap", ("A", "B"))]


def test_a_code_list_is_judged_by_its_codes_alone():
    rows = [BoundaryRow(1, "a", parent_code="P"), BoundaryRow(2, "b", parent_code="P")]
    assert judged(rows, parents={"P": whole(TOWN)}, needs_parent=True) == []
    assert judged([]) == []


# ---- in general and in large --------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.lists(st.sampled_from("ABCDEF."), min_size=4, max_size=4), min_size=4, max_size=4
    ).filter(lambda lines: any(c != "." for line in lines for c in line))
)
def test_any_drawing_is_a_sound_tiling_and_its_dots_are_its_gaps(lines):
    drawing = "\n".join(" ".join(line) for line in lines)
    rows = children(drawing, dict.fromkeys("ABCDEF", "P"))
    square = whole("\n".join(["X X X X"] * 4))
    found = judged(rows, parents={"P": square})

    dots = sum(c == "." for line in lines for c in line)
    assert {fault.kind for fault in found} <= {FaultKind.GAP}
    assert sum(fault.m2 for fault in found) == pytest.approx(dots * SQUARE_M2, rel=1e-3)


def wiggly_town(high, wide, vertices, *, seed=1, step=0.004):
    """`high` × `wide` regions like a real tiling: every shared edge has the same vertices."""
    rng = np.random.default_rng(seed)
    corners = np.stack(np.meshgrid(np.arange(wide + 1), np.arange(high + 1)), -1).astype(float)
    corners += rng.uniform(-0.15, 0.15, corners.shape)
    along = np.linspace(0, 1, vertices + 2)

    def lines(start, end):
        across = np.stack([-(end - start)[..., 1], (end - start)[..., 0]], -1)
        wiggle = rng.uniform(-0.3, 0.3, (*start.shape[:-1], vertices + 2))
        wiggle *= np.minimum(along, 1 - along)
        straight = start[..., None, :] + (end - start)[..., None, :] * along[:, None]
        return straight + wiggle[..., None] * across[..., None, :]

    rows = lines(corners[:, :-1], corners[:, 1:])
    columns = lines(corners[:-1], corners[1:])
    rings = np.concatenate(
        [
            rows[:-1],
            columns[:, 1:][:, :, 1:],
            rows[1:][:, :, ::-1][:, :, 1:],
            columns[:, :-1][:, :, ::-1][:, :, 1:],
        ],
        axis=2,
    )
    shapes = shapely.polygons(to_lattice(rings * step + [106.0, 29.0]).reshape(high * wide, -1, 2))
    return [
        region(n + 1, f"g{n:06d}", shape, parent=f"p{n // wide // 5:03d}{n % wide // 5:03d}")
        for n, shape in enumerate(shapes)
    ]


def families(rows):
    shapes = {}
    for row in rows:
        shapes.setdefault(row.parent_code, []).append(row.shape)
    unions = {code: shapely.coverage_union_all(family) for code, family in shapes.items()}
    return {
        code: MultiPolygon([union]) if union.geom_type == "Polygon" else union
        for code, union in unions.items()
    }


def test_of_900_wiggly_regions_only_the_one_moved_and_the_one_lost_are_found():
    rows = wiggly_town(30, 30, 36)
    parents = families(rows)
    assert judged(rows, parents=parents, needs_parent=True) == []

    moved = shapely.transform(rows[444].shape, lambda xy: to_lattice(np.add(xy, [0.0008, 0.0])))
    rows[444] = replace(rows[444], shape=moved)
    del rows[100]
    found = judged(rows, parents=parents, needs_parent=True)

    assert {code for fault in found for code in fault.codes if fault.kind is FaultKind.OVERLAP} >= {
        "g000444",
        "g000445",
    }
    gaps = [fault for fault in found if fault.kind is FaultKind.GAP and not fault.tolerated]
    assert max(gaps, key=lambda fault: fault.m2).codes == ("p000002",)
    assert all(fault.rows[0] == 445 or 445 in fault.rows for fault in found if fault.rows)


@pytest.mark.prove
def test_65_000_regions_of_150_vertices_are_judged_in_a_minute_of_processor_time():
    rows = wiggly_town(255, 255, 36)
    parents = families(rows)
    start = time.process_time()
    assert judged(rows, parents=parents, needs_parent=True) == []
    assert time.process_time() - start < 60
