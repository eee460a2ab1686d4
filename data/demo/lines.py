"""The vertices that all lines of the plan share: where two lines meet, both have a vertex there.

First everything that meets is told (`meet`), then lines are drawn. Two neighbours that draw the
same stretch get the same vertices, whatever else is joined to it.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from data.demo.frame import STOP_M

Place = tuple[float, float]
NEAR_M: Final = 8.0  # a vertex of the regular kind is left out so near to a meeting


class Lines:
    """Straight lines of the plan: rows lie at one `t`, columns at one `x`."""

    def __init__(self) -> None:
        self._on_row: dict[float, set[float]] = defaultdict(set)
        self._on_column: dict[float, set[float]] = defaultdict(set)

    def meet(self, x: float, t: float) -> None:
        """A row and a column meet here, or one of them ends."""
        self._on_row[round(t, 2)].add(x)
        self._on_column[round(x, 2)].add(t)

    def row(self, t: float, x0: float, x1: float) -> list[Place]:
        """The places along a row from `x0` to `x1`, in that direction."""
        return [(x, t) for x in _stops(self._on_row[round(t, 2)], x0, x1)]

    def column(self, x: float, t0: float, t1: float) -> list[Place]:
        """The places along a column from `t0` to `t1`, in that direction."""
        return [(x, t) for t in _stops(self._on_column[round(x, 2)], t0, t1)]

    def ring(self, x0: float, x1: float, t0: float, t1: float) -> list[Place]:
        """Once around a rectangle of the plan, the first place not repeated at the end."""
        sides = (
            self.row(t0, x0, x1),
            self.column(x1, t0, t1),
            self.row(t1, x1, x0),
            self.column(x0, t1, t0),
        )
        return [place for side in sides for place in side[:-1]]


def _stops(meetings: set[float], start: float, end: float) -> list[float]:
    low, high = min(start, end), max(start, end)
    regular = (STOP_M * n for n in range(int(low // STOP_M) + 1, int(high // STOP_M) + 1))
    between = {m for m in meetings if low < m < high}
    fixed = [*meetings, low, high]
    between |= {one for one in regular if min(abs(one - m) for m in fixed) > NEAR_M}
    stops = sorted({low, high} | {one for one in between if low < one < high})
    return stops if start <= end else stops[::-1]
