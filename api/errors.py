"""What goes wrong, as the client sees it: problem details (RFC 9457), in the user's language.

A problem has a stable `type`, and tells what to do about it. It never holds what was sent, and
nothing of the inside: what nobody foresaw gets a number to ask for, which the log holds too.
"""

from __future__ import annotations

import logging
import re
import secrets
import traceback
from dataclasses import asdict, replace
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from fastapi import Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from gis.errors import (
    BadBoundaries,
    BadFile,
    BadInput,
    Conflict,
    GridError,
    NotAllowed,
    NotFound,
    NotSignedIn,
    PasswordMustChange,
    TooMany,
    Unavailable,
)
from maps.faults import fault_words
from maps.words import choose_language, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from fastapi import FastAPI

    from gis.model import Fault

log = logging.getLogger("wangge.errors")

LANGUAGE_COOKIE: Final = "lang"
JSON: Final = re.compile(r"application/([\w.+-]+\+)?json\s*(;.*)?", re.IGNORECASE)
RETRY_AFTER_S: Final = 5

# Every error of ours: its status and the last part of its type's address.
PROBLEMS: Final[dict[type[GridError], tuple[int, str]]] = {
    NotFound: (404, "not-found"),
    Conflict: (409, "conflict"),
    BadBoundaries: (422, "bad-boundaries"),
    BadFile: (422, "bad-file"),
    BadInput: (422, "bad-input"),
    NotSignedIn: (401, "not-signed-in"),
    NotAllowed: (403, "not-allowed"),
    PasswordMustChange: (403, "password-must-change"),
    TooMany: (429, "too-many"),
    Unavailable: (503, "unavailable"),
}
# What the protocol itself refuses.
PROTOCOL: Final = {
    400: "bad-request",
    404: "no-such-address",
    405: "method-not-allowed",
    413: "too-large",
    415: "unsupported-media-type",
    500: "internal",
}
FIELDS: Final = "fields"  # 422: one or more fields break a rule

# Pydantic's names for broken rules → the ending of the sentence's key; others say `invalid`.
FIELD_RULES: Final = {
    "missing": "missing",
    "extra_forbidden": "unknown",
    "bad_letters": "bad_letters",
    "lost_letters": "lost_letters",
    "string_type": "not_text",
    "string_too_short": "too_short",
    "too_short": "too_short",
    "string_too_long": "too_long",
    "too_long": "too_long",
    "list_type": "not_list",
    "dict_type": "not_object",
    "model_type": "not_object",
    "model_attributes_type": "not_object",
    "string_pattern_mismatch": "pattern",
    "enum": "choice",
    "literal_error": "choice",
    "int_parsing": "not_whole",
    "int_type": "not_whole",
    "int_from_float": "not_whole",
    "int_parsing_size": "out_of_range",
    "float_parsing": "not_number",
    "float_type": "not_number",
    "finite_number": "not_finite",
    "greater_than": "at_least",
    "greater_than_equal": "at_least",
    "less_than": "at_most",
    "less_than_equal": "at_most",
    "date_parsing": "not_date",
    "date_type": "not_date",
    "date_from_datetime_parsing": "not_date",
    "date_from_datetime_inexact": "not_date",
    "datetime_parsing": "not_time",
    "datetime_from_date_parsing": "not_time",
    "datetime_type": "not_time",
    "timezone_aware": "not_time",
    "bool_parsing": "choice",
    "union_tag_invalid": "choice",
    "union_tag_not_found": "missing",
    "json_invalid": "not_json",
    "repeated": "repeated",
}


OF_LISTS: Final = {"too_short": "too_few", "too_long": "too_many"}


class Problem(JSONResponse):
    """An answer of the media type `application/problem+json`."""

    media_type = "application/problem+json"


def language_of(request: Request) -> str:
    """The language of the user: the choice kept in a cookie, else what the browser asks for."""
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    return choose_language(chosen or request.headers.get("accept-language"))


def problem(
    request: Request,
    status: int,
    slug: str,
    detail: str,
    *,
    headers: Mapping[str, str] | None = None,
    **members: Any,
) -> Problem:
    """A problem document; `detail` is a finished sentence, `members` extend the document."""
    language = language_of(request)
    title = say(language, f"problem.{slug}")
    body = {"type": f"/problems/{slug}", "title": title, "status": status, "detail": detail}
    sent = {"Content-Language": language, **(headers or {})}
    if status == 401:
        sent["WWW-Authenticate"] = 'Bearer realm="wangge"'
    return Problem(jsonable_encoder(body | members), status, sent)


def problem_of(request: Request, error: GridError) -> Problem:
    """One of our own errors as a problem; also for a route that must keep what it wrote."""
    status, slug = _known(error)
    members: dict[str, Any] = {}
    headers = {}
    if isinstance(error, BadBoundaries):
        members["faults"] = [_fault(language_of(request), fault) for fault in error.faults]
    if status in (429, 503):
        headers["Retry-After"] = str(error.values.get("seconds", RETRY_AFTER_S))
    detail = say(language_of(request), error.key, **error.values)
    return problem(request, status, slug, detail, headers=headers, **members)


def _known(error: GridError) -> tuple[int, str]:
    return next(PROBLEMS[kind] for kind in type(error).__mro__ if kind in PROBLEMS)


