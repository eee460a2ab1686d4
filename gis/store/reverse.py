"""A place led to its standard address: geocoding the other way round."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gis.coordinates import metres_per_degree
from gis.model import GRID
from gis.store.database import rows
from gis.store.geocoding import Level, Thing, thing_of
from gis.store.known_addresses import standard_address
from gis.store.placements import place_at

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from gis.intake import Region
    from gis.model import AsOf


@dataclass(frozen=True, slots=True)
class Reversed:
    """The address of a place. `metres` to the thing that has it, 0 inside its footprint; without a
    thing nothing with an address is within reach. `confident`: the error disc lies in one grid.
    """

    standard: str
    thing: Thing | None
    metres: float | None
    regions: tuple[Level, ...]
    confident: bool


def reverse(
    connection: Connection,
    lon: float,
    lat: float,
    as_of: AsOf,
    *,
    accuracy_m: float,
    reach_m: float,
) -> Reversed:
    """The standard address of a place (degrees, EPSG:4490): that of the building whose footprint
    holds it, else of the nearest known address within `reach_m`; ties by code.
    """
    placed = place_at(connection, lon, lat, as_of, accuracy_m=accuracy_m)
    point, placement, known = placed.point, placed.placement, placed.known
    owner = placement.owner
    path = (*owner.path, owner.region_id) if owner else ()
    regions = tuple(_level(known[one]) for one in path)
    kx, ky = metres_per_degree(point.lat)
    found = rows(
        connection,
        "address_near_point",
        lon=point.lon,
        lat=point.lat,
        kx=kx,
        ky=ky,
        dx=reach_m / kx if kx > 0 else 360.0,
        dy=reach_m / ky,
        reach_m=reach_m,
    )
    if not found:
        return Reversed("", None, None, regions, placement.confident)
    thing = thing_of(found[0])
    upper = [one.name for one in regions if one.level != GRID]
    words = standard_address(thing.address, upper)
    return Reversed(words, thing, found[0].metres, regions, placement.confident)


def _level(one: Region) -> Level:
    return Level(one.id, one.level, one.code, one.name)
