"""Where are the keys that sign statements? In a file of the deployment, readable by this user only.

It is made when first needed. Rotating keeps the public parts of all earlier keys in it for ever:
what they signed can still be checked. Keep a copy of the file beside the backups of the database.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from api.key_files import make_once, write_beside
from api.terminal import tell
from gis.errors import Unavailable
from gis.signing import KeyRing, new_ring, read_ring

if TYPE_CHECKING:
    from api.settings import Settings

FILE: Final = "signing.keys"

signing_app = typer.Typer(
    no_args_is_help=True, help="签名密钥 keys that sign statements: list, rotate"
)


def file_of(settings: Settings) -> Path:
    """WANGGE_SIGNING_KEYS, else `signing.keys` beside the embedded database."""
    return settings.signing_keys or settings.cluster_home() / FILE


def ring_of(settings: Settings, now: datetime) -> KeyRing:
    """The keys of this deployment. Raises Unavailable when the file can't be read or made.

    Read anew each time: a rotation holds for a running service at once. Of two makers the first
    one wins.
    """
    file = file_of(settings)
    with _reasons(file):
        if not file.exists():
            make_once(file, _written(new_ring(now)))
        return read_ring(file.read_text("ascii"))


def rotate(settings: Settings, now: datetime) -> KeyRing:
    """Put a new key in the place of the live one; two at once follow each other."""
    file = file_of(settings)
    ring_of(settings, now)
    with _reasons(file), _alone(file.parent):
        ring = read_ring(file.read_text("ascii")).rotated(now)
        write_beside(file, _written(ring)).replace(file)
    return ring


def _written(ring: KeyRing) -> str:
    return ring.written() + "\n"


@contextmanager
def _reasons(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise Unavailable("error.signing_key_file", file=str(file), reason=reason) from None


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold a folder against other rotations."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


# ---- commands -----------------------------------------------------------------------------------


@signing_app.command("list")
def list_keys() -> None:
    """公钥一览 List the public keys, the live one first; makes one where there is none."""
    from api.settings import Settings

    for one in ring_of(Settings(), datetime.now(UTC)).public:
        print(f"{one.key_id}  {one.public_key}  {one.since} → {one.until or ''}")


@signing_app.command("rotate")
def rotate_key(
    commit: Annotated[bool, typer.Option("--commit", help="更换 replace the key")] = False,
) -> None:
    """更换签名密钥 Put a new key in the place of the live one; the old public key stays listed."""
    from api.settings import Settings

    settings, now = Settings(), datetime.now(UTC)
    if not commit:
        tell("signing.would_rotate", key_id=ring_of(settings, now).public[0].key_id)
        return
    ring = rotate(settings, now)
    tell("signing.rotated", key_id=ring.public[0].key_id, old=ring.public[1].key_id)
