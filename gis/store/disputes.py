"""Contested ground over two times: which there is, what holds at a place, and how it is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from gis.coordinates import metres_per_degree
from gis.disputes import DAY, Contested, DisputeState, state_of
from gis.errors import Conflict, NotFound
from gis.intake import Region
from gis.store.database import as_json, rows, times
from gis.store.locating import LEAST_RADIUS_M
from gis.store.placements import Disc
from gis.store.tables.nets import dispute, dispute_claimant, dispute_term

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import date, datetime

    from numpy.typing import NDArray
    from shapely import MultiPolygon
    from sqlalchemy import Connection

    from gis.model import AsOf
    from gis.store.database import Asked

SRID = 4490


@dataclass(frozen=True, slots=True)
class DisputeRow:
    """A dispute with its term of the day asked about, or the nearest one.

    `ends_on` is the last day of that term. `owner_stands`: the temporary owner is in force.
    `claimants`: level, code and name of each.
    """

    id: int
    code: str
    state: DisputeState
    reason: str
    source: str
    claimants: tuple[tuple[str, str | None, str | None], ...]
    owner_id: int
    owner: str | None
    owner_stands: bool
    since: date
    ends_on: date | None
    settled_on: date | None
    outcome: str
    geometry: str | None


@dataclass(frozen=True, slots=True)
class NewDispute:
    """A dispute as it is to be kept: claimants and owner by region id; `until`: exclusive."""

    code: str
    shape: MultiPolygon
    claimants: frozenset[int]
    owner_id: int
    reason: str
    source: str
    since: date
    until: date
    made_by: int | None = None


# ---- read ---------------------------------------------------------------------------------------


def disputes_at(
    connection: Connection, lon: float, lat: float, as_of: AsOf, *, radius_m: float = 0.0
) -> list[Contested]:
    """The disputes in force at a place (degrees, EPSG:4490) with an error disc of so many metres,
    the one with the largest share of the disc first.
    """
    discs = {0: Disc(lon, lat, radius_m)}
    return disputes_at_each(connection, discs, as_of).get(0, [])


def disputes_at_each(
    connection: Connection, discs: Mapping[int, Disc], as_of: AsOf
) -> dict[int, list[Contested]]:
    """The same for several places, by the numbers they are given with; nothing where none is."""
    if not discs:
        return {}
    name, values = disputes_asked(discs, as_of)
    return disputes_told(rows(connection, name, **values))


def disputes_asked(discs: Mapping[int, Disc], as_of: AsOf) -> Asked:
    """What `disputes_at_each` asks, so that it can be asked ahead."""
    places = as_json([one.asked(n) for n, one in discs.items()])
    return "disputes_near", {"places": places} | times(as_of)


def disputes_told(found: Iterable[Any]) -> dict[int, list[Contested]]:
    """What the answer to `disputes_asked` says."""
    told: dict[int, list[Contested]] = {}
    for row in found:
        told.setdefault(row.n, []).append(_contested(row))
    return told


def disputes_at_many(
    connection: Connection,
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    radius_m: NDArray[np.float64],
    as_of: AsOf,
) -> dict[int, list[Contested]]:
    """What `disputes_at` says of each of many places, by its number; places without a dispute are
    absent, and those that are NaN. The database is asked about those near contested ground alone.
    """
    there = np.flatnonzero(np.isfinite(lon) & np.isfinite(lat))
    if not len(there):
        return {}
    kx, ky = metres_per_degree(lat[there])
    reach_m = np.maximum(radius_m[there], LEAST_RADIUS_M)
    dx, dy = reach_m / np.maximum(kx, 1e-3), reach_m / ky
    west, east, south, north = lon[there] - dx, lon[there] + dx, lat[there] - dy, lat[there] + dy
    box = {"west": west.min(), "south": south.min(), "east": east.max(), "north": north.max()}
    near = np.zeros(len(there), dtype=bool)
    for one in rows(connection, "dispute_boxes", **{k: float(v) for k, v in box.items()}):
        near |= (
            (west <= one.east) & (east >= one.west) & (south <= one.north) & (north >= one.south)
        )
    some = there[near].tolist()
    discs = {n: Disc(float(lon[n]), float(lat[n]), float(radius_m[n])) for n in some}
    found = disputes_at_each(connection, discs, as_of)
    return {n: found[n] for n in some if found.get(n)}


def _contested(row: Any) -> Contested:
    known = {
        number: Region(number, level, code or "", name or code or "")
        for number, level, code, name in row.known
    }
    return Contested(
        row.code,
        min(1.0, float(row.share)),
        row.owner_id,
        tuple(row.path or ()),
        tuple(row.claimants),
        known,
        row.since,
        row.until - DAY if row.until else None,
    )


def list_disputes(
    connection: Connection,
    as_of: AsOf,
    *,
    region_id: int | None = None,
    code: str | None = None,
    after: str | None = None,
    most: int,
    shapes: bool = False,
) -> list[DisputeRow]:
    """Disputes by code: of a region, one above or below it; with `shapes` their geometries."""
    asked = {"region_id": region_id, "code": code, "after": after, "most": most, "shapes": shapes}
    found = rows(connection, "disputes_list", **asked, **times(as_of))
    return [_row(row, as_of) for row in found]


def dispute_of(connection: Connection, code: str, as_of: AsOf) -> DisputeRow:
    """One dispute. Raises NotFound."""
    found = list_disputes(connection, as_of, code=code, most=1)
    if not found:
        raise NotFound("error.dispute_not_found", code=code)
    return found[0]


def _row(row: Any, as_of: AsOf) -> DisputeRow:
    return DisputeRow(
        row.id,
        row.code,
        state_of(row.since, row.until, row.settled_on, as_of.valid_on),
        row.reason,
        row.source,
        tuple((level, code, name) for level, code, name in row.claimants),
        row.owner_id,
        row.owner,
        row.owner_stands,
        row.since,
        row.until - DAY if row.until else None,
        row.settled_on,
        row.outcome,
        row.geometry,
    )


def claimants_of(connection: Connection, dispute_id: int) -> set[int]:
    """The regions that claim the ground, by id."""
    asked = select(dispute_claimant.c.region_id).where(dispute_claimant.c.dispute_id == dispute_id)
    return set(connection.execute(asked).scalars())


def ground_of_others(
    connection: Connection, shape: MultiPolygon, claimants: Collection[int], as_of: AsOf
) -> tuple[bool, list[str]]:
    """Does an area touch ground of a claimant; and codes of regions, at most five, that lose more
    than two square metres to it though neither they nor any region above or below them claims it.
    """
    asked = {"shape": shape.wkt, "claimants": sorted(claimants), **times(as_of)}
    (found,) = rows(connection, "dispute_ground", **asked)
    return found.touches, list(found.foreign_codes or ())


def stands_under(
    connection: Connection, region_id: int, above: Collection[int], as_of: AsOf
) -> bool:
    """Is a region one of some others, or within one of them, as of a day?"""
    asked = """SELECT coalesce(bool_or((v.path || v.region_id) && CAST(:above AS bigint[])), false)
                 FROM region_version v
                WHERE v.region_id = :region_id
                  AND CASE WHEN v.valid @> CAST(:valid_on AS date)
                      THEN v.known @> CAST(:known_at AS timestamptz) END"""
    values = {"region_id": region_id, "above": sorted(above), **times(as_of)}
    return bool(connection.execute(text(asked), values).scalar_one())


# ---- keep ---------------------------------------------------------------------------------------


def add_dispute(connection: Connection, new: NewDispute, now: datetime) -> int:
    """Keep a new dispute with its first term; its id. Raises Conflict for a code in use."""
    shape = shapely.to_wkb(shapely.set_srid(new.shape, SRID), hex=True, include_srid=True)
    made = insert(dispute).values(
        code=new.code,
        reason=new.reason,
        source=new.source,
        geom=text("CAST(:shape AS geometry)").bindparams(shape=shape),
        made_by=new.made_by,
        made_at=now,
    )
    number = connection.execute(made.on_conflict_do_nothing().returning(dispute.c.id)).scalar()
    if number is None:
        raise Conflict("error.dispute_exists", code=new.code)
    claims = [{"dispute_id": number, "region_id": one} for one in sorted(new.claimants)]
    connection.execute(insert(dispute_claimant), claims)
    _write_terms(connection, number, [(new.owner_id, new.since, new.until)], now)
    return int(number)


def lock_dispute(connection: Connection, dispute_id: int) -> None:
    """Let nobody else change this dispute until the transaction ends."""
    connection.execute(select(dispute.c.id).where(dispute.c.id == dispute_id).with_for_update())


def set_term(
    connection: Connection,
    dispute_id: int,
    term: tuple[int, date, date] | None,
    since: date,
    now: datetime,
) -> None:
    """From a day on the dispute is another's (owner, first day, end), or nobody's: None."""
    which = (
        dispute_term.c.dispute_id == dispute_id,
        func.upper_inf(dispute_term.c.known),
        dispute_term.c.valid.bool_op("&&")(func.daterange(since, None)),
    )
    first = func.lower(dispute_term.c.valid).label("first")
    before = connection.execute(select(dispute_term.c.owner_id, first).where(*which)).all()
    just_now = func.lower(dispute_term.c.known) >= now  # what became known this instant never was
    connection.execute(delete(dispute_term).where(*which, just_now))
    ended = func.tstzrange(func.lower(dispute_term.c.known), now)
    connection.execute(update(dispute_term).where(*which).values(known=ended))
    kept = [(row.owner_id, row.first, since) for row in before if row.first < since]
    _write_terms(connection, dispute_id, [*kept, *([term] if term else [])], now)


def _write_terms(
    connection: Connection,
    dispute_id: int,
    terms: Collection[tuple[int, date, date]],
    now: datetime,
) -> None:
    for owner_id, since, until in terms:
        connection.execute(
            insert(dispute_term).values(
                dispute_id=dispute_id,
                owner_id=owner_id,
                valid=text("daterange(:since, :until)").bindparams(since=since, until=until),
                known=text("tstzrange(:now, NULL)").bindparams(now=now),
            )
        )


def began_before(connection: Connection, dispute_id: int, on: date) -> bool:
    """Had a dispute, as known now, begun before a day?"""
    found = connection.execute(
        select(dispute_term.c.id).where(
            dispute_term.c.dispute_id == dispute_id,
            func.upper_inf(dispute_term.c.known),
            func.lower(dispute_term.c.valid) < on,
        )
    )
    return found.first() is not None


def settle(connection: Connection, dispute_id: int, on: date, outcome: str) -> None:
    """Write down that a dispute is settled, from which day on and how."""
    connection.execute(
        update(dispute).where(dispute.c.id == dispute_id).values(settled_on=on, outcome=outcome)
    )
