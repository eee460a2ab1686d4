"""A matter arrives."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Annotated, Final

from fastapi import APIRouter, Header, Request
from fastapi.responses import JSONResponse

from api.access import EVERY_ROLE, Access, TheCaller, TheScope, open_to
from api.contact_keys import TheSeal, seal_of
from api.dependencies import Database, Language, Now, TheService, service_of
from api.errors import language_of
from api.in_one_go import in_one_go
from api.inputs import Text
from api.matter_bodies import MatterIn
from api.receipts import ReceiptOut, said
from api.rules import TheRules
from api.rules import rules as published_rules
from gis.accounts import Caller, Role, Scope, scope_of
from gis.errors import GridError, NotAllowed
from gis.intake import INHERITING, body_sha256
from gis.matters import Channel
from gis.store.matters import KeyUse, Receipt
from gis.workflows.receive_matter import Filing, Report, receive_matter, receive_matters

if TYPE_CHECKING:
    from fastapi import Response
    from sqlalchemy import Connection

    from api.dependencies import Service
    from api.in_one_go import Asking
    from gis.contacts import ContactSeal


KEY_FORM: Final = r"^[A-Za-z0-9._:-]+$"
PLAIN_KEY: Final = re.compile(r"[A-Za-z0-9._:-]{8,100}")

IdempotencyKey = Annotated[
    Text,
    Header(
        alias="Idempotency-Key",
        min_length=8,
        max_length=100,
        pattern=KEY_FORM,
        description="letters, digits and . _ : -, made by the client, anew for each matter; the"
        " same key is sent again with every retry, and gives the same receipt",
        examples=["7f0c9a52-3f0e-4a53-9d0b-2f6f8f1f6a11"],
    ),
]


DESKS: Final = frozenset({Role.DISPATCHER, Role.COMMUNITY_CLERK})


def _check_channel(caller: Caller, channel: Channel) -> None:
    """What the hotline or somebody above us sends comes with a due date of theirs: only a desk, or
    their own machine, may say so. Raises NotAllowed.
    """
    if channel in INHERITING and not (caller.by_key or DESKS & caller.roles):
        raise NotAllowed("error.channel_of_the_desk")


@dataclass(frozen=True, slots=True)
class _Plain:
    """A report without faults, and its key."""

    body: MatterIn
    key: str


def _plain_report(request: Request, body: bytes) -> _Plain | None:
    """A report without faults; its faults the framework names."""
    keys = request.headers.getlist("idempotency-key")
    if len(keys) != 1 or not PLAIN_KEY.fullmatch(keys[0]):
        return None
    try:
        return _Plain(MatterIn.model_validate(json.loads(body)), keys[0])
    except ValueError:
        return None


def _take_in_each(
    connection: Connection, asking: Sequence[Asking[_Plain]], now: datetime
) -> list[Response | GridError]:
    """`take_in` for several reports."""
    outcomes: dict[int, Response | GridError] = {}
    reports: dict[int, Report] = {}
    for n, one in enumerate(asking):
        service = service_of(one.request)
        scope, seal = scope_of(one.caller.grants, EVERY_ROLE), partial(seal_of, service.settings)
        try:
            reports[n] = _report(one.asked.body, one.caller, scope, seal, service, one.asked.key)
        except GridError as refused:
            outcomes[n] = refused
    received = receive_matters(connection, list(reports.values()), published_rules(), now)
    for n, outcome in zip(reports, received, strict=True):
        outcomes[n] = (
            outcome
            if isinstance(outcome, GridError)
            else _answer(outcome, language_of(asking[n].request))
        )
    return [outcomes[n] for n in range(len(asking))]


router = APIRouter(
    prefix="/api/v1", tags=["matters"], route_class=in_one_go(_plain_report, _take_in_each)
)


@router.post(
    "/matters",
    status_code=201,
    response_model=ReceiptOut,
    responses={200: {"model": ReceiptOut, "description": "The same key and body came before"}},
)
@open_to(Access.ACCOUNT)
def take_in(
    body: MatterIn,
    database: Database,
    caller: TheCaller,
    scope: TheScope,
    rules: TheRules,
    seal: TheSeal,
    service: TheService,
    language: Language,
    now: Now,
    idempotency_key: IdempotencyKey,
) -> JSONResponse:
    """Take in a matter: locate it, propose its class and handler, say when it is due.

    The answer comes after the commit. The same key with the same body gives the same receipt (200
    instead of 201); with another body it is refused. Without an answer, or with 503: send it again
    with the same key.
    """
    report = _report(body, caller, scope, seal, service, idempotency_key)
    return _answer(receive_matter(database, report.new, report.filing, rules, now), language)


def _report(
    body: MatterIn,
    caller: Caller,
    scope: Scope,
    seal: Callable[[], ContactSeal],
    service: Service,
    key: str,
) -> Report:
    """Raises NotAllowed, and BadInput for a coordinate system that nobody knows."""
    _check_channel(caller, body.channel)
    use = KeyUse(caller.account_id, key, body_sha256(body.model_dump()))
    kept = timedelta(days=service.settings.contact_days)
    return Report(body.to_domain(), Filing(use, scope, seal, kept))


def _answer(receipt: Receipt, language: str) -> JSONResponse:
    return JSONResponse(said(receipt, language), 200 if receipt.repeated else 201)
