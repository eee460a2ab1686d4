"""Nets of grids over two times: which there are, their units and grids, and how they are kept."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, text, true, update
from sqlalchemy.dialects.postgresql import insert

from gis.errors import Conflict, NotFound
from gis.intake import shared_path
from gis.model import GRID
from gis.nets import NetFault, NetKind, net_faults
from gis.store.database import copy_rows, drop_temporary, query, rows, times
from gis.store.regions import region_ids
from gis.store.tables.nets import net, net_unit

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy import Connection

    from gis.model import AsOf


@dataclass(frozen=True, slots=True)
class NetRow:
    """A net, and how many units and grids it has on the day asked about.

    `home_id`, `home_level`, `home_code`: the region whose grids it is about; None: all of them.
    """

    id: int
    code: str
    name: str
    kind: NetKind
    home_id: int | None
    home_level: str | None
    home_code: str | None
    organisation: str | None
    source: str
    changed_at: datetime
    units: int
    grids: int


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A unit with the codes of its grids; `geometry` is their union, GeoJSON as text."""

    code: str
    name: str
    grids: tuple[str, ...]
    geometry: str | None = None


@dataclass(frozen=True, slots=True)
class NewNet:
    """A net as it is to be kept; `source` names the list or the document it comes from."""

    code: str
    name: str
    kind: NetKind
    home_id: int | None = None
    organisation_id: int | None = None
    source: str = ""
    sha256: str = ""
    made_by: int | None = None


@dataclass(frozen=True, slots=True)
class UnitStated:
    """A unit as it is stated: its name, and the grids (region ids) that are to make it."""

    name: str
    grids: frozenset[int]


@dataclass(frozen=True, slots=True)
class MembersChanged:
    """How many grids joined a unit and how many left one."""

    joined: int
    left: int


# ---- read ---------------------------------------------------------------------------------------


def list_nets(
    connection: Connection,
    as_of: AsOf,
    *,
    kind: NetKind | None = None,
    grid: str | None = None,
    region_id: int | None = None,
    after: str | None = None,
    most: int,
) -> list[NetRow]:
    """Nets by code: of a kind, with a grid in them, about a region, one above or below it."""
    asked = {"kind": kind, "grid": grid, "region_id": region_id, "after": after, "code": None}
    return [_net(row) for row in rows(connection, "nets_list", **asked, most=most, **times(as_of))]


def is_kept(connection: Connection, code: str) -> bool:
    """Is there a net with this code, on whatever day?"""
    return connection.execute(select(net.c.id).where(net.c.code == code)).first() is not None


def net_of(connection: Connection, code: str, as_of: AsOf) -> NetRow:
    """One net. Raises NotFound."""
    asked = {"kind": None, "grid": None, "region_id": None, "after": None, "code": code}
    found = rows(connection, "nets_list", **asked, most=1, **times(as_of))
    if not found:
        raise NotFound("error.net_not_found", code=code)
    return _net(found[0])


def _net(row: Any) -> NetRow:
    columns = list(row)
    columns[3] = NetKind(row.kind)
    return NetRow(*columns)


def units_of(
    connection: Connection,
    net_id: int,
    as_of: AsOf,
    *,
    after: str | None = None,
    most: int | None = None,
    shapes: bool = False,
) -> list[UnitRow]:
    """The units of a net that have grids on the day, by code; with `shapes` their unions."""
    asked = {"net_id": net_id, "after": after, "most": most, "shapes": shapes}
    found = rows(connection, "net_units", **asked, **times(as_of))
    return [UnitRow(row.code, row.name, tuple(row.grids), row.geometry) for row in found]


def units_geojson(units: Sequence[UnitRow], following: str | None) -> str:
    """Units with their unions as a FeatureCollection (text); `next` beside the features."""
    features = ",".join(
        f'{{"type":"Feature","id":{json.dumps(one.code)},"properties":{_words(one)},'
        f'"geometry":{one.geometry or "null"}}}'
        for one in units
    )
    head = f'{{"type":"FeatureCollection","next":{json.dumps(following)},"features":['
    return f"{head}{features}]}}"


def _words(one: UnitRow) -> str:
    said = {"code": one.code, "name": one.name, "grids": one.grids}
    return json.dumps(said, ensure_ascii=False)


def faults_of(connection: Connection, one: NetRow, as_of: AsOf) -> list[NetFault]:
    """Everything wrong with a net on a day."""
    units = {unit.code: unit.grids for unit in units_of(connection, one.id, as_of)}
    found = rows(connection, "net_communities", net_id=one.id, home_id=one.home_id, **times(as_of))
    communities = {row.grid: row.community for row in found}
    return net_faults(one.kind, units, communities)


# ---- keep ---------------------------------------------------------------------------------------


def add_net(connection: Connection, new: NewNet, now: datetime) -> int:
    """Keep a new net; its id. Raises Conflict for a code in use."""
    made = insert(net).values(changed_at=now, **_columns(new)).on_conflict_do_nothing()
    number = connection.execute(made.returning(net.c.id)).scalar()
    if number is None:
        raise Conflict("error.net_exists", code=new.code)
    return int(number)


