"""A disk fills up under the cluster. To be run in a folder of 240 MB; prints what happened."""

import contextlib
import os
import shutil
import signal
import sys
import time
from pathlib import Path

import psycopg

from gis.errors import Unavailable
from gis.store.cluster import Cluster
from gis.store.roles import OWNER


def main(folder: Path) -> None:
    """Print the refusal without ballast, what was told with it, and rows accepted and kept."""
    assert shutil.disk_usage(folder).total < 2**28, "this would fill a real disk"
    cluster = Cluster(
        folder / "home",
        tell=lambda key, **_: print(key) if key == "database.ballast_freed" else None,
        ballast_bytes=24 * 2**20,
    )
    cluster.start()
    assert cluster.status().has_ballast

    accepted = fill_the_database(cluster)
    filler = folder / "filler"
    fill_the_rest_of_the_disk(filler)
    crash(cluster)
    print(refusal_without_ballast(cluster, folder / "hidden"))

    cluster.start()
    with psycopg.connect(cluster.url(OWNER)) as connection:
        kept = connection.execute("SELECT count(*) FROM report WHERE n <= %s", (accepted,))
        row = kept.fetchone()
    make_room(cluster, filler)
    cluster.start()
    print(f"ballast:{cluster.status().has_ballast}")
    cluster.stop()
    print(accepted, row[0] if row else 0)


def fill_the_database(cluster: Cluster) -> int:
    """Insert rows one by one until it fails; how many were accepted."""
    accepted = 0
    with contextlib.suppress(psycopg.Error), psycopg.connect(cluster.url(OWNER)) as connection:
        connection.autocommit = True
        connection.execute("CREATE TABLE report (n int, said text)")
        connection.execute("ALTER TABLE report ALTER said SET STORAGE EXTERNAL")
        for n in range(1, 100_000):
            connection.execute("INSERT INTO report VALUES (%s, repeat('x', 8000))", (n,))
            accepted = n
    return accepted


def fill_the_rest_of_the_disk(filler: Path) -> None:
    """Write until nothing more goes."""
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(b"x" * 4096):
            pass


def crash(cluster: Cluster) -> None:
    """End the server as a PANIC of the write-ahead log would; come back when all of it is gone."""
    postmaster = cluster.server.pid()
    if postmaster is not None:
        os.kill(postmaster, signal.SIGKILL)
    until = time.monotonic() + 30
    while any(stands_in(process, cluster.server.data) for process in Path("/proc").glob("[0-9]*")):
        assert time.monotonic() < until, "what the server started goes on without it"
        time.sleep(0.1)


def stands_in(process: Path, folder: Path) -> bool:
    """Does a process, by its folder in /proc, have this working directory?"""
    with contextlib.suppress(OSError):
        return (process / "cwd").readlink() == folder
    return False


def refusal_without_ballast(cluster: Cluster, hidden: Path) -> str:
    """Try to start while the ballast lies where it isn't found; the key of the refusal."""
    cluster.place.ballast.rename(hidden)
    try:
        cluster.start()
    except Unavailable as refused:
        return refused.key
    finally:
        hidden.rename(cluster.place.ballast)
    return "it started"


def make_room(cluster: Cluster, filler: Path) -> None:
    """Take away the filler and the rows."""
    filler.unlink()
    with psycopg.connect(cluster.url(OWNER)) as connection:
        connection.execute("DROP TABLE report")
    with cluster.server.connect() as connection:
        connection.execute("CHECKPOINT")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
