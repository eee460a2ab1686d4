"""docs/real-data.md: its commands work as written, say what it says, and its figures are true."""

from __future__ import annotations

import csv
import re
import shlex
from pathlib import Path

import pytest
from sqlalchemy import text
from typer.testing import CliRunner, Result

from api.cli import build
from gis.store.database import connect_engine
from gis.store.roles import APP, OWNER

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "real-data.md").read_text(encoding="utf-8")
STEP = re.compile(r"```sh\nwangge (.+?)\n```(?:\n```text\n(.+?)\n```)?", re.DOTALL)


@pytest.fixture
def trial(cluster, own_database, tmp_path, monkeypatch):
    """An empty database, reached as an own server's would be, and a folder with the files."""
    monkeypatch.setenv("WANGGE_DATABASE_URL", cluster.url(APP, own_database))
    monkeypatch.setenv("WANGGE_MIGRATE_URL", cluster.url(OWNER, own_database))
    monkeypatch.setenv("WANGGE_LANG", "en")
    (tmp_path / "tests").symlink_to(ROOT / "tests")
    monkeypatch.chdir(tmp_path)
    return cluster.url(APP, own_database)


def run(command: str) -> Result:
    arguments = shlex.split(command)
    return CliRunner().invoke(build(arguments[0]), arguments)


def test_every_command_of_the_page_works_and_says_what_the_page_says(trial):
    steps = STEP.findall(PAGE)
    assert len(steps) == 13
    for command, expected in steps:
        result = run(command)
        assert result.exit_code == 0, (command, result.output, result.exception)
        if expected:
            assert result.stdout.strip() == expected
    check_new_york()
    check_what_stands(trial)


def check_new_york() -> None:
    """Labels of the city itself: plain point-in-polygon agrees on 99.3 %, so must we."""
    with Path("nyc.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    labelled = [row for row in rows if row["label_boro_cd"] and row["method"] != "outside"]
    agreeing = [row for row in labelled if row["label_boro_cd"] == row["board"]]
    assert (len(rows), len(labelled), len(agreeing)) == (1931, 1864, 1851)
    others = [float(row["edge_m"]) for row in labelled if row not in agreeing]
    assert max(others) < 4.8


def check_what_stands(url: str) -> None:
    engine = connect_engine(url, pool_size=1)
    with engine.connect() as connection:
        counted = connection.execute(
            text(
                "SELECT l.code, count(*), count(v.parent_id), count(v.shape_id)"
                " FROM region_version v JOIN region r ON r.id = v.region_id"
                " JOIN level l ON l.id = r.level_id"
                " WHERE v.valid @> DATE '2100-01-01' AND upper_inf(v.known) GROUP BY l.code"
            )
        )
        stands = {row[0]: tuple(row[1:]) for row in counted}
        deepest = connection.execute(
            text(
                "SELECT max(cardinality(path)), min(cardinality(path)) FROM region_version v"
                " JOIN region r ON r.id = v.region_id JOIN level l ON l.id = r.level_id"
                " WHERE l.code = 'community'"
            )
        ).one()
    engine.dispose()
    assert stands == {
        "board": (71, 0, 71),
        "province": (2, 0, 0),
        "prefecture": (3, 3, 0),
        "county": (42, 42, 42),
        "subdistrict": (1091, 1091, 0),
        "community": (11730, 11730, 0),
        "town": (12, 0, 12),
        "village": (456, 456, 456),
    }
    assert tuple(deepest) == (4, 4)
