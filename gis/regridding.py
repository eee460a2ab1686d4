"""Propose grids for a community: nearly equal, in one piece, ending at barriers, summing exactly.

Blocks come from `gis.regridding_blocks`, their partition from `gis.partition`. Every block belongs
to one grid, so the grids together are the community, without gap or overlap.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
import shapely
from shapely import MultiPolygon, STRtree

from gis.coordinates import distance_m
from gis.partition import LEAST, MOST, Graph, out_of_bounds, partition
from gis.regridding_blocks import Blocks, Ground, Unit, blocks_of


class Measure(StrEnum):
    """What is balanced between grids."""

    HOUSEHOLDS = "households"
    BUILDINGS = "buildings"
    AREA = "area"  # hectares
    MATTERS = "matters"  # open matters


class WhyNot(StrEnum):
    """Why a grid isn't within a quarter of the target. Its sentence: `regrid.<value>`."""

    WHOLE = "whole"  # one compound or building holds more than that
    TOO_FEW = "too_few"  # the whole community holds too little, or too much for one and too little
    BLOCKS = "blocks_why"  # the blocks around don't add up to it


@dataclass(frozen=True, slots=True)
class Proposed:
    """One grid as proposed. `code` is that of today's grid which holds most of its weight, "" where
    that one's code went to another; `units` are the codes of its buildings.
    """

    code: str
    shape: MultiPolygon
    weight: float
    units: tuple[str, ...]
    why_not: WhyNot | None


@dataclass(frozen=True, slots=True)
class Balance:
    """How even some grids are: least, most and mean weight, and how many lie within the bounds."""

    count: int
    least: float
    most: float
    mean: float
    within: int

    @classmethod
    def of(cls, weights: Sequence[float], target: float) -> Balance:
        """Of the weights of grids; all zero where there are none."""
        if not weights:
            return cls(0, 0.0, 0.0, 0.0, 0)
        within = sum(LEAST * target <= one <= MOST * target for one in weights)
        return cls(len(weights), min(weights), max(weights), sum(weights) / len(weights), within)


@dataclass(frozen=True, slots=True)
class Regridding:
    """What is proposed for a community, beside what there is today."""

    grids: tuple[Proposed, ...]
    target: float
    blocks: int
    before: Balance
    after: Balance


BLOCK_SHARES: Final = (MOST, 0.5, 0.2)
"""Of the target: what a block may hold before it is cut between its buildings. The coarsest first,
since an edge that follows a barrier is better than one that runs between two houses.
"""

NONE_TODAY: Final[Mapping[str, MultiPolygon]] = {}


def regrid(
    ground: Ground, target: float, *, today: Mapping[str, MultiPolygon] = NONE_TODAY
) -> Regridding:
    """Propose grids of about `target` (in the units' own measure), the same ones every time.

    `today` are the shapes of the grids in force, by code: a proposed grid keeps the code of the one
    that most of its weight comes from, if no other does so more. Grids are ordered from north to
    south, then from west to east.
    """
    blocks, made = _best(ground, target)
    before, of_today = _today(ground.units, today)
    codes = _codes(made, ground.units, of_today)
    grids = tuple(
        Proposed(
            code,
            one.shape,
            one.weight,
            tuple(sorted(ground.units[n].code for n in one.units)),
            _why_not(one, blocks, target, alone=len(made) == 1),
        )
        for one, code in zip(made, codes, strict=True)
    )
    after = Balance.of([one.weight for one in grids], target)
    return Regridding(grids, target, len(blocks.shapes), Balance.of(before, target), after)


def _best(ground: Ground, target: float) -> tuple[Blocks, list[_Made]]:
    """The plan with the coarsest blocks that balances, else the one that balances best."""
    seed = zlib.crc32(shapely.to_wkb(shapely.normalize(ground.shape)))
    best: tuple[int, Blocks, list[_Made]] | None = None
    for share in BLOCK_SHARES:
        blocks = blocks_of(ground, share * target)
        owners = partition(Graph(blocks.weights, _tied(blocks)), target, seed=seed)
        members: dict[int, list[int]] = defaultdict(list)
        for block, owner in enumerate(owners):
            members[owner].append(block)
        made = sorted(
            (_Made.of(blocks, some) for some in members.values()),
            key=lambda one: (-one.shape.bounds[3], one.shape.bounds[0]),
        )
        out = out_of_bounds(blocks.weights, owners, target)
        if best is None or out < best[0]:
            best = out, blocks, made
        if out == 0:
            break
    assert best is not None, "there are shares"
    return best[1], best[2]


