import gzip
import json
import os
import shutil
import signal
import socket
import sqlite3
import struct
import subprocess
import sys
import tempfile
import textwrap
import time
import zipfile
from pathlib import Path

import geopandas
import numpy as np
import pytest
import shapely
from shapely.geometry import Polygon, box, mapping

from data import vector_files
from data.boundaries import Columns, read_boundaries
from data.sandbox import UNWANTED_DRIVERS, Limits, run_child
from data.vector_files import DRIVERS
from gis.boundaries import faults
from gis.coordinates import to_lattice
from gis.errors import BadFile, BadInput
from gis.model import FaultKind

FILES = Path(__file__).parents[1] / "files"
SQUARE = box(106.5, 29.5, 106.51, 29.51)
CODE_NAME = Columns("code", "name")


def town(names=("甲", "乙"), crs="EPSG:4490", **more):
    """Squares side by side, from 106.5 E, 29.5 N, a hundredth of a degree wide."""
    shapes = [box(106.5 + i / 100, 29.5, 106.51 + i / 100, 29.51) for i in range(len(names))]
    codes = [f"50010301400{i + 1}" for i in range(len(names))]
    return geopandas.GeoDataFrame({"code": codes, "name": names, **more}, geometry=shapes, crs=crs)


def geojson(path, *geometries, **members):
    features = [
        {"type": "Feature", "properties": {"code": f"c{i}", "name": "格"}, "geometry": geometry}
        for i, geometry in enumerate(geometries, start=1)
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features, **members}))
    return path


def ring(*points):
    return {"type": "Polygon", "coordinates": [list(points)]}


def refused(file, columns=CODE_NAME, **how):
    with pytest.raises(BadInput) as caught:
        read_boundaries(file, columns, **how)
    return caught.value


def names_in(file):
    return [row.name for row in file.rows]


# ---- real files ---------------------------------------------------------------------------------


def test_the_community_districts_of_new_york_are_read():
    read = read_boundaries(FILES / "nyc_community_districts.gpkg", Columns("boro_cd"))

    assert len(read.rows) == 71
    assert (read.crs_found, read.crs_used, read.faults) == ("EPSG:4326", "wgs84", [])
    assert {"101", "304", "595"} <= {row.code for row in read.rows}  # numbers in the file
    assert all(row.shape.is_valid for row in read.rows)
    found = faults(read.rows, level_is_overlay=False, parents={}, needs_parent=False)
    assert [(fault.kind, fault.tolerated) for fault in found] == [(FaultKind.FAR_AWAY, True)]


def test_the_districts_of_chongqing_and_tongling_are_read_with_names_and_padded_codes():
    read = read_boundaries(
        FILES / "districts_chongqing_tongling.gpkg", Columns("adcode", "name"), pad_code=12
    )
    yuzhong = next(row for row in read.rows if row.code == "500103000000")

    assert len(read.rows) == 42
    assert yuzhong.name == "渝中区"
    assert read.crs_used == "cgcs2000"
    assert yuzhong.shape.equals(to_lattice(yuzhong.shape))
    assert faults(read.rows, level_is_overlay=False, parents={}, needs_parent=False) == []


def test_each_level_of_the_code_list_resolves_its_parents_in_the_level_above():
    with gzip.open(FILES / "divisions_chongqing_tongling.csv.gz", "rt", encoding="utf-8") as file:
        stated = [line.split(",")[1] for line in file][1:]
    above: set[str | None] = {None}
    count = 0
    for level in dict.fromkeys(stated):
        read = read_boundaries(
            FILES / "divisions_chongqing_tongling.csv.gz",
            Columns("code", "name", "parent_code"),
            only={"level": level},
        )
        assert {row.parent_code for row in read.rows} <= above
        assert all(row.shape is None and row.name for row in read.rows)
        above = {row.code for row in read.rows}
        count += len(read.rows)
    assert count == 12_868


def test_the_villages_of_taipei_nest_in_its_towns_with_their_small_overlaps_as_notes():
    file = FILES / "taipei_towns_villages.gpkg"
    towns = read_boundaries(file, Columns("town_code", "town"), layer="towns")
    villages = read_boundaries(
        file, Columns("village_code", "village", "town_code"), layer="villages"
    )
    parents = {row.code: row.shape for row in towns.rows}
    found = faults(villages.rows, level_is_overlay=False, parents=parents, needs_parent=True)
    overlaps = [fault.m2 for fault in found if fault.kind is FaultKind.OVERLAP]

    assert (len(towns.rows), len(villages.rows)) == (12, 456)
    assert {fault.kind for fault in villages.faults} == {FaultKind.REPAIRED}
    assert [fault for fault in found if not fault.tolerated] == []
    assert len(overlaps) == 4
    assert max(overlaps) < 0.6


