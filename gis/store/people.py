"""Who serves here, and who is competent? Organisations, members, posts and vacancies, read.

A region's ancestors are taken from `region.home_path`, as they stand today. Phones are those of
the service. What is listed takes a scope; what dispatch asks about one place takes none, since the
answer goes to whoever filed there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import ARRAY, Text, any_, bindparam, func, select, true
from sqlalchemy.dialects.postgresql import distinct_on

from gis.people import OrganisationKind, PostRole
from gis.store.tables.people import member, organisation, post
from gis.store.tables.places import building, compound
from gis.store.tables.regions import region

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import Connection

PROPERTY_COMPANY: Final = "property_company"  # the handler kind that a building decides


@dataclass(frozen=True, slots=True)
class OrganisationRow:
    """An organisation as dispatch needs it. `handles`: codes of the handler kinds it acts as."""

    id: int
    code: str
    name: str
    kind: OrganisationKind
    home_region_id: int
    parent_id: int | None
    duty_phone: str
    handles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A member; `account_id` is the account it signs in with, None where it has none."""

    id: int
    code: str
    name: str
    phone: str
    account_id: int | None


@dataclass(frozen=True, slots=True)
class PostRow:
    """A post at exactly one of region, building and organisation. `until` None: without end."""

    id: int
    member_id: int
    role: PostRole
    region_id: int | None
    building_id: int | None
    organisation_id: int | None
    responsible: bool
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Responsible:
    """Whose grid it is at an instant. `substitute`: the post is vacant and this one stands in."""

    member_id: int
    code: str
    name: str
    phone: str
    post_id: int
    substitute: bool


# ---- the competent organisation -----------------------------------------------------------------


def competent(
    connection: Connection, kind: str, region_id: int, *, building_id: int | None = None
) -> OrganisationRow | None:
    """The organisation competent as handler `kind` (a code of the rulebook) at a region.

    Its home is the region or one of its ancestors; the deepest home wins, then the lowest code.
    None when there is none, as for `residents`, who have no organisation.

    A property company is never guessed: at a building it is that of the building's compound, or
    none; elsewhere the one company of the deepest home, none where that home has several.
    """
    if kind == PROPERTY_COMPANY and building_id is not None:
        return _company_of(connection, building_id)
    here = region.alias("here")
    depth = func.array_position(here.c.home_path, organisation.c.home_region_id)
    kinds = bindparam(None, [kind], type_=ARRAY(Text))
    found = connection.execute(
        select(organisation, depth.label("depth"))
        .join(here, organisation.c.home_region_id == any_(here.c.home_path))
        .where(here.c.id == region_id, organisation.c.handles.bool_op("@>")(kinds))
        .order_by(depth.desc(), organisation.c.code)
        .limit(2)
    ).all()
    if not found:
        return None
    several = len(found) == 2 and found[0].depth == found[1].depth
    return None if kind == PROPERTY_COMPANY and several else _organisation(found[0])


def _company_of(connection: Connection, building_id: int) -> OrganisationRow | None:
    found = connection.execute(
        select(organisation)
        .join(compound, compound.c.property_company_id == organisation.c.id)
        .join(building, building.c.compound_id == compound.c.id)
        .where(building.c.id == building_id)
    ).one_or_none()
    return _organisation(found) if found else None


def organisation_by_code(connection: Connection, code: str) -> OrganisationRow | None:
    """The organisation with a code; None when there is none."""
    found = connection.execute(
        select(organisation).where(organisation.c.code == code)
    ).one_or_none()
    return _organisation(found) if found else None


def units_around(connection: Connection, organisation_ids: Iterable[int]) -> frozenset[int]:
    """The organisations, the ones right above them and the ones right below them."""
    given = frozenset(organisation_ids)
    if not given:
        return given
    pairs = connection.execute(
        select(organisation.c.id, organisation.c.parent_id).where(
            organisation.c.id.in_(given) | organisation.c.parent_id.in_(given),
            organisation.c.parent_id.is_not(None),
        )
    )
    return given.union(*([row.id, row.parent_id] for row in pairs))


def _organisation(row: Any) -> OrganisationRow:
    return OrganisationRow(
        row.id,
        row.code,
        row.name,
        OrganisationKind(row.kind),
        row.home_region_id,
        row.parent_id,
        row.duty_phone,
        tuple(row.handles),
    )


# ---- the responsible member ---------------------------------------------------------------------


def responsible_at(
    connection: Connection, grid_region_id: int, now: datetime
) -> Responsible | None:
    """Whose grid it is at an instant (aware): the responsible member, else the substitute.

    Of several substitutes the one with the lowest code. None: vacant, and nobody stands in.
    """
    return responsible_for(connection, [grid_region_id], now).get(grid_region_id)


def responsible_for(
    connection: Connection, grid_region_ids: Iterable[int], now: datetime
) -> dict[int, Responsible]:
    """The same for several grids, by region id; vacant ones without substitute are absent."""
    found = connection.execute(
        select(
            post.c.region_id,
            member.c.id,
            member.c.code,
            member.c.name,
            member.c.phone,
            post.c.id.label("post_id"),
            (~post.c.responsible).label("substitute"),
        )
        .ext(distinct_on(post.c.region_id))
        .join(member, member.c.id == post.c.member_id)
        .where(
            post.c.region_id.in_(list(grid_region_ids)),
            post.c.responsible | (post.c.role == PostRole.SUBSTITUTE),
            post.c.valid.contains(now),
        )
        .order_by(post.c.region_id, post.c.responsible.desc(), member.c.code)
    )
    return {row[0]: Responsible(*row[1:]) for row in found}


# ---- members and their posts --------------------------------------------------------------------


def member_of_account(connection: Connection, account_id: int) -> MemberRow | None:
    """The member who signs in with an account; None when the account is nobody's."""
    found = connection.execute(
        select(member).where(member.c.account_id == account_id)
    ).one_or_none()
    return _member(found) if found else None


def member_by_code(connection: Connection, code: str) -> MemberRow | None:
    """The member with a code; None when there is none."""
    found = connection.execute(select(member).where(member.c.code == code)).one_or_none()
    return _member(found) if found else None


def first_in_post(
    connection: Connection, role: PostRole, region_id: int | None, now: datetime
) -> MemberRow | None:
    """Of those who hold a post of the role at an instant, at the region if one is given, the member
    with the lowest code.
    """
    here = true() if region_id is None else post.c.region_id == region_id
    found = connection.execute(
        select(member)
        .join(post, post.c.member_id == member.c.id)
        .where(post.c.role == role, here, post.c.valid.contains(now))
        .order_by(member.c.code)
        .limit(1)
    ).one_or_none()
    return _member(found) if found else None


def posts_of(connection: Connection, member_id: int, now: datetime) -> list[PostRow]:
    """The posts a member holds at an instant, the oldest first."""
    since, until = func.lower(post.c.valid), func.upper(post.c.valid)
    found = connection.execute(
        select(
            post.c.id,
            post.c.member_id,
            post.c.role,
            post.c.region_id,
            post.c.building_id,
            post.c.organisation_id,
            post.c.responsible,
            since,
            until,
        )
        .where(post.c.member_id == member_id, post.c.valid.contains(now))
        .order_by(since, post.c.id)
    )
    return [PostRow(row[0], row[1], PostRole(row[2]), *row[3:]) for row in found]


def _member(row: Any) -> MemberRow:
    return MemberRow(row.id, row.code, row.name, row.phone, row.account_id)
