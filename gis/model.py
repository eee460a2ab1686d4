"""The nouns: plain, frozen, free of I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from shapely import MultiPolygon

BEIJING = ZoneInfo("Asia/Shanghai")

# The levels that rules speak of, by their codes; a deployment may have others beside them.
SUBDISTRICT: Final = "subdistrict"
COMMUNITY: Final = "community"
GRID: Final = "grid"


@dataclass(frozen=True, slots=True)
class Point:
    """A place on the ground: degrees, EPSG:4490, longitude first."""

    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class AsOf:
    """The two times of every read: the day asked about, and what was known when.

    `valid_on` is a calendar day in Asia/Shanghai; `known_at` an aware instant. Built once at the
    door and handed down, so that one answer never mixes two moments.
    """

    valid_on: date
    known_at: datetime

    @classmethod
    def at(cls, now: datetime) -> AsOf:
        """The present: today in Beijing, all that is known by `now` (aware).

        >>> from datetime import UTC
        >>> AsOf.at(datetime(2026, 9, 20, 16, 30, tzinfo=UTC)).valid_on
        datetime.date(2026, 9, 21)
        """
        return cls(now.astimezone(BEIJING).date(), now)


@dataclass(frozen=True, slots=True)
class Level:
    """层级: one rung of the ladder province … micro-grid, or an overlay beside it.

    `rank` grows downwards. A tiling level's regions don't overlap; an overlay's may, and need not
    nest. `id` is the database's; `under` the code of the level above, None at the top.
    """

    id: int
    code: str
    name: str
    rank: int
    under: str | None
    overlay: bool


class FaultKind(StrEnum):
    """What may be wrong with boundaries, each with its sentence `fault.<value>`."""

    INVALID_SHAPE = "invalid_shape"  # self-crossing, unclosed, NaN …
    EMPTY_SHAPE = "empty_shape"
    NOT_AN_AREA = "not_an_area"  # a point or a line where an area is needed
    MISSING_CODE = "missing_code"
    DOUBLE_CODE = "double_code"
    BAD_TEXT = "bad_text"  # control characters, mojibake, too long
    UNKNOWN_PARENT = "unknown_parent"
    MISSING_PARENT = "missing_parent"
    WRONG_CRS = "wrong_crs"  # coordinates that can't be true in the CRS given
    SWAPPED_AXES = "swapped_axes"  # latitude where the longitude should be
    FAR_AWAY = "far_away"  # outside the rectangle around China: a note
    REPAIRED = "repaired"  # rounding to the lattice broke the shape; mended, within 1 m²: a note
    OVERLAP = "overlap"
    GAP = "gap"
    OUTSIDE_PARENT = "outside_parent"
    LEFT_WITHOUT_PARENT = "left_without_parent"  # an ending region still has regions under it
    OUTSIDE_ROOT = "outside_root"  # not under the region the edition speaks for
    CODE_TAKEN = "code_taken"  # another region has it on those days, and keeps it
    NET_MIXED = "net_mixed"  # a grid on ground that several units of one business net had
    UNMANNED = "unmanned"  # a new grid nobody is responsible for, where somebody was before
    # what an audit of boundaries in force looks for besides
    DUPLICATE_SHAPE = "duplicate_shape"  # two regions on the same ground
    SLIVER = "sliver"  # a part of a region narrower than a line is drawn
    DETACHED = "detached"  # a region of several parts: a note, exclaves are right
    MANY_ROOTS = "many_roots"  # several regions at the top: a note
    MISSING_NAME = "missing_name"
    NAME_BLANKS = "name_blanks"  # at the ends, doubled, or full-width
    NAME_BRACKETS = "name_brackets"  # unbalanced; balanced ones are a note
    NAME_DIGITS = "name_digits"  # digits alone
    NAME_DOUBLED = "name_doubled"  # the same words twice
    NAME_LETTERS = "name_letters"  # letters lost on the way
    SAME_NAME = "same_name"  # as a sibling's
    CODE_FORM = "code_form"  # unlike the codes of its level
    CODE_PREFIX = "code_prefix"  # doesn't begin with its parent's: a note
    CROSSING_DATES = "crossing_dates"  # days without parent or code
    VACANT = "vacant"  # a grid without a responsible member
    MEMBER_WITHOUT_POST = "member_without_post"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with boundaries, and where.

    `rows` are 1-based data rows of the file; `lon`, `lat` a point to look at (degrees, EPSG:4490);
    `m2` the area it concerns, in square metres on the ground. `tolerated`: it stops no commit.
    `ground` is that area itself, where there is one (EPSG:4490); two faults are equal without it.
    """

    kind: FaultKind
    codes: tuple[str, ...] = ()
    rows: tuple[int, ...] = ()
    lon: float | None = None
    lat: float | None = None
    m2: float | None = None
    detail: str = ""
    tolerated: bool = False
    ground: MultiPolygon | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class BoundaryRow:
    """One region as a file states it. `row` is its 1-based data row; `shape` None in a code list.

    The shape is in EPSG:4490, longitude first, on the 1e-7 degree lattice. `region_id` says which
    region is meant, where its code can't: it gets another one, or comes back after it had ended.
    """

    row: int
    code: str
    name: str = ""
    parent_code: str | None = None
    shape: MultiPolygon | None = None
    region_id: int | None = None


@dataclass(frozen=True, slots=True)
class BoundaryFile:
    """What was read from a boundary file: its rows, how it was understood, what is wrong with it.

    `crs_found` is what the file says ("" when it says nothing), `crs_used` what was taken;
    `sha256` the file's own sum.
    """

    rows: list[BoundaryRow]
    crs_found: str
    crs_used: str
    sha256: str
    source: str
    encoding: str = "UTF-8"
    faults: list[Fault] = field(default_factory=list)