# ---- every format -------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["gpkg", "geojson", "fgb", "parquet"])
def test_the_same_town_comes_out_of_every_format(tmp_path, ending):
    file = tmp_path / f"town.{ending}"
    if ending == "parquet":
        town().to_parquet(file)
    else:
        town(crs="EPSG:4326").to_file(file, engine="pyogrio")
    read = read_boundaries(file, CODE_NAME)

    first, second = sorted(
        read.rows, key=lambda row: row.code
    )  # FlatGeobuf has an order of its own
    assert [first.code, second.code] == ["500103014001", "500103014002"]
    assert [first.name, second.name] == ["甲", "乙"]
    assert {first.row, second.row} == {1, 2}
    assert first.shape.equals(shapely.MultiPolygon([SQUARE]))
    assert read.crs_used in ("cgcs2000", "wgs84")
    assert len(read.sha256) == 64


def shapefile(folder, encoding, *, cpg=True, names=("石油路街道", "网格二")):
    """A shapefile whose table is written byte by byte: the libraries would make it too clean."""
    folder.mkdir(parents=True, exist_ok=True)
    town(names)[["geometry"]].to_file(folder / "town.shp", engine="pyogrio")
    raw = [name.encode(encoding)[:254] for name in names]
    table = dbase(
        [("code", 12), ("网格名称", 254)],
        [(b"%d" % i, name) for i, name in enumerate(raw)],
        encoding,
    )
    (folder / "town.dbf").write_bytes(table)
    (folder / "town.cpg").unlink()
    if cpg:
        (folder / "town.cpg").write_text(encoding)
    return folder / "town.shp"


def dbase(columns, rows, encoding):
    size = 1 + sum(width for _, width in columns)
    head = struct.pack("<4xIHH20x", len(rows), 33 + 32 * len(columns), size)
    for name, width in columns:
        cut = name.encode(encoding)[:10]
        head += cut.ljust(11, b"\0") + b"C" + bytes(4) + bytes([width, 0]) + bytes(14)
    cells = [
        b" " + b"".join(cell.ljust(width) for cell, (_, width) in zip(row, columns, strict=True))
        for row in rows
    ]
    return head + b"\r" + b"".join(cells) + b"\x1a"


@pytest.mark.parametrize("cpg", [True, False])
@pytest.mark.parametrize(("encoding", "found"), [("GBK", "GB18030"), ("UTF-8", "UTF-8")])
def test_chinese_in_a_shapefile_is_read_with_and_without_its_word_on_encoding(
    tmp_path, encoding, found, cpg
):
    file = shapefile(tmp_path / "x", encoding, cpg=cpg)
    column = "网格名称" if encoding == "GBK" else "网格名"  # ten bytes hold three characters
    read = read_boundaries(file, Columns("code", column))

    assert names_in(read) == ["石油路街道", "网格二"]
    assert read.encoding == found


def test_a_shapefile_that_lies_about_its_encoding_is_read_by_its_bytes(tmp_path):
    file = shapefile(tmp_path / "x", "GBK")
    file.with_suffix(".cpg").write_text("UTF-8")
    assert names_in(read_boundaries(file, Columns("code", "网格名称"))) == ["石油路街道", "网格二"]


def test_a_name_cut_inside_a_character_loses_that_character_only(tmp_path):
    file = shapefile(tmp_path / "x", "UTF-8", cpg=False, names=("路" * 100, "乙"))
    read = read_boundaries(file, Columns("code", "网格名"))
    assert names_in(read) == ["路" * 84, "乙"]  # 254 bytes


def test_a_shapefile_is_read_from_its_folder_and_from_a_zip_with_a_chinese_folder(tmp_path):
    folder = tmp_path / "数据"
    shapefile(folder, "GBK", cpg=False)
    packed = tmp_path / "边界.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for part in folder.iterdir():
            archive.write(part, f"渝中区/网格 2025/{part.name}")
        archive.writestr("__MACOSX/渝中区/._town.shp", b"junk")
        archive.writestr("读我.txt", "x")
    for source in (folder, packed):
        read = read_boundaries(source, Columns("code", "网格名称"))
        assert names_in(read) == ["石油路街道", "网格二"]


