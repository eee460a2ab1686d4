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
def _plain_word(word: str) -> str:
    """Words come from rules, few and ever the same; texts from people must not be remembered."""
    return plain(word)


@cache
def _parts(rule: str) -> tuple[str, ...]:
    return tuple(plain(part) for part in rule.split("+"))


def _occurs(parts: tuple[str, ...], text: str) -> bool:
    """Every part, the first one tried at once: hundreds of rules, and nearly all fail there."""
    return parts[0] in text and (len(parts) == 1 or all(part in text for part in parts))


def spans_of(words: Iterable[str], text: str) -> list[Span]:
    """Every occurrence of every word in a plain text, overlapping ones too, in order."""
    found = []
    for word in {_plain_word(word) for word in words} - {""}:
        start = text.find(word)
        while start >= 0:
            found.append(Span(start, start + len(word), word))
            start = text.find(word, start + 1)
    return sorted(found)


def meanings(rules: Mapping[str, Iterable[str]], text: str) -> dict[str, str]:
    """Which meanings the text carries, each with the rule that says so, in the order of `rules`.

    A rule is a word, or several joined by + that must all occur. A rule counts when each of its
    words stands somewhere where no longer word of another fulfilled rule hides it.

    >>> rules = {"bin": ["垃圾桶"], "rubbish": ["垃圾"], "lamp": ["灯+不亮"]}
    >>> meanings(rules, "垃圾桶翻了，灯也不亮")
    {'bin': '垃圾桶', 'lamp': '灯+不亮'}
    """
    written = plain(text)
    fulfilled = [
        (meaning, rule)
        for meaning, each in rules.items()
        for rule in each
        if _occurs(_parts(rule), written)
    ]
    seen = _not_hidden(spans_of((part for _, rule in fulfilled for part in _parts(rule)), written))
    found: dict[str, str] = {}
    for meaning, rule in fulfilled:
        if seen.issuperset(_parts(rule)):
            found.setdefault(meaning, rule)
    return found


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
