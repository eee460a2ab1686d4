"""The database grows step by step: `upgrade` takes it to the newest shape."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic.config import Config

HERE = Path(__file__).parent
_REVISION = re.compile(r"^revision = [\"']([^\"']+)", re.MULTILINE)
_DOWN = re.compile(r"^down_revision = [\"']([^\"']+)", re.MULTILINE)


def config(url: str) -> Config:
    """Alembic's configuration for the database at `url` (the owner's address)."""
    from alembic.config import Config

    made = Config()
    made.set_main_option("script_location", str(HERE))
    made.set_main_option(
        "file_template", "%%(year)d_%%(month).2d_%%(day).2d_%%(hour).2d%%(minute).2d_%%(slug)s"
    )
    made.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return made


def upgrade(url: str) -> None:
    """Take the database at `url` to the newest shape; nothing happens when it is there already."""
    from alembic import command

    command.upgrade(config(url), "head")


def head() -> str:
    """The newest revision in this code: the one no other names as its predecessor.

    Read from the files themselves, since Alembic takes half a second to load.
    """
    texts = [path.read_text(encoding="utf-8") for path in HERE.glob("versions/*.py")]
    revisions = {found for text in texts for found in _REVISION.findall(text)}
    predecessors = {found for text in texts for found in _DOWN.findall(text)}
    (newest,) = revisions - predecessors
    return str(newest)


def revision_at(url: str) -> str | None:
    """The revision a database stands at; None for an empty one."""
    import psycopg

    with psycopg.connect(url) as connection:
        there = connection.execute("SELECT to_regclass('alembic_version')").fetchone()
        if there is None or there[0] is None:
            return None
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        return str(row[0]) if row else None