def test_of_several_shapefiles_in_a_zip_the_layer_names_one(tmp_path):
    shapefile(tmp_path / "x", "GBK")
    packed = tmp_path / "two.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for part in (tmp_path / "x").iterdir():
            archive.write(part, f"a/grids{part.suffix}")
            archive.write(part, f"a/towns{part.suffix}")

    assert refused(packed).values == {"layers": "grids, towns"}
    assert refused(packed, layer="roads").key == "error.file_no_layer"
    assert len(read_boundaries(packed, Columns("code"), layer="towns").rows) == 2


def test_a_shapefile_without_its_index_is_read_and_without_its_table_refused(tmp_path):
    file = shapefile(tmp_path / "x", "GBK")
    file.with_suffix(".shx").unlink()
    assert len(read_boundaries(file, Columns("code")).rows) == 2
    file.with_suffix(".dbf").unlink()
    assert refused(file).key == "error.file_no_table"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_code_list_is_read_in_the_encodings_people_use(tmp_path, encoding):
    file = tmp_path / "codes.csv"
    file.write_text('code,name,up\n500103,"渝中区, 解放碑",500000\n\n500105,江北区,\n', encoding)
    read = read_boundaries(file, Columns("code", "name", "up"), pad_code=12)

    assert [(row.code, row.parent_code) for row in read.rows] == [
        ("500103000000", "500000000000"),
        ("500105000000", None),
    ]
    assert names_in(read) == ["渝中区, 解放碑", "江北区"]
    assert (read.crs_found, read.crs_used) == ("", "")
    assert read.encoding == ("GB18030" if encoding == "gb18030" else "UTF-8")


# ---- codes, names, rows -------------------------------------------------------------------------


@pytest.mark.parametrize("codes", [[500103, 500105], [500103.0, None]])
def test_codes_kept_as_numbers_come_out_as_text_without_loss(tmp_path, codes):
    town(code=codes).to_file(tmp_path / "town.gpkg", engine="pyogrio")
    read = read_boundaries(tmp_path / "town.gpkg", Columns("code"))
    assert [row.code for row in read.rows] == [str(int(code)) if code else "" for code in codes]
    assert read.faults == []


def test_a_code_that_a_number_could_not_hold_is_a_fault(tmp_path):
    town(code=[5.00103014001012e17, 1.5]).to_file(tmp_path / "town.gpkg", engine="pyogrio")
    faults = read_boundaries(tmp_path / "town.gpkg", Columns("code")).faults
    assert [(fault.kind, fault.rows) for fault in faults] == [
        (FaultKind.BAD_TEXT, (1,)),
        (FaultKind.BAD_TEXT, (2,)),
    ]


def test_invisible_and_lost_characters_are_faults_and_blanks_around_are_not(tmp_path):
    file = tmp_path / "codes.csv"
    rows = [" A1\u3000,甲", "A\u202e2,乙", "A3,锟斤拷", "A4,丁\u200b", "5.00103E+11,戊"]
    file.write_text("\n".join(["code,name", *rows]), encoding="utf-8")
    read = read_boundaries(file, CODE_NAME)

    assert [row.code for row in read.rows] == ["A1", "A2", "A3", "A4", "5.00103E+11"]
    assert [(fault.kind, fault.rows, fault.detail) for fault in read.faults] == [
        (FaultKind.BAD_TEXT, (2,), "invisible"),
        (FaultKind.BAD_TEXT, (3,), "letters lost"),
        (FaultKind.BAD_TEXT, (4,), "invisible"),
        (FaultKind.BAD_TEXT, (5,), "number"),
    ]


def test_rows_that_are_filtered_out_still_count(tmp_path):
    town(("甲", "乙", "丙"), kind=[1, 2, 2]).to_file(tmp_path / "town.gpkg", engine="pyogrio")
    read = read_boundaries(tmp_path / "town.gpkg", CODE_NAME, only={"kind": "2"})
    assert [(row.row, row.name) for row in read.rows] == [(2, "乙"), (3, "丙")]
    assert refused(tmp_path / "town.gpkg", only={"kind": "9"}).key == "error.file_without_rows"


