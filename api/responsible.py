"""Who is responsible at a place; what matters can be about."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from api.access import Access, open_to
from api.addresses import AddressText
from api.dependencies import Database, Language, Now
from api.inputs import Code, Finite
from api.locate import Accuracy, Crs
from api.matter_bodies import QrText
from api.receipts import HandlerOut, MatterPlaceOut, MemberOut, NamedOut, handler_said, place_said
from api.rules import TheRules
from gis.coordinates import parse_crs
from gis.errors import BadInput, NotFound
from gis.governance.lists import item_in_force
from gis.intake import AddressGiven, CodeGiven, Origin, PlaceGiven, PointGiven, Thing, read_qr
from gis.matters import CategoryKind, Limit, ListItem, MatterClass, TimeUnit
from gis.model import COMMUNITY, AsOf
from gis.store.people import competent
from gis.store.spots import spot_of
from gis.workflows.receipt_facts import handler_told, member_told, place_told
from gis.workflows.receive_matter import (
    Rules,
    handler_at,
    member_at,
)

router = APIRouter(prefix="/api/v1", tags=["matters"])

COMMITTEE: Final = "committee"  # the kind of handler whose phone rings in a community


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
            "place": place_said(place_told(spot), language),
            "member": member_told(member),
            "substitute": member is not None and member.substitute,
            "community": {"code": community.code, "name": community.name} if community else None,
            "duty_phone": committee.duty_phone if committee else "",
            "handler": handler_said(handler_told(kind, handler, rules), language),
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
