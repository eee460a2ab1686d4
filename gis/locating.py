"""Which regions does a place belong to, one on each level, and how sure are we?

The rule, the same for one place and for a million:

1. *Covers.* On each ladder of levels the deepest region that covers the place owns it; its edge
   belongs to it. Where several regions of that level cover the place (a shared edge, an overlap)
   the lowest code owns it, by byte, then the lowest id: two people asking get one answer.
2. *Ancestors* come from the owner's path, never from the polygons above it.
3. *Gaps.* Below the deepest covering region the nearest region within reach takes the place, if
   it stands under that covering region: phones drift in narrow lanes.
4. *Overlays* need not nest: each is asked by itself, by covering only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from gis.model import Level

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

REACH_M: Final = 20.0
"""How far from a region's edge a place in a gap may lie and still belong to it, in metres."""

DEFAULT_ACCURACY_M: Final = 30.0
"""The error radius taken for a coordinate that came without one: a phone's."""

MOST_REACH_M: Final = 1_000
"""How many metres off something may be asked for as what is near."""

CONFIDENT_SHARE: Final = 0.8
"""From this share of the error disc on the owner is called sure."""


class Method(StrEnum):
    """How a place came to its owner."""

    COVERS = "covers"  # one region covers it
    SHARED_EDGE = "shared_edge"  # several do: the lowest code
    NEAREST = "nearest"  # in a gap: the nearest within reach
    OUTSIDE = "outside"  # no region at all


@dataclass(frozen=True, slots=True)
class Candidate:
    """A region that covers a place or comes within reach of it.

    `path` holds its ancestors' ids, top first. `edge_m` is the distance from the place to the
    region's edge in metres on the ground, inside and outside alike; `share` the part of the error
    disc that lies in the region, 0 … 1. Both are None where nobody measured.
    """

    region_id: int
    version_id: int
    level: str
    code: str
    path: tuple[int, ...]
    covers: bool
    edition: str
    edge_m: float | None = None
    share: float | None = None


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a place belongs: the owner's region id by level, and how it came to be so.

    `owner` is the deepest region of the deepest ladder; `method`, `edge_m` and `confidence` speak
    of it. `neighbours` are the other regions of its level within reach, the nearest first.
    """

    owners: Mapping[str, int]
    owner: Candidate | None
    method: Method
    edge_m: float | None = None
    confidence: float = 0.0
    neighbours: tuple[Candidate, ...] = field(default=())

    @property
    def confident(self) -> bool:
        """Is enough of the error disc in the owner to act without asking again?"""
        return self.confidence >= CONFIDENT_SHARE


def ladders(levels: Sequence[Level]) -> list[list[Level]]:
    """The tiling levels as ladders, each from its deepest rung up; the deepest ladder first.

    Two ladders may share their upper rungs; the first one that finds an owner settles those.
    """
    tilings = {one.code: one for one in levels if not one.overlay}
    stood_on = {one.under for one in tilings.values()}
    lowest = [one for one in tilings.values() if one.code not in stood_on]
    return [_climb(one, tilings) for one in sorted(lowest, key=lambda one: -one.rank)]


def _climb(one: Level, tilings: Mapping[str, Level]) -> list[Level]:
    rungs = [one]
    while (above := tilings.get(rungs[-1].under or "")) is not None:
        rungs.append(above)
    return rungs


def to_measure(candidates: Iterable[Candidate], levels: Sequence[Level]) -> list[int]:
    """Versions whose edges decide something: on each ladder from its deepest covering rung down."""
    found = list(candidates)
    wanted: set[str] = set()
    for ladder in ladders(levels):
        for rung in ladder:
            wanted.add(rung.code)
            if any(c.covers and c.level == rung.code for c in found):
                break
    return [c.version_id for c in found if c.level in wanted]


def place(
    candidates: Sequence[Candidate],
    levels: Sequence[Level],
    level_of: Mapping[int, str],
    *,
    reach_m: float = REACH_M,
) -> Placement:
    """Give a place to one region a level. `candidates` come in any order.

    Those that `to_measure` names carry `edge_m` and `share`. `level_of` says the level of every
    region that stands in a path.

    >>> grid = Level(1, "grid", "网格", 1, None, False)
    >>> west, east = (
    ...     Candidate(n, n, "grid", code, (), True, "2026", 0.0, 0.5)
    ...     for n, code in ((1, "A2"), (2, "A1"))
    ... )
    >>> answer = place([west, east], [grid], {})
    >>> answer.owner.code, str(answer.method), answer.confidence
    ('A1', 'shared_edge', 0.5)
    """
    owners: dict[str, int] = {}
    main: tuple[Candidate, Method] | None = None
    for ladder in ladders(levels):
        found = _owner_on(ladder, candidates, reach_m)
        if found is None:
            continue
        owners.setdefault(found[0].level, found[0].region_id)
        for ancestor in found[0].path:
            owners.setdefault(level_of[ancestor], ancestor)
        if main is None or _rank(found[0], levels) > _rank(main[0], levels):
            main = found
    for overlay in (one for one in levels if one.overlay):
        covering = _covering(overlay.code, candidates)
        if covering:
            owners[overlay.code] = covering[0].region_id
    return _placement(owners, main, candidates, reach_m)


def _owner_on(
    ladder: list[Level], candidates: Sequence[Candidate], reach_m: float
) -> tuple[Candidate, Method] | None:
    for rung in ladder:
        covering = _covering(rung.code, candidates)
        if covering:
            method = Method.SHARED_EDGE if len(covering) > 1 else Method.COVERS
            below = ladder[: ladder.index(rung)]
            return _nearest(below, candidates, reach_m, covering[0]) or (covering[0], method)
    return _nearest(ladder, candidates, reach_m, None)


def _covering(level: str, candidates: Sequence[Candidate]) -> list[Candidate]:
    """Those of a level that cover the place, the lowest code first."""
    covering = [c for c in candidates if c.level == level and c.covers]
    return sorted(covering, key=lambda c: (c.code, c.region_id))


def _nearest(
    rungs: list[Level], candidates: Sequence[Candidate], reach_m: float, known: Candidate | None
) -> tuple[Candidate, Method] | None:
    """In a gap: the nearest region of the deepest rung that has one within reach."""
    for rung in rungs:
        within = [
            (c.edge_m, c.code, c.region_id, c)
            for c in candidates
            if c.level == rung.code
            and c.edge_m is not None
            and c.edge_m <= reach_m
            and (known is None or known.region_id in c.path)
        ]
        if within:
            return min(within, key=lambda w: w[:3])[3], Method.NEAREST
    return None


def _rank(candidate: Candidate, levels: Sequence[Level]) -> int:
    return next(one.rank for one in levels if one.code == candidate.level)


def _placement(
    owners: dict[str, int],
    main: tuple[Candidate, Method] | None,
    candidates: Sequence[Candidate],
    reach_m: float,
) -> Placement:
    if main is None:
        return Placement(owners, None, Method.OUTSIDE)
    owner, method = main
    others = (
        c
        for c in candidates
        if c.level == owner.level and c.region_id != owner.region_id and c.edge_m is not None
    )
    near = [c for c in others if c.edge_m is not None and (c.edge_m <= reach_m or c.share)]
    near.sort(key=lambda c: (c.edge_m, c.code))
    return Placement(owners, owner, method, owner.edge_m, owner.share or 0.0, tuple(near))
