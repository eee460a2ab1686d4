"""Lists of things in files: XLSX, CSV and files with shapes; every fault with its row."""

from __future__ import annotations

import datetime
import sys
import unicodedata
import zipfile
from pathlib import Path

import geopandas
import openpyxl
import pytest
import shapely

from data.boundaries import LOST_LETTERS
from data.buildings import read_buildings
from data.compounds import read_compounds
from data.facilities import read_facilities
from data.members import read_members
from data.organisations import read_organisations
from data.sandbox import Limits
from data.sheets import Asked, read_sheet
from data.text_files import is_plain, is_usual, plain
from gis.errors import BadFile, BadInput, GridError
from gis.model import BEIJING
from gis.people import BuildingRef, OrganisationRef, PostRole, RegionRef
from gis.places import FacilityStatus, PropertyMode

HEAD = ("编码", "名称", "地址", "户数", "网格")
WGS = Asked(crs="wgs84")


def workbook(path: Path, *rows: tuple, title: str = "", hidden: bool = False) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    if title:
        sheet.append((title,))
    for row in rows:
        sheet.append(row)
    if hidden:
        book.create_sheet("旧表").append(("编码",))
        book["旧表"].sheet_state = "hidden"
    book.save(path)
    return path


def csv_file(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def refused(reader, file: Path, asked: Asked = WGS) -> GridError:
    with pytest.raises((BadFile, BadInput)) as caught:
        reader(file, asked)
    return caught.value


def told(sheet) -> list[tuple[int, str, str]]:
    return [(one.row, one.key, one.values.get("field", "")) for one in sheet.faults]


def test_a_workbook_is_read_with_the_numbers_of_its_rows_below_a_title(tmp_path):
    file = workbook(
        tmp_path / "楼栋.xlsx",
        (*HEAD, "经度", "纬度"),
        ("b1", "3幢", "滨河路1号", 24, 500199001001001, 106.5, 29.5),
        (),
        ("b2", "4幢", None, 0, None, None, None),
        title="某街道楼栋一览表",
        hidden=True,
    )
    sheet = read_buildings(file, Asked(crs="cgcs2000"))

    assert [one.row for one in sheet.rows] == [3, 5]
    first, second = (one.item for one in sheet.rows)
    assert (first.code, first.name, first.address, first.households) == (
        "b1",
        "3幢",
        "滨河路1号",
        24,
    )
    assert (first.grid_code, first.point.lon, first.point.lat) == ("500199001001001", 106.5, 29.5)
    assert (second.point, second.grid_code, second.address) == (None, None, "")
    assert sheet.faults == []
    assert {"point", "grid_code"} <= sheet.fields
    assert "storeys" not in sheet.fields


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
@pytest.mark.parametrize("between", [",", ";", "\t"])
def test_csv_is_read_however_it_is_written(tmp_path, encoding, between):
    text = "code,NAME, Households (户)\nb1,三幢,7\n".replace(",", between)
    sheet = read_buildings(csv_file(tmp_path / "b.csv", text, encoding), Asked())

    assert [(one.row, one.item.name, one.item.households) for one in sheet.rows] == [(2, "三幢", 7)]


def test_usual_text_needs_no_closer_look():
    usual = [chr(code) for code in range(sys.maxunicode + 1) if is_usual(chr(code))]

    assert len(usual) > 21_000
    assert not any(is_usual(one) for one in ("?", "？", "锟", "\u200b", "e\u0301", "\n", "\ufeff"))
    for one in usual:
        assert unicodedata.normalize("NFC", one) == one
        assert unicodedata.combining(one) == 0
        assert is_plain(one)
        assert plain(one) == one.strip(" ")
        assert not LOST_LETTERS.search(one * 3)


@pytest.mark.parametrize("odd", ["", "\u200b", "锟斤拷", "???"])
def test_one_odd_cell_in_a_column_is_seen_among_ten_thousand_others(tmp_path, odd):
    rows = [("B1", "1幢", "滨河路1号", 1, "")] * 10_000 + [("B2", f" 2幢{odd} ", "", 1, "")]
    file = tmp_path / "list.csv"
    lines = [",".join(map(str, row)) for row in (HEAD, *rows)]
    file.write_text("\n".join(lines), encoding="utf-8")

    sheet = read_buildings(file, Asked())

    assert [fault.key for fault in sheet.faults] == (["row.bad_text"] if odd else [])
    assert sheet.rows[-1].item.name.startswith("2幢")


def test_one_bad_row_never_loses_the_good_ones_and_all_its_faults_are_told(tmp_path):
    rows = [
        "编码,名称,户数,层数,经度,纬度",
        "b1,一幢,abc,2.5,106.5,29.5",
        "b2,二幢,12,6,29.5,106.5",
        ",三幢,-1,,0,0",
        "b4,四幢,10,6,106.5,29.5,多一格",
        "1.00000000000000000e+17,\u202e五幢,,6,x,29.5",
        "b6,六幢,8,6,106.5,29.5",
    ]
    sheet = read_buildings(csv_file(tmp_path / "b.csv", "\n".join(rows)), WGS)

    assert told(sheet) == [
        (5, "row.too_many_cells", ""),
        (2, "row.not_a_number", "households"),
        (2, "row.not_whole", "storeys"),
        (3, "row.place_swapped_axes", ""),
        (4, "row.place_zero", ""),
        (4, "row.not_a_number", "households"),
        (4, "row.missing", "code"),
        (6, "row.place_invalid_shape", ""),
        (6, "row.missing", "households"),
        (6, "row.code_is_number", "code"),
        (6, "row.bad_text", "name"),
    ]
    assert sheet.faults[1].values["value"] == "abc"
    assert [one.row for one in sheet.rows] == [2, 3, 4, 6, 7]


def test_coordinates_in_columns_need_a_system_and_are_turned_from_it(tmp_path):
    file = csv_file(tmp_path / "b.csv", "编码,名称,户数,lon,lat\nb1,一,1,106.5,29.5\n")
    point = read_buildings(file, Asked(crs="gcj02")).rows[0].item.point

    assert refused(read_buildings, file, Asked()).key == "error.sheet_without_crs"
    assert 300 < abs(point.lon - 106.5) * 96_700 < 600


def test_headings_are_found_by_any_accepted_name_and_can_be_named(tmp_path):
    file = csv_file(tmp_path / "b.csv", "楼栋编码,楼号,户数（户）\nb1,一,1\n")
    missing = refused(read_buildings, file, Asked())
    named = read_buildings(file, Asked(headings={"name": "楼号"}))
    twice = csv_file(tmp_path / "c.csv", "编码,code,名称,户数\nb1,b2,一,1\n")

    assert missing.key == "error.sheet_no_heading"
    assert "名称" in missing.values["wanted"]
    assert named.rows[0].item.name == "一"
    assert refused(read_buildings, twice).key == "error.sheet_double_heading"
    assert refused(read_buildings, file, Asked(headings={"nom": "x"})).key == "error.sheet_no_field"


@pytest.mark.parametrize("ending", ["gpkg", "geojson", "fgb", "shp"])
def test_points_and_footprints_of_any_vector_file_place_buildings(tmp_path, ending):
    house = shapely.box(106.5, 29.5, 106.5002, 29.5001)
    data = {"code": ["b1", "b2"], "name": ["一", "二"], "户数": [5, 6]}
    for shapes in ([shapely.Point(106.5, 29.5), None], [house, None]):
        file = tmp_path / f"houses.{ending}"
        file.unlink(missing_ok=True)
        kept = data if ending != "fgb" or shapes[1] else {k: v[:1] for k, v in data.items()}
        frame = geopandas.GeoDataFrame(kept, geometry=shapes[: len(kept["code"])], crs=4490)
        if ending == "geojson":
            frame = frame.to_crs(4326)
        frame.to_file(file, engine="pyogrio", encoding="utf-8")
        first, *second = [one.item for one in read_buildings(file, Asked()).rows]
        assert (first.code, first.households) == ("b1", 5)
        assert (first.shape is not None) == (shapes[0] is house)
        assert house.buffer(1e-6).covers(shapely.Point(first.point.lon, first.point.lat))
        assert all(one.point is None for one in second)


def test_a_line_is_no_place_of_a_facility(tmp_path):
    line = shapely.LineString([(106.5, 29.5), (106.6, 29.5)])
    frame = geopandas.GeoDataFrame(
        {"code": ["f"], "kind": ["社区食堂"], "name": ["x"], "status": ["开放"]},
        geometry=[line],
        crs=4490,
    )
    frame.to_file(tmp_path / "f.gpkg", engine="pyogrio")

    assert "row.place_not_a_point" in [
        f.key for f in read_facilities(tmp_path / "f.gpkg", WGS).faults
    ]


def test_facilities_by_the_names_and_codes_of_kinds_and_statuses(tmp_path):
    from gis.facility_kinds import facility_kinds

    code, kind = next(iter(facility_kinds().items()))
    text = (
        f"编码,类型,名称,状态,建筑面积\nf1,{kind.name},甲,在用,120.5\n"
        f"f2,{code},乙,closed,\nf3,无此类,丙,半开,-3\n"
    )
    sheet = read_facilities(csv_file(tmp_path / "f.csv", text), WGS)

    first, second, _ = (one.item for one in sheet.rows)
    assert (first.kind, first.status, first.floor_area_m2) == (code, FacilityStatus.OPEN, 120.5)
    assert (second.kind, second.status, second.floor_area_m2) == (code, FacilityStatus.CLOSED, None)
    assert told(sheet) == [
        (4, "row.unknown_kind", "kind"),
        (4, "row.unknown_word", "status"),
        (4, "row.not_a_number", "floor_area_m2"),
    ]


def test_compounds_say_who_manages_them(tmp_path):
    text = (
        "编码,名称,物业管理方式,物业公司,老旧小区\nc1,甲苑,物业公司,P1,否\nc2,乙里,无物业,P1,是\n"
    )
    sheet = read_compounds(csv_file(tmp_path / "c.csv", text), WGS)

    assert sheet.rows[0].item.property_mode is PropertyMode.COMPANY
    assert (sheet.rows[1].item.is_old, sheet.rows[0].item.is_old) == (True, False)
    assert told(sheet) == [(3, "row.company_without_mode", "property_company")]


def test_organisations_say_what_they_are_competent_for_by_name_or_code(tmp_path):
    text = (
        "编码,名称,类型,层级,区划代码,承办类型\n"
        "u1,环卫所,承办单位,county,500199,环卫单位、water\n"
        "u2,志愿队,驻区单位,county,500199,社会组织、志愿者队伍\n"
        "u3,某局,部门,county,500199,造船\n"
    )
    sheet = read_organisations(csv_file(tmp_path / "o.csv", text), Asked())

    assert [one.item.handles for one in sheet.rows] == [
        ("sanitation", "water"),
        ("social_organisation",),
        (),
    ]
    assert sheet.rows[0].item.home == RegionRef("county", "500199")
    assert told(sheet) == [(4, "row.unknown_handler", "handles")]


def test_members_have_one_row_a_post_at_exactly_one_place(tmp_path):
    day = datetime.date(2026, 7, 1)
    file = workbook(
        tmp_path / "人员.xlsx",
        ("编码", "姓名", "岗位", "网格", "楼栋", "组织", "起始", "截止", "责任"),
        ("m1", "示例甲", "网格员", "A", None, None, day, "2026/12/31", "是"),
        ("m1", "示例甲", "楼栋长", None, "b1", None, "2026年7月1日", None, None),
        ("m2", "示例乙", "handling_person", None, None, "u1", None, None, None),
        ("m3", "示例丙", None, None, None, None, None, None, None),
        ("m4", "示例丁", "网格员", "A", "b1", None, None, None, None),
        ("m5", "示例戊", "网格长", "A", None, None, None, None, "是"),
        ("m6", "示例己", "船长", "A", None, None, "七月", None, "也许"),
        ("m7", "示例庚", None, "A", None, None, None, None, None),
    )
    sheet = read_members(file, Asked())
    lines = [one.item for one in sheet.rows]

    assert (lines[0].role, lines[0].place, lines[0].responsible) == (
        PostRole.GRID_MEMBER,
        RegionRef("grid", "A"),
        True,
    )
    assert lines[0].since == lines[1].since == datetime.datetime(2026, 7, 1, tzinfo=BEIJING)
    assert lines[0].until == datetime.datetime(2026, 12, 31, tzinfo=BEIJING)
    assert [one.place for one in lines[1:3]] == [BuildingRef("b1"), OrganisationRef("u1")]
    assert lines[3].role is None
    assert told(sheet) == [
        (6, "row.one_place", "role"),
        (7, "row.not_responsible", "responsible"),
        (8, "row.unknown_word", "role"),
        (8, "row.not_a_time", "since"),
        (8, "row.not_yes_or_no", "responsible"),
        (9, "row.place_without_role", "role"),
    ]


# ---- hostile and broken files -------------------------------------------------------------------

SMALL = Limits(memory_bytes=600 * 1024**2, seconds=30, rows=1000)


def with_limits(file: Path, limits: Limits) -> str:
    with pytest.raises(BadFile) as caught:
        read_sheet(
            file, {"code": ("编码",)}, ("code",), Asked(), lambda cells: cells.row, limits=limits
        )
    return caught.value.key


def test_a_workbook_with_two_far_corners_does_not_take_the_memory(tmp_path):
    book = openpyxl.Workbook()
    book.active["A1"] = "编码"
    book.active["XFD1048576"] = 1
    book.save(tmp_path / "far.xlsx")

    assert with_limits(tmp_path / "far.xlsx", SMALL) == "error.file_memory"


def test_a_workbook_packed_too_tightly_is_refused_before_it_is_opened(tmp_path):
    workbook(tmp_path / "plain.xlsx", ("编码",), ("b1",))
    with (
        zipfile.ZipFile(tmp_path / "plain.xlsx") as plain,
        zipfile.ZipFile(tmp_path / "bomb.xlsx", "w", zipfile.ZIP_DEFLATED) as bomb,
    ):
        for name in plain.namelist():
            bomb.writestr(name, plain.read(name))
        bomb.writestr("xl/worksheets/sheet2.xml", b" " * (80 * 1024**2))

    assert with_limits(tmp_path / "bomb.xlsx", SMALL) == "error.file_too_large"


def test_broken_empty_and_foreign_files_give_one_clear_sentence(tmp_path):
    workbook(tmp_path / "good.xlsx", ("编码",), ("b1",))
    whole = (tmp_path / "good.xlsx").read_bytes()
    (tmp_path / "half.xlsx").write_bytes(whole[: len(whole) // 2])
    workbook(tmp_path / "empty.xlsx")
    workbook(tmp_path / "head.xlsx", ("编码",))
    book = openpyxl.load_workbook(tmp_path / "good.xlsx")
    book.create_sheet("另一张").append(("编码",))
    book.save(tmp_path / "two.xlsx")
    csv_file(tmp_path / "quotes.csv", '编码\n"b1\nb2\n')
    (tmp_path / "noise.bin").write_bytes(b"\x01\x02\x03" * 50)
    csv_file(tmp_path / "many.csv", "编码\n" + "b\n" * 1001)
    said = {
        one: with_limits(tmp_path / one, SMALL)
        for one in (
            "half.xlsx", "empty.xlsx", "head.xlsx", "two.xlsx", "quotes.csv", "noise.bin",
            "many.csv", "missing.csv",
        )
    }  # fmt: skip

    assert said == {
        "half.xlsx": "error.file_damaged",
        "empty.xlsx": "error.file_without_rows",
        "head.xlsx": "error.file_without_rows",
        "two.xlsx": "error.file_which_layer",
        "quotes.csv": "error.file_row_broken",
        "noise.bin": "error.file_kind",
        "many.csv": "error.file_too_many_rows",
        "missing.csv": "error.file_missing",
    }
    named = read_sheet(
        tmp_path / "two.xlsx",
        {"code": ("编码",)},
        ("code",),
        Asked("Sheet"),
        lambda cells: cells.row,
    )
    assert [one.row for one in named.rows] == [2]
