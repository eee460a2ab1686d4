import csv
import gzip
import io
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.csv_rows import LONGEST_LINE
from data.points import read_points, write_points
from gis.coordinates import convert
from gis.errors import BadFile, Conflict
from gis.model import BEIJING

FILES = Path(__file__).parents[1] / "files"


def table(tmp_path, text, *, encoding="utf-8", name="points.csv"):
    file = tmp_path / name
    file.write_bytes(text.encode(encoding))
    return file


def read(file, *, crs="wgs84", size=50_000, **columns):
    points = read_points(
        file, columns.pop("lon", "lon"), columns.pop("lat", "lat"), crs=crs, **columns
    )
    return points, list(points.chunks(size))


def answer(points, chunks, output, *, names=("grid",), force=False):
    answered = ((c, [[f"g{c.first_row + i}" for i in range(len(c))]] * len(names)) for c in chunks)
    return write_points(points, output, names, answered, force=force)


# ---- reading ------------------------------------------------------------------------------------


def test_the_reports_of_new_york_are_read_with_their_positions():
    points, chunks = read(
        FILES / "nyc311_sample.csv.gz", lon="longitude", lat="latitude", id="unique_key", size=500
    )
    lon = np.concatenate([chunk.lon for chunk in chunks])
    assert [len(chunk) for chunk in chunks] == [500, 500, 500, 431]
    assert [chunk.first_row for chunk in chunks] == [1, 501, 1001, 1501]
    assert chunks[0].ids[0] == "54090884"
    assert (chunks[0].lon[0], chunks[0].lat[0]) == (-73.89480884362389, 40.72624862041689)
    assert np.isnan(lon).sum() == sum(len(chunk.errors) for chunk in chunks)
    assert (points.file.encoding, points.file.delimiter) == ("UTF-8", ",")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_encodings_and_separators_people_use_are_recognised(tmp_path, encoding, delimiter):
    text = "编号,经度,纬度\n甲一,106.5,29.5\n".replace(",", delimiter)
    points, (chunk,) = read(
        table(tmp_path, text, encoding=encoding), lon="经度", lat="纬度", id="编号"
    )
    assert points.file.columns == ["编号", "经度", "纬度"]
    assert chunk.ids == ["甲一"]
    assert (chunk.lon[0], chunk.lat[0]) == (106.5, 29.5)


def test_the_encoding_shows_in_the_rows_where_the_column_names_are_plain(tmp_path):
    file = table(tmp_path, "id,lon,lat\n" + "x,1,1\n" * 9 + "甲,106.5,29.5\n", encoding="gb18030")
    points, (chunk,) = read(file, id="id")
    assert (points.file.encoding, chunk.ids[-1]) == ("GB18030", "甲")


def test_other_systems_are_brought_to_cgcs2000(tmp_path):
    _, (chunk,) = read(table(tmp_path, "lon,lat\n106.58,29.56\n"), crs="gcj02")
    assert (chunk.lon[0], chunk.lat[0]) == convert(106.58, 29.56, "gcj02", "cgcs2000")
    _, (chunk,) = read(table(tmp_path, "lon,lat\n362086.981,3271852.335\n"), crs="EPSG:4545")
    assert (round(chunk.lon[0], 6), round(chunk.lat[0], 6)) == (106.577, 29.557)


