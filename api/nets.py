"""Business nets and groups of grids: their units and unions to read; stated by planners."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection, select

from api.access import Access, TheCaller, open_to
from api.dependencies import AsOfNow, Database, Language, Now
from api.inputs import Body, Code, Day, Name, PageSize, Text
from api.lists import (
    GEOJSON,
    HEADERS,
    After,
    RegionWritten,
    TheRegion,
    named_region,
    one_page,
)
from gis.errors import Conflict, NotFound
from gis.model import BEIJING, AsOf
from gis.nets import NetFault, NetFaultKind, NetKind
from gis.store import nets
from gis.store.nets import NetRow, UnitRow
from gis.store.regions import region_id_of
from gis.store.tables.people import organisation
from gis.workflows.keep_nets import KEEPERS, NetStated, end_net, keep_net
from maps.faults import some
from maps.words import say

router = APIRouter(prefix="/api/v1", tags=["nets"])

MOST_GRIDS: Final = 5_000


class NetOut(BaseModel):
    """A net on the day. `home`: LEVEL:CODE of the region whose grids it is about; null: all."""

    code: str
    name: str
    kind: NetKind
    kind_name: str
    exclusive: bool = Field(description="each grid in exactly one unit, communities wholly")
    home: str | None
    organisation: str | None
    source: str
    units: int
    grids: int

    @classmethod
    def of(cls, row: NetRow, language: str) -> NetOut:
        return cls(
            code=row.code,
            name=row.name,
            kind=row.kind,
            kind_name=say(language, f"net.kind.{row.kind}"),
            exclusive=row.kind.is_exclusive,
            home=f"{row.home_level}:{row.home_code}" if row.home_code else None,
            organisation=row.organisation,
            source=row.source,
            units=row.units,
            grids=row.grids,
        )


class NetsOut(BaseModel):
    nets: list[NetOut]
    next: str | None = Field(description="give it as `after` to get the next page; null at the end")


class UnitOut(BaseModel):
    """A unit and the codes of its grids."""

    code: str
    name: str
    grids: list[str]


class UnitsOut(BaseModel):
    units: list[UnitOut]
    next: str | None = Field(description="give it as `after` to get the next page; null at the end")


class NetFaultOut(BaseModel):
    """Something wrong with a net. `note`: it may be right."""

    kind: NetFaultKind
    code: str = Field(description="of the grid, or of the community left out")
    units: list[str]
    text: str
    note: bool

    @classmethod
    def of(cls, one: NetFault, language: str) -> NetFaultOut:
        return cls(
            kind=one.kind,
            code=one.code,
            units=list(one.units),
            text=fault_said(one, language),
            note=one.is_note,
        )


class NetFaultsOut(BaseModel):
    faults: list[NetFaultOut]
    next: str | None = Field(description="give it as `after` to get the next page; null at the end")


class UnitIn(Body):
    """A unit by the codes of its grids."""

    code: Code
    name: Annotated[Text, Field(max_length=200)] = ""
    grids: Annotated[list[Code], Field(min_length=1, max_length=MOST_GRIDS)]


class NetChangeIn(Body):
    """A net as it is from a day on (today); units and grids not named end that day."""

    name: Name
    kind: NetKind
    region: RegionWritten | None = Field(
        None, description="LEVEL:CODE whose grids it is about; default: the lowest above them all"
    )
    organisation: Code | None = Field(None, description="code of the organisation whose net it is")
    source: Annotated[Text, Field(max_length=200)] = ""
    valid_from: Day | None = None
    units: Annotated[list[UnitIn], Field(min_length=1, max_length=1000)]


class NetIn(NetChangeIn):
    """A new net."""

    code: Code


class NetKeptOut(BaseModel):
    """What became of a net, and everything that is wrong with it now."""

    code: str
    units: int
    joined: int
    left: int
    faults: list[NetFaultOut]


class NetEndIn(Body):
    """From which day on (today) a net isn't any more."""

    on: Day | None = None


class NetEndedOut(BaseModel):
    code: str
    left: int


def fault_said(one: NetFault, language: str) -> str:
    """A fault of a net in words."""
    return say(language, f"net_fault.{one.kind}", code=one.code, units=some(one.units))


@router.get("/nets")
def list_nets(
    database: Database,
    as_of: AsOfNow,
    language: Language,
    region: TheRegion,
    kind: Annotated[NetKind | None, Query(description="only nets of this kind")] = None,
    grid: Annotated[Code | None, Query(description="only nets that this grid is in")] = None,
    limit: PageSize = 50,
    after: After = None,
) -> NetsOut:
    """Business nets and groups by code; with `region` those about it, above it or below it."""
    found = nets.list_nets(
        database, as_of, kind=kind, grid=grid, region_id=region, after=after, most=limit + 1
    )
    page, following = one_page(found, limit, lambda row: row.code)
    return NetsOut(nets=[NetOut.of(row, language) for row in page], next=following)


@router.get("/nets/{code}")
def net_facts(code: Code, database: Database, as_of: AsOfNow, language: Language) -> NetOut:
    """One net on the day."""
    return NetOut.of(nets.net_of(database, code, as_of), language)