def test_a_wrong_column_or_layer_says_which_there_are(tmp_path):
    town().to_file(tmp_path / "town.gpkg", layer="grids", engine="pyogrio")
    wrong_column = refused(tmp_path / "town.gpkg", Columns("kode"))
    wrong_layer = refused(tmp_path / "town.gpkg", layer="roads")

    assert wrong_column.key == "error.file_no_column"
    assert wrong_column.values == {"column": "kode", "columns": "code, name"}
    assert (wrong_layer.key, wrong_layer.values) == ("error.file_no_layer", {"layers": "grids"})


# ---- systems ------------------------------------------------------------------------------------


@pytest.mark.parametrize("crs", ["EPSG:4524", "EPSG:3857"])
def test_shapes_are_brought_to_the_lattice_of_cgcs2000_from_any_system(tmp_path, crs):
    town().to_crs(crs).to_file(tmp_path / "town.gpkg", engine="pyogrio")
    read = read_boundaries(tmp_path / "town.gpkg", CODE_NAME)
    assert read.rows[0].shape.equals_exact(shapely.MultiPolygon([SQUARE]), 1.1e-7, normalize=True)
    assert read.crs_found == crs


def test_a_system_given_overrides_the_file_and_gcj02_is_decoded(tmp_path):
    town().to_file(tmp_path / "town.gpkg", engine="pyogrio")
    read = read_boundaries(tmp_path / "town.gpkg", CODE_NAME, crs="gcj02")
    west_north_by = shapely.centroid(read.rows[0].shape)
    assert (read.crs_found, read.crs_used) == ("EPSG:4490", "gcj02")
    assert 400 < 96_900 * (106.505 - west_north_by.x) + 110_850 * (west_north_by.y - 29.505) < 900


def test_a_file_that_does_not_say_its_system_asks_for_it(tmp_path):
    file = shapefile(tmp_path / "x", "GBK")
    file.with_suffix(".prj").unlink()
    assert refused(file, Columns("code")).key == "error.file_without_crs"
    assert read_boundaries(file, Columns("code"), crs="EPSG:4490").crs_used == "cgcs2000"


def test_xian_1980_is_refused_with_the_reason(tmp_path):
    town(crs="EPSG:4610").to_file(tmp_path / "town.gpkg", engine="pyogrio")
    assert refused(tmp_path / "town.gpkg").key == "error.old_datum"


def test_eastings_with_a_zone_called_degrees_are_a_fault_of_every_row(tmp_path):
    zone_36 = town().to_crs("EPSG:4524").set_crs("EPSG:4490", allow_override=True)
    zone_36.to_file(tmp_path / "town.gpkg", engine="pyogrio")
    read = read_boundaries(tmp_path / "town.gpkg", CODE_NAME)
    assert [(fault.kind, fault.rows) for fault in read.faults] == [(FaultKind.WRONG_CRS, (1, 2))]
    assert [row.shape for row in read.rows] == [None, None]


@pytest.mark.parametrize("crs", ["EPSG:4547", "EPSG:32648", "EPSG:3857"])
def test_degrees_called_metres_are_a_fault_of_every_row(tmp_path, crs):
    town().set_crs(crs, allow_override=True).to_file(tmp_path / "town.gpkg", engine="pyogrio")
    read = read_boundaries(tmp_path / "town.gpkg", CODE_NAME)
    assert [(fault.kind, fault.rows) for fault in read.faults] == [(FaultKind.WRONG_CRS, (1, 2))]
    assert [row.shape for row in read.rows] == [None, None]


@pytest.mark.parametrize("crs", ["EPSG:4545", "EPSG:4523", "EPSG:4525"])
def test_eastings_of_one_zone_called_those_of_another_are_a_fault_of_every_row(tmp_path, crs):
    zone_36 = town().to_crs("EPSG:4524").set_crs(crs, allow_override=True)
    zone_36.to_file(tmp_path / "town.gpkg", engine="pyogrio")
    read = read_boundaries(tmp_path / "town.gpkg", CODE_NAME)
    assert [(fault.kind, fault.rows) for fault in read.faults] == [(FaultKind.WRONG_CRS, (1, 2))]


# ---- shapes -------------------------------------------------------------------------------------


