"""Of which class is a new matter, who should handle it, and why?

What comes out is a proposal: a person's confirmation decides, except for items approved for
automatic dispatch. Nothing is guessed silently: what isn't certain goes to triage with the reason,
in sentences that a resident understands.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Final

from gis.governance.conduct import complaint_in
from gis.governance.lists import forbidden_by, item_in_force
from gis.governance.phrases import Phrases
from gis.matters import Label, Urgency, Words

if TYPE_CHECKING:
    from gis.matters import (
        ConductWords,
        HandlerKind,
        ListItem,
        MatterCategory,
        MatterClass,
        NegativeItem,
        PublishedList,
    )

CONDUCT: Final = "conduct"
"""The category a clerk chooses for a complaint about people; no list names it."""


@dataclass(frozen=True)
class InForce:
    """The rules that hold at one place at one time. `lists`: nearest first, the default last."""

    categories: Mapping[str, MatterCategory]
    handlers: Mapping[str, HandlerKind]
    lists: tuple[PublishedList, ...]
    negative: tuple[NegativeItem, ...]
    urgent_words: Mapping[Urgency, tuple[str, ...]]
    conduct: ConductWords

    @cached_property
    def category_phrases(self) -> Phrases:
        """What speaks of each category."""
        return Phrases({code: one.words for code, one in self.categories.items()})

    @cached_property
    def urgent_phrases(self) -> Phrases:
        """What makes a matter more urgent."""
        return Phrases({str(one): words for one, words in self.urgent_words.items()})


class Route(StrEnum):
    """Where a new matter goes first."""

    HANDLER = "handler"  # proposed to its handler
    TRIAGE = "triage"  # a person has to look first
    DISCIPLINE = "discipline"  # 纪检监察: not a matter of the three classes


@dataclass(frozen=True, slots=True)
class Proposal:
    """What intake proposes, and why.

    `item` is the list item found, if any; on the way to triage it may still help the person who
    looks. `confident`: one answer and nothing against it; words alone still err now and then.
    `urgency` is the item's or a higher one that the text demands. `auto`: may be dispatched
    without confirmation, never for words alone. `candidates` are the category codes that the text
    speaks of, where there are several; `about` the kinds of people a complaint is about.
    `reasons` are sentences in order.
    """

    route: Route
    confident: bool
    reasons: tuple[Words, ...]
    item: ListItem | None = None
    urgency: Urgency = Urgency.NORMAL
    auto: bool = False
    candidates: tuple[str, ...] = ()
    about: tuple[str, ...] = ()

    @property
    def category(self) -> str | None:
        return self.item.category if self.item else None

    @property
    def matter_class(self) -> MatterClass | None:
        return self.item.matter_class if self.item else None

    @property
    def handler(self) -> str | None:
        """The code of the kind of handler."""
        return self.item.handler if self.item else None


def propose(text: str, category: str | None, rules: InForce) -> Proposal:
    """Propose class, handler and urgency for a new matter.

    The category given decides, unless the text speaks of other categories only. Without one the
    words of the text decide, if they mean exactly one category. A complaint about people comes
    before everything else. `text` may be empty; a `category` no list knows goes to triage.
    """
    complaint = complaint_in(text, rules.conduct)
    if category == CONDUCT or complaint:
        return Proposal(
            Route.DISCIPLINE,
            category == CONDUCT,
            (Words("reason.conduct"),),
            about=complaint.about if complaint else (),
        )
    spoken_of = rules.category_phrases.meanings(text)
    urgency, alarm = _urgency_in(text, rules)
    if category is not None:
        found = _given(category, spoken_of, rules)
    else:
        found = _by_words(spoken_of, rules)
    if urgency.rank <= found.urgency.rank:
        return found
    raised = Words(f"reason.{urgency}", {"word": _readable(alarm)})
    return replace(found, urgency=urgency, reasons=(*found.reasons, raised))


def _given(category: str, spoken_of: Mapping[str, str], rules: InForce) -> Proposal:
    known = rules.categories.get(category)
    if known is None:
        return _to_triage(Words("reason.category_unknown", {"category": category}))
    why = Words("reason.category_given", {"category": known.name})
    proposal = _listed(category, why, rules)
    if not spoken_of or category in spoken_of or not proposal.confident:
        return proposal
    other, word = next(iter(spoken_of.items()))
    doubt = Words(
        "reason.text_says_otherwise",
        {"word": _readable(word), "other": rules.categories[other].name},
    )
    return Proposal(
        Route.TRIAGE,
        False,
        (why, doubt),
        proposal.item,
        proposal.urgency,
        candidates=(category, *spoken_of),
    )


def _by_words(spoken_of: Mapping[str, str], rules: InForce) -> Proposal:
    if not spoken_of:
        return _to_triage(Words("reason.nothing_found"))
    if len(spoken_of) > 1:
        names = _together([rules.categories[code].name for code in spoken_of])
        several = Words("reason.several", {"categories": names})
        return _to_triage(several, candidates=tuple(spoken_of))
    ((code, word),) = spoken_of.items()
    why = Words("reason.word", {"word": _readable(word), "category": rules.categories[code].name})
    return replace(_listed(code, why, rules), auto=False)


def _listed(category: str, why: Words, rules: InForce) -> Proposal:
    """What the list in force says, with the reason why this category."""
    found = item_in_force(category, rules.lists)
    if found is None:
        return _to_triage(why, Words("reason.not_on_a_list"))
    item, by = found
    handler = rules.handlers[item.handler]
    entry = forbidden_by(category, rules.negative)
    if entry is not None and handler.self_governing:
        words = Words("reason.negative", {"title": entry.title, "handler": handler.name})
        return Proposal(Route.TRIAGE, False, (why, words), item, item.urgency)
    what = Words(f"reason.{item.matter_class}", {"list": by.publisher, "handler": handler.name})
    return Proposal(Route.HANDLER, True, (why, what), item, item.urgency, item.auto)


def _to_triage(*reasons: Words, candidates: tuple[str, ...] = ()) -> Proposal:
    return Proposal(Route.TRIAGE, False, reasons, candidates=candidates)


def _urgency_in(text: str, rules: InForce) -> tuple[Urgency, str]:
    """The highest urgency that the text demands, and the word that does."""
    said = rules.urgent_phrases.meanings(text)
    urgency = max(map(Urgency, said), key=lambda one: one.rank, default=Urgency.NORMAL)
    return urgency, said.get(urgency, "")


def _together(names: list[Label]) -> Label:
    return Label("、".join(one.zh for one in names), ", ".join(one.said_in("en") for one in names))


def _readable(rule: str) -> str:
    return rule.replace("+", "…")
