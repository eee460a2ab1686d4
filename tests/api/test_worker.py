"""The worker: each due job once, by whichever process; what fails stops nothing else."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from typer.testing import CliRunner

from api import worker_process
from api.cli import build
from api.jobs import Job, all_jobs
from api.settings import Settings
from api.worker import WANTED_EVERY, Worker
from api.worker_process import working
from gis.errors import Conflict
from gis.store import jobs
from gis.store.database import connect_engine
from gis.store.roles import APP, OWNER
from tests.makers import NOW

HOUR = timedelta(hours=1)
JOBS = Settings(_env_file=None)


@pytest.fixture
def url(cluster, own_database) -> str:
    return cluster.url(APP, own_database)


@pytest.fixture
def engine(url) -> Iterator[Engine]:
    made = connect_engine(url, pool_size=4)
    yield made
    made.dispose()


def noting(done: list[str], name: str = "noting", seconds: float = 0.0) -> Job:
    """A job that takes its time and writes its name down."""

    def run(connection, now):
        connection.execute(text("SELECT pg_sleep(:s)"), {"s": seconds})
        done.append(name)
        return 1

    return Job(name, HOUR, run)


def failing(connection, now):
    connection.execute(text("SELECT 1 / (SELECT count(*) FROM job_run WHERE name = '张三')"))
    return 0


def at_once(*workers: Worker, seconds: float, done: Sequence[str] = ()) -> None:
    """Let them work for so long, and until something is done."""
    threads = [threading.Thread(target=one.run) for one in workers]
    for one in threads:
        one.start()
    time.sleep(seconds)
    while not done and seconds < 20:
        seconds += 0.1
        time.sleep(0.1)
    for worker in workers:
        worker.stop()
    for one in threads:
        one.join(5)
        assert not one.is_alive()


def test_two_workers_run_a_due_job_once(engine):
    done: list[str] = []
    job = noting(done, seconds=0.2)
    workers = [Worker(engine, [job], lambda: NOW) for _ in range(2)]
    at_once(*workers, seconds=0.8, done=done)
    assert done == ["noting"]


def test_a_worker_that_comes_later_waits_for_the_rest_of_the_period(engine):
    done: list[str] = []
    assert Worker(engine, [], lambda: NOW).look(noting(done)) == HOUR
    later = Worker(engine, [], lambda: NOW + HOUR / 4)
    assert later.look(noting(done)) == HOUR * 3 / 4
    assert done == ["noting"]
    assert Worker(engine, [], lambda: NOW + HOUR).look(noting(done)) == HOUR
    assert done == ["noting", "noting"]


def test_a_job_that_is_wanted_runs_before_its_period_is_over_and_writes_nothing_until_then(engine):
    done: list[str] = []
    wanted = [False, True]
    job = replace(noting(done), wanted=lambda connection, now: wanted.pop(0))
    assert Worker(engine, [], lambda: NOW).look(job) == WANTED_EVERY
    assert Worker(engine, [], lambda: NOW + HOUR / 4).look(job) == WANTED_EVERY
    assert done == ["noting"]
    with engine.connect() as connection:
        assert jobs.last_try(connection, "noting") == NOW
    assert Worker(engine, [], lambda: NOW + HOUR / 2).look(job) == WANTED_EVERY
    assert done == ["noting", "noting"]


def test_a_failing_job_stops_no_other_and_its_words_name_no_data(engine, caplog):
    done: list[str] = []
    bad = Job("bad", HOUR, failing)
    caplog.set_level(logging.ERROR, "wangge.worker")
    at_once(Worker(engine, [bad, noting(done)], lambda: NOW), seconds=0.4, done=done)
    assert done == ["noting"]
    assert "job bad failed" in caplog.text
    assert "22012" in caplog.text  # division by zero
    assert "张三" not in caplog.text
    with engine.connect() as connection:
        runs = jobs.all_runs(connection)
    assert "22012" in runs["bad"].failure
    assert runs["bad"].succeeded_at is None
    assert runs["noting"].failure == ""


def test_a_failed_job_leaves_nothing_and_is_tried_again_a_period_later(engine):
    def half(connection, now):
        jobs.note_success(connection, "half written", 1, now)
        raise Conflict("error.job_running", job="half")

    job = Job("half", HOUR, half)
    assert Worker(engine, [], lambda: NOW).look(job) == HOUR
    assert Worker(engine, [], lambda: NOW + HOUR / 2).look(job) == HOUR / 2
    with engine.connect() as connection:
        assert set(jobs.all_runs(connection)) == {"half"}


def test_a_job_in_bites_goes_on_until_nothing_is_left_each_bite_by_itself(engine):
    left, transactions = [3, 2, 0], set()

    def bite(connection, now):
        transactions.add(connection.scalar(text("SELECT pg_current_xact_id()")))
        return left.pop(0)

    assert Worker(engine, []).do(Job("bites", HOUR, bite, in_bites=True), NOW) == 5
    assert len(transactions) == 3


def test_a_database_that_is_away_ends_no_worker(caplog):
    nowhere = connect_engine("postgresql://wangge_app@127.0.0.1:1/nowhere", pool_size=1)
    assert Worker(nowhere, [], lambda: NOW).look(noting([])) == HOUR
    assert "OperationalError" in caplog.text


def test_the_worker_ends_within_three_seconds_whatever_runs(engine):
    worker = Worker(engine, [noting([], seconds=60)])
    thread = threading.Thread(target=worker.run)
    thread.start()
    time.sleep(0.5)
    began = time.monotonic()
    worker.stop()
    thread.join(10)
    assert time.monotonic() - began < 3
    with engine.connect() as connection:
        assert jobs.all_runs(connection) == {}


def children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(number) for number in listed.split()]


def runs_of(engine: Engine, count: int, patience_s: float = 120) -> dict[str, jobs.JobRun]:
    """How the jobs went, once so many have been tried."""
    until = time.monotonic() + patience_s
    while time.monotonic() < until:
        with engine.connect() as connection:
            runs = jobs.all_runs(connection)
        if len(runs) >= count:
            return runs
        time.sleep(0.1)
    raise AssertionError(f"only {len(runs)} jobs were tried")


def gone(pid: int, patience_s: float = 60) -> bool:
    """Has a process ended? Whether somebody has asked how is another thing."""
    until = time.monotonic() + patience_s
    while time.monotonic() < until:
        status = Path(f"/proc/{pid}/stat")
        if not status.exists() or status.read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.05)
    return False


def test_the_service_does_the_jobs_in_another_process_unless_told_not_to(
    engine, url, tmp_path, monkeypatch
):
    monkeypatch.setenv("WANGGE_HOME", str(tmp_path))
    with working(Settings(_env_file=None, jobs=False), url):
        time.sleep(0.3)
    with engine.connect() as connection:
        assert jobs.all_runs(connection) == {}
    before = set(children(os.getpid()))
    with working(JOBS, url):
        (worker,) = set(children(os.getpid())) - before
        runs = runs_of(engine, len(all_jobs(JOBS)))
        assert url not in Path(f"/proc/{worker}/cmdline").read_text()
    assert gone(worker, 0.1)
    assert {name: run.failure for name, run in runs.items()} == {
        job.name: "" for job in all_jobs(JOBS)
    }


def test_a_worker_that_is_killed_is_replaced(engine, url, tmp_path, monkeypatch, caplog):
    monkeypatch.setenv("WANGGE_HOME", str(tmp_path))
    monkeypatch.setattr(worker_process, "AGAIN_AFTER_S", 0.1)
    before = set(children(os.getpid()))
    with working(JOBS, url):
        (first,) = set(children(os.getpid())) - before
        os.kill(first, signal.SIGKILL)
        assert runs_of(engine, 1)
    assert "the worker ended (-9)" in caplog.text
    assert set(children(os.getpid())) <= before


def test_the_worker_ends_with_the_service_even_when_that_is_killed(url, tmp_path):
    holding = (
        "import sys, time\nfrom api.settings import Settings\n"
        "from api.worker_process import working\n"
        "with working(Settings(_env_file=None), sys.argv[1]):\n"
        "    print('ready', flush=True)\n    time.sleep(600)\n"
    )
    service = subprocess.Popen(
        [sys.executable, "-c", holding, url],
        env={**os.environ, "WANGGE_HOME": str(tmp_path)},
        stdout=subprocess.PIPE,
    )
    with service, service.stdout as said:
        assert said.readline() == b"ready\n"
        (worker,) = children(service.pid)
        service.kill()
        service.wait()
    assert gone(worker)


def test_a_job_is_run_by_hand_and_the_list_says_how_all_went(
    cluster, own_database, url, monkeypatch, tmp_path
):
    monkeypatch.setenv("WANGGE_DATABASE_URL", url)
    monkeypatch.setenv("WANGGE_MIGRATE_URL", cluster.url(OWNER, own_database))
    monkeypatch.setenv("WANGGE_LANG", "en")
    monkeypatch.chdir(tmp_path)

    def wangge(*words: str) -> str:
        return CliRunner().invoke(build("job"), ["job", *words]).output

    assert "not yet" in wangge()
    assert wangge("erase_contacts") == "Job erase_contacts done: 0 things.\n"
    assert "went well" in wangge()
    unknown = CliRunner().invoke(build("job"), ["job", "tidy_up"])
    assert unknown.exception.key == "error.job_not_found"
