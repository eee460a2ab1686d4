"""Do the migrations make just what `gis/store/tables` says? Asked of a new, empty database."""

from __future__ import annotations

import tempfile
from pathlib import Path

from alembic import command

from gis.store.cluster import throwaway
from migrations import config


def main() -> None:
    """Migrate up, compare, down and up again; alembic ends the process on a difference."""
    with (
        tempfile.TemporaryDirectory(prefix="wangge-check-") as folder,
        throwaway(Path(folder)) as db,
    ):
        alembic = config(db.url("wangge_owner"))
        command.upgrade(alembic, "head")
        command.check(alembic)
        command.downgrade(alembic, "base")
        command.upgrade(alembic, "head")


if __name__ == "__main__":
    main()
