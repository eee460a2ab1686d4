"""Somebody proposes to change the grids of a community: what it would mean, then a draft edition.

Nothing is kept until it is submitted; what is submitted is an edition like any other, with its
approvals and its way into force (`gis.workflows.change_editions`).
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import shapely

from gis.accounts import Role
from gis.audit import code_faults
from gis.codes import named
from gis.coordinates import area_m2
from gis.disputes import DisputeState
from gis.editions import OPEN
from gis.errors import BadInput, NotAllowed
from gis.handover import LEAST_M2, Handover, ground_handed_over
from gis.impact import GridImpact, Impact, buildings_cut, impact_of
from gis.model import COMMUNITY, GRID, AsOf, BoundaryFile, BoundaryRow, Fault, FaultKind
from gis.nets import NetImpact, UnitRef, impact_on_nets
from gis.proposals import Recode, changed
from gis.store import edition_life
from gis.store.approvals import holds_a_role_over
from gis.store.disputes import list_disputes
from gis.store.editions import shape_key
from gis.store.net_carrying import memberships, units_on
from gis.store.nets import grid_ids
from gis.store.proposal_facts import PostAt, open_matters, posts_at_grids
from gis.store.regrid_facts import codes_ever_used, community_as_of
from gis.workflows.import_boundaries import Keep, Wanted, import_boundaries
from gis.workflows.regrid_community import next_codes

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import date, datetime

    from shapely import Geometry, MultiPolygon
    from sqlalchemy import Connection

    from gis.codes import CodePattern
    from gis.proposals import Grids, Operation
    from gis.store.disputes import DisputeRow
    from gis.store.edition_life import EditionFacts
    from gis.store.regrid_facts import Community

PROPOSERS: Final = (Role.PLANNER, Role.COMMUNITY_CLERK)
"""Who may propose: with one of these roles over the community or above it."""

CODE_KINDS: Final = {FaultKind.CODE_FORM, FaultKind.CODE_PREFIX}
MOST_DISPUTES: Final = 500
FAR_DEG: Final = 0.1  # a line may stick out of its community, but not by ten kilometres
NEW: Final = "?"
"""In an operation: the next free code of the community; ?1, ?2 … name several."""


@dataclass(frozen=True, slots=True)
class Change:
    """A change of the grids of one community. Codes that begin with `NEW` are given on the way, by
    the `pattern` of the deployment; None: written as today's are. `names` are those of new grids,
    by their codes as the operations give them.
    """

    community: str
    operations: Sequence[Operation]
    pattern: CodePattern | None = None
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Looked:
    """What a change would make: all grids of the community after it, what that means, which posts
    would need a new home, which nets it concerns, the ground that changes hands, which buildings it
    cuts, and the unsettled disputes whose ground changes hands with it. `faults`: how it is judged,
    with what is amiss with new codes; of a draft they are kept beside it.
    """

    grids: list[BoundaryRow]
    changed: frozenset[str]
    impact: Impact
    posts: tuple[PostAt, ...]
    nets: tuple[NetImpact, ...] = ()
    handed: tuple[Handover, ...] = ()
    cut: tuple[str, ...] = ()
    disputes: tuple[DisputeRow, ...] = ()
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """A community before any change: its grids by code, and what each holds today."""

    code: str
    name: str
    grids: list[BoundaryRow]
    impact: Impact


def look_at_community(
    connection: Connection, account_id: int, code: str, now: datetime
) -> Standing:
    """The grids of a community that an account may propose to change.

    Raises NotFound for an unknown community, NotAllowed for one that isn't the account's.
    """
    there = _community(connection, account_id, code, now)
    shapes = _shapes(there)
    members = _members(posts_at_grids(connection, there.id, now))
    matters = open_matters(connection, there.id)
    counted = impact_of(shapes, shapes, there.buildings, matters, members)
    return Standing(there.code, there.name, there.grids, counted)


def look_at_change(connection: Connection, account_id: int, asked: Change, now: datetime) -> Looked:
    """What a change would mean; nothing is kept.

    Raises NotFound for an unknown community, NotAllowed for one that isn't the account's, BadInput
    for a change that can't be made.
    """
    return _make(connection, account_id, asked, now, None)


@dataclass(frozen=True, slots=True)
class Sides:
    """Which grid would have which households, while a change is still being drawn.

    `grids` are those that differ; `rehoused` buildings that another grid would have, `cut` those
    that would lie in several; `codes`: what is amiss with new codes. `refused` says why the change
    can't be made as it stands: then there is nothing else but `codes`.
    """

    grids: tuple[GridImpact, ...]
    rehoused: tuple[str, ...]
    refused: BadInput | None
    cut: tuple[str, ...] = ()
    codes: tuple[Fault, ...] = ()


def look_at_sides(connection: Connection, account_id: int, asked: Change, now: datetime) -> Sides:
    """Who would be on which side of a change; nothing is judged, nothing is kept. New grids bear
    the codes that the change gives them.

    Raises NotFound for an unknown community, NotAllowed for one that isn't the account's.
    """
    there = _community(connection, account_id, asked.community, now)
    before = _shapes(there)
    amiss = _codes_amiss(there, _codes_typed(there, asked.operations), asked.pattern)
    try:
        _free(connection, _codes_typed(there, asked.operations))
        after = _made(there, before, asked.operations)
    except BadInput as refused:
        return Sides((), (), refused, codes=amiss)
    found = impact_of(before, after, there.buildings, (), {})
    differing = tuple(one for one in found.grids if one.before != one.after)
    cut = buildings_cut(before, after, there.buildings)
    return Sides(differing, found.rehoused, None, cut, amiss)


@dataclass(frozen=True, slots=True)
class Submitted:
    """How a change is kept: the name of its edition and the day from which it is to hold."""

    name: str
    valid_from: date


def submit_change(
    connection: Connection, account_id: int, asked: Change, kept_as: Submitted, now: datetime
) -> Looked:
    """Keep a change as a draft edition of its community.

    Raises what `look_at_change` does, Conflict for a name in use, BadInput where nothing differs,
    BadBoundaries for faults that nobody may accept.
    """
    return _make(connection, account_id, asked, now, kept_as)


def _make(
    connection: Connection,
    account_id: int,
    asked: Change,
    now: datetime,
    kept_as: Submitted | None,
) -> Looked:
    there = _community(connection, account_id, asked.community, now)
    before = _shapes(there)
    made = _made(there, before, asked.operations)
    codes = _codes_given(connection, there, made, asked.pattern)
    after = dict(sorted((codes.get(code, code), shape) for code, shape in made.items()))
    rows = _rows(there, after, _names(there, asked, codes))
    looked = _meaning(connection, there, rows, now)
    amiss = _codes_amiss(there, _codes_typed(there, asked.operations), asked.pattern)
    if kept_as is not None and not looked.changed:
        raise BadInput("error.proposal_unchanged")
    if kept_as is not None and asked.pattern is not None and amiss:
        raise BadInput("error.proposal_code_unlike", code=amiss[0].codes[0])
    report = import_boundaries(
        connection, _file(rows, asked.community), _wanted(asked, account_id, kept_as, now), now
    )
    unlike = {one.codes[0] for one in report.faults if one.kind in CODE_KINDS}
    beside = (one for one in amiss if one.codes[0] not in unlike)
    return replace(looked, faults=(*beside, *report.faults))


def _wanted(asked: Change, account_id: int, kept_as: Submitted | None, now: datetime) -> Wanted:
    return Wanted(
        level=GRID,
        edition=kept_as.name if kept_as else f"{asked.community} proposal",
        valid_from=kept_as.valid_from if kept_as else AsOf.at(now).valid_on,
        root=(COMMUNITY, asked.community),
        states_parent=True,
        keep=Keep.DRAFT if kept_as else Keep.NOTHING,
        redrawn=True,
        made_by=account_id,
    )


def look_at_draft(connection: Connection, edition: EditionFacts, now: datetime) -> Looked:
    """What an open draft of a community's grids would mean, as things stand now: what its proposer
    saw, for those who decide about it. Its faults are kept with it and aren't among this.

    Raises BadInput for an edition of anything else, or one that isn't open.
    """
    root = edition_life.about(connection, [edition.id])[edition.id].root
    of_grids = edition.level == GRID and edition.state in OPEN
    if not of_grids or root is None or root.level != COMMUNITY:
        raise BadInput("error.impact_of_community")
    there = community_as_of(connection, root.code, AsOf.at(now))
    stand = _shapes(there)
    rows = [
        replace(one, shape=stand[one.code]) if stand.get(one.code) == one.shape else one
        for one in edition_life.draft_rows(connection, edition.id)
    ]
    return _meaning(connection, there, rows, now)


def _meaning(
    connection: Connection, there: Community, rows: list[BoundaryRow], now: datetime
) -> Looked:
    """What it would mean if a community had these grids. One that stays as it is has the very same
    shape, not one like it.
    """
    before = _shapes(there)
    after = {one.code: one.shape for one in rows if one.shape is not None}
    posts = posts_at_grids(connection, there.id, now)
    matters = open_matters(connection, there.id)
    found = impact_of(before, after, there.buildings, matters, _members(posts))
    handed = tuple(ground_handed_over(before, after))
    return Looked(
        rows,
        frozenset(c for c in {*before, *after} if before.get(c) is not after.get(c)),
        found,
        tuple(one for one in posts if one.grid in found.ended),
        impact_on_nets(before, after, _units(connection, before, now)),
        handed,
        buildings_cut(before, after, there.buildings),
        _contested(connection, there, handed, AsOf.at(now)),
    )


def _units(connection: Connection, grids: Grids, now: datetime) -> dict[str, list[UnitRef]]:
    """The units of nets that grids are in today, by the grids' codes."""
    as_of = AsOf.at(now)
    codes = {number: code for code, number in grid_ids(connection, list(grids), as_of).items()}
    found = units_on(memberships(connection, list(codes)), as_of.valid_on)
    return {codes[number]: units for number, units in found.items()}


