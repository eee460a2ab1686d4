"""Signing in and out, the own password, and who I am."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from api.access import Access, TheCaller, is_https, open_to, session_cookie
from api.dependencies import Database, Language, Now, Service, TheService
from api.errors import problem_of
from api.inputs import Body, Login, Secret
from gis.accounts import EVERYTHING, Role
from gis.store.grants import GrantRow, grants_of
from gis.workflows.sign_in import (
    Attempt,
    Refused,
    SignedIn,
    change_password,
    fingerprint,
    sign_in_with,
    sign_out,
)

router = APIRouter(prefix="/api/v1", tags=["sign-in"])

NO_ADDRESS: Final = "local"


class SignInIn(Body):
    login: Login
    password: Secret


class PasswordIn(Body):
    old: Secret
    new: Secret


class RegionRef(BaseModel):
    """A region by level and code."""

    level: str
    code: str
    name: str | None


class RoleOut(BaseModel):
    """A role, over one region and all below it; `region` null means the whole deployment."""

    role: Role
    region: RegionRef | None
    since: datetime
    until: datetime | None

    @classmethod
    def of(cls, row: GrantRow) -> RoleOut:
        region = None
        if row.region_id is not None:
            region = RegionRef(level=row.level or "", code=row.code or "", name=row.region_name)
        return cls(role=row.role, region=region, since=row.since, until=row.until)


class MeOut(BaseModel):
    login: str
    name: str
    language: str
    roles: list[RoleOut]
    must_change_password: Annotated[
        bool, Field(description="true: only `POST /api/v1/session/password` and signing out work")
    ]


@router.post("/session", status_code=204, response_model=None)
@open_to(Access.PUBLIC)
def begin_session(
    request: Request, body: SignInIn, database: Database, service: TheService, now: Now
) -> Response:
    """Sign in. The answer sets the session's cookie; wrong login and wrong password look alike."""
    attempt = _attempt(request, body.login, body.password)
    outcome = sign_in_with(database, service.passwords, attempt, now, service.rules)
    return _answer(request, service, outcome)


@router.post("/session/end", status_code=204, response_model=None)
@open_to(Access.PERSON, early=True)
def end_session(request: Request, caller: TheCaller, database: Database, now: Now) -> Response:
    """Sign out: this session ends, others of the account go on."""
    sign_out(database, caller, now)
    response = Response(status_code=204)
    response.delete_cookie(
        session_cookie(request), secure=is_https(request), httponly=True, samesite="lax"
    )
    return response


@router.post("/session/password", status_code=204, response_model=None)
@open_to(Access.PERSON, early=True)
def set_own_password(
    request: Request,
    body: PasswordIn,
    caller: TheCaller,
    database: Database,
    service: TheService,
    now: Now,
) -> Response:
    """Change the own password. All sessions of the account end; the answer sets a new one."""
    attempt = _attempt(request, caller.login, body.old)
    new = body.new.get_secret_value()
    outcome = change_password(database, service.passwords, caller, attempt, new, now, service.rules)
    return _answer(request, service, outcome)


@router.get("/me")
@open_to(Access.ACCOUNT, early=True)
def who_am_i(caller: TheCaller, database: Database, language: Language, now: Now) -> MeOut:
    """The account that asks, and what it may do."""
    rows = grants_of(database, [caller.account_id], EVERYTHING, now)
    return MeOut(
        login=caller.login,
        name=caller.name,
        language=language,
        roles=[RoleOut.of(row) for row in rows if row.since <= now],
        must_change_password=caller.must_change_password,
    )


def _attempt(request: Request, login: str, password: Secret) -> Attempt:
    address = request.client.host if request.client else NO_ADDRESS
    token = request.cookies.get(session_cookie(request))
    session = None if token is None else fingerprint(token)
    return Attempt(login, password.get_secret_value(), address, session)


def _answer(request: Request, service: Service, outcome: SignedIn | Refused) -> Response:
    """What was written is kept in both cases: a refusal is returned, not raised."""
    if isinstance(outcome, Refused):
        return problem_of(request, outcome.error)
    response = Response(status_code=204)
    response.set_cookie(
        session_cookie(request),
        outcome.token,
        max_age=int(service.rules.lifetime.total_seconds()),
        path="/",
        secure=is_https(request),
        httponly=True,
        samesite="lax",
    )
    return response
