"""Contested ground (边界争议): who acts there until it is settled, and how sure is that of a place?

A dispute moves no boundary. Which grid covers a place is told as ever, by every way of locating
alike; what is done there, falls to the temporary owner while the dispute's days run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from gis.intake import Found, PlaceCandidate, Region, Spot
from gis.locating import CONFIDENT_SHARE
from gis.matters import Words

if TYPE_CHECKING:
    from shapely import MultiPolygon

DAY: Final = timedelta(days=1)


class DisputeState(StrEnum):
    """Where a dispute stands on a day, each with its word `dispute.<value>`."""

    COMING = "coming"  # its first day is still to come
    OPEN = "open"  # in force
    OVERDUE = "overdue"  # its last day has passed and nobody has settled or extended it
    SETTLED = "settled"


@dataclass(frozen=True, slots=True)
class RegionNamed:
    """A region as a dispute names it; a claimant or the temporary owner."""

    level: str
    code: str


@dataclass(frozen=True, slots=True)
class DisputeLine:
    """A dispute as it is stated. `owner` is the code of a grid; `ends_on` its last day."""

    code: str
    claimants: tuple[RegionNamed, ...]
    owner: str
    reason: str
    source: str
    since: date | None
    ends_on: date | None
    shape: MultiPolygon | None


@dataclass(frozen=True, slots=True)
class Contested:
    """A dispute in force near a place.

    `share` is the part of the place's error disc on contested ground, 0 … 1. `path`: the temporary
    owner's ancestors, top first, and itself; empty where that grid isn't in force any more. `known`
    names the regions of the path and the claimants.
    """

    code: str
    share: float
    owner: int
    path: tuple[int, ...]
    claimants: tuple[int, ...]
    known: Mapping[int, Region]
    since: date
    ends_on: date | None


def state_of(since: date, until: date | None, settled_on: date | None, day: date) -> DisputeState:
    """Where a dispute stands. `until` is the first day that it isn't in force any more.

    >>> d = date.fromisoformat
    >>> str(state_of(d("2026-01-01"), d("2026-07-01"), None, d("2026-07-01")))
    'overdue'
    """
    if settled_on is not None and settled_on <= day:
        return DisputeState.SETTLED
    if day < since:
        return DisputeState.COMING
    return DisputeState.OVERDUE if until is not None and until <= day else DisputeState.OPEN


def in_dispute(spot: Spot, found: Contested) -> Spot:
    """A place on contested ground goes to the temporary owner, and says so.

    That is sure from the share of the error disc on from which locating is sure. With less of it
    the owner is one of those it can be, and a person decides, unless all agree. Whoever named a
    grid itself meant that grid.
    """
    if spot.method is Found.GRID or not found.path or found.share <= 0:
        return spot
    words = {"code": found.code, "name": found.known[found.owner].name}
    until = found.ends_on.isoformat() if found.ends_on else "…"
    note = Words("note.disputed", {**words, "until": until})
    known = {**spot.known, **{number: found.known[number] for number in found.path}}
    if found.share >= CONFIDENT_SHARE:
        return replace(
            spot,
            method=Found.DISPUTE,
            candidates=(PlaceCandidate(found.path, 1.0),),
            known=known,
            confident=True,
            warning=None,
            note=note,
        )
    if spot.sure and spot.path == found.path:
        return replace(spot, note=note)
    rest = [
        PlaceCandidate(one.path, one.share * (1 - found.share))
        for one in spot.candidates
        if one.path != found.path
    ]
    mine = sum(one.share for one in spot.candidates if one.path == found.path)
    owner = PlaceCandidate(found.path, found.share + mine * (1 - found.share))
    candidates = sorted([owner, *rest], key=lambda one: -one.share)
    return replace(spot, candidates=tuple(candidates), known=known, confident=False, note=note)
