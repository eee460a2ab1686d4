"""What everyone relies on in a running cluster: its roles, its locks, its safety."""

from __future__ import annotations

import os
import pwd
import re
import signal
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from gis.errors import Unavailable
from gis.store.cluster import Cluster, throwaway
from gis.store.cluster_conf import (
    ROLES,
    SUPERUSER,
    Machine,
    ident_conf,
    known_roles,
    wangge_conf,
)
from gis.store.cluster_files import SOCKET_NAME, write_text
from gis.store.postgres import Owner, Postgres, find_postgres, run_as
from gis.store.roles import (
    APP,
    EXTENSIONS,
    OWNER,
    PUBLIC,
    WORKER,
    check_server,
    prepare,
    role_script,
)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with throwaway(tmp_path_factory.mktemp("wgdb-")) as running:
        yield running


def test_each_role_signs_in_and_sees_postgis(cluster):
    for role in (OWNER, APP, WORKER, PUBLIC):
        with psycopg.connect(cluster.url(role)) as connection:
            check_server(connection)
            assert connection.execute("SELECT session_user").fetchone() == (role,)


def test_the_roles_have_no_power_and_all_but_the_owner_own_nothing(cluster):
    with psycopg.connect(cluster.url(SUPERUSER)) as connection:
        powers = connection.execute(
            "SELECT rolname, rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication"
            " OR rolbypassrls FROM pg_roles WHERE rolname LIKE 'wangge%' ORDER BY 1"
        ).fetchall()
        owned = connection.execute(
            "SELECT rolname, count(*) FROM pg_shdepend JOIN pg_roles r ON r.oid = refobjid"
            " WHERE deptype = 'o' AND rolname = ANY(%s) GROUP BY 1",
            (list(ROLES),),
        ).fetchall()

    assert powers == [(role, False) for role in sorted(ROLES)]
    assert [role for role, _ in owned] == [OWNER]


