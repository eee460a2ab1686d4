"""The short way for the busiest question: whose place is this? Past everything but the index.

Outside of all layers of the service. What it can't answer at once it passes on, and the route of
the same address (`api/locate_region.py`) answers by the database, headers and all byte for byte the
same. It asks who may ask as every route does, only not each time (`api/doorkeeper.py`).
"""

from __future__ import annotations

from datetime import datetime
from math import isfinite
from typing import TYPE_CHECKING, Final

from api.headers import data_headers
from gis.coordinates import convert, parse_crs
from gis.errors import GridError
from gis.model import BEIJING
from gis.workflows.sign_in import fingerprint

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Receive, Scope, Send

    from api.dependencies import Service

PATH: Final = "/api/v1/locate/region"
ASKED: Final = {"lon", "lat", "crs"}
UNMOVED: Final = {"wgs84", "cgcs2000"}  # the same numbers; what can't be true lies in no region
JSON: Final = (b"content-type", b"application/json")
HEADERS: Final = {scheme: data_headers(scheme) for scheme in ("http", "https")}


class ThinLocate:
    """Answers `GET /api/v1/locate/region` from the index where that is all it takes."""

    def __init__(self, app: ASGIApp, service: Callable[[], Service]) -> None:
        self.app, self._service = app, service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == PATH and scope["method"] == "GET":
            body = self._answer(scope)
            if body is not None:
                length = (b"content-length", b"%d" % len(body))
                headers = [JSON, length, *HEADERS[scope["scheme"]]]
                await send({"type": "http.response.start", "status": 200, "headers": headers})
                await send({"type": "http.response.body", "body": body})
                return
        await self.app(scope, receive, send)

    def _answer(self, scope: Scope) -> bytes | None:
        service, key = self._service(), _key(scope)
        known = service.tilings.known(datetime.now(BEIJING).date())
        if known is None or key is None or not service.keys.knows(fingerprint(key)):
            return None
        place = _place(scope["query_string"])
        return known.answer(*place) if place else None


def _place(query: bytes) -> tuple[float, float] | None:
    """Longitude and latitude, degrees, EPSG:4490; None for anything but three plain parameters."""
    if b"%" in query or b"+" in query:
        return None
    asked = query.decode("latin-1").split("&")
    given = {name: value for name, _, value in (part.partition("=") for part in asked)}
    if len(asked) != len(ASKED) or given.keys() != ASKED:
        return None
    try:
        lon, lat, crs = float(given["lon"]), float(given["lat"]), parse_crs(given["crs"])
        if crs not in UNMOVED:
            x, y = convert(lon, lat, crs, "cgcs2000")
            lon, lat = float(x), float(y)
    except (GridError, ValueError):
        return None  # the route says what is wrong
    return (lon, lat) if isfinite(lon) and isfinite(lat) else None


def _key(scope: Scope) -> str | None:
    """The API key of the request, if it comes with one and with nothing that changes the answer."""
    found = [value for name, value in scope["headers"] if name == b"authorization"]
    if len(found) != 1 or not found[0].startswith(b"Bearer "):
        return None
    return str(found[0][7:].decode("latin-1"))
