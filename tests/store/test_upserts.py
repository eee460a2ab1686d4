"""Many rows come to a table by their codes: what it costs doesn't grow faster than they do."""

from __future__ import annotations

import psycopg
import pytest
from sqlalchemy import text

from gis.store.cluster import Cluster
from gis.store.database import connect_engine
from gis.store.roles import APP, OWNER
from gis.store.tables.places import compound
from gis.store.upserts import Changes, upsert

COLUMNS = ("name", "property_mode")
COUNT = 2_000


def lines(*numbers: int, name: str = "书香苑") -> list[tuple[str, str, str]]:
    return [(f"{n:04}", name, "none") for n in numbers]


@pytest.fixture
def connection(cluster: Cluster, own_database: str):
    """The service's connection to tables that are empty and known to the planner to be so."""
    with psycopg.connect(cluster.url(OWNER, own_database), autocommit=True) as owner:
        owner.execute("ANALYZE compound")
    engine = connect_engine(cluster.url(APP, own_database), pool_size=1)
    with engine.connect() as opened:
        yield opened
    engine.dispose()


def test_rows_that_come_to_an_empty_table_are_not_compared_with_one_another(connection):
    done = upsert(connection, compound, COLUMNS, lines(*range(COUNT)))
    connection.execute(text("SELECT pg_stat_force_next_flush()"))
    connection.commit()

    blocks = connection.execute(
        text("SELECT heap_blks_hit FROM pg_statio_user_tables WHERE relname = 'compound'")
    ).scalar_one()
    assert len(done.added) == COUNT
    assert COUNT <= blocks < 5 * COUNT  # each with all before it: 11 times as many


def test_new_changed_and_unchanged_codes_are_told_apart(connection):
    upsert(connection, compound, COLUMNS, lines(1, 2, 3))

    again = upsert(
        connection, compound, COLUMNS, [*lines(5, 2), *lines(3, name="柳荫花园"), *lines(4)]
    )

    assert again == Changes(("0004", "0005"), ("0003",), 1)
    kept = connection.execute(text("SELECT code, name FROM compound ORDER BY code")).all()
    assert [row.code for row in kept] == ["0001", "0002", "0003", "0004", "0005"]
    assert [row.name for row in kept if row.name == "柳荫花园"] == ["柳荫花园"]