@router.get("/nets/{code}/units")
def list_units(
    code: Code, database: Database, as_of: AsOfNow, limit: PageSize = 50, after: After = None
) -> UnitsOut:
    """The units of a net on the day with their grids, by code."""
    page, following = _units(database, code, as_of, limit, after, shapes=False)
    listed = [UnitOut(code=one.code, name=one.name, grids=list(one.grids)) for one in page]
    return UnitsOut(units=listed, next=following)


@router.get(
    "/nets/{code}/units.geojson",
    response_class=Response,
    responses={200: {"content": {GEOJSON: {"schema": {"type": "object"}}}}},
)
def unit_shapes(
    code: Code, database: Database, as_of: AsOfNow, limit: PageSize = 50, after: After = None
) -> Response:
    """The same as features: the shape of a unit is the union of its grids on the day."""
    page, following = _units(database, code, as_of, limit, after, shapes=True)
    made = nets.units_geojson(page, following)
    return Response(made, media_type=GEOJSON, headers=HEADERS)


@router.get("/nets/{code}/faults")
def list_faults(
    code: Code,
    database: Database,
    as_of: AsOfNow,
    language: Language,
    limit: PageSize = 100,
    after: After = None,
) -> NetFaultsOut:
    """Grids in two units or in none, grids that have ended, communities left out."""
    found = nets.faults_of(database, nets.net_of(database, code, as_of), as_of)
    rest = [one for one in found if after is None or _place(one) > after]
    page, following = one_page(rest[: limit + 1], limit, _place)
    return NetFaultsOut(faults=[NetFaultOut.of(one, language) for one in page], next=following)


@router.post("/nets", status_code=201)
@open_to(Access.ACCOUNT, *KEEPERS)
def add_net(
    body: NetIn, database: Database, caller: TheCaller, now: Now, language: Language
) -> NetKeptOut:
    """Keep a new net as sets of grids; what is wrong with it is told and stops nothing."""
    today = AsOf.at(now)
    if _exists(database, body.code, today):
        raise Conflict("error.net_exists", code=body.code)
    return _keep(body.code, body, database, caller, now, language)


@router.post("/nets/{code}/units")
@open_to(Access.ACCOUNT, *KEEPERS)
def change_net(
    code: Code,
    body: NetChangeIn,
    database: Database,
    caller: TheCaller,
    now: Now,
    language: Language,
) -> NetKeptOut:
    """State a net anew from a day on; how it was until then stays readable."""
    nets.net_of(database, code, AsOf.at(now))
    return _keep(code, body, database, caller, now, language)


@router.post("/nets/{code}/end")
@open_to(Access.ACCOUNT, *KEEPERS)
def end(code: Code, body: NetEndIn, database: Database, caller: TheCaller, now: Now) -> NetEndedOut:
    """End a net: from that day on it has no grids; how it was stays readable."""
    on = body.on or now.astimezone(BEIJING).date()
    left = end_net(database, code, on, now, account_id=caller.account_id)
    return NetEndedOut(code=code, left=left)


# ---- parts --------------------------------------------------------------------------------------


def _exists(database: Connection, code: str, as_of: AsOf) -> bool:
    try:
        nets.net_of(database, code, as_of)
    except NotFound:
        return False
    return True


def _keep(
    code: str,
    body: NetChangeIn,
    database: Connection,
    caller: TheCaller,
    now: Now,
    language: str,
) -> NetKeptOut:
    since = body.valid_from or now.astimezone(BEIJING).date()
    units = {one.code: (one.name, frozenset(one.grids)) for one in body.units}
    stated = NetStated(
        code,
        body.name,
        body.kind,
        units,
        home_id=_home(database, body.region, since, now),
        organisation_id=_organisation(database, body.organisation),
        source=body.source,
    )
    kept = keep_net(database, stated, since, now, account_id=caller.account_id)
    return NetKeptOut(
        code=kept.code,
        units=kept.units,
        joined=kept.joined,
        left=kept.left,
        faults=[NetFaultOut.of(one, language) for one in kept.faults],
    )


def _home(database: Connection, written: str | None, since: date, now: Now) -> int | None:
    if written is None:
        return None
    return region_id_of(database, *named_region(written), AsOf(since, now))


def _organisation(database: Connection, code: str | None) -> int | None:
    if code is None:
        return None
    found = database.execute(select(organisation.c.id).where(organisation.c.code == code)).scalar()
    if found is None:
        raise NotFound("error.organisation_not_found", code=code)
    return int(found)


def _units(
    database: Connection,
    code: str,
    as_of: AsOf,
    limit: int,
    after: str | None,
    *,
    shapes: bool,
) -> tuple[list[UnitRow], str | None]:
    net = nets.net_of(database, code, as_of)
    found = nets.units_of(database, net.id, as_of, after=after, most=limit + 1, shapes=shapes)
    page, following = one_page(found, limit, lambda row: row.code)
    return list(page), following


def _place(one: NetFault) -> str:
    return f"{list(NetFaultKind).index(one.kind)}:{one.code}"
