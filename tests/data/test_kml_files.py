"""KML as other programs write it, and as nobody should."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
import shapely

from data.boundaries import Columns, read_boundaries
from data.sandbox import Limits
from gis.errors import BadFile
from gis.model import FaultKind

SQUARE = "106.5,29.5,0 106.51,29.5,0 106.51,29.51,0 106.5,29.51,0 106.5,29.5,0"
HOLE = "106.502,29.502 106.502,29.504 106.504,29.504 106.504,29.502 106.502,29.502"
AREA = (
    f"<Polygon><outerBoundaryIs><LinearRing><coordinates>{SQUARE}</coordinates></LinearRing>"
    f"</outerBoundaryIs><innerBoundaryIs><LinearRing><coordinates>\n {HOLE}\n</coordinates>"
    "</LinearRing></innerBoundaryIs></Polygon>"
)
DATA = (
    '<ExtendedData><Data name="code"><displayName>c</displayName><value>{}</value></Data>'
    "</ExtendedData>"
)
COLUMNS = Columns("code", "name")


def kml(file: Path, *places: str, head: str = "") -> Path:
    inside = "".join(f"<Placemark>{one}</Placemark>" for one in places)
    file.write_text(
        f'<?xml version="1.0" encoding="UTF-8"?>{head}'
        '<kml xmlns="http://www.opengis.net/kml/2.2"><Document><name>全部</name><Folder>'
        f"<name>层</name>{inside}</Folder></Document></kml>",
        encoding="utf-8",
    )
    return file


def test_places_have_their_own_names_their_data_holes_and_parts(tmp_path):
    two = f"<MultiGeometry>{AREA}{AREA.replace('106.5', '107.5')}</MultiGeometry>"
    read = read_boundaries(
        kml(
            tmp_path / "a.kml",
            f"<name>甲 &amp; 乙</name>{DATA.format('001')}{AREA}",
            f"<name>丙</name>{DATA.format('002')}{two}",
        ),
        COLUMNS,
    )
    assert [(one.code, one.name) for one in read.rows] == [("001", "甲 & 乙"), ("002", "丙")]
    assert read.faults == []
    first, second = (one.shape for one in read.rows)
    assert (len(first.geoms), len(first.geoms[0].interiors), len(second.geoms)) == (1, 1, 2)
    assert first.bounds == pytest.approx((106.5, 29.5, 106.51, 29.51))
    assert read.crs_used == "wgs84"


def test_a_kmz_is_read_and_what_lies_beside_it_is_not(tmp_path):
    inner = kml(tmp_path / "doc.kml", f"<name>甲</name>{DATA.format('1')}{AREA}")
    with zipfile.ZipFile(tmp_path / "a.kmz", "w") as packed:
        packed.write(inner, "doc.kml")
        packed.writestr("files/icon.png", b"\x89PNG")
    read = read_boundaries(tmp_path / "a.kmz", COLUMNS)
    assert [one.code for one in read.rows] == ["1"]


def test_a_place_without_an_area_and_a_ring_that_is_open_are_faults_of_their_rows(tmp_path):
    point = "<Point><coordinates>106.5,29.5</coordinates></Point>"
    opened = AREA.replace(SQUARE, SQUARE.rpartition(" ")[0]).replace("106.5,29.5,0 ", "", 1)
    nan = AREA.replace("106.51", "NaN")
    places = [f"{DATA.format(n)}<name>n</name>{one}" for n, one in enumerate((point, opened, nan))]
    read = read_boundaries(kml(tmp_path / "a.kml", *places), COLUMNS)
    found = {row: fault.kind for fault in read.faults for row in fault.rows}
    assert found == {
        1: FaultKind.EMPTY_SHAPE,
        2: FaultKind.INVALID_SHAPE,
        3: FaultKind.INVALID_SHAPE,
    }


LAUGH = '<!DOCTYPE kml [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE kml [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    ("head", "place"),
    [
        (LAUGH, f"<name>&b;</name>{AREA}"),
        (OUTSIDE, f"<name>&a;</name>{AREA}"),
        ("", AREA.replace("106.51,29.5,0", "106.51")),
        ("", AREA.replace("106.51,29.5,0", "x,y")),
        ("", "<name>"),
    ],
    ids=["entities", "outside", "one number", "letters", "cut"],
)
def test_kml_that_is_not_sound_is_refused(tmp_path, head, place):
    with pytest.raises(BadFile, match="file_damaged"):
        read_boundaries(kml(tmp_path / "a.kml", DATA.format("1") + place, head=head), COLUMNS)


@pytest.mark.parametrize("limits", [Limits(rows=1), Limits(vertices=9)])
def test_too_much_is_refused(tmp_path, limits):
    file = kml(tmp_path / "a.kml", DATA.format("1") + AREA, DATA.format("2") + AREA)
    with pytest.raises(BadFile, match="too_many"):
        read_boundaries(file, COLUMNS, limits=limits)


def test_the_shape_is_the_one_that_was_drawn(tmp_path):
    (row,) = read_boundaries(
        kml(tmp_path / "a.kml", f"{DATA.format('1')}<name/>{AREA}"), COLUMNS
    ).rows
    drawn = shapely.box(106.5, 29.5, 106.51, 29.51) - shapely.box(106.502, 29.502, 106.504, 29.504)
    assert row.shape.equals(drawn)