def test_bad_shapes_are_faults_with_their_rows_and_the_rest_goes_on(tmp_path):
    sw, se, ne, nw = [106.5, 29.5], [106.6, 29.5], [106.6, 29.6], [106.5, 29.6]
    file = geojson(
        tmp_path / "bad.geojson",
        ring(sw, se, ne, nw, sw),  # 1 good
        ring(sw, se, ne, nw),  # 2 not closed
        ring(sw, ne, se, nw, sw),  # 3 crosses itself: for gis.boundaries to say where
        ring([106.5, float("nan")], se, ne, [106.5, float("nan")]),  # 4
        None,  # 5
        {"type": "Point", "coordinates": sw},  # 6
        ring([29.5, 106.5], [29.5, 106.6], [29.6, 106.6], [29.5, 106.5]),  # 7 lat, lon
        ring([3.6e5, 3.2e6], [3.7e5, 3.2e6], [3.7e5, 3.3e6], [3.6e5, 3.2e6]),  # 8 metres
        ring([*sw, 5], [*se, 5], [*ne, 5], [*sw, 5]),  # 9 with heights
        {"type": "GeometryCollection", "geometries": [mapping(SQUARE)]},  # 10
    )
    read = read_boundaries(file, CODE_NAME)

    assert {fault.kind: fault.rows for fault in read.faults} == {
        FaultKind.INVALID_SHAPE: (2, 4),
        FaultKind.EMPTY_SHAPE: (5,),
        FaultKind.NOT_AN_AREA: (6,),
        FaultKind.SWAPPED_AXES: (7,),
        FaultKind.WRONG_CRS: (8,),
    }
    assert [row.row for row in read.rows if row.shape is not None] == [1, 3, 9, 10]
    assert not any(row.shape.has_z for row in read.rows if row.shape is not None)


def test_a_shape_that_rounding_breaks_is_mended_when_little_moves(tmp_path):
    """A spike of 3 mm, as precise surveys have them, crosses itself on a lattice of 11 mm."""
    spike = Polygon(
        [
            *((106.5, 29.5), (106.6, 29.5), (106.6, 29.6), (106.55000004, 29.6)),
            *((106.55000002, 29.50000001), (106.55, 29.6), (106.5, 29.6)),
        ]
    )
    frame = geopandas.GeoDataFrame({"code": ["1"]}, geometry=[spike], crs="EPSG:4490")
    frame.to_file(tmp_path / "spike.gpkg", engine="pyogrio")
    read = read_boundaries(tmp_path / "spike.gpkg", Columns("code"))

    assert spike.is_valid
    assert not to_lattice(spike).is_valid
    assert read.rows[0].shape.is_valid
    assert [(f.kind, f.tolerated) for f in read.faults] == [(FaultKind.REPAIRED, True)]


# ---- hostile and broken files -------------------------------------------------------------------


def vrt(target):
    return textwrap.dedent(f"""\
        <OGRVRTDataSource><OGRVRTLayer name="town"><SrcDataSource>{target}</SrcDataSource>
        </OGRVRTLayer></OGRVRTDataSource>""")


@pytest.mark.parametrize("ending", ["gpkg", "geojson", "csv"])
def test_a_file_that_points_elsewhere_is_refused_whatever_its_name(tmp_path, ending):
    secret = tmp_path / "secret.gpkg"
    town().to_file(secret, layer="town", engine="pyogrio")
    file = tmp_path / f"town.{ending}"
    file.write_text(vrt(secret))
    assert refused(file).key in ("error.file_kind", "error.file_no_column")


