"""The private PostgreSQL cluster with PostGIS that the service brings along.

with throwaway(folder) as cluster:
    psycopg.connect(cluster.url(OWNER))
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from gis.errors import GridError, Unavailable
from gis.store.cluster_files import (
    BALLAST_BYTES,
    Place,
    Tell,
    Use,
    find_place,
    locked,
    majors,
    make_ballast,
    tell_nobody,
)
from gis.store.postgres import find_postgres, installed_postgres
from gis.store.roles import APP, DATABASE, OWNER, prepare
from gis.store.server import Failure, NoStart, Server


@dataclass(frozen=True)
class Running:
    """A cluster that answers. `started_here`: it did not run before this call."""

    service_url: str
    migrate_url: str
    started_here: bool


@dataclass(frozen=True)
class Status:
    """A cluster as it is now; `pid` None: not running."""

    pid: int | None
    major: int
    data: Path
    socket_folder: Path
    log: Path
    owner: str
    has_ballast: bool


@dataclass(frozen=True)
class Cluster:
    """The private cluster of one home. `tell` hears what takes time or went unexpectedly.

    `fast_and_forgetful` gives up fsync for speed: for tests only, no setting reaches it.
    """

    home: Path
    tell: Tell = tell_nobody
    fast_and_forgetful: bool = False
    ballast_bytes: int = BALLAST_BYTES

    def start(self) -> Running:
        """Start the cluster, to stay until `stop`. Makes it where there is none.

        Of two starts at once the second waits and finds it running. Raises Unavailable.
        """
        with locked(self.place, self.tell):
            running = self._start()
            self.place.mark_stays()
            return running

    @contextmanager
    def in_use(self, *, patience_s: float = 60.0) -> Iterator[Running]:
        """A running cluster for the length of a block. The last one out stops it, unless it was
        started to stay. Raises Unavailable.
        """
        with locked(self.place, self.tell):
            running = self._start()
            use = Use(self.place)
        try:
            yield running
        finally:
            with locked(self.place, self.tell):
                if use.end() and not self.place.stays.exists():
                    self.server.stop(patience_s=patience_s)

    def stop(self, *, patience_s: float = 60.0) -> bool:
        """Stop the cluster; False when it wasn't running. See Server.stop for `patience_s`."""
        with locked(self.place, self.tell):
            self.place.stays.unlink(missing_ok=True)
            return self.server.stop(patience_s=patience_s)

    def status(self) -> Status:
        """How the cluster is, without starting or stopping it."""
        return Status(
            pid=self.server.pid() if self.server.is_running() else None,
            major=self.server.postgres.major,
            data=self.server.data,
            socket_folder=self.server.socket_folder,
            log=self.server.log,
            owner=self.server.owner.name,
            has_ballast=self.place.ballast.exists(),
        )

    def url(self, role: str, database: str = DATABASE) -> str:
        """The address of a database for one role: `postgresql://…`, as psycopg takes it."""
        return self.server.url(role, database)

    @cached_property
    def place(self) -> Place:
        """Where it lives. Asked for the first time, it makes the home."""
        place = find_place(self.home)
        if place.root != place.home and not majors(place.root):
            self.tell("database.moved", home=str(place.home), root=str(place.root))
        return place

    @cached_property
    def server(self) -> Server:
        """The server of the newest data there is, else of the newest PostgreSQL there is."""
        place = self.place
        postgres = find_postgres(installed_postgres(), majors(place.root))
        data = place.data(postgres.major)
        _check_version(data, postgres.major)
        sockets = _socket_folder_in_use(data) or place.socket_folder()
        return Server(
            postgres, data, sockets, place.log, place.owner, forgetful=self.fast_and_forgetful
        )

    def _start(self) -> Running:
        started_here = not self.server.is_running()
        try:
            if started_here:
                self.place.stays.unlink(missing_ok=True)  # of a run that a crash ended
                self._launch()
            prepare(self.server)
        except (GridError, KeyboardInterrupt):
            if started_here:
                self.server.stop(patience_s=2)
            raise
        if not self.fast_and_forgetful:
            make_ballast(self.place, self.ballast_bytes)
        return Running(self.url(APP), self.url(OWNER), started_here)

    def _launch(self) -> None:
        """Start the server; where the disk is full, give up the ballast and try once more."""
        try:
            self._make_and_start()
        except NoStart as failed:
            if failed.failure is not Failure.DISK_FULL or not self.place.ballast.exists():
                raise _in_plain_words(failed, self.server) from failed
            self.place.ballast.unlink()
            self.tell("database.ballast_freed", root=str(self.place.root))
            try:
                self._make_and_start()
            except NoStart as again:
                raise _in_plain_words(again, self.server) from again

    def _make_and_start(self) -> None:
        if not self.server.data.exists():
            self.tell("database.making", data=str(self.server.data))
            self.server.make()
        self.server.start(self.tell, dies_with_us=self.fast_and_forgetful)


@contextmanager
def throwaway(parent: Path) -> Iterator[Cluster]:
    """A running cluster for tests, quick and careless, gone at the end. Root or not.

    It also stops when the thread that made it ends, so that a killed test run leaves none.
    """
    home = Path(tempfile.mkdtemp(prefix="wangge-", dir=parent))
    home.chmod(0o711)
    cluster = Cluster(home, fast_and_forgetful=True)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop(patience_s=0.5)
        for folder in (cluster.server.socket_folder, cluster.place.root, home):
            shutil.rmtree(folder, ignore_errors=True)


def _check_version(data: Path, major: int) -> None:
    """The folder's name says one major; its own PG_VERSION must say the same."""
    if not data.exists():
        return
    written = (data / "PG_VERSION").read_text("ascii").strip()
    if written != str(major):
        raise Unavailable("error.data_version", data=str(data), written=written, major=major)


def _socket_folder_in_use(data: Path) -> Path | None:
    """Where a server on this data has its socket: another user's start may have chosen it."""
    try:
        lines = (data / "postmaster.pid").read_text("utf-8").splitlines()
    except FileNotFoundError:
        return None
    folder = Path(lines[4]) if len(lines) > 4 and lines[4] else None
    return folder if folder and folder.is_dir() and os.access(folder, os.X_OK) else None


def _in_plain_words(failed: NoStart, server: Server) -> Unavailable:
    if failed.failure is Failure.DISK_FULL:
        return Unavailable("error.database_disk_full", data=str(server.data))
    if failed.failure is Failure.BUSY:
        return Unavailable("error.cluster_busy", data=str(server.data), reason=failed.reason)
    return Unavailable("error.cluster_no_start", reason=failed.reason, log=str(server.log))
