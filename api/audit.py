"""Boundary health over HTTP: counts by kind, faults as list and features, what mends them."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field

from api.access import Access, TheCaller, open_to
from api.dependencies import AsOfNow, Database, Language, Now
from api.edition_steps import MadeOut
from api.editions import READERS
from api.inputs import Body, Code, Name, PageSize, Text
from api.lists import (
    GEOJSON,
    HEADERS,
    REACHES_MEMBERS,
    After,
    RegionWritten,
    TheRegion,
    cursor,
    named_region,
)
from gis.accounts import Role
from gis.audit import counts
from gis.editions import fault_key
from gis.errors import BadInput, NotAllowed, NotFound
from gis.model import GRID, FaultKind
from gis.store import approvals, levels
from gis.store.audit import region_count
from gis.store.regions import region_ids
from gis.workflows.audit_boundaries import Audited, audit_boundaries, repair_boundaries
from maps.audit_sheets import (
    FaultLine,
    audit_geojson,
    audit_xlsx,
    link_to,
    repair_words,
    repairs_geojson,
)
from maps.faults import fault_words
from maps.words import say

router = APIRouter(prefix="/api/v1", tags=["audit"])

MOST_REGIONS: Final = 5_000  # about three seconds; more is for the command
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class KindOut(BaseModel):
    """How many faults and notes of one kind there are; `name` in the reader's language."""

    kind: FaultKind
    name: str
    faults: int
    notes: int


class AuditFaultOut(BaseModel):
    """A fault of boundaries in force. `note`: it may be right. `repair`: what would mend it."""

    key: str
    kind: FaultKind
    text: str
    codes: list[str]
    m2: float | None
    lon: float | None
    lat: float | None
    note: bool
    repair: str | None
    link: str

    @classmethod
    def of(cls, line: FaultLine, language: str) -> AuditFaultOut:
        fault = line.fault
        return cls(
            key=line.key,
            kind=fault.kind,
            text=fault_words(language, fault),
            codes=list(fault.codes),
            m2=fault.m2,
            lon=fault.lon,
            lat=fault.lat,
            note=fault.tolerated,
            repair=repair_words(language, line.repair) if line.repair else None,
            link=link_to(line),
        )


class AuditOut(BaseModel):
    """The health of one level under one region on a day."""

    level: str
    level_name: str
    day: date
    regions: int
    kinds: list[KindOut]
    faults: list[AuditFaultOut]
    next: str | None = Field(description="give it as `after` to get the next page; null at the end")


class RepairIn(Body):
    """Mend faults of a level by a draft edition; `keys` from the audit, without them all faults."""

    level: Code
    region: RegionWritten | None = None
    edition: Name
    keys: Annotated[
        list[Annotated[Text, Field(min_length=1, max_length=40)]] | None,
        Field(min_length=1, max_length=500),
    ] = None


def audited_here(
    database: Database,
    caller: TheCaller,
    as_of: AsOfNow,
    now: Now,
    root: TheRegion,
    level: Annotated[Code, Query(description="the level that is looked at")] = GRID,
) -> Audited:
    """The audit asked for. Raises BadInput when it is too large for one answer."""
    asked = levels.level_of(database, level)
    found = region_count(database, asked.id, root, as_of)
    if found > MOST_REGIONS:
        raise BadInput("error.audit_too_large", count=found, most=MOST_REGIONS)
    people = approvals.holds_a_role_over(database, caller.account_id, REACHES_MEMBERS, root, now)
    return audit_boundaries(database, asked, root, as_of, now, people=people)


TheAudit = Annotated[Audited, Depends(audited_here, scope="function")]


def _lines(audited: Audited, kind: FaultKind | None = None) -> list[FaultLine]:
    repairs = audited.repairs()
    keyed = ((fault_key(one), one) for one in audited.faults if kind in (None, one.kind))
    return [FaultLine(audited.level.code, key, one, repairs.get(key)) for key, one in keyed]


@router.get("/audit")
@open_to(Access.ACCOUNT, *READERS)
def audit(
    audited: TheAudit,
    language: Language,
    as_of: AsOfNow,
    kind: Annotated[FaultKind | None, Query(description="only faults of this kind")] = None,
    limit: PageSize = 100,
    after: After = None,
) -> AuditOut:
    """What is wrong with the boundaries of a level: counts by kind, and each fault; by kind."""
    if after is not None and not (after.isascii() and after.isdigit() and len(after) < 9):
        raise BadInput("error.cursor")
    first = int(after or 0)
    lines = _lines(audited, kind)
    following = cursor(str(first + limit)) if len(lines) > first + limit else None
    return AuditOut(
        level=audited.level.code,
        level_name=audited.level.name,
        day=as_of.valid_on,
        regions=len(audited.rows),
        kinds=[
            KindOut(kind=one, name=say(language, f"audit.kind.{one}"), faults=faults, notes=notes)
            for one, (faults, notes) in counts(audited.faults).items()
        ],
        faults=[AuditFaultOut.of(line, language) for line in lines[first : first + limit]],
        next=following,
    )


@router.get(
    "/audit.geojson",
    response_class=Response,
    responses={200: {"content": {GEOJSON: {"schema": {"type": "object"}}}}},
)
@open_to(Access.ACCOUNT, *READERS)
def audit_features(audited: TheAudit, language: Language) -> Response:
    """The same faults as features: their ground, or the point to look at."""
    made = audit_geojson(_lines(audited), language)
    return Response(made, media_type=GEOJSON, headers=HEADERS)


@router.get(
    "/audit/repairs.geojson",
    response_class=Response,
    responses={200: {"content": {GEOJSON: {"schema": {"type": "object"}}}}},
)
@open_to(Access.ACCOUNT, *READERS)
def repaired_outlines(audited: TheAudit, language: Language) -> Response:
    """The outlines that regions would have, mended one fault each: to be seen before it is done."""
    made = repairs_geojson(audited.repairs(), language)
    return Response(made, media_type=GEOJSON, headers=HEADERS)


@router.get(
    "/audit.xlsx",
    response_class=Response,
    responses={200: {"content": {XLSX: {"schema": {"type": "string", "format": "binary"}}}}},
)
@open_to(Access.ACCOUNT, *READERS)
def audit_workbook(audited: TheAudit, language: Language, as_of: AsOfNow) -> Response:
    """The same faults as a workbook."""
    made = audit_xlsx(_lines(audited), language)
    name = f'attachment; filename="audit-{audited.level.code}-{as_of.valid_on}.xlsx"'
    return Response(made, media_type=XLSX, headers={**HEADERS, "Content-Disposition": name})


@router.post("/audit/repairs", status_code=201)
@open_to(Access.ACCOUNT, Role.PLANNER)
def repair(
    body: RepairIn, database: Database, caller: TheCaller, as_of: AsOfNow, now: Now
) -> MadeOut:
    """Make a draft edition that mends faults; nothing is in force before it is activated."""
    root = None
    if body.region is not None:
        named = named_region(body.region)
        root = region_ids(database, {named}, as_of).get(named)
        if root is None:
            raise NotFound("error.region_not_found", code=named[1], day=as_of.valid_on.isoformat())
    if not approvals.holds_role_over(database, caller.account_id, Role.PLANNER, root, now):
        raise NotAllowed("error.edition_not_yours", edition=body.edition)
    audited = audited_here(database, caller, as_of, now, root, body.level)
    made = repair_boundaries(
        database,
        audited,
        root,
        body.edition,
        valid_from=as_of.valid_on,
        keys=body.keys,
        account_id=caller.account_id,
    )
    return MadeOut(id=made.edition_id, name=body.edition)