def change_net(connection: Connection, net_id: int, new: NewNet, now: datetime) -> None:
    """Give a net another name, kind, home or source; its code stays."""
    connection.execute(
        update(net).where(net.c.id == net_id).values(changed_at=now, **_columns(new))
    )


def _columns(new: NewNet) -> dict[str, object]:
    return {
        "code": new.code,
        "name": new.name,
        "kind": new.kind.value,
        "home_region_id": new.home_id,
        "organisation_id": new.organisation_id,
        "source": new.source,
        "sha256": new.sha256,
        "made_by": new.made_by,
    }


def lock_nets(connection: Connection, code: str | None = None) -> None:
    """Let nobody else change a net, or any of them, until the transaction ends; by code."""
    which = true() if code is None else net.c.code == code
    connection.execute(select(net.c.id).where(which).order_by(net.c.code).with_for_update())


def keep_units(
    connection: Connection,
    net_id: int,
    units: Mapping[str, UnitStated],
    since: date,
    now: datetime,
) -> MembersChanged:
    """Say which grids make a net from a day on, wholly: what isn't stated ends that day.

    What was known before goes on being readable by its known time; statements about days later
    than `since` are replaced, too.
    """
    ids = _keep_names(connection, net_id, units)
    drop_temporary(connection, "net_stated", "net_closed")
    connection.execute(
        text("CREATE TEMPORARY TABLE net_stated (unit_id bigint, region_id bigint) ON COMMIT DROP")
    )
    lines = ((ids[code], grid) for code, unit in units.items() for grid in sorted(unit.grids))
    copy_rows(connection, "net_stated", ("unit_id", "region_id"), lines)
    times_of = {"since": since, "now": now}
    connection.execute(query("net_close"), {"net_id": net_id, "since": since})
    left = connection.execute(
        text(
            "SELECT count(*) FROM net_closed c WHERE NOT EXISTS (SELECT FROM net_stated s"
            " WHERE s.unit_id = c.unit_id AND s.region_id = c.region_id)"
        )
    ).scalar_one()
    _forget_closed(connection, now)
    connection.execute(
        text(
            "INSERT INTO net_member (unit_id, region_id, valid, known)"
            " SELECT unit_id, region_id, daterange(lower(valid), CAST(:since AS date)),"
            " tstzrange(:now, NULL) FROM net_closed WHERE lower(valid) < CAST(:since AS date)"
        ),
        times_of,
    )
    joined = connection.execute(
        text(
            "INSERT INTO net_member (unit_id, region_id, valid, known)"
            " SELECT s.unit_id, s.region_id, daterange(CAST(:since AS date), NULL),"
            " tstzrange(:now, NULL) FROM net_stated s WHERE NOT EXISTS ("
            "SELECT FROM net_member m WHERE m.unit_id = s.unit_id AND m.region_id = s.region_id"
            " AND upper_inf(m.known) AND m.valid @> daterange(CAST(:since AS date), NULL))"
        ),
        times_of,
    ).rowcount
    return MembersChanged(joined, int(left))


def _keep_names(
    connection: Connection, net_id: int, units: Mapping[str, UnitStated]
) -> dict[str, int]:
    for code, unit in units.items():
        connection.execute(
            text(
                "INSERT INTO net_unit (net_id, code, name) VALUES (:net_id, :code, :name)"
                " ON CONFLICT (net_id, code) DO UPDATE SET name = excluded.name"
                " WHERE net_unit.name <> excluded.name"
            ),
            {"net_id": net_id, "code": code, "name": unit.name},
        )
    found = connection.execute(
        select(net_unit.c.code, net_unit.c.id).where(net_unit.c.net_id == net_id)
    )
    return {row.code: row.id for row in found}


def _forget_closed(connection: Connection, now: datetime) -> None:
    """What stands in `net_closed` isn't known any more; what became known just now never was."""
    moment = {"now": now}
    connection.execute(
        text(
            "DELETE FROM net_member m USING net_closed c"
            " WHERE m.id = c.id AND lower(m.known) >= :now"
        ),
        moment,
    )
    connection.execute(
        text(
            "UPDATE net_member m SET known = tstzrange(lower(m.known), :now)"
            " FROM net_closed c WHERE m.id = c.id"
        ),
        moment,
    )


def grid_ids(connection: Connection, codes: Collection[str], as_of: AsOf) -> dict[str, int]:
    """The grids in force on a day, by code; unknown codes are absent."""
    found = region_ids(connection, {(GRID, code) for code in codes}, as_of)
    return {code: number for (_, code), number in found.items()}


def lowest_above(
    connection: Connection, ids: Collection[int], *, home_id: int | None = None
) -> int | None:
    """The lowest region that holds all these regions, and `home_id` or all of it, today; None
    where there is none.
    """
    found = connection.execute(
        text("SELECT id, home_path FROM region WHERE id = ANY (CAST(:ids AS bigint[]))"),
        {"ids": sorted({*ids, *([home_id] if home_id else [])})},
    )
    path = shared_path(
        tuple(row.home_path if row.id == home_id else row.home_path[:-1]) for row in found
    )
    return path[-1] if path else None