def _community(connection: Connection, account_id: int, code: str, now: datetime) -> Community:
    there = community_as_of(connection, code, AsOf.at(now))
    if not holds_a_role_over(connection, account_id, PROPOSERS, there.id, now):
        raise NotAllowed("error.proposal_not_yours", community=code)
    return there


def _shapes(there: Community) -> dict[str, MultiPolygon]:
    return {one.code: one.shape for one in there.grids if one.shape is not None}


def _made(there: Community, before: Grids, operations: Sequence[Operation]) -> Grids:
    """The grids after the operations. Raises BadInput that names grids as people do."""
    _near(there, operations)
    try:
        return changed(before, operations, there.buildings)
    except BadInput as refused:
        if refused.key == "error.proposal_code_taken":  # it is about the code itself
            raise
        known = {one.code: named(one.name, one.code, there.code) for one in there.grids}
        said = {gap: known.get(str(value), value) for gap, value in refused.values.items()}
        raise BadInput(refused.key, **said) from refused


def _members(posts: Sequence[PostAt]) -> dict[str, str]:
    """The names of the responsible members by grid."""
    return {one.grid: one.member_name for one in reversed(posts) if one.responsible}


def _near(there: Community, operations: Iterable[Operation]) -> None:
    """Raises BadInput for a line or an area far outside the community."""
    west, south, east, north = there.shape.bounds
    around = shapely.box(west - FAR_DEG, south - FAR_DEG, east + FAR_DEG, north + FAR_DEG)
    for one in operations:
        drawn: Geometry | None = getattr(one, "line", None) or getattr(one, "area", None)
        if drawn is not None and not shapely.covers(around, drawn):
            raise BadInput("error.proposal_far", community=there.code)


