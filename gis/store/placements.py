"""Which regions do places belong to? Several places in one statement, the way of intake.

For each the same as `locating.locate` says, which asks one after the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot
from typing import TYPE_CHECKING, Any

from gis.coordinates import metres_per_degree, to_lattice
from gis.intake import Region
from gis.locating import REACH_M, Candidate, Placement, place
from gis.model import Level, Point
from gis.store.database import as_json, rows_at_once, times
from gis.store.locating import LEAST_RADIUS_M

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from gis.model import AsOf
    from gis.store.database import Asked


@dataclass(frozen=True, slots=True)
class Disc:
    """A place (degrees, EPSG:4490) with its error radius in metres."""

    lon: float
    lat: float
    radius_m: float = 0.0

    def on_lattice(self) -> Disc:
        """Rounded to the lattice of the boundaries, so that an edge is an edge."""
        return Disc(to_lattice(float(self.lon)), to_lattice(float(self.lat)), self.radius_m)

    def asked(self, n: int, *, reach_m: float = 0.0) -> dict[str, float]:
        """As a row of a query: its number, the place, how far to look at least, in degrees, the
        metres per degree there, the radius.
        """
        kx, ky = metres_per_degree(self.lat)
        radius_m = max(self.radius_m, LEAST_RADIUS_M)
        near_m = max(reach_m, radius_m)
        return {
            "n": n,
            "lon": self.lon,
            "lat": self.lat,
            "dx": near_m / kx if kx > 0 else 360.0,
            "dy": near_m / ky,
            "kx": kx,
            "ky": ky,
            "radius_m": radius_m,
        }


@dataclass(frozen=True, slots=True)
class Placed:
    """A point on the lattice of the boundaries, where it belongs, and the regions spoken of by id:
    those of this place and of others asked about with it.
    """

    point: Point
    placement: Placement
    known: dict[int, Region]


def place_at(
    connection: Connection, lon: float, lat: float, as_of: AsOf, *, accuracy_m: float
) -> Placed:
    """Where one place belongs: degrees in EPSG:4490, error radius in metres."""
    return places_at(connection, {0: Disc(lon, lat, accuracy_m)}, as_of)[0]


def places_at(
    connection: Connection,
    discs: Mapping[int, Disc],
    as_of: AsOf,
    looked: list[list[Any]] | None = None,
) -> dict[int, Placed]:
    """Where places belong, by the numbers they are given with.

    Where the boundaries near one are drawn to some metres only (`edition.precision_m`), its error
    disc is as large as both errors together, independent of each other: the root of their sum of
    squares. `looked` is the answer to `first_look` for the same discs and times, if there is one.
    """
    if not discs:
        return {}
    on_lattice = {n: one.on_lattice() for n, one in discs.items()}
    found = looked or rows_at_once(connection, *_questions(on_lattice, as_of))
    (words, *near), levels = found
    by_number = {row.n: row for row in near}
    known = _known(words)
    rough = {
        n: Disc(on_lattice[n].lon, on_lattice[n].lat, hypot(discs[n].radius_m, row.precision_m))
        for n, row in by_number.items()
        if row.precision_m > 0
    }
    if rough:
        (words, *near), _ = rows_at_once(connection, *_questions(rough, as_of))
        by_number |= {row.n: row for row in near}
        known |= _known(words)
    level_of = {number: one.level for number, one in known.items()}
    ladder = [Level(*row) for row in levels]
    return {
        n: Placed(Point(one.lon, one.lat), place(_near(by_number.get(n)), ladder, level_of), known)
        for n, one in on_lattice.items()
    }


def first_look(discs: Mapping[int, Disc], as_of: AsOf) -> list[Asked]:
    """What `places_at` asks first, so that it can be asked ahead."""
    return _questions({n: one.on_lattice() for n, one in discs.items()}, as_of)


def _questions(discs: Mapping[int, Disc], as_of: AsOf) -> list[Asked]:
    points = as_json([one.asked(n, reach_m=REACH_M) for n, one in discs.items()])
    return [("spots_at_points", {"points": points} | times(as_of)), ("levels", {})]


def _known(words: Any) -> dict[int, Region]:
    return {
        number: Region(number, level, code or "", name or code or "")
        for number, level, code, name in words.known or []
    }


def _near(row: Any) -> Sequence[Candidate]:
    return [_measured(*one) for one in row.near] if row else []


def _measured(
    region_id: int,
    version_id: int,
    level: str,
    code: str,
    path: list[int],
    covers: bool,
    edition: str,
    edge_m: float | None,
    share: float | None,
) -> Candidate:
    share = None if share is None else min(1.0, share)
    return Candidate(
        region_id, version_id, level, code, tuple(path), covers, edition, edge_m, share
    )
