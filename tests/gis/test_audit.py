"""The audit of boundaries: what is wrong is found, and what is right stays unnamed."""

from __future__ import annotations

import resource
import time
from dataclasses import replace

import pytest
import shapely
from shapely import MultiPolygon, Polygon, box

from gis.audit import audit, counts
from gis.model import BoundaryRow, Fault, FaultKind, Level
from gis.repairs import Mender
from tests.gis.test_boundaries import families, wiggly_town
from tests.sketch import sketch

GRID = Level(6, "grid", "网格", 6000, "community", overlay=False)
COMMUNITY = Level(5, "community", "社区", 5000, "subdistrict", overlay=False)
METRE = 1e-5  # degrees of latitude, roughly; less of longitude


def town(drawing: str, **names: str) -> list[BoundaryRow]:
    letters = {one for one in drawing if one.isalnum()}
    return sketch(drawing, parents=dict.fromkeys(letters, "P"), names=names)


def whole(rows: list[BoundaryRow]) -> dict[str, MultiPolygon | None]:
    ground = shapely.union_all([row.shape for row in rows])
    return {"P": MultiPolygon(list(shapely.get_parts(ground)))}


def kinds(found: list[Fault]) -> list[FaultKind]:
    return [one.kind for one in found]


def shifted(row: BoundaryRow, by_deg: float) -> BoundaryRow:
    """The region, its western edge moved to the east."""
    west, south, east, north = row.shape.bounds
    return replace(row, shape=MultiPolygon([box(west + by_deg, south, east, north)]))


def test_holes_enclaves_and_several_parts_are_right():
    rows = town("A A A A\nA B A C\nA A A A\n. . . .\nC . . .")
    found = audit(rows, GRID, {"P": None})
    assert [(one.kind, one.codes, one.tolerated) for one in found] == [
        (FaultKind.DETACHED, ("C",), True)
    ]


def test_the_same_ground_twice_is_told_as_such():
    first = town("A B")
    rows = [*first, replace(first[1], row=3, code="C")]
    (found,) = audit(rows, GRID, whole(first))
    assert (found.kind, found.codes) == (FaultKind.DUPLICATE_SHAPE, ("B", "C"))


def test_a_sliver_of_a_region_is_found_with_its_ground():
    rows = town("A B")
    strip = box(106.53, 29.50, 106.53 + METRE, 29.51)
    rows[0] = replace(rows[0], shape=MultiPolygon([*rows[0].shape.geoms, strip]))
    found = [one for one in audit(rows, GRID, {"P": None}) if one.kind is FaultKind.SLIVER]
    assert [one.codes for one in found] == [("A",)]
    assert found[0].ground.equals(strip)
    assert found[0].m2 == pytest.approx(1074, rel=0.01)


@pytest.mark.parametrize(
    ("name", "kind", "note"),
    [
        ("滨江　社区", FaultKind.NAME_BLANKS, False),
        (" 滨江社区", FaultKind.NAME_BLANKS, False),
        ("滨江  社区", FaultKind.NAME_BLANKS, False),
        ("滨江\u200b社区", FaultKind.NAME_BLANKS, False),
        ("12", FaultKind.NAME_DIGITS, False),
        ("滨江社区滨江社区", FaultKind.NAME_DOUBLED, False),
        ("滨江社区（东", FaultKind.NAME_BRACKETS, False),
        ("滨江社区（东）", FaultKind.NAME_BRACKETS, True),
        ("滨江\ufffd区", FaultKind.NAME_LETTERS, False),
        ("", FaultKind.MISSING_NAME, False),
        ("东社区", FaultKind.SAME_NAME, False),
    ],
)
def test_stray_marks_in_names_are_found(name, kind, note):
    rows = town("A B", A="东社区", B=name)
    found = audit(rows, GRID, whole(rows))
    assert [(one.kind, one.tolerated) for one in found] == [(kind, note)]
    assert "B" in found[0].codes


def test_sound_names_and_namesakes_under_other_parents_are_not_told():
    rows = town("A B C", A="第一网格", B="1号网格", C="第一网格")
    rows[2] = replace(rows[2], parent_code="Q")
    parents = whole(rows[:2]) | {"Q": rows[2].shape}
    assert audit(rows, GRID, parents) == []


def test_codes_unlike_their_level_are_told_where_most_follow_the_national_form():
    codes = ("500199001001", "500199001002", "5001990010O3", "500199002004")
    rows = [
        replace(row, code=code, parent_code="500199001000")
        for row, code in zip(town("A B C D"), codes, strict=True)
    ]
    parents = {"500199001000": whole(rows)["P"]}
    found = audit(rows, COMMUNITY, parents)
    assert [(one.kind, one.codes[0], one.tolerated) for one in found] == [
        (FaultKind.CODE_FORM, "5001990010O3", False),
        (FaultKind.CODE_PREFIX, "500199002004", True),
    ]
    assert audit(town("A B"), COMMUNITY, whole(town("A B"))) == [], "codes of another kind"


def test_counts_are_by_kind_faults_apart_from_notes():
    rows = town("A B", A="东（西）", B="1")
    assert counts(audit(rows, GRID, whole(rows))) == {
        FaultKind.NAME_BRACKETS: (0, 1),
        FaultKind.NAME_DIGITS: (1, 0),
    }


# ---- repairs ------------------------------------------------------------------------------------