def test_what_the_owner_makes_is_for_app_and_worker_and_closed_to_public(cluster):
    with psycopg.connect(cluster.url(OWNER)) as connection:
        connection.execute("CREATE TABLE thing (id bigint GENERATED ALWAYS AS IDENTITY, name text)")
    for role in (APP, WORKER):
        with psycopg.connect(cluster.url(role)) as connection:
            connection.execute("INSERT INTO thing (name) VALUES ('井盖')")
            connection.execute("UPDATE thing SET name = '路灯'")
            connection.execute("DELETE FROM thing")
            connection.execute("CREATE TEMPORARY TABLE point (lon float8)")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("CREATE TABLE mine ()")
    with psycopg.connect(cluster.url(PUBLIC)) as connection:
        for forbidden in ("SELECT * FROM thing", "CREATE TEMP TABLE t ()", "CREATE TABLE t ()"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(forbidden)
            connection.rollback()


def test_nobody_is_trusted(cluster):
    rules = (cluster.server.data / "pg_hba.conf").read_text()

    assert re.findall(r"^[^#\n]+", rules, re.M) == ["local  all  all  peer  map=wangge"]


def test_a_user_whom_the_map_does_not_name_is_refused(cluster):
    """Acted out the other way round, so that it needs no second user: the map names another."""
    server = cluster.server
    own_map = (server.data / "pg_ident.conf").read_text()
    write_text(server.data / "pg_ident.conf", ident_conf(["somebody-else"]), server.owner)
    try:
        _reload(server)
        for role in known_roles():
            with pytest.raises(psycopg.OperationalError, match="Peer authentication failed"):
                psycopg.connect(cluster.url(role))
    finally:
        write_text(server.data / "pg_ident.conf", own_map, server.owner)
        _reload(server)


def test_a_stranger_cannot_even_enter_the_socket_folder(cluster):
    folder = cluster.server.socket_folder

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    if os.geteuid() == 0:
        stranger = Owner.of(pwd.getpwnam("nobody").pw_uid)
        psql = cluster.server.postgres.program("psql")
        tried = run_as(stranger, [psql, "-X", "-c", "SELECT 1", cluster.url(SUPERUSER)])
        assert tried.returncode != 0
        folder.chmod(0o711)
        (folder / SOCKET_NAME).chmod(0o777)  # even then the peer check is there
        tried = run_as(stranger, [psql, "-X", "-c", "SELECT 1", cluster.url(SUPERUSER)])
        folder.chmod(0o700)
        assert "Peer authentication failed" in tried.stderr


def test_the_role_script_runs_once_and_again_when_it_has_changed(cluster):
    settings = "SELECT setconfig FROM pg_db_role_setting WHERE setrole = 'wangge_app'::regrole"
    with cluster.server.connect() as connection:
        connection.execute("ALTER ROLE wangge_app RESET ALL")
        prepare(cluster.server)
        assert connection.execute(settings).fetchone() is None
        connection.execute("COMMENT ON DATABASE wangge IS 'roles.sql of an older version'")
        prepare(cluster.server)
        row = connection.execute(settings).fetchone()

    assert row is not None
    assert "statement_timeout=30s" in row[0]


def test_the_same_script_gives_the_roles_passwords_on_a_server_that_asks_for_them(cluster):
    server = cluster.server
    passwords = ["-v", "app_password=it's 秘密", "-v", "owner_password=x"]
    psql = [server.postgres.program("psql"), "-X", "-v", "database=own", *passwords]
    ran = run_as(server.owner, [*psql, server.url(SUPERUSER, "postgres")], typed=role_script())
    with server.connect() as connection:
        encrypted = connection.execute(
            "SELECT rolname, left(rolpassword, 13) FROM pg_authid"
            " WHERE rolname LIKE 'wangge%' AND rolpassword IS NOT NULL ORDER BY 1"
        ).fetchall()
        connection.execute("DROP DATABASE own")

    assert (ran.returncode, ran.stderr) == (0, "")
    assert encrypted == [(APP, "SCRAM-SHA-256"), (OWNER, "SCRAM-SHA-256")]


@pytest.mark.parametrize("memory_gb", [1, 8, 512])
def test_the_configuration_fits_machines_from_small_to_large(memory_gb):
    machine = Machine(memory=memory_gb * 2**30, shared_memory=2**30, disk=2**36)
    conf = wangge_conf(machine, Path("/run/it's"), Path("/var/log"), forgetful=False)
    megabytes = {name: int(size) for name, size in re.findall(r"^(\w+) = (\d+)MB$", conf, re.M)}

    assert 128 <= megabytes["shared_buffers"] <= memory_gb * 1024 / 8
    assert megabytes["work_mem"] * 100 <= memory_gb * 1024 / 2
    assert megabytes["max_slot_wal_keep_size"] > megabytes["max_wal_size"]
    assert "unix_socket_directories = '/run/it''s'\n" in conf
    assert "fsync" not in conf


@pytest.mark.parametrize(
    ("spoilt_by", "key"),
    [
        ("DROP EXTENSION pg_trgm", "error.extension_missing"),
        ("DROP EXTENSION postgis", "error.extension_missing"),
    ],
)
def test_a_database_without_an_extension_is_refused(cluster, spoilt_by, key):
    with psycopg.connect(cluster.url(SUPERUSER)) as connection:
        connection.execute(spoilt_by)
        with pytest.raises(Unavailable) as refused:
            check_server(connection)
        connection.rollback()

    assert refused.value.key == key


def test_a_database_that_finds_nothing_in_chinese_is_refused(cluster):
    with cluster.server.connect() as connection:
        connection.execute(
            "CREATE DATABASE plain_c TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'"
        )
    with cluster.server.connect("plain_c") as connection:
        for extension in EXTENSIONS:
            connection.execute(f"CREATE EXTENSION {extension}")
        with pytest.raises(Unavailable) as refused:
            check_server(connection)

    assert refused.value.key == "error.database_locale"


def test_postgis_before_3_3_is_refused():
    old = [Postgres(15, Path("/usr/lib/postgresql/15/bin"), (3, 2))]

    with pytest.raises(Unavailable) as refused:
        find_postgres(old)

    assert refused.value.key == "error.postgis_too_old"


def _reload(server):
    os.kill(server.pid(), signal.SIGHUP)
    time.sleep(0.3)
