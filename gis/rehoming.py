"""Boundaries have changed: which region holds an open matter from now on?

The rule, in this order:

0. An edition that undoes another gives back what that one moved and nobody has moved since, to the
   region and by the method it was held by before, if that region is in force again.
1. A region that still stands keeps what a person gave it, and what was reported for it by name.
2. Otherwise the region of the same level where the place lies today takes it.
3. Where no place is known, or it lies outside, the heir takes it: the one region of the same level
   that holds at least `HEIR_SHARE` of the area of the region that ended.
4. Otherwise the lowest region above that still stands has to look: never guessed, never lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

HEIR_SHARE: Final = 0.8
"""The share of an ended region's area from which one region is its heir; as sure as locating is."""


class Why(StrEnum):
    """Why a region holds a matter after boundaries have changed; `rehomed.<value>` says it."""

    STAYS = "stays"
    PLACE = "place"  # the place lies there now
    HEIR = "heir"  # nearly all of the region that ended
    ABOVE = "above"  # nobody can tell: the region above has to look
    BACK = "back"  # the edition that moved it here is undone


@dataclass(frozen=True, slots=True)
class Succession:
    """What became of a region that ended: its heir, the regions it was shared out to (of its own
    level), and the lowest region above it that still stands.
    """

    heir: int | None = None
    among: frozenset[int] = frozenset()
    above: int | None = None


@dataclass(frozen=True, slots=True)
class Holding:
    """A region that holds something, and where that lies today.

    `ended`: None while the region stands. `fixed`: a person gave it, or it was reported by name, so
    that the place may lie elsewhere. `located`: the region of the same level where it lies today.
    """

    region_id: int
    located: int | None
    fixed: bool
    ended: Succession | None


def holder_after(one: Holding) -> tuple[int | None, Why]:
    """The region that holds it from now on, and why; None where no region above stands either.

    What was `fixed` in a region that ended follows its place only into one of the regions that
    share the ended one's area: elsewhere the place was not what decided before.

    >>> holder_after(Holding(1, 2, fixed=False, ended=None))
    (2, <Why.PLACE: 'place'>)
    >>> holder_after(Holding(1, 2, fixed=True, ended=None))
    (1, <Why.STAYS: 'stays'>)
    >>> holder_after(Holding(1, None, fixed=False, ended=Succession(above=9)))
    (9, <Why.ABOVE: 'above'>)
    """
    ended = one.ended
    if ended is None:
        if one.fixed or one.located in (None, one.region_id):
            return one.region_id, Why.STAYS
        return one.located, Why.PLACE
    if one.located is not None and (not one.fixed or one.located in ended.among):
        return one.located, Why.PLACE
    if ended.heir is not None:
        return ended.heir, Why.HEIR
    return ended.above, Why.ABOVE
