"""One data folder and the PostgreSQL that serves it: make, start, stop, and is it really ours?"""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode

import psycopg
from psycopg.pq import PGconn, Ping

from gis.errors import Unavailable
from gis.store.cluster_conf import SUPERUSER, Machine, hba_conf, ident_conf, wangge_conf
from gis.store.cluster_files import (
    LONGEST_SOCKET_PATH,
    SOCKET_NAME,
    Tell,
    private_folder,
    write_text,
)
from gis.store.postgres import Owner, Postgres, clean_environment, run_as

PAUSE_S: Final = 0.05
BUSY_FOR_S: Final = 30.0  # how long old backends may take to let go after a kill -9
MUTE_FOR_S: Final = 30.0  # how long a living server may stay away from its socket
RECOVERY_FOR_S: Final = 3600.0  # a crash recovery is long, never endless
LOG_TAIL_BYTES: Final = 20_000


class Failure(Enum):
    """Why PostgreSQL did not start."""

    BUSY = "busy"  # old processes still hold its files or shared memory
    DISK_FULL = "disk full"
    OTHER = "other"


class NoStart(Exception):
    """PostgreSQL ended instead of starting; `reason` is its last complaint."""

    def __init__(self, failure: Failure, reason: str) -> None:
        super().__init__(reason)
        self.failure = failure
        self.reason = reason


