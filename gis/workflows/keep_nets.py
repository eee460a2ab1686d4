"""A net is stated: which grids make its units from a day on. From a list, by hand, by matching."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from gis.accounts import Role
from gis.errors import BadInput, NotAllowed, NotFound
from gis.model import AsOf
from gis.nets import NetKind
from gis.sheets import RowFault, rows_left_out
from gis.store import nets
from gis.store.approvals import holds_a_role_over
from gis.store.nets import NewNet, UnitStated
from gis.workflows.import_places import Choice, trial

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from sqlalchemy import Connection

    from gis.nets import NetFault, NetLine
    from gis.sheets import Sheet

KEEPERS: Final = (Role.PLANNER, Role.COMMUNITY_CLERK)
"""Who may state nets: with one of these roles over the net's home or above it."""

SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class NetStated:
    """A net as somebody states it: units by code, each with its name and its grids' codes.

    `home_id` None: as it is kept, or the lowest region above all its grids. `source` and `sha256`
    name the list or document it comes from.
    """

    code: str
    name: str
    kind: NetKind
    units: Mapping[str, tuple[str, frozenset[str]]]
    home_id: int | None = None
    organisation_id: int | None = None
    source: str = ""
    sha256: str = ""

    @property
    def grids(self) -> set[str]:
        """The codes of all grids of all units."""
        return {grid for _, grids in self.units.values() for grid in grids}


@dataclass(frozen=True, slots=True)
class NetKept:
    """What became of a net: whether it is new, how many grids joined and left, what is wrong."""

    code: str
    name: str
    new: bool
    units: int
    joined: int
    left: int
    faults: tuple[NetFault, ...]


def keep_net(
    connection: Connection,
    stated: NetStated,
    since: date,
    now: datetime,
    *,
    account_id: int | None = None,
) -> NetKept:
    """Keep a net as it is from a day on; what is wrong with it is told, and stops nothing.

    `account_id` None is the command line. Raises NotFound for grids that aren't in force on that
    day, NotAllowed for a home (the old one or the new) that isn't the account's, BadInput for a
    net without grids.
    """
    as_of = AsOf(since, now)
    if not stated.grids:
        raise BadInput("error.net_empty", code=stated.code)
    nets.lock_nets(connection, stated.code)  # first: an activation may be carrying it just now
    ids = nets.grid_ids(connection, stated.grids, as_of)
    _all_known(stated, ids, since)
    before = _kept(connection, stated.code, as_of)
    home = stated.home_id or _home(connection, before, ids.values())
    over = {home, nets.lowest_above(connection, ids.values(), home_id=home)}
    if before is not None:
        over.add(before.home_id)
    _may(connection, account_id, over, stated.code, now)
    new = NewNet(
        stated.code,
        stated.name,
        stated.kind,
        home,
        stated.organisation_id,
        stated.source,
        stated.sha256,
        account_id,
    )
    if before is None:
        net_id = nets.add_net(connection, new, now)
    else:
        net_id = before.id
        nets.change_net(connection, net_id, new, now)
    units = {
        code: UnitStated(name, frozenset(ids[grid] for grid in grids))
        for code, (name, grids) in stated.units.items()
    }
    changed = nets.keep_units(connection, net_id, units, since, now)
    faults = tuple(nets.faults_of(connection, nets.net_of(connection, stated.code, as_of), as_of))
    return NetKept(
        stated.code,
        stated.name,
        before is None,
        len(units),
        changed.joined,
        changed.left,
        faults,
    )


def end_net(
    connection: Connection,
    code: str,
    on: date,
    now: datetime,
    *,
    account_id: int | None = None,
) -> int:
    """From a day on a net has no grids any more; how many left. How it was stays readable.

    Raises NotFound, NotAllowed.
    """
    nets.lock_nets(connection, code)
    found = nets.net_of(connection, code, AsOf(on, now))
    _may(connection, account_id, {found.home_id}, code, now)
    return nets.keep_units(connection, found.id, {}, on, now).left


def _kept(connection: Connection, code: str, as_of: AsOf) -> nets.NetRow | None:
    try:
        return nets.net_of(connection, code, as_of)
    except NotFound:
        return None