def test_a_bad_row_keeps_its_reason_and_the_good_ones_go_on(tmp_path):
    rows = [
        ("106.5,29.5,10,2026-09-20T16:30", None),
        (",,,", "error.point_empty"),
        ("x,29.5,,", "error.coordinates_not_numbers"),
        ("nan,29.5,,", "error.coordinates_not_numbers"),
        ("1_06,29.5,,", "error.coordinates_not_numbers"),
        ("106.5,inf,,", "error.coordinates_not_numbers"),
        ("29.5,106.5,,", "error.coordinates_swapped"),
        ("362086,3271852,,", "error.coordinates_out_of_range"),
        ("0,0,,", "error.point_zero"),
        ("106.5,29.5,-1,", "error.point_accuracy"),
        ("106.5,29.5,good,", "error.point_accuracy"),
        ("106.5,29.5,,yesterday", "error.point_time"),
        ("106.5,29.5,,,extra", "error.point_too_many_fields"),
        ('"106.5"x,29.5,,', "error.point_quotes"),
        ("106.5,29.5,,\x00", "error.point_control"),
        ("106.5,29.5", None),  # too short: the rest is blank
        ('"106.5",29.5,,,,', None),  # blanks too many, as spreadsheets write them
        ("106.5,29.5,,2026-09-20T16:30+00:00", None),
    ]
    file = table(tmp_path, "lon,lat,m,at\n" + "".join(row + "\n" for row, _ in rows))
    _, (chunk,) = read(file, accuracy="m", at="at")

    assert [chunk.errors.get(place) for place in range(len(rows))] == [why for _, why in rows]
    assert np.isnan(chunk.lon).tolist() == [why is not None for _, why in rows]
    assert chunk.accuracy_m[0] == 10
    assert np.isnan(chunk.accuracy_m[-1])
    assert chunk.at[0] == datetime(2026, 9, 20, 16, 30, tzinfo=BEIJING)
    assert chunk.at[-1].isoformat() == "2026-09-20T16:30:00+00:00"


@pytest.mark.parametrize("broken", ['"open,1,2', 'x,"open,2', '"a"b,1,2'])
def test_an_open_quote_does_not_swallow_the_rows_after_it(tmp_path, broken):
    good = ["a,106.5,29.5", '"b\nb",106.6,29.6', 'c,"106.7",29.7']
    file = table(tmp_path, "\n".join(["id,lon,lat", good[0], broken, *good[1:]]) + "\n")
    _, (chunk,) = read(file, id="id")
    located = [name for place, name in enumerate(chunk.ids) if place not in chunk.errors]

    assert located == ["a", "b\nb", "c"]
    assert "error.point_quotes" in chunk.errors.values()
    assert 1 in chunk.errors


def test_what_is_no_table_of_points_is_refused(tmp_path):
    def reason(text, *, encoding="utf-8", **columns):
        with pytest.raises(BadFile) as caught:
            read(table(tmp_path, text, encoding=encoding), **columns)
        return caught.value.key

    assert reason("") == "error.file_empty"
    assert reason("lon,lat\n1,1\n", encoding="utf-16") == "error.file_encoding"
    assert reason("x,y\n1,1\n") == "error.file_no_column"
    assert reason("lon,lon,lat\n1,1,1\n") == "error.points_double_column"
    assert reason('"lon,lat\n1,1\n') == "error.points_head"
    assert reason("lon,lat\n" + "1" * (LONGEST_LINE + 9)) == "error.file_kind"
    with pytest.raises(BadFile, match=r"error\.file_missing"):
        read(tmp_path)


