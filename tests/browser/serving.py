"""The service behind a port of this machine, and somebody signed in to it."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from playwright.sync_api import BrowserContext

from tests.api.people import PASSWORD


@contextmanager
def serving(app: Any, **options: Any) -> Iterator[str]:
    """The address of an app that runs in a thread for the length of a block, on a free port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(128)  # so that nobody is turned away before the service runs
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", ws="none", **options))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started and thread.is_alive():
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(10)


def sign_in(context: BrowserContext, base: str, login: str) -> None:
    """Sign an account of the tests in to the service at `base`."""
    answer = context.request.post(
        "/api/v1/session",
        data={"login": login, "password": PASSWORD},
        headers={"X-Requested-With": "wangge", "Origin": base},
    )
    assert answer.status == 204, answer.text()
