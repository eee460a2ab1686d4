"""A matter arrives: what was given, where it lies as far as we know, and which desk has to look?

Nothing is refused for being unclear. What is unsure, unknown, outside or in nobody's hands goes to
a queue of the lowest region that holds every place it can be: never guessed, never lost.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlsplit

from gis.errors import BadInput
from gis.governance.classify import Route
from gis.matters import Channel, TriageQueue
from gis.model import COMMUNITY, GRID, SUBDISTRICT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gis.matters import Words

TOO_ROUGH_M: Final = 50.0
"""With a larger error radius than this, in metres, no matter is given to a grid by itself."""

CLOCKS_APART: Final = timedelta(minutes=10)  # how far a phone's clock may be ahead of ours
OLDEST: Final = timedelta(days=2 * 366)
INHERITING: Final = frozenset({Channel.HOTLINE, Channel.UPSTREAM})


class Origin(StrEnum):
    """Where a coordinate comes from."""

    GPS = "gps"
    PICK = "pick"  # a tap on the map
    CENTRE = "centre"  # the middle of the map or of a region: nobody was there
    OTHER = "other"


ACCURACY_M: Final[Mapping[Origin, float]] = {Origin.GPS: 30.0, Origin.PICK: 5.0}
"""The error radius taken where none is given; the other origins are unsure then."""


@dataclass(frozen=True, slots=True)
class PointGiven:
    """A place as numbers: degrees or metres of `crs` (as `parse_crs` names it), longitude first.

    `accuracy_m` is the error radius in metres on the ground.
    """

    lon: float
    lat: float
    crs: str
    origin: Origin
    accuracy_m: float | None = None

    @property
    def radius_m(self) -> float | None:
        """The error radius to go by; None where the place is unsure for want of one."""
        return ACCURACY_M.get(self.origin) if self.accuracy_m is None else self.accuracy_m


class Thing(StrEnum):
    """What a code on a door plate or a QR sticker stands for; the letter that comes before it."""

    BUILDING = "B"
    GRID = "G"
    FACILITY = "F"


@dataclass(frozen=True, slots=True)
class CodeGiven:
    """A place by the code of a building, a grid or a facility; `by_qr`: read from a sticker.

    `thing` is None where the sticker says nothing we know.
    """

    thing: Thing | None
    code: str
    by_qr: bool = False


def read_qr(text: str) -> CodeGiven:
    """What a sticker says: `B:`, `G:` or `F:` and a code, by itself or as `place` of an address.

    >>> read_qr("G:500199001001002").code, read_qr("https://example.org").thing
    ('500199001001002', None)
    >>> read_qr("https://grid.example/field?place=B%3A500199B00001").code
    '500199B00001'
    """
    said = dict(parse_qsl(urlsplit(text).query)).get("place", text) if "?" in text else text
    letter, colon, code = said.partition(":")
    known = colon and code and letter in set(Thing)
    return CodeGiven(Thing(letter), code, True) if known else CodeGiven(None, text, True)


@dataclass(frozen=True, slots=True)
class AddressGiven:
    """A place by its address, as people write it."""

    text: str


PlaceGiven = PointGiven | CodeGiven | AddressGiven


@dataclass(frozen=True, slots=True)
class Contact:
    """联系方式 of one reporter: sealed before it is kept."""

    name: str
    phone: str


@dataclass(frozen=True, slots=True)
class NewMatter:
    """A matter as somebody reports it. Instants are aware; `due_at` is set by those above us."""

    text: str
    channel: Channel
    category: str | None = None
    urgent: bool = False
    place: PlaceGiven | None = None
    contact: Contact | None = None
    observed_at: datetime | None = None
    outer_no: str | None = None
    due_at: datetime | None = None


def check_times(new: NewMatter, now: datetime) -> None:
    """Refuse times that can't be true. Raises BadInput.

    Seen at most ten minutes ahead of our clock and two years back; a due date only from the hotline
    or from above, and after receipt.
    """
    seen = new.observed_at
    if seen is not None and not now - OLDEST <= seen <= now + CLOCKS_APART:
        raise BadInput("error.observed_at")
    if new.due_at is not None and new.channel not in INHERITING:
        raise BadInput("error.due_at_not_inherited")
    if new.due_at is not None and new.due_at <= now:
        raise BadInput("error.due_at_past")


def body_sha256(body: Mapping[str, Any]) -> bytes:
    """The sum of what a body means: order, blanks and absent or empty (None) fields don't count.

    Instants count as instants, whatever their zone.

    >>> body_sha256({"a": 1, "b": None}) == body_sha256({"a": 1})
    True
    """
    plain = json.dumps(_meaning(body), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(plain.encode()).digest()


def _meaning(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _meaning(one) for name, one in value.items() if one is not None}
    if isinstance(value, datetime):
        return f"@{value.timestamp():.6f}"
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value


# ---- where it lies ------------------------------------------------------------------------------


class Found(StrEnum):
    """How a matter came to its place. Each has its sentence `found.<value>`."""

    COVERS = "covers"
    SHARED_EDGE = "shared_edge"
    NEAREST = "nearest"
    OUTSIDE = "outside"
    BUILDING = "building"
    FACILITY = "facility"
    GRID = "grid"  # somebody named the grid itself
    ADDRESS = "address"
    PRECEDENT = "precedent"  # a person decided it before for the same place
    DISPUTE = "dispute"  # contested ground: the temporary owner's
    NOWHERE = "nowhere"  # no place was given, or none that we know


@dataclass(frozen=True, slots=True)
class Region:
    """A region as answers name it."""

    id: int
    level: str
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class PlaceCandidate:
    """A region that the matter can lie in. `path`: its ancestors, top first, and itself.

    `share` is the part of the error disc that lies in it, 0 … 1.
    """

    path: tuple[int, ...]
    share: float


class Settles(StrEnum):
    """What would make an unsure place sure. Each has its sentence `settles.<value>`."""

    BUILDING = "building"  # choosing the building
    QR = "qr"  # reading the code on a door plate
    TAP = "tap"  # pointing at the map
    ADDRESS = "address"  # saying more of the address


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a matter lies, as far as we know.

    `candidates`: the most likely first, none where nothing is known. `known` names every region of
    their paths. `confident`: one region holds enough of the error disc. `lon`, `lat` are degrees in
    EPSG:4490, None without a place on the ground. `radius_m` is the error radius gone by, None
    where there is no disc; `width_m` is the width of the grid (of the largest circle in it) where
    the disc reaches over its edge. `building_id` is the building named. `note` says what else it
    rests on: a precedent.
    """

    method: Found
    candidates: tuple[PlaceCandidate, ...] = ()
    known: Mapping[int, Region] = field(default_factory=dict)
    confident: bool = False
    edge_m: float | None = None
    version_id: int | None = None
    lon: float | None = None
    lat: float | None = None
    radius_m: float | None = None
    building_id: int | None = None
    warning: Words | None = None
    width_m: float | None = None
    note: Words | None = None

    @property
    def path(self) -> tuple[int, ...]:
        """The regions that hold every place it can be, top first; the last is the lowest."""
        if len(self.candidates) == 1:
            return self.candidates[0].path
        return shared_path(one.path for one in self.candidates)

    @property
    def sure(self) -> bool:
        """Is it certain enough to give it to a grid without asking?"""
        return self.confident and not self.is_rough and self.at(GRID) is not None

    @property
    def is_rough(self) -> bool:
        """Is the error larger than 50 m, or than half the grid's width? Then nothing is given to a
        grid by itself, whatever its share.
        """
        if self.radius_m is None:
            return False
        half = TOO_ROUGH_M if self.width_m is None else self.width_m / 2
        return self.radius_m > min(TOO_ROUGH_M, half)

    @property
    def settles(self) -> tuple[Settles, ...]:
        """What would make it sure, the easiest first; nothing where it is."""
        if self.sure:
            return ()
        more = (Settles.ADDRESS,) if self.method is Found.ADDRESS else ()
        return (*more, Settles.BUILDING, Settles.QR, Settles.TAP)

    def at(self, level: str) -> Region | None:
        """The region of a level that holds every place it can be; None where none does."""
        return next((self.known[n] for n in self.path if self.known[n].level == level), None)


