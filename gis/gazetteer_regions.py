"""Which known regions does an address name, and do they agree with one another?"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rapidfuzz import process
from rapidfuzz.distance import OSA

from gis.address_parts import REGIONS, Address, Element, ElementKind
from gis.address_text import normalise
from gis.addresses import parse
from gis.gazetteer_index import SLIP, are_two, hides_telling

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ABOVE: Final = frozenset({ElementKind.PROVINCE, ElementKind.CITY, ElementKind.COUNTY})
OFFICES: Final = re.compile("(?:社区)?(?:居民委员会|居委会)$|(?:村民委员会|村委会)$|办事处$")
UPPER_NAME: Final = re.compile("[省市县区旗州盟]$(?<!社区)(?<!小区)")  # as in `ABOVE`
ASIDE: Final = re.compile(r"[(（].*$")  # 示例区（合成示例）


@dataclass(frozen=True, slots=True)
class KnownRegion:
    """A region by its code and name; `parent` is a code, "" at the top.

    Without a name ("") it only holds addresses, and no address names it.
    """

    code: str
    name: str
    parent: str = ""


@dataclass(frozen=True, slots=True)
class Stated:
    """What an address says of its regions.

    `named` holds, for each name that is known, the regions that it may mean, and its likeness.
    `deepest` is the lowest region that all of it leads to. `unknown` counts the names below the
    county that nobody knows; `is_elsewhere` says that a county or city is another than ours.
    """

    named: tuple[tuple[frozenset[str], float], ...] = ()
    deepest: str = ""
    level: ElementKind | None = None
    likeness: float = 0.0
    unknown: int = 0
    is_elsewhere: bool = False


class RegionNames:
    """Known regions by name."""

    def __init__(self, regions: Iterable[KnownRegion], above: Sequence[str] = ()) -> None:
        self._regions = {one.code: one for one in regions}
        self._above = {stem_of(one) for one in above}
        self._by_stem: dict[str, set[str]] = defaultdict(set)
        for one in self._regions.values():
            if one.name:
                self._by_stem[stem_of(one.name)].add(one.code)
        upper = [one for one in (*self._above, *self._by_stem) if UPPER_NAME.search(one)]
        self._kinds = {part.kind for one in upper for part in parse(one).elements[:1]}
        self._chains: dict[str, tuple[str, ...]] = {}

    def chain(self, code: str) -> tuple[str, ...]:
        """A region and all above it, itself first; unknown codes have none above."""
        if code not in self._chains:
            self._chains[code] = self._climb(code)
        return self._chains[code]

    def _climb(self, code: str) -> tuple[str, ...]:
        chain: list[str] = []
        while code and code not in chain:
            chain.append(code)
            code = self._regions[code].parent if code in self._regions else ""
        return tuple(chain)

    def common(self, codes: Iterable[str]) -> str:
        """The lowest region that holds all of `codes`; "" when none does."""
        chains = [self.chain(one) for one in codes]
        if not chains:
            return ""
        shared = set(chains[0]).intersection(*chains[1:])
        return next((one for one in chains[0] if one in shared), "")

    def above(self, code: str) -> str:
        """The region above; a region at the top stays."""
        return next(iter(self.chain(code)[1:]), code)

    def agreed(self, one: str, other: str) -> str:
        """The lower of two regions where one holds the other, else the one that holds both."""
        if not one or not other:
            return one or other
        if one in self.chain(other):
            return other
        return one if other in self.chain(one) else self.common((one, other))

    def stated(self, address: Address) -> Stated:
        """What an address says of its regions, from the top down."""
        named: list[tuple[frozenset[str], float]] = []
        deepest, level, unknown, elsewhere = "", None, 0, False
        parts = [one for one in address.elements if one.kind in REGIONS]
        for part in (one for one in parts if stem_of(one.value) not in self._above):
            codes, likeness = self._meant(part, deepest)
            if codes:
                named.append((codes, likeness))
                common = self.common(codes)
                if common and (not deepest or deepest in self.chain(common)):
                    deepest, level = common, part.kind
            elif part.kind in ABOVE:
                elsewhere = elsewhere or part.kind in self._kinds
            else:
                unknown += 1
        likeness = min((one for _, one in named), default=0.0)
        return Stated(tuple(named), deepest, level, likeness, unknown, elsewhere)

    def _meant(self, part: Element, under: str) -> tuple[frozenset[str], float]:
        """The regions that a name may mean, those below `under` before all others."""
        stem, likeness = stem_of(part.value), 1.0
        codes = self._by_stem.get(stem, set())
        if not codes:
            stem, likeness = self._slip(stem)
            codes = self._by_stem.get(stem, set())
        below = {one for one in codes if under in self.chain(one)}
        return frozenset(below or codes), likeness

    def _slip(self, stem: str) -> tuple[str, float]:
        """The only known name that ends `stem` or that `stem` may be with a slip of the pen."""
        for cut in range(1, len(stem) - 1):
            if stem[cut:] in self._by_stem:
                return stem[cut:], 0.95
        near = process.extract(
            stem, self._by_stem.keys(), scorer=OSA.distance, score_cutoff=1, limit=3
        )
        meant = [
            one for one, _, _ in near if not are_two(stem, one) and not hides_telling(stem, one)
        ]
        likeness = 1 - 1 / max(len(stem), *map(len, meant), 1)
        return (meant[0], likeness) if len(meant) == 1 and likeness >= SLIP else ("", 0.0)


def stem_of(name: str) -> str:
    """A region's name as it is compared: without its office, and what stands in brackets.

    >>> [stem_of(one) for one in ("石油路社区居民委员会", "石梯村村委会", "示例区（合成示例）")]
    ['石油路社区', '石梯村', '示例区']
    """
    text = normalise(ASIDE.sub("", name))
    short = OFFICES.sub("", text)
    if short != text and "村" not in text[-6:] and not short.endswith(("街道", "社区")):
        short += "社区"
    return short or text
