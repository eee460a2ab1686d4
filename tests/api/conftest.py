"""The service in front of the test's own connection: what a request writes is gone afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import Connection
from starlette.testclient import TestClient

from api.dependencies import clock
from api.main import App
from gis.passwords import Passwords
from tests.api.people import ADDRESS, PASSWORD, Savepoints, add_person
from tests.makers import NOW
from tests.one_app import over, the_app


@pytest.fixture(scope="session")
def passwords() -> Passwords:
    """Argon2 at its cheapest: these tests are about everything else."""
    return Passwords(Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture(scope="module")
def made_app() -> App:
    """The app itself. A module whose tests need more routes makes its own."""
    return the_app()


@pytest.fixture
def app(made_app: App, connection: Connection, passwords: Passwords) -> App:
    bound = over(made_app, Savepoints(connection), passwords)
    bound.dependency_overrides[clock] = lambda: NOW
    return bound


@pytest.fixture
def client(app: App) -> Iterator[TestClient]:
    """A browser of nobody in particular, on our own page, speaking English."""
    headers = {"Accept-Language": "en", "Origin": ADDRESS, "X-Requested-With": "wangge"}
    with TestClient(app, base_url=ADDRESS, headers=headers, raise_server_exceptions=False) as made:
        yield made


@pytest.fixture
def signed_in(
    client: TestClient, connection: Connection, passwords: Passwords
) -> Callable[..., TestClient]:
    """`signed_in("li.na", Grant(Role.PLANNER))`: the client with that account's session."""

    def sign_in(login: str, *held: object) -> TestClient:
        add_person(connection, passwords, login, *held)
        answer = client.post("/api/v1/session", json={"login": login, "password": PASSWORD})
        assert answer.status_code == 204, answer.text
        return client

    return sign_in
