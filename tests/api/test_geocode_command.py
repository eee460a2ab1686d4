"""`wangge geocode`: every row comes back, the bad ones with their reason beside the good ones."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from api.geocode_command import COLUMNS, geocode_file
from data.address_files import read_address_file
from gis.errors import BadFile
from gis.model import Point
from gis.store.known_addresses import KnownPlace, keep_known
from gis.store.regions import region_ids
from tests.makers import TODAY, keep
from tests.sketch import sketch


@pytest.fixture(scope="module", autouse=True)
def town(ground):
    keep(ground, sketch("1"), edition="网格")
    grid = region_ids(ground, {("grid", "1")}, TODAY)["grid", "1"]
    keep_known(
        ground,
        [
            KnownPlace("building:B1", "滨河路18号附1", "", (), grid, Point(106.505, 29.505)),
            KnownPlace("building:B2", "滨河路18号附2", "", (), grid, Point(106.506, 29.505)),
        ],
    )
    return ground


def run(connection, folder: Path, text: str, encoding: str) -> list[dict[str, str]]:
    given, output = folder / "in.csv", folder / "out.csv"
    given.write_bytes(text.encode(encoding))
    geocode_file(connection, read_address_file(given, "地址"), TODAY, output)
    head, *lines = output.read_text(encoding).splitlines()
    return [next(csv.DictReader([head, line])) for line in lines]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_every_row_comes_back_with_a_place_a_list_or_a_reason(town, tmp_path, encoding):
    rows = run(
        town,
        tmp_path,
        '序号,地址\n1,滨河路18号附1\n2,滨河路18号\n3,"滨河路18号附2,楼下"\n4,\n'
        f'5,"没有收尾的引号\n6,滨河路18号附2\n7,{"路" * 400}\n8,=1+1\n9,滨河路18号附2,多,余\n',
        encoding,
    )
    assert [row["place_code"] for row in rows if row["序号"] != "5"] == [
        "B1", "", "B2", "", "B2", "", "", "",
    ]  # fmt: skip
    assert [n for n, row in enumerate(rows, 1) if row["error"]] == [4, 7]
    assert "引号" in rows[4]["地址"].rpartition(",")[2]  # the open quote swallows its own row only
    assert "字段" in str(rows[8]) or "列" in str(rows[8])
    assert rows[0]["elements"] == "41:滨河路 50:18附1"
    assert (rows[0]["grid"], rows[0]["region"], rows[0]["place_lon"]) == (
        "1",
        "grid:1",
        "106.5050000",
    )
    assert rows[1]["candidates"] == "building:B1 0.75; building:B2 0.75"
    assert (rows[1]["grid"], rows[1]["region"]) == ("1", "grid:1")


def test_a_column_that_is_not_there_is_named(tmp_path):
    file = tmp_path / "in.csv"
    file.write_text("序号,住址\n1,滨河路\n", "utf-8")
    with pytest.raises(BadFile) as refused:
        read_address_file(file, "地址")
    assert refused.value.key == "error.file_no_column"


def test_no_column_of_the_answer_comes_twice():
    assert len(set(COLUMNS)) == len(COLUMNS)
