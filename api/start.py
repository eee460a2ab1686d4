"""Make the database ready: start the embedded one, bring either to the newest shape."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from api.settings import Settings
from api.terminal import complain
from gis.errors import Unavailable
from gis.store.cluster import Cluster
from gis.store.database import analyze, connect_engine
from gis.store.roles import check_server

if TYPE_CHECKING:
    from sqlalchemy import Engine


def utc_now() -> datetime:
    """The clock of the service."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Ready:
    """Addresses of a database that answers and stands at the newest migration."""

    service_url: str
    migrate_url: str | None


@contextmanager
def ready_database(settings: Settings) -> Iterator[Ready]:
    """A database to work with, at the newest migration.

    Of the embedded one the last user out stops it, unless `wangge db start` made it stay.
    """
    if settings.database_url:
        yield _own_server(settings.database_url, settings.migrate_url)
        return
    with Cluster(settings.cluster_home(), tell=complain).in_use(patience_s=2.0) as running:
        _migrate(running.migrate_url)
        yield Ready(running.service_url, running.migrate_url)


def _own_server(service_url: str, migrate_url: str | None) -> Ready:
    """Somebody else's server: is it fit for us, and may we migrate it?"""
    import psycopg

    from migrations import head, revision_at

    with psycopg.connect(service_url, autocommit=True) as connection:  # nothing to commit
        check_server(connection)
    if migrate_url:
        _migrate(migrate_url)
    elif revision_at(service_url) != head():
        raise Unavailable("error.migrate_url_missing")
    return Ready(service_url, migrate_url)


@contextmanager
def open_database(
    settings: Settings | None = None, *, writes_much: bool = False
) -> Iterator[Engine]:
    """An engine of the service's role for one command; after `writes_much` PostgreSQL looks at its
    tables anew, so that the next reads are planned well.
    """
    with ready_database(settings or Settings()) as ready:
        engine = connect_engine(ready.service_url, pool_size=2, patient=True)
        try:
            yield engine
            if writes_much and ready.migrate_url:
                analyze(ready.migrate_url)
        finally:
            engine.dispose()


def _migrate(url: str) -> None:
    """Bring the schema up to date; asks first, since Alembic itself is slow to load."""
    from migrations import head, revision_at, upgrade

    if revision_at(url) != head():
        upgrade(url)
