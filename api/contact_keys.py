"""Where is the key under which reporters' contacts are sealed? In the settings, or in a file of its
own beside the embedded database: made at the first start, readable by this user only.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

from fastapi import Depends

from api.dependencies import TheService
from api.key_files import make_once
from gis.contacts import ContactSeal, new_key
from gis.errors import Unavailable

if TYPE_CHECKING:
    from api.settings import Settings

FILE: Final = "contact.key"


def seal_of(settings: Settings) -> ContactSeal:
    """The seal of this deployment. Raises Unavailable when its key can't be read or made.

    Of several keys in the settings, parted by blanks or commas, the first one seals.
    """
    if settings.contact_key is not None:
        given = settings.contact_key.get_secret_value()
        return _seal(tuple(given.replace(",", " ").split()))
    return _seal_in(settings.cluster_home() / FILE)


@cache
def _seal(keys: tuple[str, ...]) -> ContactSeal:
    return ContactSeal(list(keys))


@cache
def _seal_in(file: Path) -> ContactSeal:
    try:
        return ContactSeal(_read_or_make(file).split())
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise Unavailable("error.contact_key_file", file=str(file), reason=reason) from None


def _read_or_make(file: Path) -> str:
    """The keys in the file, one a line, the newest first; of two makers the first one wins."""
    if not file.exists():
        make_once(file, new_key() + "\n")
    return file.read_text("ascii")


async def contact_seal(service: TheService) -> Callable[[], ContactSeal]:
    """A way to the seal, for a route: the key is needed only where there is a contact."""
    return partial(seal_of, service.settings)


TheSeal = Annotated[Callable[[], ContactSeal], Depends(contact_seal)]
