"""Contested ground over HTTP: listed, kept, extended, settled; open to read for every account."""

from __future__ import annotations

import json
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field
from shapely import MultiPolygon, Polygon

from api.access import Access, TheCaller, open_to
from api.dependencies import AsOfNow, Database, Now
from api.inputs import Body, Code, Day, PageSize, Text
from api.lists import GEOJSON, HEADERS, After, RegionWritten, TheRegion, named_region, one_page
from api.locate import Crs
from api.relations import GeometryIn, ShapeIn, shape_in
from gis.coordinates import to_lattice
from gis.disputes import DisputeLine, DisputeState, RegionNamed
from gis.errors import BadInput
from gis.model import AsOf
from gis.store import disputes
from gis.store.disputes import DisputeRow
from gis.workflows.keep_disputes import KEEPERS, add_dispute, extend_dispute, settle_dispute

router = APIRouter(prefix="/api/v1", tags=["disputes"])

MOST = 10_000
Said = Annotated[Text, Field(min_length=1, max_length=200)]


class ClaimantOut(BaseModel):
    level: str
    code: str | None
    name: str | None


class DisputeOut(BaseModel):
    """A dispute on the day. `ends_on`: last day of the temporary ownership; `overdue` after it,
    until somebody settles or extends it. `owner_stands` false: that grid has ended.
    """

    code: str
    state: DisputeState
    reason: str
    source: str
    claimants: list[ClaimantOut]
    owner: str | None
    owner_stands: bool
    since: date
    ends_on: date | None
    settled_on: date | None
    outcome: str

    @classmethod
    def of(cls, row: DisputeRow) -> DisputeOut:
        return cls(
            code=row.code,
            state=row.state,
            reason=row.reason,
            source=row.source,
            claimants=[
                ClaimantOut(level=level, code=code, name=name)
                for level, code, name in row.claimants
            ],
            owner=row.owner,
            owner_stands=row.owner_stands,
            since=row.since,
            ends_on=row.ends_on,
            settled_on=row.settled_on,
            outcome=row.outcome,
        )


class DisputesOut(BaseModel):
    disputes: list[DisputeOut]
    next: str | None = Field(description="give it as `after` to get the next page; null at the end")


class DisputeIn(Body):
    """A new dispute; `owner`: code of the grid that acts there, `since` (today) to `ends_on`."""

    code: Code
    claimants: Annotated[list[RegionWritten], Field(min_length=2, max_length=20)]
    owner: Code
    reason: Said
    source: Annotated[Text, Field(max_length=200)] = ""
    since: Day | None = None
    ends_on: Day
    crs: Crs
    geometry: GeometryIn


class TermIn(Body):
    """Until when a dispute goes on, from a day on (today), and with which temporary owner."""

    ends_on: Day
    since: Day | None = None
    owner: Code | None = None


class SettleIn(Body):
    """How a dispute was settled, and from which day on (today)."""

    outcome: Said
    on: Day | None = None


State = Annotated[DisputeState | None, Query(description="only disputes in this state")]


@router.get("/disputes")
def list_disputes(
    database: Database,
    as_of: AsOfNow,
    region: TheRegion,
    state: State = None,
    limit: PageSize = 50,
    after: After = None,
) -> DisputesOut:
    """Disputes by code; `state=overdue` are those whose last day has passed unsettled."""
    page, following = _page(database, as_of, region, state, limit, after, shapes=False)
    return DisputesOut(disputes=[DisputeOut.of(row) for row in page], next=following)


@router.get(
    "/disputes.geojson",
    response_class=Response,
    responses={200: {"content": {GEOJSON: {"schema": {"type": "object"}}}}},
)
def dispute_shapes(
    database: Database,
    as_of: AsOfNow,
    region: TheRegion,
    state: State = None,
    limit: PageSize = 50,
    after: After = None,
) -> Response:
    """The same as features, with `next` beside them."""
    page, following = _page(database, as_of, region, state, limit, after, shapes=True)
    features = ",".join(
        f'{{"type":"Feature","id":{json.dumps(row.code)},'
        f'"properties":{DisputeOut.of(row).model_dump_json()},"geometry":{row.geometry}}}'
        for row in page
    )
    head = f'{{"type":"FeatureCollection","next":{json.dumps(following)},"features":['
    return Response(f"{head}{features}]}}", media_type=GEOJSON, headers=HEADERS)


@router.post("/disputes", status_code=201)
@open_to(Access.ACCOUNT, *KEEPERS)
def keep_dispute(body: DisputeIn, database: Database, caller: TheCaller, now: Now) -> DisputeOut:
    """Keep a new dispute: matters there go to the temporary owner from its first day on."""
    add_dispute(database, _line(body), now, account_id=caller.account_id)
    return DisputeOut.of(disputes.dispute_of(database, body.code, AsOf.at(now)))


@router.post("/disputes/{code}/terms")
@open_to(Access.ACCOUNT, *KEEPERS)
def extend(code: Code, body: TermIn, database: Database, caller: TheCaller, now: Now) -> DisputeOut:
    """Extend a dispute, or give it another temporary owner."""
    found = disputes.dispute_of(database, code, AsOf.at(now))
    extend_dispute(
        database,
        found,
        body.ends_on,
        now,
        since=body.since,
        owner=body.owner,
        account_id=caller.account_id,
    )
    return DisputeOut.of(disputes.dispute_of(database, code, AsOf.at(now)))


@router.post("/disputes/{code}/settle")
@open_to(Access.ACCOUNT, *KEEPERS)
def settle(
    code: Code, body: SettleIn, database: Database, caller: TheCaller, now: Now
) -> DisputeOut:
    """Settle a dispute: from that day on the ground belongs to whom the boundaries say."""
    found = disputes.dispute_of(database, code, AsOf.at(now))
    settle_dispute(database, found, body.outcome, now, on=body.on, account_id=caller.account_id)
    return DisputeOut.of(disputes.dispute_of(database, code, AsOf.at(now)))


def _page(
    database: Database,
    as_of: AsOfNow,
    region: int | None,
    state: DisputeState | None,
    limit: int,
    after: str | None,
    *,
    shapes: bool,
) -> tuple[list[DisputeRow], str | None]:
    """A page; the state is no column, so that a narrowed list reads on until the page is full."""
    most = limit + 1 if state is None else MOST
    found = disputes.list_disputes(
        database, as_of, region_id=region, after=after, most=most, shapes=shapes
    )
    wanted = [row for row in found if state is None or row.state is state]
    page, following = one_page(wanted[: limit + 1], limit, lambda row: row.code)
    return list(page), following


def _line(body: DisputeIn) -> DisputeLine:
    shape = to_lattice(shape_in(ShapeIn(crs=body.crs, geometry=body.geometry)))
    if isinstance(shape, Polygon):
        shape = MultiPolygon([shape])
    if not isinstance(shape, MultiPolygon):
        raise BadInput("error.dispute_shape", code=body.code)
    claimants = tuple(RegionNamed(*named_region(one)) for one in body.claimants)
    return DisputeLine(
        body.code,
        claimants,
        body.owner,
        body.reason,
        body.source,
        body.since,
        body.ends_on,
        shape,
    )
