"""Matters are read: lists by page, on a map, counted, one by one; contacts, and who opened what."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from api.access import Access, TheCaller, TheScope, open_to
from api.contact_keys import TheSeal
from api.dependencies import Database, Language, Now, TheTransaction
from api.inputs import Code, Instant, PageSize, RowId, Text
from api.lists import (
    GEOJSON,
    MOST_SHAPES,
    RegionWritten,
    box_written,
    named_region,
    one_page,
    place_in_list,
)
from api.matter_answers import MatterOut, MatterRowOut, NumberOut, matter_as_seen, row_said
from api.rules import TheRules
from gis.accounts import Role
from gis.errors import BadInput
from gis.matters import MatterClass, MatterState, TriageQueue, Urgency
from gis.model import AsOf
from gis.store.matter_access import list_accesses
from gis.store.matter_reads import After, Filters, MatterRow, count_by, list_matters
from gis.store.matter_sight import sight_of
from gis.workflows.open_matter import Opened, note_opening, open_contacts
from gis.workflows.take_step import look_at

router = APIRouter(prefix="/api/v1", tags=["matters"])

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)

Number = Annotated[Text, Field(min_length=1, max_length=40)]


def written_down(opened: TheTransaction) -> Connection:
    """The connection of a read that is written down: the only ones that may leave a line."""
    return opened.connection


Audited = Annotated[Connection, Depends(written_down, scope="function")]


def filters(
    region: Annotated[
        RegionWritten | None,
        Query(description="LEVEL:CODE, such as grid:500199001001001; it and all below"),
    ] = None,
    member: Annotated[Code | None, Query(description="told about it: a member's code")] = None,
    handler: Annotated[Code | None, Query(description="an organisation's code")] = None,
    matter_class: Annotated[
        MatterClass | None, Query(alias="class", description="as decided")
    ] = None,
    state: MatterState | None = None,
    queue: TriageQueue | None = None,
    urgency: Urgency | None = None,
    is_open: Annotated[
        bool | None, Query(alias="open", description="somebody still waits for it")
    ] = None,
    due_before: Instant | None = None,
    bbox: Annotated[
        Annotated[Text, Field(max_length=100)] | None,
        Query(description="west,south,east,north in degrees, WGS 84"),
    ] = None,
    q: Annotated[
        Annotated[Text, Field(max_length=100)], Query(description="the number, or part of the text")
    ] = "",
) -> Filters:
    """What a list is narrowed to; filters combine."""
    return Filters(
        region=named_region(region) if region is not None else None,
        member=member,
        handler=handler,
        matter_class=matter_class,
        state=state,
        queue=queue,
        urgency=urgency,
        is_open=is_open,
        due_before=due_before,
        box=box_written(bbox) if bbox is not None else None,
        words=q,
    )


TheFilters = Annotated[Filters, Depends(filters)]


class MattersOut(BaseModel):
    matters: list[MatterRowOut]
    next: str | None = Field(description="give it as `after` to get the next page; null at the end")


class CountOut(BaseModel):
    matter_class: MatterClass | None = Field(description="decided, or else proposed")
    state: MatterState
    urgency: Urgency
    late: bool
    count: int


class SummaryOut(BaseModel):
    total: int
    late: int
    counts: list[CountOut]


class ContactOut(BaseModel):
    """How to reach one reporter, and the words as they were written."""

    report: int
    name: str
    phone: str
    text: str


class ContactsOut(BaseModel):
    contacts: list[ContactOut]


class AccessOut(BaseModel):
    """That somebody opened the contact of a reporter, or a complaint about people."""

    id: int
    no: str
    login: str
    name: str
    what: str
    recorded_at: datetime


class AccessesOut(BaseModel):
    accesses: list[AccessOut]


@router.get("/matters")
@open_to(Access.ACCOUNT)
def matters(
    database: Database,
    caller: TheCaller,
    rules: TheRules,
    language: Language,
    now: Now,
    wanted: TheFilters,
    limit: PageSize = 50,
    after: Annotated[Annotated[Text, Field(max_length=100)] | None, Query()] = None,
) -> MattersOut:
    """Matters at hand, by due time: in the reader's regions, filed by the reader, or in the hands
    of the reader's organisation.
    """
    place = _place_in_list(after)
    sight = sight_of(database, caller, now)
    found = list_matters(database, sight, wanted, AsOf.at(now), after=place, most=limit + 1)
    page, following = one_page(found, limit, _place)
    rows = [MatterRowOut(**row_said(row, rules, language, now)) for row in page]
    return MattersOut(matters=rows, next=following)


@router.get(
    "/matters.geojson",
    response_class=Response,
    responses={200: {"content": {GEOJSON: {"schema": {"type": "object"}}}}},
)
@open_to(Access.ACCOUNT)
def matters_geojson(
    database: Database,
    caller: TheCaller,
    rules: TheRules,
    language: Language,
    now: Now,
    wanted: TheFilters,
    limit: Annotated[int, Query(ge=1, le=MOST_SHAPES)] = MOST_SHAPES,
) -> Response:
    """The same as features, at most 3,000; `truncated` says when there are more."""
    sight = sight_of(database, caller, now)
    found = list_matters(database, sight, wanted, AsOf.at(now), most=limit + 1)
    features = [
        _feature(row, MatterRowOut(**row_said(row, rules, language, now))) for row in found[:limit]
    ]
    made = {
        "type": "FeatureCollection",
        "truncated": len(found) > limit,
        "features": features,
    }
    return Response(json.dumps(made, ensure_ascii=False), media_type=GEOJSON)


@router.get("/matters/summary")
@open_to(Access.ACCOUNT)
def summary(
    database: Database,
    caller: TheCaller,
    now: Now,
    region: Annotated[RegionWritten | None, Query(description="LEVEL:CODE")] = None,
) -> SummaryOut:
    """How many open matters are at hand, by class, state, urgency and lateness."""
    wanted = Filters(region=named_region(region) if region is not None else None, is_open=True)
    sight = sight_of(database, caller, now)
    found = count_by(database, sight, wanted, AsOf.at(now), now)
    counts = [
        CountOut(matter_class=klass, state=state, urgency=urgency, late=late, count=count)
        for klass, state, urgency, late, count in found
    ]
    return SummaryOut(
        total=sum(one.count for one in counts),
        late=sum(one.count for one in counts if one.late),
        counts=counts,
    )


@router.get("/matters/{no}")
@open_to(Access.ACCOUNT, audited=True)
def matter(
    no: Number,
    database: Audited,
    caller: TheCaller,
    rules: TheRules,
    language: Language,
    now: Now,
) -> MatterOut | NumberOut:
    """One matter, as far as the reader sees it, and what the reader may do next.

    That a complaint about people was opened is written down.
    """
    looked = look_at(database, caller, no, rules, now)
    note_opening(database, caller, looked.seen, now)
    return matter_as_seen(database, caller, looked, rules, language, AsOf.at(now))


@router.get("/matters/{no}/contact")
@open_to(Access.ACCOUNT, audited=True)
def contact(
    no: Number, database: Audited, caller: TheCaller, seal: TheSeal, now: Now
) -> ContactsOut:
    """How to reach the reporters: for who works on the matter, while it is open. Every opening is
    written down. Reporters of the hotline are reached through the desk alone.
    """
    return ContactsOut(
        contacts=[_contact(one) for one in open_contacts(database, caller, no, seal(), now)]
    )


@router.get("/matter-accesses")
@open_to(Access.ACCOUNT, Role.AUDITOR)
def accesses(
    database: Database,
    scope: TheScope,
    no: Annotated[Number | None, Query(description="only of this matter")] = None,
    before: Annotated[RowId | None, Query(description="only lines older than this one")] = None,
    limit: PageSize = 100,
) -> AccessesOut:
    """Who opened the contact of a reporter or a complaint about people, newest first: the fact, and
    nothing of what was read.
    """
    found = list_accesses(database, scope, no=no, before=before, most=limit)
    return AccessesOut(
        accesses=[
            AccessOut(
                id=one.id,
                no=one.no,
                login=one.login,
                name=one.name,
                what=one.what,
                recorded_at=one.recorded_at,
            )
            for one in found
        ]
    )


def _contact(one: Opened) -> ContactOut:
    return ContactOut(
        report=one.report_id, name=one.contact.name, phone=one.contact.phone, text=one.text
    )


def _feature(row: MatterRow, said: MatterRowOut) -> dict[str, Any]:
    point = None
    if row.lon is not None and row.lat is not None:
        point = {"type": "Point", "coordinates": [row.lon, row.lat]}
    return {
        "type": "Feature",
        "id": row.no,
        "properties": said.model_dump(mode="json"),
        "geometry": point,
    }


def _place(row: MatterRow) -> str:
    due = "" if row.due_at is None else str((row.due_at - EPOCH) // MICROSECOND)
    return f"{due}:{row.id}"


def _place_in_list(cursor: str | None) -> After | None:
    """The row a cursor stands for. Raises BadInput for one we didn't make."""
    if cursor is None:
        return None
    place = place_in_list(cursor)
    due, _, number = place.partition(":")
    try:
        if not (place.isascii() and 0 < int(number) < 2**63):
            raise BadInput("error.cursor")
        return After(EPOCH + int(due) * MICROSECOND if due else None, int(number))
    except (ValueError, OverflowError):
        raise BadInput("error.cursor") from None
