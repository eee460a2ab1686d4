"""The commands for levels, boundary files, editions and files of places, as a person types them."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import geopandas
import pytest
from sqlalchemy import text
from typer.testing import CliRunner, Result

from api.cli import build
from gis.errors import BadBoundaries, BadFile, BadInput, Conflict, GridError
from gis.store.database import connect_engine
from gis.store.roles import APP, OWNER
from tests.sketch import sketch


@pytest.fixture
def url(cluster, own_database, tmp_path, monkeypatch):
    monkeypatch.setenv("WANGGE_DATABASE_URL", cluster.url(APP, own_database))
    monkeypatch.setenv("WANGGE_MIGRATE_URL", cluster.url(OWNER, own_database))
    monkeypatch.setenv("WANGGE_LANG", "en")
    monkeypatch.chdir(tmp_path)
    return cluster.url(APP, own_database)


def wangge(*arguments: str) -> Result:
    return CliRunner().invoke(build(arguments[0]), list(arguments))


def refused(kind: type[GridError], *arguments: str) -> GridError:
    result = wangge(*arguments)
    assert isinstance(result.exception, kind), result.output
    return result.exception


def draw(name: str, drawing: str, **parents: str) -> None:
    rows = sketch(drawing, parents=parents)
    geopandas.GeoDataFrame(
        {"code": [r.code for r in rows], "parent": [r.parent_code for r in rows]},
        geometry=[r.shape for r in rows],
        crs=4490,
    ).to_file(name, engine="pyogrio")


def count(url: str, table: str) -> int:
    engine = connect_engine(url, pool_size=1)
    with engine.connect() as connection:
        found = connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
    engine.dispose()
    return found


GRID = ("--level", "grid", "--code", "code", "--edition", "first")


def test_an_import_reports_first_and_commits_when_told(url):
    draw("town.gpkg", "A B")
    looked = wangge("import", "boundaries", "town.gpkg", *GRID)
    assert looked.exit_code == 0
    assert "2 added" in looked.output
    assert "nothing was written" in looked.output
    assert count(url, "region") == 0
    assert wangge("import", "boundaries", "town.gpkg", *GRID, "--commit").exit_code == 0
    assert count(url, "region") == 2
    assert "first" in wangge("edition", "list").output


def test_faults_end_with_exit_code_one_and_nothing_written(url):
    draw("town.gpkg", "A B", A="X", B="X")
    asked = ("import", "boundaries", "town.gpkg", *GRID, "--parent", "parent")
    looked = wangge(*asked, "--faults-to", "faults.geojson")
    assert looked.exit_code == 1
    assert "X" in looked.output
    written = json.loads(Path("faults.geojson").read_text(encoding="utf-8"))
    assert {one["properties"]["kind"] for one in written["features"]} == {"unknown_parent"}
    refused(BadBoundaries, *asked, "--commit")
    assert count(url, "region") == 0
    assert count(url, "edition") == 0


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        (BadFile, ("nowhere.gpkg", *GRID)),
        (BadFile, ("town.gpkg", *GRID[:2], "--code", "nope", *GRID[4:])),
        (BadFile, ("cut.zip", *GRID)),
        (BadInput, ("town.gpkg", *GRID, "--only", "level")),
        (BadInput, ("town.gpkg", *GRID, "--root", "county")),
        (BadInput, ("town.gpkg", *GRID, "--draft", "--commit")),
        (GridError, ("town.gpkg", "--level", "nope", *GRID[2:])),
    ],
)
def test_a_slip_is_one_plain_refusal_and_writes_nothing(url, kind, arguments):
    draw("town.gpkg", "A B")
    Path("cut.zip").write_bytes(b"PK\x03\x04 cut off")
    refused(kind, "import", "boundaries", *arguments)
    assert count(url, "edition") == 0


def test_a_draft_is_kept_activated_or_dropped_by_name(url):
    draw("town.gpkg", "A B")
    assert wangge("import", "boundaries", "town.gpkg", *GRID, "--draft").exit_code == 0
    assert count(url, "region") == 0
    assert wangge("edition", "activate", "first").exit_code == 0
    assert count(url, "region") == 2
    refused(Conflict, "edition", "drop", "first")


def test_a_level_is_added_below_another(url):
    assert wangge("level", "add", "patrol", "--name", "巡查片", "--overlay").exit_code == 0
    assert wangge("level", "add", "block", "--name", "片区", "--under", "community").exit_code == 0
    listed = [line.split()[0] for line in wangge("level", "list").output.splitlines()]
    assert listed.index("community") < listed.index("block") < listed.index("grid")
    refused(Conflict, "level", "add", "block", "--name", "片区")
    refused(BadInput, "level", "add", "Bad Code", "--name", "x")


def test_a_file_of_places_gets_a_column_a_level_and_keeps_its_bad_rows(url):
    draw("town.gpkg", "A B")
    wangge("import", "boundaries", "town.gpkg", *GRID, "--commit")
    Path("places.csv").write_text(
        "编号,经度,纬度\n1,106.505,29.505\n2,29.505,106.505\n3,abc,29.5\n4,100,30\n",
        encoding="utf-8",
    )
    columns = ("--lon", "经度", "--lat", "纬度", "--crs", "wgs84", "--output", "out.csv")
    result = wangge("locate", "places.csv", *columns)
    assert result.exit_code == 0, result.output
    assert "4 rows, 1 placed, 2 with bad coordinates" in result.output
    with Path("out.csv").open(encoding="utf-8", newline="") as file:
        first, swapped, words, outside = csv.DictReader(file)
    assert (first["grid"], first["method"], first["edition"]) == ("A", "covers", "first")
    assert first["confidence"] == "1.0000"
    assert float(first["edge_m"]) > 400
    assert swapped["grid"] == ""
    assert swapped["error"]
    assert words["error"]
    assert (outside["method"], outside["edge_m"], outside["error"]) == ("outside", "", "")
    refused(Conflict, "locate", "places.csv", *columns)


def test_an_unknown_coordinate_system_is_refused_before_anything_is_written(url):
    Path("places.csv").write_text("x,y\n1,2\n", encoding="utf-8")
    columns = ("--lon", "x", "--lat", "y", "--output", "out.csv")
    refused(BadInput, "locate", "places.csv", *columns, "--crs", "mars")
    assert not Path("out.csv").exists()
