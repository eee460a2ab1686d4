"""Grids change: their units of nets go with them, by the rule of `gis.nets.carry`.

At an activation in its transaction, while the temporary table `touched` says which grids changed on
which days; before it, for a draft, to say what would be mixed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import shapely
from sqlalchemy import text

from gis.nets import Carried, Mixed, NetKind, UnitRef, carry
from gis.store.database import copy_rows, drop_temporary, rows
from gis.store.nets import lock_nets

if TYPE_CHECKING:
    from shapely import MultiPolygon
    from sqlalchemy import Connection

    from gis.model import BoundaryRow

INSTANT: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class NetsCarried:
    """How many memberships an activation made and ended."""

    joined: int
    left: int


NOTHING_CARRIED: Final = NetsCarried(0, 0)


def carry_nets(connection: Connection, since: date, now: datetime) -> NetsCarried:
    """Carry the units of the grids in `touched` over their change, from the edition's day on.

    Whoever states a net meanwhile waits, or was waited for: nets are held to the end.
    """
    lock_nets(connection)
    concerned = text(
        "SELECT EXISTS (SELECT FROM net_member m JOIN touched t ON t.region_id = m.region_id"
        " WHERE upper_inf(m.known) AND m.valid && t.days)"
    )
    if not connection.execute(concerned).scalar():
        return NOTHING_CARRIED
    found = rows(connection, "net_touched", since=since, before=now - INSTANT)
    was = {row.region_id: _shape(row.was) for row in found if row.was is not None}
    becomes = {row.region_id: _shape(row.is_now) for row in found if row.is_now is not None}
    until = {row.region_id: row.until for row in found}
    ended = [number for number in was if number not in becomes]
    known = memberships(connection, list(until))
    joins = list(_joins(was, becomes, until, known, since))
    left = _leave(connection, ended, since, now)
    return NetsCarried(_join(connection, joins, now), left)


def _shape(wkb: bytes) -> MultiPolygon:
    made = shapely.from_wkb(bytes(wkb))
    assert isinstance(made, shapely.MultiPolygon), "the column holds nothing else"
    return made


# ---- before it ----------------------------------------------------------------------------------


def staged_mixed(
    connection: Connection, given: Sequence[BoundaryRow], since: date
) -> list[tuple[BoundaryRow, Mixed[int]]]:
    """The rows of a staged edition of grids on whose ground several units of one net stand now."""
    if not connection.execute(text("SELECT EXISTS (SELECT FROM net_member)")).scalar():
        return []
    by_row = {one.row: one for one in given}
    found = rows(connection, "net_staged", since=since)
    was = {row.region_id: _shape(row.was) for row in found if row.was is not None}
    stated = {
        (row.region_id if row.region_id in was else -row.row): by_row[row.row]
        for row in found
        if row.row is not None
    }
    shaped = {key: one.shape for key, one in stated.items() if one.shape is not None}
    units = units_on(memberships(connection, list(was)), since)
    return [(stated[one.grid], one) for one in carry(was, shaped, units).mixed]


# ---- who is in what, when -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Membership:
    """A grid's unit from a day until just before another (None: without end), as known now."""

    region_id: int
    unit: UnitRef
    since: date
    until: date | None

    def holds_on(self, day: date) -> bool:
        """Is it so on a day?"""
        return self.since <= day and (self.until is None or day < self.until)


def memberships(connection: Connection, ids: Collection[int]) -> list[Membership]:
    """The units of some grids on all days, as known now."""
    if not ids:
        return []
    found = rows(connection, "net_memberships", ids=sorted(ids))
    return [_membership(row) for row in found]


def _membership(row: Any) -> Membership:
    unit = UnitRef(row.net, row.unit, NetKind(row.kind), row.unit_id, row.net_name)
    return Membership(row.region_id, unit, row.valid_from, row.valid_to)


def units_on(known: Iterable[Membership], day: date) -> dict[int, list[UnitRef]]:
    """The units of each grid on a day."""
    units: dict[int, list[UnitRef]] = defaultdict(list)
    for one in known:
        if one.holds_on(day):
            units[one.region_id].append(one.unit)
    return units


