"""What lists are narrowed by and how they go on: regions, boxes, scope, cursors of lists."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Final

from fastapi import Depends, Query
from pydantic import Field

from api.access import TheCaller
from api.dependencies import AsOfNow, Database
from api.inputs import Text
from gis.accounts import ADMINISTRATORS, Role, Scope, scope_of
from gis.errors import BadInput, NotFound
from gis.store.homes import region_ids
from gis.store.regions import Box

MOST_SHAPES: Final = 3000  # more than this in one view and a browser no longer moves smoothly
GEOJSON: Final = "application/geo+json"
HEADERS: Final = {"Cache-Control": "private, no-cache"}


def region_below(
    database: Database,
    as_of: AsOfNow,
    region: Annotated[
        Annotated[Text, Field(max_length=150)] | None,
        Query(description="LEVEL:CODE, such as community:500199001001; it and all below"),
    ] = None,
) -> int | None:
    """The region asked for. Raises BadInput for another form, NotFound when it isn't there."""
    if region is None:
        return None
    level, colon, code = region.partition(":")
    if not (level and colon and code):
        raise BadInput("error.region_written")
    found = region_ids(database, {(level, code)}, as_of)
    if not found:
        raise NotFound("error.region_not_found", code=code, day=as_of.valid_on.isoformat())
    return found[level, code]


def box_asked(
    bbox: Annotated[
        Annotated[Text, Field(max_length=100)],
        Query(description="west,south,east,north in degrees, WGS 84"),
    ] = "-180,-90,180,90",
) -> Box:
    """The box asked for."""
    try:
        west, south, east, north = (float(edge) for edge in bbox.split(","))
    except ValueError:
        raise BadInput("error.bbox") from None
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise BadInput("error.bbox")
    return (west, south, east, north)


def code_after(
    after: Annotated[
        Annotated[Text, Field(max_length=300)] | None, Query(description="`next` of a page")
    ] = None,
) -> str | None:
    """The code a cursor stands for. Raises BadInput for one we didn't make."""
    if after is None:
        return None
    try:
        code = base64.urlsafe_b64decode(after + "=" * (-len(after) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise BadInput("error.cursor") from None
    if not code or "\x00" in code:
        raise BadInput("error.cursor")
    return code


def cursor(code: str) -> str:
    """Where a list by code goes on."""
    return base64.urlsafe_b64encode(code.encode()).decode().rstrip("=")


REACHES_MEMBERS: Final = frozenset({Role.GRID_MEMBER, Role.COMMUNITY_CLERK, Role.DISPATCHER})


def scope_of_work(caller: TheCaller) -> Scope:
    """What the caller may see of households: where it holds a role of work.

    Administering accounts, rights or logs is none.
    """
    return scope_of(caller.grants, frozenset(Role) - ADMINISTRATORS)


def scope_of_dispatch(caller: TheCaller) -> Scope:
    """Where the caller may see members with their phones: who has to reach them about a matter."""
    return scope_of(caller.grants, REACHES_MEMBERS)


TheDispatchScope = Annotated[Scope, Depends(scope_of_dispatch)]
TheWorkScope = Annotated[Scope, Depends(scope_of_work)]
TheRegion = Annotated[int | None, Depends(region_below, scope="function")]
TheBox = Annotated[Box, Depends(box_asked)]
After = Annotated[str | None, Depends(code_after)]
Limit = Annotated[int, Query(ge=1, le=500)]
