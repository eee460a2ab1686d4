"""Commands about the regular jobs: do them all, one now, or say how they went."""

from __future__ import annotations

import logging
import signal
import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from api.jobs import all_jobs
from api.settings import Settings
from api.start import open_database
from api.terminal import language, tell
from gis.model import BEIJING
from gis.store import jobs
from maps.words import say


def work() -> None:
    """定时任务 Do the regular jobs until Ctrl-C; by default the service does them itself."""
    from api.worker import work as run

    logging.basicConfig(
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
        datefmt="%Y-%m-%dT%H:%M:%S%z",
        level=logging.INFO,
    )
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    run(Settings())


def job(
    name: Annotated[
        str | None, typer.Argument(help="任务名 name of a job; without it, how all of them went")
    ] = None,
) -> None:
    """执行任务 Run one job now, or list the jobs and how they went."""
    if name is None:
        _list()
        return
    from api.worker import do_now

    did = do_now(Settings(), name, datetime.now(UTC))
    tell("job.done", job=name, did=did)


def _list() -> None:
    with open_database() as engine, engine.connect() as connection:
        runs = jobs.all_runs(connection)
    for one in all_jobs(Settings()):
        run = runs.get(one.name)
        when = f"{run.tried_at.astimezone(BEIJING):%Y-%m-%d %H:%M:%S}" if run else "-"
        went = "job.never" if run is None else "job.failed" if run.failure else "job.went_well"
        words = say(language(), went, did=run.did if run else 0, failure=run.failure if run else "")
        print(f"{one.name:<24}{when:<21}{words}")
