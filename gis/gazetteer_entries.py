"""What a register enters of an address: its facts, and the keys it is found under.

A list names the same roads and compounds over and over, with other numbers. Taking an address apart
takes a tenth of a millisecond, so it is done once for each way of writing, and the numbers are put
in: `entered` gives what `enter` gives, which reads every address anew.

Why that is the same. No step of reading an address asks which figures stand in it, only how many
stand together, whether the first is a 0, and whether two numbers are the same one; the halves of a
name are compared too, and numerals (三) become figures. So two texts that are alike but for their
figures are read alike, where no number begins with 0, the same ones are equal to one another, none
is what a numeral of the text may mean or stands beside one, and no figure is in a name. Whatever
isn't so is read by itself.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from gis.address_numbers import NUMERALS, arabic
from gis.address_parts import NAMED, Address, ElementKind
from gis.address_text import fold, tidy
from gis.addresses import parse
from gis.gazetteer_index import Facts, facts_of, paths

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

STEP: Final = "\x1f"  # the unit separator, between the parts of a key; `tidy` leaves none
WRITINGS: Final = 50_000  # ways of writing remembered; a city of 5,000 roads has about as many
FIGURES: Final = re.compile("[0-9]+")
BESIDE: Final = re.compile(f"[0-9][{NUMERALS}]|[{NUMERALS}][0-9]")
NUMERAL_RUN: Final = re.compile(f"[{NUMERALS}]+")
LONGEST: Final = 100  # characters; longer texts are read by themselves


@dataclass(frozen=True, slots=True)
class Entered:
    """`facts` as `facts_from_json` reads them; every key the address is found under, once; those of
    them that are a name alone, behind its class; whether it says which building.
    """

    facts: str
    keys: tuple[str, ...]
    names: frozenset[str]
    has_building: bool


def enter(text: str, aliases: Iterable[str] = ()) -> Entered:
    """What is entered of an address that is called `aliases`, too."""
    return _entry(parse(text), aliases)


def entered(text: str, aliases: Sequence[str] = ()) -> Entered:
    """The same as `enter`, sooner where addresses like it came before.

    >>> [entered(f"滨河路{n}号") == enter(f"滨河路{n}号") for n in (7, 8, 10, 100)]
    [True, True, True, True]
    """
    tidied = tidy(text)
    numbers = FIGURES.findall(tidied)
    if aliases or len(tidied) > LONGEST or any(one[0] == "0" for one in numbers):
        return enter(text, aliases)
    same = None if len(set(numbers)) == len(numbers) else tuple(map(numbers.index, numbers))
    writing = _writing(FIGURES.sub(_blanks, tidied), same)
    if writing is None or not writing.constants.isdisjoint(numbers):
        return enter(text)
    return writing.with_numbers(numbers)


def facts_to_json(facts: Facts) -> str:
    """Facts as a register keeps them."""
    kept = [facts.roads, facts.village, facts.houses, facts.numbers]
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":"))


def facts_from_json(kept: str) -> Facts:
    """The facts that `facts_to_json` wrote."""
    roads, village, houses, numbers = json.loads(kept)
    kinds = {ElementKind(kind): value for kind, value in numbers.items()}
    return Facts(tuple(roads), village, tuple(houses), kinds)


# ---- ways of writing ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Writing:
    """A way of writing: `form` is facts and keys, a line each, with %s for each number of `order`
    (which number of the text). `constants` are what its numerals may mean.
    """

    form: str
    order: tuple[int, ...]
    constants: frozenset[str]
    names: frozenset[str]
    has_building: bool

    def with_numbers(self, numbers: Sequence[str]) -> Entered:
        filled = self.form % tuple([numbers[at] for at in self.order])
        facts, *keys = filled.split("\n")
        return Entered(facts, tuple(keys), self.names, self.has_building)


def _blanks(found: re.Match[str]) -> str:
    return "\0" * (found.end() - found.start())


@lru_cache(maxsize=WRITINGS)
def _writing(pattern: str, same: tuple[int, ...] | None) -> _Writing | None:
    """How texts with a pattern are entered, where each NUL stands for a figure and `same` says
    which numbers are equal (None: no two); None where each must be read by itself.
    """
    lengths = [len(one) for one in re.findall("\0+", pattern)]
    constants = _meanings(fold(pattern))
    numbers = _stand_ins(lengths, same, constants)
    if numbers is None:
        return None
    rest = iter(numbers)
    text = re.sub("\0+", lambda _: next(rest), pattern)
    address = parse(text)
    if BESIDE.search(fold(text)) or _has_figures_in_names(address):
        return None
    made = _entry(address, ())
    if any(FIGURES.search(name) for name in made.names):
        return None
    return _form(made, numbers, constants)


def _form(made: Entered, numbers: list[str], constants: frozenset[str]) -> _Writing | None:
    pieces: list[str] = []
    order: list[int] = []
    for piece in re.split("([0-9]+)", "\n".join([made.facts, *made.keys])):
        if piece in numbers:
            order.append(numbers.index(piece))
            pieces.append("%s")
        elif piece.isdigit() and piece not in constants:
            return None
        else:
            pieces.append(piece.replace("%", "%%"))
    return _Writing("".join(pieces), tuple(order), constants, made.names, made.has_building)


def _stand_ins(
    lengths: Sequence[int], same: tuple[int, ...] | None, constants: frozenset[str]
) -> list[str] | None:
    """A number for each place, as long as it should be, none of which a numeral may mean; None
    where there are too few such numbers.
    """
    made: list[str] = []
    for at, length in enumerate(lengths):
        if same is not None and same[at] != at:
            made.append(made[same[at]])
            continue
        tried = (str(9 * 10 ** (length - 1) - n * max(1, 10 ** (length - 2))) for n in range(9))
        free = [one for one in tried if one[0] != "0" and one not in made and one not in constants]
        if not free:
            return None
        made.append(free[0])
    return made


def _meanings(folded: str) -> frozenset[str]:
    """What the numerals of a text and their parts may mean in figures."""
    return frozenset(
        arabic(run[start:end])
        for run in NUMERAL_RUN.findall(folded)
        for start in range(len(run))
        for end in range(start + 1, len(run) + 1)
    )


def _has_figures_in_names(address: Address) -> bool:
    """Whether any name has figures, or what was not understood: those are not entered."""
    names = [one.value for one in (*address.elements, *address.crossing) if one.kind in NAMED]
    said = [*names, address.landmark, address.relation, *address.rest]
    return any(FIGURES.search(one) for one in said)


def _entry(address: Address, aliases: Iterable[str]) -> Entered:
    facts = facts_of(address, aliases)
    ways = list(paths(facts))
    beginnings = (way[:size] for way in ways for size in range(1, len(way) + 1))
    return Entered(
        facts_to_json(facts),
        tuple(dict.fromkeys(map(STEP.join, beginnings))),
        frozenset(way[0] for way in ways),
        bool(address.value(ElementKind.BUILDING)),
    )