def shared_path(paths: Iterable[tuple[int, ...]]) -> tuple[int, ...]:
    """The beginning that all paths have in common.

    >>> shared_path([(1, 2, 3), (1, 2, 4)]), shared_path([(1, 2)]), shared_path([])
    ((1, 2), (1, 2), ())
    """
    every = list(paths)
    shared = []
    for step in zip(*every, strict=False):
        if len(set(step)) > 1:
            break
        shared.append(step[0])
    return tuple(shared)


# ---- who has to look ----------------------------------------------------------------------------


def queue_for(spot: Spot, route: Route, *, vacant: bool) -> TriageQueue | None:
    """The queue a new matter has to wait in; None when it can be proposed to its handler.

    What stands in the way first is named: outside, unknown, unsure of the place, nobody in the
    grid's post, unsure of the category. Complaints about people wait in no queue.
    """
    if route is Route.DISCIPLINE:
        return None
    if spot.method is Found.OUTSIDE:
        return TriageQueue.OUTSIDE
    if not spot.candidates:
        return TriageQueue.UNKNOWN
    if not spot.sure:
        return TriageQueue.UNSURE
    if vacant:
        return TriageQueue.VACANT
    return TriageQueue.UNSURE if route is Route.TRIAGE else None


def desk_for(
    spot: Spot, route: Route, queue: TriageQueue | None, own_region: int | None
) -> int | None:
    """The region that holds a new matter: its grid, or the desk that has to look.

    A complaint about people goes to the subdistrict or what stands above it, a vacancy to the
    community; a place nobody knows to `own_region`, the one region of whoever files it. None: the
    desk of the whole deployment.
    """
    path = spot.path
    if spot.method is Found.OUTSIDE:
        return None
    if not spot.candidates:
        return own_region
    if route is Route.DISCIPLINE:
        path = _down_to(SUBDISTRICT, (COMMUNITY, GRID), spot)
    elif queue is TriageQueue.VACANT:
        path = _down_to(COMMUNITY, (GRID,), spot)
    return path[-1] if path else None


def _down_to(level: str, below: tuple[str, ...], spot: Spot) -> tuple[int, ...]:
    """The path down to a level; where it has none, down to just above the levels below it."""
    levels = [spot.known[number].level for number in spot.path]
    if level in levels:
        return spot.path[: levels.index(level) + 1]
    return spot.path[: min((levels.index(one) for one in below if one in levels), default=None)]
