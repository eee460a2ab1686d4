"""Draw a town in letters: each letter a region, each place in the sketch a square.

    sketch('''A B
              A B''')

gives two regions side by side. One square is 0.01 degree wide and high; the lower left corner of
the sketch lies at 106.50, 29.50.
"""

from __future__ import annotations

import shapely

from gis.coordinates import to_lattice
from gis.model import BoundaryRow

WEST, SOUTH, SIDE = 106.50, 29.50, 0.01


def sketch(
    drawing: str, *, parents: dict[str, str] | None = None, names: dict[str, str] | None = None
) -> list[BoundaryRow]:
    """One row a letter, in alphabetical order; a dot is nobody's land."""
    lines = [line.split() for line in drawing.strip().splitlines()]
    squares: dict[str, list[shapely.Polygon]] = {}
    for up, line in enumerate(reversed(lines)):
        for right, letter in enumerate(line):
            squares.setdefault(letter, []).append(_square(right, up))
    squares.pop(".", None)
    return [
        BoundaryRow(
            row=number,
            code=letter,
            name=(names or {}).get(letter, ""),
            parent_code=(parents or {}).get(letter),
            shape=_together(squares[letter]),
        )
        for number, letter in enumerate(sorted(squares), start=1)
    ]


def _square(right: int, up: int) -> shapely.Polygon:
    west, south = WEST + right * SIDE, SOUTH + up * SIDE
    return to_lattice(shapely.box(west, south, west + SIDE, south + SIDE))


def _together(squares: list[shapely.Polygon]) -> shapely.MultiPolygon:
    joined = shapely.union_all(squares)
    parts = list(joined.geoms) if hasattr(joined, "geoms") else [joined]
    return shapely.MultiPolygon(parts)
