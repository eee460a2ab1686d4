"""The database grows step by step: `upgrade` takes it to the newest shape."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic.config import Config

HERE = Path(__file__).parent


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
    """The newest revision in this code, without asking a database."""
    from alembic.script import ScriptDirectory

    newest = ScriptDirectory.from_config(config("")).get_current_head()
    assert newest is not None, "the project has migrations"
    return newest
