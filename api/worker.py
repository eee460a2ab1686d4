"""Who does what has to be done regularly? A process of its own, started by the service or by hand.

Each job runs in its own transaction under an advisory lock, and the database remembers when: of
several processes one runs a due job, once. A job that fails is told in the log, stops no other and
is tried again a period later.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import psycopg
from sqlalchemy.exc import SQLAlchemyError

from api.errors import kinds_of, where_of
from api.jobs import Job, all_jobs, job_named
from api.start import ready_database, utc_now
from api.terminal import tell
from gis.errors import Conflict, GridError
from gis.store import jobs
from gis.store.database import connect_engine

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from api.settings import Settings

log = logging.getLogger("wangge.worker")

WANTED_EVERY: Final = timedelta(seconds=5)  # how often a job is asked whether it is wanted sooner


class Stopped(Exception):
    """The worker was told to stop: what the job did is taken back."""


class Worker:
    """Runs jobs when they are due, one after the other, until told to stop."""

    def __init__(
        self, engine: Engine, todo: Sequence[Job], clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._engine, self._todo, self._clock = engine, todo, clock
        self._over = threading.Event()
        self._at_work: psycopg.Connection[Any] | None = None

    def run(self) -> None:
        """Look after the jobs until `stop` is called from another thread."""
        due = dict.fromkeys(self._todo, 0.0)
        while due and not self._over.is_set():
            job = min(due, key=due.__getitem__)
            if not self._over.wait(max(0.0, due[job] - time.monotonic())):
                due[job] = time.monotonic() + self.look(job).total_seconds()

    def stop(self) -> None:
        """End soon: a statement that runs is cancelled, and its transaction taken back."""
        self._over.set()
        if (at_work := self._at_work) is not None:
            with suppress(psycopg.Error):
                at_work.cancel_safe(timeout=1.0)

    def look(self, job: Job) -> timedelta:
        """Run a job if it is due; how long until it should be looked at again. Never raises."""
        now = self._clock()
        try:
            with self._engine.connect() as connection:
                tried_at = jobs.last_try(connection, job.name)
                early = tried_at is not None and tried_at + job.every > now
                if tried_at is not None and early and not _wanted(job, connection, now):
                    return _next_look(job, tried_at + job.every - now)
            self.do(job, now, if_due=not early)
        except Exception as error:  # noqa: BLE001 -- whatever fails, the other jobs go on
            self._complain(job, error, now)
            return job.every
        return _next_look(job, job.every)

    def do(self, job: Job, now: datetime, *, if_due: bool = False) -> int | None:
        """Run a job: how many things it did. None: another process is at it, or it isn't due."""
        did = self._bite(job, now, if_due=if_due)
        bite = did
        while job.in_bites and bite:
            bite = self._bite(job, now, before=did or 0)
            did = (did or 0) + (bite or 0)
        if did:
            log.info("job %s: %s done", job.name, did)
        return did

    def _bite(
        self, job: Job, now: datetime, *, before: int = 0, if_due: bool = False
    ) -> int | None:
        """One transaction of a job that has done `before` things already."""
        with self._engine.begin() as connection:
            if not jobs.take_turn(connection, job.name):
                return None
            tried_at = jobs.last_try(connection, job.name)
            if if_due and tried_at is not None and tried_at + job.every > now:
                return None  # another has just done it
            self._at_work = connection.connection.driver_connection
            try:
                did = job.run(connection, now)
            finally:
                self._at_work = None
            if self._over.is_set():
                raise Stopped
            jobs.note_success(connection, job.name, before + did, now)
            return did

    def _complain(self, job: Job, error: Exception, now: datetime) -> None:
        """Tell what failed, without its message: it may quote the data of a person."""
        if self._over.is_set():
            return  # it was we who cancelled it
        foreseen = isinstance(error, GridError)
        failure = str(error) if foreseen else ", ".join(kinds_of(error))
        where = "" if foreseen else "\n" + "\n".join(where_of(error))
        log.error("job %s failed: %s; tried again in %s%s", job.name, failure, job.every, where)
        with suppress(SQLAlchemyError), self._engine.begin() as connection:
            jobs.note_failure(connection, job.name, failure, now)


def _wanted(job: Job, connection: Connection, now: datetime) -> bool:
    return job.wanted is not None and job.wanted(connection, now)


def _next_look(job: Job, left: timedelta) -> timedelta:
    return left if job.wanted is None else min(left, WANTED_EVERY)


def work(settings: Settings) -> None:
    """A process for the jobs alone, until Ctrl-C."""
    with ready_database(settings) as ready:
        engine = connect_engine(ready.service_url, pool_size=1, patient=True)
        worker = Worker(engine, all_jobs(settings))
        tell("worker.started", jobs=", ".join(job.name for job in all_jobs(settings)))
        try:
            worker.run()
        finally:
            engine.dispose()


def do_now(settings: Settings, name: str, now: datetime) -> int:
    """Run one job now, due or not; how many things it did. Raises Conflict while another runs."""
    job = job_named(settings, name)
    with ready_database(settings) as ready:
        engine = connect_engine(ready.service_url, pool_size=1, patient=True)
        try:
            did = Worker(engine, [job]).do(job, now)
        finally:
            engine.dispose()
    if did is None:
        raise Conflict("error.job_running", job=name)
    return did
