"""Statements of ownership from the database: replayed by both times, written nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gis.coordinates import metres_per_degree
from gis.model import AsOf
from gis.ownership import (
    FORMAT,
    MOST_FAULTS,
    MOST_NEIGHBOURS,
    NEIGHBOURS_WITHIN_M,
    NOTICE,
    TITLE,
    DisputeStated,
    FaultStated,
    NeighbourStated,
    PlaceStated,
    RegionStated,
    SourceStated,
    Statement,
    day,
    degrees,
    instant,
    metres,
)
from gis.store import levels
from gis.store.database import rows
from gis.store.disputes import disputes_at
from gis.store.edition_lock import share_editions, told_at
from gis.store.locating import Located, locate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from gis.disputes import Contested
    from gis.locating import Candidate
    from gis.store.regions import Ancestor

PLACE_CRS: Final = "cgcs2000"


def state_ownership(
    connection: Connection, lon: float, lat: float, asked: PlaceStated, as_of: AsOf
) -> tuple[Statement, Located]:
    """Whose a place was: degrees in EPSG:4490; `asked` as the asker wrote it.

    While an activation is under way what was known just before it is stated, and says so: what is
    stated now is what a replay will find.
    """
    share_editions(connection)
    as_of = AsOf(as_of.valid_on, told_at(connection, as_of.known_at))
    found = locate(connection, lon, lat, as_of, accuracy_m=NEIGHBOURS_WITHIN_M)
    owner = found.placement.owner
    order = [one.code for one in levels.all_levels(connection)]
    statement = Statement(
        format=FORMAT,
        title=TITLE,
        notice=NOTICE,
        asked=asked,
        place=PlaceStated(degrees(found.point.lon), degrees(found.point.lat), PLACE_CRS),
        valid_on=as_of.valid_on.isoformat(),
        known_at=instant(as_of.known_at),
        method=found.placement.method,
        owner=None if owner is None else _region(found.known[owner.region_id]),
        regions=_regions(found, order),
        edge_m=None if found.placement.edge_m is None else metres(found.placement.edge_m),
        source=None if owner is None else _source(connection, owner.version_id),
        neighbours_within_m=metres(NEIGHBOURS_WITHIN_M),
        neighbours=tuple(_neighbour(found, one) for one in _nearest(found)),
        accepted_faults=_accepted(connection, found, as_of),
        disputes=_disputes(connection, found, as_of),
    )
    return statement, found


def _region(one: Ancestor) -> RegionStated:
    return RegionStated(one.level, one.level_name, one.code, one.name)


def _regions(found: Located, order: list[str]) -> tuple[RegionStated, ...]:
    owners = found.placement.owners
    return tuple(_region(found.known[owners[level]]) for level in order if level in owners)


def _nearest(found: Located) -> list[Candidate]:
    """At most so many neighbours; of two equally near ones, to the centimetre, the lower code."""
    near = found.placement.neighbours
    return sorted(near, key=lambda c: (round(c.edge_m or 0.0, 2), c.code))[:MOST_NEIGHBOURS]


def _neighbour(found: Located, one: Candidate) -> NeighbourStated:
    return NeighbourStated(one.code, found.known[one.region_id].name, metres(one.edge_m or 0.0))


def _accepted(connection: Connection, found: Located, as_of: AsOf) -> tuple[FaultStated, ...]:
    placement = found.placement
    around = [placement.owner, *placement.neighbours]
    kx, ky = metres_per_degree(found.point.lat)
    rows_found = rows(
        connection,
        "ownership_faults",
        editions=sorted({one.edition for one in around if one is not None}),
        lon=found.point.lon,
        lat=found.point.lat,
        kx=kx,
        ky=ky,
        within_m=NEIGHBOURS_WITHIN_M,
        known_at=as_of.known_at,
        most=MOST_FAULTS,
    )
    return tuple(
        FaultStated(
            kind=row.kind,
            codes=tuple(row.codes),
            m2=None if row.m2 is None else metres(row.m2),
            away_m=metres(row.away_m),
            why=row.why,
        )
        for row in rows_found
    )


def _disputes(connection: Connection, found: Located, as_of: AsOf) -> tuple[DisputeStated, ...]:
    """The disputes in force at the place itself, by code."""
    point = found.point
    there = disputes_at(connection, point.lon, point.lat, as_of)
    names = {one.code: one.name for one in levels.all_levels(connection)}
    return tuple(
        _dispute(one, names) for one in sorted(there, key=lambda one: one.code) if one.share > 0
    )


def _dispute(one: Contested, names: Mapping[str, str]) -> DisputeStated:
    def stated(number: int) -> RegionStated:
        region = one.known[number]
        return RegionStated(region.level, names[region.level], region.code, region.name)

    return DisputeStated(
        code=one.code,
        claimants=tuple(stated(number) for number in one.claimants),
        temporary_owner=stated(one.owner) if one.path else None,
        since=one.since.isoformat(),
        ends_on=day(one.ends_on),
    )


def _source(connection: Connection, version_id: int) -> SourceStated:
    (row,) = rows(connection, "ownership_source", version_id=version_id)
    return SourceStated(
        edition=row.edition,
        document=row.source,
        document_sha256=row.sha256,
        edition_valid_from=row.valid_from.isoformat(),
        edition_activated_at=None if row.activated_at is None else instant(row.activated_at),
        boundary_sha256=row.shape_sha256,
        holds_from=day(row.valid.lower),
        holds_to=day(row.valid.upper),
    )
