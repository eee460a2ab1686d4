"""The outermost layer: security headers on every answer, a problem document for every error.

A plain ASGI layer round everything else, so that it also covers what the framework itself answers.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

from starlette.datastructures import Headers
from starlette.requests import Request

from api.errors import Problem, internal, protocol_problem

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

# A page may load from us alone and run our files and the one script that carries its nonce.
PAGE_POLICY: Final = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; font-src 'self'; manifest-src 'self'; "
    "worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
# A service worker asks under the policy of its own script.
SCRIPT_POLICY: Final = (
    "default-src 'none'; connect-src 'self'; script-src 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
DATA_POLICY: Final = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

ALWAYS: Final = {  # names as they go over the wire, in small letters
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"permissions-policy": b"geolocation=(self), camera=(self), microphone=(), payment=(), usb=()",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
}
HSTS: Final = b"max-age=31536000; includeSubDomains"


def nonce(request: Request) -> str:
    """The random word of this answer, for the one script a page carries in itself."""
    return str(request.state.nonce)


class Outermost:
    """Adds the headers, and turns bare errors and unforeseen exceptions into problem documents."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        scope.setdefault("state", {})["nonce"] = secrets.token_urlsafe(16)
        answer = _Answer(scope, receive, send)
        try:
            await self.app(scope, receive, answer.pass_on)
        except Exception as error:  # noqa: BLE001 -- the last door: the server would log its message
            if not answer.started:
                await answer.replace(internal(Request(scope), error))


class _Answer:
    """One answer on its way out."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope, self.receive, self.send = scope, receive, send
        self.started = False
        self._replaced = False

    async def pass_on(self, message: Message) -> None:
        if self._replaced:
            return
        if message["type"] == "http.response.start":
            if _is_bare_error(message):
                self._replaced = True
                return await self.replace(
                    protocol_problem(Request(self.scope), message["status"], _kept(message))
                )
            self.started = True
            add_headers(self.scope, message)
        await self.send(message)

    async def replace(self, problem: Problem) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.started = True
                add_headers(self.scope, message)
            await self.send(message)

        await problem(self.scope, self.receive, with_headers)


def _is_bare_error(message: Message) -> bool:
    """An error somebody else answered in plain text: the body limit, a mounted folder."""
    kind = Headers(raw=message["headers"]).get("content-type", "")
    return message["status"] >= 400 and kind.startswith("text/plain")


def _kept(message: Message) -> dict[str, str]:
    allow = Headers(raw=message["headers"]).get("allow")
    return {"Allow": allow} if allow else {}


def data_headers(scheme: str) -> list[tuple[bytes, bytes]]:
    """What `add_headers` puts on data that says nothing of how long it may be kept."""
    message: Message = {"type": "http.response.start", "headers": []}
    add_headers({"type": "http", "scheme": scheme}, message)
    return list(message["headers"])


def add_headers(scope: Scope, message: Message) -> None:
    """Put the headers on the start of an answer. A route's own `Cache-Control` stays."""
    kept = [one for one in message.get("headers", ()) if one[0] not in ALWAYS]
    given = dict(kept)
    policy = _policy(scope, given.get(b"content-type", b"").decode("latin-1"))
    headers = [*kept, *ALWAYS.items(), (b"content-security-policy", policy.encode())]
    if b"cache-control" not in given:
        headers.append((b"cache-control", b"no-store"))
    if scope.get("scheme") == "https":
        headers.append((b"strict-transport-security", HSTS))
    message["headers"] = headers


def _policy(scope: Scope, kind: str) -> str:
    if kind.startswith("text/html"):
        return PAGE_POLICY.format(nonce=scope["state"]["nonce"])
    return SCRIPT_POLICY if "javascript" in kind else DATA_POLICY
