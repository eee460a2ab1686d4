"""What lists are narrowed by and how they go on: regions, boxes, scope, cursors of lists."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Annotated, Final, TypeVar

from fastapi import Depends, Query
from pydantic import Field

from api.access import TheCaller
from api.dependencies import AsOfNow, Database
from api.inputs import Text
from gis.accounts import ADMINISTRATORS, Role, Scope, scope_of
from gis.errors import BadInput, NotFound
from gis.store.regions import Box, region_ids

MOST_SHAPES: Final = 3000  # more than this in one view and a browser no longer moves smoothly
GEOJSON: Final = "application/geo+json"
HEADERS: Final = {"Cache-Control": "private, no-cache"}
Row = TypeVar("Row")
RegionWritten = Annotated[Text, Field(max_length=150)]


# ---- what is written in an address --------------------------------------------------------------


def named_region(written: str) -> tuple[str, str]:
    """A level and a code, written LEVEL:CODE. Raises BadInput for another form."""
    level, colon, code = written.partition(":")
    if not (level and colon and code):
        raise BadInput("error.region_written")
    return level, code


def box_written(written: str) -> Box:
    """west,south,east,north in degrees, WGS 84. Raises BadInput for anything else."""
    try:
        west, south, east, north = (float(edge) for edge in written.split(","))
    except ValueError:
        raise BadInput("error.bbox") from None
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise BadInput("error.bbox")
    return (west, south, east, north)


def cursor(place: str) -> str:
    """Where a list goes on, in letters that need no quoting in an address."""
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def place_in_list(cursor: str) -> str:
    """What a cursor stands for. Raises BadInput for one we didn't make."""
    try:
        place = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise BadInput("error.cursor") from None
    if not place or "\x00" in place:
        raise BadInput("error.cursor")
    return place


def one_page(
    found: Sequence[Row], limit: int, place: Callable[[Row], str]
) -> tuple[Sequence[Row], str | None]:
    """The rows of a page and where the next one begins, of one row more than fits in."""
    page = found[:limit]
    return page, cursor(place(page[-1])) if len(found) > limit else None


# ---- dependencies of routes ---------------------------------------------------------------------


def region_below(
    database: Database,
    as_of: AsOfNow,
    region: Annotated[
        RegionWritten | None,
        Query(description="LEVEL:CODE, such as community:500199001001; it and all below"),
    ] = None,
) -> int | None:
    """The region asked for. Raises BadInput for another form, NotFound when it isn't there."""
    if region is None:
        return None
    level, code = named_region(region)
    found = region_ids(database, {(level, code)}, as_of)
    if not found:
        raise NotFound("error.region_not_found", code=code, day=as_of.valid_on.isoformat())
    return found[level, code]


async def box_asked(
    bbox: Annotated[
        Annotated[Text, Field(max_length=100)],
        Query(description="west,south,east,north in degrees, WGS 84"),
    ] = "-180,-90,180,90",
) -> Box:
    """The box asked for."""
    return box_written(bbox)


async def code_after(
    after: Annotated[
        Annotated[Text, Field(max_length=300)] | None, Query(description="`next` of a page")
    ] = None,
) -> str | None:
    """The code a cursor stands for."""
    return None if after is None else place_in_list(after)


REACHES_MEMBERS: Final = frozenset({Role.GRID_MEMBER, Role.COMMUNITY_CLERK, Role.DISPATCHER})


async def scope_of_work(caller: TheCaller) -> Scope:
    """What the caller may see of households: where it holds a role of work.

    Administering accounts, rights or logs is none.
    """
    return scope_of(caller.grants, frozenset(Role) - ADMINISTRATORS)


async def scope_of_dispatch(caller: TheCaller) -> Scope:
    """Where the caller may see members with their phones: who has to reach them about a matter."""
    return scope_of(caller.grants, REACHES_MEMBERS)


TheDispatchScope = Annotated[Scope, Depends(scope_of_dispatch)]
TheWorkScope = Annotated[Scope, Depends(scope_of_work)]
TheRegion = Annotated[int | None, Depends(region_below, scope="function")]
TheBox = Annotated[Box, Depends(box_asked)]
After = Annotated[str | None, Depends(code_after)]
