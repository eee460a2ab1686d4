"""A backup is whole or absent; a restore gives back what was there and can be taken back."""

from __future__ import annotations

import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from gis.errors import BadFile, BadInput, Conflict, GridError, Unavailable
from gis.store.backup import backup, restore
from gis.store.cluster import Cluster, throwaway
from gis.store.cluster_conf import SUPERUSER
from gis.store.roles import APP, OWNER, PUBLIC, check_server
from gis.store.upgrade import move, row_counts, upgrade

NOW = datetime(2026, 11, 22, 1, 2, 3, tzinfo=UTC)
KEPT = "wangge_before_restore_20261122_090203"
ROWS = 5000


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with throwaway(tmp_path_factory.mktemp("wgdb-")) as running:
        with psycopg.connect(running.url(OWNER)) as connection:
            connection.execute("CREATE TABLE alembic_version (version_num text)")
            connection.execute("INSERT INTO alembic_version VALUES ('0001')")
            connection.execute(
                "CREATE TABLE place (id int PRIMARY KEY, name text, geom geometry(Point, 4490),"
                " EXCLUDE USING gist (id WITH =))"
            )
            connection.execute("CREATE INDEX ON place USING gin (name gin_trgm_ops)")
            connection.execute(
                "INSERT INTO place SELECT n, '幸福社区第' || n || '网格',"
                " ST_SetSRID(ST_MakePoint(106 + n / 1e5, 29), 4490)"
                f" FROM generate_series(1, {ROWS}) n"
            )
        yield running


@pytest.fixture(scope="module")
def saved(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("backups") / "wangge.dump"
    _backup(cluster, file)
    return file


@pytest.fixture
def tidy(cluster: Cluster) -> Iterator[None]:
    """Takes away what a restore keeps."""
    yield
    with cluster.server.connect() as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(KEPT)))


def test_a_restore_gives_back_what_was_there_and_keeps_what_was_since(cluster, saved, tidy):
    migrated: list[str] = []
    before = _sum_of_places(cluster)
    with psycopg.connect(cluster.url(OWNER)) as connection:
        connection.execute("DELETE FROM place WHERE id > 7")
    kept = restore(cluster, saved, end_sessions=False, migrate=migrated.append, now=NOW)

    assert kept == KEPT
    assert migrated == [cluster.url(OWNER, "wangge_restoring")]  # before it takes the name
    assert before[0] == ROWS
    assert _sum_of_places(cluster) == before
    assert _sum_of_places(cluster, KEPT)[0] == 7


def test_a_restore_brings_no_ended_session_back_to_life(cluster, tidy, tmp_path):
    with psycopg.connect(cluster.url(OWNER)) as connection:
        connection.execute("CREATE TABLE account_session (token_sha256 bytea)")
        connection.execute("INSERT INTO account_session VALUES ('ended since')")
    _backup(cluster, tmp_path / "with-session.dump")
    _restore(cluster, tmp_path / "with-session.dump")
    with psycopg.connect(cluster.url(OWNER)) as connection:
        assert connection.execute("SELECT count(*) FROM account_session").fetchone() == (0,)
        connection.execute("DROP TABLE account_session")


