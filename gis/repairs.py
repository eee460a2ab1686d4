"""What would mend a fault of the boundaries, where that is safe? Shown first, never silently done.

Safe is: ground narrower than 2 m on average, where two drawings of one line differ; wider ground
that lies in the parent of just one of the regions around it, and is little beside it; a region that
reaches a little over its parent's line; a shape that crosses itself without its area changing.
Anything else a person has to look at.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import shapely
from shapely import MultiPolygon, STRtree
from shapely.geometry.base import BaseGeometry

from gis.boundaries import ASTRAY_SHARE, DUST_M2, SLIVER_M, widths_m
from gis.coordinates import area_m2, to_lattice
from gis.model import BoundaryRow, Fault, FaultKind

NEAR_DEG: Final = 2e-7  # two units of the lattice: what touched before rounding
CORNER_DEG: Final = 10 * NEAR_DEG  # who has no more edge along it meets it in a corner only
SAME_M2: Final = 1.0  # a mended shape may differ by so much
WIDE_SHARE: Final = 0.1  # of a region: wider ground up to so much may change owner


@dataclass(frozen=True, slots=True)
class Repair:
    """修复建议: new shapes by code that would mend a fault, and the m² that change owner.

    `to` gets the ground ("" where nobody does), `parted` lose it.
    """

    fault: Fault
    shapes: Mapping[str, MultiPolygon]
    m2: float
    to: str = ""
    parted: tuple[str, ...] = ()


class Mender:
    """Proposes repairs for the regions of one level; a repair taken counts for the next ones."""

    def __init__(
        self, rows: Iterable[BoundaryRow], parents: Mapping[str, MultiPolygon | None]
    ) -> None:
        self._rows = {row.code: row for row in rows}
        self._parents = parents
        self._shapes = {r.code: r.shape for r in self._rows.values() if r.shape is not None}
        self._codes = list(self._shapes)
        self._tree = STRtree(list(self._shapes.values()))

    @property
    def rows(self) -> list[BoundaryRow]:
        """The regions with all repairs that were taken."""
        return list(self._rows.values())

    def take(self, repair: Repair) -> None:
        """Go on with the repaired shapes."""
        for code, shape in repair.shapes.items():
            self._rows[code] = replace(self._rows[code], shape=shape)
            self._shapes[code] = shape

    def propose(self, fault: Fault) -> Repair | None:
        """What would mend a fault; None where a person has to look."""
        if fault.kind is FaultKind.INVALID_SHAPE:
            return self._mend(fault)
        if fault.ground is None:
            return None
        if not _narrow(fault.ground):
            return self._by_parent(fault, fault.ground)
        if fault.kind is FaultKind.OUTSIDE_PARENT:
            return self._clip(fault)
        if fault.kind is FaultKind.OVERLAP:
            return self._part(fault, fault.ground, min(fault.codes))
        if fault.kind in (FaultKind.GAP, FaultKind.SLIVER):
            return self._give(fault, fault.ground)
        return None

    def _by_parent(self, fault: Fault, ground: MultiPolygon) -> Repair | None:
        """Wide ground goes to the only region around it whose parent it lies in, if it is little
        beside each region that gains or loses it.
        """
        if fault.kind is FaultKind.OVERLAP:
            around = set(fault.codes)
        elif fault.kind is FaultKind.GAP:
            around = set(self._edges(ground))
        else:
            return None
        owners = [code for code in around if self._in_parent(code, ground)]
        small = all(_m2(ground) <= WIDE_SHARE * _m2(self._shapes[code]) for code in around)
        if len(owners) != 1 or not small:
            return None
        if fault.kind is FaultKind.OVERLAP:
            return self._part(fault, ground, owners[0])
        return self._hand(fault, ground, owners[0], None)

    def _in_parent(self, code: str, ground: MultiPolygon) -> bool:
        parent = self._parents.get(self._rows[code].parent_code or "")
        return parent is not None and _m2(shapely.difference(ground, parent)) < DUST_M2

    def _mend(self, fault: Fault) -> Repair | None:
        shape = self._shapes[fault.codes[0]]
        made = _areal(shapely.make_valid(shape, method="structure"))
        if made is None or abs(_m2(made) - _m2(shape)) > SAME_M2:
            return None
        return Repair(fault, {fault.codes[0]: made}, 0.0)

    def _clip(self, fault: Fault) -> Repair | None:
        row, shape = self._rows[fault.codes[0]], self._shapes[fault.codes[0]]
        parent = self._parents.get(row.parent_code or "")
        if parent is None or not shape.is_valid:
            return None
        made = _areal(shapely.intersection(shape, parent))
        lost = _m2(shape) - (_m2(made) if made else 0.0)
        if made is None or lost > ASTRAY_SHARE * _m2(shape):
            return None
        return Repair(fault, {row.code: made}, lost, parted=(row.code,))

    def _part(self, fault: Fault, ground: MultiPolygon, keeper: str) -> Repair | None:
        """Snap to the neighbour: one keeps the ground, the others' edges move."""
        others = sorted(set(fault.codes) - {keeper})
        shapes = {code: _without(self._shapes[code], ground) for code in others}
        kept = {code: shape for code, shape in shapes.items() if shape is not None}
        if len(kept) < len(others):
            return None
        return Repair(fault, kept, _m2(ground), keeper, tuple(others))

    def _give(self, fault: Fault, ground: MultiPolygon) -> Repair | None:
        """To the neighbour with the longest common edge; of equals the lowest code."""
        owner = fault.codes[0] if fault.kind is FaultKind.SLIVER else None
        edges = {code: edge for code, edge in self._edges(ground).items() if code != owner}
        if not edges:
            return None
        to = min(edges, key=lambda code: (-edges[code], code))
        return self._hand(fault, ground, to, owner)

    def _edges(self, ground: MultiPolygon) -> dict[str, float]:
        """The regions around, and how much of their edge lies along the ground, in degrees."""
        found = self._tree.query(ground, predicate="dwithin", distance=NEAR_DEG)
        near = [self._codes[place] for place in found.tolist()]
        rim = shapely.buffer(ground.boundary, NEAR_DEG)
        edges = {
            code: shapely.length(shapely.intersection(rim, self._shapes[code].boundary))
            for code in near
        }
        return {code: edge for code, edge in edges.items() if edge > CORNER_DEG}

    def _hand(
        self, fault: Fault, ground: MultiPolygon, to: str, owner: str | None
    ) -> Repair | None:
        made = _areal(shapely.union_all([self._shapes[to], ground]))
        if made is None:
            return None
        shapes = {to: made}
        if owner is not None:
            left = _without(self._shapes[owner], ground)
            if left is None:
                return None
            shapes[owner] = left
        return Repair(fault, shapes, _m2(ground), to, (owner,) if owner else ())


def _narrow(ground: MultiPolygon) -> bool:
    return bool((widths_m(np.array(ground.geoms, dtype=object)) < SLIVER_M).all())


def _without(shape: MultiPolygon, ground: BaseGeometry) -> MultiPolygon | None:
    return _areal(shapely.difference(shape, ground))


def _areal(shape: BaseGeometry | None) -> MultiPolygon | None:
    """What of a shape is ground, on the lattice and valid; None when nothing is left."""
    if shape is None:
        return None
    parts = shapely.get_parts(shapely.get_parts(shape))
    kept = [one for one in parts if one.geom_type == "Polygon" and _m2(one) >= DUST_M2]
    if not kept:
        return None
    rounded = to_lattice(MultiPolygon(kept))
    if not shapely.is_valid(rounded):
        return None
    polygons = [one for one in shapely.get_parts(rounded) if not one.is_empty]
    return MultiPolygon(polygons) if polygons else None


def _m2(shape: BaseGeometry) -> float:
    return float(area_m2(shape)[0])
