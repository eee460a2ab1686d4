"""The demo's roads as drawn from the plan, and what nobody walks across: river, brook, cliffs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from data.demo.frame import (
    BANK,
    BORDER,
    BROOK,
    EAST,
    FAR_BANK,
    HILLS_END,
    WEST,
    bend,
    degrees,
    path,
)
from data.demo.layout import CLIFF_FROM, CLIFF_TO, town_cliff
from gis.places import Barrier, BarrierKind, Ground, GroundKind, Road, RoadClass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from data.demo.frame import Numbers
    from data.demo.layout import Street
    from data.demo.lines import Lines

Place = tuple[float, float]
CURVE_STOPS: Final = 6

# Village roads run through these places of the plan; roads that share a place are joined there.
VILLAGE_ROADS: Final[tuple[tuple[str, RoadClass, tuple[Place, ...]], ...]] = (
    (
        "山云路",
        RoadClass.VILLAGE,
        ((590, 1600), (615, 1760), (560, 1920), (610, 2080), (650, 2250), (600, 2430), (640, 2560)),
    ),
    (
        "石梯村道",
        RoadClass.VILLAGE,
        (
            *((0, 1250), (-40, 1380), (-150, 1520), (-190, 1700), (-120, 1880), (-160, 2060)),
            *((-20, 2200), (180, 2260), (400, 2220), (650, 2250)),
        ),
    ),
    ("", RoadClass.VILLAGE, ((-190, 1700), (-330, 1760), (-430, 1900), (-400, 2080))),
    ("", RoadClass.VILLAGE, ((-40, 1380), (-250, 1400), (-420, 1460), (-480, 1600))),
    ("", RoadClass.VILLAGE, ((-40, 1380), (120, 1430), (280, 1500), (400, 1480), (480, 1560))),
    ("", RoadClass.VILLAGE, ((-120, 1880), (60, 1850), (220, 1800), (330, 1700))),
    ("", RoadClass.VILLAGE, ((180, 2260), (150, 2420), (-100, 2480), (-350, 2420))),
    (
        "茶园村道",
        RoadClass.VILLAGE,
        (
            *((1470, 1250), (1500, 1380), (1440, 1540), (1520, 1700), (1620, 1850), (1540, 2020)),
            *((1480, 2200), (1560, 2380)),
        ),
    ),
    (
        "",
        RoadClass.VILLAGE,
        (
            *((1500, 1380), (1700, 1430), (1900, 1480), (2050, 1600), (2100, 1800), (1980, 1960)),
            *((1900, 2150), (1950, 2350)),
        ),
    ),
    ("", RoadClass.VILLAGE, ((1480, 2200), (1360, 2240), (BROOK + 25, 2240))),
    ("", RoadClass.VILLAGE, ((BROOK - 25, 2240), (1060, 2220), (880, 2290), (650, 2250))),
    ("", RoadClass.FOOTPATH, ((1520, 1700), (1360, 1750), (BROOK + 20, 1740))),
    ("", RoadClass.FOOTPATH, ((BROOK - 20, 1740), (1080, 1720), (880, 1770), (615, 1760))),
)
VILLAGE_BRIDGES: Final = (
    ("云坪桥", RoadClass.VILLAGE, ((BROOK - 25, 2240), (BROOK + 25, 2240))),
    ("跳蹬桥", RoadClass.FOOTPATH, ((BROOK - 20, 1740), (BROOK + 20, 1740))),
)


def draw_roads(streets: Sequence[Street], lines: Lines) -> list[Road]:
    """Every road; two that meet share a vertex."""
    drawn = []
    for street in streets:
        along = lines.row if street.is_row else lines.column
        line = path(along(street.at, street.start, street.end))
        drawn.append((street.name, street.road_class, line, street.bridge, street.steep))
    for name, road_class, places in VILLAGE_ROADS:
        drawn.append((name, road_class, curve(places), False, False))
    for name, road_class, places in VILLAGE_BRIDGES:
        drawn.append((name, road_class, path(places), True, False))
    return [
        Road(f"500199R{number:04}", name, road_class, shapely.LineString(line), bridge, steep)
        for number, (name, road_class, line, bridge, steep) in enumerate(drawn, start=1)
    ]


def curve(places: Sequence[Place]) -> Numbers:
    """A smooth line through places of the plan (Catmull–Rom), bent and in degrees."""
    ends = [places[0], *places, places[-1]]
    table = np.array(ends, dtype=np.float64)
    pieces = []
    for a, b, c, d in zip(table, table[1:], table[2:], table[3:], strict=False):
        s = np.linspace(0, 1, CURVE_STOPS, endpoint=False)[:, None]
        pieces.append(
            0.5
            * (
                2 * b
                + (c - a) * s
                + (2 * a - 5 * b + 4 * c - d) * s**2
                + (3 * b - a - 3 * c + d) * s**3
            )
        )
    through = np.vstack([*pieces, table[-1:]])
    return degrees(*bend(through[:, 0], through[:, 1]))


# ---- water and cliffs ---------------------------------------------------------------------------


def _along_river(shift: float, wave: float, margin: float = 0.0) -> list[Place]:
    return [
        (float(x), shift + wave * float(np.sin(x / 160)))
        for x in np.arange(WEST - margin, EAST + margin + 1, 20.0)
    ]


def _along_brook(side: int) -> list[Place]:
    """One bank of the brook from its mouth up: 22 m from the middle, 7 m in the hills."""
    return [
        (BROOK + side * (22 - 15 * min(1.0, max(0.0, (t - 900) / 1500))), float(t))
        for t in np.arange(BANK - 10, HILLS_END + 1, 25.0)
    ]


def _cliff(x0: float, x1: float, t: float, wave: float) -> list[Place]:
    return [(float(x), t + wave * float(np.sin(x / 140))) for x in np.arange(x0, x1 + 1, 20.0)]


CLIFFS: Final = (
    ("十八梯崖", [(x, town_cliff(x)) for x in np.arange(CLIFF_FROM, -13, 12.0).tolist()]),
    ("青石崖", [(x, town_cliff(x)) for x in np.arange(14, CLIFF_TO + 1, 12.0).tolist()]),
    ("石梯坎", _cliff(WEST + 40, 480, 1330, 25)),
    ("茶园坎", _cliff(1560, EAST - 30, 1560, 30)),
    ("云坪崖", _cliff(0, 1120, 2010, 22)),
)


def barriers() -> list[Barrier]:
    """River, brook and cliffs."""
    lines = [
        (BarrierKind.WATER, "示例江", _along_river(BORDER, 0)),
        (BarrierKind.WATER, "清溪河", [(BROOK, t) for t in np.arange(BANK, HILLS_END + 1, 25.0)]),
        *((BarrierKind.SLOPE, name, line) for name, line in CLIFFS),
    ]
    return [
        Barrier(f"500199X{number:02}", kind, name, shapely.LineString(path(line)))
        for number, (kind, name, line) in enumerate(lines, start=1)
    ]


def waters() -> list[Ground]:
    """The river, to its far bank beyond the county, and the brook."""
    river = _along_river(BANK, 6, 200) + _along_river(FAR_BANK, 12, 200)[::-1]
    brook = _along_brook(-1) + _along_brook(1)[::-1]
    return [
        Ground("500199W01", GroundKind.WATER, "示例江", shapely.Polygon(path(river))),
        Ground("500199W02", GroundKind.WATER, "清溪河", shapely.Polygon(path(brook))),
    ]


def riverside() -> list[Ground]:
    """What lies between the river road and the water."""
    bands = (
        (GroundKind.SQUARE, "客运码头", -330.0, -120.0),
        (GroundKind.PARK, "滨江公园", 20.0, 570.0),
        (GroundKind.PARK, "文昌江滩", 620.0, BROOK - 60),
        (GroundKind.PARK, "清溪河口湿地", BROOK + 60, 1900.0),
    )
    found = []
    for number, (kind, name, x0, x1) in enumerate(bands, start=1):
        xs = np.arange(x0, x1 + 1, 15.0)
        ring = [(float(x), -13.0) for x in xs] + [(float(x), BANK + 8.0) for x in xs[::-1]]
        found.append(Ground(f"500199W1{number}", kind, name, shapely.Polygon(path(ring))))
    return found
