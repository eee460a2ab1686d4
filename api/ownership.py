"""《网格归属核查单》 over HTTP: a signed statement whose a place was, as JSON and as one page.

Nothing is written down about who asks for which place: a statement can be had again from both of
its times, byte for byte, and a list of questions would tell of people, not of boundaries.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel

from api.access import Access, open_to
from api.dependencies import AsOfNow, Database, Language, Now, TheService
from api.inputs import Finite
from api.lists import HEADERS
from api.locate import Crs
from api.signing_keys import ring_of
from gis.coordinates import convert, parse_crs
from gis.model import GRID
from gis.ownership import PlaceStated, SignedStatement, Statement, degrees
from gis.signing import ALGORITHM
from gis.store import regions
from gis.store.ownership import state_ownership
from maps.ownership_map import box_around

router = APIRouter(prefix="/api/v1", tags=["ownership"])

PDF: Final = "application/pdf"
MOST_DRAWN: Final = 200


class KeyOut(BaseModel):
    """A public key: 32 raw bytes in Base64. `until` is null while it signs."""

    key_id: str
    algorithm: str
    public_key: str
    since: str
    until: str | None


class KeysOut(BaseModel):
    keys: list[KeyOut]


def stated(
    database: Database,
    as_of: AsOfNow,
    lon: Annotated[Finite, Query(description="longitude in degrees, or easting in metres")],
    lat: Annotated[Finite, Query(description="latitude in degrees, or northing in metres")],
    crs: Annotated[Crs, Query()],
) -> Statement:
    """The statement about the place asked for."""
    system = parse_crs(crs)
    x, y = convert(lon, lat, system, "cgcs2000")
    asked = PlaceStated(degrees(lon), degrees(lat), system)
    return state_ownership(database, x, y, asked, as_of)[0]


TheStatement = Annotated[Statement, Depends(stated, scope="function")]


@router.get("/ownership")
def state_owner(
    statement: TheStatement, service: TheService, now: Now, response: Response
) -> SignedStatement:
    """Whose the place was on the day, as known then, with sum and signature."""
    response.headers.update(HEADERS)
    return ring_of(service.settings, now).sign(statement)


@router.get(
    "/ownership.pdf",
    response_class=Response,
    responses={200: {"content": {PDF: {"schema": {"type": "string", "format": "binary"}}}}},
)
def draw_statement(
    statement: TheStatement,
    database: Database,
    as_of: AsOfNow,
    service: TheService,
    now: Now,
    language: Language,
) -> Response:
    """The same statement on one page, with a small map."""
    from maps.ownership_pdf import ownership_pdf  # loads a font library: half a second

    signed = ring_of(service.settings, now).sign(statement)
    level = statement.owner.level if statement.owner else GRID
    box = box_around(statement)
    drawn: dict[str, Any] = json.loads(
        regions.regions_geojson(database, level, box, as_of, zoom=None, most=MOST_DRAWN)
    )
    page = ownership_pdf(
        signed,
        drawn["features"],
        language=language,
        review_no=service.settings.review_no,
        font=service.settings.pdf_font,
    )
    name = f"ownership-{signed.sha256[:12]}.pdf"
    headers = {**HEADERS, "Content-Disposition": f'inline; filename="{name}"'}
    return Response(page, media_type=PDF, headers=headers)


@router.get("/ownership-keys")
@open_to(Access.PUBLIC)
def list_keys(service: TheService, now: Now) -> KeysOut:
    """The public keys that have ever signed here, the live one first."""
    ring = ring_of(service.settings, now)
    return KeysOut(
        keys=[
            KeyOut(
                key_id=one.key_id,
                algorithm=ALGORITHM,
                public_key=one.public_key,
                since=one.since,
                until=one.until,
            )
            for one in ring.public
        ]
    )