@dataclass(frozen=True)
class Server:
    """A data folder with the programs, the socket folder and the owner that go with it."""

    postgres: Postgres
    data: Path
    socket_folder: Path
    log: Path
    owner: Owner
    forgetful: bool = False

    def url(self, role: str, database: str) -> str:
        """The address for psycopg; SQLAlchemy wants `postgresql+psycopg` in front of the `:`."""
        return (
            f"postgresql://{quote(role, safe='')}@/{quote(database, safe='')}"
            f"?{urlencode({'host': str(self.socket_folder)})}"
        )

    def connect(
        self, database: str = "postgres", role: str = SUPERUSER
    ) -> psycopg.Connection[tuple[Any, ...]]:
        """A connection that commits by itself."""
        return psycopg.connect(self.url(role, database), autocommit=True)

    def make(self) -> None:
        """Make the data folder; it appears under its name only when it is whole."""
        aside = self.data.with_name(f"{self.data.name}.new")
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(mode=0o700)
        os.chown(aside, self.owner.uid, self.owner.gid)
        command = [self.postgres.program("initdb"), "--pgdata", str(aside)]
        command += ["--username", SUPERUSER, "--encoding", "UTF8", "--locale", "C.UTF-8"]
        command += ["--auth-local", "peer", "--auth-host", "reject", "--data-checksums"]
        made = run_as(self.owner, command + ["--no-sync"] * self.forgetful)
        if made.returncode:
            shutil.rmtree(aside, ignore_errors=True)
            raise NoStart(*_judge(made.stderr, self.data.parent))
        with (aside / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write("\ninclude 'wangge.conf'\n")
        aside.rename(self.data)

    def pid(self) -> int | None:
        """The process that serves this data folder; None when none does.

        The number in postmaster.pid alone proves nothing: after a crash it may be anybody's.
        """
        pid = self._noted_pid()
        return pid if pid and self._is_ours(pid) else None

    def is_running(self) -> bool:
        """Does it serve and answer?"""
        return self.pid() is not None and self._ping() == Ping.OK

    def start(self, tell: Tell, *, dies_with_us: bool = False) -> None:
        """Start and wait until it answers. Raises NoStart, or Unavailable when it stays mute."""
        self._wait_for_other_start(tell)
        if self.is_running():
            return
        self._write_files()
        deadline = time.monotonic() + BUSY_FOR_S
        while True:
            try:
                return self._launch(tell, dies_with_us=dies_with_us)
            except NoStart as failed:
                if failed.failure is not Failure.BUSY or time.monotonic() > deadline:
                    raise
            time.sleep(10 * PAUSE_S)

    def stop(self, *, patience_s: float = 60.0) -> bool:
        """Stop it; False when it wasn't running.

        Sessions are ended and what is committed is kept. After `patience_s` seconds it is cut
        short: nothing is lost by that either, but the next start takes longer.
        """
        pid = self.pid()
        if pid is None:
            return False
        for signum, seconds in ((signal.SIGINT, patience_s), (signal.SIGQUIT, 10.0)):
            with suppress(ProcessLookupError):
                os.kill(pid, signum)
            if _wait_until(lambda: not self._is_ours(pid), seconds, child=pid):
                with suppress(OSError):  # PostgreSQL leaves it empty, but for a hard stop
                    self.socket_folder.rmdir()
                return True
        raise Unavailable("error.cluster_does_not_stop", pid=pid)

    def _wait_for_other_start(self, tell: Tell) -> None:
        """A living server that does not answer is starting, recovering, or has lost its socket."""
        if self.pid() is None or self._ping() == Ping.OK:
            return
        tell("database.waiting")
        mute_since = time.monotonic()
        while (pid := self.pid()) is not None and (ping := self._ping()) != Ping.OK:
            if ping == Ping.REJECT:
                mute_since = time.monotonic()
            if time.monotonic() - mute_since > MUTE_FOR_S:
                raise Unavailable("error.cluster_mute", pid=pid)
            time.sleep(PAUSE_S)

    def _write_files(self) -> None:
        path = private_folder(self.socket_folder, self.owner) / SOCKET_NAME
        if len(os.fsencode(path)) > LONGEST_SOCKET_PATH:
            raise Unavailable("error.socket_path_too_long", path=str(path))
        private_folder(self.log, self.owner)
        conf = wangge_conf(
            Machine.measure(self.data), self.socket_folder, self.log, forgetful=self.forgetful
        )
        users = sorted({"root", self.owner.name})
        try:
            write_text(self.data / "wangge.conf", conf, self.owner)
            write_text(self.data / "pg_hba.conf", hba_conf(), self.owner)
            write_text(self.data / "pg_ident.conf", ident_conf(users), self.owner)
        except OSError as error:
            raise NoStart(*_judge(str(error), self.data)) from error

    def _launch(self, tell: Tell, *, dies_with_us: bool) -> None:
        said = _LogTail(self.log)
        pid = self._spawn(dies_with_us=dies_with_us)
        begun = time.monotonic()
        told = 0
        recoveries: set[int] = set()
        while not _has_ended(pid):
            if self._ping() == Ping.OK and self.pid() == pid:
                return
            recoveries |= _recovering_children(pid)
            seconds = int(time.monotonic() - begun)
            if len(recoveries) > 1 or seconds > RECOVERY_FOR_S:
                # It crashes and begins again, for ever: as it does at the end of a recovery that
                # finds no room, and then not even a word in the log.
                self.stop(patience_s=0)
                break
            if seconds // 10 > told:
                told = seconds // 10
                tell("database.recovering", seconds=seconds)
            time.sleep(PAUSE_S)
        raise NoStart(*_judge(said.new_text(), self.data))

    def _spawn(self, *, dies_with_us: bool) -> int:
        """Start the server in a session of its own, so that a Ctrl-C meant for us misses it."""
        environment = clean_environment()
        noted = self._noted_pid()
        if noted and not _has_ended(noted) and not self._is_ours(noted):
            # PostgreSQL takes any living process of its user under this number for its
            # predecessor, except its own parents. It still looks for old backends itself.
            environment["PG_GRANDPARENT_PID"] = str(noted)
        command = ["sh", "-c", 'cd / && umask 077 && exec "$@" </dev/null', "sh"]
        command += self._step_down(dies_with_us=dies_with_us)
        command += [self.postgres.program("postgres"), "-D", str(self.data)]
        first = os.open(
            self.log / "start.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600
        )
        try:
            os.fchown(first, self.owner.uid, self.owner.gid)
            return os.posix_spawn(
                "/bin/sh",
                command,
                environment,
                file_actions=[(os.POSIX_SPAWN_DUP2, first, 1), (os.POSIX_SPAWN_DUP2, first, 2)],
                setsid=True,
            )
        finally:
            os.close(first)

    def _step_down(self, *, dies_with_us: bool) -> list[str]:
        options = ["--pdeathsig", "QUIT"] if dies_with_us else []
        if os.geteuid() == 0:
            options += ["--reuid", str(self.owner.uid), "--regid", str(self.owner.gid)]
            options += ["--clear-groups"]
        return ["setpriv", *options] if options else []

    def _ping(self) -> Ping:
        return Ping(PGconn.ping(self.url(SUPERUSER, "postgres").encode()))

    def _noted_pid(self) -> int | None:
        try:
            first_line = (self.data / "postmaster.pid").read_text("utf-8").partition("\n")[0]
        except FileNotFoundError:
            return None
        return abs(int(first_line)) if first_line.lstrip("-").isdigit() else None

    def _is_ours(self, pid: int) -> bool:
        process = Path(f"/proc/{pid}")
        try:
            return process.joinpath("cwd").readlink() == self.data and process.joinpath(
                "exe"
            ).readlink().name.startswith("postgres")
        except OSError:
            return False


class _LogTail:
    """What PostgreSQL has written since this object was made."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self.sizes = {path: path.stat().st_size for path in log.glob("wangge-*.log")}

    def new_text(self) -> str:
        texts = []
        for path in [*self.log.glob("wangge-*.log"), self.log / "start.log"]:
            with path.open("rb") as file:
                size = path.stat().st_size
                file.seek(max(min(self.sizes.get(path, 0), size), size - LOG_TAIL_BYTES))
                texts.append(file.read().decode("utf-8", "replace"))
        return "\n".join(texts)


def _judge(said: str, data: Path) -> tuple[Failure, str]:
    """Why it failed, by what it said; a full disk may have kept it from saying anything."""
    grave = [line for line in said.splitlines() if "FATAL:" in line or "PANIC:" in line]
    reason = grave[-1].partition(":  ")[2] if grave else said.strip().rpartition("\n")[2]
    disk = os.statvfs(data)
    segment = 16 * 2**20
    if "No space left on device" in said or disk.f_bavail * disk.f_frsize < segment:
        return Failure.DISK_FULL, reason
    if "pre-existing shared memory block" in said or "lock file" in reason:
        return Failure.BUSY, reason
    return Failure.OTHER, reason


def _recovering_children(pid: int) -> set[int]:
    """The processes that recover for this server now: one, or none."""
    found = set()
    with suppress(OSError):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split():
            if b"startup" in Path(f"/proc/{child}/cmdline").read_bytes():
                found.add(int(child))
    return found


def _has_ended(pid: int) -> bool:
    """Has our child ended? Also clears it away."""
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return not Path(f"/proc/{pid}").exists()


def _wait_until(done: Callable[[], bool], seconds: float, *, child: int) -> bool:
    deadline = time.monotonic() + seconds
    while not done():
        _has_ended(child)
        if time.monotonic() > deadline:
            return False
        time.sleep(PAUSE_S)
    _has_ended(child)
    return True
