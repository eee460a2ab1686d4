"""What can go wrong, in the users' words.

An error carries the key of a sentence and the values that fill it; the doors say the sentence in
the user's language (`maps/strings/*.json`). Nothing else of an error ever leaves the service.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gis.model import Fault

Value = str | int | float


class GridError(Exception):
    """Something a person can put right: `key` names the sentence, `values` fill its gaps.

    >>> str(NotFound("error.region_not_found", code="500199"))
    'error.region_not_found (code=500199)'
    """

    def __init__(self, key: str, **values: Value) -> None:
        self.key = key
        self.values = values
        filled = ", ".join(f"{name}={value}" for name, value in values.items())
        super().__init__(f"{key} ({filled})" if filled else key)


class NotFound(GridError):
    """The thing is not there, or not for this account: the two look alike on purpose."""


class Conflict(GridError):
    """It can't be done now, because of what is there already."""


class BadInput(GridError):
    """What was given can't be true or can't be read."""


class BadFile(BadInput):
    """A file from outside can't be used: wrong kind, broken, too large, a column missing."""


class NotSignedIn(GridError):
    """Nobody is signed in, or the sign-in or key is no longer valid."""


class NotAllowed(GridError):
    """The account is known and may not do this."""


class PasswordMustChange(NotAllowed):
    """Somebody else gave the password out: before anything else the account sets its own."""


class TooMany(GridError):
    """Too often or too much in a short time; `values["seconds"]` says when to come back."""


class Unavailable(GridError):
    """Something the service needs isn't there now: the database, the disk, a package."""


class BadBoundaries(BadInput):
    """Boundaries break a rule; `faults` names every one and where, not only the first."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("error.bad_boundaries", count=len(faults))
        self.faults = faults
