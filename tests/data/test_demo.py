"""The demo's regions: the same from every run, nested, without gap or overlap."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import redirect_stdout
from io import StringIO

import pytest
import shapely

from data.demo import COUNTY, demo_editions
from gis.boundaries import faults
from gis.model import BoundaryRow

FINGERPRINT = """
from datetime import UTC, datetime
from hashlib import sha256
import shapely
from data.demo import demo_city, demo_editions, demo_matters

def told(thing):
    if isinstance(thing, shapely.Geometry):
        return shapely.to_wkb(thing, hex=True)
    if isinstance(thing, list | tuple):
        return [told(one) for one in thing]
    fields = getattr(thing, "__dataclass_fields__", None)
    return [told(getattr(thing, name)) for name in fields] if fields else repr(thing)

city = demo_city()
matters = demo_matters(city, datetime(2026, 11, 22, tzinfo=UTC))
print(sha256(repr(told([city, matters, demo_editions()])).encode()).hexdigest())
"""


def rows(name: str) -> list[BoundaryRow]:
    return next(one for one in demo_editions() if one.name == f"示例·{name}").rows


def by_code(name: str) -> dict[str, BoundaryRow]:
    return {row.code: row for row in rows(name)}


def test_two_runs_give_the_same_bytes_of_everything():
    """One is another process with its own order of hashes, one is this process."""
    other = subprocess.run(
        [sys.executable, "-c", FINGERPRINT],
        env={**os.environ, "PYTHONHASHSEED": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    with redirect_stdout(StringIO()) as here:
        exec(FINGERPRINT, {})
    assert here.getvalue() == other.stdout


def test_every_edition_is_a_tiling_of_the_county():
    whole = rows("区县")[0].shape
    for edition in demo_editions():
        parts = [part for row in edition.rows for part in row.shape.geoms]
        assert shapely.coverage_is_valid(parts)
        assert shapely.equals(shapely.coverage_union_all(parts), whole)


@pytest.mark.parametrize("grids", ["网格 2025", "网格 2026"])
def test_a_community_is_exactly_its_grids_and_a_subdistrict_its_communities(grids):
    for upper, lower in (("社区", grids), ("街道", "社区"), ("区县", "街道")):
        for above in rows(upper):
            inside = [row.shape for row in rows(lower) if row.code.startswith(above.code)]
            assert shapely.equals(shapely.coverage_union_all(inside), above.shape), above.code


def test_the_judge_of_boundaries_finds_nothing_to_say():
    parents = {}
    for edition in demo_editions():
        found = faults(
            edition.rows,
            level_is_overlay=False,
            parents=parents,
            needs_parent=edition.level != "county",
        )
        assert found == [], edition.name
        if edition.level != "grid":
            parents = {row.code: row.shape for row in edition.rows}


def test_everything_lies_on_the_lattice():
    for edition in demo_editions():
        for number in shapely.get_coordinates([row.shape for row in edition.rows]).ravel():
            assert float(f"{number:.7f}") == number


def test_a_region_stands_under_the_parent_it_names():
    codes = {""} | {row.code for edition in demo_editions() for row in edition.rows}
    for edition in demo_editions():
        for row in edition.rows:
            assert (row.parent_code or "") in codes
            assert row.code.startswith(row.parent_code or "")
            assert (row.parent_code is None) == (edition.level == "county")


def test_it_is_a_county_of_three_subdistricts_twelve_communities_and_a_hundred_grids():
    assert [len(edition.rows) for edition in demo_editions()] == [1, 3, 12, 100, 102]
    villages = [row for row in rows("社区") if row.name.endswith("村")]
    assert len(villages) == 3
    assert all("200" <= row.code[-3:] < "400" for row in villages)  # 村民委员会


def test_the_scenarios_two_grids_are_their_rectangles_in_both_editions():
    for grids in (by_code("网格 2025"), by_code("网格 2026")):
        first, second = grids["500199001001001"], grids["500199001001002"]
        assert shapely.equals(first.shape, shapely.box(106.560, 29.560, 106.562, 29.562))
        assert shapely.equals(second.shape, shapely.box(106.562, 29.560, 106.564, 29.562))
        assert first.parent_code == "500199001001"
    assert by_code("社区")["500199001001"].name == "河滨社区"
    assert by_code("街道")["500199001"].name == "滨江街道"


def test_the_scenarios_mistaken_coordinates_lie_outside_the_county():
    mistaken = shapely.Point(106.55839, 29.56386)

    assert shapely.distance(rows("区县")[0].shape, mistaken) > 25 / 111_000


def test_grids_are_numbered_from_west_to_east_in_rows_from_north_to_south():
    codes = sorted(code for code in by_code("网格 2025") if code.startswith("500199001001"))
    base = [by_code("网格 2025")[code].shape.centroid for code in codes if "Z" not in code]

    assert len(base) == 9
    for row in (base[:3], base[3:6], base[6:]):
        assert [place.x for place in row] == sorted(place.x for place in row)
    assert min(p.y for p in base[:3]) > max(p.y for p in base[3:6])
    assert min(p.y for p in base[3:6]) > max(p.y for p in base[6:])


def test_the_second_edition_cuts_two_grids_and_leaves_the_others_as_they_were():
    before, after = by_code("网格 2025"), by_code("网格 2026")
    cut = [code for code, row in before.items() if not row.shape.equals_exact(after[code].shape)]
    new = sorted(after.keys() - before.keys())

    assert len(cut) == len(new) == 2
    for old_code, new_code in zip(sorted(cut), new, strict=True):
        both = shapely.coverage_union_all([after[old_code].shape, after[new_code].shape])
        assert shapely.equals(both, before[old_code].shape)
        assert old_code[:12] == new_code[:12]


def test_it_says_that_it_is_made_up():
    assert "合成示例" in COUNTY[1]
    assert all("示例" in edition.name for edition in demo_editions())
