"""A lot seen from its own corner: where houses can stand in rows, in metres of the true ground."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from data.demo.frame import bend

if TYPE_CHECKING:
    from collections.abc import Iterator

    from data.demo.frame import Numbers
    from data.demo.layout import Lot

SIDE_STOPS: Final = 5
WITHIN_M: Final = 0.2


class Yard:
    """The ground of a lot, turned so that its street runs along: `outline` in its own metres.

    `strips` are metres taken away at the sides n, s, w, e, where shophouses stand.
    """

    def __init__(self, lot: Lot, strips: dict[str, float]) -> None:
        x0, x1 = lot.x0 + strips.get("w", 0), lot.x1 - strips.get("e", 0)
        t0, t1 = lot.t0 + strips.get("n", 0), lot.t1 - strips.get("s", 0)
        self._middle, self._turn = _pose((x0 + x1) / 2, (t0 + t1) / 2)
        self.outline = shapely.Polygon(self._inwards(around(x0, x1, t0, t1)))
        self._almost = shapely.buffer(self.outline, WITHIN_M)
        shapely.prepare(self._almost)

    def chord(self, y: float) -> tuple[float, float]:
        """From where to where the yard reaches at a height; an empty stretch as (0, 0)."""
        west, _, east, _ = self.outline.bounds
        level = shapely.LineString([(west - 1, y), (east + 1, y)])
        cut = shapely.intersection(self.outline, level)
        return (0.0, 0.0) if cut.is_empty else (cut.bounds[0], cut.bounds[2])

    def holds(self, corners: Numbers) -> bool:
        """Does a house with these corners, in the yard's metres, stand inside?"""
        return bool(shapely.covers(self._almost, shapely.MultiPoint(corners)))

    def inside(self) -> tuple[float, float, float, float]:
        """An upright rectangle that lies inside for certain: west, south, east, north."""
        _, low, _, high = self.outline.bounds
        south, north = low + 0.06 * (high - low), high - 0.06 * (high - low)
        chords = [self.chord(y) for y in (south, (south + north) / 2, north)]
        return max(c[0] for c in chords), south, min(c[1] for c in chords), north

    def rows(self, depth: float, apart: float) -> Iterator[tuple[float, float, float]]:
        """Rows of a depth from north to south: south edge, and the stretch free over all of it."""
        _, south, _, north = self.outline.bounds
        y = north - depth - 1.0
        while y > south:
            upper, lower = self.chord(y + depth), self.chord(y)
            left, right = max(upper[0], lower[0]), min(upper[1], lower[1])
            if right - left > 5:
                yield y, left, right
            y -= depth + apart

    def out(self, corners: Numbers) -> Numbers:
        """Corners in the yard's metres as metres of the true ground."""
        cos, sin = np.cos(self._turn), np.sin(self._turn)
        turned = np.column_stack(
            [cos * corners[:, 0] - sin * corners[:, 1], sin * corners[:, 0] + cos * corners[:, 1]]
        )
        return turned + self._middle

    def _inwards(self, places: Numbers) -> Numbers:
        cos, sin = np.cos(self._turn), np.sin(self._turn)
        moved = places - self._middle
        return np.column_stack(
            [cos * moved[:, 0] + sin * moved[:, 1], -sin * moved[:, 0] + cos * moved[:, 1]]
        )


def around(x0: float, x1: float, t0: float, t1: float, stops: int = SIDE_STOPS) -> Numbers:
    """Once around a rectangle of the plan, bent, in metres of the true ground."""
    xs, ts = np.linspace(x0, x1, stops)[:-1], np.linspace(t0, t1, stops)[:-1]
    x = np.concatenate([xs, np.full(len(ts), x1), x0 + x1 - xs, np.full(len(ts), x0)])
    t = np.concatenate([np.full(len(xs), t0), ts, np.full(len(xs), t1), t0 + t1 - ts])
    return np.column_stack(bend(x, t))


def rectangle(west: float, south: float, east: float, north: float) -> Numbers:
    """The corners of an upright rectangle."""
    return np.array([(west, south), (east, south), (east, north), (west, north)])


def _pose(x: float, t: float) -> tuple[Numbers, float]:
    """Where a place of the plan lies, and how far its row is turned against due east (radians)."""
    east, north = bend([x - 5, x, x + 5], [t, t, t])
    turn = float(np.arctan2(north[2] - north[0], east[2] - east[0]))
    return np.array([east[1], north[1]]), turn
