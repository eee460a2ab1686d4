"""The worker: each due job once, by whichever process; what fails stops nothing else."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine, text
from typer.testing import CliRunner

from api.cli import build
from api.jobs import Job, all_jobs
from api.settings import Settings
from api.worker import Worker, working
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


def at_once(*workers: Worker, seconds: float) -> None:
    threads = [threading.Thread(target=one.run) for one in workers]
    for one in threads:
        one.start()
    time.sleep(seconds)
    for worker in workers:
        worker.stop()
    for one in threads:
        one.join(5)
        assert not one.is_alive()


def test_two_workers_run_a_due_job_once(engine):
    done: list[str] = []
    job = noting(done, seconds=0.2)
    at_once(*(Worker(engine, [job], lambda: NOW) for _ in range(2)), seconds=0.8)
    assert done == ["noting"]


def test_a_worker_that_comes_later_waits_for_the_rest_of_the_period(engine):
    done: list[str] = []
    assert Worker(engine, [], lambda: NOW).look(noting(done)) == HOUR
    later = Worker(engine, [], lambda: NOW + HOUR / 4)
    assert later.look(noting(done)) == HOUR * 3 / 4
    assert done == ["noting"]
    assert Worker(engine, [], lambda: NOW + HOUR).look(noting(done)) == HOUR
    assert done == ["noting", "noting"]


def test_a_failing_job_stops_no_other_and_its_words_name_no_data(engine, caplog):
    done: list[str] = []
    bad = Job("bad", HOUR, failing)
    caplog.set_level(logging.ERROR, "wangge.worker")
    at_once(Worker(engine, [bad, noting(done)], lambda: NOW), seconds=0.4)
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


def test_the_service_does_the_jobs_unless_told_not_to(engine, url):
    with working(Settings(_env_file=None, jobs=False), url):
        time.sleep(0.3)
    with engine.connect() as connection:
        assert jobs.all_runs(connection) == {}
    with working(JOBS, url):
        until = time.monotonic() + 10
        while time.monotonic() < until:
            with engine.connect() as connection:
                runs = jobs.all_runs(connection)
            if len(runs) == len(all_jobs(JOBS)):
                break
            time.sleep(0.05)
    assert {name: run.failure for name, run in runs.items()} == {
        job.name: "" for job in all_jobs(JOBS)
    }


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
