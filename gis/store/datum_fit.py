"""What a batch says of its places in other words, and whether its coordinates agree with that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from gis.coordinates import Numbers, metres_per_degree
from gis.datum_fit import (
    AT_BUILDING_M,
    LEAST_BARE,
    LEAST_WITNESSES,
    Misfit,
    as_systems,
    misfit,
    near_known,
)
from gis.errors import BadInput
from gis.model import GRID, Point
from gis.store.database import rows, times
from gis.store.gazetteer import match_addresses, region_names
from gis.store.geocoding import things_of
from gis.store.known_addresses import regions_at
from gis.store.regions import region_ids

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from gis.model import AsOf

LOOKED_AT: Final = 400
"""Rows that are tried, evenly spread: enough to tell systems apart, few enough to take no time."""


@dataclass(frozen=True, slots=True)
class Witness:
    """What a row says of its place beside coordinates; "" where it says nothing.

    `thing` is the code of something known (building:…), `grid` a grid's code, `words` an address or
    the names of regions.
    """

    thing: str = ""
    grid: str = ""
    words: str = ""

    def __bool__(self) -> bool:
        return bool(self.thing or self.grid or self.words)


def check_fit(
    connection: Connection,
    points: Sequence[Point | None],
    declared: str,
    witnesses: Sequence[Witness],
    as_of: AsOf,
) -> None:
    """Refuse a batch whose coordinates are in another system than declared, by its own words.

    Raises BadInput `error.crs_misfit`, which names the system and the shift in metres.
    """
    found = fit_of(connection, points, declared, witnesses, as_of)
    if found is not None:
        raise BadInput("error.crs_misfit", **told(found))


def told(found: Misfit) -> dict[str, str | int]:
    """What the sentence of a misfit is filled with; metres to ten."""
    return {
        "system": found.name,
        "metres": int(round(found.metres, -1)),
        "witnesses": found.witnesses,
        "fits": round(found.fits * 100),
        "declared_fits": round(found.declared_fits * 100),
    }


def fit_of(
    connection: Connection,
    points: Sequence[Point | None],
    declared: str,
    witnesses: Sequence[Witness],
    as_of: AsOf,
) -> Misfit | None:
    """The system that the coordinates (degrees, EPSG:4490, as read in `declared`) seem to be in,
    where that is another; None where they fit or nothing tells. Rows that say where they are in
    other words go first; where fewer than 5 do, 50 bare places are held against the outlines of the
    regions and the buildings.
    """
    said = [n for n, point in enumerate(points) if point is not None and witnesses[n]]
    found = _fit_of_words(connection, points, declared, witnesses, said, as_of)
    if found is not None or len(said) >= LEAST_WITNESSES:
        return found
    return _fit_of_bare(connection, points, declared, as_of)


def _fit_of_words(
    connection: Connection,
    points: Sequence[Point | None],
    declared: str,
    witnesses: Sequence[Witness],
    said: Sequence[int],
    as_of: AsOf,
) -> Misfit | None:
    some = said[:: max(1, -(-len(said) // LOOKED_AT))]
    if not some:
        return None
    read = _read([points[n] for n in some], declared)
    known = _known(connection, [witnesses[n] for n in some], as_of)
    agree = near_known(read, known.lon, known.lat)
    left = np.flatnonzero(np.isnan(known.lon) & (known.region > 0))
    if len(left):
        for system, (x, y) in read.items():
            places = [Point(float(x[n]), float(y[n])) for n in left]
            agree[system][left] = _inside(connection, places, known.region[left], as_of)
    return misfit(read, agree)


def _fit_of_bare(
    connection: Connection, points: Sequence[Point | None], declared: str, as_of: AsOf
) -> Misfit | None:
    """Places that say nothing of themselves: do more of them lie in our regions, or at our
    buildings, when they are read in another system? A shift of some hundred metres shows in the
    outlines only where many lie near them; so most are told by the buildings, or not at all.
    """
    given = [one for one in points if one is not None]
    if len(given) < LEAST_BARE:
        return None
    read = _read(given[:: max(1, -(-len(given) // LOOKED_AT))], declared)
    backed = {system: _backed(connection, x, y, as_of) for system, (x, y) in read.items()}
    by_outlines = misfit(read, {system: one[0] for system, one in backed.items()})
    return by_outlines or misfit(read, {system: one[1] for system, one in backed.items()})


def _read(points: Sequence[Point | None], declared: str) -> dict[str, tuple[Numbers, Numbers]]:
    lon = np.array([one.lon for one in points if one])
    lat = np.array([one.lat for one in points if one])
    return as_systems(lon, lat, declared)


def _backed(
    connection: Connection, lon: Numbers, lat: Numbers, as_of: AsOf
) -> tuple[Numbers, Numbers]:
    """1 for each place in a region, 0 for others; and 1 for each at a building."""
    kx, ky = metres_per_degree(float(np.median(lat)))
    found = rows(
        connection,
        "points_backed",
        lon=lon.tolist(),
        lat=lat.tolist(),
        kx=kx,
        ky=ky,
        dx=AT_BUILDING_M / max(kx, 1.0),
        dy=AT_BUILDING_M / ky,
        reach_m=AT_BUILDING_M,
        **times(as_of),
    )
    in_region, at_building = np.array([tuple(row) for row in found], dtype=np.float64).T
    return in_region, at_building


@dataclass(frozen=True, slots=True)
class _Known:
    """Where rows are by their words: a place (NaN: none), else a region's id (0: none)."""

    lon: np.ndarray[tuple[int], np.dtype[np.float64]]
    lat: np.ndarray[tuple[int], np.dtype[np.float64]]
    region: np.ndarray[tuple[int], np.dtype[np.int64]]


def _known(connection: Connection, witnesses: Sequence[Witness], as_of: AsOf) -> _Known:
    matches = match_addresses(connection, [one.words for one in witnesses], as_of)
    codes = [one.thing or match.place or "" for one, match in zip(witnesses, matches, strict=True)]
    things = things_of(connection, codes)
    grids = region_ids(connection, {(GRID, one.grid) for one in witnesses if one.grid}, as_of)
    count = len(witnesses)
    lon, lat, region = np.full(count, np.nan), np.full(count, np.nan), np.zeros(count, np.int64)
    for n, (one, match) in enumerate(zip(witnesses, matches, strict=True)):
        thing = things.get(codes[n]) or things.get(match.place or "")
        if thing is not None and thing.lon is not None and thing.lat is not None:
            lon[n], lat[n] = thing.lon, thing.lat
        else:
            region[n] = grids.get((GRID, one.grid), 0) or int(match.region or 0)
    return _Known(lon, lat, region)


def _inside(
    connection: Connection,
    places: Sequence[Point | None],
    regions: np.ndarray[tuple[int], np.dtype[np.int64]],
    as_of: AsOf,
) -> list[float]:
    names = region_names(connection, as_of)
    found = regions_at(connection, places, as_of)
    return [
        float(str(wanted) in names.chain(str(number)) if number is not None else False)
        for wanted, number in zip(regions, found, strict=True)
    ]