def test_after_a_restore_the_roles_may_what_they_might_and_no_more(cluster, saved, tidy):
    _restore(cluster, saved)
    with psycopg.connect(cluster.url(APP)) as connection:
        check_server(connection)
        connection.execute("UPDATE place SET name = name WHERE id = 1")
        assert connection.execute("SHOW statement_timeout").fetchone() == ("30s",)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE TABLE mine ()")
    with (
        psycopg.connect(cluster.url(PUBLIC)) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("SELECT * FROM place")
    with pytest.raises(psycopg.OperationalError):  # the old one is closed to the service
        psycopg.connect(cluster.url(APP, KEPT))


def test_a_migration_that_fails_leaves_the_database_as_it_was(cluster, saved):
    def fail(url: str) -> None:
        raise Unavailable("error.nothing_of_this_kind")

    with pytest.raises(Unavailable):
        restore(cluster, saved, end_sessions=False, migrate=fail, now=NOW)

    assert _databases(cluster) == ["wangge"]


@pytest.mark.parametrize("part", [0.0, 0.02, 0.5, 0.99])
def test_a_truncated_backup_is_refused_and_nothing_changes(cluster, saved, tmp_path, part):
    broken = tmp_path / "broken.dump"
    broken.write_bytes(saved.read_bytes()[: int(saved.stat().st_size * part)])
    before = _sum_of_places(cluster)
    with pytest.raises(BadFile):
        _restore(cluster, broken)

    assert _sum_of_places(cluster) == before
    assert _databases(cluster) == ["wangge"]


def test_the_backup_of_another_database_is_refused(cluster, tmp_path):
    file = tmp_path / "postgres.dump"
    backup(
        cluster.url(SUPERUSER, "postgres"), file, pg_dump=_pg_dump(cluster), progress=_say_nothing
    )
    with pytest.raises(BadFile) as refused:
        _restore(cluster, file)

    assert refused.value.key == "error.not_our_backup"


def test_a_restore_is_refused_while_somebody_is_connected_unless_told_otherwise(
    cluster, saved, tidy
):
    with psycopg.connect(cluster.url(APP)) as service:
        with pytest.raises(Conflict) as refused:
            _restore(cluster, saved)
        service.execute("SELECT 1")  # the refusal has not harmed it
        service.commit()
        restore(cluster, saved, end_sessions=True, migrate=_say_nothing, now=NOW)
        with pytest.raises(psycopg.OperationalError):
            service.execute("SELECT 1")

    assert refused.value.key == "error.database_in_use"
    assert refused.value.values == {"count": 1}
    assert _sum_of_places(cluster)[0] == ROWS


def test_a_backup_is_readable_by_its_writer_alone_and_leaves_nothing_beside_it(cluster, tmp_path):
    file = tmp_path / "备份.dump"
    sizes: list[int] = []
    size = backup(cluster.url(OWNER), file, pg_dump=_pg_dump(cluster), progress=sizes.append)

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert size == file.stat().st_size == sizes[-1] > 10_000
    assert list(tmp_path.iterdir()) == [file]


def test_a_backup_that_is_killed_never_appears_and_the_next_leaves_nothing_of_it(
    cluster, saved, tmp_path
):
    """It waits for a table that is being changed, so that the kill surely comes in the midst."""
    file = tmp_path / "wangge.dump"
    shutil.copy(saved, file)
    script = (
        "import sys; from pathlib import Path; from gis.store.backup import backup\n"
        "backup(sys.argv[1], Path(sys.argv[2]), pg_dump=sys.argv[3], progress=lambda done: None)"
    )
    command = [sys.executable, "-c", script, cluster.url(OWNER), str(file), _pg_dump(cluster)]
    with psycopg.connect(cluster.url(OWNER)) as connection:
        connection.execute("LOCK TABLE place IN ACCESS EXCLUSIVE MODE")
        with subprocess.Popen(command) as process:
            _wait_for(lambda: _dumps(cluster) == ["Lock"])
            process.send_signal(signal.SIGKILL)
    _wait_for(lambda: _dumps(cluster) == [])

    assert file.read_bytes() == saved.read_bytes()
    assert len(list(tmp_path.iterdir())) == 2
    _backup(cluster, file)
    assert list(tmp_path.iterdir()) == [file]


def test_a_backup_that_fails_leaves_the_older_one(cluster, saved, tmp_path):
    file = tmp_path / "wangge.dump"
    shutil.copy(saved, file)
    with pytest.raises(Unavailable) as refused:
        backup(
            cluster.url(OWNER, "no_such_database"),
            file,
            pg_dump=_pg_dump(cluster),
            progress=_say_nothing,
        )

    assert "no_such_database" in str(refused.value.values["reason"])
    assert list(tmp_path.iterdir()) == [file]
    assert file.read_bytes() == saved.read_bytes()


def test_a_backup_overwrites_nothing_but_a_backup(cluster, tmp_path):
    thesis = tmp_path / "论文.docx"
    thesis.write_text("years of work")
    for target in (thesis, tmp_path, tmp_path / "missing" / "wangge.dump"):
        with pytest.raises(BadInput):
            _backup(cluster, target)

    assert thesis.read_text() == "years of work"


def test_a_password_is_not_on_the_command_line_of_the_dump(tmp_path):
    spy = tmp_path / "pg_dump"
    spy.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/said\necho "$PGPASSWORD" > {tmp_path}/env\n')
    spy.chmod(0o755)
    with pytest.raises(GridError):
        backup(
            "postgresql://wangge_owner:geheim@server/wangge",
            tmp_path / "wangge.dump",
            pg_dump=str(spy),
            progress=_say_nothing,
        )

    assert "geheim" not in (tmp_path / "said").read_text()
    assert "server" in (tmp_path / "said").read_text()
    assert (tmp_path / "env").read_text() == "geheim\n"


def test_the_move_to_another_major_keeps_every_row_and_the_old_data(cluster, saved):
    """Both are the same PostgreSQL here under two numbers; the way is the one for two."""
    newer = replace(cluster.server.postgres, major=99)
    old = cluster.server
    before = row_counts(old)
    try:
        move(cluster, newer, saved)
        assert old.pid() is None
        new = replace(old, postgres=newer, data=cluster.place.data(99))
        new.start(cluster.tell)
        assert row_counts(new) == before == {"alembic_version": 1, "place": ROWS}
        new.stop()
    finally:
        shutil.rmtree(cluster.place.data(99), ignore_errors=True)
        cluster.start()

    assert row_counts(old) == before


def test_a_move_that_would_lose_a_row_is_given_up(cluster, saved):
    with psycopg.connect(cluster.url(OWNER)) as connection:
        connection.execute("INSERT INTO place (id) VALUES (0)")
    try:
        with pytest.raises(Unavailable) as refused:
            move(cluster, replace(cluster.server.postgres, major=99), saved)
    finally:
        with psycopg.connect(cluster.url(OWNER)) as connection:
            connection.execute("DELETE FROM place WHERE id = 0")

    assert refused.value.key == "error.upgrade_differs"
    assert cluster.server.is_running()
    assert not cluster.place.data(99).exists()


def test_an_upgrade_saves_the_database_first_then_migrates_and_leaves_it_running(cluster):
    migrated: list[str] = []
    done = upgrade(cluster, migrate=migrated.append, progress=_say_nothing, now=NOW)

    assert done.backup == cluster.home / "backups" / "before_upgrade_20261122_090203.dump"
    assert done.backup.read_bytes().startswith(b"PGDMP")
    assert stat.S_IMODE(done.backup.parent.stat().st_mode) == 0o700
    assert migrated == [cluster.url(OWNER)]
    assert done.kept is None
    assert cluster.server.is_running()


def test_an_upgrade_is_refused_while_somebody_is_connected_and_locks_nobody_out(cluster):
    with psycopg.connect(cluster.url(APP)), pytest.raises(Conflict):
        upgrade(cluster, migrate=_say_nothing, progress=_say_nothing, now=NOW)

    psycopg.connect(cluster.url(APP)).close()


def _say_nothing(_: object) -> None:
    pass


def _pg_dump(cluster: Cluster) -> str:
    return cluster.server.postgres.program("pg_dump")


def _backup(cluster: Cluster, file: Path) -> None:
    backup(cluster.url(SUPERUSER), file, pg_dump=_pg_dump(cluster), progress=_say_nothing)


def _restore(cluster: Cluster, file: Path) -> str:
    return restore(cluster, file, end_sessions=False, migrate=_say_nothing, now=NOW)


def _sum_of_places(cluster: Cluster, database: str = "wangge") -> tuple[int, str]:
    with cluster.server.connect(database) as connection:
        row = connection.execute(
            "SELECT count(*), md5(string_agg(place::text, ',' ORDER BY id)) FROM place"
        ).fetchone()
    assert row is not None
    return (row[0], row[1])


def _databases(cluster: Cluster) -> list[str]:
    with cluster.server.connect() as connection:
        found = connection.execute("SELECT datname FROM pg_database WHERE datname ~ 'wangge'")
        return [name for (name,) in found]


def _dumps(cluster: Cluster) -> list[str]:
    """For what each dump that is running waits."""
    with cluster.server.connect() as connection:
        found = connection.execute(
            "SELECT wait_event_type FROM pg_stat_activity WHERE application_name = 'pg_dump'"
        )
        return [waits_for for (waits_for,) in found]


def _wait_for(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.05)