def _home(connection: Connection, before: nets.NetRow | None, grids: Collection[int]) -> int | None:
    """The region a net is about: that it was about, as far up as its grids go."""
    if before is not None and before.home_id is None:
        return None
    return nets.lowest_above(connection, grids, home_id=before.home_id if before else None)


def _all_known(stated: NetStated, ids: Mapping[str, int], since: date) -> None:
    unknown = sorted(stated.grids - ids.keys())
    if unknown:
        more = "…" if len(unknown) > SHOWN else ""
        codes = ", ".join(unknown[:SHOWN]) + more
        raise NotFound("error.net_grids_unknown", codes=codes, day=since.isoformat())


def _may(
    connection: Connection,
    account_id: int | None,
    homes: Iterable[int | None],
    code: str,
    now: datetime,
) -> None:
    if account_id is None:
        return
    for home in homes:
        if not holds_a_role_over(connection, account_id, KEEPERS, home, now):
            raise NotAllowed("error.net_not_yours", code=code)


# ---- lists --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NetsReport:
    """What a list of nets would change, or did: each net, and what is wrong with which rows.

    `kept`: it was written; else nothing was.
    """

    nets: tuple[NetKept, ...]
    faults: list[RowFault]
    left_out: int
    kept: bool


def import_nets(
    connection: Connection,
    sheet: Sheet[NetLine],
    since: date,
    now: datetime,
    choice: Choice,
    *,
    home_id: int | None = None,
) -> NetsReport:
    """State every net that a list names, wholly, from a day on; other nets stay as they are.

    Faults of rows: a grid that isn't in force that day, the same grid twice in a unit, a net or a
    unit with two names or kinds.
    """
    codes = {one.item.grid for one in sheet.rows}
    known = nets.grid_ids(connection, codes, AsOf(since, now)).keys()
    faults = [*sheet.faults, *_rows_amiss(sheet, known)]
    bad = rows_left_out(faults)
    keep = choice.commit and (choice.skip_bad or not bad)
    kept = []
    with trial(connection, keep=keep):
        for stated in _nets_of([one.item for one in sheet.rows if one.row not in bad]):
            named = replace(stated, home_id=home_id, source=sheet.source)
            kept.append(keep_net(connection, named, since, now))
    ordered = sorted(faults, key=lambda one: one.row)
    return NetsReport(tuple(kept), ordered, len(bad), keep)


def _rows_amiss(sheet: Sheet[NetLine], known: Iterable[str]) -> Iterator[RowFault]:
    there = set(known)
    said: dict[tuple[str, ...], tuple[int, tuple[str, ...]]] = {}
    for one in sheet.rows:
        item = one.item
        if item.grid and item.grid not in there:
            yield RowFault(one.row, "row.unknown_grid", {"code": item.grid})
        row, net = said.setdefault((item.code,), (one.row, (item.name, item.kind)))
        if net != (item.name, item.kind):
            yield RowFault(one.row, "row.net_differs", {"code": item.code, "before": row})
        row, unit = said.setdefault((item.code, item.unit), (one.row, (item.unit_name,)))
        if unit != (item.unit_name,):
            yield RowFault(one.row, "row.unit_differs", {"code": item.unit, "before": row})
        row, _ = said.setdefault((item.code, item.unit, item.grid), (one.row, ()))
        if row != one.row:
            values: dict[str, str | int] = {"code": item.grid, "before": row}
            yield RowFault(one.row, "row.double_member", values, stops=False)


def _nets_of(lines: Iterable[NetLine]) -> Iterator[NetStated]:
    """The nets that rows state, by code."""
    nets_said: dict[str, NetLine] = {}
    names: dict[str, dict[str, str]] = defaultdict(dict)
    grids: dict[tuple[str, str], set[str]] = defaultdict(set)
    for line in lines:
        nets_said.setdefault(line.code, line)
        names[line.code].setdefault(line.unit, line.unit_name)
        grids[line.code, line.unit].add(line.grid)
    for code, first in sorted(nets_said.items()):  # as they are locked
        units = {unit: (name, frozenset(grids[code, unit])) for unit, name in names[code].items()}
        yield NetStated(code, first.name, first.kind, units)