def test_a_truncated_gzip_is_refused_and_writes_nothing(tmp_path):
    file = tmp_path / "points.csv.gz"
    rows = "".join(f"{106 + n / 1e5},29.5\n" for n in range(50_000))
    file.write_bytes(gzip.compress(("经度,纬度\n" + rows).encode())[:-5000])
    points = read_points(file, "经度", "纬度", crs="wgs84")
    with pytest.raises(BadFile, match=r"error\.file_damaged"):
        answer(points, points.chunks(1000), tmp_path / "out.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["points.csv.gz"]


def test_a_file_that_grows_while_it_is_read_is_refused(tmp_path):
    file = table(tmp_path, "lon,lat\n106.5,29.5\n")
    chunks = read_points(file, "lon", "lat", crs="wgs84").chunks()
    next(chunks)
    file.write_text("lon,lat\n106.5,29.5\n106.6,29.6\n")
    with pytest.raises(BadFile, match=r"error\.file_changed"):
        next(chunks)


# ---- writing ------------------------------------------------------------------------------------


def test_rows_go_back_out_byte_for_byte_with_columns_added(tmp_path):
    """Formulas, quotes, GBK, \\r\\n, blank lines, a bad row: nothing is changed or lost."""
    text = '经度,纬度,说明\r\n106.5,29.5,"=1+1, ""x"""\r\n\r\nx,y,坏\r\n106.6,29.6,二\n'
    file = table(tmp_path, text, encoding="gb18030")
    points, chunks = read(file, lon="经度", lat="纬度", size=2)
    rows = answer(points, chunks, tmp_path / "out.csv", names=("网格", "why"))

    assert rows == 3
    assert (tmp_path / "out.csv").read_bytes().decode("gb18030") == (
        "经度,纬度,说明,网格,why\r\n"
        '106.5,29.5,"=1+1, ""x""",g1,g1\r\n\r\n'
        "x,y,坏,g2,g2\r\n106.6,29.6,二,g3,g3\n"
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.csv", "points.csv"]


def test_rows_too_short_or_with_blanks_too_many_come_out_as_wide_as_the_head(tmp_path):
    file = table(tmp_path, "lon,lat,a,b\n106.5,29.5\n106.5,29.5,,,,,\n106.5,29.5,x,y")
    points, chunks = read(file)
    answer(points, chunks, tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text() == (
        "lon,lat,a,b,grid\n106.5,29.5,,,g1\n106.5,29.5,,,g2\n106.5,29.5,x,y,g3"
    )


def test_new_cells_are_quoted_where_they_must_be_and_gzip_comes_out_by_its_name(tmp_path):
    points, (chunk,) = read(table(tmp_path, "lon,lat\n106.5,29.5\n"))
    write_points(points, tmp_path / "out.csv.gz", ["why"], [(chunk, [['a, "b"\n']])])
    with gzip.open(tmp_path / "out.csv.gz", "rt", newline="") as file:
        assert file.read() == 'lon,lat,why\n106.5,29.5,"a, ""b""\n"\n'


def test_the_input_and_files_that_are_there_are_not_overwritten_unasked(tmp_path):
    file = table(tmp_path, "lon,lat\n106.5,29.5\n")
    there = table(tmp_path, "precious", name="there.csv")
    points, chunks = read(file)
    link = tmp_path / "link.csv"
    link.symlink_to(file)

    for output, force in ((file, True), (link, True), (there, False), (tmp_path, True)):
        with pytest.raises(Conflict):
            answer(points, chunks, output, force=force)
    assert there.read_text() == "precious"
    answer(points, chunks, there, force=True)
    assert there.read_text() == "lon,lat,grid\n106.5,29.5,g1\n"


def test_a_column_that_is_there_already_is_not_added_again(tmp_path):
    points, chunks = read(table(tmp_path, "lon,lat,grid\n106.5,29.5,\n"))
    with pytest.raises(BadFile, match=r"error\.points_column_taken"):
        answer(points, chunks, tmp_path / "out.csv")


def test_when_writing_stops_half_way_nothing_is_left(tmp_path):
    points, (chunk,) = read(table(tmp_path, "lon,lat\n106.5,29.5\n"))

    def interrupted():
        yield chunk, [["g1"]]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_points(points, tmp_path / "out.csv", ["grid"], interrupted())
    with pytest.raises(BadFile, match=r"error\.output_not_written"):
        answer(points, [chunk], tmp_path / "no" / "out.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["points.csv"]


cell = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(cell, st.floats(73, 135), st.floats(4, 53), cell), min_size=1, max_size=12),
    st.sampled_from(["\n", "\r\n"]),
    st.integers(1, 5),
)
def test_any_table_comes_back_with_the_same_cells_and_the_answers(
    tmp_path_factory, rows, end, size
):
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator=end, quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow(["说明", "lon", "lat", "other"])
    writer.writerows(rows)
    folder = tmp_path_factory.mktemp("points")
    file = table(folder, buffer.getvalue())
    points, chunks = read(file, id="说明", size=size)
    answer(points, chunks, folder / "out.csv")

    with (folder / "out.csv").open(encoding="utf-8", newline="") as out:
        written = list(csv.reader(out))
    assert written[0] == ["说明", "lon", "lat", "other", "grid"]
    assert [row[:4] for row in written[1:]] == [[str(c) for c in row] for row in rows]
    assert [row[4] for row in written[1:]] == [f"g{n}" for n in range(1, len(rows) + 1)]
    assert [lon for chunk in chunks for lon in chunk.lon] == [row[1] for row in rows]
    assert [name for chunk in chunks for name in chunk.ids] == [row[0] for row in rows]