def test_no_reader_asks_the_network(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        address = f"/vsicurl/http://127.0.0.1:{server.getsockname()[1]}/x.gpkg"
        (tmp_path / "town.gpkg").write_text(vrt(address))
        packed = tmp_path / "town.zip"
        with zipfile.ZipFile(packed, "w") as archive:
            archive.write(tmp_path / "town.gpkg", "town.shp")
        for file in (tmp_path / "town.gpkg", packed):
            assert refused(file).key == "error.file_kind"
        with pytest.raises(TimeoutError):
            server.accept()


def test_the_child_has_four_drivers_and_no_other(tmp_path):
    script = "import pyogrio, json; print(json.dumps(pyogrio.list_drivers()))"
    environment = {"OGR_SKIP": UNWANTED_DRIVERS}
    said = subprocess.run(
        [sys.executable, "-I", "-c", script], env=environment, capture_output=True, check=True
    )
    assert set(json.loads(said.stdout)) == DRIVERS


def test_a_driver_too_many_stops_the_child(tmp_path, monkeypatch):
    monkeypatch.setattr("data.sandbox.UNWANTED_DRIVERS", "OGR_VRT")
    town().to_file(tmp_path / "town.gpkg", engine="pyogrio")
    assert refused(tmp_path / "town.gpkg").key == "error.file_unreadable"


@pytest.mark.parametrize("how", ["zip", "gzip"])
def test_a_bomb_is_not_unpacked(tmp_path, how):
    file = tmp_path / "bomb.csv.x"
    if how == "zip":
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("codes.csv", b"0" * 80 * 1024**2)
    else:
        file.write_bytes(gzip.compress(b"0" * 80 * 1024**2))
    too_large = refused(file)
    assert (too_large.key, too_large.values) == ("error.file_too_large", {"megabytes": 64})


def test_a_zip_with_paths_that_lead_outside_writes_nothing_there(tmp_path):
    file = tmp_path / "escape.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("../../../tmp/wgfile-escaped.csv", "code\n1\n")
        archive.writestr("/tmp/wgfile-escaped.gpkg", "x")
    assert len(read_boundaries(file, Columns("code")).rows) == 1
    assert list(Path("/tmp").glob("wgfile-escaped*")) == []


def encrypted(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("codes.csv", "code\n1\n")
    raw = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        raw[raw.index(mark) + offset] |= 1  # the flag "encrypted", in both heads
    path.write_bytes(raw)


def test_broken_files_are_refused_each_with_its_reason(tmp_path):
    whole = tmp_path / "whole.zip"
    shapefile(tmp_path / "x", "GBK")
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in (tmp_path / "x").iterdir():
            archive.write(part, part.name)
    (tmp_path / "truncated.zip").write_bytes(whole.read_bytes()[:-300])
    flipped = bytearray(whole.read_bytes())
    flipped[60] ^= 0xFF
    (tmp_path / "flipped.zip").write_bytes(flipped)
    (tmp_path / "truncated.csv.gz").write_bytes(gzip.compress(os.urandom(5000))[:-2000])
    town().to_file(tmp_path / "town.gpkg", engine="pyogrio")
    (tmp_path / "truncated.gpkg").write_bytes((tmp_path / "town.gpkg").read_bytes()[:9000])
    encrypted(tmp_path / "locked.zip")
    (tmp_path / "empty.gpkg").touch()
    (tmp_path / "folder").mkdir()
    (tmp_path / "photo.gpkg").write_bytes(b"\xff\xd8\xff\xe0" + bytes(100))
    (tmp_path / "utf16.csv").write_text("code\n1\n", "utf-16")
    (tmp_path / "broken.csv").write_text('code,name\n1,a\n2,"b\n')
    (tmp_path / "ragged.csv").write_text("code,name\n1,a\n2,b,c\n")
    (tmp_path / "cut.geojson").write_text('{"type": "FeatureCollection", "features": [{"ty')
    os.mkfifo(tmp_path / "pipe.gpkg")

    reasons = {
        "truncated.zip": "error.file_damaged",
        "flipped.zip": "error.file_damaged",
        "truncated.csv.gz": "error.file_damaged",
        "truncated.gpkg": "error.file_unreadable",
        "locked.zip": "error.file_password",
        "empty.gpkg": "error.file_empty",
        "folder": "error.file_folder",
        "photo.gpkg": "error.file_kind",
        "utf16.csv": "error.file_kind",
        "broken.csv": "error.file_row_broken",
        "ragged.csv": "error.file_row_broken",
        "cut.geojson": "error.file_unreadable",
        "pipe.gpkg": "error.file_missing",
        "nothing.gpkg": "error.file_missing",
    }
    assert {name: refused(tmp_path / name).key for name in reasons} == reasons


def endless(path):
    """A GeoPackage whose one layer is a question without an end."""
    town().to_file(path, layer="town", engine="pyogrio")
    with sqlite3.connect(path) as database:
        database.execute(
            "CREATE VIEW endless AS WITH RECURSIVE n(code) AS"
            " (SELECT 1 UNION ALL SELECT code + 1 FROM n) SELECT code FROM n WHERE code < 0"
        )
        database.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier)"
            " VALUES ('endless', 'attributes', 'endless')"
        )
    database.close()
    return path


def test_a_child_that_hangs_is_ended_on_time_and_leaves_nothing(tmp_path, monkeypatch):
    folders = tmp_path / "folders"
    folders.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folders))
    file, start = endless(tmp_path / "endless.gpkg"), time.monotonic()
    late = refused(file, Columns("code"), layer="endless", limits=Limits(seconds=2))

    assert (late.key, late.values) == ("error.file_too_slow", {"seconds": 2})
    assert time.monotonic() - start < 10
    assert list(folders.iterdir()) == []


