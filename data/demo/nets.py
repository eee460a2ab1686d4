"""What others drew over the demo's grids: the beats of the police, the areas of the market
supervision, and a corner that two communities claim. All of it is made up (合成示例).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from data.demo.frame import BORDER, BROOK, EAST, HILLS_END, STOP_M, TOWN_END, WEST, path
from gis.disputes import DisputeLine, RegionNamed
from gis.model import COMMUNITY, BoundaryRow
from gis.nets import NetKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shapely import MultiPolygon

    from data.demo.regions import Rectangle

SOURCE: Final = "合成示例 synthetic"
CUT: Final = 860.0  # a beat's edge in the old town, through the middle of a row of grids

# The beats as the police drew them, by code: mostly along the grids' edges, not everywhere.
BEATS: Final[dict[str, tuple[str, Rectangle]]] = {
    "JW01": ("码头警务区", (WEST, 0.0, BORDER, CUT)),
    "JW02": ("河滨警务区", (0.0, 590.0, BORDER, 640.0)),
    "JW03": ("文昌警务区", (590.0, BROOK, BORDER, 640.0)),
    "JW04": ("柳岸警务区", (WEST, 0.0, CUT, TOWN_END)),
    "JW05": ("纺织警务区", (0.0, BROOK, 640.0, TOWN_END)),
    "JW06": ("桥东警务区", (BROOK, EAST, BORDER, TOWN_END)),
    "JW07": ("山前警务区", (WEST, EAST, TOWN_END, HILLS_END)),
}
AREAS: Final[dict[str, tuple[str, Rectangle]]] = {
    "SJ01": ("滨江市场监管所", (WEST, BROOK, BORDER, TOWN_END)),
    "SJ02": ("桥东市场监管所", (BROOK, EAST, BORDER, TOWN_END)),
    "SJ03": ("山前市场监管所", (WEST, EAST, TOWN_END, HILLS_END)),
}
CORNER: Final[Rectangle] = (572.0, 618.0, 245.0, 415.0)
LASTING: Final = timedelta(days=30), timedelta(days=90)  # begun before today, and over after it


@dataclass(frozen=True, slots=True)
class DemoNet:
    """A net as its organisation drew it; the code of a row becomes a unit's."""

    code: str
    name: str
    kind: NetKind
    rows: list[BoundaryRow]


def demo_nets() -> list[DemoNet]:
    """The business nets of the demo, to be matched to its grids."""
    return [
        DemoNet("JW", "警务网（合成示例）", NetKind.POLICE, _rows(BEATS)),
        DemoNet("SJ", "市场监管网（合成示例）", NetKind.MARKET, _rows(AREAS)),
    ]


def demo_dispute(today: date) -> DisputeLine:
    """A strip on both sides of the line between 河滨社区 and 文昌社区, contested for months."""
    before, after = LASTING
    return DisputeLine(
        code="ZY01",
        claimants=(
            RegionNamed(COMMUNITY, "500199001001"),
            RegionNamed(COMMUNITY, "500199001005"),
        ),
        owner="500199001001006",
        reason="院落围墙跨两个社区，界线待定",
        source="合成示例 滨江街道会议纪要",
        since=today - before,
        ends_on=today + after,
        shape=_area(CORNER),
    )


def _rows(drawn: dict[str, tuple[str, Rectangle]]) -> list[BoundaryRow]:
    return [
        BoundaryRow(number, code, name, None, _area(rectangle))
        for number, (code, (name, rectangle)) in enumerate(drawn.items(), start=1)
    ]


def _area(rectangle: Rectangle) -> MultiPolygon:
    import shapely

    return shapely.MultiPolygon([shapely.Polygon(path(_around(rectangle)))])


def _around(rectangle: Rectangle) -> Iterator[tuple[float, float]]:
    """The outline of a rectangle of the plan, with a place at least every `STOP_M` metres."""
    x0, x1, t0, t1 = rectangle
    for (x, t), (x2, t2) in pairwise([(x0, t0), (x1, t0), (x1, t1), (x0, t1), (x0, t0)]):
        steps = int(np.ceil(max(abs(x2 - x), abs(t2 - t)) / STOP_M))
        for n in range(steps):
            yield x + (x2 - x) * n / steps, t + (t2 - t) * n / steps
