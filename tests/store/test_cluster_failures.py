"""What happens to the cluster when a machine is unkind: each trouble acted out for real."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest

from gis.errors import Unavailable, Value
from gis.store.cluster import Cluster
from gis.store.cluster_conf import SUPERUSER, Machine, wangge_conf
from gis.store.cluster_files import (
    SOCKET_NAME,
    Place,
    find_place,
    make_ballast,
    owner_of_data,
    private_folder,
)
from gis.store.postgres import Owner, clean_environment
from gis.store.roles import OWNER
from gis.store.server import Server

IS_ROOT = os.geteuid() == 0
NOBODY = pwd.getpwnam("nobody")
HERE = Path(__file__).parent
OWN_MOUNTS = ["unshare", "--mount", "--propagation", "unchanged"]


class Heard(list[str]):
    """Remembers the sentences that were told."""

    def __call__(self, key: str, **values: Value) -> None:
        self.append(key)


@contextmanager
def lasting(home: Path, *, tell: Heard | None = None, hasty: bool = False) -> Iterator[Cluster]:
    """A cluster that starts and stops as the test will, removed at the end.

    `hasty` leaves out fsync, where the test is not about what outlives a crash.
    """
    cluster = Cluster(home, tell=Heard() if tell is None else tell, fast_and_forgetful=hasty)
    try:
        yield cluster
    finally:
        cluster.stop(patience_s=1)
        shutil.rmtree(cluster.server.socket_folder, ignore_errors=True)
        shutil.rmtree(cluster.place.root)


@pytest.fixture(scope="module")
def survivor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """One cluster for the tests that crash it; each leaves it running."""
    with lasting(tmp_path_factory.mktemp("wgdb-") / "home") as cluster:
        cluster.start()
        with psycopg.connect(cluster.url(OWNER)) as connection:
            connection.execute("CREATE TABLE kept (what text)")
        yield cluster


@pytest.fixture
def open_home() -> Iterator[Path]:
    """A folder that every user may pass through; pytest's own are closed."""
    folder = Path(tempfile.mkdtemp(prefix="wgdb-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def test_what_was_accepted_outlives_kill_9_of_everything(survivor):
    _keep(survivor, "before kill -9")
    _kill_everything(survivor.server)

    assert survivor.start().started_here
    assert "before kill -9" in _kept(survivor)


def test_a_stale_pid_that_another_process_has_now_does_not_hinder_the_start(survivor):
    _keep(survivor, "before the stale pid")
    _kill_everything(survivor.server)
    with _bystander(survivor.server) as bystander:
        assert survivor.server.pid() is None
        assert not survivor.stop()
        assert bystander.poll() is None, "stop must not end whoever has the old number"
        assert survivor.start().started_here
        assert bystander.poll() is None

    assert "before the stale pid" in _kept(survivor)


def test_a_start_waits_for_a_busy_backend_that_outlived_its_postmaster(survivor):
    busy_s = 2.5
    begun = time.monotonic()
    worker = threading.Thread(target=_be_busy, args=(survivor, busy_s))
    worker.start()
    time.sleep(0.5)
    postmaster = survivor.server.pid()
    assert postmaster is not None
    os.kill(postmaster, signal.SIGKILL)
    survivor.start()
    waited_s = time.monotonic() - begun
    worker.join()

    assert waited_s >= busy_s
    assert survivor.server.is_running()


def test_a_running_cluster_is_adopted_and_misses_our_ctrl_c(survivor):
    again = Cluster(survivor.home).start()
    pid = survivor.server.pid()

    assert not again.started_here
    assert pid is not None
    assert os.getsid(pid) != os.getsid(0)


def test_a_stopped_cluster_is_stopped_and_starts_again(survivor):
    assert survivor.stop()
    assert not survivor.stop()
    assert survivor.status().pid is None
    assert survivor.start().started_here


def test_the_last_one_out_stops_a_cluster_that_was_not_started_to_stay(survivor):
    survivor.stop()
    with Cluster(survivor.home).in_use() as first:
        with survivor.in_use() as second:
            assert (first.started_here, second.started_here) == (True, False)
        assert survivor.server.is_running()
    assert survivor.server.pid() is None


def test_a_cluster_that_was_started_to_stay_stays_also_when_a_user_of_it_is_done(survivor):
    survivor.start()
    with survivor.in_use():
        pass
    with survivor.in_use():
        survivor.start()

    assert survivor.server.is_running()


def test_a_ctrl_c_in_the_midst_of_a_start_leaves_nothing_running(survivor, monkeypatch):
    def press(_: Server) -> None:
        raise KeyboardInterrupt

    survivor.stop()
    monkeypatch.setattr("gis.store.cluster.prepare", press)
    with pytest.raises(KeyboardInterrupt):
        survivor.start()
    assert survivor.server.pid() is None
    monkeypatch.undo()
    survivor.start()
    monkeypatch.setattr("gis.store.cluster.prepare", press)
    with pytest.raises(KeyboardInterrupt):
        survivor.start()
    assert survivor.server.is_running()  # this one was not ours to stop


def test_a_data_folder_under_a_wrong_name_is_refused(survivor):
    version = survivor.server.data / "PG_VERSION"
    right = version.read_text()
    version.write_text("12\n")
    try:
        with pytest.raises(Unavailable) as refused:
            Cluster(survivor.home).start()
    finally:
        version.write_text(right)

    assert refused.value.key == "error.data_version"


def test_of_two_starts_at_once_one_starts_and_both_succeed(open_home):
    script = (
        "import sys, psycopg; from pathlib import Path; from gis.store.cluster import Cluster\n"
        "running = Cluster(Path(sys.argv[1])).start()\n"
        "psycopg.connect(running.migrate_url).close(); print(running.started_here)"
    )
    with lasting(open_home / "home"):
        command = [sys.executable, "-c", script, str(open_home / "home")]
        both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
        said = sorted(process.communicate(timeout=60)[0].strip() for process in both)

    assert said == ["False", "True"]


def test_a_deep_home_in_chinese_works_under_a_locale_that_is_not_there(open_home, monkeypatch):
    monkeypatch.setenv("LC_ALL", "xx_YY.UTF-8")
    home = open_home.joinpath(*["很深的文件夹 it's"] * 8)
    assert len(os.fsencode(home)) > 200
    with lasting(home, hasty=True) as cluster:
        cluster.start()
        assert cluster.server.data.is_relative_to(home)
        with psycopg.connect(cluster.url(SUPERUSER)) as connection:
            locale = connection.execute(
                "SELECT pg_encoding_to_char(encoding), datctype, datcollate FROM pg_database"
                " WHERE datname = 'wangge'"
            ).fetchone()

    assert locale == ("UTF8", "C.UTF-8", "C.UTF-8")


def test_a_cluster_as_it_comes_is_safe_against_a_crash_and_closed_to_the_network(survivor):
    with psycopg.connect(survivor.url(SUPERUSER)) as connection:
        shown = [
            connection.execute(f"SHOW {name}").fetchone()
            for name in ("fsync", "synchronous_commit", "full_page_writes", "data_checksums")
        ]
        network = connection.execute("SHOW listen_addresses").fetchone()

    assert shown == [("on",)] * 4
    assert network == ("",)


def test_root_keeps_the_data_elsewhere_when_its_user_cannot_enter_the_home(tmp_path):
    home = tmp_path / "closed" / "home"
    home.mkdir(parents=True)
    home.parent.chmod(0o700)
    heard = Heard()
    with lasting(home, tell=heard, hasty=True) as cluster:
        root = cluster.place.root
        assert heard == (["database.moved"] if IS_ROOT else [])
        assert (root.parent == Path("/var/lib/wangge")) == IS_ROOT
        cluster.server.make()
        home.parent.chmod(0o755)  # opened later, the data stays where it is
        assert Cluster(home).place.root == root


def test_data_behind_a_door_that_was_closed_later_is_never_replaced_by_an_empty_one(open_home):
    (open_home / "pg15").mkdir()
    if IS_ROOT:
        os.chown(open_home / "pg15", NOBODY.pw_uid, NOBODY.pw_gid)
    open_home.chmod(0o700 if IS_ROOT else 0)
    with pytest.raises(Unavailable) as refused:
        find_place(open_home)
    open_home.chmod(0o755)

    assert refused.value.key == ("error.home_closed" if IS_ROOT else "error.home_not_writable")


def test_what_a_killed_first_start_left_behind_is_no_hindrance(open_home):
    with lasting(open_home / "home", hasty=True) as cluster:
        rubbish = cluster.place.root / f"pg{cluster.server.postgres.major}.new"
        rubbish.mkdir()
        (rubbish / "PG_VERSION").write_text("15")
        cluster.server.make()
        assert not rubbish.exists()
        assert (cluster.server.data / "PG_VERSION").exists()


def test_data_of_a_major_that_is_not_installed_is_refused_with_the_package_to_install(open_home):
    (open_home / "pg11").mkdir()
    if IS_ROOT:
        os.chown(open_home / "pg11", NOBODY.pw_uid, NOBODY.pw_gid)
    with pytest.raises(Unavailable) as refused:
        Cluster(open_home).start()

    assert refused.value.key == "error.other_major"
    assert "postgresql-11-postgis-3" in str(refused.value.values["command"])
    assert sorted(entry.name for entry in open_home.iterdir()) == ["lock", "pg11"]


def test_data_that_was_copied_without_its_owner_is_refused():
    with pytest.raises(Unavailable) as refused:
        owner_of_data(Path("/etc"))  # root's on every machine

    assert refused.value.key == "error.data_of_root"


@pytest.mark.parametrize("mode", [0o755, 0o750, 0o701])
def test_a_socket_folder_that_others_may_enter_is_refused(tmp_path, mode):
    folder = tmp_path / "socket"
    folder.mkdir()
    folder.chmod(mode)
    with pytest.raises(Unavailable) as refused:
        private_folder(folder, Owner.of(os.geteuid()))

    assert refused.value.key == "error.folder_not_private"


def test_a_socket_folder_that_is_a_link_or_a_file_is_refused(tmp_path):
    (tmp_path / "real").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (tmp_path / "file").touch(mode=0o600)
    for name in ("link", "file"):
        with pytest.raises(Unavailable):
            private_folder(tmp_path / name, Owner.of(os.geteuid()))


def test_a_dev_shm_of_2_mb_is_gone_round(open_home):
    """For real where we may mount; else what would be configured."""
    small = Machine(memory=2**32, shared_memory=2 * 2**20, disk=2**40)
    conf = wangge_conf(small, Path("/run/x"), Path("/var/log/x"), forgetful=False)
    assert "dynamic_shared_memory_type = mmap\n" in conf
    if _may_mount():
        said = _with_own_shared_memory("2m", "small_shared_memory", open_home)
        assert said == ["mmap", "300000"]


def test_a_full_disk_with_ballast_starts_again_and_keeps_every_accepted_row(open_home):
    """For real where we may mount, on a small disk of our own; else that the ballast is solid."""
    if _may_mount():
        *said, accepted, kept = _with_own_shared_memory("240m", "full_disk", Path("/dev/shm"))
        assert said == ["error.database_disk_full", "database.ballast_freed", "ballast:True"]
        assert int(kept) == int(accepted) > 100
    else:
        place = Place(open_home, open_home, Owner.of(os.geteuid()))
        assert make_ballast(place, 2**20)
        assert place.ballast.stat().st_blocks * 512 >= 2**20


def test_no_ballast_is_made_where_it_would_fill_the_disk(open_home):
    place = Place(open_home, open_home, Owner.of(os.geteuid()))

    assert not make_ballast(place, shutil.disk_usage(open_home).free // 2)
    assert list(open_home.iterdir()) == []


def _keep(cluster: Cluster, what: str) -> None:
    with psycopg.connect(cluster.url(OWNER)) as connection:
        connection.execute("INSERT INTO kept VALUES (%s)", (what,))


def _kept(cluster: Cluster) -> list[str]:
    with psycopg.connect(cluster.url(OWNER)) as connection:
        return [what for (what,) in connection.execute("SELECT what FROM kept").fetchall()]


def _be_busy(cluster: Cluster, seconds: float) -> None:
    with suppress(psycopg.OperationalError), psycopg.connect(cluster.url(OWNER)) as connection:
        connection.execute(
            "DO $$ BEGIN WHILE clock_timestamp() < now() + interval '1 s' * "
            f"{seconds} LOOP END LOOP; END $$"
        )


def _kill_everything(server: Server) -> None:
    """SIGKILL to every process that stands in the data folder, the postmaster first."""
    postmaster = server.pid()
    assert postmaster is not None
    os.kill(postmaster, signal.SIGKILL)
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (process / "cwd").readlink() == server.data:
                os.kill(int(process.name), signal.SIGKILL)
    time.sleep(0.2)


@contextmanager
def _bystander(server: Server) -> Iterator[subprocess.Popen[bytes]]:
    """A process of the cluster's user under the number that the dead server's notes name."""
    user = server.owner.uid if IS_ROOT else None
    with subprocess.Popen(["sleep", "60"], user=user, env=clean_environment()) as process:
        try:
            for note in ("postmaster.pid", f"{server.socket_folder}/{SOCKET_NAME}.lock"):
                rest = (server.data / note).read_text().partition("\n")[2]
                (server.data / note).write_text(f"{process.pid}\n{rest}")
            yield process
        finally:
            process.kill()


def _may_mount() -> bool:
    tried = subprocess.run([*OWN_MOUNTS, "true"], capture_output=True, check=False)
    return IS_ROOT and tried.returncode == 0


def _with_own_shared_memory(size: str, scene: str, folder: Path) -> list[str]:
    """Play a scene of tests/store/scenes with a /dev/shm of its own; what it printed.

    /dev/shm is made private first, and nothing else is mounted: in a chroot, a mount anywhere
    else could appear outside of it.
    """
    mount = f"mount --make-rprivate /dev/shm && mount -t tmpfs -o size={size} tmpfs /dev/shm"
    play = [sys.executable, str(HERE / "scenes" / f"{scene}.py"), str(folder)]
    ran = subprocess.run(
        [*OWN_MOUNTS, "sh", "-c", f'{mount} && exec "$@"', "sh", *play],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.split()
