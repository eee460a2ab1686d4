"""What the tests stand on: one throwaway PostGIS a test process, rolled back after every test."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy import Connection, Engine

from gis.store.cluster import Cluster, throwaway
from gis.store.database import connect_engine
from gis.store.roles import APP, DATABASE, OWNER
from migrations import upgrade
from tests.databases import new_database, run_as_superuser

# No test is a stopwatch: a busy machine would make any limit a matter of luck.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With CI=true a test that skips itself has failed: nobody would notice it there."""
    report = yield
    if report.skipped and os.environ.get("CI") == "true":
        report.outcome = "failed"
        report.longrepr = f"skipped, which is a failure with CI=true: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """The same for a whole file that skips itself."""
    report = yield
    if report.skipped and os.environ.get("CI") == "true":
        report.outcome = "failed"
        report.longrepr = f"skipped, which is a failure with CI=true: {report.longrepr}"
    return report


@pytest.fixture(scope="session", autouse=True)
def signing_keys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Keys of the tests' own: none is made where this machine's service lives."""
    file = tmp_path_factory.mktemp("keys") / "signing.keys"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WANGGE_SIGNING_KEYS", str(file))
        yield file


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A cluster whose database `wangge` stands at the newest migration, empty."""
    with tempfile.TemporaryDirectory(prefix="wangge-test-") as folder:
        Path(folder).chmod(0o711)
        with throwaway(Path(folder)) as made:
            upgrade(made.url(OWNER))
            run_as_superuser(made, f"CREATE DATABASE migrated TEMPLATE {DATABASE}")
            yield made


@pytest.fixture(scope="session")
def engine(cluster: Cluster) -> Iterator[Engine]:
    """The service's own way in: as the app role, which owns nothing."""
    made = connect_engine(cluster.url(APP), pool_size=4)
    yield made
    made.dispose()


@pytest.fixture(scope="module")
def ground(engine: Engine) -> Iterator[Connection]:
    """What all tests of a module stand on. Fixtures that write to it serve every test of it
    (`autouse`): a test beside them would wait for locks that end with the module.
    """
    with engine.connect() as opened:
        outer = opened.begin()
        yield opened
        outer.rollback()


@pytest.fixture
def connection(engine: Engine, request: pytest.FixtureRequest) -> Iterator[Connection]:
    """A connection whose every write is gone after the test; code under test may commit."""
    if "ground" in request.fixturenames:
        opened = request.getfixturevalue("ground")
        before = opened.begin_nested()
        yield opened
        before.rollback()
        return
    with engine.connect() as opened:
        outer = opened.begin()
        yield opened
        outer.rollback()


@pytest.fixture
def own_database(cluster: Cluster) -> Iterator[str]:
    """The name of a database of the test's own, for several connections and real commits."""
    with new_database(cluster) as name:
        yield name
