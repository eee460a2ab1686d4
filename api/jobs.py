"""The jobs there are: what each does and how often. `api/worker.py` runs them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from api.start import utc_now
from gis.errors import NotFound
from gis.model import AsOf
from gis.store.matters import erase_contacts
from gis.workflows.change_editions import activate_next, judge_next
from gis.workflows.keep_tiling import keep_tiling, outdated

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from api.settings import Settings


@dataclass(frozen=True, slots=True)
class Job:
    """One thing to be done again and again.

    `run` is given a connection in a transaction of its own and the time, and returns how many
    things it did. `in_bites`: as long as it did something it runs once more at once, each time in
    a new transaction, so that none grows long. What it leaves undone is done a period later: a job
    looks at the state of things, never at what happened since it ran last. `wanted`, a quick look
    that writes nothing, is asked every few seconds whether the job has something to do before its
    period is over.
    """

    name: str
    every: timedelta
    run: Callable[[Connection, datetime], int]
    in_bites: bool = False
    wanted: Callable[[Connection, datetime], bool] | None = None


def all_jobs(settings: Settings) -> tuple[Job, ...]:
    """Every job of the service. A new one is a line here."""
    folder = settings.tiling_folder()
    return (
        Job("activate_editions", timedelta(minutes=1), _activate_next, in_bites=True),
        Job("judge_editions", timedelta(minutes=1), judge_next, in_bites=True),
        Job("erase_contacts", timedelta(hours=1), _erase_contacts),
        Job(
            "tiling",
            timedelta(minutes=5),
            lambda found, now: keep_tiling(found, folder, now),
            wanted=lambda found, now: outdated(found, folder, now) is not None,
        ),
        Job("rehome_addresses", timedelta(minutes=5), _rehome_addresses, in_bites=True),
        Job("levels_of_detail", timedelta(minutes=10), _make_levels_of_detail, in_bites=True),
    )


def job_named(settings: Settings, name: str) -> Job:
    """One of them. Raises NotFound, naming those there are."""
    jobs = {job.name: job for job in all_jobs(settings)}
    if name not in jobs:
        raise NotFound("error.job_not_found", job=name, known=", ".join(jobs))
    return jobs[name]


def _activate_next(connection: Connection, now: datetime) -> int:
    return activate_next(connection, now, clock=utc_now)


def _erase_contacts(connection: Connection, now: datetime) -> int:
    return erase_contacts(connection)


def _rehome_addresses(connection: Connection, now: datetime) -> int:
    from gis.store.known_addresses import rehome  # loads the libraries of shapes

    return rehome(connection, AsOf.at(now))


def _make_levels_of_detail(connection: Connection, now: datetime) -> int:
    from gis.store.lod import make_missing  # loads the libraries of shapes

    return make_missing(connection, AsOf.at(now))
