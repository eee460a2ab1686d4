"""The accounts to try the demo with: one of each role and those whose approval a change needs, one
password for all, new at every start.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gis.accounts import EVERYTHING, Grant, Role
from gis.editions import ApprovalStep
from gis.passwords import make_one_time
from gis.people import PostRole
from gis.store import accounts, approvals, grants, levels, people, sign_in, staffing
from gis.store.accounts import DEMO_LOGINS

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from gis.passwords import Passwords

# role → name of the account, level of the region it is held over (None: the whole deployment)
DEMO_ROLES: Final[dict[Role, tuple[str, str | None]]] = {
    Role.GRID_MEMBER: ("演示网格员", "grid"),
    Role.COMMUNITY_CLERK: ("演示社区工作人员", "community"),
    Role.DISPATCHER: ("演示调度员", None),
    Role.PLANNER: ("演示规划员", None),
    Role.HANDLING_UNIT: ("演示承办单位", None),
    Role.AUDITOR: ("演示监督员", None),
    Role.DISCIPLINE: ("演示纪检监察", None),
    Role.ACCOUNT_ADMIN: ("演示账号管理员", None),
    Role.SECURITY_ADMIN: ("演示安全管理员", None),
    Role.AUDIT_ADMIN: ("演示审计管理员", None),
}

# role → the post of the member who signs in with the account; the lowest code of several
DEMO_MEMBERS: Final = {
    Role.GRID_MEMBER: PostRole.GRID_MEMBER,
    Role.COMMUNITY_CLERK: PostRole.CLERK,
    Role.DISPATCHER: PostRole.DISPATCHER,
    Role.HANDLING_UNIT: PostRole.HANDLING_PERSON,
}


# the end of the login → role, name of the account, level: it has the role over every region of
# that level, so that any change can be walked to its end; beside the ones above they take the
# steps of an approval, since nobody takes two of them nor approves the own
DEMO_APPROVERS: Final[dict[str, tuple[Role, str, str]]] = {
    "community-secretary": (Role.COMMUNITY_CLERK, "演示社区书记", "community"),
    "street-planner": (Role.PLANNER, "演示街道规划员", "subdistrict"),
    "county-planner": (Role.PLANNER, "演示区县规划员", "county"),
}

DEMO_STEPS: Final = (
    ApprovalStep(10, "community", "社区提", Role.COMMUNITY_CLERK, "community"),
    ApprovalStep(20, "street", "街道审", Role.PLANNER, "subdistrict"),
    ApprovalStep(30, "county", "区县批", Role.PLANNER, "county"),
)


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """What the demo prints; `regions` are the codes of those of its role, none for everything."""

    login: str
    password: str
    role: Role
    regions: tuple[str, ...]


def demo_accounts(connection: Connection, passwords: Passwords, now: datetime) -> list[DemoAccount]:
    """Make the demo accounts where they are missing and give all of them one new password.

    Only the demo may call this: the password is shown on a terminal, and `demo_accounts_exist`
    keeps a service with such accounts off every address but the machine's own.
    """
    password = make_one_time()
    password_hash = passwords.hash(password)
    wanted = [(role.value.replace("_", "-"), role, *of) for role, of in DEMO_ROLES.items()]
    wanted += [(ending, *of) for ending, of in DEMO_APPROVERS.items()]
    made = []
    for ending, role, name, level in wanted:
        login = f"{DEMO_LOGINS}{ending}"
        _sign_up(connection, login, name, password_hash, now)
        everywhere = ending in DEMO_APPROVERS
        codes = _put_to_work(connection, login, role, level, now, everywhere=everywhere)
        made.append(DemoAccount(login, password, role, codes))
    return made


def demo_steps(connection: Connection) -> None:
    """Ask for the approvals a change of boundaries usually needs: 社区提, 街道审, 区县批."""
    for step in DEMO_STEPS:
        level_id = levels.level_of(connection, step.level).id if step.level else None
        approvals.add_approval_step(connection, step, level_id)


def _sign_up(
    connection: Connection, login: str, name: str, password_hash: str, now: datetime
) -> None:
    if sign_in.password_of(connection, login) is None:
        accounts.add_account(
            connection, login, name, password_hash, password_expires_at=None, now=now
        )
    found = accounts.lock_account(connection, login)
    accounts.set_password(connection, found.id, password_hash)


def _put_to_work(
    connection: Connection,
    login: str,
    role: Role,
    level: str | None,
    now: datetime,
    *,
    everywhere: bool,
) -> tuple[str, ...]:
    """The role over the first region of its level, or over all of them; the regions' codes. Who
    has it over one alone signs in as the member in the fitting post there.

    What it has once been given is kept as it is.
    """
    found = accounts.lock_account(connection, login)
    held = grants.grants_of(connection, [found.id], EVERYTHING, now)
    if held:
        return tuple(one.code for one in held if one.code is not None)
    there = grants.regions_of_level(connection, level, now) if level else []
    given = there if everywhere else there[:1]
    regions: list[int | None] = [number for _, number in given]
    for region_id in regions or [None]:
        grants.add_grant(connection, found.id, Grant(role, region_id), since=now, until=None)
    if role in DEMO_MEMBERS and not everywhere:
        member = people.first_in_post(
            connection, DEMO_MEMBERS[role], next(iter(regions), None), now
        )
        if member is not None:
            staffing.give_account(connection, member.code, found.id)
    return tuple(code for code, _ in given)
