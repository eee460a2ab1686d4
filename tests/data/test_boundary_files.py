"""Boundaries leave and come in again without a difference, through the real importer."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from datetime import date

import openpyxl
import pyogrio
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from data.boundaries import Columns, read_boundaries
from data.boundary_files import FIELDS, FORMS, RegionOut, write_boundaries
from data.text_files import plain
from gis.coordinates import to_lattice
from gis.errors import BadInput
from tests.tiling import tiling

COLUMNS = Columns("code", "name", "parent")
AGAIN = (".gpkg", ".geojson", ".zip", ".kml")
LISTS = (".csv", ".xlsx")
AN_ISLAND = shapely.MultiPolygon(
    [
        shapely.box(106.5, 29.5, 106.6, 29.6) - shapely.box(106.52, 29.52, 106.53, 29.53),
        shapely.box(106.7, 29.5, 106.71, 29.5123457),
    ]
)
ODD_NAMES = ("=1+1", 'a"b,c;d', "滨江路社区（1－2号）", "𠮷野 🏠", "x" * 84, "'quoted", "<b>&amp;")


def town() -> list[RegionOut]:
    rings = shapely.remove_repeated_points(tiling(3, 2, corners=40))
    shapes = [shapely.MultiPolygon([one]) for one in rings]
    shapes.append(to_lattice(AN_ISLAND))
    return [
        RegionOut(
            f"00{n}", name, "S1", "grid", "版本一", date(2020, 1, 1), None, shapely.to_wkb(shape)
        )
        for n, (name, shape) in enumerate(zip(ODD_NAMES, shapes, strict=True), start=1)
    ]


def assert_same(read, regions):
    assert [(r.code, r.name, r.parent_code) for r in read.rows] == [
        (one.code, one.name, one.parent) for one in regions
    ]
    for row, one in zip(read.rows, regions, strict=True):
        assert shapely.normalize(row.shape).equals_exact(
            shapely.normalize(shapely.from_wkb(one.shape)), 0.0
        )


@pytest.mark.parametrize("ending", AGAIN)
def test_what_goes_out_comes_in_again_to_the_last_corner_and_letter(tmp_path, ending):
    file = tmp_path / f"网格{ending}"
    write_boundaries(town(), file)
    read = read_boundaries(file, COLUMNS)

    assert read.faults == []
    assert_same(read, town())


LETTERS = st.text(
    st.characters(codec="utf-8", exclude_categories=("C", "Z"), exclude_characters="\ufffd"),
    min_size=1,
    max_size=20,
).filter(lambda text: "???" not in text and "？" not in text)


@settings(max_examples=3, deadline=None)
@given(
    words=st.lists(st.tuples(LETTERS, LETTERS), min_size=6, max_size=6, unique_by=lambda w: w[0])
)
def test_any_names_and_codes_survive_a_geopackage(tmp_path_factory, words):
    regions = [
        replace(one, code=f"c{code}", name=f"n{name}")
        for one, (code, name) in zip(town(), words, strict=False)
    ]
    file = tmp_path_factory.mktemp("out") / "grid.gpkg"
    write_boundaries(regions, file)
    read = read_boundaries(file, COLUMNS)

    assert [(r.code, r.name) for r in read.rows] == [
        (plain(one.code), plain(one.name)) for one in regions
    ]


@pytest.mark.parametrize("ending", LISTS)
def test_a_list_comes_in_again_without_shapes(tmp_path, ending):
    file = tmp_path / f"grid{ending}"
    write_boundaries([replace(one, shape=None) for one in town()], file)
    read = read_boundaries(file, COLUMNS)

    assert [(r.code, r.name, r.parent_code, r.shape) for r in read.rows] == [
        (one.code, one.name, one.parent, None) for one in town()
    ]


def test_a_workbook_holds_text_only(tmp_path):
    file = tmp_path / "grid.xlsx"
    write_boundaries(town(), file)
    rows = list(openpyxl.load_workbook(file)["grid"].iter_rows())

    assert tuple(cell.value for cell in rows[0]) == FIELDS
    assert [row[0].value for row in rows[1:]] == [one.code for one in town()]
    assert {cell.data_type for row in rows for cell in row if cell.value is not None} == {"s"}


def test_kml_has_every_shape_with_its_name(tmp_path):
    file = tmp_path / "grid.kml"
    write_boundaries(town(), file)
    meta, _, shapes, values = pyogrio.raw.read(file)

    assert len(shapes) == len(town())
    assert list(values[list(meta["fields"]).index("Name")]) == [one.name for one in town()]
    assert shapely.from_wkb(shapes[0]).area == pytest.approx(
        shapely.from_wkb(town()[0].shape).area, rel=1e-9
    )


def test_the_parts_of_a_shapefile_have_plain_names_and_say_their_encoding(tmp_path):
    file = tmp_path / "网格.zip"
    write_boundaries(town(), file)
    with zipfile.ZipFile(file) as packed:
        names = set(packed.namelist())
        assert {"grid.shp", "grid.shx", "grid.dbf", "grid.prj", "grid.cpg"} <= names
        assert packed.read("grid.cpg") == b"UTF-8"


@pytest.mark.parametrize(
    ("regions", "name", "key"),
    [
        (town(), "grid.doc", "export_form"),
        ([], "grid.gpkg", "export_nothing"),
        ([replace(town()[0], shape=None)], "grid.gpkg", "export_without_shape"),
        ([replace(town()[0], name="名" * 85)], "grid.zip", "export_text_long"),
    ],
)
def test_what_cannot_be_written_is_refused_and_leaves_no_file(tmp_path, regions, name, key):
    with pytest.raises(BadInput, match=key):
        write_boundaries(regions, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_every_form_is_tried_here():
    assert {*AGAIN, *LISTS} == FORMS.keys()
