"""`wangge db …`: what it says, and what it leaves alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner

from api.database_commands import app
from gis.errors import Conflict, GridError
from gis.store.cluster import Cluster, throwaway
from gis.store.roles import OWNER, role_script

SOMEBODY_ELSES = "postgresql://wangge_app:geheim@127.0.0.1:1/wangge"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with throwaway(tmp_path_factory.mktemp("wgdb-")) as running:
        yield running


@pytest.fixture
def wangge(cluster, monkeypatch):
    monkeypatch.setenv("WANGGE_HOME", str(cluster.home))
    monkeypatch.setenv("WANGGE_LANG", "en")
    monkeypatch.delenv("WANGGE_DATABASE_URL", raising=False)

    def run(*arguments: str) -> str:
        result = CliRunner().invoke(app, arguments)
        if isinstance(result.exception, GridError):
            raise result.exception
        assert result.exit_code == 0, result.output
        return str(result.stdout)

    return run


def test_status_says_where_the_database_is(wangge, cluster):
    said = wangge("status").splitlines()

    assert said[0].startswith(f"The database is running (process {cluster.server.pid()}")
    assert f"Data: {cluster.server.data}" in said


def test_start_of_a_running_database_says_so(wangge):
    assert wangge("start") == "The database is running already.\n"


def test_a_backup_is_restored_and_the_former_database_is_named(wangge, cluster, tmp_path):
    with psycopg.connect(cluster.url(OWNER)) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)")
    file = tmp_path / "wangge.dump"

    assert f"Backed up to {file}" in wangge("backup", str(file))
    with psycopg.connect(cluster.url(OWNER)) as connection:
        connection.execute("CREATE TABLE since (n int)")
    said = wangge("restore", str(file))
    with cluster.server.connect() as connection:
        kept = [
            name
            for (name,) in connection.execute(
                "SELECT datname FROM pg_database WHERE datname ~ 'before'"
            )
        ]
    assert len(kept) == 1
    assert f"is kept as {kept[0]}" in said
    with psycopg.connect(cluster.url(OWNER)) as connection:
        there = connection.execute("SELECT to_regclass('since'), to_regclass('region')").fetchone()
    assert there == (None, "region")  # of then, and at the newest migration


def test_the_script_for_an_own_server_is_the_one_that_we_run(wangge):
    assert wangge("script").strip() == role_script().strip()


@pytest.mark.parametrize("command", [("start",), ("stop",), ("restore", "wangge.dump")])
def test_somebody_elses_server_is_left_alone(wangge, monkeypatch, command):
    monkeypatch.setenv("WANGGE_DATABASE_URL", SOMEBODY_ELSES)
    with pytest.raises(Conflict) as refused:
        wangge(*command)

    assert refused.value.key == "error.database_not_ours"


@pytest.mark.parametrize("command", [("status",), ("backup", "{folder}/wangge.dump")])
def test_a_server_that_does_not_answer_is_one_error_without_the_password(
    wangge, monkeypatch, tmp_path, command
):
    monkeypatch.setenv("WANGGE_DATABASE_URL", SOMEBODY_ELSES)
    with pytest.raises(GridError) as refused:
        wangge(*(part.format(folder=tmp_path) for part in command))

    assert "geheim" not in str(refused.value)
    assert list(Path(tmp_path).iterdir()) == []


def test_another_server_is_backed_up_through_the_migrating_role(
    wangge, cluster, monkeypatch, tmp_path
):
    monkeypatch.setenv("WANGGE_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    monkeypatch.setenv("WANGGE_MIGRATE_URL", cluster.url(OWNER))

    assert "Backed up to" in wangge("backup", str(tmp_path / "own.dump"))
