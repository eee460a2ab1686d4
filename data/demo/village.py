"""The villages: hamlets at the end of short lanes, houses by themselves, fields and woods."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from data.demo.frame import bend, degrees, dice, metres, shapes
from data.demo.yard import around
from gis.places import Ground, GroundKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from data.demo.frame import Numbers
    from data.demo.regions import Cell
    from gis.places import Barrier, Road

HAMLETS: Final = 3  # in a village group
LANE_M: Final = 80.0
FROM_BORDER_M, FROM_ROAD_M, FROM_CLIFF_M, BETWEEN_M = 9.0, 7.0, 14.0, 4.0
BORDER_STOPS: Final = 40
TRIES: Final = 14  # for one house
ALONE: Final = 0.18  # of the houses stand by themselves


@dataclass(frozen=True, slots=True, eq=False)
class Cottage:
    """A house in a village; `corners` in metres of the true ground."""

    corners: Numbers
    cell: Cell
    households: int
    storeys: int
    stairwells: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Village:
    """One village group: its houses, and the lanes into its hamlets, in metres."""

    cottages: list[Cottage]
    lanes: list[Numbers]


def settle(cell: Cell, roads: Sequence[Road], barriers: Sequence[Barrier], houses: int) -> Village:
    """Build `houses` houses in a village's cell; fewer where it has no room."""
    random = dice(f"village {cell.code}")
    area = shapely.buffer(_ground_of(cell), -FROM_BORDER_M)
    every = _in_metres(roads)
    ways = list(every[shapely.intersects(every, area)])
    lanes = _lanes(area, ways or list(every), random)
    around_it = shapely.union_all([*ways, *map(shapely.LineString, lanes)])
    cliffs = shapely.union_all(_in_metres(barriers))
    tried = _tries(lanes, ways, houses * TRIES, random)
    chosen = _free(np.asarray(shapely.polygons(tried)), area, around_it, cliffs)[:houses]
    cottages = [
        Cottage(tried[n], cell, int(random.choice([1, 1, 1, 1, 2])), int(random.integers(1, 4)))
        for n in chosen
    ]
    return Village(cottages, lanes)


def _free(
    houses: NDArray[np.object_],
    area: shapely.Geometry,
    ways: shapely.Geometry,
    cliffs: shapely.Geometry,
) -> list[int]:
    """Which houses stand inside, off the roads and cliffs, and not on an earlier one that does."""
    shapely.prepare([area, ways, cliffs])
    fine = shapely.contains(area, houses)
    fine &= ~shapely.dwithin(ways, houses, FROM_ROAD_M)
    fine &= ~shapely.dwithin(cliffs, houses, FROM_CLIFF_M)
    left = np.flatnonzero(fine)
    near, other = shapely.STRtree(houses[left]).query(houses[left], "dwithin", distance=BETWEEN_M)
    for house, earlier in sorted(zip(left[near].tolist(), left[other].tolist(), strict=True)):
        if earlier < house and fine[earlier]:
            fine[house] = False
    found: list[int] = np.flatnonzero(fine).tolist()
    return found


def _lanes(
    area: shapely.Geometry, ways: list[shapely.LineString], random: np.random.Generator
) -> list[Numbers]:
    """Lanes from junctions of the village road, far apart, into the hamlets."""
    corners = np.vstack([shapely.get_coordinates(line) for line in ways])
    inside = corners[shapely.contains_xy(area, corners[:, 0], corners[:, 1])]
    if not len(inside):
        middle = shapely.get_coordinates(shapely.centroid(area))[0]
        nearest = corners[np.argmin(np.hypot(*(corners - middle).T))]
        return [np.array([nearest, nearest + 0.6 * (middle - nearest), middle])]
    chosen = [inside[random.integers(len(inside))]]
    while len(chosen) < min(HAMLETS, len(inside)):
        away = np.min([np.hypot(*(inside - one).T) for one in chosen], axis=0)
        chosen.append(inside[np.argmax(away)])
    drawn = [_lane(area, start, random) for start in chosen]
    return [lane for lane in drawn if lane is not None]


def _lane(area: shapely.Geometry, start: Numbers, random: np.random.Generator) -> Numbers | None:
    for turn in random.uniform(0, 2 * np.pi, 12):
        ahead = LANE_M * np.array([np.cos(turn), np.sin(turn)])
        aside = 10 * np.array([-np.sin(turn), np.cos(turn)])
        lane = np.array([start, start + ahead * 0.45 + aside, start + ahead])
        if shapely.contains(area, shapely.LineString(lane)):
            return lane
    return None


