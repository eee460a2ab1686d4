"""The worker beside the service: a process of its own, so that no request waits for a job.

A pipe holds it to the service: it is told the address of the database by the first line of its
input, and ends when that input does: with the service, however the service ends.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from api.jobs import all_jobs
from api.settings import Settings
from api.worker import Worker
from gis.store.database import connect_engine

if TYPE_CHECKING:
    from typing import IO

log = logging.getLogger("wangge.worker")

GOODBYE_S: Final = 2.5  # how long a running job may take to end when the service does
AGAIN_AFTER_S: Final = 10.0  # how long after a worker that ended by itself the next one starts
NICE: Final = 5  # at least as nice as this to others: requests come before jobs


@contextmanager
def working(settings: Settings, service_url: str) -> Iterator[None]:
    """A worker beside the service for the length of a block; ends within three seconds."""
    if not settings.jobs:
        yield
        return
    over = threading.Event()
    workers = [_start(service_url)]
    guard = threading.Thread(
        target=_replace, args=(workers, service_url, over), name="worker", daemon=True
    )
    guard.start()
    try:
        yield
    finally:
        over.set()
        _end(workers[-1])
        guard.join(GOODBYE_S)


def _start(service_url: str) -> subprocess.Popen[bytes]:
    process = subprocess.Popen([sys.executable, "-m", "api.worker_process"], stdin=subprocess.PIPE)
    assert process.stdin is not None
    with suppress(BrokenPipeError):  # it has ended already: the guard will see
        process.stdin.write(service_url.encode() + b"\n")
        process.stdin.flush()
    return process


def _replace(
    workers: list[subprocess.Popen[bytes]], service_url: str, over: threading.Event
) -> None:
    """Start another worker whenever one has ended by itself."""
    while True:
        code = workers[-1].wait()
        if over.is_set():
            return
        _let_go(workers[-1])
        log.error("the worker ended (%s); another is started in %s s", code, AGAIN_AFTER_S)
        if over.wait(AGAIN_AFTER_S):
            return
        workers.append(_start(service_url))


def _let_go(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    with suppress(BrokenPipeError):
        process.stdin.close()


def _end(process: subprocess.Popen[bytes]) -> None:
    _let_go(process)
    try:
        process.wait(GOODBYE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def main() -> None:
    """Do the jobs until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the service, which ends us
    os.nice(max(0, NICE - os.nice(0)))
    logging.basicConfig(
        format="%(asctime)s %(levelname)s %(name)s %(message)s", datefmt="%Y-%m-%dT%H:%M:%S%z"
    )
    service_url = sys.stdin.buffer.readline().decode().strip()
    if not service_url:
        return
    engine = connect_engine(service_url, pool_size=1, patient=True)
    worker = Worker(engine, all_jobs(Settings()))
    threading.Thread(target=_stop_after, args=(sys.stdin.buffer, worker), daemon=True).start()
    try:
        worker.run()
    finally:
        engine.dispose()


def _stop_after(given: IO[bytes], worker: Worker) -> None:
    given.read()
    worker.stop()


if __name__ == "__main__":
    main()
