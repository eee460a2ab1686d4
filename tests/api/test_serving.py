"""Serving: what was started ends with it, and the demo keeps to itself."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from api.serving import _fill, _keep_pauses_short, _refuse_open_demo
from api.settings import Settings
from gis.errors import Conflict, NotAllowed
from gis.passwords import Passwords
from gis.store.cluster import Cluster
from gis.store.database import connect_engine
from gis.store.roles import APP
from gis.workflows.demo_accounts import demo_accounts
from tests.makers import NOW, keep
from tests.sketch import sketch


@pytest.fixture
def engine(cluster, own_database) -> Iterator:
    made = connect_engine(cluster.url(APP, own_database))
    yield made
    made.dispose()


def test_the_demo_does_not_mix_with_real_data(engine):
    with engine.begin() as connection:
        keep(connection, sketch("A B"))
    with pytest.raises(Conflict) as refused:
        _fill(engine, Settings(_env_file=None, home=Path("/somewhere")))
    assert refused.value.key == "error.demo_beside_real_data"
    assert refused.value.values["home"] == "/somewhere"


def test_demo_accounts_are_reachable_from_this_machine_only(engine):
    _refuse_open_demo(engine, "0.0.0.0")
    with engine.begin() as connection:
        keep(connection, sketch("A B"))
        demo_accounts(connection, Passwords(), NOW)
    _refuse_open_demo(engine, "127.0.0.1")
    with pytest.raises(NotAllowed) as refused:
        _refuse_open_demo(engine, "0.0.0.0")
    assert refused.value.key == "error.demo_not_outside"


def test_what_is_loaded_is_not_looked_through_for_garbage_while_requests_wait():
    before, thresholds = sys.getswitchinterval(), gc.get_threshold()
    try:
        _keep_pauses_short()
        assert gc.get_freeze_count() > 10_000
        assert sum(gc.get_count()) < 10_000
        assert gc.get_threshold()[0] == 10_000
        assert sys.getswitchinterval() == pytest.approx(0.0005)
    finally:
        sys.setswitchinterval(before)
        gc.set_threshold(*thresholds)
        gc.unfreeze()


def test_what_was_started_ends_with_the_service_by_either_signal(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    cluster = Cluster(home)
    try:
        for how in (signal.SIGINT, signal.SIGTERM):
            _serve_and_end(cluster, how)
            assert cluster.server.pid() is None, how
    finally:
        cluster.stop(patience_s=0.5)
        shutil.rmtree(cluster.place.root, ignore_errors=True)


def _serve_and_end(cluster: Cluster, how: signal.Signals) -> None:
    port = _free_port()
    service = subprocess.Popen(
        [sys.executable, "-m", "api.cli", "serve"],
        env={**os.environ, "WANGGE_HOME": str(cluster.home), "PORT": str(port)},
        start_new_session=True,
    )
    try:
        _wait_for(port, service)
        assert cluster.server.pid(), "the embedded database runs beside it"
        service.send_signal(how)
        service.wait(15)
    finally:
        if service.poll() is None:
            service.kill()
            service.wait(5)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _wait_for(port: int, service: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 180
    while time.monotonic() < until:
        assert service.poll() is None, "it ended by itself"
        try:
            with urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as answer:
                assert answer.status == 200
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("no answer within three minutes")