def test_ctrl_c_ends_the_child_too(tmp_path):
    file, folders = endless(tmp_path / "endless.gpkg"), tmp_path / "folders"
    folders.mkdir()
    script = (
        "import signal, sys; from pathlib import Path; from data.boundaries import *;"
        "signal.signal(signal.SIGINT, signal.default_int_handler);"  # tests may run behind an `&`
        "read_boundaries(Path(sys.argv[1]), Columns('code'), layer='endless')"
    )
    reader = subprocess.Popen(
        [sys.executable, "-c", script, str(file)],
        stderr=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(folders)},
    )
    children = Path(f"/proc/{reader.pid}/task/{reader.pid}/children")
    deadline = time.monotonic() + 30
    while not (child := children.read_text().split()) and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.3)
    reader.send_signal(signal.SIGINT)
    reader.communicate(timeout=30)

    assert len(child) == 1
    assert not Path(f"/proc/{child[0]}").exists()
    assert list(folders.iterdir()) == []


def test_a_file_that_needs_too_much_memory_is_refused(tmp_path):
    file = tmp_path / "codes.csv"
    file.write_text("code\n" + "".join(f"{n}\n" for n in range(10**6, 3 * 10**6)))
    starved = refused(file, Columns("code"), limits=Limits(memory_bytes=300 * 1024**2))
    assert (starved.key, starved.values) == ("error.file_memory", {"megabytes": 300})


def test_too_many_rows_or_vertices_are_refused(tmp_path):
    town().to_file(tmp_path / "town.gpkg", engine="pyogrio")
    rows = refused(tmp_path / "town.gpkg", limits=Limits(rows=1))
    vertices = refused(tmp_path / "town.gpkg", limits=Limits(vertices=9))
    assert rows.key == "error.file_too_many_rows"
    assert vertices.key == "error.file_too_many_vertices"


def test_a_polygon_of_a_million_corners_is_refused_with_its_row(tmp_path):
    angle = np.linspace(0, 2 * np.pi, 1_000_000, endpoint=False)
    round_ = np.column_stack([106.5 + 0.05 * np.cos(angle), 29.5 + 0.05 * np.sin(angle)])
    shapes = [SQUARE, Polygon(round_)]
    rows = geopandas.GeoDataFrame({"code": ["1", "2"]}, geometry=shapes, crs="EPSG:4490")
    rows.to_file(tmp_path / "town.gpkg", engine="pyogrio")
    huge = refused(tmp_path / "town.gpkg", Columns("code"))
    assert huge.key == "error.shape_too_many_vertices"
    assert (huge.values["row"], huge.values["limit"]) == (2, 500_000)


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path, monkeypatch):
    (tmp_path / "codes.csv").write_text("code\n1\n")
    sums = iter(["before", "after"])
    monkeypatch.setattr(vector_files, "sum_of", lambda source: next(sums))
    request = {"source": str(tmp_path / "codes.csv"), "folder": str(tmp_path), "columns": ["code"]}
    with pytest.raises(BadFile, match=r"error\.file_changed"):
        vector_files.answer_to({**request, "layer": None, "only": {}}, Limits())


def test_a_geopackage_with_edits_not_yet_in_it_is_refused(tmp_path):
    town().to_file(tmp_path / "town.gpkg", engine="pyogrio")
    (tmp_path / "town.gpkg-wal").write_bytes(b"not yet")
    assert refused(tmp_path / "town.gpkg").key == "error.file_open_elsewhere"


def test_nothing_of_our_environment_reaches_the_child(tmp_path, monkeypatch):
    monkeypatch.setenv("WANGGE_DATABASE_URL", "postgresql://secret")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (tmp_path / "sitecustomize.py").write_text("raise SystemExit('loaded')")
    spy = tmp_path / "spy.txt"
    monkeypatch.setattr(
        "data.sandbox.sys.executable", str(_spying_python(tmp_path / "python", spy))
    )
    with pytest.raises(BadFile):
        run_child("data.vector_files", tmp_path, {}, Limits())
    assert "secret" not in spy.read_text()
    assert "PYTHONPATH" not in spy.read_text()


def _spying_python(path, spy):
    path.write_text(f"#!/bin/sh\n{shutil.which('env')} > {spy}\nexit 1\n")
    path.chmod(0o755)
    return path