@dataclass(frozen=True, slots=True)
class _Made:
    shape: MultiPolygon
    weight: float
    units: tuple[int, ...]
    blocks: tuple[int, ...]

    @classmethod
    def of(cls, blocks: Blocks, some: Sequence[int]) -> _Made:
        together = shapely.coverage_union_all([blocks.shapes[n] for n in some])
        parts = shapely.get_parts(together)
        units = tuple(unit for n in some for unit in blocks.units[n])
        weight = sum(blocks.weights[n] for n in some)
        return cls(MultiPolygon(parts.tolist()), weight, units, tuple(some))


def _tied(blocks: Blocks) -> dict[tuple[int, int], float]:
    """The borders, and a tie from each detached part of the community to the block nearest to it.

    Between the two islands of one community there is no edge to share.
    """
    edges = dict(blocks.borders)
    parts = _parts(len(blocks.shapes), edges)
    main = max(parts, key=len)
    tree = STRtree([blocks.shapes[n] for n in main])
    apart = [part for part in parts if part is not main]
    for part in apart:
        pairs = [(n, main[int(tree.nearest(blocks.shapes[n]))]) for n in part]
        one, other = min(pairs, key=lambda p: blocks.shapes[p[0]].distance(blocks.shapes[p[1]]))
        edges[min(one, other), max(one, other)] = _apart_m(blocks, one, other)
    return edges


def _apart_m(blocks: Blocks, one: int, other: int) -> float:
    line = shapely.shortest_line(blocks.shapes[one], blocks.shapes[other])
    (lon, lat), (lon2, lat2) = shapely.get_coordinates(line)
    return float(distance_m(lon, lat, lon2, lat2))


def _parts(count: int, edges: Mapping[tuple[int, int], float]) -> list[list[int]]:
    near: dict[int, list[int]] = defaultdict(list)
    for one, other in edges:
        near[one].append(other)
        near[other].append(one)
    parts, seen = [], set[int]()
    for start in range(count):
        if start in seen:
            continue
        part = [start]
        seen.add(start)
        for here in part:
            fresh = [n for n in near[here] if n not in seen]
            seen.update(fresh)
            part += fresh
        parts.append(sorted(part))
    return parts


def _today(
    units: Sequence[Unit], today: Mapping[str, MultiPolygon]
) -> tuple[list[float], list[str | None]]:
    """The weight of each of today's grids, and the code of the one each unit lies in."""
    codes = sorted(today)
    if not codes:
        return [], [None] * len(units)
    tree = STRtree([today[code] for code in codes])
    points = shapely.points([(one.point.lon, one.point.lat) for one in units])
    owner = np.full(len(units), len(codes))
    unit, grid = tree.query(points, predicate="intersects")
    np.minimum.at(owner, unit, grid)
    weights = [0.0] * len(codes)
    for n, place in enumerate(owner.tolist()):
        if place < len(codes):
            weights[place] += units[n].weight
    return weights, [codes[n] if n < len(codes) else None for n in owner.tolist()]


def _codes(
    made: Sequence[_Made], units: Sequence[Unit], of_today: Sequence[str | None]
) -> list[str]:
    """Today's codes, each for at most one grid: the pair that shares most weight comes first."""
    shared: dict[tuple[int, str], float] = defaultdict(float)
    for n, one in enumerate(made):
        for unit in one.units:
            code = of_today[unit]
            if code is not None:
                shared[n, code] += units[unit].weight
    codes = [""] * len(made)
    taken: set[str] = set()
    for (n, code), _ in sorted(shared.items(), key=lambda item: (-item[1], item[0])):
        if not codes[n] and code not in taken:
            codes[n] = code
            taken.add(code)
    return codes


def _why_not(one: _Made, blocks: Blocks, target: float, *, alone: bool) -> WhyNot | None:
    if LEAST * target <= one.weight <= MOST * target:
        return None
    if any(blocks.weights[n] > MOST * target for n in one.blocks):
        return WhyNot.WHOLE
    return WhyNot.TOO_FEW if alone else WhyNot.BLOCKS
