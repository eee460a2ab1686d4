"""A parallel query. To be run where /dev/shm has 2 MB; prints what happened."""

import sys
from pathlib import Path

import psycopg

from gis.store.cluster import throwaway
from gis.store.roles import OWNER

QUERY = "SELECT count(*) FROM big a JOIN big b USING (n)"
WANTED = (
    "parallel_setup_cost = 0",
    "min_parallel_table_scan_size = 0",
    "enable_mergejoin = off",
    "work_mem = '64MB'",
)


def main(folder: Path) -> None:
    """Print how PostgreSQL shares memory, and what the query counted."""
    with throwaway(folder) as cluster, psycopg.connect(cluster.url(OWNER)) as connection:
        connection.execute("CREATE TABLE big AS SELECT n FROM generate_series(1, 300000) n")
        connection.execute("ANALYZE big")
        for setting in WANTED:
            connection.execute(f"SET {setting}")
        plan = "\n".join(line for (line,) in connection.execute(f"EXPLAIN {QUERY}"))
        assert "Parallel Hash" in plan, plan
        for asked in ("SHOW dynamic_shared_memory_type", QUERY):
            for (answer,) in connection.execute(asked):
                print(answer)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
