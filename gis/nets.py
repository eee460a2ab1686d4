"""One net (多网合一): which grids make the units of the police, of city management …?

A unit of a business net is a set of whole grids, so its shape is their union and never drawn. This
module says what is wrong with such sets, and what becomes of them when grids change.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Generic, Literal, TypeVar

import numpy as np
import shapely
from shapely import STRtree

if TYPE_CHECKING:
    from shapely import MultiPolygon

K = TypeVar("K", bound=Hashable)

MIXED_SHARE: Final = 0.01
"""From this share of a grid's ground on it counts that another unit had it: less is drawing."""

GROUP_SHARE: Final = 0.5
"""A new grid joins a plain group whose grids held at least this share of its ground."""


class NetKind(StrEnum):
    """Whose net it is. All but plain groups are business nets (`is_exclusive`)."""

    POLICE = "police"  # 警务
    URBAN_MANAGEMENT = "urban_management"  # 城管
    FIRE = "fire"  # 消防
    GOVERNANCE = "governance"  # 综治
    EMERGENCY = "emergency"  # 应急
    SANITATION = "sanitation"  # 环卫
    MARKET = "market"  # 市场监管
    PARTY = "party"  # 党建
    GROUP = "group"  # 分组: grids that somebody wants to name together

    @property
    def is_exclusive(self) -> bool:
        """Must every grid be in exactly one unit, and a community wholly in the net or not at all?

        Of business nets, so that one grid answers to one beat; a group may take what it likes.
        """
        return self is not NetKind.GROUP


@dataclass(frozen=True, slots=True)
class NetLine:
    """One row of a list of nets: a grid of a unit. `unit` may be the net itself, for a group."""

    code: str  # of the net
    name: str
    kind: NetKind
    unit: str
    unit_name: str
    grid: str


# ---- what is wrong ------------------------------------------------------------------------------


class NetFaultKind(StrEnum):
    """What may be wrong with a net, each with its sentence `net_fault.<value>`."""

    IN_TWO = "in_two"  # a grid in several units
    IN_NONE = "in_none"  # a grid in none, though its community is in the net
    ENDED = "ended"  # a grid that isn't in force on the day
    LEFT_OUT = "left_out"  # a whole community of the net's home without a unit: a note


@dataclass(frozen=True, slots=True)
class NetFault:
    """One thing wrong with a net. `code`: of the grid, or of the community left out."""

    kind: NetFaultKind
    code: str
    units: tuple[str, ...] = ()

    @property
    def is_note(self) -> bool:
        """It may be right: told, and nothing more."""
        return self.kind is NetFaultKind.LEFT_OUT


def net_faults(
    kind: NetKind, units: Mapping[str, Collection[str]], communities: Mapping[str, str | None]
) -> list[NetFault]:
    """Everything wrong with a net on a day, by kind and code.

    `units` are grid codes by unit; `communities` names the community of every grid in force under
    the net's home (None: it has none), and of those in the net.

    >>> where = {"g1": "c", "g2": "c", "g3": "d"}
    >>> [f"{one.kind} {one.code}" for one in net_faults(
    ...     NetKind.POLICE, {"u": ["g1", "g9"], "v": ["g1"]}, where)]
    ['in_two g1', 'in_none g2', 'ended g9', 'left_out d']
    """
    if not units:
        return []  # it has ended, or isn't begun
    holders: dict[str, list[str]] = defaultdict(list)
    for unit in sorted(units):
        for grid in units[unit]:
            holders[grid].append(unit)
    found = [
        NetFault(NetFaultKind.ENDED, grid, tuple(held))
        for grid, held in holders.items()
        if grid not in communities
    ]
    if kind.is_exclusive:
        found += _against_the_rule(holders, communities)
    order = list(NetFaultKind)
    return sorted(found, key=lambda one: (order.index(one.kind), one.code))


def _against_the_rule(
    holders: Mapping[str, Sequence[str]], communities: Mapping[str, str | None]
) -> Iterable[NetFault]:
    for grid, held in holders.items():
        if len(held) > 1:
            yield NetFault(NetFaultKind.IN_TWO, grid, tuple(held))
    inside = {communities[grid] for grid in holders if grid in communities}
    for grid, community in communities.items():
        if grid not in holders and community in inside:
            yield NetFault(NetFaultKind.IN_NONE, grid)
    for community in sorted({one for one in communities.values() if one} - inside):
        yield NetFault(NetFaultKind.LEFT_OUT, community)


# ---- when grids change --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class UnitRef:
    """A unit of a net, by their codes and its id (0 where it has none yet)."""

    net: str
    unit: str
    kind: NetKind
    unit_id: int = 0
    net_name: str = ""


@dataclass(frozen=True, slots=True)
class Mixed(Generic[K]):
    """A grid after a change on whose ground several units of one business net stood before.

    `unit` gets or keeps it (None: nobody); `others` lose ground to that unit, with their shares.
    """

    grid: K
    net: str
    unit: str | None
    others: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Carried(Generic[K]):
    """What becomes of the units when grids change: who joins, who leaves, what is mixed."""

    joins: tuple[tuple[UnitRef, K], ...]
    leaves: tuple[tuple[UnitRef, K], ...]
    mixed: tuple[Mixed[K], ...]


