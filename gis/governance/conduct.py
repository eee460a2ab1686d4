"""Is this a complaint about people rather than a matter?

Such a complaint must not be read by those it is about, so it is looked for first, and a doubt
counts as one: the discipline office can send it back, while what has been read can't be unread.
Who must not see it, the store works out from `about`.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING, Final

from gis.governance.phrases import plain, plain_word, spans_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from gis.governance.phrases import Span
    from gis.matters import ConductWords

AFTER: Final = 12
"""How many characters may stand between somebody and what they are said to have done."""

BEFORE: Final = 6
"""How many may stand between a verb, or an act said first, and somebody."""

SENTENCE_END: Final = re.compile(r"[。!?;]")
PASSED_OVER: Final = "。"  # ends a sentence, so nothing reaches across


@dataclass(frozen=True, slots=True)
class Complaint:
    """About which kinds of people or bodies, sorted, and the words that show it."""

    about: tuple[str, ...]
    said: str


def complaint_in(text: str, words: ConductWords) -> Complaint | None:
    """The complaint about people that a text contains, or None.

    Somebody comes first and the act follows within 12 characters (网格员张某收费), or the act or a
    verb comes first and somebody follows within 6 (投诉三号楼网格员); never beyond the sentence.
    For bodies, which are places too, only an act counts.
    """
    written = plain(text)
    for phrase in sorted(map(plain_word, words.neutral), key=len, reverse=True):
        written = written.replace(phrase, PASSED_OVER)
    found = [
        *_about(words.people, words.acts, words.verbs, written),
        *_about(words.bodies, words.body_acts, (), written),
    ]
    if not found:
        return None
    return Complaint(tuple(sorted({kind for kind, _ in found})), found[0][1])


def _about(
    kinds: Mapping[str, Iterable[str]], acts: Iterable[str], verbs: Iterable[str], text: str
) -> Iterator[tuple[str, str]]:
    done = spans_of(acts, text)
    before = sorted([*done, *spans_of(verbs, text)])
    for kind, names in kinds.items():
        named = spans_of(names, text)
        pairs = chain(_pairs(named, done, text, AFTER), _pairs(before, named, text, BEFORE))
        for said in islice(pairs, 1):
            yield kind, said


def _pairs(firsts: list[Span], seconds: list[Span], text: str, within: int) -> Iterator[str]:
    """What is said from a first until a second that follows it closely; linear in the text."""
    starts = [one.start for one in seconds]
    for first in firsts:
        near = slice(bisect_left(starts, first.end), bisect_right(starts, first.end + within))
        for second in seconds[near]:
            if not SENTENCE_END.search(text[first.end : second.start]):
                yield text[first.start : second.end]
