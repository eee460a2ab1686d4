"""An index patched after a change is, byte for byte, the one that all would be built to anew."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gis import tiling_patch
from gis.tiling_file import LAYOUT
from gis.tiling_index import Stamp, TilingIndex
from tests.tiling import tiling

BEFORE, AFTER = Stamp("grid", 7), Stamp("grid", 8)
ACROSS, UP = 9, 7
GRIDS = tiling(ACROSS, UP, corners=24)


@dataclass
class Town:
    """Regions by id: code, mark and shape. Whatever changes gets a new mark, as from a digest."""

    codes: dict[int, str]
    shapes: dict[int, shapely.Geometry]
    marks: dict[int, int] = field(default_factory=dict)
    asked: list[int] = field(default_factory=list)

    def set(self, region: int, code: str, shape: shapely.Geometry) -> None:
        self.codes[region], self.shapes[region] = code, shape
        self.marks[region] = hash((code, shape.wkb))

    def drop(self, region: int) -> None:
        for held in (self.codes, self.shapes, self.marks):
            held.pop(region, None)

    def shapes_of(self, ids: list[int]) -> np.ndarray:
        self.asked += ids
        shapes = np.empty(len(ids), dtype=object)
        shapes[:] = [self.shapes[number] for number in ids]
        return shapes

    def built(self, stamp: Stamp) -> TilingIndex:
        ids = list(self.codes)
        codes, marks = list(self.codes.values()), [self.marks[number] for number in ids]
        return TilingIndex.build(self.shapes_of(ids), codes, ids, stamp, marks)

    def patched(self, index: TilingIndex) -> TilingIndex | None:
        ids = list(self.codes)
        self.asked = []
        codes, marks = list(self.codes.values()), [self.marks[number] for number in ids]
        return index.renewed(codes, ids, marks, AFTER, self.shapes_of)


def town() -> Town:
    """Numbered from the south-west, row by row; codes run the other way."""
    made = Town({}, {})
    for number, shape in enumerate(GRIDS):
        made.set(number + 100, f"{900 - number}", shape)
    return made


def same(one: TilingIndex, other: TilingIndex) -> bool:
    return one.stamp == other.stamp and all(
        np.array_equal(getattr(one, name), getattr(other, name)) for name in LAYOUT
    )


def inner(place: int) -> int:
    """The id of a grid that is not on the rim, so that the land as a whole stays as it is."""
    column, row = 1 + place % (ACROSS - 2), 1 + place // (ACROSS - 2) % (UP - 2)
    return 100 + row * ACROSS + column


def change(made: Town, kind: str, place: int) -> None:
    """One thing that editions do."""
    region = inner(place)
    if region not in made.shapes:
        made.set(region, f"{place:03}", GRIDS[region - 100])  # it comes back under another code
    elif kind == "drop":
        made.drop(region)
    elif kind == "recode":
        made.set(region, f"{place:03}", made.shapes[region])
    elif kind == "hole":
        hole = made.shapes[region].representative_point().buffer(0.001, quad_segs=2)
        made.set(region, made.codes[region], _cut(made.shapes[region], hole))
    elif kind == "enclave":
        middle = made.shapes[region].representative_point().buffer(0.0005, quad_segs=2)
        made.set(1000 + place, f"{place:03}x", shapely.set_precision(middle, 1e-7))
    elif kind == "overlap":
        made.set(2000 + place, f"{place:03}y", GRIDS[region - 100])
    else:
        merged = shapely.union(made.shapes[region], GRIDS[region - 99])
        made.set(region, made.codes[region], shapely.set_precision(merged, 1e-7))
        made.drop(region + 1)


def _cut(shape: shapely.Geometry, hole: shapely.Geometry) -> shapely.Geometry:
    return shapely.set_precision(shape.difference(hole), 1e-7)


KINDS = st.sampled_from(["drop", "recode", "hole", "enclave", "overlap", "merge"])
CHANGES = st.lists(st.tuples(KINDS, st.integers(0, 34)), min_size=1, max_size=6)


def _patches_are_builds(changes: list[tuple[str, int]]) -> None:
    made = town()
    index = made.built(BEFORE)
    for kind, place in changes:
        change(made, kind, place)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tiling_patch, "MOST", 1.0)  # however much has changed
        patched, built = made.patched(index), made.built(AFTER)
    if patched is None:
        assert not np.array_equal(index.frame, built.frame)
    else:
        assert same(patched, built)


@settings(max_examples=60, deadline=None)
@given(CHANGES)
def test_whatever_changes_the_patched_index_is_the_built_one(changes):
    _patches_are_builds(changes)


@pytest.mark.prove
@settings(max_examples=3000, deadline=None)
@given(CHANGES)
def test_after_three_thousand_changes_the_patched_index_is_the_built_one(changes):
    _patches_are_builds(changes)


@pytest.mark.parametrize("kind", ["drop", "recode", "hole", "enclave", "overlap", "merge"])
def test_a_change_is_patched_and_only_the_land_around_is_asked_for(kind):
    made = town()
    index = made.built(BEFORE)
    change(made, kind, 17)
    patched = made.patched(index)

    assert patched is not None
    assert same(patched, made.built(AFTER))
    assert len(patched.ids) == len(made.codes)
    assert len(set(made.asked[:14])) == len(made.asked[:14]) <= 14


def test_a_patched_index_is_patched_again():
    made = town()
    index = made.built(BEFORE)
    for place in (3, 17, 18, 30):
        change(made, "merge", place)
        index = made.patched(index)
        assert index is not None

    assert same(index, made.built(AFTER))


def test_nothing_changed_is_the_same_index_under_a_new_stamp():
    made = town()
    patched = made.patched(made.built(BEFORE))

    assert patched is not None
    assert same(patched, made.built(AFTER))


def test_much_changed_land_and_other_cells_are_built_anew():
    made = town()
    index = made.built(BEFORE)
    made.set(5000, "000", shapely.box(106, 29, 106.001, 29.001))
    assert made.patched(index) is None
    made = town()
    for place in range(20):
        change(made, "recode", place)
    assert made.patched(index) is None


def test_an_index_without_marks_takes_every_region_for_changed():
    made = town()
    unmarked = TilingIndex.build(
        made.shapes_of(list(made.codes)), list(made.codes.values()), list(made.codes), BEFORE
    )
    assert made.patched(unmarked) is None
    nothing = TilingIndex.build(np.empty(0, dtype=object), [], [], BEFORE)
    assert made.patched(nothing) is None
    assert Town({}, {}).patched(nothing) is not None
