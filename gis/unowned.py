"""Unowned places (三不管地带): ground of a community that no grid has, and what stands on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon, STRtree

from gis.coordinates import area_m2, metres_per_degree
from gis.model import FaultKind

if TYPE_CHECKING:
    from gis.model import BoundaryRow, Fault, Point

NEAREST: Final = 3  # grids named beside a place


@dataclass(frozen=True, slots=True)
class NearGrid:
    """A grid near an unowned place, and how far it is from it in metres; 0 where they meet."""

    code: str
    metres: float


@dataclass(frozen=True, slots=True)
class Unowned:
    """One unowned place: of which community, how large, where, the nearest grids, what is on it.

    `whole`: the community has no grid at all. `buildings`, `households`, `matters` (open ones) are
    None where nobody counted them.
    """

    community: str
    m2: float
    lon: float
    lat: float
    ground: MultiPolygon
    whole: bool
    nearest: tuple[NearGrid, ...] = ()
    buildings: int | None = None
    households: int | None = None
    matters: int | None = None


def unowned_places(
    faults: Sequence[Fault],
    bare: Mapping[str, MultiPolygon],
    grids: Sequence[BoundaryRow],
) -> list[Unowned]:
    """The gaps an audit of grids has found, and communities without any grid (`bare`, by code),
    largest first, with the grids nearest to each. Notes of the audit are too small to be places.
    """
    places = [_gap(one) for one in faults if one.kind is FaultKind.GAP and not one.tolerated]
    found = [one for one in places if one is not None]
    found += [_whole(code, shape) for code, shape in bare.items()]
    found.sort(key=lambda one: (-one.m2, one.community, one.lon, one.lat))
    return [
        replace(one, nearest=near) for one, near in zip(found, _near(found, grids), strict=True)
    ]


def _gap(fault: Fault) -> Unowned | None:
    """A gap as a place; None for a hole under no community, which may be a lake."""
    if fault.ground is None or not fault.codes or fault.lon is None or fault.lat is None:
        return None
    m2 = fault.m2 or 0.0
    return Unowned(fault.codes[0], m2, fault.lon, fault.lat, fault.ground, whole=False)


def _whole(code: str, shape: MultiPolygon) -> Unowned:
    lon, lat = shapely.get_coordinates(shapely.point_on_surface(shape))[0].tolist()
    return Unowned(code, float(area_m2(shape)[0]), lon, lat, shape, whole=True)


def _near(places: Sequence[Unowned], grids: Sequence[BoundaryRow]) -> list[tuple[NearGrid, ...]]:
    shaped = [one for one in grids if one.shape is not None]
    if not shaped or not places:
        return [()] * len(places)
    shapes: NDArray[np.object_] = np.array([one.shape for one in shaped], dtype=object)
    tree = STRtree(shapes)
    return [_nearest(one, tree, shapes, [row.code for row in shaped]) for one in places]


def _nearest(
    one: Unowned, tree: STRtree, shapes: NDArray[np.object_], codes: Sequence[str]
) -> tuple[NearGrid, ...]:
    kx, ky = metres_per_degree(one.lat)
    reach = 0.0
    near = tree.query(one.ground, predicate="intersects")
    while len(near) < min(NEAREST, len(codes)):  # wider by and by, till there are enough
        reach = 2 * reach or 50.0 / ky
        near = tree.query(shapely.buffer(one.ground, reach), predicate="intersects")
    metre = np.array([kx, ky])
    ground = shapely.transform(one.ground, metre.__mul__)
    metres = shapely.distance(shapely.transform(shapes[near], metre.__mul__), ground)
    named = sorted(zip(metres.round(1).tolist(), [codes[n] for n in near.tolist()], strict=True))
    return tuple(NearGrid(code, away) for away, code in named[:NEAREST])


def counted(
    places: Sequence[Unowned],
    homes: tuple[Sequence[Point], Sequence[int]],
    matters: Sequence[Point],
) -> list[Unowned]:
    """The same with what is on them: `homes` are the places and households of buildings."""
    points, households = homes
    counts = []
    for at, whole in zip(_inside(places, points), _inside(places, matters), strict=True):
        counts.append((len(at), sum(households[n] for n in at), len(whole)))
    return [
        replace(one, buildings=built, households=people, matters=open_ones)
        for one, (built, people, open_ones) in zip(places, counts, strict=True)
    ]


def _inside(places: Sequence[Unowned], points: Sequence[Point]) -> list[list[int]]:
    """Of each place the numbers of the points on it."""
    if not points or not places:
        return [[] for _ in places]
    tree = STRtree([shapely.Point(one.lon, one.lat) for one in points])
    return [tree.query(one.ground, predicate="intersects").tolist() for one in places]