def _tries(
    lanes: list[Numbers], ways: list[shapely.LineString], count: int, random: np.random.Generator
) -> Numbers:
    """Corners of houses near lanes, or now and then by themselves further from any road."""
    by_lane = _pieces(lanes)
    by_way = _pieces([shapely.get_coordinates(way) for way in ways]) if ways else by_lane
    alone = random.random(count) < ALONE
    picked = random.random((2, count))
    line = np.where(
        alone[:, None],
        by_way[(picked[0] * len(by_way)).astype(int)],
        by_lane[(picked[1] * len(by_lane)).astype(int)],
    )
    start, along = line[:, :2], line[:, 2:]
    run = along / np.hypot(*along.T)[:, None]
    aside = random.choice([13, 13, 26, 40], count) + random.uniform(-2, 4, count)
    aside = np.where(alone, random.uniform(15, 110, count), aside) * random.choice([-1, 1], count)
    middle = start + along * random.random((count, 1))
    middle = middle + aside[:, None] * np.column_stack([-run[:, 1], run[:, 0]])
    turn = np.arctan2(run[:, 1], run[:, 0]) + random.normal(0, 0.15, count)
    long = random.uniform(10, 15, count) / 2 * np.array([np.cos(turn), np.sin(turn)])
    deep = random.uniform(8, 10, count) / 2 * np.array([-np.sin(turn), np.cos(turn)])
    corners = [-long - deep, long - deep, long + deep, -long + deep]
    return np.asarray(np.stack([middle + corner.T for corner in corners], axis=1))


def _pieces(lines: list[Numbers]) -> Numbers:
    """The straight pieces of lines: where each starts, and how it runs."""
    return np.vstack([np.column_stack([line[:-1], np.diff(line, axis=0)]) for line in lines])


def _in_metres(things: Sequence[Road] | Sequence[Barrier]) -> NDArray[np.object_]:
    lines = np.array([thing.line for thing in things], dtype=object)
    return np.asarray(shapely.transform(lines, metres))


def _ground_of(cell: Cell) -> shapely.Polygon:
    return shapely.Polygon(around(cell.x0, cell.x1, cell.t0, cell.t1, BORDER_STOPS))


# ---- fields and woods ---------------------------------------------------------------------------


def countryside(cells: Sequence[Cell], houses: Sequence[Numbers]) -> list[Ground]:
    """Woods where no house stands and terraced fields between them, for the picture."""
    hills = shapely.buffer(shapely.union_all([_ground_of(cell) for cell in cells]), -4)
    homes = shapely.STRtree(shapes(houses))
    shapely.prepare(hills)
    found: list[tuple[GroundKind, shapely.Geometry]] = []
    for cell in cells:
        random = dice(f"fields {cell.code}")
        for kind, count, size in ((GroundKind.WOOD, 14, 72.0), (GroundKind.FIELD, 12, 34.0)):
            for _ in range(count):
                blob = _blob(cell, size * random.uniform(0.6, 1.5), random)
                kept = blob if hills.contains(blob) else shapely.intersection(blob, hills)
                beside = [one for other, one in found if other is not kind]
                if kept.geom_type != "Polygon" or shapely.dwithin(beside, kept, 5).any():
                    continue
                if kind is GroundKind.FIELD or not len(homes.query(kept, "dwithin", distance=14)):
                    found.append((kind, kept))
    return _joined(found)


def _joined(found: list[tuple[GroundKind, shapely.Geometry]]) -> list[Ground]:
    """Pieces of one kind that overlap become one."""
    parts = [
        (kind, part)
        for kind in (GroundKind.FIELD, GroundKind.WOOD)
        for part in shapely.get_parts(shapely.union_all([one for k, one in found if k is kind]))
    ]
    return [
        Ground(
            f"500199V{number:03}",
            kind,
            "",
            shapely.Polygon(degrees(*shapely.get_coordinates(part.exterior).T)),
        )
        for number, (kind, part) in enumerate(parts, start=1)
    ]


def _blob(cell: Cell, size: float, random: np.random.Generator) -> shapely.Polygon:
    """A round thing with an uneven edge, somewhere in the cell."""
    east, north = bend(random.uniform(cell.x0, cell.x1), random.uniform(cell.t0, cell.t1))
    turn = np.linspace(0, 2 * np.pi, 28, endpoint=False)
    radius = np.full(28, size)
    for n in (2, 3, 4, 5):
        wave = np.sin(n * turn + random.uniform(0, 6.3))
        radius = radius + size * random.uniform(0, 0.28 / n) * wave
    stretch = random.uniform(0.7, 1.4)
    x, y = east + stretch * radius * np.cos(turn), north + radius * np.sin(turn) / stretch
    return shapely.Polygon(np.column_stack([x, y]))
