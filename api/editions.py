"""Editions over HTTP: which there are, how each stands, what it changes and its faults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from api.access import Access, TheCaller, open_to
from api.dependencies import Database, Language, Now
from api.inputs import PageSize, RowId, Text
from api.lists import cursor, place_in_list
from gis.accounts import Role, scope_of
from gis.codes import named
from gis.editions import APPROVERS, Approval, EditionState, missing_steps, unacceptable
from gis.errors import BadInput, NotFound
from gis.store import approvals, edition_findings, edition_life
from gis.store.edition_findings import KeptFault
from gis.store.edition_life import About, EditionFacts
from gis.store.edition_sight import changes_in_scope, editions_seen
from gis.store.editions import EditionRow
from gis.workflows import change_editions
from gis.workflows.edition_rights import Right, rights_over
from maps.faults import fault_words
from maps.words import say

router = APIRouter(prefix="/api/v1", tags=["editions"])

READERS: Final = (*sorted(APPROVERS), Role.AUDITOR)


class RootOut(BaseModel):
    """The region an edition speaks for."""

    level: str
    code: str
    name: str

    model_config = ConfigDict(from_attributes=True)


class EditionListedOut(BaseModel):
    """An edition as lists show it."""

    id: int
    name: str
    level: str
    source: str
    state: EditionState
    valid_from: date
    activated_at: datetime | None
    root: RootOut | None = Field(description="what it speaks for; null: its whole level")
    undoes: str | None

    @classmethod
    def of(cls, row: EditionRow, told: About) -> EditionListedOut:
        return cls(
            id=row.id,
            name=row.name,
            level=row.level,
            source=row.source,
            state=EditionState(row.state),
            valid_from=row.valid_from,
            activated_at=row.activated_at,
            root=RootOut.model_validate(told.root) if told.root else None,
            undoes=told.undoes,
        )


class EditionsOut(BaseModel):
    editions: list[EditionListedOut]
    next: int | None = Field(description="give it as `before` for the next page; null at the end")


class ApprovalOut(BaseModel):
    """A step that was taken: by whom, under which 文号, decided on which day."""

    step: str
    name: str
    login: str
    account_name: str
    document_no: str
    decided_on: date
    recorded_at: datetime
    by_command: bool

    @classmethod
    def of(cls, one: Approval) -> ApprovalOut:
        return cls(
            step=one.step,
            name=one.step_name,
            login=one.login,
            account_name=one.account_name,
            document_no=one.document_no,
            decided_on=one.decided_on,
            recorded_at=one.recorded_at,
            by_command=one.by_command,
        )


class StepOut(BaseModel):
    """An approval that is still needed; `role` held at `level` or higher takes it."""

    step: str
    name: str
    role: Role
    level: str | None


class EditionStateOut(BaseModel):
    """Where an edition stands.

    `judged`: changes and faults were told against the boundaries as they are now; when not, they
    are told anew within a minute. `beside`: other open editions on the same subtree.
    """

    id: int
    name: str
    level: str
    source: str
    state: EditionState
    valid_from: date
    created_at: datetime
    activated_at: datetime | None
    undoes: str | None
    judged: bool
    changes: dict[str, int]
    open_faults: int
    approvals: list[ApprovalOut]
    needed: list[StepOut]
    beside: list[str]
    failure: str | None
    root: RootOut | None = Field(description="what it speaks for; null: its whole level")
    author: str | None = Field(description="name of who proposed it; null: imported by command")
    own: bool = Field(description="the caller proposed it, and so can't approve it")
    whole: bool = Field(description="false: only what lies in the caller's regions is told")
    may: list[Right] = Field(description="what the caller may do with it, as it stands")


class ChangeOut(BaseModel):
    """What an edition changes of one region; areas in m² on the ground."""

    code: str
    changes: list[str]
    code_before: str | None
    name_before: str | None
    name_after: str | None
    parent_before: str | None
    parent_after: str | None
    m2_before: float | None
    m2_after: float | None
    m2_gained: float | None
    m2_lost: float | None

    model_config = ConfigDict(from_attributes=True)


class ChangesOut(BaseModel):
    changes: list[ChangeOut]
    next: str | None = Field(description="give it as `after` to get the next page; null at the end")


class KeptFaultOut(BaseModel):
    """A fault that would stop an edition; `key` accepts it, where somebody may."""

    id: int
    key: str
    kind: str
    text: str
    codes: list[str]
    lon: float | None
    lat: float | None
    m2: float | None
    acceptable: bool
    accepted_by: str | None
    accepted_at: datetime | None
    why: str | None

    @classmethod
    def of(cls, one: KeptFault, language: str, names: Mapping[str, str]) -> KeptFaultOut:
        return cls(
            id=one.id,
            key=one.key,
            kind=one.fault.kind.value,
            text=fault_words(language, one.fault, names),
            codes=list(one.fault.codes),
            lon=one.fault.lon,
            lat=one.fault.lat,
            m2=one.fault.m2,
            acceptable=not unacceptable([one.fault]),
            accepted_by=one.accepted_by,
            accepted_at=one.accepted_at,
            why=one.why,
        )


class KeptFaultsOut(BaseModel):
    faults: list[KeptFaultOut]
    next: int | None = Field(description="give it as `after` to get the next page; null at the end")


@dataclass(frozen=True, slots=True)
class Seen:
    """An edition as the caller may see it. `rows`: of its changes only these lie in the caller's
    regions; None where it may be seen whole.
    """

    facts: EditionFacts
    rows: dict[int, str] | None

    @property
    def only(self) -> frozenset[int] | None:
        return None if self.rows is None else frozenset(self.rows)

    def shows(self, one: KeptFault) -> bool:
        """Does a fault lie wholly in the caller's regions?"""
        return self.rows is None or set(one.fault.codes) <= set(self.rows.values())


