"""Who may use which route? Every route says so itself; one that says nothing needs an account."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final, TypeVar
from urllib.parse import urlsplit

from fastapi import Depends, Request

from api.dependencies import READING, Now, TheTransaction, Transaction, service_of
from api.errors import JSON
from gis.accounts import Caller, Role, Scope, scope_of
from gis.errors import GridError, NotAllowed, NotSignedIn, PasswordMustChange
from gis.store.sign_in import Shown, callers
from gis.workflows.sign_in import fingerprint

log = logging.getLogger("wangge.access")

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])

BEARER: Final = re.compile(r"(?i:Bearer) ([\x21-\x7e]{1,200})")
EVERY_ROLE: Final = frozenset(Role)
OUR_SCRIPTS: Final = "wangge"  # what they send as X-Requested-With; a foreign page can't


class Access(StrEnum):
    """Whom a route serves."""

    PUBLIC = "public"  # anybody, without an account
    ACCOUNT = "account"  # an account, by session or by key
    PERSON = "person"  # an account by session only: what a key must not be able to do
    SYSTEM = "system"  # an account by key only: for machines


@dataclass(frozen=True, slots=True)
class Declaration:
    """What a route says of itself. `roles` empty means any account.

    `early`: open also to an account that must change its password first. `audited`: a GET that
    writes down who read what.
    """

    access: Access = Access.ACCOUNT
    roles: frozenset[Role] = frozenset()
    early: bool = False
    audited: bool = False


_DECLARED: Final[dict[Callable[..., Any], Declaration]] = {}


def open_to(
    access: Access, *roles: Role, early: bool = False, audited: bool = False
) -> Callable[[Endpoint], Endpoint]:
    """Declare whom a route serves; stands under the route's decorator.

    @router.get("/accounts")
    @open_to(Access.ACCOUNT, Role.ACCOUNT_ADMIN)
    def list_accounts(...): ...
    """

    def declare(endpoint: Endpoint) -> Endpoint:
        _DECLARED[endpoint] = Declaration(access, frozenset(roles), early, audited)
        return endpoint

    return declare


def declaration_of(endpoint: Callable[..., Any]) -> Declaration:
    """What a route declared; without a declaration it needs an account."""
    return _DECLARED.get(endpoint, Declaration())


def authorise(request: Request, opened: TheTransaction, now: Now) -> Caller | None:
    """Let the request pass, and say who it is; None on public routes. Runs before every route.

    The last thing that a GET may write is when its session was seen, unless it is `audited`.
    """
    declared = declaration_of(request.scope["endpoint"])

    def find(shown: Shown) -> Caller | None:
        idle = service_of(request).rules.idle
        caller = callers(opened.connection, [shown], now, idle).get(shown)
        if request.method in READING and not declared.audited:
            opened.only_read()
        return caller

    return _let_in(request, declared, find)


def authorise_each(
    requests: Sequence[Request], opened: Transaction, now: datetime
) -> list[Caller | GridError]:
    """Who each of some requests is that change something, or why it may not pass: the same for
    each as `authorise`, only that the database is asked once.
    """
    shown = set()
    for one in requests:
        with suppress(GridError):  # which `_let_in` tells
            shown.add(_shown(one))
    idle = service_of(requests[0]).rules.idle
    found = callers(opened.connection, shown, now, idle) if shown else {}
    told: list[Caller | GridError] = []
    for one in requests:
        try:
            caller = _let_in(one, declaration_of(one.scope["endpoint"]), found.get)
            assert caller is not None, "routes open to the public go the framework's way"
            told.append(caller)
        except GridError as refused:
            told.append(refused)
    return told


def _let_in(
    request: Request, declared: Declaration, find: Callable[[Shown], Caller | None]
) -> Caller | None:
    caller = None
    try:
        key = key_of(request)
        if key is None and request.method not in READING:
            _check_origin(request)
        if declared.access is not Access.PUBLIC:
            caller = find(_shown(request))
            if caller is None:
                raise NotSignedIn("error.key_refused" if key else "error.session_over")
            _check(declared, caller)
    except NotAllowed as refused:
        who = caller.account_id if caller else "-"
        log.warning("%s account %s %s %s", refused.key, who, request.method, _route(request))
        raise
    return caller


def _route(request: Request) -> str:
    """The path as the route is written: the log gets no codes and no names."""
    return str(getattr(request.scope.get("route"), "path", "?"))


def key_of(request: Request) -> str | None:
    """The API key that a request comes with. Raises NotSignedIn for what can't be one."""
    header = request.headers.get("authorization")
    if header is None:
        return None
    found = BEARER.fullmatch(header)
    if found is None:
        raise NotSignedIn("error.key_refused")
    return found[1]


