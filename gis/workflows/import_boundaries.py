"""Boundaries come in: judged against themselves and against what is in force, then kept or not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from gis.editions import unacceptable
from gis.errors import BadBoundaries
from gis.model import AsOf, BoundaryFile, Fault, FaultKind
from gis.store import edition_findings, edition_life, edition_lock, editions, levels, regions
from gis.store.editions import Comparison, EditionScope, NewEdition
from gis.workflows.boundary_datum import check_datum
from gis.workflows.change_editions import activate_edition, open_editions_beside
from gis.workflows.judge_edition import staged_changes, staged_faults

if TYPE_CHECKING:
    from collections.abc import Callable

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
    SCHEDULED = "scheduled"  # what becomes of ACTIVE when that day is still to come


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the person asks for. `root`: level and code of the region the edition speaks for;
    `made_by`: the account that proposes it, None at the command line.

    `trust_crs` takes shapes as declared even where those in force speak for another system.
    `redrawn`: the shapes are made of those in force; their system is theirs, and their precision
    is carried over.
    """

    level: str
    edition: str
    valid_from: date
    root: tuple[str, str] | None = None
    states_parent: bool = False
    tolerance_m2: float = TOLERANCE_M2
    precision_m: float = 0.0
    keep: Keep = Keep.NOTHING
    trust_crs: bool = False
    redrawn: bool = False
    made_by: int | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What was found and what would change, or did: `kept` says which.

    `beside`: other open editions of the same level on the same subtree, above or below it.
    """

    file: BoundaryFile
    faults: list[Fault]
    changes: Comparison
    kept: Keep
    beside: tuple[str, ...] = ()

    @property
    def stopping(self) -> list[Fault]:
        """The faults that keep the edition out."""
        return [fault for fault in self.faults if not fault.tolerated]


def import_boundaries(
    connection: Connection,
    file: BoundaryFile,
    wanted: Wanted,
    now: datetime,
    *,
    clock: Callable[[], datetime] | None = None,
) -> Report:
    """Judge a boundary file and keep it as asked.

    Nothing is put in force while a fault stops it, nothing kept aside while one does that nobody
    may accept: then BadBoundaries carries all that stop. Asked to keep nothing, it returns the
    report with the faults instead. An edition of a day to come is scheduled for that day.
    Raises NotFound for an unknown level or root, Conflict for an edition name in use or approvals
    that are needed first, BadInput for shapes that seem to be in another system. `clock` as in
    `activate_edition`.
    """
    version = edition_lock.boundary_version(connection)
    level = levels.level_of(connection, wanted.level)
    scope = EditionScope(level.id, _root_id(connection, wanted, now), wanted.valid_from)
    editions.stage(connection, file.rows, scope)
    found = _judge(connection, file, level, scope, wanted)
    report = Report(file, found, editions.compare(connection), wanted.keep)
    if wanted.keep is Keep.NOTHING:
        return report
    if report.stopping if wanted.keep is Keep.ACTIVE else unacceptable(found):
        raise BadBoundaries(report.stopping)
    changes = staged_changes(connection, file.rows, scope)
    edition_id = editions.keep_draft(connection, _new(file, scope, wanted), file.rows)
    if wanted.redrawn:
        editions.carry_precision(connection, edition_id, AsOf(scope.valid_from, now))
    edition_findings.keep_judgement(connection, edition_id, changes, found, version)
    report = replace(report, beside=tuple(open_editions_beside(connection, edition_id)))
    if wanted.keep is Keep.DRAFT:
        return report
    kept = edition_life.facts_of(connection, edition_id=edition_id)
    changed = activate_edition(connection, kept, now, clock=clock)
    if changed is None:
        return replace(report, kept=Keep.SCHEDULED)
    return replace(report, changes=changed)


def _new(file: BoundaryFile, scope: EditionScope, wanted: Wanted) -> NewEdition:
    return NewEdition(
        wanted.edition,
        scope,
        file.source,
        file.sha256,
        file.crs_used,
        tolerance_m2=wanted.tolerance_m2,
        precision_m=wanted.precision_m,
        made_by=wanted.made_by,
    )


def _root_id(connection: Connection, wanted: Wanted, now: datetime) -> int | None:
    if wanted.root is None:
        return None
    return regions.region_id_of(connection, *wanted.root, AsOf(wanted.valid_from, now))


def _judge(
    connection: Connection, file: BoundaryFile, level: Level, scope: EditionScope, wanted: Wanted
) -> list[Fault]:
    if any(fault.kind in MISREAD and not fault.tolerated for fault in file.faults):
        return file.faults  # places read wrongly make faults of everything; say only the cause
    if not (wanted.trust_crs or wanted.redrawn):
        check_datum(connection, file, scope.valid_from)
    found = staged_faults(
        connection,
        file.rows,
        level,
        scope,
        states_parent=wanted.states_parent,
        tolerance_m2=wanted.tolerance_m2,
    )
    return [*file.faults, *found]
