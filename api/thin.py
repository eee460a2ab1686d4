"""The short way for the busiest question: whose place is this? Past everything but the index.

In front of the whole service. What it can't answer at once it passes on, and the route of the same
address (`api/locate_region.py`) answers by the database, byte for byte the same. It asks who may
ask as every route does, only not each time: a key that was let in is let in for another three
seconds, and asked for again after one.
"""

from __future__ import annotations

import time
from datetime import datetime
from math import isfinite
from typing import TYPE_CHECKING, Final

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
KEY_HELD_S: Final = 3.0
KEY_ASKED_AGAIN_S: Final = 1.0
MOST_KEYS: Final = 1_000
START: Final = {"type": "http.response.start", "status": 200}


class Doorkeeper:
    """Keys that were let in a moment ago, by their hashes: nothing that opens a door is kept."""

    def __init__(self) -> None:
        self._let_in: dict[bytes, tuple[float, float]] = {}

    def let_in(self, key_sha256: bytes) -> None:
        """The route has just found the key to be good."""
        now = time.monotonic()
        if len(self._let_in) >= MOST_KEYS:
            self._let_in.clear()
        self._let_in[key_sha256] = (now + KEY_ASKED_AGAIN_S, now + KEY_HELD_S)

    def knows(self, key_sha256: bytes) -> bool:
        """May it pass the short way? Once a second one request is sent the long way, to ask."""
        again, until = self._let_in.get(key_sha256, (0.0, 0.0))
        now = time.monotonic()
        if now >= until:
            return False
        if now >= again:
            self._let_in[key_sha256] = (now + KEY_ASKED_AGAIN_S, until)
            return False
        return True


class ThinLocate:
    """Answers `GET /api/v1/locate/region` from the index where that is all it takes."""

    def __init__(self, app: ASGIApp, service: Callable[[], Service]) -> None:
        self.app, self._service = app, service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == PATH and scope["method"] == "GET":
            body = self._answer(scope)
            if body is not None:
                length = str(len(body)).encode()
                headers = [(b"content-type", b"application/json"), (b"content-length", length)]
                await send({**START, "headers": headers})
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
    asked = [part.partition("=")[::2] for part in query.decode("latin-1").split("&")]
    given = dict(asked)
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
