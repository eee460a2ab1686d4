"""What numbering the grids of a community needs from the database; nothing is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gis.codes import STANDARD, CodePattern, GridKind, Numbered, propose_codes
from gis.coordinates import metres_per_degree
from gis.model import Point
from gis.store import regions
from gis.store.database import rows, times

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from gis.model import AsOf


@dataclass(frozen=True, slots=True)
class Proposal:
    """A grid's code today and by the rule. `proposed` is None for a grid that isn't numbered here:

    one of another kind, or one without a shape.
    """

    code: str
    name: str
    kind: GridKind
    proposed: str | None


def proposed_codes(
    connection: Connection,
    root: tuple[str, str],
    level: str,
    as_of: AsOf,
    *,
    pattern: CodePattern = STANDARD,
) -> list[Proposal]:
    """Codes by the rule for the regions of `level` right under `root` (level and code), by code.

    Base grids are numbered. A grid is of another kind where its code is written as the pattern
    writes that kind. Raises NotFound, BadInput.
    """
    root_id = regions.region_id_of(connection, *root, as_of)
    found = rows(connection, "codes_of_children", root_id=root_id, level=level, **times(as_of))
    kind_of = {row.code: pattern.kind_of(row.code) for row in found}
    numbered = [
        Numbered(row.code, Point(row.lon, row.lat), _height_m(row.south, row.north))
        for row in found
        if row.lon is not None and kind_of[row.code] is GridKind.BASE
    ]
    proposed = propose_codes(root[1], numbered, pattern)
    return [
        Proposal(row.code, row.name or "", kind_of[row.code], proposed.get(row.code))
        for row in found
    ]


def _height_m(south: float, north: float) -> float:
    return (north - south) * metres_per_degree((south + north) / 2)[1]
