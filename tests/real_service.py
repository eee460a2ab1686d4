"""The real service in a process of its own, over a real database, and a client that speaks HTTP."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gis.contacts import new_key


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


class Service:
    """`wangge serve` on a free port of this machine; `kill` is SIGKILL, `start` starts it again."""

    def __init__(
        self, database_url: str, migrate_url: str, home: Path, port: int = 0, *, jobs: bool = True
    ) -> None:
        self.port = port or free_port()
        self._environment = {
            **os.environ,
            "WANGGE_DATABASE_URL": database_url,
            "WANGGE_MIGRATE_URL": migrate_url,
            "WANGGE_HOME": str(home),
            "WANGGE_CONTACT_KEY": new_key(),
            "PORT": str(self.port),
            **({} if jobs else {"WANGGE_JOBS": "false"}),
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, wait_s: float = 180) -> None:
        """Start it and wait until it answers."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "api.cli", "serve"],
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until = time.monotonic() + wait_s
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > until:
                raise AssertionError(f"the service did not start: {self.process.returncode}")
            time.sleep(0.05)

    def _answers(self) -> bool:
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            client.request("GET", "/health")
            return client.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            client.close()

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(20)


@contextmanager
def serving(
    database_url: str, migrate_url: str, home: Path, *, jobs: bool = True
) -> Iterator[Service]:
    """The service for the length of a block, with the worker beside it or without."""
    service = Service(database_url, migrate_url, home, jobs=jobs)
    try:
        service.start()
        yield service
    finally:
        service.stop()


class Client:
    """One kept connection, one request at a time, as quick as the standard library is."""

    def __init__(self, port: int, api_key: str, timeout_s: float = 20) -> None:
        self._port, self._timeout = port, timeout_s
        self._headers = {"Authorization": f"Bearer {api_key}", "Content-Type": "application/json"}
        self._connection: http.client.HTTPConnection | None = None

    def post_matter(self, key: str, body: dict[str, Any]) -> tuple[int, Any]:
        """(status, JSON); OSError or HTTPException when no whole answer came."""
        sent = json.dumps(body).encode()
        try:
            if self._connection is None:
                self._connection = http.client.HTTPConnection(
                    "127.0.0.1", self._port, timeout=self._timeout
                )
            headers = {**self._headers, "Idempotency-Key": key}
            self._connection.request("POST", "/api/v1/matters", sent, headers)
            answer = self._connection.getresponse()
            return answer.status, json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError):
            self.close()
            raise

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
