"""Whose place is this, and nothing else: one place, or fifty thousand in columns.

The same owner as `/locate` names: from the tiling index where it speaks for the day, else from the
database. In columns the regions of other levels and the metres to the edge are told on request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import numpy as np
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from api.access import Access, TheCaller, key_of, open_to
from api.dependencies import AsOfNow, Database, Now, TheService
from api.inputs import Body, Code, Finite, NearReach
from api.locate import Crs
from api.tilings import rendered, told
from gis.coordinates import convert, convert_each, parse_crs
from gis.errors import BadInput
from gis.locating import Method
from gis.model import AsOf
from gis.store.codes_of_many import codes_of_many
from gis.store.edition_lock import boundary_version
from gis.store.levels import level_of
from gis.store.locating import Located, locate
from gis.store.measured_many import measure_many, owners_by_index
from gis.store.nearest_many import Nearest, nearest_buildings, nearest_staffed
from gis.store.regions import ancestors, region_ids
from gis.tiling_index import NOBODY
from gis.workflows.sign_in import fingerprint

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gis.store.measured_many import DayIndex

router = APIRouter(prefix="/api/v1", tags=["locate"])

MOST_PLACES: Final = 50_000
MOST_LEVELS: Final = 20


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
    levels: Annotated[list[Code], Field(max_length=MOST_LEVELS)] = Field(
        [], description="levels, overlays too, whose regions are asked for beside the deepest"
    )
    edge_m: bool = Field(False, description="true: also how far the edge of the region is")
    nearest_building_m: NearReach | None = Field(
        None, description="metres: also the nearest building within this reach"
    )
    nearest_staffed_m: NearReach | None = Field(
        None, description="metres: also the nearest grid that a member has within this reach"
    )


class ColumnOut(BaseModel):
    """For each place the number of its region in `regions`; -1 for one outside all of them."""

    regions: list[RegionNamedOut]
    of: list[int]


class NearestOut(BaseModel):
    """For each place the number of what is nearest in `codes`, -1 for none, and the metres."""

    codes: list[str]
    of: list[int]
    metres: list[float | None] = Field(description="0 inside it")

    @classmethod
    def of_places(cls, found: Nearest) -> NearestOut:
        codes = sorted({code for code in found.codes if code is not None})
        numbers: dict[str | None, int] = {code: n for n, code in enumerate(codes)}
        metres = [None if one != one else round(one, 2) for one in found.metres.tolist()]
        return cls(codes=codes, of=[numbers.get(code, -1) for code in found.codes], metres=metres)


class ColumnsOut(ColumnOut):
    """The deepest regions of the places, and what else was asked for."""

    levels: dict[str, ColumnOut] = Field(description="the regions of the levels asked for")
    edge_m: list[float | None] | None = Field(
        description="metres to the region's edge, inside and outside alike; null if not asked for"
    )
    buildings: NearestOut | None = Field(description="null if not asked for")
    staffed: NearestOut | None = Field(description="grids that a member has; null if not asked for")
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
    body: ColumnsIn, database: Database, service: TheService, now: Now, as_of: AsOfNow
) -> ColumnsOut:
    """The regions that at most 50,000 places belong to, in columns: each region named once."""
    if len(body.lon) != len(body.lat):
        raise BadInput("error.columns_lengths", lon=len(body.lon), lat=len(body.lat))
    for level in body.levels:
        level_of(database, level)
    lon, lat, problems = convert_each(
        np.array(body.lon), np.array(body.lat), parse_crs(body.crs), "cgcs2000"
    )
    version = boundary_version(database)
    known = service.tilings.known(as_of.valid_on) if as_of == AsOf.at(now) else None
    if known is not None and known.boundary_version != version:
        known = None  # the index hasn't heard of what this transaction sees
    day = None
    if known is None or body.levels or body.edge_m:
        day = service.days.of(database, as_of, len(lon), service.tilings.kept())
    found = None if known is None else known.locate(lon, lat)
    owners = owners_by_index(database, day, lon, lat, as_of, found)
    codes, edge_m = _more(body, database, day, lon, lat, as_of)
    return ColumnsOut(
        **_column(database, owners, as_of),
        levels={
            level: ColumnOut(**_column(database, _ids(database, level, codes[level], as_of), as_of))
            for level in body.levels
        },
        edge_m=edge_m,
        **_nearest(body, database, lon, lat, as_of),
        bad=sorted(int(n) for mask in problems.values() for n in np.flatnonzero(mask)),
        boundary_version=version,
    )


def _nearest(
    body: ColumnsIn,
    database: Database,
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    as_of: AsOf,
) -> dict[str, NearestOut | None]:
    """What is nearest, as far as it is asked for."""
    told: dict[str, NearestOut | None] = {"buildings": None, "staffed": None}
    if (reach_m := body.nearest_building_m) is not None:
        found = nearest_buildings(database, lon, lat, reach_m=reach_m)
        told["buildings"] = NearestOut.of_places(found)
    if (reach_m := body.nearest_staffed_m) is not None:
        found = nearest_staffed(database, lon, lat, as_of, reach_m=reach_m)
        told["staffed"] = NearestOut.of_places(found)
    return told


def _more(
    body: ColumnsIn,
    database: Database,
    day: DayIndex | None,
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    as_of: AsOf,
) -> tuple[dict[str, list[str | None]], list[float | None] | None]:
    """The codes by level and the metres to the edge, as far as they are asked for."""
    if body.edge_m:
        many = measure_many(database, lon, lat, np.zeros(len(lon)), as_of, day)
        return many.codes, [None if one is None else round(one, 2) for one in many.edge_m]
    if body.levels:
        return codes_of_many(database, lon, lat, as_of, day.indexes if day else ()), None
    return {}, None


def _ids(database: Database, level: str, codes: list[str | None], as_of: AsOf) -> NDArray[np.int64]:
    """The regions of one level by their codes; `NOBODY` for none."""
    known = region_ids(database, {(level, code) for code in codes if code is not None}, as_of)
    numbers = {code: number for (_level, code), number in known.items()}
    return np.array([NOBODY if code is None else numbers[code] for code in codes], dtype=np.int64)


def _column(database: Database, owners: NDArray[np.int64], as_of: AsOf) -> dict[str, Any]:
    """A column as it is told: regions by their ids, each named once."""
    ids, of = np.unique(owners, return_inverse=True)
    outside = int(ids[0] == NOBODY)
    named = {one.id: one for one in ancestors(database, ids[outside:].tolist(), as_of)}
    listed = [named[number] for number in ids[outside:].tolist()]
    return {
        "regions": [
            RegionNamedOut(level=one.level, code=one.code, name=one.name) for one in listed
        ],
        "of": (of - outside).tolist(),
    }
