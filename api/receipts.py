"""A receipt as it goes out: its shape, and its words in the reader's language."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from pydantic import BaseModel, Field

from gis.intake import Found, Settles
from gis.matters import ClockKind, MatterClass, TriageQueue, Urgency
from gis.store.matter_json import words_from_json
from gis.store.matters import Receipt
from maps.words import say


class NamedOut(BaseModel):
    code: str
    name: str


class CandidateOut(NamedOut):
    share: float = Field(description="part of the error disc inside, 0 … 1")


class SettleOut(BaseModel):
    """What would make an unsure place sure, and how to say it."""

    by: Settles
    say: str


class MatterPlaceOut(BaseModel):
    """Where it lies: the lowest region that holds every place it can be, and how sure that is."""

    level: str | None
    grid: NamedOut | None
    community: NamedOut | None
    method: Found
    confident: bool
    edge_m: float | None = Field(description="metres to the edge, inside and outside alike")
    candidates: list[CandidateOut]
    warning: str | None
    note: str | None = Field(None, description="what it rests on: a decision made before")
    settled_by: list[SettleOut] = Field([], description="the easiest first; empty where it is sure")


class MemberOut(BaseModel):
    name: str
    phone: str
    substitute: bool


class HandlerOut(BaseModel):
    kind: str
    kind_name: str
    code: str | None
    name: str | None


class ClockOut(BaseModel):
    kind: ClockKind
    due_at: datetime


class SimilarOut(BaseModel):
    no: str
    text: str
    metres: int
    minutes: int


class ReceiptOut(BaseModel):
    """That it is kept, and what becomes of it. `state` is `received` and everything else empty for
    a complaint about people: it is nobody's business here.
    """

    no: str
    query_code: str
    received_at: datetime
    state: str
    queue: TriageQueue | None = None
    matter_class: MatterClass | None = Field(None, description="proposed; a person confirms it")
    category: NamedOut | None = None
    urgency: Urgency | None = None
    reasons: list[str] = []
    place: MatterPlaceOut | None = None
    member: MemberOut | None = None
    handler: HandlerOut | None = None
    clocks: list[ClockOut] = []
    due_at: datetime | None = None
    similar: list[SimilarOut] = []


# ---- in the reader's words ----------------------------------------------------------------------


def said(receipt: Receipt, language: str) -> dict[str, Any]:
    """A receipt in one language, in the shape of `ReceiptOut`."""
    facts = receipt.facts
    told = {**EMPTY, **facts, "no": receipt.no, "query_code": receipt.query_code}
    told["reasons"] = [_sentence(one, language) for one in facts.get("reasons", [])]
    told["place"] = place_said(facts.get("place"), language)
    told["handler"] = handler_said(facts.get("handler"), language)
    if facts.get("category"):
        told["category"] = _labelled(facts["category"], "name", language)
    return told


EMPTY: Final[dict[str, Any]] = {
    name: field.get_default(call_default_factory=True)
    for name, field in ReceiptOut.model_fields.items()
    if not field.is_required()
}


def place_said(place: dict[str, Any] | None, language: str) -> dict[str, Any] | None:
    """A place in one language; receipts kept before a field was there simply lack it."""
    if place is None:
        return None
    said_in = {
        name: _sentence(place[name], language) if place.get(name) else None
        for name in ("warning", "note")
    }
    settled = [
        {"by": one, "say": say(language, f"settles.{one}")} for one in place.get("settled_by", [])
    ]
    return {**place, **said_in, "settled_by": settled}


def handler_said(handler: dict[str, Any] | None, language: str) -> dict[str, Any] | None:
    return _labelled(handler, "kind_name", language) if handler else None


def _labelled(told: dict[str, Any], name: str, language: str) -> dict[str, Any]:
    label = told[name]
    english = language.startswith("en") and label["en"]
    return {**told, name: label["en"] if english else label["zh"]}


def _sentence(kept: dict[str, Any], language: str) -> str:
    words = words_from_json(kept)
    return say(language, words.key, **words.filled(language))