def carry(
    before: Mapping[K, MultiPolygon],
    after: Mapping[K, MultiPolygon],
    units: Mapping[K, Collection[UnitRef]],
    returned: Mapping[K, Collection[UnitRef]] | None = None,
) -> Carried[K]:
    """Carry memberships over a change of grids. Only grids that change need be given.

    - A grid that stays in force, whatever its shape, keeps its units.
    - One that ends leaves them.
    - A new one joins, in each business net, the unit that held the largest share of its ground
      (the lowest code where two held as much); and each plain group that held half of it. So the
      children of a split stay where their parent was. In a net it was in before (`returned`: a grid
      that comes back) it takes that unit again.
    - Where other units of the same business net held more than 1 % of a grid's ground, the grid is
      `mixed`: somebody has to answer for that.

    Shares are of area in degrees, which are the same as on the ground at the size of a grid.
    """
    shares = _shares(before, after, units)
    joins: list[tuple[UnitRef, K]] = []
    mixed: list[Mixed[K]] = []
    for grid in after:
        own = units.get(grid, ()) if grid in before else _first(grid, shares, returned or {})
        if grid not in before:
            joins += [(one, grid) for one in own]
        mixed += _mixed(grid, own, shares.get(grid, {}))
    leaves = [(one, grid) for grid in before if grid not in after for one in units.get(grid, ())]
    return Carried(tuple(joins), tuple(leaves), tuple(mixed))


def _shares(
    before: Mapping[K, MultiPolygon],
    after: Mapping[K, MultiPolygon],
    units: Mapping[K, Collection[UnitRef]],
) -> dict[K, dict[UnitRef, float]]:
    """Of each grid after the change, the part of its ground that each unit had."""
    old, new = [one for one in before if units.get(one)], list(after)
    found: dict[K, dict[UnitRef, float]] = defaultdict(lambda: defaultdict(float))
    if not old or not new:
        return found
    were = np.array([before[one] for one in old], dtype=object)
    are = np.array([after[one] for one in new], dtype=object)
    at, was = STRtree(were).query(are, predicate="intersects")
    size = shapely.area(shapely.intersection(are[at], were[was])) / shapely.area(are[at])
    for one, other, share in zip(at.tolist(), was.tolist(), size.tolist(), strict=True):
        for unit in units[old[other]]:
            if share > 0:
                found[new[one]][unit] += share
    return found


def _first(
    grid: K,
    shares: Mapping[K, Mapping[UnitRef, float]],
    returned: Mapping[K, Collection[UnitRef]],
) -> list[UnitRef]:
    again = list(returned.get(grid, ()))
    nets = {one.net for one in again}
    by_net: dict[str, list[tuple[float, str, UnitRef]]] = defaultdict(list)
    for unit, share in shares.get(grid, {}).items():
        if unit.net not in nets:
            by_net[unit.net].append((-share, unit.unit, unit))
    for held in by_net.values():
        held.sort(key=lambda one: one[:2])
        if held[0][2].kind.is_exclusive:
            again.append(held[0][2])
        else:
            again += [unit for share, _, unit in held if -share >= GROUP_SHARE]
    return again


def _mixed(grid: K, own: Iterable[UnitRef], held: Mapping[UnitRef, float]) -> Iterable[Mixed[K]]:
    mine = {(one.net, one.unit) for one in own}
    others: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for unit, share in sorted(held.items(), key=lambda one: (-one[1], one[0].unit)):
        strange = (unit.net, unit.unit) not in mine
        if strange and unit.kind.is_exclusive and share > MIXED_SHARE:
            others[unit.net].append((unit.unit, share))
    units = dict(sorted(mine))
    for net, some in others.items():
        yield Mixed(grid, net, units.get(net), tuple(some))


@dataclass(frozen=True, slots=True)
class NetImpact:
    """What a change of grids does to one membership: `grid` joins or leaves `unit` of `net`, or
    is mixed: it holds ground of `others`, too.
    """

    net: str
    net_name: str
    unit: str | None
    grid: str
    does: Literal["joins", "leaves", "mixed"]
    others: tuple[str, ...] = ()


def impact_on_nets(
    before: Mapping[str, MultiPolygon],
    after: Mapping[str, MultiPolygon],
    units: Mapping[str, Collection[UnitRef]],
) -> tuple[NetImpact, ...]:
    """The nets that a change of grids (by code) concerns, by net and grid."""
    was = {code: shape for code, shape in before.items() if after.get(code) is not shape}
    becomes = {code: shape for code, shape in after.items() if before.get(code) is not shape}
    found = carry(was, becomes, units)
    names = {one.net: one.net_name for held in units.values() for one in held}
    told = [
        *(NetImpact(one.net, one.net_name, one.unit, grid, "joins") for one, grid in found.joins),
        *(NetImpact(one.net, one.net_name, one.unit, grid, "leaves") for one, grid in found.leaves),
        *(
            NetImpact(
                one.net,
                names[one.net],
                one.unit,
                one.grid,
                "mixed",
                tuple(unit for unit, _ in one.others),
            )
            for one in found.mixed
        ),
    ]
    return tuple(sorted(told, key=lambda one: (one.net, one.grid, one.does, one.unit or "")))
