"""Databases of a test's own, in the cluster of the test process."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy import Connection

from gis.store.cluster import Cluster
from gis.store.roles import OWNER

_numbers = itertools.count(1)


class Same:
    """Stands for an engine whose every connection is the test's own."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.met: Callable[[], object] = bool  # what happens meanwhile

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        self.met()
        yield self._connection


@contextmanager
def new_database(cluster: Cluster) -> Iterator[str]:
    """The name of a database at the newest migration, there for the length of a block."""
    name = f"own_{next(_numbers)}"
    run_as_superuser(cluster, f"CREATE DATABASE {name} TEMPLATE migrated OWNER {OWNER}")
    yield name
    run_as_superuser(cluster, f"DROP DATABASE {name} WITH (FORCE)")


def run_as_superuser(cluster: Cluster, statement: str) -> None:
    """One statement as the owner of the cluster, outside of any transaction."""
    with cluster.server.connect() as superuser:
        superuser.execute(psycopg.sql.SQL(statement))  # type: ignore[arg-type]
