"""A fault of boundaries in words: what, which codes, which rows, how large, where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from maps.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gis.model import Fault

MOST_NAMED: Final = 10  # codes in a sentence before it says how many there are


def fault_words(language: str, fault: Fault, names: Mapping[str, str] | None = None) -> str:
    """One sentence, with what to do about it. `names`: what to call regions by instead of codes."""
    called = names or {}
    here = fault.lon is not None and fault.lat is not None
    place = f"{fault.lon:.6f}, {fault.lat:.6f}" if here else "-"
    return say(
        language,
        f"fault.{fault.kind.value}",
        codes=some(tuple(called.get(code, code) for code in fault.codes)) or "-",
        rows=some(tuple(map(str, fault.rows))) or "-",
        m2="-" if fault.m2 is None else f"{fault.m2:,.2f}",
        lon=f"{fault.lon:.6f}" if here else "-",
        lat=f"{fault.lat:.6f}" if here else "-",
        place=place,
        detail=fault.detail,
    )


def some(codes: tuple[str, ...]) -> str:
    """At most ten of them, and how many there are in all.

    >>> some(tuple("ABCDEFGHIJKL"))
    'A, B, C, D, E, F, G, H, I, J, … (12)'
    """
    shown = ", ".join(codes[:MOST_NAMED])
    return shown if len(codes) <= MOST_NAMED else f"{shown}, … ({len(codes)})"
