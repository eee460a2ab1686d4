"""Where do words occur in what people write?

Texts are compared without case, width and blanks. Chinese has no word boundaries, so a short word
within a longer one that also means something is hidden: 垃圾桶 isn't 垃圾.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A word and where it stands in a plain text: from `start` until just before `end`."""

    start: int
    end: int
    word: str


def plain(text: str) -> str:
    """The form in which texts and words are compared.

    >>> plain("ＡＢ栋 路灯\\n不亮")
    'ab栋路灯不亮'
    """
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


@cache
def plain_word(word: str) -> str:
    """Words come from rules, few and ever the same; texts from people must not be remembered."""
    return plain(word)


def _parts(rule: str) -> tuple[str, tuple[str, ...]]:
    """The first part of a rule, and all of them."""
    parts = tuple(plain(part) for part in rule.split("+"))
    return parts[0], parts


def spans_of(words: Iterable[str], text: str) -> list[Span]:
    """Every occurrence of every word in a plain text, overlapping ones too, in order."""
    found = []
    for word in {plain_word(word) for word in words} - {""}:
        start = text.find(word)
        while start >= 0:
            found.append(Span(start, start + len(word), word))
            start = text.find(word, start + 1)
    return sorted(found)


class Phrases:
    """Rules by their meaning, made ready once for many texts.

    A rule is a word, or several joined by + that must all occur. A rule counts when each of its
    words stands somewhere where no longer word of another fulfilled rule hides it.
    """

    def __init__(self, rules: Mapping[str, Iterable[str]]) -> None:
        self._rules = [
            (*_parts(rule), meaning, rule) for meaning, each in rules.items() for rule in each
        ]

    def meanings(self, text: str) -> dict[str, str]:
        """Which meanings a text carries, each with the rule that says so, in the order given."""
        written = plain(text)
        # Hundreds of rules, and nearly all fail at their first part: it is tried before all.
        fulfilled = [
            (meaning, rule, parts)
            for first, parts, meaning, rule in self._rules
            if first in written and all(part in written for part in parts)
        ]
        if not fulfilled:
            return {}
        spans = spans_of((part for _, _, parts in fulfilled for part in parts), written)
        seen = _not_hidden(spans)
        found: dict[str, str] = {}
        for meaning, rule, parts in fulfilled:
            if seen.issuperset(parts):
                found.setdefault(meaning, rule)
        return found


def meanings(rules: Mapping[str, Iterable[str]], text: str) -> dict[str, str]:
    """Which meanings the text carries, by `Phrases` used once.

    >>> rules = {"bin": ["垃圾桶"], "rubbish": ["垃圾"], "lamp": ["灯+不亮"]}
    >>> meanings(rules, "垃圾桶翻了，灯也不亮")
    {'bin': '垃圾桶', 'lamp': '灯+不亮'}
    """
    return Phrases(rules).meanings(text)


def _not_hidden(spans: Iterable[Span]) -> set[str]:
    """The words that stand somewhere outside every longer word; linear in the text."""
    starts: dict[str, set[int]] = {}
    for span in spans:
        starts.setdefault(span.word, set()).add(span.start)
    return {word for word, at in starts.items() if at - _hidden_places(word, starts)}


def _hidden_places(word: str, starts: Mapping[str, set[int]]) -> set[int]:
    return {
        start + inner.start
        for longer, at in starts.items()
        if len(longer) > len(word)
        for inner in spans_of([word], longer)
        for start in at
    }
