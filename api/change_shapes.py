"""How a change is drawn over HTTP: grids as they are, as they would be, and what changes hands."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from fastapi import APIRouter, Response
from shapely import MultiPolygon, get_coordinates

from api.access import Access, TheCaller, open_to
from api.dependencies import Database, Now
from api.editions import READERS, seen_edition
from api.inputs import RowId
from api.lists import GEOJSON, HEADERS
from gis.errors import NotAllowed
from gis.handover import ground_handed_over
from gis.store.edition_life import EditionFacts
from gis.store.edition_shapes import drawn_by
from gis.store.proposal_facts import draft_geojson
from gis.workflows.edition_rights import may_see_shapes

router = APIRouter(prefix="/api/v1")

Shapes = Mapping[str, MultiPolygon]
MOST_DRAWN: Final = 1000  # a browser draws two shapes of each


@router.get(
    "/editions/{edition_id}/changes.geojson",
    tags=["editions"],
    response_class=Response,
    responses={200: {"content": {GEOJSON: {"schema": {"type": "object"}}}}},
)
@open_to(Access.ACCOUNT, *READERS)
def edition_shapes(edition_id: RowId, database: Database, caller: TheCaller, now: Now) -> Response:
    """What an edition draws: each region before and after, and the ground that changes hands; of
    its first 1,000 changes by code. What is still open is told where the caller's role covers it.
    """
    found = _seen_by(database, edition_id, caller, now)
    drawn = drawn_by(database, found, now, MOST_DRAWN)
    made = json.dumps(change_features(drawn.before, drawn.after, drawn.names), ensure_ascii=False)
    return Response(made, media_type=GEOJSON, headers=HEADERS)


@router.get("/proposals/{edition_id}.geojson", tags=["proposals"], response_class=Response)
@open_to(Access.ACCOUNT, *READERS)
def proposal_shapes(edition_id: RowId, database: Database, caller: TheCaller, now: Now) -> Response:
    """The regions an open edition states, with their shapes, for who may see them; none once it is
    in force.
    """
    found = _seen_by(database, edition_id, caller, now)
    return Response(draft_geojson(database, found.id), media_type=GEOJSON)


def _seen_by(database: Database, edition_id: int, caller: TheCaller, now: Now) -> EditionFacts:
    """An edition whose drawing the caller may see. Raises NotFound, NotAllowed."""
    found = seen_edition(edition_id, database, caller).facts
    if not may_see_shapes(database, found, caller.account_id, now):
        raise NotAllowed("error.draft_shapes_not_yours", edition=found.name)
    return found


def change_features(before: Shapes, after: Shapes, names: Mapping[str, str]) -> dict[str, Any]:
    """A FeatureCollection: `side` says before, after or handed (ground that changes hands)."""
    sides = (("before", before), ("after", after))
    features = [
        _feature(shape, side=side, code=code, name=names.get(code, ""))
        for side, shapes in sides
        for code, shape in sorted(shapes.items())
    ]
    features += [
        _feature(one.shape, side="handed", source=one.source, to=one.to, m2=round(one.m2, 1))
        for one in ground_handed_over(before, after)
    ]
    return {"type": "FeatureCollection", "features": features}


def _feature(shape: MultiPolygon, **properties: Any) -> dict[str, Any]:
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": "MultiPolygon", "coordinates": corners(shape)},
    }


def corners(shape: MultiPolygon) -> list[list[list[list[float]]]]:
    """The coordinates of a shape as GeoJSON has them."""
    return [
        [get_coordinates(ring).tolist() for ring in (part.exterior, *part.interiors)]
        for part in shape.geoms
    ]