def _shown(request: Request) -> Shown:
    """What the request comes with to be known by. Raises NotSignedIn."""
    key = key_of(request)
    if key is not None:
        return Shown(fingerprint(key), by_key=True)
    token = request.cookies.get(session_cookie(request))
    if token is None:
        raise NotSignedIn("error.not_signed_in")
    return Shown(fingerprint(token), by_key=False)


def _check(declared: Declaration, caller: Caller) -> None:
    if declared.access is Access.PERSON and caller.by_key:
        raise NotAllowed("error.not_by_key")
    if declared.access is Access.SYSTEM and not caller.by_key:
        raise NotAllowed("error.only_by_key")
    if caller.must_change_password and not declared.early:
        raise PasswordMustChange("error.password_must_change")
    if declared.roles and not declared.roles & caller.roles:
        raise NotAllowed("error.role_missing")


def session_cookie(request: Request) -> str:
    """The cookie's name. Over https it can't be set by another host or over plain http."""
    return "__Host-wangge_session" if is_https(request) else "wangge_session"


def is_https(request: Request) -> bool:
    """Did the browser come by https? A proxy in front of us says so, or the configured address."""
    public = service_of(request).settings.public_address or ""
    return request.url.scheme == "https" or public.startswith("https://")


def _check_origin(request: Request) -> None:
    """A request that changes something must come from our own pages.

    Browsers send `Origin` with every one; a session cookie without it is refused. Besides, it must
    be JSON or carry our scripts' header, which a form on a foreign page can't have.
    """
    origin = request.headers.get("origin")
    if origin is None and session_cookie(request) in request.cookies:
        raise NotAllowed("error.origin_missing")
    if origin is not None and not _is_own(request, origin):
        raise NotAllowed("error.origin_foreign")
    ours = request.headers.get("x-requested-with") == OUR_SCRIPTS
    if not ours and not JSON.fullmatch(request.headers.get("content-type", "")):
        raise NotAllowed("error.not_from_script")


def _is_own(request: Request, origin: str) -> bool:
    public = service_of(request).settings.public_address
    if public is not None and origin == public.rstrip("/"):
        return True
    parts = urlsplit(origin)
    schemes = ("https",) if is_https(request) else ("http", "https")  # a proxy may take TLS off
    return parts.scheme in schemes and parts.netloc == request.headers.get("host")


Found = Annotated[Caller | None, Depends(authorise)]


async def signed_in(found: Found) -> Caller:
    """Who asks, on a route that isn't public."""
    if found is None:
        raise NotSignedIn("error.not_signed_in")
    return found


TheCaller = Annotated[Caller, Depends(signed_in)]


async def scope_here(request: Request, caller: TheCaller) -> Scope:
    """What the caller may see on this route: the grants of the roles that it is open to.

    On a route open to every account, the grants of all the caller's roles.
    """
    declared = declaration_of(request.scope["endpoint"])
    return scope_of(caller.grants, declared.roles or EVERY_ROLE)


TheScope = Annotated[Scope, Depends(scope_here)]
