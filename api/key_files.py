"""Files of keys: readable by this user only, whole or not there, made by who needs one first."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def make_once(file: Path, text: str) -> None:
    """Make the file with its folder, unless somebody was quicker: of two makers the first wins."""
    file.parent.mkdir(parents=True, exist_ok=True)
    aside = write_beside(file, text)
    try:
        os.link(aside, file)
    except FileExistsError:
        pass
    finally:
        aside.unlink()


def write_beside(file: Path, text: str) -> Path:
    """A new file beside `file` with the text, safely on the disk, to be renamed or linked."""
    aside = file.with_name(f"{file.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as made:
        made.write(text)
        made.flush()
        os.fsync(made.fileno())
    return aside