def repaired(rows: list[BoundaryRow], parents) -> tuple[list[BoundaryRow], list]:
    mender, taken = Mender(rows, parents), []
    for fault in audit(rows, GRID, parents):
        repair = mender.propose(fault)
        if repair is not None and not fault.tolerated:
            mender.take(repair)
            taken.append(repair)
    return mender.rows, taken


def test_a_narrow_gap_goes_to_the_neighbour_with_the_longest_common_edge():
    rows = town("A B\nA C")
    parents = whole(rows)
    rows[1], rows[2] = (shifted(row, METRE) for row in rows[1:])
    mended, (repair,) = repaired(rows, parents)
    assert (repair.to, repair.parted) == ("A", ())
    assert repair.m2 == pytest.approx(2 * 1074, rel=0.01)
    assert audit(mended, GRID, parents) == []


def test_of_a_narrow_overlap_the_lower_code_keeps_the_ground():
    rows = town("A B")
    parents = whole(rows)
    rows[1] = shifted(rows[1], -METRE)
    mended, (repair,) = repaired(rows, parents)
    assert (repair.to, repair.parted) == ("A", ("B",))
    assert audit(mended, GRID, parents) == []
    assert mended[0].shape.equals(rows[0].shape)


def test_what_reaches_a_little_over_its_parents_line_is_cut_off_there():
    rows = town("A B")
    parents = whole(rows)
    west, south, east, north = rows[1].shape.bounds
    wide = MultiPolygon([box(west, south, east + METRE, north)])
    rows[1] = replace(rows[1], shape=wide)
    (fault,) = audit(rows, GRID, parents)
    repair = Mender(rows, parents).propose(fault)
    assert repair.shapes["B"].bounds == pytest.approx((west, south, east, north))
    assert repair.parted == ("B",)


def test_a_sliver_goes_to_the_neighbour_it_lies_along():
    rows = town("A B C")
    parents = whole(rows)
    west, south, _, north = rows[2].shape.bounds
    strip = box(west, south, west + METRE, north)
    rows[2] = shifted(rows[2], METRE)
    rows[0] = replace(rows[0], shape=MultiPolygon([*rows[0].shape.geoms, strip]))
    mended, (repair,) = repaired(rows, parents)
    assert (repair.to, repair.parted) == ("B", ("A",))
    assert audit(mended, GRID, parents) == []


def test_a_shape_that_crosses_itself_is_put_right_only_while_its_area_stays():
    rows = town("A B")
    ring = [(106.50, 29.50), (106.51, 29.50), (106.51, 29.51), (106.50, 29.51), (106.50, 29.5055)]
    spike = Polygon([*ring, (106.4999999, 29.505), (106.50, 29.5055), (106.50, 29.50)])
    rows[0] = replace(rows[0], shape=MultiPolygon([spike]))
    bow = Polygon([(106.51, 29.50), (106.52, 29.51), (106.52, 29.50), (106.51, 29.51)])
    rows[1] = replace(rows[1], shape=MultiPolygon([bow]))
    found = [one for one in audit(rows, GRID, {"P": None}) if one.kind is FaultKind.INVALID_SHAPE]
    mender = Mender(rows, {"P": None})
    proposed = {one.codes[0]: mender.propose(one) for one in found}
    assert proposed.pop("A").shapes["A"].is_valid
    assert all(repair is None or repair.m2 == 0.0 for repair in proposed.values())


def test_wide_faults_are_left_to_a_person():
    rows = town("A . B")
    parents = {"P": MultiPolygon([box(106.50, 29.50, 106.53, 29.51)])}
    (gap,) = audit(rows, GRID, parents)
    assert Mender(rows, parents).propose(gap) is None


FIFTY_METRES = 50 * METRE


def of_two_parents(by_deg: float) -> tuple[list[BoundaryRow], dict[str, MultiPolygon | None]]:
    """A in P and B in Q, side by side; of B the western edge is moved."""
    rows = sketch("A B", parents={"A": "P", "B": "Q"})
    parents: dict[str, MultiPolygon | None] = {"P": rows[0].shape, "Q": rows[1].shape}
    rows[1] = shifted(rows[1], by_deg)
    return rows, parents


def test_a_wide_gap_goes_to_the_one_region_whose_parent_it_lies_in():
    rows, parents = of_two_parents(FIFTY_METRES)
    mended, (repair,) = repaired(rows, parents)
    assert (repair.to, repair.parted) == ("B", ())
    assert repair.m2 == pytest.approx(50 * 1074, rel=0.01)
    assert audit(mended, GRID, parents) == []


def test_of_a_wide_overlap_the_region_whose_parent_it_lies_in_keeps_the_ground():
    rows, parents = of_two_parents(-FIFTY_METRES)
    (overlap,) = [one for one in audit(rows, GRID, parents) if one.kind is FaultKind.OVERLAP]
    repair = Mender(rows, parents).propose(overlap)
    assert (repair.to, repair.parted) == ("A", ("B",))
    assert shapely.equals_exact(repair.shapes["B"].envelope, parents["Q"].envelope, 2e-7)


def test_wide_ground_that_is_much_beside_a_region_stays_where_it_is():
    rows, parents = of_two_parents(3 * FIFTY_METRES)
    assert repaired(rows, parents)[1] == []


@pytest.mark.prove
def test_100_000_grids_of_150_vertices_are_audited_in_a_minute_and_3_gib():
    rows = wiggly_town(316, 317, 36)
    parents = families(rows)
    began = time.process_time()
    found = audit(rows, GRID, parents)
    assert [one for one in found if not one.tolerated] == []
    assert time.process_time() - began < 60
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 3 * 1024 * 1024  # KiB
