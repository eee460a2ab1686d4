"""Lists of nets: each is stated wholly, bad rows are named, nothing is written unless asked."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection

from data.nets import read_nets
from data.sheets import Asked
from gis.errors import NotFound
from gis.model import AsOf
from gis.store import nets
from gis.workflows.import_places import Choice
from gis.workflows.keep_nets import NetsReport, import_nets
from tests.makers import NOW, TODAY, keep
from tests.sketch import sketch

KEEP = Choice(commit=True)
HEAD = "业务网编码,业务网名称,业务网类型,单元编码,单元名称,网格编码"


@pytest.fixture(scope="module", autouse=True)
def built(ground: Connection) -> None:
    keep(ground, sketch("1 2 3"))


@pytest.fixture
def town(connection: Connection) -> Connection:
    return connection


def brought(town: Connection, folder: Path, *lines: str, choice: Choice = KEEP) -> NetsReport:
    file = folder / "nets.csv"
    file.write_text("\n".join([HEAD, *lines]), encoding="utf-8")
    sheet = read_nets(file, Asked())
    return import_nets(town, sheet, TODAY.valid_on, NOW + timedelta(hours=1), choice)


def units(town: Connection, code: str) -> dict[str, tuple[str, ...]]:
    as_of = AsOf(TODAY.valid_on, NOW + timedelta(hours=1))
    net = nets.net_of(town, code, as_of)
    return {one.code: one.grids for one in nets.units_of(town, net.id, as_of)}


def test_a_list_states_its_nets_and_a_group_needs_no_units(town, tmp_path):
    report = brought(
        town,
        tmp_path,
        "JW,警务网,警务,W,西区,1",
        "JW,警务网,警务,E,东区,2",
        "JW,警务网,police,E,东区,3",
        "Z,沿河,分组,,,2",
    )
    assert report.kept
    assert [(one.code, one.units, one.joined) for one in report.nets] == [("JW", 2, 3), ("Z", 1, 1)]
    assert units(town, "JW") == {"W": ("1",), "E": ("2", "3")}
    assert units(town, "Z") == {"Z": ("2",)}
    assert nets.net_of(town, "Z", TODAY).source == "nets.csv"


def test_bad_rows_are_named_and_keep_the_whole_list_out(town, tmp_path):
    lines = (
        "JW,警务网,警务,W,西区,1",
        "JW,警务网,警务,W,西区,9",
        "JW,警察网,警务,W,西区,2",
        "JW,警务网,警务,W,东区,3",
        "JW,警务网,警务,W,西区,1",
        "JW,警务网,税务,X,北区,2",
    )
    report = brought(town, tmp_path, *lines)
    assert [(one.row, one.key) for one in report.faults] == [
        (3, "row.unknown_grid"),
        (4, "row.net_differs"),
        (5, "row.unit_differs"),
        (6, "row.double_member"),
        (7, "row.unknown_word"),
        (7, "row.net_differs"),
    ]
    assert not report.kept
    with pytest.raises(NotFound):
        nets.net_of(town, "JW", TODAY)
    some = brought(town, tmp_path, *lines, choice=Choice(commit=True, skip_bad=True))
    assert (some.kept, some.left_out) == (True, 4)
    assert units(town, "JW") == {"W": ("1",)}


def test_without_commit_a_list_is_only_told(town, tmp_path):
    report = brought(town, tmp_path, "JW,警务网,警务,W,西区,1", choice=Choice())
    assert [one.joined for one in report.nets] == [1]
    with pytest.raises(NotFound):
        nets.net_of(town, "JW", TODAY)
