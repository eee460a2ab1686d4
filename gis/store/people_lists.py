"""Lists of members, vacancies and organisations, a page at a time, within a scope."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, time
from typing import TYPE_CHECKING, Any

from gis.model import BEIJING, AsOf
from gis.people import OrganisationKind, PostRole
from gis.store.database import rows, times
from gis.store.people import Responsible, responsible_for
from gis.store.scope import scope_values

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from gis.accounts import Scope


@dataclass(frozen=True, slots=True)
class Vacancy:
    """空岗: a grid without a responsible member; `since` None where it never had one."""

    region_id: int
    code: str
    name: str | None
    since: datetime | None
    substitute: Responsible | None


@dataclass(frozen=True, slots=True)
class HeldAt:
    """A post as lists show it. `kind`: region, building or organisation; `level` of a region."""

    role: PostRole
    kind: str
    level: str | None
    code: str
    name: str | None
    responsible: bool
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class MemberListed:
    """A member with the posts that lie in the reader's scope."""

    code: str
    name: str
    phone: str
    posts: list[HeldAt]


@dataclass(frozen=True, slots=True)
class OrganisationListed:
    """An organisation with its home and what it stands under."""

    code: str
    name: str
    kind: OrganisationKind
    home_level: str
    home_code: str | None
    home_name: str | None
    parent_code: str | None
    duty_phone: str
    handles: tuple[str, ...]


def vacancies(
    connection: Connection,
    scope: Scope,
    as_of: AsOf,
    *,
    region_id: int | None = None,
    after: str | None = None,
    most: int = 100,
) -> list[Vacancy]:
    """Grids in force without a responsible member at that time, by code."""
    found = rows(
        connection,
        "vacancies_list",
        **_asked(as_of, scope, region_id, after, most),
    )
    standing_in = responsible_for(connection, [row.id for row in found], instant(as_of))
    return [
        Vacancy(row.id, row.code, row.name, row.since, standing_in.get(row.id)) for row in found
    ]


def list_members(
    connection: Connection,
    scope: Scope,
    as_of: AsOf,
    *,
    region_id: int | None = None,
    after: str | None = None,
    most: int = 100,
) -> list[MemberListed]:
    """Members with a post in the scope (and under a region), by code, and those posts.

    Who may see everything sees members without posts, too. A post at a building lies in the
    building's grid, one at an organisation in its home region.
    """
    found = rows(connection, "members_list", **_asked(as_of, scope, region_id, after, most))
    held: dict[int, list[HeldAt]] = defaultdict(list)
    ids = {"member_ids": [row.id for row in found]}
    asked = {**times(as_of), "now": instant(as_of), **scope_values(scope)}
    for row in rows(connection, "posts_of_members", **ids, **asked):
        held[row.member_id].append(HeldAt(PostRole(row.role), *row[2:]))
    return [MemberListed(row.code, row.name, row.phone, held[row.id]) for row in found]


def list_organisations(
    connection: Connection,
    as_of: AsOf,
    *,
    region_id: int | None = None,
    after: str | None = None,
    most: int = 100,
) -> list[OrganisationListed]:
    """Organisations by code; with a region those that act there: at home in it, above or below."""
    found = rows(
        connection,
        "organisations_list",
        **times(as_of),
        region_id=region_id,
        after=after,
        most=most,
    )
    return [
        OrganisationListed(
            code=row.code,
            name=row.name,
            kind=OrganisationKind(row.kind),
            home_level=row.home_level,
            home_code=row.home_code,
            home_name=row.home_name,
            parent_code=row.parent_code,
            duty_phone=row.duty_phone,
            handles=tuple(row.handles),
        )
        for row in found
    ]


def _asked(
    as_of: AsOf, scope: Scope, region_id: int | None, after: str | None, most: int
) -> dict[str, Any]:
    return {
        **times(as_of),
        **scope_values(scope),
        "now": instant(as_of),
        "region_id": region_id,
        "after": after,
        "most": most,
    }


def instant(as_of: AsOf) -> datetime:
    """When posts are asked about: now for today, for any other day the midnight it begins with."""
    if AsOf.at(as_of.known_at) == as_of:
        return as_of.known_at
    return datetime.combine(as_of.valid_on, time(), BEIJING)
