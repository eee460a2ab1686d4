"""A planner asks whom the facilities of a kind serve: fetch, decide, and hand on one value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gis.accounts import EVERYTHING
from gis.coverage import radius_on, served_within
from gis.coverage_plan import CoveragePlan, Place, reach_in
from gis.errors import NotFound
from gis.facility_kinds import facility_kinds
from gis.model import COMMUNITY, GRID
from gis.places import FacilityStatus
from gis.store import coverage as store

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from sqlalchemy import Connection

    from gis.accounts import Scope
    from gis.coverage import Homes
    from gis.coverage_plan import Box
    from gis.model import AsOf
    from gis.places import Facility, FacilityKind
    from gis.store.coverage import Below
    from gis.store.regions import RegionFacts


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: a kind's code, a region as (level, code) or None for all that may be seen,
    and a radius in metres or None for the rule's.
    """

    kind: str
    region: tuple[str, str] | None = None
    radius_m: float | None = None


def plan_coverage(
    connection: Connection, question: Question, scope: Scope, as_of: AsOf, today: date
) -> CoveragePlan:
    """Whom the open facilities of a kind serve in a region, with names, rule and day.

    Grids, names and rule are those of `as_of`; households and facilities are today's. Raises
    NotFound for a kind or a region that isn't there or not for this scope, BadInput where neither
    the rules nor the question give a radius, or one beyond `MOST_RADIUS_M`.
    """
    kind = kind_of(question.kind)
    radius_m = question.radius_m
    if radius_m is None:
        radius_m = radius_on(kind, as_of.valid_on)
    root = (
        store.region_in_scope(connection, *question.region, scope, as_of)
        if question.region
        else None
    )
    below = store.subtree(connection, root.id if root else None, scope, as_of)
    homeless = root is None and scope == EVERYTHING
    above = store.words_above(connection, below, as_of)
    homes = store.homes(connection, below, above, as_of, homeless=homeless)
    facilities, at_home = store.facilities_of_kind(connection, kind.code, as_of)
    coverage = served_within(homes, facilities, kind, radius_m)
    standard = kind.standard_on(as_of.valid_on)
    grids = {one.code: one for one in below if one.level == GRID}
    return CoveragePlan(
        coverage=coverage,
        region=Place(root.level, root.code, root.name or root.code) if root else None,
        above=_choosable(connection, root, scope),
        below=_directly_below(root, below),
        day=as_of.valid_on,
        known_at=as_of.known_at,
        as_it_stands=as_of.valid_on == today,
        standard=standard,
        own_radius=standard is None or radius_m != standard.radius_m,
        grids={code: _place(one) for code, one in grids.items()},
        communities={one.code: _place(one) for one in below if one.level == COMMUNITY},
        community_of=_communities(grids, below, above),
        shown=_shown(facilities, at_home, below, homes, radius_m),
        sources=tuple(sorted({one.source for one in below if one.source})),
        box=store.box_around(connection, [one.id for one in _top(root, below)], as_of)
        or _around(homes),
    )


def kind_of(code: str) -> FacilityKind:
    """The kind with that code. Raises NotFound."""
    kinds = facility_kinds()
    if code not in kinds:
        raise NotFound("error.facility_kind_not_found", kind=code)
    return kinds[code]


def _choosable(connection: Connection, root: RegionFacts | None, scope: Scope) -> tuple[Place, ...]:
    if root is None or not root.ancestors:
        return ()
    seen = store.ids_in_scope(connection, [one.id for one in root.ancestors], scope)
    return tuple(
        Place(one.level, one.code, one.name or one.code)
        for one in root.ancestors
        if one.code and one.id in seen
    )


def _directly_below(root: RegionFacts | None, below: Sequence[Below]) -> tuple[Place, ...]:
    """The regions under the root; without a root the topmost ones of the scope."""
    if root is None:
        return tuple(_place(one) for one in _top(root, below))
    return tuple(_place(one) for one in below if one.path[-1:] == (root.id,))


def _top(root: RegionFacts | None, below: Sequence[Below]) -> list[Below]:
    """The root alone, or the topmost regions of the scope."""
    inside = {one.id for one in below}
    above = {root.id} if root else set()
    return [one for one in below if one.id in above or not inside.intersection(one.path)]


def _place(one: Below) -> Place:
    return Place(one.level, one.code, one.name)


def _communities(
    grids: dict[str, Below], below: Sequence[Below], above: dict[int, tuple[str, str]]
) -> dict[str, str]:
    """The community of every grid, also of those where nobody lives."""
    known = {one.id: one.code for one in below if one.level == COMMUNITY}
    known |= {i: code for i, (level, code) in above.items() if level == COMMUNITY}
    found = {
        code: next((known[i] for i in reversed(one.path) if i in known), "")
        for code, one in grids.items()
    }
    return {code: community for code, community in found.items() if community}


def _shown(
    facilities: Sequence[Facility],
    at_home: dict[str, int],
    below: Sequence[Below],
    homes: Homes,
    radius_m: float,
) -> tuple[Facility, ...]:
    """The facilities in the region, and those outside with a home of the region within reach."""
    inside = {one.id for one in below}
    here = [one for one in facilities if at_home.get(one.code) in inside]
    elsewhere = [
        one
        for one in facilities
        if one.status is FacilityStatus.OPEN and at_home.get(one.code) not in inside
    ]
    reaching = reach_in(elsewhere, homes, radius_m) if elsewhere else []
    return tuple(sorted([*here, *reaching], key=lambda one: one.code))


def _around(homes: Homes) -> Box | None:
    located = homes.located
    if not located.any():
        return None
    lon, lat = homes.lon[located], homes.lat[located]
    return (float(np.min(lon)), float(np.min(lat)), float(np.max(lon)), float(np.max(lat)))
