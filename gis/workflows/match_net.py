"""A foreign net comes as polygons: matched to sets of grids, and kept as those if asked to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gis.boundaries import faults
from gis.errors import BadBoundaries, NotFound
from gis.model import GRID, AsOf
from gis.net_matching import TOLERANCE_M, Homes, MatchBy, Matched, match_net
from gis.nets import NetKind
from gis.store import edition_life, levels
from gis.store.database import rows
from gis.workflows.keep_nets import NetKept, NetStated, keep_net

if TYPE_CHECKING:
    from datetime import date, datetime

    from numpy.typing import NDArray
    from sqlalchemy import Connection

    from gis.model import BoundaryFile, BoundaryRow, Fault


@dataclass(frozen=True, slots=True)
class MatchAsked:
    """What a foreign net is to be: its code, name and kind; the region (None: everywhere) whose
    grids count; the tolerance in metres; the day it holds from; whether it is kept.
    """

    code: str
    name: str
    kind: NetKind
    since: date
    root_id: int | None = None
    tolerance_m: float = TOLERANCE_M
    by: MatchBy = MatchBy.AREA
    keep: bool = False


@dataclass(frozen=True, slots=True)
class MatchReport:
    """A foreign net as sets of grids; `kept` where it was kept; notes about its shapes."""

    matched: Matched
    notes: tuple[Fault, ...]
    kept: NetKept | None


def match_foreign(
    connection: Connection,
    file: BoundaryFile,
    asked: MatchAsked,
    now: datetime,
    *,
    account_id: int | None = None,
) -> MatchReport:
    """Match polygons read from a file; without `keep` nothing is written.

    Kept are sets of grids with the file's name and sum as their source; a polygon without a grid
    makes no unit. Raises BadBoundaries for codes or shapes that can't be used, NotFound where the
    region has no grids, and what `keep_net` raises.
    """
    judged = [*file.faults, *_judged(file)]
    if any(not one.tolerated for one in judged):
        raise BadBoundaries([one for one in judged if not one.tolerated])
    as_of = AsOf(asked.since, now)
    level = levels.level_of(connection, GRID)
    there = edition_life.rows_of_scope(connection, level.id, asked.root_id, as_of)
    grids = [one for one in there if one.shape is not None]
    if not grids:
        raise NotFound("error.match_no_grids", day=asked.since.isoformat())
    homes = homes_within(connection, file.rows)
    matched = match_net(file.rows, grids, homes, tolerance_m=asked.tolerance_m, by=asked.by)
    kept = _keep(connection, file, asked, matched, now, account_id) if asked.keep else None
    return MatchReport(matched, tuple(judged), kept)


def _judged(file: BoundaryFile) -> list[Fault]:
    # They may overlap one another: what that makes of the grids is told.
    return faults(file.rows, level_is_overlay=True, parents={}, needs_parent=False)


def homes_within(connection: Connection, areas: Sequence[BoundaryRow]) -> Homes:
    """The buildings within the box around some shapes."""
    shapes = np.array([one.shape for one in areas], dtype=object)
    west, south, east, north = shapely.total_bounds(shapes)
    box = {"west": west, "south": south, "east": east, "north": north}
    found = rows(connection, "net_homes", **{name: float(edge) for name, edge in box.items()})
    places = np.array([(row.lon, row.lat) for row in found], dtype=float).reshape(-1, 2)
    points: NDArray[np.object_] = np.array(shapely.points(places), dtype=object)
    return Homes(points, np.array([row.households for row in found], dtype=np.int64))


def _keep(
    connection: Connection,
    file: BoundaryFile,
    asked: MatchAsked,
    matched: Matched,
    now: datetime,
    account_id: int | None,
) -> NetKept:
    units = {
        one.code: (one.name or one.code, frozenset(one.grids)) for one in matched.units if one.grids
    }
    stated = NetStated(
        asked.code,
        asked.name,
        asked.kind,
        units,
        home_id=asked.root_id,
        source=file.source,
        sha256=file.sha256,
    )
    return keep_net(connection, stated, asked.since, now, account_id=account_id)
