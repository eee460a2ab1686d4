"""Where is each row of a list? A point, or a footprint and a point within it, in EPSG:4490."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from data.boundaries import PROBLEM_KINDS, areas_in_degrees, system_of
from gis.coordinates import convert_each, parse_crs, to_lattice
from gis.errors import BadFile
from gis.model import FaultKind, Point
from gis.sheets import RowFault

_POINT: Final = 0
_MULTIPOINT: Final = 4
_AREAS: Final = (3, 6, 7)


@dataclass(frozen=True, slots=True)
class Place:
    """Where one row is, or why it can't be told; with no point and no problem, nobody says.

    `stated` are the attributes that the row says something of.
    """

    point: Point | None = None
    shape: shapely.MultiPolygon | None = None
    stated: tuple[str, ...] = ()
    problem: str = ""

    def faults(self, row: int) -> Iterator[RowFault]:
        """The problem of the place as a fault of its row; a mended footprint is a note."""
        if self.problem:
            stops = self.problem != FaultKind.REPAIRED
            yield RowFault(row, f"row.place_{self.problem}", {}, stops)


def places_of_columns(
    lon: Sequence[str | None], lat: Sequence[str | None], crs: str | None
) -> tuple[list[Place], str]:
    """Places from two columns, whose system must be named; and that system.

    Raises BadFile `error.sheet_without_crs` when there are coordinates and no system.
    """
    x, y = _floats(lon), _floats(lat)
    if crs is None and not np.isnan(x).all():
        raise BadFile("error.sheet_without_crs")
    used = parse_crs(crs) if crs else "cgcs2000"
    empty = [
        not (one or "").strip() and not (two or "").strip()
        for one, two in zip(lon, lat, strict=True)
    ]
    return _points(x, y, used, empty), used


def places_of_shapes(
    wkb: Sequence[bytes | None], found: str | None, crs: str | None
) -> tuple[list[Place], str]:
    """Places from features: points, or footprints with a point inside; and their system."""
    used = parse_crs(crs) if crs else system_of(found)
    given = np.array(wkb, dtype=object)
    with np.errstate(invalid="ignore"):  # NaN in a shape is a fault, not a warning
        shapes = shapely.force_2d(shapely.from_wkb(given, on_invalid="ignore"))
    kinds = shapely.get_type_id(shapes)
    if np.isin(kinds, _AREAS).any():
        return _footprints(given, used), used
    single = np.where(kinds == _MULTIPOINT, shapely.get_geometry(shapes, 0), shapes)
    is_point = shapely.get_type_id(single) == _POINT
    x = np.where(is_point, shapely.get_x(single), np.nan)
    y = np.where(is_point, shapely.get_y(single), np.nan)
    empty = [one is None or bool(shapely.is_empty(s)) for one, s in zip(wkb, shapes, strict=True)]
    places = _points(x, y, used, empty)
    wrong = ~is_point & ~np.array(empty)
    for place in np.flatnonzero(wrong).tolist():
        places[place] = Place(stated=("point",), problem="not_a_point")
    return places, used


def _points(
    x: NDArray[np.float64], y: NDArray[np.float64], crs: str, empty: Sequence[bool]
) -> list[Place]:
    lon, lat, problems = convert_each(x, y, crs, "cgcs2000")
    lon, lat = to_lattice(lon), to_lattice(lat)
    why = {
        place: PROBLEM_KINDS[key].value
        for key, where in problems.items()
        for place in np.flatnonzero(where).tolist()
    }
    zero = (x == 0) & (y == 0)
    stated = ("point",)
    places = []
    for number, nothing in enumerate(empty):
        if nothing:
            places.append(Place(stated=stated))
        elif zero[number] or number in why or math.isnan(lon[number]):
            kind = "zero" if zero[number] else why.get(number, FaultKind.INVALID_SHAPE.value)
            places.append(Place(stated=stated, problem=kind))
        else:
            places.append(Place(Point(float(lon[number]), float(lat[number])), stated=stated))
    return places


def _footprints(wkb: NDArray[np.object_], crs: str) -> list[Place]:
    areas, kinds = areas_in_degrees(wkb, crs)
    inside = shapely.point_on_surface(areas)
    why = dict.fromkeys(np.flatnonzero(_broken(areas)).tolist(), FaultKind.INVALID_SHAPE.value)
    for kind, where in kinds.items():
        for place in np.flatnonzero(where).tolist():
            why.setdefault(place, kind.value)
    stated = ("point", "shape")
    return [
        Place(_lattice_point(point), area, stated, _problem(why.get(number)))
        for number, (area, point) in enumerate(zip(areas, inside, strict=True))
    ]


def _broken(areas: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Which areas are there and can't be built: a ring that crosses itself or holds nothing."""
    broken: NDArray[np.bool_] = ~shapely.is_missing(areas) & ~shapely.is_valid(areas)
    return broken


def _problem(kind: str | None) -> str:
    """No shape at all is no problem: nobody has located it."""
    return "" if kind in (None, FaultKind.EMPTY_SHAPE) else str(kind)


def _lattice_point(point: shapely.Point | None) -> Point | None:
    if point is None or point.is_empty:
        return None
    return Point(float(to_lattice(point.x)), float(to_lattice(point.y)))


def _floats(texts: Sequence[str | None]) -> NDArray[np.float64]:
    return np.array([_float(one) for one in texts], dtype=np.float64)


def _float(text: str | None) -> float:
    try:
        return math.nan if text is None or "_" in text else float(text)
    except ValueError:
        return math.nan
