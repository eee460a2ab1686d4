"""Boundaries come in: judged against themselves and against what is in force, then kept or not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

import shapely

from gis.boundaries import faults
from gis.errors import BadBoundaries
from gis.model import AsOf, BoundaryFile, Fault, FaultKind
from gis.store import editions, levels, regions
from gis.store.database import rows
from gis.store.editions import Comparison, EditionScope, NewEdition

if TYPE_CHECKING:
    from shapely import MultiPolygon
    from sqlalchemy import Connection

    from gis.model import Level

TOLERANCE_M2 = 1.0
"""Overlaps, gaps and overhangs up to this size are tolerated: real official tilings have some."""


MISREAD = (FaultKind.WRONG_CRS, FaultKind.SWAPPED_AXES)
"""The whole file is read wrongly, not drawn wrongly."""


class Keep(StrEnum):
    """What becomes of an import."""

    NOTHING = "nothing"  # only judge it
    DRAFT = "draft"  # keep it aside
    ACTIVE = "active"  # put it in force from its day on


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the person asks for. `root`: level and code of the region the edition speaks for."""

    level: str
    edition: str
    valid_from: date
    root: tuple[str, str] | None = None
    states_parent: bool = False
    tolerance_m2: float = TOLERANCE_M2
    keep: Keep = Keep.NOTHING


@dataclass(frozen=True, slots=True)
class Report:
    """What was found and what would change, or did: `kept` says which."""

    file: BoundaryFile
    faults: list[Fault]
    changes: Comparison
    kept: Keep

    @property
    def stopping(self) -> list[Fault]:
        """The faults that keep the edition out."""
        return [fault for fault in self.faults if not fault.tolerated]


def import_boundaries(
    connection: Connection, file: BoundaryFile, wanted: Wanted, now: datetime
) -> Report:
    """Judge a boundary file and keep it as asked.

    Nothing is kept while a fault stops it, whatever was asked: then BadBoundaries carries them
    all. Asked to keep nothing, it returns the report with the faults instead.
    Raises NotFound for an unknown level or root, Conflict for an edition name in use.
    """
    if wanted.keep is Keep.ACTIVE:
        editions.hold_editions(connection)
    level = levels.level_of(connection, wanted.level)
    scope = EditionScope(level.id, _root_id(connection, wanted, now), wanted.valid_from)
    editions.stage(connection, file.rows, scope)
    found = _judge(connection, file, level, scope, wanted)
    report = Report(file, found, editions.compare(connection), wanted.keep)
    if wanted.keep is Keep.NOTHING:
        return report
    if report.stopping:
        raise BadBoundaries(report.stopping)
    new = NewEdition(wanted.edition, scope, file.source, file.sha256, file.crs_used)
    editions.keep_draft(connection, new, file.rows)
    if wanted.keep is Keep.ACTIVE:
        return replace(report, changes=editions.activate(connection, wanted.edition, now))
    return report


def _root_id(connection: Connection, wanted: Wanted, now: datetime) -> int | None:
    if wanted.root is None:
        return None
    return regions.region_id_of(connection, *wanted.root, AsOf(wanted.valid_from, now))


def _judge(
    connection: Connection, file: BoundaryFile, level: Level, scope: EditionScope, wanted: Wanted
) -> list[Fault]:
    if any(fault.kind in MISREAD and not fault.tolerated for fault in file.faults):
        return file.faults  # places read wrongly make faults of everything; say only the cause
    day = {"valid_from": scope.valid_from}
    parents = {row.code: _shape(row.geom) for row in rows(connection, "edition_parents", **day)}
    found = faults(
        file.rows,
        level_is_overlay=level.overlay,
        parents=parents,
        needs_parent=wanted.states_parent,
        tolerance_m2=wanted.tolerance_m2,
    )
    left = rows(connection, "edition_left_behind", **day)
    found += [
        Fault(FaultKind.LEFT_WITHOUT_PARENT, codes=(one.code or "?", one.parent_code))
        for one in left
    ]
    if scope.root_id is not None:
        found += [
            Fault(FaultKind.OUTSIDE_ROOT, codes=(code,), rows=(row,))
            for row, code in editions.staged_outside_root(connection, scope.root_id)
        ]
    return [*file.faults, *found]


def _shape(wkb: bytes | None) -> MultiPolygon | None:
    if wkb is None:
        return None
    shape = shapely.from_wkb(bytes(wkb))
    assert isinstance(shape, shapely.MultiPolygon), "the column holds nothing else"
    return shape
