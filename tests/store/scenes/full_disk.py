"""A disk fills up under the cluster. Run by root under `unshare --mount`; prints what happened."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg

from gis.errors import Unavailable
from gis.store.cluster import Cluster
from gis.store.roles import OWNER

folder = Path(sys.argv[1])
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=240m,mode=755", "tmpfs", folder], check=True)
cluster = Cluster(
    folder / "home",
    tell=lambda key, **_: print(key) if key == "database.ballast_freed" else None,
    ballast_bytes=24 * 2**20,
)
cluster.start()
assert cluster.status().has_ballast

accepted = 0
filler = folder / "filler"
with contextlib.suppress(psycopg.Error), psycopg.connect(cluster.url(OWNER)) as connection:
    connection.autocommit = True
    connection.execute("CREATE TABLE report (n int, said text)")
    connection.execute("ALTER TABLE report ALTER said SET STORAGE EXTERNAL")
    for n in range(1, 100_000):
        connection.execute("INSERT INTO report VALUES (%s, repeat('x', 8000))", (n,))
        accepted = n

# A crash on the full disk, as the write-ahead log's PANIC would be.
with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
    while file.write(b"x" * 4096):
        pass
postmaster = cluster.server.pid()
if postmaster is not None:
    os.kill(postmaster, signal.SIGKILL)
time.sleep(0.5)

hidden = folder / "hidden"
cluster.place.ballast.rename(hidden)
try:
    cluster.start()
except Unavailable as refused:
    print(refused.key)
hidden.rename(cluster.place.ballast)

cluster.start()
with psycopg.connect(cluster.url(OWNER)) as connection:
    row = connection.execute("SELECT count(*) FROM report WHERE n <= %s", (accepted,)).fetchone()
filler.unlink()
with psycopg.connect(cluster.url(OWNER)) as connection:
    connection.execute("DROP TABLE report")
with cluster.server.connect() as connection:
    connection.execute("CHECKPOINT")
cluster.start()
print(f"ballast:{cluster.status().has_ballast}")
cluster.stop()
print(accepted, row[0] if row else 0)
