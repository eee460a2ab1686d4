"""The QR code of a building, a grid or a facility."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from api.access import Access, open_to
from api.dependencies import AsOfNow, Database, TheService
from api.inputs import Code
from gis.errors import NotFound
from gis.intake import CodeGiven, Found, Thing
from gis.store.spots import spot_of
from maps.plates import link_of, qr_svg

router = APIRouter(prefix="/api/v1", tags=["places"])


@router.get("/qr.svg", response_class=Response)
@open_to(Access.ACCOUNT)
def one_code(
    request: Request,
    database: Database,
    service: TheService,
    as_of: AsOfNow,
    thing: Annotated[Thing, Query(description="B building, G grid, F facility")],
    code: Annotated[Code, Query()],
) -> Response:
    """The QR code that opens the report page at a building, a grid or a facility; an SVG."""
    found = spot_of(database, CodeGiven(thing, code), as_of)
    if found.method is Found.NOWHERE and found.warning is not None:
        raise NotFound("error.thing_not_found", code=code)
    base = service.settings.public_address or str(request.base_url)
    return Response(qr_svg(link_of(base, f"{thing.value}:{code}")), media_type="image/svg+xml")
