"""docs/boundaries.md: its commands work as written, one after the other, on the demo city."""

from __future__ import annotations

import re
import shlex
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli import build
from api.demo import load_demo_places_and_people, load_demo_regions
from gis.accounts import Grant, Role
from gis.passwords import Passwords
from gis.store.database import connect_engine
from gis.store.roles import APP, OWNER
from tests.api.people import add_person

PAGE = (Path(__file__).parents[2] / "docs" / "boundaries.md").read_text(encoding="utf-8")
EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
BLOCK = re.compile(r"```sh\n(.+?)\n```", re.DOTALL)
COMMANDS = [line for block in BLOCK.findall(PAGE) for line in block.splitlines()]
FINDS_FAULTS = {"audit"}  # ends with 1 when there are some: the demo has vacancies


@pytest.fixture
def trial(cluster, own_database, tmp_path, monkeypatch):
    monkeypatch.setenv("WANGGE_DATABASE_URL", cluster.url(APP, own_database))
    monkeypatch.setenv("WANGGE_MIGRATE_URL", cluster.url(OWNER, own_database))
    monkeypatch.setenv("WANGGE_LANG", "en")
    monkeypatch.chdir(tmp_path)
    for example in ("nets.csv", "dispute.geojson"):
        shutil.copy(EXAMPLES / example, tmp_path)
    engine = connect_engine(cluster.url(APP, own_database), patient=True)
    now = datetime.now(UTC)
    with engine.begin() as connection:
        load_demo_regions(connection, now)
        load_demo_places_and_people(connection, now)
        add_person(connection, Passwords(), "demo.planner", Grant(Role.PLANNER))
    engine.dispose()


def test_every_command_of_the_page_works(trial):
    assert len(COMMANDS) == 18
    said = ""
    for command in COMMANDS:
        arguments = shlex.split(command.removeprefix("wangge "))
        result = CliRunner().invoke(build(arguments[0]), arguments)
        allowed = (0, 1) if arguments[0] in FINDS_FAULTS else (0,)
        assert result.exit_code in allowed, (command, result.output, result.exception)
        assert not result.exception or isinstance(result.exception, SystemExit)
        said += result.output
    assert "0 added, 0 with a new shape" in said
    assert "2027-01" in said
    assert "grid 500199001001004 is in no unit" in said
    assert "0 offending places" in said
    assert "dispute ZY-1 is settled" in said
    assert Path("health.xlsx").stat().st_size > 1000
