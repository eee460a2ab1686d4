"""Who holds which role over which region, and since when until when?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Date, and_, cast, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import TSTZRANGE, Range

from gis.accounts import Grant, Role
from gis.store.scope import within
from gis.store.tables.accounts import role_grant
from gis.store.tables.regions import level, region, region_code, region_name

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

    from gis.accounts import Scope


@dataclass(frozen=True, slots=True)
class GrantRow:
    """A grant with its region's words of today; they are None for the whole deployment.

    `until` is the first moment it no longer holds, None when it has no end.
    """

    account_id: int
    role: Role
    region_id: int | None
    level: str | None
    code: str | None
    region_name: str | None
    since: datetime
    until: datetime | None

    def bare(self) -> Grant:
        return Grant(self.role, self.region_id)


def grants_in_force(connection: Connection, account_id: int, now: datetime) -> tuple[Grant, ...]:
    """What an account may do at this moment."""
    found = connection.execute(
        select(role_grant.c.role, role_grant.c.region_id)
        .where(role_grant.c.account_id == account_id, role_grant.c.valid.contains(now))
        .order_by(role_grant.c.role, role_grant.c.region_id)
    )
    return tuple(Grant(Role(role), region_id) for role, region_id in found)


def grants_of(
    connection: Connection, account_ids: list[int], scope: Scope, now: datetime
) -> list[GrantRow]:
    """Grants that hold now or later and lie in the scope, by account and role."""
    today = cast(func.timezone("Asia/Shanghai", now), Date)
    code = and_(
        region_code.c.region_id == role_grant.c.region_id,
        region_code.c.scheme == "main",
        region_code.c.valid.op("@>")(today),
    )
    name = (
        select(region_name.c.name)
        .where(
            region_name.c.region_id == role_grant.c.region_id,
            region_name.c.kind == "official",
            region_name.c.valid.op("@>")(today),
        )
        .order_by(region_name.c.lang.desc(), region_name.c.name)
        .limit(1)
        .scalar_subquery()
    )
    statement = (
        select(
            role_grant.c.account_id,
            role_grant.c.role,
            role_grant.c.region_id,
            level.c.code,
            region_code.c.code,
            name,
            func.lower(role_grant.c.valid),
            func.upper(role_grant.c.valid),
        )
        .outerjoin(region, region.c.id == role_grant.c.region_id)
        .outerjoin(level, level.c.id == region.c.level_id)
        .outerjoin(region_code, code)
        .where(role_grant.c.account_id.in_(account_ids), not_ended(now), within(scope))
        .order_by(role_grant.c.account_id, role_grant.c.role, region_code.c.code)
    )
    found: list[Any] = list(connection.execute(statement))
    return [GrantRow(row[0], Role(row[1]), *row[2:]) for row in found]


def add_grant(
    connection: Connection,
    account_id: int,
    grant: Grant,
    *,
    since: datetime,
    until: datetime | None,
) -> bool:
    """Keep a grant over [since, until); False when the same one holds in that time already."""
    span = Range(since, until, bounds="[)")
    taken = connection.execute(
        select(role_grant.c.id)
        .where(_same(account_id, grant), role_grant.c.valid.overlaps(cast(span, TSTZRANGE)))
        .limit(1)
    ).first()
    if taken is None:
        connection.execute(
            insert(role_grant).values(
                account_id=account_id, role=grant.role, region_id=grant.region_id, valid=span
            )
        )
    return taken is None


def end_grant(connection: Connection, account_id: int, grant: Grant, now: datetime) -> int:
    """End a grant at `now`, and drop what was to begin later. How many were ended."""
    begun = and_(_same(account_id, grant), func.lower(role_grant.c.valid) < now, not_ended(now))
    ended = connection.execute(
        update(role_grant)
        .where(begun)
        .values(valid=func.tstzrange(func.lower(role_grant.c.valid), now))
    ).rowcount
    later = and_(_same(account_id, grant), func.lower(role_grant.c.valid) >= now)
    return ended + connection.execute(role_grant.delete().where(later)).rowcount


def not_ended(now: datetime) -> ColumnElement[bool]:
    """The grant holds now or will hold."""
    return or_(func.upper_inf(role_grant.c.valid), func.upper(role_grant.c.valid) > now)


def count_with_role(connection: Connection, role: Role, now: datetime) -> int:
    """Accounts holding the role now or later, disabled ones too."""
    held = select(role_grant.c.account_id).where(role_grant.c.role == role, not_ended(now))
    return len(set(connection.execute(held).scalars()))


def _same(account_id: int, grant: Grant) -> ColumnElement[bool]:
    return and_(
        role_grant.c.account_id == account_id,
        role_grant.c.role == grant.role,
        role_grant.c.region_id.is_not_distinct_from(grant.region_id),
    )


def regions_with_code(connection: Connection, code: str, now: datetime) -> list[tuple[str, int]]:
    """(level, region id) of every region with the code today: one code may serve two levels."""
    today = cast(func.timezone("Asia/Shanghai", now), Date)
    found = connection.execute(
        select(level.c.code, region_code.c.region_id)
        .join(level, level.c.id == region_code.c.level_id)
        .where(
            region_code.c.code == code,
            region_code.c.scheme == "main",
            region_code.c.valid.op("@>")(today),
        )
        .order_by(level.c.rank)
    )
    return [(level_code, region_id) for level_code, region_id in found]


def regions_of_level(
    connection: Connection, level_code: str, now: datetime
) -> list[tuple[str, int]]:
    """(code, id) of each region of a level today, by code."""
    today = cast(func.timezone("Asia/Shanghai", now), Date)
    found = connection.execute(
        select(region_code.c.code, region_code.c.region_id)
        .join(level, level.c.id == region_code.c.level_id)
        .where(
            level.c.code == level_code,
            region_code.c.scheme == "main",
            region_code.c.valid.op("@>")(today),
        )
        .order_by(region_code.c.code)
    )
    return [(row.code, row.region_id) for row in found]
