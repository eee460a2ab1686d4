"""Somebody asks for better grids of a community: proposed, judged like any edition, kept aside."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING

from gis.codes import CodePattern, GridKind
from gis.errors import BadInput
from gis.model import COMMUNITY, GRID, AsOf, BoundaryFile, BoundaryRow
from gis.regridding import Measure, Regridding, regrid
from gis.regridding_blocks import Ground, Unit
from gis.store.barriers import barriers_near
from gis.store.editions import shape_key
from gis.store.regrid_facts import (
    Community,
    codes_ever_used,
    community_as_of,
    open_matters_in,
)
from gis.workflows.import_boundaries import Keep, Report, Wanted, import_boundaries

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date, datetime

    from shapely import LineString, MultiLineString
    from sqlalchemy import Connection

LEAST_TARGET = 1.0


@dataclass(frozen=True, slots=True)
class RegridAsked:
    """For which community, how much a grid is to hold of what.

    `lines` are barriers beside those that are kept; `groups` say by the codes of buildings which of
    them belong together, as 村民小组 or 院落, and stay in one grid; `pattern` is how the deployment
    writes codes, None: as today's are. `draft` is the name of the edition to keep aside, from its
    day on, None for a report alone.
    """

    community: str
    target: float
    measure: Measure = Measure.HOUSEHOLDS
    lines: Sequence[LineString | MultiLineString] = ()
    draft: str | None = None
    valid_from: date | None = None
    groups: Mapping[str, str] = field(default_factory=dict)
    pattern: CodePattern | None = None


@dataclass(frozen=True, slots=True)
class RegridReport:
    """What is proposed, the rows of an edition that say so, and how that edition is judged."""

    proposed: Regridding
    rows: list[BoundaryRow]
    judged: Report


def regrid_community(connection: Connection, asked: RegridAsked, now: datetime) -> RegridReport:
    """Propose grids and judge them; keep them as a draft edition of that community where asked to.

    Raises NotFound for an unknown community, BadInput for a target that isn't positive and a
    community in which nothing is counted or no building of `groups` stands, and what
    `import_boundaries` raises.
    """
    if asked.target < LEAST_TARGET:
        raise BadInput("error.regrid_target")
    there = community_as_of(connection, asked.community, AsOf.at(now))
    units = _together(_weighed(connection, there, asked.measure), asked)
    if asked.measure is not Measure.AREA and not sum(one.weight for one in units):
        raise BadInput("error.regrid_nothing", community=asked.community)
    by_area = asked.measure is Measure.AREA
    lines = [*asked.lines, *barriers_near(connection, there.shape)]
    near = [one for one in lines if one.intersects(there.shape)]
    ground = Ground(there.shape, units, there.compounds, near, by_area=by_area)
    today = {one.code: one.shape for one in there.grids if one.shape is not None}
    proposed = regrid(ground, asked.target, today=today)
    rows = _rows(connection, there, proposed, asked.pattern)
    wanted = Wanted(
        level=GRID,
        edition=asked.draft or f"{asked.community} regrid",
        valid_from=asked.valid_from or AsOf.at(now).valid_on,
        root=(COMMUNITY, asked.community),
        states_parent=True,
        keep=Keep.DRAFT if asked.draft else Keep.NOTHING,
        redrawn=True,
    )
    return RegridReport(
        proposed, rows, import_boundaries(connection, _file(rows, asked), wanted, now)
    )


def _weighed(connection: Connection, there: Community, measure: Measure) -> list[Unit]:
    if measure is Measure.HOUSEHOLDS:
        return there.buildings
    weight = 1.0 if measure is Measure.BUILDINGS else 0.0
    units = [replace(one, weight=weight) for one in there.buildings]
    if measure is Measure.MATTERS:
        units += open_matters_in(connection, there.id)
    return units


def _together(units: list[Unit], asked: RegridAsked) -> list[Unit]:
    """The units, those of one group kept together instead of those of one compound."""
    if not asked.groups:
        return units
    if all(one.code not in asked.groups for one in units):
        raise BadInput("error.groups_elsewhere", community=asked.community)
    group_of = {code: f"group {name}" for code, name in asked.groups.items()}
    return [replace(one, compound=group_of.get(one.code, one.compound)) for one in units]


def _rows(
    connection: Connection, there: Community, proposed: Regridding, pattern: CodePattern | None
) -> list[BoundaryRow]:
    """Kept codes keep their names; new ones follow the numbers ever used."""
    names = {one.code: one.name for one in there.grids}
    free = next_codes(connection, there, pattern)
    rows = []
    for row, one in enumerate(proposed.grids, start=1):
        code = one.code or next(free)
        name = names.get(code) or f"新网格{code[-3:]}"
        rows.append(BoundaryRow(row, code, name, there.code, one.shape))
    return rows


def next_codes(
    connection: Connection, there: Community, pattern: CodePattern | None = None
) -> Iterator[str]:
    """Codes for new grids of a community, after all those ever used there: by a pattern, or written
    as today's are. Going on past the last number of a pattern raises BadInput.
    """
    if pattern is not None:
        used = codes_ever_used(connection, pattern.prefix(there.code))
        numbers = (pattern.number_of(there.code, code) or 0 for code in used)
        first = max(numbers, default=0) + 1
        return (pattern.code(GridKind.BASE, there.code, n) for n in count(first))
    prefix = _prefix(there)
    ends = (code.removeprefix(prefix) for code in codes_ever_used(connection, prefix))
    last = max((int(one) for one in ends if len(one) == 3 and one.isdecimal()), default=0)
    return (f"{prefix}{n:03}" for n in count(last + 1))


def _prefix(there: Community) -> str:
    """What today's codes share before their last three digits; else the community's own code."""
    starts = {one.code[:-3] for one in there.grids if one.code[-3:].isdigit()}
    return starts.pop() if len(starts) == 1 and len(there.grids) > 0 else there.code


def _file(rows: list[BoundaryRow], asked: RegridAsked) -> BoundaryFile:
    said = hashlib.sha256()
    for one in rows:
        said.update(one.code.encode() + (shape_key(one.shape) or b""))
    source = f"regrid {asked.community} {asked.measure} {asked.target:g}"
    return BoundaryFile(rows, "EPSG:4490", "EPSG:4490", said.hexdigest(), source)
