"""Keep organisations, members and their posts by their codes.

A post is known by its member, role, place and beginning; its end and whether it is responsible may
change. Nothing is ever ended by being absent from a file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import BigInteger, Text, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import Range

from gis.people import PostRole
from gis.store.tables.people import member, organisation, post
from gis.store.upserts import Changes, ids_by_code, listed, upsert

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from gis.people import Member, Organisation, RegionRef

ORGANISATION: Final = ("name", "kind", "duty_phone", "handles")
MEMBER: Final = ("name", "phone")


@dataclass(frozen=True, slots=True)
class PostKey:
    """What tells one post from another; exactly one of the three places is given."""

    member_code: str
    role: PostRole
    region_id: int | None
    building_id: int | None
    organisation_id: int | None


@dataclass(frozen=True, slots=True)
class HeldPost:
    """A post as kept, or to be kept: `id` None while it is new."""

    id: int | None
    key: PostKey
    since: datetime
    until: datetime | None
    responsible: bool


def keep_organisations(
    connection: Connection,
    organisations: Sequence[Organisation],
    fields: Collection[str],
    home_ids: Mapping[RegionRef, int],
) -> Changes:
    """Write organisations, first all of them, then whom each stands under."""
    stated = [name for name in ORGANISATION if name in fields]
    lines = [
        (one.code, home_ids[one.home], *(_plain(getattr(one, name)) for name in stated))
        for one in organisations
    ]
    first = upsert(connection, organisation, ["home_region_id", *stated], lines)
    if "parent" not in fields:
        return first
    parents = {one.parent for one in organisations if one.parent is not None}
    ids = ids_by_code(connection, organisation, parents)
    under = [(one.code, ids[one.parent] if one.parent else None) for one in organisations]
    second = upsert(connection, organisation, ["parent_id"], under)
    moved = {*first.changed, *second.changed} - {*first.added}
    count = len(organisations) - len(first.added) - len(moved)
    return Changes(first.added, tuple(sorted(moved)), count)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def keep_members(
    connection: Connection, members: Sequence[Member], fields: Collection[str]
) -> Changes:
    """Write members; which account somebody signs in with is left alone."""
    stated = [name for name in MEMBER if name in fields]
    lines = [(one.code, *(getattr(one, name) for name in stated)) for one in members]
    return upsert(connection, member, stated, lines)


def give_account(connection: Connection, member_code: str, account_id: int) -> None:
    """Let a member sign in with an account, which from now on is nobody else's."""
    connection.execute(
        update(member).values(account_id=None).where(member.c.account_id == account_id)
    )
    connection.execute(
        update(member).values(account_id=account_id).where(member.c.code == member_code)
    )


# ---- posts --------------------------------------------------------------------------------------


def hold_posts(connection: Connection) -> None:
    """No other transaction changes posts until this one ends; readers go on."""
    connection.execute(text("LOCK TABLE post IN SHARE ROW EXCLUSIVE MODE"))


def posts_of_members(connection: Connection, member_codes: Iterable[str]) -> list[HeldPost]:
    """Every post of these members, past ones too."""
    ids = ids_by_code(connection, member, member_codes)
    return _posts(connection, post.c.member_id, ids.values())


def responsible_posts(connection: Connection, region_ids: Iterable[int]) -> list[HeldPost]:
    """Every responsible post of these grids, past ones too."""
    return [one for one in _posts(connection, post.c.region_id, region_ids) if one.responsible]


def _posts(connection: Connection, of: Any, ids: Iterable[int]) -> list[HeldPost]:
    wanted = listed(ids, BigInteger)
    found = connection.execute(
        select(
            post.c.id,
            member.c.code,
            post.c.role,
            post.c.region_id,
            post.c.building_id,
            post.c.organisation_id,
            post.c.responsible,
            func.lower(post.c.valid).label("since"),
            func.upper(post.c.valid).label("until"),
        )
        .join(member, member.c.id == post.c.member_id)
        .join(wanted, wanted.c.one == of)
        .order_by(post.c.id)
    )
    return [
        HeldPost(
            row.id,
            PostKey(
                row.code,
                PostRole(row.role),
                row.region_id,
                row.building_id,
                row.organisation_id,
            ),
            row.since,
            row.until,
            row.responsible,
        )
        for row in found
    ]


def add_posts(connection: Connection, posts: Sequence[HeldPost]) -> None:
    """Write new posts. The database refuses two responsible members at one instant."""
    ids = ids_by_code(connection, member, (one.key.member_code for one in posts))
    lines = [
        {
            "member_id": ids[one.key.member_code],
            "role": one.key.role.value,
            "region_id": one.key.region_id,
            "building_id": one.key.building_id,
            "organisation_id": one.key.organisation_id,
            **_times(one),
        }
        for one in posts
    ]
    if lines:
        connection.execute(insert(post), lines)


def change_posts(connection: Connection, posts: Sequence[HeldPost]) -> None:
    """Write new ends and who is responsible.

    All lay their responsibility down first: on the way from one sound state to another two might
    hold one grid for a moment, and the database allows no such moment.
    """
    for one in posts:
        connection.execute(update(post).values(responsible=False).where(post.c.id == one.id))
    for one in posts:
        connection.execute(update(post).values(**_times(one)).where(post.c.id == one.id))


def _times(one: HeldPost) -> dict[str, Any]:
    valid = Range(one.since, one.until, bounds="[)")
    return {"responsible": one.responsible, "valid": valid}


def names_of(connection: Connection, member_codes: Iterable[str]) -> dict[str, str]:
    """Names of members by their codes."""
    wanted = listed(member_codes, Text)
    found = connection.execute(
        select(member.c.code, member.c.name).join(wanted, wanted.c.one == member.c.code)
    )
    return {row.code: row.name for row in found}


def parents_of_organisations(connection: Connection) -> dict[str, str | None]:
    """Under whom each organisation stands, by code."""
    above = organisation.alias("above")
    found = connection.execute(
        select(organisation.c.code, above.c.code.label("parent")).outerjoin(
            above, above.c.id == organisation.c.parent_id
        )
    )
    return {row.code: row.parent for row in found}
