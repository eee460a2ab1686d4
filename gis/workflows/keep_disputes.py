"""Ground is contested: kept with its claimants and temporary owner, extended, settled."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

import shapely

from gis.accounts import Role
from gis.disputes import DAY, DisputeState
from gis.errors import BadInput, Conflict, NotAllowed, NotFound
from gis.model import BEIJING, GRID, AsOf
from gis.sheets import ImportReport, RowFault, Sheet, rows_left_out
from gis.store import disputes
from gis.store.approvals import holds_a_role_over
from gis.store.disputes import NewDispute
from gis.store.nets import lowest_above
from gis.store.regions import region_ids
from gis.workflows.import_places import Choice, doubles, sift, trial

if TYPE_CHECKING:
    from shapely import MultiPolygon
    from sqlalchemy import Connection

    from gis.disputes import DisputeLine
    from gis.store.disputes import DisputeRow

KEEPERS: Final = (Role.PLANNER, Role.COMMUNITY_CLERK)
"""Who may: with one of these roles over a region that holds all claimants and the owner."""


def add_dispute(
    connection: Connection,
    line: DisputeLine,
    now: datetime,
    *,
    account_id: int | None = None,
) -> int:
    """Keep a new dispute; its id. `account_id` None is the command line.

    Raises NotFound for a region that isn't in force on its first day, BadInput for fewer than two
    claimants, a temporary owner of none of them, an area that isn't sound, lies elsewhere or on
    ground of regions that don't claim it, or days that can't be, NotAllowed, Conflict.
    """
    since = line.since or now.astimezone(BEIJING).date()
    until = _end(line.ends_on, since)
    if line.shape is None or not shapely.is_valid(line.shape):
        raise BadInput("error.dispute_shape", code=line.code)
    named = {(one.level, one.code) for one in line.claimants}
    if len(named) < 2:
        raise BadInput("error.dispute_claimants", code=line.code)
    ids = region_ids(connection, {*named, (GRID, line.owner)}, AsOf(since, now))
    for level, code in sorted({*named, (GRID, line.owner)}):
        if (level, code) not in ids:
            raise NotFound("error.region_not_found", code=code, day=since.isoformat())
    _may(connection, set(ids.values()), line.code, account_id, now)
    claimants = frozenset(ids[one] for one in named)
    _owned_by_a_claimant(connection, line.owner, ids[GRID, line.owner], claimants, AsOf(since, now))
    _on_claimed_ground(connection, line.code, line.shape, claimants, AsOf(since, now))
    new = NewDispute(
        line.code,
        line.shape,
        claimants,
        ids[GRID, line.owner],
        line.reason,
        line.source,
        since,
        until,
        account_id,
    )
    return disputes.add_dispute(connection, new, now)


def _on_claimed_ground(
    connection: Connection, code: str, shape: MultiPolygon, claimants: frozenset[int], as_of: AsOf
) -> None:
    """Nobody gets others' ground, and with it their matters, by calling it contested."""
    touches, others = disputes.ground_of_others(connection, shape, claimants, as_of)
    if others:
        raise BadInput("error.dispute_of_others", code=code, codes=", ".join(others))
    if not touches:
        raise BadInput("error.dispute_elsewhere", code=code)


def _owned_by_a_claimant(
    connection: Connection, code: str, owner_id: int, claimants: Collection[int], as_of: AsOf
) -> None:
    """Who acts there meanwhile is a party: duties stay with those on the ground (属地管理), whoever
    decides about it. A third grid would answer for ground that it doesn't even claim.
    """
    if not disputes.stands_under(connection, owner_id, claimants, as_of):
        raise BadInput("error.dispute_owner", owner=code)


def _end(ends_on: date | None, since: date) -> date:
    if ends_on is None or ends_on < since:
        raise BadInput("error.dispute_days", since=since.isoformat())
    return ends_on + DAY


