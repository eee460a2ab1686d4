"""What a batch says of its places in other words, and whether its coordinates agree with that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from gis.datum_fit import Misfit, as_systems, misfit, near_known
from gis.errors import BadInput
from gis.model import GRID, Point
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
    where that is another; None where they fit or nothing is said of them.
    """
    told = [n for n, point in enumerate(points) if point is not None and witnesses[n]]
    some = told[:: max(1, -(-len(told) // LOOKED_AT))]
    if not some:
        return None
    given = [points[n] for n in some]
    lon = np.array([one.lon for one in given if one])
    lat = np.array([one.lat for one in given if one])
    read = as_systems(lon, lat, declared)
    known = _known(connection, [witnesses[n] for n in some], as_of)
    agree = near_known(read, known.lon, known.lat)
    left = np.flatnonzero(np.isnan(known.lon) & (known.region > 0))
    if len(left):
        for system, (x, y) in read.items():
            places = [Point(float(x[n]), float(y[n])) for n in left]
            agree[system][left] = _inside(connection, places, known.region[left], as_of)
    return misfit(read, agree)


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