def units_before(known: Iterable[Membership], day: date) -> dict[int, list[UnitRef]]:
    """The units each grid had last, of those that ended before a day."""
    last: dict[tuple[int, str], tuple[date, list[UnitRef]]] = {}
    for one in known:
        if one.until is not None and one.until <= day:
            key = (one.region_id, one.unit.net)
            before = last.get(key)
            if before is None or before[0] < one.until:
                last[key] = (one.until, [one.unit])
            elif before[0] == one.until:
                before[1].append(one.unit)
    units: dict[int, list[UnitRef]] = defaultdict(list)
    for (region_id, _), (_, held) in last.items():
        units[region_id] += held
    return units


def _joins(
    was: Mapping[int, MultiPolygon],
    becomes: Mapping[int, MultiPolygon],
    until: Mapping[int, date | None],
    known: Collection[Membership],
    since: date,
) -> Iterator[tuple[int, int, date, date | None]]:
    """Unit, grid, first day, end. A net that changes on a later day is carried for that, too."""
    days = sorted({since} | {one.since for one in known if one.since > since})
    ends: list[date | None] = [*days[1:], None]
    for day, end in zip(days, ends, strict=True):
        carried: Carried[int] = carry(was, becomes, units_on(known, day), units_before(known, day))
        for unit, grid in carried.joins:
            last = _earlier(end, until[grid])
            if last is None or day < last:
                yield unit.unit_id, grid, day, last


def _earlier(one: date | None, other: date | None) -> date | None:
    return other if one is None else one if other is None else min(one, other)


# ---- write --------------------------------------------------------------------------------------


def _leave(connection: Connection, ended: Collection[int], since: date, now: datetime) -> int:
    """End the memberships of grids that have ended, on the days they have; how many."""
    drop_temporary(connection, "net_left")
    asked = {"ids": sorted(ended), "now": now}
    connection.execute(
        text(
            "CREATE TEMPORARY TABLE net_left ON COMMIT DROP AS"
            " SELECT m.id, m.unit_id, m.region_id, m.valid, t.days"
            " FROM unnest(CAST(:ids AS bigint[])) AS ended(id)"
            " JOIN net_member m ON m.region_id = ended.id AND upper_inf(m.known)"
            " JOIN touched t ON t.region_id = m.region_id AND m.valid && t.days"
        ),
        asked,
    )
    connection.execute(
        text(
            "DELETE FROM net_member m USING net_left l WHERE m.id = l.id AND lower(m.known) >= :now"
        ),
        asked,
    )
    connection.execute(
        text(
            "UPDATE net_member m SET known = tstzrange(lower(m.known), :now)"
            " FROM net_left l WHERE m.id = l.id"
        ),
        asked,
    )
    connection.execute(
        text(
            "INSERT INTO net_member (unit_id, region_id, valid, known)"
            " SELECT unit_id, region_id, piece, tstzrange(:now, NULL) FROM net_left,"
            " LATERAL unnest(datemultirange(valid) - datemultirange(days)) AS piece"
        ),
        asked,
    )
    return int(connection.execute(text("SELECT count(*) FROM net_left")).scalar_one())


def _join(
    connection: Connection, joins: Iterable[tuple[int, int, date, date | None]], now: datetime
) -> int:
    drop_temporary(connection, "net_joined")
    connection.execute(
        text(
            "CREATE TEMPORARY TABLE net_joined (unit_id bigint, region_id bigint, valid daterange)"
            " ON COMMIT DROP"
        )
    )
    lines = ((unit, grid, f"[{since},{until or ''})") for unit, grid, since, until in joins)
    copy_rows(connection, "net_joined", ("unit_id", "region_id", "valid"), lines)
    return connection.execute(
        text(
            "INSERT INTO net_member (unit_id, region_id, valid, known)"
            " SELECT unit_id, region_id, unnest(range_agg(valid)), tstzrange(:now, NULL)"
            " FROM net_joined GROUP BY unit_id, region_id ON CONFLICT DO NOTHING"
        ),
        {"now": now},
    ).rowcount