def _codes_given(
    connection: Connection, there: Community, made: Grids, pattern: CodePattern | None
) -> dict[str, str]:
    """The true codes of those that begin with `NEW`, in their order.

    Raises BadInput for a code that is or was another grid's: codes aren't given twice.
    """
    known = {one.code for one in there.grids}
    _free(connection, [code for code in made if code not in known and not code.startswith(NEW)])
    open_ones = sorted(code for code in made if code.startswith(NEW))
    return dict(zip(open_ones, next_codes(connection, there, pattern), strict=False))


def _free(connection: Connection, codes: Iterable[str]) -> None:
    """Raises BadInput for a code that can't be given; whose it is or was, and where, isn't told: it
    may stand in a draft that the proposer doesn't know of.
    """
    for code in codes:
        if code in codes_ever_used(connection, code):
            raise BadInput("error.proposal_code_taken", code=code)


def _codes_typed(there: Community, operations: Iterable[Operation]) -> list[str]:
    """The codes that operations give to new grids by themselves, in their order."""
    known = {one.code for one in there.grids}
    given = [getattr(one, "new", NEW) for one in operations]
    return [code for code in given if not code.startswith(NEW) and code not in known]


def _codes_amiss(
    there: Community, typed: Collection[str], pattern: CodePattern | None
) -> tuple[Fault, ...]:
    """New codes against the deployment's own rule; without one, as the audit judges codes in force:
    by the national form where most of the community's have it.
    """
    if pattern is not None:
        broken = [code for code in typed if not re.fullmatch(pattern.rule, code)]
        return tuple(Fault(FaultKind.CODE_FORM, (code,)) for code in broken)
    fresh = [BoundaryRow(0, code, "", there.code, None) for code in typed]
    found = code_faults([*there.grids, *fresh], GRID)
    return tuple(replace(one, rows=()) for one in found if one.codes[0] in typed)


