"""What does an edition of the boundaries need before it is in force, and what does it change?

An edition is a draft until it is scheduled or activated. What is still wrong with it is accepted
fault by fault, by name and with a reason, or mended. Then it is approved, step after step: which
steps, a deployment says. On its day it becomes active; nothing else makes it so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from gis.accounts import Role
from gis.coordinates import area_m2
from gis.model import Fault, FaultKind

if TYPE_CHECKING:
    from shapely import MultiPolygon


class EditionState(StrEnum):
    """Where an edition stands, each with its word `edition.<value>`."""

    DRAFT = "draft"  # 草案: kept aside, being looked at and approved
    SCHEDULED = "scheduled"  # 待生效: decided, in force from its day on by itself
    ACTIVE = "active"  # 已生效
    WITHDRAWN = "withdrawn"  # 已撤回: dropped after somebody had approved or accepted


OPEN: Final = frozenset({EditionState.DRAFT, EditionState.SCHEDULED})

ACCEPTABLE: Final = frozenset(
    {
        FaultKind.OVERLAP,
        FaultKind.GAP,
        FaultKind.OUTSIDE_PARENT,
        FaultKind.NET_MIXED,
        FaultKind.UNMANNED,
        FaultKind.CODE_FORM,
    }
)
"""Faults that may be right, or are known and will be mended later. The others make an edition
ambiguous or unreadable, and nobody may accept them.
"""


APPROVERS: Final = frozenset({Role.COMMUNITY_CLERK, Role.DISPATCHER, Role.PLANNER})
"""Roles that a step of approval may ask for."""


@dataclass(frozen=True, slots=True)
class ApprovalStep:
    """审批步骤: a decision an edition needs; `position` orders the steps, lowest first.

    It is taken by an account with `role` over the edition's root or a region above it. `level`
    (code) says how high at least: a role over a community takes no step of the county.
    """

    position: int
    code: str
    name: str
    role: Role
    level: str | None = None


@dataclass(frozen=True, slots=True)
class Approval:
    """审批: who took a step, under which 文号, decided on which day."""

    step: str
    step_name: str
    login: str
    account_name: str
    document_no: str
    decided_on: date
    recorded_at: datetime
    by_command: bool = False


def missing_steps(
    steps: Sequence[ApprovalStep], taken: Collection[str]
) -> tuple[ApprovalStep, ...]:
    """The steps nobody has taken yet, in the order they have to be taken."""
    return tuple(one for one in sorted(steps, key=_position) if one.code not in taken)


def _position(step: ApprovalStep) -> int:
    return step.position


def fault_key(fault: Fault) -> str:
    """Twelve letters and digits that name a fault, the same whenever it is found again.

    What counts: kind, codes, place (to 1e-6 degree) and size (to 0.1 m²). A fault that has grown
    is another fault: nobody has accepted that one.
    """
    place = "" if fault.lon is None or fault.lat is None else f"{fault.lon:.6f} {fault.lat:.6f}"
    size = "" if fault.m2 is None else f"{fault.m2:.1f}"
    said = "|".join((fault.kind.value, ",".join(sorted(fault.codes)), place, size))
    return hashlib.sha256(said.encode()).hexdigest()[:12]


def unacceptable(faults: Sequence[Fault]) -> list[Fault]:
    """Those that stop an edition and that nobody may accept."""
    return [one for one in faults if not one.tolerated and one.kind not in ACCEPTABLE]


# ---- what changes -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Before:
    """How a region was on the edition's day and how the edition states it; `shape` as it was.

    `first` is what the comparison calls the change: added, moved, changed, recoded, renamed, ended.
    """

    first: str
    code: str
    code_before: str | None
    name_before: str | None
    name_after: str | None
    parent_before: str | None
    parent_after: str | None
    moved: bool
    shape: MultiPolygon | None


@dataclass(frozen=True, slots=True)
class Change:
    """变更: all that an edition changes of one region. Areas in m² on the ground.

    `changes` are one or more of added, moved, changed (another parent or other days), recoded,
    renamed, ended. `m2_gained` is the ground it gets that it hadn't, `m2_lost` what it gives away;
    None where a shape is missing on both sides or stays as it is.
    """

    code: str
    changes: tuple[str, ...]
    code_before: str | None = None
    name_before: str | None = None
    name_after: str | None = None
    parent_before: str | None = None
    parent_after: str | None = None
    m2_before: float | None = None
    m2_after: float | None = None
    m2_gained: float | None = None
    m2_lost: float | None = None


def changes_of(before: Sequence[Before], after: Mapping[str, MultiPolygon]) -> list[Change]:
    """The changes with their areas, in the order given. `after`: the new shapes by code."""
    old = _column([one.shape for one in before])
    new = _column(
        [after.get(one.code) if one.moved or one.first == "added" else None for one in before]
    )
    new[[one.first == "ended" for one in before]] = None
    both = ~shapely.is_missing(old) & ~shapely.is_missing(new)
    gained, lost = new.copy(), old.copy()
    mended_old, mended_new = (_mended(part[both]) for part in (old, new))
    gained[both] = shapely.difference(mended_new, mended_old)
    lost[both] = shapely.difference(mended_old, mended_new)
    areas = [_areas(part) for part in (old, new, gained, lost)]
    return [
        _change(one, sizes) for one, sizes in zip(before, zip(*areas, strict=True), strict=True)
    ]


def _column(shapes: Sequence[MultiPolygon | None]) -> np.ndarray:
    column = np.empty(len(shapes), dtype=object)
    column[:] = shapes
    return column


def _mended(shapes: np.ndarray) -> np.ndarray:
    broken = ~shapely.is_valid(shapes)
    shapes[broken] = shapely.make_valid(shapes[broken], method="structure")
    return shapes


def _areas(shapes: np.ndarray) -> list[float | None]:
    missing = shapely.is_missing(shapes)
    sizes = area_m2(shapes)
    return [None if gone else float(size) for gone, size in zip(missing, sizes, strict=True)]


def _change(one: Before, sizes: tuple[float | None, ...]) -> Change:
    kinds = [one.first]
    if one.first not in ("added", "ended"):
        kinds += ["moved"] * one.moved
        kinds += ["changed"] * (one.parent_before != one.parent_after)
        kinds += ["recoded"] * (one.code_before != one.code)
        kinds += ["renamed"] * (one.name_before != one.name_after)
    m2_before, m2_after, m2_gained, m2_lost = sizes
    return Change(
        code=one.code,
        changes=tuple(dict.fromkeys(kinds)),
        code_before=one.code_before,
        name_before=one.name_before,
        name_after=one.name_after,
        parent_before=one.parent_before,
        parent_after=one.parent_after,
        m2_before=m2_before,
        m2_after=m2_after,
        m2_gained=m2_gained,
        m2_lost=m2_lost,
    )
