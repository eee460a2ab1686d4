"""Who may do what, and over which regions?

Roles are held over a region and all below it, or over the whole deployment, for a time. Three of
them administer accounts, rights and logs; they are kept apart, so that nobody can give out a right,
use it and remove the trace.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """角色: what an account may be trusted with, each with its sentence `role.<value>`."""

    GRID_MEMBER = "grid_member"  # 网格员
    COMMUNITY_CLERK = "community_clerk"  # 社区工作人员
    DISPATCHER = "dispatcher"  # 调度员
    PLANNER = "planner"  # 规划员
    HANDLING_UNIT = "handling_unit"  # 承办单位
    AUDITOR = "auditor"  # 监督员: reads the log of matters
    DISCIPLINE = "discipline"  # 纪检监察: complaints about people, and nothing else
    ACCOUNT_ADMIN = "account_admin"  # 系统管理员: makes, disables and resets accounts
    SECURITY_ADMIN = "security_admin"  # 安全管理员: gives and takes roles and keys
    AUDIT_ADMIN = "audit_admin"  # 审计管理员: reads the log of accounts


ADMINISTRATORS: Final = frozenset({Role.ACCOUNT_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN})

ALONE: Final = ADMINISTRATORS | {Role.DISCIPLINE}
"""Roles that go with no other: who hears complaints about people works on no matters."""


def clash(held: Iterable[Role], wanted: Role) -> Role | None:
    """The role already held that forbids `wanted`, or None.

    三员分立: an administrator of one kind holds no other role at all, neither another kind of
    administrator nor anything operational. Neither does the discipline office, whose complaints are
    about those who hold them. Operational roles go together freely.

    >>> clash([Role.ACCOUNT_ADMIN], Role.AUDIT_ADMIN), clash([Role.PLANNER], Role.DISPATCHER)
    (<Role.ACCOUNT_ADMIN: 'account_admin'>, None)
    """
    for role in sorted(held):
        if role != wanted and (role in ALONE or wanted in ALONE):
            return role
    return None


@dataclass(frozen=True, slots=True)
class Scope:
    """数据范围: the regions whose subtrees may be seen, or everything.

    A required argument of every read of scoped rows; the store turns it into a condition.
    An empty scope sees nothing.
    """

    region_ids: frozenset[int] = frozenset()
    everything: bool = False


EVERYTHING: Final = Scope(everything=True)


@dataclass(frozen=True, slots=True)
class Grant:
    """授权: a role over one region's subtree; `region_id` None means the whole deployment."""

    role: Role
    region_id: int | None = None


def scope_of(grants: Iterable[Grant], roles: Collection[Role]) -> Scope:
    """What the grants of any of `roles` let an account see together.

    >>> scope_of([Grant(Role.PLANNER, 7), Grant(Role.AUDITOR)], {Role.PLANNER})
    Scope(region_ids=frozenset({7}), everything=False)
    """
    counted = [grant for grant in grants if grant.role in roles]
    if any(grant.region_id is None for grant in counted):
        return EVERYTHING
    return Scope(frozenset(g.region_id for g in counted if g.region_id is not None))


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: an account, with a session (`session` is the hash of its token) or by a key."""

    account_id: int
    login: str
    name: str
    grants: tuple[Grant, ...] = ()
    must_change_password: bool = False
    session: bytes | None = None

    @property
    def by_key(self) -> bool:
        """True for a machine with an API key, False for a person with a session."""
        return self.session is None

    @property
    def roles(self) -> frozenset[Role]:
        return frozenset(grant.role for grant in self.grants)


@dataclass(frozen=True, slots=True)
class Throttle:
    """How many failures within `window` are free before each further try has to wait."""

    free: int
    window: timedelta


# A pause for one login from one address: a stranger elsewhere can't lock the owner out. The wider
# counts stop one address from trying many logins, and many addresses from trying one login.
FROM_ONE_PLACE: Final = Throttle(free=10, window=timedelta(hours=24))
ONE_LOGIN: Final = Throttle(free=100, window=timedelta(hours=24))
ONE_ADDRESS: Final = Throttle(free=50, window=timedelta(hours=1))

FIRST_PAUSE_S: Final = 30
LONGEST_PAUSE_S: Final = 900


def pause_s(throttle: Throttle, failures: int, last_at: datetime | None, now: datetime) -> int:
    """Whole seconds to wait before the next try, 0 when it may be made at once.

    The pause starts at the last failure, is 30 s after `throttle.free` failures and doubles with
    each further one, up to 15 minutes.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 9, 21, 12, tzinfo=UTC)
    >>> [pause_s(FROM_ONE_PLACE, n, noon, noon) for n in (9, 10, 11, 12, 99)]
    [0, 30, 60, 120, 900]
    """
    if failures < throttle.free or last_at is None:
        return 0
    doublings = min(failures - throttle.free, 10)
    pause = timedelta(seconds=min(FIRST_PAUSE_S * 2**doublings, LONGEST_PAUSE_S))
    left = (last_at + pause - now).total_seconds()
    return max(0, int(-(-left // 1)))
