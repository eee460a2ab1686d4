"""The demo's regions: the same from every run, nested, without gap or overlap."""

from __future__ import annotations

import shapely

from data.demo import COUNTY, demo_editions


def shapes(level: str) -> list[shapely.MultiPolygon]:
    return [row.shape for row in next(e for e in demo_editions() if e.level == level).rows]


def test_two_runs_give_the_same_bytes():
    first, second = demo_editions(), demo_editions()
    assert first == second
    assert [shapely.to_wkb(row.shape) for e in first for row in e.rows] == [
        shapely.to_wkb(row.shape) for e in second for row in e.rows
    ]


def test_every_edition_is_a_tiling_of_the_county():
    whole = shapes("county")[0]
    for edition in demo_editions():
        parts = [part for row in edition.rows for part in row.shape.geoms]
        assert shapely.coverage_is_valid(parts)
        assert shapely.equals(shapely.coverage_union_all(parts), whole)


def test_every_region_lies_in_its_parent():
    by_code = {row.code: row for edition in demo_editions() for row in edition.rows}
    for row in by_code.values():
        if row.parent_code:
            assert row.code.startswith(row.parent_code)
            assert shapely.covers(by_code[row.parent_code].shape, row.shape), row.code


def test_it_says_that_it_is_made_up():
    assert "合成示例" in COUNTY[1]
    assert all("示例" in edition.name for edition in demo_editions())
