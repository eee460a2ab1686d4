"""Codes by the rules: of divisions, grids and organisations. Checked and proposed, never changed.

- Divisions have 12 digits: province 2, prefecture 2, county 2, township 3, village 3; the segments
  of the last two say the kind (国家统计局, 统计用区划代码和城乡划分代码编制规则).
- Grids have 15: the 12 of their community and a number of three, west to east and north to south
  (GB/T 30428.1, 单元网格标识码).
- Organisations have 18 signs with a check sign (GB 32100-2015, 统一社会信用代码).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from gis.coordinates import metres_per_degree
from gis.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gis.model import Point

MOST_GRIDS: Final = 999  # three digits, from 001


class DivisionKind(StrEnum):
    """What a township's or a village's number says it is."""

    SUBDISTRICT = "subdistrict"  # 街道 001–099
    TOWN = "town"  # 镇 100–199
    TOWNSHIP = "township"  # 乡 200–399
    LIKE_TOWNSHIP = "like_township"  # 类似乡级 400–599
    RESIDENTS = "residents"  # 居民委员会 001–199
    VILLAGERS = "villagers"  # 村民委员会 200–399
    LIKE_RESIDENTS = "like_residents"  # 类似居委会 400–499
    LIKE_VILLAGERS = "like_villagers"  # 类似村委会 500–599


_TOWNSHIPS: Final = (
    (1, 99, DivisionKind.SUBDISTRICT),
    (100, 199, DivisionKind.TOWN),
    (200, 399, DivisionKind.TOWNSHIP),
    (400, 599, DivisionKind.LIKE_TOWNSHIP),
)
_VILLAGES: Final = (
    (1, 199, DivisionKind.RESIDENTS),
    (200, 399, DivisionKind.VILLAGERS),
    (400, 499, DivisionKind.LIKE_RESIDENTS),
    (500, 599, DivisionKind.LIKE_VILLAGERS),
)


@dataclass(frozen=True, slots=True)
class Division:
    """A division's code taken apart; `village` is None where the last three digits are 000.

    A community that stands at the place of a township (Tongling has some) ends in 000 too.
    """

    code: str
    county: str
    township: DivisionKind | None
    village: DivisionKind | None


def division(code: str) -> Division:
    """A code of 12 digits by its segments. Raises BadInput where a segment doesn't exist.

    >>> division("500103014000").township
    <DivisionKind.SUBDISTRICT: 'subdistrict'>
    >>> division("340705402000").township, division("500116108201").village
    (<DivisionKind.LIKE_TOWNSHIP: 'like_township'>, <DivisionKind.VILLAGERS: 'villagers'>)
    """
    if not re.fullmatch(r"[1-9][0-9]{11}", code):
        raise BadInput("error.division_code", code=code[:40])
    township, village = int(code[6:9]), int(code[9:])
    if village and not township:
        raise BadInput("error.division_code", code=code)
    return Division(
        code, code[:6], _kind(code, township, _TOWNSHIPS), _kind(code, village, _VILLAGES)
    )


def _kind(
    code: str, number: int, segments: Iterable[tuple[int, int, DivisionKind]]
) -> DivisionKind | None:
    if number == 0:
        return None
    for first, last, kind in segments:
        if first <= number <= last:
            return kind
    raise BadInput("error.division_code", code=code)


def short_code(code: str, parent: str | None) -> str:
    """What a code says below its parent's: how lists write it, beside the parent's name. A code
    that doesn't begin with its parent's is short only in full.

    >>> short_code("500199001001003", "500199001001"), short_code("C7", "500199001001")
    ('003', 'C7')
    """
    below = code.removeprefix(parent) if parent else code
    return below or code


def named(name: str, code: str, parent: str | None) -> str:
    """A region as sentences name it: its name and its short code.

    >>> named("第三网格", "500199001001003", "500199001001"), named("", "C7", None)
    ('第三网格 · 003', 'C7')
    """
    short = short_code(code, parent)
    return f"{name} · {short}" if name and name != code else short


# ---- urban and rural ----------------------------------------------------------------------------

URBAN_RURAL: Final = {
    "111": "主城区",
    "112": "城乡结合区",
    "121": "镇中心区",
    "122": "镇乡结合区",
    "123": "特殊区域",
    "210": "乡中心区",
    "220": "村庄",
}
"""城乡分类代码: 1xx is urban, 2xx rural."""


def is_urban(urban_rural: str) -> bool:
    """Is a class of `URBAN_RURAL` an urban one? Raises BadInput for another.

    >>> is_urban("122"), is_urban("220")
    (True, False)
    """
    if urban_rural not in URBAN_RURAL:
        raise BadInput("error.urban_rural", code=urban_rural[:40])
    return urban_rural.startswith("1")


# ---- organisations ------------------------------------------------------------------------------

_CREDIT_SIGNS: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # without I, O, S, V, Z
_CREDIT_FORM: Final = re.compile(rf"[{_CREDIT_SIGNS}]{{2}}[0-9]{{6}}[{_CREDIT_SIGNS}]{{10}}")


def is_credit_code(code: str) -> bool:
    """Is it an 18-sign 统一社会信用代码 whose last sign checks the others?

    The sum of the first 17 signs' values, weighted by 3^0, 3^1 … mod 31, and the last one's value
    make a multiple of 31 (GB 32100-2015, 5.2). What the second sign means isn't judged.

    >>> is_credit_code("91350100M000100Y43"), is_credit_code("91350100M000100Y34")
    (True, False)
    """
    if not _CREDIT_FORM.fullmatch(code):
        return False
    return credit_check_sign(code[:17]) == code[17]


def credit_check_sign(first17: str) -> str:
    """The check sign of the first 17 signs of a credit code."""
    total = sum(_CREDIT_SIGNS.index(sign) * pow(3, n, 31) for n, sign in enumerate(first17))
    return _CREDIT_SIGNS[-total % 31]


# ---- grids --------------------------------------------------------------------------------------


class GridKind(StrEnum):
    """基础网格, 专属网格 (a school, a hospital, a park), 微网格 (a building or two in a grid)."""

    BASE = "base"
    EXCLUSIVE = "exclusive"
    MICRO = "micro"


BASE_FORM: Final = "{parent}{number:03}"
_ANY_NUMBER: Final = 987_654_321  # stands for the number where a form is turned round


@dataclass(frozen=True, slots=True)
class CodePattern:
    """How a deployment writes grid codes: Python format strings, and a rule that all must fit.

    `parent` is the code above (of the community; of the base grid for a micro-grid), `number`
    counts from 1. `most` numbers fit.
    """

    base: str = BASE_FORM
    exclusive: str = "{parent}Z{number:03}"
    micro: str = "{parent}-{number:02}"
    rule: str = r"[0-9]{12}(Z?[0-9]{3})(-[0-9]{2})?"
    most: int = MOST_GRIDS

    @classmethod
    def of(cls, base: str | None, rule: str | None) -> CodePattern:
        """A deployment's own form and rule; without a rule every code fits. Raises BadInput.

        >>> CodePattern.of("{parent}-{number:02}", None).code(GridKind.BASE, "AB", 3)
        'AB-03'
        """
        made = cls(base=base or BASE_FORM, rule=rule or ".+")
        try:
            re.compile(made.rule)
            again = made.base.format(parent="", number=1) == made.base.format(parent="", number=2)
        except (re.error, ValueError, KeyError, IndexError, AttributeError):
            raise BadInput("error.code_pattern") from None
        if again:
            raise BadInput("error.code_pattern")
        return made

    def kind_of(self, code: str) -> GridKind:
        """What kind a code says it is: the form that has its ending; a base grid when in doubt.

        >>> [CodePattern().kind_of(code).value for code in ("5001Z001", "5001001-02", "5001001")]
        ['exclusive', 'micro', 'base']
        """
        for kind in (GridKind.MICRO, GridKind.EXCLUSIVE):
            ending = re.escape(getattr(self, kind.value).format(parent="", number=1))
            if re.search(re.sub(r"[0-9]", "[0-9]", ending) + "$", code):
                return kind
        return GridKind.BASE

    def prefix(self, parent: str) -> str:
        """What stands before the number in the code of a base grid of `parent`."""
        return self.base.format(parent=parent, number=_ANY_NUMBER).partition(str(_ANY_NUMBER))[0]

    def number_of(self, parent: str, code: str) -> int | None:
        """The number in the code of a base grid of `parent`; None where it isn't written so.

        >>> CodePattern().number_of("5001", "5001017"), CodePattern().number_of("5001", "5001Z01")
        (17, None)
        """
        form = self.base.format(parent=re.escape(parent), number=_ANY_NUMBER)
        found = re.fullmatch(form.replace(str(_ANY_NUMBER), "([0-9]+)"), code)
        number = int(found[1]) if found else 0
        return number if number and self.base.format(parent=parent, number=number) == code else None

    def code(self, kind: GridKind, parent: str, number: int) -> str:
        """The code of a grid. Raises BadInput when the number doesn't fit or the rule is broken.

        >>> CodePattern().code(GridKind.EXCLUSIVE, "500199001001", 4)
        '500199001001Z004'
        """
        most = 99 if kind is GridKind.MICRO else self.most
        if not 0 < number <= most:
            raise BadInput("error.grid_number", number=number, most=most)
        written = getattr(self, kind.value).format(parent=parent, number=number)
        if not re.fullmatch(self.rule, written):
            raise BadInput("error.grid_code", code=written)
        return str(written)


STANDARD: Final = CodePattern()


@dataclass(frozen=True, slots=True)
class Numbered:
    """A grid to be numbered: its name for us, a point inside, and its height in metres."""

    key: str
    point: Point
    height_m: float


def reading_order(grids: Sequence[Numbered]) -> list[str]:
    """Grids west to east, north to south, as one reads: their keys in order.

    The standard says the directions and not where a row ends. Here a row is a band: the northern-
    most grid that is left begins one, which is half the median height of all the grids deep, and
    everything whose point lies in it belongs to it. Within a band west comes first. A point that
    moves by less than it lies from the band's end, and from its neighbours' longitude, changes
    nothing. Ties by latitude, then by key.

    >>> from gis.model import Point
    >>> def at(key, lon, lat): return Numbered(key, Point(lon, lat), 200.0)
    >>> reading_order([at("a", 106.502, 29.5001), at("b", 106.5, 29.5), at("c", 106.5, 29.502)])
    ['c', 'b', 'a']
    """
    if not grids:
        return []
    heights = sorted(one.height_m for one in grids)
    depth_m = heights[len(heights) // 2] / 2
    _, metres_north = metres_per_degree(sum(one.point.lat for one in grids) / len(grids))
    ordered: list[str] = []
    left = sorted(grids, key=lambda one: (-one.point.lat, one.point.lon, one.key))
    while left:
        end = left[0].point.lat - depth_m / metres_north
        band = [one for one in left if one.point.lat >= end]
        left = left[len(band) :]
        band.sort(key=lambda one: (one.point.lon, -one.point.lat, one.key))
        ordered += [one.key for one in band]
    return ordered


def propose_codes(
    parent: str, grids: Sequence[Numbered], pattern: CodePattern = STANDARD
) -> dict[str, str]:
    """A code for each base grid of a community, by key, in reading order from 001.

    Raises BadInput where there are more grids than numbers. What a grid is called today doesn't
    matter; that a code changes is a person's decision.
    """
    return {
        key: pattern.code(GridKind.BASE, parent, number)
        for number, key in enumerate(reading_order(grids), start=1)
    }
