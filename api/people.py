"""Who serves where, over HTTP: members and their posts, vacancies, organisations."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.access import Access, open_to
from api.dependencies import AsOfNow, Database
from api.inputs import PageSize
from api.lists import After, TheDispatchScope, TheRegion, one_page
from gis.people import OrganisationKind, PostRole
from gis.store import people_lists
from gis.store.people_lists import HeldAt, MemberListed, OrganisationListed, Vacancy

router = APIRouter(prefix="/api/v1", tags=["people"])


class PostPlaceOut(BaseModel):
    """Where a post is: a region (with its level), a building or an organisation."""

    kind: str
    level: str | None
    code: str
    name: str | None


class PostOut(BaseModel):
    role: PostRole
    place: PostPlaceOut
    responsible: bool
    since: datetime
    until: datetime | None

    @classmethod
    def of(cls, one: HeldAt) -> PostOut:
        place = PostPlaceOut(kind=one.kind, level=one.level, code=one.code, name=one.name)
        return cls(
            role=one.role,
            place=place,
            responsible=one.responsible,
            since=one.since,
            until=one.until,
        )


class MemberOut(BaseModel):
    """A member with the posts that lie in the caller's regions. The phone is the service's."""

    code: str
    name: str
    phone: str
    posts: list[PostOut]

    @classmethod
    def of(cls, one: MemberListed) -> MemberOut:
        posts = [PostOut.of(post) for post in one.posts]
        return cls(code=one.code, name=one.name, phone=one.phone, posts=posts)


class MembersOut(BaseModel):
    members: list[MemberOut]
    next: str | None = Field(description="give it as `after` to get the next page; null at the end")


class SubstituteOut(BaseModel):
    code: str
    name: str
    phone: str


class VacancyOut(BaseModel):
    """A grid without a responsible member; `since` null where it never had one."""

    code: str
    name: str | None
    since: datetime | None
    substitute: SubstituteOut | None

    @classmethod
    def of(cls, one: Vacancy) -> VacancyOut:
        found = one.substitute
        stands_in = (
            SubstituteOut(code=found.code, name=found.name, phone=found.phone) if found else None
        )
        return cls(code=one.code, name=one.name, since=one.since, substitute=stands_in)


class VacanciesOut(BaseModel):
    vacancies: list[VacancyOut]
    next: str | None


class HomeOut(BaseModel):
    level: str
    code: str | None
    name: str | None


class OrganisationOut(BaseModel):
    code: str
    name: str
    kind: OrganisationKind
    home: HomeOut
    parent: str | None
    duty_phone: str
    handles: list[str] = Field(description="the kinds of handler it is competent as")

    @classmethod
    def of(cls, one: OrganisationListed) -> OrganisationOut:
        return cls(
            code=one.code,
            name=one.name,
            kind=one.kind,
            home=HomeOut(level=one.home_level, code=one.home_code, name=one.home_name),
            parent=one.parent_code,
            duty_phone=one.duty_phone,
            handles=list(one.handles),
        )


class OrganisationsOut(BaseModel):
    organisations: list[OrganisationOut]
    next: str | None


@router.get("/members")
@open_to(Access.ACCOUNT)
def list_members(
    database: Database,
    as_of: AsOfNow,
    scope: TheDispatchScope,
    region: TheRegion,
    after: After,
    limit: PageSize = 50,
) -> MembersOut:
    """Members with a post in the caller's regions, by code, a page at a time."""
    found = people_lists.list_members(
        database, scope, as_of, region_id=region, after=after, most=limit + 1
    )
    page, following = one_page(found, limit, _code)
    return MembersOut(members=[MemberOut.of(one) for one in page], next=following)


@router.get("/vacancies")
@open_to(Access.ACCOUNT)
def list_vacancies(
    database: Database,
    as_of: AsOfNow,
    scope: TheDispatchScope,
    region: TheRegion,
    after: After,
    limit: PageSize = 50,
) -> VacanciesOut:
    """Grids of the caller's regions without a responsible member, and who stands in."""
    found = people_lists.vacancies(
        database, scope, as_of, region_id=region, after=after, most=limit + 1
    )
    page, following = one_page(found, limit, _code)
    return VacanciesOut(vacancies=[VacancyOut.of(one) for one in page], next=following)


@router.get("/organisations")
@open_to(Access.ACCOUNT)
def list_organisations(
    database: Database, as_of: AsOfNow, region: TheRegion, after: After, limit: PageSize = 50
) -> OrganisationsOut:
    """Organisations by code; with a region those that act there: at home in it, above or below."""
    found = people_lists.list_organisations(
        database, as_of, region_id=region, after=after, most=limit + 1
    )
    page, following = one_page(found, limit, _code)
    return OrganisationsOut(organisations=[OrganisationOut.of(one) for one in page], next=following)


def _code(row: MemberListed | Vacancy | OrganisationListed) -> str:
    return row.code
