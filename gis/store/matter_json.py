"""How is a proposal, a list item or a sentence written into the database, and read back?

JSON for the columns `matter.proposal` and `matter.item`, and for the words in an event's detail.
What was proposed is kept whole: lists change, and a decision must show what it went by.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gis.governance.classify import Proposal, Route
from gis.matters import (
    Deliberable,
    Label,
    Limit,
    ListItem,
    MatterClass,
    TimeLimit,
    TimeUnit,
    Urgency,
    Words,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gis.errors import Value

Json = dict[str, Any]


def proposal_to_json(proposal: Proposal) -> Json:
    """A proposal as `matter.proposal` keeps it; `proposal_from_json` gives the same one back."""
    return {
        "route": proposal.route.value,
        "confident": proposal.confident,
        "reasons": [words_to_json(one) for one in proposal.reasons],
        "item": item_to_json(proposal.item) if proposal.item else None,
        "urgency": proposal.urgency.value,
        "auto": proposal.auto,
        "candidates": list(proposal.candidates),
        "about": list(proposal.about),
    }


def proposal_from_json(kept: Mapping[str, Any]) -> Proposal:
    """The proposal that `proposal_to_json` wrote."""
    return Proposal(
        Route(kept["route"]),
        kept["confident"],
        tuple(words_from_json(one) for one in kept["reasons"]),
        item_from_json(kept["item"]) if kept["item"] else None,
        Urgency(kept["urgency"]),
        kept["auto"],
        tuple(kept["candidates"]),
        tuple(kept["about"]),
    )


def item_to_json(item: ListItem) -> Json:
    """A list item as `matter.item` keeps it, with the sources of its limits."""
    return {
        "category": item.category,
        "class": item.matter_class.value,
        "urgency": item.urgency.value,
        "handler": item.handler,
        "handling": _limit_to_json(item.handling),
        "reply": _limit_to_json(item.reply),
        "first_action": _limit_or_none_to_json(item.first_action),
        "acknowledge": _limit_or_none_to_json(item.acknowledge),
        "deliberation": _limit_or_none_to_json(item.deliberation),
        "community_can_act": item.community_can_act,
        "deliberable": item.deliberable.value,
        "auto": item.auto,
        "source": item.source,
        "verified": item.verified,
    }


def item_from_json(kept: Mapping[str, Any]) -> ListItem:
    """The list item that `item_to_json` wrote."""
    return ListItem(
        kept["category"],
        MatterClass(kept["class"]),
        Urgency(kept["urgency"]),
        kept["handler"],
        _limit_from_json(kept["handling"]),
        _limit_from_json(kept["reply"]),
        _limit_or_none_from_json(kept["first_action"]),
        _limit_or_none_from_json(kept["acknowledge"]),
        _limit_or_none_from_json(kept["deliberation"]),
        kept["community_can_act"],
        Deliberable(kept["deliberable"]),
        kept["auto"],
        kept["source"],
        kept["verified"],
    )


def words_to_json(words: Words) -> Json:
    """A sentence by its key; names that belong to data as `{"zh": …, "en": …}`."""
    return {
        "key": words.key,
        "values": {name: _value_to_json(one) for name, one in words.values.items()},
    }


def words_from_json(kept: Mapping[str, Any]) -> Words:
    """The sentence that `words_to_json` wrote."""
    return Words(kept["key"], {name: _value_from_json(one) for name, one in kept["values"].items()})


def label_to_json(label: Label) -> Json:
    """A name of the data in its languages."""
    return {"zh": label.zh, "en": label.en}


def _value_to_json(value: Value | Label) -> Any:
    return label_to_json(value) if isinstance(value, Label) else value


def _value_from_json(kept: Any) -> Value | Label:
    if isinstance(kept, dict):
        return Label(kept["zh"], kept["en"])
    value: Value = kept
    return value


def _limit_to_json(limit: Limit) -> Json:
    return {
        "amount": limit.time.amount,
        "unit": limit.time.unit.value,
        "source": limit.source,
        "verified": limit.verified,
    }


def _limit_from_json(kept: Mapping[str, Any]) -> Limit:
    time = TimeLimit(kept["amount"], TimeUnit(kept["unit"]))
    return Limit(time, kept["source"], kept["verified"])


def _limit_or_none_to_json(limit: Limit | None) -> Json | None:
    return _limit_to_json(limit) if limit else None


def _limit_or_none_from_json(kept: Mapping[str, Any] | None) -> Limit | None:
    return _limit_from_json(kept) if kept else None