def _fault(language: str, fault: Fault) -> dict[str, Any]:
    facts = _filled(asdict(replace(fault, ground=None)))
    return {**facts, "text": fault_words(language, fault)}


def _filled(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, (), "")}


def protocol_problem(
    request: Request, status: int, headers: Mapping[str, str] | None = None
) -> Problem:
    """The problem for a status that the protocol, not we, decided on."""
    if status >= 500:
        return internal(request, HTTPException(status))
    slug = PROTOCOL.get(status, PROTOCOL[400])
    detail = say(language_of(request), f"problem.{slug}.detail")
    return problem(request, status, slug, detail, headers=headers)


def unavailable(request: Request, error: DBAPIError | PoolTimeout) -> Problem:
    """The database is away, full or busy: come back soon; with a key, the same one."""
    log.error("database unavailable: %s", ", ".join(kinds_of(error)))
    keyed = "idempotency-key" in request.headers
    return problem_of(request, Unavailable("error.maybe_kept" if keyed else "error.database_away"))


def internal(request: Request, error: Exception) -> Problem:
    """Nobody foresaw it. The log gets where and what kind, never the message: it may quote the data
    of a person, as PostgreSQL's `Failing row contains (…)` does.
    """
    reference = secrets.token_hex(6)
    route = getattr(request.scope.get("route"), "path", "?")
    log.error("%s %s %s\n%s", reference, request.method, route, "\n".join(where_of(error)))
    detail = say(language_of(request), "problem.internal.detail", reference=reference)
    return problem(request, 500, PROTOCOL[500], detail, reference=reference)


def kinds_of(error: BaseException | None) -> Iterable[str]:
    """The kinds of an error and of its causes, with PostgreSQL's state codes."""
    while error is not None:
        state = getattr(error, "sqlstate", None)
        yield f"{type(error).__module__}.{type(error).__qualname__}" + (
            f" {state}" if state else ""
        )
        error = error.__cause__ or error.__context__


def where_of(error: BaseException) -> Iterable[str]:
    """The places an error came through and its kinds, for a log: never its message."""
    for frame in traceback.extract_tb(error.__traceback__):
        yield f"  {frame.filename}:{frame.lineno} {frame.name}"
    yield from kinds_of(error)


def invalid_fields(request: Request, error: RequestValidationError) -> Problem:
    """Fields that break a rule: the name of each and the rule, never its value."""
    faults = error.errors()
    kind = request.headers.get("content-type")
    if kind and not JSON.fullmatch(kind) and any(fault["loc"] == ("body",) for fault in faults):
        return protocol_problem(request, 415)
    language = language_of(request)
    listed = [_field(language, fault) for fault in faults]
    detail = say(language, "problem.fields.detail", count=len(listed))
    return problem(request, 422, FIELDS, detail, fields=listed)


def _field(language: str, fault: Mapping[str, Any]) -> dict[str, str]:
    kind = str(fault["type"])
    rule = FIELD_RULES.get(kind, "invalid")
    if isinstance(fault.get("input"), (list, dict)):
        rule = OF_LISTS.get(rule, rule)
    key = f"field.{rule}"
    context = fault.get("ctx") or {}
    limit = str(next((value for name, value in context.items() if name in LIMITS), ""))
    if day := A_DAY.match(limit):
        limit = date(*map(int, day.groups())).isoformat()
    if rule == "choice":
        limit = "true, false" if kind == "bool_parsing" else _choices(limit)
    unknown = str(fault["loc"][-1]) if rule == "unknown" else ""
    known = str(context.get("known", ""))
    if A_NAME.fullmatch(unknown):
        key = "field.unknown_of" if known else "field.unknown_named"
    detail = say(language, key, limit=limit, unknown=unknown, known=known)
    return {"name": _place(kind, fault["loc"]), "detail": detail}


LIMITS: Final = ("ge", "gt", "le", "lt", "min_length", "max_length", "expected", "expected_tags")
# As our fields and parameters are named: a name like that may be said back, others may not.
A_NAME: Final = re.compile(r"[a-z][a-z_]{0,39}")


def _choices(expected: str) -> str:
    """The values to choose from, as Pydantic lists them ('a', 'b' or 'c'), parted by commas.

    >>> _choices("'split_along', 'merge' or 'recode'")
    'split_along, merge, recode'
    """
    return ", ".join(re.findall(r"'([^']*)'", expected)) or expected


# Pydantic gives the limit of a day as Python writes it.
A_DAY: Final = re.compile(r"datetime\.date(?:time)?\((\d+), (\d+), (\d+)")


def _place(kind: str, loc: tuple[str | int, ...]) -> str:
    """`points[3].lon`. Of a field that we don't know it is said in what it stands: its own name is
    what was sent, and said only where it looks like one of ours.
    """
    if kind == "json_invalid":
        return "body"
    known = loc[1:-1] if kind == "extra_forbidden" else loc[1:]
    name = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in known)
    return name.lstrip(".") or str(loc[0])


def install(app: FastAPI) -> None:
    """Give every error its handler. What slips past them, `api.headers.Outermost` turns."""
    handlers: dict[Any, Any] = {
        GridError: problem_of,
        RequestValidationError: invalid_fields,
        HTTPException: lambda request, error: protocol_problem(
            request, error.status_code, error.headers
        ),
        OperationalError: unavailable,
        InterfaceError: unavailable,
        PoolTimeout: unavailable,
        Exception: internal,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)