def extend_dispute(
    connection: Connection,
    found: DisputeRow,
    ends_on: date,
    now: datetime,
    *,
    since: date | None = None,
    owner: str | None = None,
    account_id: int | None = None,
) -> None:
    """From a day on (today) a dispute runs until another, with another temporary owner if named.

    Raises Conflict for one that is settled, NotFound, BadInput, NotAllowed.
    """
    disputes.lock_dispute(connection, found.id)
    _not_settled(found)
    first = since or now.astimezone(BEIJING).date()
    until = _end(ends_on, first)
    owner_id: int | None = found.owner_id
    if owner is not None:
        owner_id = region_ids(connection, {(GRID, owner)}, AsOf(first, now)).get((GRID, owner))
    if owner_id is None:
        raise NotFound("error.region_not_found", code=owner or "?", day=first.isoformat())
    claimants = disputes.claimants_of(connection, found.id)
    _may(connection, {*claimants, owner_id}, found.code, account_id, now)
    if owner is not None:
        _owned_by_a_claimant(connection, owner, owner_id, claimants, AsOf(first, now))
    if since is None and owner_id == found.owner_id and found.state is DisputeState.OPEN:
        first = found.since  # the same term, only longer
    disputes.set_term(connection, found.id, (owner_id, first, until), first, now)


def settle_dispute(
    connection: Connection,
    found: DisputeRow,
    outcome: str,
    now: datetime,
    *,
    on: date | None = None,
    account_id: int | None = None,
) -> None:
    """A dispute is over from a day on (today): its ground belongs to whom the boundaries say.

    Open matters stay with those that have them. Raises Conflict for one that is settled already,
    NotAllowed, BadInput for a day on which it hadn't lasted a day yet.
    """
    disputes.lock_dispute(connection, found.id)
    _not_settled(found)
    regions = {*disputes.claimants_of(connection, found.id), found.owner_id}
    _may(connection, regions, found.code, account_id, now)
    day = on or now.astimezone(BEIJING).date()
    if not disputes.began_before(connection, found.id, day):
        raise BadInput("error.dispute_settled_at_once", code=found.code, day=day.isoformat())
    disputes.set_term(connection, found.id, None, day, now)
    disputes.settle(connection, found.id, day, outcome)


def _not_settled(found: DisputeRow) -> None:
    if found.settled_on is not None:
        raise Conflict("error.dispute_settled", code=found.code, day=found.settled_on.isoformat())


def _may(
    connection: Connection, regions: set[int], code: str, account_id: int | None, now: datetime
) -> None:
    if account_id is None:
        return
    above = lowest_above(connection, regions)
    if not holds_a_role_over(connection, account_id, KEEPERS, above, now):
        raise NotAllowed("error.dispute_not_yours", code=code)


# ---- lists --------------------------------------------------------------------------------------


def import_disputes(
    connection: Connection, sheet: Sheet[DisputeLine], now: datetime, choice: Choice
) -> ImportReport:
    """Keep new disputes of a file of areas. Faults: regions that aren't there, days that can't be,
    codes that are in use.
    """
    faults = [*sheet.faults, *doubles(sheet)]
    bad = rows_left_out(faults)
    with trial(connection, keep=False):
        for one in sheet.rows:
            if one.row not in bad:
                faults += _refused(connection, one.row, one.item, now)
    good, keep = sift(sheet, faults, choice)
    with trial(connection, keep=keep):
        for item in good:
            add_dispute(connection, item, now)
    return ImportReport(
        tuple(one.code for one in good),
        (),
        0,
        sorted(faults, key=lambda fault: fault.row),
        len(rows_left_out(faults)),
        kept=keep,
    )


def _refused(
    connection: Connection, row: int, item: DisputeLine, now: datetime
) -> Iterator[RowFault]:
    """Why a dispute can't be kept, as a fault of its row."""
    try:
        add_dispute(connection, item, now)
    except (BadInput, Conflict, NotFound) as refused:
        yield RowFault(row, refused.key, {name: str(one) for name, one in refused.values.items()})
