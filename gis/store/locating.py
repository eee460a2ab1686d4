"""Locating the SQL way: the referee of every faster way, and the way of single places today."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import hypot
from typing import TYPE_CHECKING, Any

from gis import locating
from gis.coordinates import metres_per_degree, to_lattice
from gis.locating import Candidate, Placement
from gis.model import Point
from gis.store import levels, regions
from gis.store.database import rows, times

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from gis.model import AsOf
    from gis.store.regions import Ancestor

LEAST_RADIUS_M = 0.001  # a disc must have an area; below this a place is a point for us


@dataclass(frozen=True, slots=True)
class Located:
    """A placement with the words for it: code and name of every region it speaks of, by id.

    `precision_m` is how far off the lines near the place may be drawn, the roughest of them.
    """

    point: Point
    placement: Placement
    known: dict[int, Ancestor]
    precision_m: float = 0.0


def locate(
    connection: Connection,
    lon: float,
    lat: float,
    as_of: AsOf,
    *,
    accuracy_m: float = locating.DEFAULT_ACCURACY_M,
    reach_m: float = locating.REACH_M,
) -> Located:
    """Where one place belongs: degrees in EPSG:4490, error radius and reach in metres.

    The place is rounded to the lattice of the boundaries first, so that an edge is an edge. Where
    the boundaries near it are drawn to some metres only (`edition.precision_m`), the error disc is
    as large as both errors together, independent of each other: the root of their sum of squares.
    """
    point = Point(to_lattice(float(lon)), to_lattice(float(lat)))
    radius_m = max(accuracy_m, LEAST_RADIUS_M)
    found = _near(connection, point, max(reach_m, radius_m), as_of)
    precision_m = max((row.precision_m for row in found), default=0.0)
    if precision_m > 0:
        radius_m = hypot(radius_m, precision_m)
        found = _near(connection, point, max(reach_m, radius_m), as_of)
    candidates = [_candidate(row) for row in found]
    ladder_levels = levels.all_levels(connection)
    wanted = locating.to_measure(candidates, ladder_levels)
    measured = _measure(connection, candidates, wanted, point, radius_m)
    known = _words(connection, candidates, as_of)
    level_of = {number: one.level for number, one in known.items()}
    placement = locating.place(measured, ladder_levels, level_of, reach_m=reach_m)
    return Located(point, placement, known, precision_m)


def _near(connection: Connection, point: Point, near_m: float, as_of: AsOf) -> Sequence[Any]:
    kx, ky = metres_per_degree(point.lat)
    return rows(
        connection,
        "regions_near_point",
        lon=point.lon,
        lat=point.lat,
        dx=near_m / kx if kx > 0 else 360.0,
        dy=near_m / ky,
        **times(as_of),
    )


def _candidate(row: Any) -> Candidate:
    return Candidate(
        row.region_id, row.version_id, row.level, row.code, tuple(row.path), row.covers, row.edition
    )


def _measure(
    connection: Connection,
    candidates: list[Candidate],
    wanted: list[int],
    point: Point,
    radius_m: float,
) -> list[Candidate]:
    if not wanted:
        return candidates
    kx, ky = metres_per_degree(point.lat)
    found = rows(
        connection,
        "edges_near_point",
        versions=wanted,
        lon=point.lon,
        lat=point.lat,
        kx=kx,
        ky=ky,
        radius_m=radius_m,
    )
    edges = {row.version_id: (row.edge_m, min(1.0, row.share)) for row in found}
    return [
        replace(c, edge_m=edges[c.version_id][0], share=edges[c.version_id][1])
        if c.version_id in edges
        else c
        for c in candidates
    ]


def _words(connection: Connection, candidates: list[Candidate], as_of: AsOf) -> dict[int, Ancestor]:
    ids = {number for c in candidates for number in (*c.path, c.region_id)}
    found = regions.ancestors(connection, sorted(ids), as_of)
    return {one.id: one for one in found}
