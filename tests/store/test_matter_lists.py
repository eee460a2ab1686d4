"""Lists stay quick when there are many matters."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection, event, text

from gis.accounts import EVERYTHING, Scope
from gis.store.cluster import Cluster
from gis.store.database import connect_engine
from gis.store.matter_reads import After, Filters, list_matters
from gis.store.matter_sight import Sight
from gis.store.roles import OWNER
from tests.makers import TODAY

MATTERS = 100_000
OPEN = 10  # of a hundred
MOST_BLOCKS = 3000  # of 8 KB looked at; all in memory that is some 5 ms

REGIONS = """
INSERT INTO region (id, level_id, home_path) OVERRIDING SYSTEM VALUE
SELECT n, (SELECT id FROM level WHERE code = 'grid'),
       CASE WHEN n = 1 THEN ARRAY[n] WHEN n < 52 THEN ARRAY[1, n]
            ELSE ARRAY[1, 2 + n % 50, n] END
  FROM generate_series(1, 1051) AS n
"""
ACCOUNTS = (
    "INSERT INTO account (login, name) SELECT 'a' || n, 'a' FROM generate_series(10, 59) AS n"
)
MANY = """
INSERT INTO matter (no, query_code, text, channel, proposal, urgency, state, region_id, filed_by,
       geom, origin, raw_place, observed_at, received_at, due_at, closed_at)
SELECT 'n' || n, 'q', repeat('楼下油烟', 10), 'qr', jsonb_build_object('a', repeat('x', 300)),
       'normal', CASE WHEN n % 100 < :open THEN 'dispatched' ELSE 'closed' END,
       52 + n::bigint * 7919 % 1000, (SELECT min(id) FROM account) + n % 50,
       ST_SetSRID(ST_MakePoint(106.5 + n % 317 * 0.001, 29.5 + n % 311 * 0.001), 4490), 'gps', '{}',
       now(), now(), CASE WHEN n % 100 < :open THEN now() + n * interval '1 minute' END,
       CASE WHEN n % 100 >= :open THEN now() END
  FROM generate_series(1, :matters) AS n
"""


@pytest.mark.prove
def test_a_page_of_100_open_matters_out_of_100_000_looks_at_few_of_them(
    cluster: Cluster, own_database: str
):
    engine = connect_engine(cluster.url(OWNER, own_database), pool_size=1, patient=True)
    with engine.begin() as connection:
        connection.execute(text(REGIONS))
        connection.execute(text(ACCOUNTS))
        connection.execute(text(MANY), {"open": OPEN, "matters": MATTERS})
    with engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE"))
    with engine.connect() as connection:
        for scope in (EVERYTHING, *(Scope(frozenset({region})) for region in (1, 7, 100))):
            sight = Sight(1, None, scope, Scope(), frozenset(), Scope())
            page, first = looked_at(connection, sight, None)
            _, following = looked_at(connection, sight, After.row(page[len(page) // 2]))

            assert len(page) == 100 or scope.region_ids == {100}
            assert max(first, following) <= MOST_BLOCKS, (scope, first, following)
    engine.dispose()


def looked_at(connection: Connection, sight: Sight, after: After | None) -> tuple[Any, int]:
    """A page, and how many blocks of the database its query looked at."""
    asked: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, values: Any, *_rest: Any) -> None:
        asked.append((statement, values))

    event.listen(connection, "before_cursor_execute", note)
    page = list_matters(connection, sight, Filters(is_open=True), TODAY, after=after, most=100)
    event.remove(connection, "before_cursor_execute", note)
    statement, values = asked[0]
    explained = connection.exec_driver_sql(
        f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", values
    ).scalar_one()
    print(explained[0]["Planning Time"], explained[0]["Execution Time"])
    plan = explained[0]["Plan"]
    return page, plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
