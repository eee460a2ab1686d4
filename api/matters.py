"""A matter arrives; who is responsible at a place; what matters can be about."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Self

from fastapi import APIRouter, Header, Query
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field, model_validator
from pydantic_core import PydanticCustomError

from api.access import Access, TheCaller, TheScope, open_to
from api.addresses import AddressText
from api.contact_keys import TheSeal
from api.dependencies import Database, Language, Now, TheService
from api.inputs import Body, Code, Finite, Instant, Lines, Text
from api.locate import Accuracy, Crs
from api.rules import TheRules
from gis.accounts import Caller, Role
from gis.coordinates import parse_crs
from gis.errors import BadInput, NotAllowed, NotFound
from gis.governance.lists import item_in_force
from gis.intake import (
    INHERITING,
    AddressGiven,
    CodeGiven,
    Contact,
    Found,
    NewMatter,
    Origin,
    PlaceGiven,
    PointGiven,
    Settles,
    Thing,
    body_sha256,
    read_qr,
)
from gis.matters import (
    CategoryKind,
    Channel,
    ClockKind,
    Limit,
    ListItem,
    MatterClass,
    TimeUnit,
    TriageQueue,
    Urgency,
)
from gis.model import COMMUNITY, AsOf
from gis.store.matter_json import words_from_json
from gis.store.matters import KeyUse, Receipt
from gis.store.people import competent
from gis.store.spots import spot_of
from gis.workflows.receive_matter import (
    Filing,
    Rules,
    handler_at,
    handler_told,
    member_at,
    member_told,
    place_told,
    receive_matter,
)
from maps.words import say

router = APIRouter(prefix="/api/v1", tags=["matters"])

COMMITTEE: Final = "committee"  # the kind of handler whose phone rings in a community

IdempotencyKey = Annotated[
    Text,
    Header(
        alias="Idempotency-Key",
        min_length=8,
        max_length=100,
        pattern=r"^[A-Za-z0-9._:-]+$",
        description="letters, digits and . _ : -, made by the client, anew for each matter; the"
        " same key is sent again with every retry, and gives the same receipt",
        examples=["7f0c9a52-3f0e-4a53-9d0b-2f6f8f1f6a11"],
    ),
]


QrText = Annotated[Text, Field(min_length=1, max_length=300)]


# ---- what comes in ------------------------------------------------------------------------------


class PointIn(Body):
    """A place as numbers, with the system they are in; it is never guessed."""

    lon: Finite
    lat: Finite
    crs: Crs
    accuracy_m: Accuracy | None = Field(None, description="radius of the error disc in metres")
    origin: Origin = Origin.OTHER


class MatterPlaceIn(Body):
    """Exactly one of a point, a building's code, a QR sticker's text and an address."""

    point: PointIn | None = None
    building: Code | None = None
    address: AddressText | None = Field(None, description="as people write it")
    qr: QrText | None = Field(
        None, description="as read: B:, G: or F: and the code of a building, grid or facility"
    )

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(one is not None for one in (self.point, self.building, self.qr, self.address)) != 1:
            raise PydanticCustomError("one_place", "one place")
        return self

    def to_domain(self) -> PlaceGiven:
        if self.point is not None:
            one = self.point
            return PointGiven(one.lon, one.lat, parse_crs(one.crs), one.origin, one.accuracy_m)
        if self.building is not None:
            return CodeGiven(Thing.BUILDING, self.building)
        if self.address is not None:
            return AddressGiven(self.address)
        return read_qr(self.qr or "")


class ContactIn(Body):
    """How to reach whoever reports it: sealed at once, shown in no list."""

    name: Annotated[Text, Field(max_length=100)] = ""
    phone: Annotated[Text, Field(max_length=40)] = ""


class MatterIn(Body):
    """A matter as somebody reports it. Only the text and the channel are needed."""

    text: Annotated[Lines, Field(min_length=1, max_length=2000)]
    channel: Channel
    category: Code | None = None
    urgent: bool = False
    place: MatterPlaceIn | None = None
    contact: ContactIn | None = None
    observed_at: Instant | None = Field(None, description="when it was seen; now if not given")
    outer_no: Annotated[Text, Field(min_length=1, max_length=100)] | None = Field(
        None, description="its number where it comes from, such as the hotline's"
    )
    due_at: Instant | None = Field(
        None, description="the due date set by the hotline or from above; it never moves"
    )

    model_config = Body.model_config | {
        "json_schema_extra": {
            "examples": [
                {
                    "text": "3幢楼下暴露垃圾",
                    "channel": "patrol",
                    "category": "E0201",
                    "place": {
                        "point": {
                            "lon": 106.5629,
                            "lat": 29.561,
                            "crs": "wgs84",
                            "accuracy_m": 8,
                            "origin": "gps",
                        }
                    },
                }
            ]
        }
    }

    def to_domain(self) -> NewMatter:
        contact = self.contact
        return NewMatter(
            text=self.text,
            channel=self.channel,
            category=self.category,
            urgent=self.urgent,
            place=self.place.to_domain() if self.place else None,
            contact=Contact(contact.name, contact.phone)
            if contact and (contact.name or contact.phone)
            else None,
            observed_at=self.observed_at,
            outer_no=self.outer_no,
            due_at=self.due_at,
        )


# ---- what goes out ------------------------------------------------------------------------------


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


class ResponsibleOut(BaseModel):
    """Who is responsible at a place."""

    place: MatterPlaceOut
    member: MemberOut | None
    substitute: bool = Field(description="the post is vacant, `member` stands in")
    community: NamedOut | None
    duty_phone: str
    handler: HandlerOut | None


class LimitOut(BaseModel):
    amount: int
    unit: TimeUnit
    source: str
    verified: bool


class CategoryOut(BaseModel):
    """What a matter can be about, and what the list in force says of it."""

    code: str
    name: str
    kind: CategoryKind
    matter_class: MatterClass | None
    handler_kind: str | None
    limits: dict[str, LimitOut]
    source: str
    verified: bool


# ---- routes -------------------------------------------------------------------------------------


DESKS: Final = frozenset({Role.DISPATCHER, Role.COMMUNITY_CLERK})


def _check_channel(caller: Caller, channel: Channel) -> None:
    """What the hotline or somebody above us sends comes with a due date of theirs: only a desk, or
    their own machine, may say so. Raises NotAllowed.
    """
    if channel in INHERITING and not (caller.by_key or DESKS & caller.roles):
        raise NotAllowed("error.channel_of_the_desk")


@router.post("/matters", status_code=201, response_model=ReceiptOut)
@open_to(Access.ACCOUNT)
def take_in(
    body: MatterIn,
    database: Database,
    caller: TheCaller,
    scope: TheScope,
    rules: TheRules,
    seal: TheSeal,
    service: TheService,
    language: Language,
    now: Now,
    idempotency_key: IdempotencyKey,
) -> JSONResponse:
    """Take in a matter: locate it, propose its class and handler, say when it is due.

    The answer comes after the commit. The same key with the same body gives the same receipt (200
    instead of 201); with another body it is refused. Without an answer, or with 503: send it again
    with the same key.
    """
    _check_channel(caller, body.channel)
    use = KeyUse(caller.account_id, idempotency_key, body_sha256(body.model_dump()))
    kept = timedelta(days=service.settings.contact_days)
    filing = Filing(use, scope, seal, kept)
    receipt = receive_matter(database, body.to_domain(), filing, rules, now)
    return JSONResponse(said(receipt, language), 200 if receipt.repeated else 201)


@router.get("/responsible")
@open_to(Access.ACCOUNT)
def responsible(
    database: Database,
    rules: TheRules,
    language: Language,
    now: Now,
    lon: Annotated[Finite | None, Query(description="with lat and crs; longitude first")] = None,
    lat: Finite | None = None,
    crs: Crs | None = None,
    accuracy_m: Accuracy | None = None,
    building: Annotated[Code | None, Query(description="a building's code, instead")] = None,
    address: Annotated[AddressText | None, Query(description="an address, instead")] = None,
    qr: Annotated[QrText | None, Query(description="a sticker's text, instead")] = None,
    category: Annotated[Code | None, Query(description="for this kind of matter")] = None,
) -> ResponsibleOut:
    """Who is responsible at a place, whom to call, and who would handle a category there."""
    spot = spot_of(database, _asked(lon, lat, crs, accuracy_m, building, address, qr), AsOf.at(now))
    kind = _handler_kind(category, rules)
    member = member_at(database, spot, now)
    community = spot.at(COMMUNITY)
    committee = competent(database, COMMITTEE, spot.path[-1]) if spot.path else None
    handler = handler_at(database, spot, kind)
    return ResponsibleOut.model_validate(
        {
            "place": _place_said(place_told(spot), language),
            "member": member_told(member),
            "substitute": member is not None and member.substitute,
            "community": {"code": community.code, "name": community.name} if community else None,
            "duty_phone": committee.duty_phone if committee else "",
            "handler": _handler_said(handler_told(kind, handler, rules), language),
        }
    )


@router.get("/categories")
@open_to(Access.ACCOUNT)
def categories(rules: TheRules, language: Language) -> list[CategoryOut]:
    """Every category, with the class, the kind of handler and the limits of the list in force."""
    listed = []
    for code, one in rules.in_force.categories.items():
        found = item_in_force(code, rules.in_force.lists)
        item = found[0] if found else None
        listed.append(
            CategoryOut(
                code=code,
                name=one.name.said_in(language),
                kind=one.kind,
                matter_class=item.matter_class if item else None,
                handler_kind=item.handler if item else None,
                limits=_limits(item) if item else {},
                source=item.source if item else "",
                verified=item.verified if item else False,
            )
        )
    return listed


# ---- in the reader's words ----------------------------------------------------------------------


def said(receipt: Receipt, language: str) -> dict[str, Any]:
    """A receipt in one language, in the shape of `ReceiptOut`."""
    facts = receipt.facts
    told = {**EMPTY, **facts, "no": receipt.no, "query_code": receipt.query_code}
    told["reasons"] = [_sentence(one, language) for one in facts.get("reasons", [])]
    told["place"] = _place_said(facts.get("place"), language)
    told["handler"] = _handler_said(facts.get("handler"), language)
    if facts.get("category"):
        told["category"] = _labelled(facts["category"], "name", language)
    return told


EMPTY: Final[dict[str, Any]] = {
    name: field.get_default(call_default_factory=True)
    for name, field in ReceiptOut.model_fields.items()
    if not field.is_required()
}


def _place_said(place: dict[str, Any] | None, language: str) -> dict[str, Any] | None:
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


def _handler_said(handler: dict[str, Any] | None, language: str) -> dict[str, Any] | None:
    return _labelled(handler, "kind_name", language) if handler else None


def _labelled(told: dict[str, Any], name: str, language: str) -> dict[str, Any]:
    label = told[name]
    english = language.startswith("en") and label["en"]
    return {**told, name: label["en"] if english else label["zh"]}


def _sentence(kept: dict[str, Any], language: str) -> str:
    words = words_from_json(kept)
    return say(language, words.key, **words.filled(language))


def _asked(
    lon: float | None,
    lat: float | None,
    crs: str | None,
    accuracy_m: float | None,
    building: str | None,
    address: str | None,
    qr: str | None,
) -> PlaceGiven:
    given = [one for one in (lon, lat, crs, accuracy_m, building, address, qr) if one is not None]
    if len(given) == 1 and address is not None:
        return AddressGiven(address)
    if len(given) == 1 and qr is not None:
        return read_qr(qr)
    if address is not None or qr is not None:
        raise BadInput("error.one_place")
    point = lon is not None or lat is not None or crs is not None or accuracy_m is not None
    if building is not None and not point:
        return CodeGiven(Thing.BUILDING, building)
    if building is None and lon is not None and lat is not None and crs is not None:
        return PointGiven(lon, lat, parse_crs(crs), Origin.GPS, accuracy_m)
    raise BadInput("error.one_place")


def _handler_kind(category: str | None, rules: Rules) -> str | None:
    if category is None:
        return None
    found = item_in_force(category, rules.in_force.lists)
    if found is None:
        raise NotFound("error.category_not_found", category=category)
    return found[0].handler


def _limits(item: ListItem) -> dict[str, LimitOut]:
    named: dict[str, Limit | None] = {
        "first_action": item.first_action,
        "acknowledge": item.acknowledge,
        "deliberation": item.deliberation,
        "handling": item.handling,
        "reply": item.reply,
    }
    return {
        name: LimitOut(
            amount=one.time.amount, unit=one.time.unit, source=one.source, verified=one.verified
        )
        for name, one in named.items()
        if one is not None
    }
