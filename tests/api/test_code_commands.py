"""`wangge codes propose`: what the codes would be; nothing is changed."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from api import code_commands
from api.cli import build
from gis.codes import CodePattern
from gis.errors import BadInput, NotFound
from gis.model import AsOf
from gis.store import regions
from tests.makers import NOW, keep
from tests.sketch import sketch

COMMUNITY = "500199001001"


@pytest.fixture
def wangge(connection, monkeypatch):
    town = sketch("C C C C")
    keep(
        connection,
        [type(row)(row.row, COMMUNITY, "", None, row.shape) for row in town],
        level="community",
        edition="社区",
    )
    codes = {"A": f"{COMMUNITY}002", "B": f"{COMMUNITY}001", "C": "旧3", "Z": f"{COMMUNITY}Z001"}
    keep(
        connection,
        [
            type(row)(row.row, codes[row.code], row.code, COMMUNITY, row.shape)
            for row in sketch("A B C Z")
        ],
        edition="网格",
    )

    @contextmanager
    def open_database(**_):
        yield SimpleNamespace(connect=lambda: nullcontext(connection))

    monkeypatch.setattr(code_commands, "open_database", open_database)
    monkeypatch.setenv("WANGGE_LANG", "en")

    def run(*words: str):
        root = () if "--root" in words else ("--root", f"community:{COMMUNITY}")
        asked = CliRunner().invoke(build("codes"), ["codes", "propose", *root, *words])
        if asked.exception is not None and not isinstance(asked.exception, SystemExit):
            raise asked.exception
        return asked

    return run


def test_the_deployment_says_its_form_once_for_all(wangge, monkeypatch):
    monkeypatch.setenv("WANGGE_GRID_CODE", "{parent}-{number:02}")
    monkeypatch.setenv("WANGGE_GRID_CODE_RULE", "[0-9]{12}-[0-9]{2}")
    assert f"{COMMUNITY}-01" in wangge().output
    monkeypatch.setenv("WANGGE_GRID_CODE_RULE", "[0-9]{12}")
    with pytest.raises(BadInput, match="grid_code"):
        wangge()
    monkeypatch.setenv("WANGGE_GRID_CODE", "always the same")
    with pytest.raises(BadInput, match="code_pattern"):
        wangge()


def test_base_grids_are_numbered_west_to_east_and_nothing_is_changed(wangge, connection, tmp_path):
    before = [one.code for one in regions.list_regions(connection, AsOf.at(NOW), level="grid")]
    file = tmp_path / "codes.csv"
    asked = wangge("--output", str(file))

    assert file.read_text("utf-8-sig").splitlines() == [
        "code,proposed,kind,name",
        f"{COMMUNITY}001,{COMMUNITY}002,base,B",
        f"{COMMUNITY}002,{COMMUNITY}001,base,A",
        f"{COMMUNITY}Z001,,exclusive,Z",
        f"旧3,{COMMUNITY}003,base,C",
    ]
    assert "4 grids, 3 with a code other" in asked.output
    after = [one.code for one in regions.list_regions(connection, AsOf.at(NOW), level="grid")]
    assert after == before


def test_a_deployment_may_write_codes_in_its_own_way(wangge):
    asked = wangge("--pattern", "{parent}-W{number:02}", "--rule", "[0-9]{12}-W[0-9]{2}")
    assert f"{COMMUNITY}-W03" in asked.output


def test_a_community_that_isnt_there_and_a_pattern_without_a_number_are_refused(wangge):
    with pytest.raises(NotFound):
        wangge("--root", "community:1")
    for base, rule in (("{parent}", None), ("{other}", None), ("{number}", "("), ("{0}", None)):
        with pytest.raises(BadInput, match="code_pattern"):
            CodePattern.of(base, rule)
