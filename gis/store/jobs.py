"""Which job ran when, and whose turn is it? So that several processes never run one twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from gis.store.tables.jobs import job_run

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

JOB_LOCK = 0x6A6F  # "jo": the first half of the advisory lock, the name's hash is the second


@dataclass(frozen=True, slots=True)
class JobRun:
    """The last try of a job. `failure` names the kind of error, "" when it succeeded."""

    name: str
    tried_at: datetime
    succeeded_at: datetime | None
    did: int
    failure: str


def take_turn(connection: Connection, name: str) -> bool:
    """Keep a job for this transaction alone. False: another process is at it right now."""
    mine = func.pg_try_advisory_xact_lock(JOB_LOCK, func.hashtext(name))
    return bool(connection.execute(select(mine)).scalar_one())


def last_try(connection: Connection, name: str) -> datetime | None:
    """When a job was tried last, by whichever process; None for never."""
    return connection.execute(
        select(job_run.c.tried_at).where(job_run.c.name == name)
    ).scalar_one_or_none()


def note_success(connection: Connection, name: str, did: int, now: datetime) -> None:
    """Write down that a job has run; `did` is how many things it did."""
    said = {"tried_at": now, "succeeded_at": now, "did": did, "failure": ""}
    _note(connection, name, said)


def note_failure(connection: Connection, name: str, failure: str, now: datetime) -> None:
    """Write down that a job has failed; when it last succeeded stays."""
    _note(connection, name, {"tried_at": now, "did": 0, "failure": failure})


def _note(connection: Connection, name: str, said: dict[str, object]) -> None:
    made = insert(job_run).values(name=name, **said)
    connection.execute(made.on_conflict_do_update(index_elements=["name"], set_=said))


def all_runs(connection: Connection) -> dict[str, JobRun]:
    """The last try of every job that was ever tried, by name."""
    found = connection.execute(select(job_run).order_by(job_run.c.name))
    return {row.name: JobRun(*row) for row in found}