def _contested(
    connection: Connection, there: Community, handed: Sequence[Handover], as_of: AsOf
) -> tuple[DisputeRow, ...]:
    """The disputes not settled yet on ground that changes hands."""
    found = list_disputes(connection, as_of, region_id=there.id, most=MOST_DISPUTES, shapes=True)
    ground = shapely.union_all([one.shape for one in handed])
    unsettled = [one for one in found if one.state is not DisputeState.SETTLED]
    areas = shapely.from_geojson([one.geometry for one in unsettled])
    shared = area_m2(shapely.intersection(areas, ground))
    return tuple(one for one, m2 in zip(unsettled, shared, strict=True) if m2 >= LEAST_M2)


def _names(there: Community, asked: Change, codes: Mapping[str, str]) -> dict[str, str]:
    """Names by code: as they are, also under another code; those of new grids as given."""
    given = {codes.get(code, code): name for code, name in asked.names.items()}
    names = {one.code: one.name for one in there.grids} | given
    for one in asked.operations:
        if isinstance(one, Recode):
            names.setdefault(one.new, names.get(one.code, ""))
    return names


def _rows(there: Community, after: Grids, names: Mapping[str, str]) -> list[BoundaryRow]:
    return [
        BoundaryRow(n, code, names.get(code, f"新网格{code[-3:]}"), there.code, shape)
        for n, (code, shape) in enumerate(after.items(), start=1)
    ]


def _file(rows: Sequence[BoundaryRow], community: str) -> BoundaryFile:
    said = hashlib.sha256()
    for one in rows:
        said.update(one.code.encode() + (shape_key(one.shape) or b""))
    source = f"proposal {community}"
    return BoundaryFile(list(rows), "EPSG:4490", "EPSG:4490", said.hexdigest(), source)
