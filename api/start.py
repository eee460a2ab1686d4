"""Make the database ready: start the embedded one, bring either to the newest shape."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.settings import Settings
from api.terminal import complain
from gis.store.cluster import Cluster
from gis.store.database import analyze, connect_engine

if TYPE_CHECKING:
    from sqlalchemy import Engine


@dataclass(frozen=True, slots=True)
class Ready:
    """Addresses of a database that answers and stands at the newest migration."""

    service_url: str
    migrate_url: str


@contextmanager
def ready_database(settings: Settings) -> Iterator[Ready]:
    """A database to work with. A cluster that this call started is stopped again at the end."""
    if settings.database_url:
        migrate_url = settings.migrate_url or settings.database_url
        _migrate(migrate_url)
        yield Ready(settings.database_url, migrate_url)
        return
    cluster = Cluster(settings.cluster_home(), tell=complain)
    running = cluster.start()
    try:
        _migrate(running.migrate_url)
        yield Ready(running.service_url, running.migrate_url)
    finally:
        if running.started_here:
            cluster.stop(patience_s=2.0)


@contextmanager
def open_database(
    settings: Settings | None = None, *, writes_much: bool = False
) -> Iterator[Engine]:
    """An engine of the service's role for one command; after `writes_much` PostgreSQL looks at its
    tables anew, so that the next reads are planned well.
    """
    with ready_database(settings or Settings()) as ready:
        engine = connect_engine(ready.service_url, pool_size=2)
        try:
            yield engine
            if writes_much:
                analyze(ready.migrate_url)
        finally:
            engine.dispose()


def _migrate(url: str) -> None:
    """Bring the schema up to date; asks first, since Alembic itself is slow to load."""
    from migrations import head, revision_at, upgrade

    if revision_at(url) != head():
        upgrade(url)
