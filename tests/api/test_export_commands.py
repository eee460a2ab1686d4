"""`wangge export boundaries`: what goes out comes in again and changes nothing."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from api import export_commands
from api.cli import build
from data.boundaries import Columns, read_boundaries
from gis.workflows.import_boundaries import Wanted, import_boundaries
from tests.makers import NOW, keep
from tests.sketch import sketch


@pytest.fixture
def wangge(connection, monkeypatch):
    """The command line over the test's own connection."""
    keep(connection, sketch("C C D"), level="community", edition="社区")
    parents = {"A": "C", "B": "C", "E": "D"}
    keep(connection, sketch("A B E", parents=parents, names={"A": "一格"}), edition="网格")
    keep(
        connection,
        sketch("B B E", parents=parents),
        edition="later",
        valid_from=date(2025, 1, 1),
        now=NOW,
    )

    @contextmanager
    def open_database(**_):
        yield SimpleNamespace(connect=lambda: nullcontext(connection))

    monkeypatch.setattr(export_commands, "open_database", open_database)
    monkeypatch.setenv("WANGGE_LANG", "en")

    def run(*words: str):
        asked = CliRunner().invoke(build("export"), ["export", "boundaries", *words])
        if asked.exception is not None and not isinstance(asked.exception, SystemExit):
            raise asked.exception
        return asked

    return run


@pytest.mark.parametrize("name", ["grids.gpkg", "grids.geojson", "grids.zip"])
def test_the_importer_finds_nothing_changed_in_what_was_exported(
    wangge, connection, tmp_path, name
):
    file = tmp_path / name
    asked = wangge(str(file), "--level", "grid", "--at", "2026-11-22")
    assert "2 regions" in asked.output
    read = read_boundaries(file, Columns("code", "name", "parent"))
    wanted = Wanted("grid", "again", date(2026, 11, 22), states_parent=True)
    report = import_boundaries(connection, read, wanted, NOW + timedelta(hours=1))

    assert report.faults == []
    assert (report.changes.unchanged, report.changes.added, report.changes.ended) == (2, (), ())
    assert (report.changes.moved, report.changes.changed, report.changes.renamed) == ((), (), ())


def test_an_earlier_day_and_a_part_of_the_town_can_be_had(wangge, tmp_path):
    file = tmp_path / "grids.csv"
    wangge(str(file), "--level", "grid", "--at", "2024-01-01", "--root", "community:C")

    assert file.read_text("utf-8-sig").splitlines() == [
        "code,name,parent,level,edition,valid_from,valid_to",
        "A,一格,C,grid,网格,2020-01-01,2025-01-01",
        "B,,C,grid,网格,2020-01-01,2025-01-01",
    ]
