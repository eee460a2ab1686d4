"""《网格归属核查单》: in which grid did a place lie, on which day, by what was known when?

A statement is plain text in fields, so that everybody writes it down in the same bytes: numbers
stand in it as text with fixed decimals. The same place, day and knowledge give the same statement
for ever, whatever became known since.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Final

from gis.locating import Method

if TYPE_CHECKING:
    from datetime import date, datetime

FORMAT: Final = "wangge-ownership/2"
TITLE: Final = "网格归属核查单"
NOTICE: Final = "仅供内部核查，不作行政界线、产权、学区依据"

NEIGHBOURS_WITHIN_M: Final = 200.0
"""Regions of the owner's level whose edge lies this near are named as neighbours, in metres."""

MOST_NEIGHBOURS: Final = 12
MOST_FAULTS: Final = 12


@dataclass(frozen=True, slots=True)
class PlaceStated:
    """Longitude and latitude in degrees (or easting and northing in metres), and their system."""

    lon: str
    lat: str
    crs: str


@dataclass(frozen=True, slots=True)
class RegionStated:
    """A region by the words it had on the day."""

    level: str
    level_name: str
    code: str | None
    name: str | None


@dataclass(frozen=True, slots=True)
class NeighbourStated:
    """A region of the owner's level nearby; `edge_m` metres from the place to its edge."""

    code: str
    name: str | None
    edge_m: str


@dataclass(frozen=True, slots=True)
class FaultStated:
    """A fault of the boundaries that somebody accepted, `away_m` metres from the place."""

    kind: str
    codes: tuple[str, ...]
    m2: str | None
    away_m: str
    why: str


@dataclass(frozen=True, slots=True)
class DisputeStated:
    """A dispute in force at the place: the boundaries stand, but who claims the ground, and which
    grid acts there up to and on `ends_on` (None: without end), belongs to the answer.
    `temporary_owner` is None where that grid isn't in force.
    """

    code: str
    claimants: tuple[RegionStated, ...]
    temporary_owner: RegionStated | None
    since: str
    ends_on: str | None


@dataclass(frozen=True, slots=True)
class SourceStated:
    """What drew the owner's boundary: the edition, its document and that document's SHA-256.

    `boundary_sha256` is the sum of the shape itself; the boundary holds from `holds_from` up to,
    and not on, `holds_to`, as far as was known.
    """

    edition: str
    document: str
    document_sha256: str
    edition_valid_from: str
    edition_activated_at: str | None
    boundary_sha256: str
    holds_from: str | None
    holds_to: str | None


@dataclass(frozen=True, slots=True)
class Statement:
    """The statement. `regions` are the owners level by level, top first; `owner` the deepest.

    `edge_m` metres from the place to the owner's edge, from inside and outside alike. Times: the
    day in Asia/Shanghai, the instant of knowledge in UTC.
    """

    format: str
    title: str
    notice: str
    asked: PlaceStated
    place: PlaceStated
    valid_on: str
    known_at: str
    method: Method
    owner: RegionStated | None
    regions: tuple[RegionStated, ...]
    edge_m: str | None
    source: SourceStated | None
    neighbours_within_m: str
    neighbours: tuple[NeighbourStated, ...]
    accepted_faults: tuple[FaultStated, ...]
    disputes: tuple[DisputeStated, ...]


@dataclass(frozen=True, slots=True)
class Signature:
    """`value` is the Ed25519 signature of the canonical bytes, in Base64 (RFC 8032, RFC 4648)."""

    algorithm: str
    key_id: str
    value: str


@dataclass(frozen=True, slots=True)
class SignedStatement:
    """A statement, the SHA-256 of its canonical bytes, and who vouches for it."""

    statement: Statement
    sha256: str
    signature: Signature


def canonical(statement: Statement) -> bytes:
    """The bytes that are summed and signed: JSON with sorted keys, no blanks, UTF-8.

    For fields of text that is RFC 8785; a stranger needs nothing but a JSON library.
    """
    written = json.dumps(
        asdict(statement), ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )
    return written.encode()


def sum_of(statement: Statement) -> str:
    """SHA-256 of the canonical bytes, in hexadecimal."""
    return hashlib.sha256(canonical(statement)).hexdigest()


def degrees(number: float) -> str:
    """
    >>> degrees(106.5), degrees(-0.00000001)
    ('106.5000000', '0.0000000')
    """
    return f"{round(number, 7) + 0.0:.7f}"


def metres(number: float) -> str:
    """
    >>> metres(12.345678)
    '12.35'
    """
    return f"{round(number, 2) + 0.0:.2f}"


def day(written: date | None) -> str | None:
    """A day as it stands in a statement."""
    return None if written is None else written.isoformat()


def instant(written: datetime) -> str:
    """An aware instant as it stands in a statement: UTC, to the microsecond.

    >>> from datetime import datetime
    >>> instant(datetime.fromisoformat("2026-11-22T12:00:00+08:00"))
    '2026-11-22T04:00:00.000000Z'
    """
    return written.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