def seen_edition(edition_id: RowId, database: Database, caller: TheCaller) -> Seen:
    """An edition that the caller may know of. Raises NotFound, for unseen and for unknown alike."""
    scope = scope_of(caller.grants, READERS)
    found = editions_seen(database, caller.account_id, scope, edition_id=edition_id)
    if not found:
        raise NotFound("error.edition_not_found", edition=str(edition_id))
    facts = edition_life.facts_of(database, edition_id=edition_id)
    ((_, whole),) = found
    return Seen(facts, None if whole else changes_in_scope(database, edition_id, scope))


TheEdition = Annotated[Seen, Depends(seen_edition, scope="function")]


@router.get("/editions")
@open_to(Access.ACCOUNT, *READERS)
def list_editions(
    database: Database,
    caller: TheCaller,
    state: Annotated[EditionState | None, Query(description="only in this state")] = None,
    before: Annotated[RowId | None, Query(description="`next` of a page")] = None,
    limit: PageSize = 100,
) -> EditionsOut:
    """Editions the caller may know of, the newest first: what is in force, and drafts that concern
    the own regions.
    """
    scope = scope_of(caller.grants, READERS)
    found = editions_seen(
        database, caller.account_id, scope, before=before, state=state, most=limit + 1
    )
    page = [row for row, _ in found[:limit]]
    told = edition_life.about(database, [row.id for row in page])
    return EditionsOut(
        editions=[EditionListedOut.of(row, told[row.id]) for row in page],
        next=page[-1].id if len(found) > limit else None,
    )


