"""What would a change of grids mean, before anybody approves it?

Counted are the households and buildings of each grid, its open matters and who is responsible, as
they are and as they would be. A matter of a grid that is redrawn goes by its place; one that a
person gave there, or without a place, stays while its grid stands: the rules of an activation
(`gis.rehoming`), which looks closer at where those of an ended grid belong.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely
from shapely import STRtree

from gis.coordinates import area_m2
from gis.handover import mended

if TYPE_CHECKING:
    from shapely import MultiPolygon

    from gis.model import Point
    from gis.proposals import Grids
    from gis.regridding_blocks import Unit


CUT_M2: Final = 1.0
"""From so much of a footprint on, in square metres, another grid has a part of the building: less
is a line drawn along the wall.
"""


@dataclass(frozen=True, slots=True)
class OpenMatter:
    """An open matter as the impact counts it: the grid that holds it, and its place if known.

    `fixed`: a person gave it to its grid, or it was reported by name: it stays while that stands.
    """

    no: str
    grid: str
    point: Point | None
    fixed: bool = False


@dataclass(frozen=True, slots=True)
class Counted:
    """What one grid holds: households, buildings, open matters; area and pieces are the shape's."""

    households: int
    buildings: int
    matters: int


@dataclass(frozen=True, slots=True)
class GridImpact:
    """One grid before and after; None where it isn't there. `member` is responsible today.

    `pieces`: of how many parts it would consist; more than one is seldom meant.
    """

    code: str
    before: Counted | None
    after: Counted | None
    member: str | None
    reshaped: bool
    pieces: int


@dataclass(frozen=True, slots=True)
class MemberLoad:
    """What one responsible member has in hand, before and after."""

    member: str
    before: Counted
    after: Counted


@dataclass(frozen=True, slots=True)
class Impact:
    """What a change would mean: grids by code, members by name, and what needs a new home.

    `moving`: open matters that another grid would hold; `unplaced`: those of an ending grid whose
    place nobody knows; `rehoused`: buildings that would be in another grid, `homeless`: in none;
    `ended`: codes whose statistics and groups would break off.
    """

    grids: tuple[GridImpact, ...]
    members: tuple[MemberLoad, ...]
    moving: tuple[str, ...]
    unplaced: tuple[str, ...]
    rehoused: tuple[str, ...]
    homeless: tuple[str, ...]
    ended: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Side:
    homes: list[str | None]
    holders: list[str | None]

    def of(self, code: str, units: Sequence[Unit]) -> Counted:
        mine = [one for one, home in zip(units, self.homes, strict=True) if home == code]
        households = int(sum(one.weight for one in mine))
        return Counted(households, len(mine), self.holders.count(code))


def impact_of(
    before: Grids,
    after: Grids,
    units: Sequence[Unit],
    matters: Sequence[OpenMatter],
    members: Mapping[str, str],
) -> Impact:
    """What changing `before` into `after` would mean. `units` weigh their households; `members` are
    the names of the responsible ones by grid.
    """
    points = [one.point for one in units]
    then = _Side(_grids_of(before, points), [one.grid for one in matters])
    now = _Side(_grids_of(after, points), _holders(before, after, matters))
    codes = sorted({*before, *after})
    grids = tuple(
        GridImpact(
            code,
            then.of(code, units) if code in before else None,
            now.of(code, units) if code in after else None,
            members.get(code),
            before.get(code) is not after.get(code),
            len(after[code].geoms) if code in after else 0,
        )
        for code in codes
    )
    pairs = list(zip(matters, now.holders, strict=True))
    houses = list(zip(units, then.homes, now.homes, strict=True))
    return Impact(
        grids,
        tuple(_loads(grids)),
        tuple(one.no for one, holder in pairs if holder not in (None, one.grid)),
        tuple(one.no for one, holder in pairs if holder is None),
        tuple(one.code for one, was, home in houses if home not in (None, was)),
        tuple(one.code for one, was, home in houses if was is not None and home is None),
        tuple(code for code in codes if code not in after),
    )


def buildings_cut(before: Grids, after: Grids, units: Sequence[Unit]) -> tuple[str, ...]:
    """The buildings, in their order, whose footprint would lie in more grids than it does today."""
    whole = [one for one in units if one.shape is not None]
    differing = {c for c in {*before, *after} if before.get(c) is not after.get(c)}
    then, now = (
        _grids_under([some[c] for c in sorted(differing & some.keys())], whole)
        for some in (before, after)
    )
    return tuple(one.code for one, was, is_ in zip(whole, then, now, strict=True) if is_ > was)


def _grids_under(grids: list[MultiPolygon], units: Sequence[Unit]) -> list[int]:
    """In how many grids each footprint lies with `CUT_M2` or more."""
    if not grids or not units:
        return [0] * len(units)
    shapes, footprints = mended(grids), np.array([one.shape for one in units], dtype=object)
    house, grid = STRtree(shapes).query(footprints, predicate="intersects")
    # a footprint that touches one grid alone lies in it: only those on an edge are measured
    edge = np.bincount(house, minlength=len(units))[house] > 1
    parts = shapely.intersection(footprints[house[edge]], shapes[grid[edge]])
    apart = np.asarray(area_m2(parts)) >= CUT_M2
    measured = np.bincount(house[edge][apart], minlength=len(units))
    alone = np.bincount(house, minlength=len(units)) == 1
    found: list[int] = np.where(alone, 1, measured).tolist()
    return found


def _loads(grids: Sequence[GridImpact]) -> list[MemberLoad]:
    names = sorted({one.member for one in grids if one.member is not None})
    return [
        MemberLoad(
            name,
            _sum([one.before for one in grids if one.member == name]),
            _sum([one.after for one in grids if one.member == name]),
        )
        for name in names
    ]


def _sum(some: Sequence[Counted | None]) -> Counted:
    there = [one for one in some if one is not None]
    return Counted(
        sum(one.households for one in there),
        sum(one.buildings for one in there),
        sum(one.matters for one in there),
    )


def _holders(before: Grids, after: Grids, matters: Sequence[OpenMatter]) -> list[str | None]:
    """Who would hold each matter. One whose grid nothing touches stays, wherever its place lies."""
    found = _grids_of(after, [one.point for one in matters])
    return [
        one.grid
        if one.grid in after and (one.fixed or before.get(one.grid) is after[one.grid])
        else place or (one.grid if one.grid in after else None)
        for one, place in zip(matters, found, strict=True)
    ]


def _grids_of(grids: Grids, places: Sequence[Point | None]) -> list[str | None]:
    """The grid that covers each place, on an edge the lowest code; None outside or unknown."""
    codes = sorted(grids)
    known = [n for n, one in enumerate(places) if one is not None]
    owners: list[str | None] = [None] * len(places)
    if not known or not codes:
        return owners
    xy = np.array([(one.lon, one.lat) for one in places if one is not None])
    tree = STRtree([grids[code] for code in codes])
    place, grid = tree.query(shapely.points(xy), predicate="intersects")
    for n, code in sorted(zip(place.tolist(), grid.tolist(), strict=True), reverse=True):
        owners[known[n]] = codes[code]
    return owners
