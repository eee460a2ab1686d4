"""Whose place is this, and nothing else: one place, or fifty thousand in columns.

The same owner as `/locate` names, without what is measured: from the tiling index where it speaks
for now, else from the database.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import numpy as np
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from api.access import Access, TheCaller, key_of, open_to
from api.dependencies import Database, Now, TheService
from api.inputs import Body, Finite
from api.locate import Crs
from api.tilings import rendered, told
from gis.coordinates import convert, convert_each, parse_crs
from gis.errors import BadInput
from gis.locating import Method
from gis.model import AsOf
from gis.store.edition_lock import boundary_version
from gis.store.locating import Located, locate
from gis.store.locating_many import owners_of_many
from gis.store.regions import ancestors
from gis.tiling_index import NOBODY
from gis.workflows.sign_in import fingerprint

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from api.tilings import Known

router = APIRouter(prefix="/api/v1", tags=["locate"])

MOST_PLACES: Final = 50_000


class RegionNamedOut(BaseModel):
    level: str
    code: str | None
    name: str | None


class RegionHereOut(BaseModel):
    """The region that a place belongs to now, and those above it, top first."""

    region: RegionNamedOut | None = Field(description="null: outside all regions")
    above: list[RegionNamedOut]
    nearest: bool = Field(description="in a gap: the nearest within 20 m")
    boundary_version: int


class ColumnsIn(Body):
    """Places as two columns of the same length."""

    crs: Crs
    lon: Annotated[list[Finite], Field(min_length=1, max_length=MOST_PLACES)]
    lat: Annotated[list[Finite], Field(min_length=1, max_length=MOST_PLACES)]


class ColumnsOut(BaseModel):
    """For each place the number of its region in `regions`; -1 for one outside all of them."""

    regions: list[RegionNamedOut]
    of: list[int]
    bad: list[int] = Field(description="numbers of the places whose coordinates can't be true")
    boundary_version: int


@router.get("/locate/region", response_model=RegionHereOut)
@open_to(Access.ACCOUNT)
def locate_region(
    request: Request,
    database: Database,
    caller: TheCaller,
    service: TheService,
    now: Now,
    lon: Annotated[Finite, Query(description="longitude in degrees, or easting in metres")],
    lat: Annotated[Finite, Query(description="latitude in degrees, or northing in metres")],
    crs: Annotated[Crs, Query()],
) -> Response:
    """The one region that a place belongs to now. The quickest answer there is: with an API key it
    comes from an index, thousands a second.
    """
    key = key_of(request)
    if key is not None and caller.by_key:
        service.keys.let_in(fingerprint(key))
    x, y = convert(lon, lat, parse_crs(crs), "cgcs2000")
    found = locate(database, x, y, AsOf.at(now), accuracy_m=0.0)
    answer = told(
        _chain(found),
        boundary_version(database),
        nearest=found.placement.method is Method.NEAREST,
    )
    return Response(rendered(answer), media_type="application/json")


def _chain(found: Located) -> tuple[tuple[str, str | None, str | None], ...]:
    owner = found.placement.owner
    if owner is None:
        return ()
    every = (found.known[number] for number in (*owner.path, owner.region_id))
    return tuple((one.level, one.code, one.name) for one in every)


@router.post("/locate/regions")
@open_to(Access.ACCOUNT)
def locate_columns(
    body: ColumnsIn, database: Database, service: TheService, now: Now
) -> ColumnsOut:
    """The regions that at most 50,000 places belong to now, in columns: each region named once."""
    if len(body.lon) != len(body.lat):
        raise BadInput("error.columns_lengths", lon=len(body.lon), lat=len(body.lat))
    lon, lat, problems = convert_each(
        np.array(body.lon), np.array(body.lat), parse_crs(body.crs), "cgcs2000"
    )
    version, as_of = boundary_version(database), AsOf.at(now)
    known = service.tilings.known(as_of.valid_on)
    if known is not None and known.boundary_version != version:
        known = None  # the index hasn't heard of what this transaction sees
    owners = _owners(database, known, lon, lat, as_of)
    ids, of = np.unique(owners, return_inverse=True)
    outside = int(ids[0] == NOBODY)
    named = {one.id: one for one in ancestors(database, ids[outside:].tolist(), as_of)}
    listed = [named[number] for number in ids[outside:].tolist()]
    return ColumnsOut(
        regions=[RegionNamedOut(level=one.level, code=one.code, name=one.name) for one in listed],
        of=(of - outside).tolist(),
        bad=sorted(int(n) for mask in problems.values() for n in np.flatnonzero(mask)),
        boundary_version=version,
    )


def _owners(
    database: Database,
    known: Known | None,
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    as_of: AsOf,
) -> NDArray[np.int64]:
    """By the index, and by the database what it leaves open."""
    owners = np.full(len(lon), NOBODY) if known is None else known.locate(lon, lat)
    rest = np.flatnonzero((owners == NOBODY) & np.isfinite(lon) & np.isfinite(lat))
    if len(rest):
        owners[rest] = owners_of_many(database, lon[rest], lat[rest], as_of)
    return owners
