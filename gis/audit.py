"""How healthy are boundaries in force? Every fault of one level, with its place and its size.

The tiling is judged by `gis.boundaries`, as at import. Here is what only shows in what is kept:
names with stray marks, codes unlike their neighbours', slivers, the same ground twice. Holes,
multipolygons and enclaves are right; a region of several parts is a note.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import shapely
from shapely import MultiPolygon

from gis.boundaries import SLIVER_M, faults, widths_m
from gis.coordinates import area_m2
from gis.model import BoundaryRow, Fault, FaultKind, Level

DIGITS: Final[Mapping[str, int]] = {
    "province": 2, "prefecture": 4, "county": 6, "subdistrict": 9, "community": 12,
}  # fmt: skip
"""Significant digits of a code by level, GB/T 10114 and GB/T 2260; zeros may follow up to 12."""

# DB11/T 2157: 12 + 3, a letter by kind; or exclusive grids as 12 + Z + 3; micro-grids with -NN
GRID_CODE: Final = re.compile(r"\d{12}([0-9A-Z]\d{2}|Z\d{3})(-\d{2})?")
BLANKS: Final = re.compile(r"^\s|\s$|\s{2}|[\u3000\u00a0\u200b\u2060\ufeff\t\n\r]")
BRACKETS: Final = "()（）[]［］【】<>《》{}「」"
PAIRS: Final = {"(": ")", "（": "）", "[": "]", "［": "］", "【": "】", "<": ">", "《": "》",
                "{": "}", "「": "」"}  # fmt: skip
LOST: Final = re.compile("[\ufffd?？□]")
DOUBLED: Final = re.compile(r"^(.{2,})\1$")
SAME_GROUND: Final = 0.99  # of both shapes


def audit(
    rows: Sequence[BoundaryRow],
    level: Level,
    parents: Mapping[str, MultiPolygon | None],
    *,
    tolerance_m2: float = 1.0,
) -> list[Fault]:
    """Everything wrong with the regions of one level, by kind; notes (`tolerated`) among them.

    `parents` as for `gis.boundaries.faults`; where one region has a parent, all need one. A region
    without a shape is told when others of its level have one.
    """
    under = any(row.parent_code for row in rows)  # else it is the highest level that is kept
    judged = faults(
        rows,
        level_is_overlay=level.overlay,
        parents=parents,
        needs_parent=under,
        tolerance_m2=tolerance_m2,
    )
    areas = _areas(rows)
    found = [_same_ground(fault, areas) for fault in judged]
    found += [*_unshaped(rows), *_slivers(rows), *_names(rows), *code_faults(rows, level.code)]
    if not under and not level.overlay and len(rows) > 1:
        found.append(Fault(FaultKind.MANY_ROOTS, tuple(r.code for r in rows), tolerated=True))
    order = list(FaultKind)
    return sorted(found, key=lambda f: (order.index(f.kind), f.tolerated, f.codes))


# ---- shapes -------------------------------------------------------------------------------------


def _areas(rows: Sequence[BoundaryRow]) -> dict[str, float]:
    shapes = np.empty(len(rows), dtype=object)
    shapes[:] = [row.shape for row in rows]
    return dict(zip((row.code for row in rows), area_m2(shapes).tolist(), strict=True))


def _same_ground(fault: Fault, areas: Mapping[str, float]) -> Fault:
    """Two regions that overlap nearly wholly are one shape kept twice."""
    if fault.kind is not FaultKind.OVERLAP or fault.m2 is None:
        return fault
    larger = max(areas[code] for code in fault.codes)
    same = fault.m2 >= SAME_GROUND * larger
    return replace(fault, kind=FaultKind.DUPLICATE_SHAPE) if same else fault


def _unshaped(rows: Sequence[BoundaryRow]) -> Iterator[Fault]:
    bare = [row for row in rows if row.shape is None]
    if len(bare) < len(rows):
        for row in bare:
            yield Fault(FaultKind.EMPTY_SHAPE, (row.code,), (row.row,))


def _slivers(rows: Sequence[BoundaryRow]) -> Iterator[Fault]:
    """Parts narrower than 2 m on average; and a note on regions of several parts."""
    several = [r for r in rows if r.shape is not None and shapely.get_num_geometries(r.shape) > 1]
    for row in several:
        parts = np.array(row.shape.geoms if row.shape else [], dtype=object)
        narrow = widths_m(parts) < SLIVER_M
        for part in parts[narrow]:
            yield _at(FaultKind.SLIVER, row, part)
        if np.count_nonzero(~narrow) > 1:
            smallest = parts[int(np.argmin(area_m2(parts)))]
            yield replace(_at(FaultKind.DETACHED, row, smallest), tolerated=True)


def _at(kind: FaultKind, row: BoundaryRow, part: shapely.Polygon) -> Fault:
    inside = shapely.point_on_surface(part)
    m2 = float(area_m2(part)[0])
    ground = MultiPolygon([part])
    return Fault(kind, (row.code,), (row.row,), inside.x, inside.y, m2, ground=ground)


# ---- names --------------------------------------------------------------------------------------


def _names(rows: Sequence[BoundaryRow]) -> Iterator[Fault]:
    """Names with marks that don't belong there, none at all, or a sibling's."""
    named = any(row.name for row in rows)
    siblings: dict[tuple[str | None, str], list[BoundaryRow]] = defaultdict(list)
    for row in rows:
        kind = stray_mark(row.name) if row.name else FaultKind.MISSING_NAME if named else None
        if kind is not None:
            note = kind is FaultKind.NAME_BRACKETS and balanced(row.name)
            yield Fault(kind, (row.code,), (row.row,), *_place(row), None, row.name, tolerated=note)
        if row.name:
            siblings[row.parent_code, row.name].append(row)
    for (_, name), twins in siblings.items():
        if len(twins) > 1:
            codes, numbers = tuple(r.code for r in twins), tuple(r.row for r in twins)
            yield Fault(FaultKind.SAME_NAME, codes, numbers, *_place(twins[1]), None, name)


def stray_mark(name: str) -> FaultKind | None:
    """The first thing wrong with a name, None for a sound one.

    >>> [stray_mark(n) for n in ("柏林社区", "柏林　社区", "12", "柏林柏林", "柏林(东")]
    ... # doctest: +NORMALIZE_WHITESPACE
    [None, <FaultKind.NAME_BLANKS: 'name_blanks'>, <FaultKind.NAME_DIGITS: 'name_digits'>,
     <FaultKind.NAME_DOUBLED: 'name_doubled'>, <FaultKind.NAME_BRACKETS: 'name_brackets'>]
    """
    if BLANKS.search(name):
        return FaultKind.NAME_BLANKS
    if LOST.search(name):
        return FaultKind.NAME_LETTERS
    if name.isdecimal():
        return FaultKind.NAME_DIGITS
    if DOUBLED.search(name):
        return FaultKind.NAME_DOUBLED
    return FaultKind.NAME_BRACKETS if any(mark in BRACKETS for mark in name) else None


def balanced(name: str) -> bool:
    """Does every bracket of a name close?

    >>> balanced("示例区（合成示例）"), balanced("东（西"), balanced("）（")
    (True, False, False)
    """
    waiting: list[str] = []
    for letter in name:
        if letter in PAIRS:
            waiting.append(PAIRS[letter])
        elif letter in BRACKETS and (not waiting or waiting.pop() != letter):
            return False
    return not waiting


def _place(row: BoundaryRow) -> tuple[float | None, float | None]:
    if row.shape is None or row.shape.is_empty:
        return None, None
    inside = shapely.point_on_surface(row.shape)
    return inside.x, inside.y


# ---- codes --------------------------------------------------------------------------------------


def code_faults(rows: Sequence[BoundaryRow], level: str) -> Iterator[Fault]:
    """Codes unlike the rest of their level, and those that don't begin with their parent's.

    Only where most codes of the level follow the national form: other places have other rules.
    """
    if not rows or 2 * sum(has_form(row.code, level) for row in rows) < len(rows):
        return
    for row in rows:
        if not has_form(row.code, level):
            yield Fault(FaultKind.CODE_FORM, (row.code,), (row.row,), *_place(row))
        elif row.parent_code and not row.code.startswith(_stem(row.parent_code)):
            codes = (row.code, row.parent_code)
            yield Fault(FaultKind.CODE_PREFIX, codes, (row.row,), *_place(row), tolerated=True)


def has_form(code: str, level: str) -> bool:
    """Is a code as the national standards write it at that level? Levels they don't know: any.

    >>> has_form("500199001001", "community"), has_form("5001990010A1", "community")
    (True, False)
    >>> has_form("500199001001Z01", "grid"), has_form("500199000000", "county")
    (True, True)
    >>> [has_form(code, "grid") for code in ("500199001001Z001", "500199001001003-02", "5001-03")]
    [True, True, False]
    """
    if level == "grid":
        return GRID_CODE.fullmatch(code) is not None
    digits = DIGITS.get(level)
    if digits is None:
        return True
    stem, rest = code[:digits], code[digits:]
    whole = stem.isascii() and stem.isdigit() and len(stem) == digits
    return whole and rest in ("", "0" * (12 - digits))


def _stem(code: str) -> str:
    """The significant digits of a parent's code: without the zeros that fill it up, in pairs or
    threes.
    """
    if len(code) != 12 or not code.endswith("000"):
        return code
    for digits in (2, 4, 6, 9):
        if not code[digits:].strip("0"):
            return code[:digits]
    return code


def counts(found: Sequence[Fault]) -> dict[FaultKind, tuple[int, int]]:
    """How many faults and how many notes there are of each kind, in the order of the kinds."""
    faulty = Counter(one.kind for one in found if not one.tolerated)
    noted = Counter(one.kind for one in found if one.tolerated)
    return {kind: (faulty[kind], noted[kind]) for kind in FaultKind if faulty[kind] + noted[kind]}
