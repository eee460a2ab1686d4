"""How healthy are the boundaries of a county, and what would mend them?"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gis.audit import audit
from gis.editions import fault_key
from gis.errors import BadInput, NotFound
from gis.model import GRID
from gis.repairs import Mender
from gis.store import audit as store
from gis.store import edition_life, editions
from gis.store.editions import EditionScope, NewEdition
from gis.workflows.judge_edition import judge_edition

if TYPE_CHECKING:
    from datetime import date, datetime

    from shapely import MultiPolygon
    from sqlalchemy import Connection

    from gis.model import AsOf, BoundaryRow, Fault, Level
    from gis.repairs import Repair

TOLERANCE_M2: Final = 1.0


@dataclass(frozen=True, slots=True)
class Audited:
    """One level under one root as it stood: its regions, their parents and all that is wrong."""

    level: Level
    rows: Sequence[BoundaryRow]
    parents: dict[str, MultiPolygon | None]
    faults: Sequence[Fault]
    as_of: AsOf

    def repairs(self) -> dict[str, Repair]:
        """What would mend each fault by itself, by the fault's key; unsafe ones have none."""
        mender = Mender(self.rows, self.parents)
        proposed = ((fault_key(one), mender.propose(one)) for one in self.faults)
        return {key: repair for key, repair in proposed if repair is not None}


def audit_boundaries(
    connection: Connection,
    level: Level,
    root_id: int | None,
    as_of: AsOf,
    now: datetime,
    *,
    tolerance_m2: float = TOLERANCE_M2,
    people: bool = True,
) -> Audited:
    """Audit one level under a root (None: everywhere). `now` counts for posts, which are looked at
    with `people` only. Reads only.
    """
    rows = edition_life.rows_of_scope(connection, level.id, root_id, as_of)
    parents = store.parents_of_scope(connection, level.id, root_id, as_of)
    found = audit(rows, level, parents, tolerance_m2=tolerance_m2)
    found += store.crossing_dates(connection, level.id, root_id)
    if people and level.code == GRID:
        found += store.posts_amiss(connection, root_id, as_of, now)
    return Audited(level, rows, parents, found, as_of)


@dataclass(frozen=True, slots=True)
class Mended:
    """A draft that came of repairs: its id, those taken, and the keys that had none (any more)."""

    edition_id: int
    taken: Sequence[Repair]
    left: Sequence[str]


def repair_boundaries(
    connection: Connection,
    audited: Audited,
    root_id: int | None,
    name: str,
    *,
    valid_from: date,
    keys: Collection[str] | None = None,
    account_id: int | None = None,
) -> Mended:
    """Make a draft edition of the repairs of some faults (by key; None: of all but notes).

    One repair after the other, each on what those before it made. Raises NotFound for a key that
    no fault has, BadInput when nothing can be repaired, Conflict when the name is taken.
    """
    by_key = {fault_key(one): one for one in audited.faults}
    for key in keys or ():
        if key not in by_key:
            raise NotFound("error.fault_not_found_here", fault=key)
    mender = Mender(audited.rows, audited.parents)
    taken, left = [], []
    stopping = [key for key, one in by_key.items() if not one.tolerated]
    for key in stopping if keys is None else sorted(set(keys)):
        repair = mender.propose(by_key[key])
        if repair is None:
            left.append(key)
            continue
        mender.take(repair)
        taken.append(repair)
    if not taken:
        raise BadInput("error.nothing_to_repair")
    scope = EditionScope(audited.level.id, root_id, valid_from)
    new = NewEdition(name, scope, "audit", "", "EPSG:4490", complete=True, made_by=account_id)
    edition_id = editions.keep_draft(connection, new, mender.rows)
    judge_edition(connection, edition_life.facts_of(connection, edition_id=edition_id))
    editions.carry_precision(connection, edition_id, audited.as_of)
    return Mended(edition_id, taken, left)