@router.get("/editions/{edition_id}")
@open_to(Access.ACCOUNT, *READERS)
def one_edition(
    edition_id: RowId, database: Database, caller: TheCaller, now: Now, language: Language
) -> EditionStateOut:
    """Where an edition stands: changes in numbers, open faults, approvals given and needed. Of a
    draft of more than the caller's regions, only what it changes there (`whole` is false).
    """
    seen = seen_edition(edition_id, database, caller)
    found, whole = seen.facts, seen.rows is None
    taken = approvals.approvals_of(database, found.id) if whole else []
    missing = missing_steps(approvals.steps_of(database, found.id), {one.step for one in taken})
    told = edition_life.about(database, [found.id])[found.id]
    is_open = whole and found.activated_at is None and found.state is not EditionState.WITHDRAWN
    return EditionStateOut(
        id=found.id,
        name=found.name,
        level=found.level,
        source=found.source,
        state=found.state,
        valid_from=found.valid_from,
        created_at=found.created_at,
        activated_at=found.activated_at,
        undoes=found.undoes,
        judged=found.judged or not is_open,
        changes=edition_findings.change_counts(database, found.id, only=seen.only),
        open_faults=_open_faults(database, seen),
        approvals=[ApprovalOut.of(one) for one in taken],
        needed=[
            StepOut(step=one.code, name=one.name, role=one.role, level=one.level)
            for one in (missing if is_open else ())
        ],
        beside=change_editions.open_editions_beside(database, found.id) if is_open else [],
        failure=_failure(found, language) if whole else None,
        root=RootOut.model_validate(told.root) if told.root else None,
        author=told.author if whole else None,
        own=found.made_by == caller.account_id,
        whole=whole,
        may=sorted(rights_over(database, found, caller.account_id, now)),
    )


def _failure(found: EditionFacts, language: str) -> str | None:
    if found.failure is None:
        return None
    key, values = found.failure
    return say(language, key, **values)


@router.get("/editions/{edition_id}/changes")
@open_to(Access.ACCOUNT, *READERS)
def edition_changes(
    seen: TheEdition,
    database: Database,
    after: Annotated[Annotated[Text, Field(max_length=300)] | None, Query()] = None,
    limit: PageSize = 100,
) -> ChangesOut:
    """What an edition changes, region by region, with areas; by code."""
    place, only = _place(after), seen.only
    found = edition_findings.kept_changes(
        database, seen.facts.id, after=place, most=limit + 1, only=only
    )
    page = found[:limit]
    following = cursor(f"{page[-1][0]}:{page[-1][1].code}") if len(found) > limit else None
    return ChangesOut(changes=[ChangeOut.model_validate(one) for _, one in page], next=following)


def _place(after: str | None) -> tuple[str, int]:
    if after is None:
        return "", 0
    number, _, code = place_in_list(after).partition(":")
    if not number.isdecimal() or len(number) > 18:
        raise BadInput("error.cursor")
    return code, int(number)


@router.get("/editions/{edition_id}/faults")
@open_to(Access.ACCOUNT, *READERS)
def edition_faults(
    seen: TheEdition,
    database: Database,
    language: Language,
    after: Annotated[RowId | None, Query(description="`next` of a page")] = None,
    limit: PageSize = 100,
) -> KeptFaultsOut:
    """What would stop an edition, and who accepted it."""
    found = _faults(database, seen, after=after or 0, most=limit + 1)
    page = found[:limit]
    codes = [code for one in page for code in one.fault.codes]
    told = edition_findings.names_of(database, seen.facts.id, codes)
    names = {code: named(name, code, parent) for code, (name, parent) in told.items()}
    return KeptFaultsOut(
        faults=[KeptFaultOut.of(one, language, names) for one in page],
        next=page[-1].id if len(found) > limit else None,
    )


def _faults(database: Database, seen: Seen, *, after: int = 0, most: int) -> list[KeptFault]:
    """The next faults, at least `most` where there are so many. Which of them a reader of a part
    may see is known only once all are looked at.
    """
    most_read = most if seen.rows is None else None
    found = edition_findings.kept_faults(database, seen.facts.id, after=after, most=most_read)
    return [one for one in found if seen.shows(one)]


def _open_faults(database: Database, seen: Seen) -> int:
    if seen.rows is None:
        return edition_findings.open_fault_count(database, seen.facts.id)
    found = edition_findings.kept_faults(database, seen.facts.id)
    return sum(one.accepted_at is None and seen.shows(one) for one in found)
