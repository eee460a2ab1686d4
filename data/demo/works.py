"""What the public builds in town: schools, markets, offices, a hospital, parks, a centre."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np
import shapely

from data.demo.blocks import SHOP_STRIP_M
from data.demo.raised import Covered, Raised, gate_of
from data.demo.yard import Yard, rectangle
from gis.places import GroundKind

if TYPE_CHECKING:
    from data.demo.frame import Numbers
    from data.demo.layout import Lot

Box: TypeAlias = tuple[float, float, float, float]  # west, south, east, north in the yard's metres
House: TypeAlias = tuple[str, "Numbers", int]  # name, corners, storeys
Area: TypeAlias = tuple[GroundKind, str, "Numbers"]


def public_works(lot: Lot) -> tuple[list[Raised], list[Covered]]:
    """The houses and the grounds of a lot in public use; nothing for any other."""
    if lot.use not in BUILD:
        return [], []
    strips = {side: SHOP_STRIP_M for side, front in lot.fronts.items() if front.shops}
    yard = Yard(lot, strips)
    houses, areas = BUILD[lot.use](lot.name, yard.inside())
    raised = [
        Raised(yard.out(corners), lot, gate_of(lot), 0, storeys, 1, name)
        for name, corners, storeys in houses
    ]
    if lot.use in WHOLE:
        whole = shapely.get_coordinates(yard.outline)[:-1]
        areas = [(WHOLE[lot.use], lot.name, whole), *areas]
    return raised, [Covered(yard.out(corners), kind, name) for kind, name, corners in areas]


WHOLE: Final = {
    "park": GroundKind.PARK,
    "school": GroundKind.SCHOOL,
    "primary": GroundKind.SCHOOL,
    "kindergarten": GroundKind.SCHOOL,
    "campus": GroundKind.SCHOOL,
    "mall": GroundKind.SQUARE,
    "office": GroundKind.SQUARE,
    "hospital": GroundKind.SQUARE,
    "market": GroundKind.SQUARE,
}


def _share(box: Box, west: float, south: float, east: float, north: float) -> Numbers:
    """A rectangle by shares of the box's width and height."""
    wide, high = box[2] - box[0], box[3] - box[1]
    return rectangle(
        box[0] + west * wide, box[1] + south * high, box[0] + east * wide, box[1] + north * high
    )


def _oval(box: Box, west: float, south: float, east: float, north: float) -> Numbers:
    """A stadium by shares of the box: a running track, a pond."""
    low, high = _share(box, west, south, east, north)[[0, 2]]
    radius = (high - low).min() / 2
    inner = shapely.box(*(low + radius - 0.01), *(high - radius + 0.01))
    return shapely.get_coordinates(shapely.buffer(inner, radius, quad_segs=6))[:-1]


def _angle(box: Box, west: float, south: float, east: float, north: float, arm: float) -> Numbers:
    """An L open to the south-east, `arm` metres thick."""
    (w, s), (e, n) = _share(box, west, south, east, north)[[0, 2]]
    return np.array([(w, s), (w + arm, s), (w + arm, n - arm), (e, n - arm), (e, n), (w, n)])


def _office(name: str, box: Box) -> tuple[list[House], list[Area]]:
    return [(name, _angle(box, 0.1, 0.35, 0.9, 0.95, 14), 5)], []


def _market(name: str, box: Box) -> tuple[list[House], list[Area]]:
    return [(name, _share(box, 0.08, 0.25, 0.92, 0.95), 2)], []


def _kindergarten(name: str, box: Box) -> tuple[list[House], list[Area]]:
    ground = _share(box, 0.42, 0.08, 0.95, 0.5)
    return [(name, _angle(box, 0.05, 0.2, 0.95, 0.95, 12), 3)], [(GroundKind.SPORTS, "", ground)]


def _school(name: str, box: Box) -> tuple[list[House], list[Area]]:
    track = _oval(box, 0.04, 0.05, 0.55, 0.95)
    houses = [
        (f"{name}一号教学楼", _share(box, 0.62, 0.78, 0.98, 0.92), 5),
        (f"{name}二号教学楼", _share(box, 0.62, 0.53, 0.98, 0.67), 5),
        (f"{name}综合楼", _share(box, 0.62, 0.28, 0.98, 0.42), 4),
        (f"{name}体育馆", _share(box, 0.62, 0.03, 0.86, 0.18), 2),
    ]
    return houses, [(GroundKind.SPORTS, "", track)]


def _hospital(name: str, box: Box) -> tuple[list[House], list[Area]]:
    houses = [
        (f"{name}住院楼", _share(box, 0.1, 0.72, 0.95, 0.88), 9),
        (name, _share(box, 0.1, 0.36, 0.6, 0.6), 4),
    ]
    return houses, [(GroundKind.PARK, "", _share(box, 0.1, 0.04, 0.95, 0.26))]


def _mall(name: str, box: Box) -> tuple[list[House], list[Area]]:
    houses = [
        (f"{name}A座", _share(box, 0.03, 0.55, 0.45, 0.97), 6),
        (f"{name}B座", _share(box, 0.55, 0.55, 0.97, 0.97), 6),
        (f"{name}C座", _share(box, 0.03, 0.04, 0.3, 0.4), 5),
        (f"{name}写字楼", _share(box, 0.74, 0.08, 0.95, 0.36), 26),
    ]
    return houses, [(GroundKind.PARK, "", _oval(box, 0.36, 0.1, 0.68, 0.4))]


def _campus(name: str, box: Box) -> tuple[list[House], list[Area]]:
    rows = [0.93, 0.83, 0.73]
    houses = [
        (f"{name}{n}号宿舍", _share(box, 0.05, y - 0.05, 0.4, y), 6)
        for n, y in enumerate(rows, start=1)
    ]
    houses += [
        (f"{name}{n}号教学楼", _share(box, 0.55, y - 0.055, 0.95, y), 6)
        for n, y in enumerate(rows, start=1)
    ]
    houses += [
        (f"{name}图书馆", _share(box, 0.36, 0.44, 0.64, 0.58), 5),
        (f"{name}实训楼", _angle(box, 0.05, 0.1, 0.38, 0.36, 15), 4),
    ]
    track = _oval(box, 0.5, 0.05, 0.96, 0.38)
    lake = _oval(box, 0.68, 0.47, 0.95, 0.57)
    return houses, [(GroundKind.SPORTS, "", track), (GroundKind.WATER, "", lake)]


def _park(name: str, box: Box) -> tuple[list[House], list[Area]]:
    pond = _oval(box, 0.2, 0.25, 0.72, 0.7)
    return [(f"{name}活动室", _share(box, 0.8, 0.8, 0.95, 0.93), 1)], [(GroundKind.WATER, "", pond)]


BUILD: Final[dict[str, Callable[[str, Box], tuple[list[House], list[Area]]]]] = {
    "office": _office,
    "market": _market,
    "kindergarten": _kindergarten,
    "primary": _school,
    "school": _school,
    "hospital": _hospital,
    "mall": _mall,
    "campus": _campus,
    "park": _park,
}
