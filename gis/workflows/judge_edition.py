"""What is wrong with an edition, and what would it change, as things stand now?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import shapely

from gis.audit import code_faults
from gis.boundaries import faults
from gis.coordinates import area_m2
from gis.editions import changes_of
from gis.model import GRID, Fault, FaultKind
from gis.store import edition_findings, edition_life, edition_lock, editions, levels
from gis.store.database import rows
from gis.store.editions import EditionScope, shape_of
from gis.store.net_carrying import staged_mixed
from gis.store.staged_posts import staged_unmanned

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from gis.editions import Change
    from gis.model import BoundaryRow, Level
    from gis.store.edition_life import EditionFacts


def staged_faults(
    connection: Connection,
    given: Sequence[BoundaryRow],
    level: Level,
    scope: EditionScope,
    *,
    states_parent: bool,
    tolerance_m2: float,
) -> list[Fault]:
    """Everything wrong with rows that were staged: by themselves, and beside what is in force."""
    day = {"valid_from": scope.valid_from}
    parents = {row.code: shape_of(row.geom) for row in rows(connection, "edition_parents", **day)}
    found = faults(
        given,
        level_is_overlay=level.overlay,
        parents=parents,
        needs_parent=states_parent,
        tolerance_m2=tolerance_m2,
    )
    found += [
        Fault(FaultKind.LEFT_WITHOUT_PARENT, codes=(one.code or "?", one.parent_code))
        for one in rows(connection, "edition_left_behind", **day)
    ]
    found += [
        Fault(FaultKind.CODE_TAKEN, codes=(one.code,), rows=(one.row,))
        for one in rows(connection, "edition_codes_taken", level_id=level.id, **day)
    ]
    if scope.root_id is not None:
        found += [
            Fault(FaultKind.OUTSIDE_ROOT, codes=(code,), rows=(row,))
            for row, code in editions.staged_outside_root(connection, scope.root_id)
        ]
    if level.code == GRID:
        found += _mixed_nets(connection, given, scope)
        found += _unmanned(connection, given, scope)
        found += _unlike_codes(connection, given, scope)
    return found


def _mixed_nets(
    connection: Connection, given: Sequence[BoundaryRow], scope: EditionScope
) -> list[Fault]:
    """Grids on ground that several units of one business net have: somebody answers for that."""
    found = []
    for row, one in staged_mixed(connection, given, scope.valid_from):
        if row.shape is None:
            continue
        x, y = shapely.get_coordinates(shapely.point_on_surface(row.shape))[0].tolist()
        m2 = float(area_m2(row.shape)[0]) * sum(share for _, share in one.others)
        others = ", ".join(f"{unit} {share:.0%}" for unit, share in one.others)
        detail = f"{one.unit or '-'} ← {others}"
        codes, rows_said = (row.code, one.net), (row.row,)
        found.append(Fault(FaultKind.NET_MIXED, codes, rows_said, x, y, m2, detail))
    return found


def _unmanned(
    connection: Connection, given: Sequence[BoundaryRow], scope: EditionScope
) -> list[Fault]:
    """New grids that nobody will be responsible for, though somebody is for the ground they are on:
    somebody is appointed ahead (`gis.store.grids_to_come`), or answers for the time between.
    """
    found = []
    for row in staged_unmanned(connection, given, scope.valid_from):
        if row.shape is not None:
            x, y = shapely.get_coordinates(shapely.point_on_surface(row.shape))[0].tolist()
            m2 = float(area_m2(row.shape)[0])
            found.append(Fault(FaultKind.UNMANNED, (row.code,), (row.row,), x, y, m2))
    return found


def _unlike_codes(
    connection: Connection, given: Sequence[BoundaryRow], scope: EditionScope
) -> list[Fault]:
    """New codes unlike those of the grids around them: a code is given once and for all, so
    somebody answers for it. Where all codes are new there is nothing yet that they could be unlike.
    """
    day = {"valid_from": scope.valid_from}
    new = {row.code for row in rows(connection, "edition_codes_new", **day)}
    if all(one.code in new for one in given):
        return []
    return [one for one in code_faults(given, GRID) if one.codes[0] in new]


def staged_changes(
    connection: Connection, given: Sequence[BoundaryRow], scope: EditionScope
) -> list[Change]:
    """What staged rows change, with areas."""
    before = edition_findings.staged_changes(connection, scope.valid_from)
    return changes_of(before, {one.code: one.shape for one in given if one.shape is not None})


def judge_edition(connection: Connection, edition: EditionFacts) -> list[Fault]:
    """Judge a kept draft against the boundaries as they are now, and keep what was found.

    All its faults, notes too. Takes no lock: should an edition be activated meanwhile, the
    judgement is one of the past, and known to be.
    """
    version = edition_lock.boundary_version(connection)
    given = edition_life.draft_rows(connection, edition.id)
    scope = EditionScope(edition.level_id, edition.root_id, edition.valid_from)
    editions.stage(connection, given, scope, complete=edition.complete)
    found = staged_faults(
        connection,
        given,
        levels.level_of(connection, edition.level),
        scope,
        states_parent=any(one.parent_code for one in given),
        tolerance_m2=edition.tolerance_m2,
    )
    changes = staged_changes(connection, given, scope)
    edition_findings.keep_judgement(connection, edition.id, changes, found, version)
    return found
