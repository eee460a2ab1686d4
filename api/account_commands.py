"""Commands about accounts, their roles and their keys. What is shown once is kept nowhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import TypeAdapter, ValidationError

from api.inputs import Name
from api.settings import Settings
from api.start import open_database
from api.terminal import language, tell
from gis.accounts import EVERYTHING, Grant, Role
from gis.errors import BadInput
from gis.model import BEIJING
from gis.passwords import Passwords
from gis.store import accounts, grants
from gis.workflows import accounts as workflow
from gis.workflows import keys
from maps.words import say

if TYPE_CHECKING:
    from sqlalchemy import Connection

account_app = typer.Typer(no_args_is_help=True, help="账号 accounts and their roles")
key_app = typer.Typer(no_args_is_help=True, help="接口密钥 API keys for other systems")

MINUTE = "%Y-%m-%d %H:%M"

LoginArgument = Annotated[str, typer.Argument(help="账号 login")]
RoleArgument = Annotated[Role, typer.Argument(help="角色 role")]
RegionOption = Annotated[
    str | None, typer.Option(help="区域代码 code of the region; without it the whole deployment")
]
LevelOption = Annotated[
    str | None, typer.Option(help="层级 level of the region, where two have the code")
]
DaysOption = Annotated[int, typer.Option(help="有效天数 days until it runs out")]


@contextmanager
def _work() -> Iterator[tuple[Connection, datetime]]:
    with open_database() as engine, engine.begin() as connection:
        yield connection, datetime.now(BEIJING)


@account_app.command("first-admin")
def first_admin(
    login: LoginArgument,
    security: Annotated[
        str | None, typer.Option(help="安全管理员账号 login of the security administrator")
    ] = None,
    audit: Annotated[
        str | None, typer.Option(help="审计管理员账号 login of the audit administrator")
    ] = None,
) -> None:
    """首批管理员 Make the three administrators of a new deployment; LOGIN administers accounts."""
    logins = workflow.Administrators(
        login, security or f"{login}.security", audit or f"{login}.audit"
    )
    password = _ask_password() if _at_terminal() else None
    least = Settings().password_min_length
    with _work() as (connection, now):
        handed = workflow.add_first_administrators(
            connection, Passwords(), logins, password, least=least, now=now
        )
    tell(
        "account.administrators_made",
        accounts=logins.accounts,
        security=logins.security,
        audit=logins.audit,
    )
    for one in handed:
        _hand_over(one)


def _at_terminal() -> bool:
    return sys.stdin.isatty()


def _ask_password() -> str:
    """Asked twice, shown never."""
    asked: str = typer.prompt(
        say(language(), "account.ask_password"), hide_input=True, confirmation_prompt=True
    )
    return asked


@account_app.command("add")
def add(
    login: LoginArgument,
    name: Annotated[str, typer.Option(help="姓名或系统名称 name of the person or system")],
) -> None:
    """新增账号 Make an account without roles; its one-time password is shown once."""
    with _work() as (connection, now):
        made = workflow.add_account(connection, Passwords(), login, _text(name), now)
    tell("account.added", login=login)
    _hand_over(made)


@account_app.command("list")
def list_all() -> None:
    """账号一览 List the accounts with their roles."""
    with _work() as (connection, now):
        page = accounts.list_accounts(connection, EVERYTHING, now)
        while page:
            held = grants.grants_of(connection, [row.id for row in page], EVERYTHING, now)
            for row in page:
                roles = [one for one in held if one.account_id == row.id]
                state = say(language(), "account.disabled_mark") if row.disabled_at else ""
                print(f"{row.login:<28} {row.name:<16} {_roles(roles)}{state}")
            page = accounts.list_accounts(connection, EVERYTHING, now, after=page[-1].login)


def _roles(held: list[grants.GrantRow]) -> str:
    words = [f"{say(language(), f'role.{one.role}')} {one.code or '*'}" for one in held]
    return ", ".join(words) or "-"


@account_app.command("reset-password")
def reset_password(login: LoginArgument) -> None:
    """重置密码 Give an account a one-time password, shown once; its sessions end."""
    with _work() as (connection, now):
        made = workflow.reset_password(connection, Passwords(), login, now)
    tell("account.password_reset", login=login)
    _hand_over(made)


@account_app.command("disable")
def disable(login: LoginArgument) -> None:
    """停用账号 Shut an account out at once: its sessions end, its keys stop working."""
    with _work() as (connection, now):
        ended = workflow.disable(connection, login, now)
    tell("account.disabled", login=login, count=ended)


@account_app.command("enable")
def enable(login: LoginArgument) -> None:
    """启用账号 Let a disabled account in again."""
    with _work() as (connection, now):
        workflow.enable(connection, login, now)
    tell("account.enabled", login=login)


@account_app.command("grant")
def grant(
    login: LoginArgument,
    role: RoleArgument,
    region: RegionOption = None,
    level: LevelOption = None,
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="最后一天 last day; open end")
    ] = None,
) -> None:
    """授予角色 Give an account a role over a region and all below it."""
    end = until.replace(tzinfo=BEIJING) + timedelta(days=1) if until else None
    with _work() as (connection, now):
        wanted = _grant(connection, role, region, level, now)
        workflow.grant(connection, login, wanted, until=end, now=now)
    tell("account.granted", login=login, role=_role(role), region=region or "*")


@account_app.command("revoke")
def revoke(
    login: LoginArgument,
    role: RoleArgument,
    region: RegionOption = None,
    level: LevelOption = None,
) -> None:
    """收回角色 Take a role over exactly this region away, at once."""
    with _work() as (connection, now):
        unwanted = _grant(connection, role, region, level, now)
        workflow.revoke(connection, login, unwanted, now)
    tell("account.revoked", login=login, role=_role(role), region=region or "*")


def _grant(
    connection: Connection, role: Role, code: str | None, level: str | None, now: datetime
) -> Grant:
    region = workflow.region_named(connection, code, level, now) if code else None
    return Grant(role, region)


@key_app.command("add")
def add_key(
    login: LoginArgument,
    label: Annotated[str, typer.Option(help="用途 what the key is for")],
    days: DaysOption = 365,
) -> None:
    """新增密钥 Make an API key for an account; it is shown once."""
    with _work() as (connection, now):
        made = keys.add_key(connection, login, _text(label), days, now)
    tell("key.added", login=login, until=_minute(made.until))
    print(made.key)


@key_app.command("rotate")
def rotate_key(
    login: LoginArgument,
    days: DaysOption = 365,
    overlap_days: Annotated[
        int, typer.Option(help="旧密钥保留天数 days the old key goes on working")
    ] = 14,
) -> None:
    """更换密钥 Make the successor of an account's key; the old one runs out soon."""
    with _work() as (connection, now):
        made = keys.rotate_key(connection, login, days=days, overlap_days=overlap_days, now=now)
    tell(
        "key.rotated",
        login=login,
        until=_minute(made.until),
        old_until=_minute(made.old_until or now),
    )
    print(made.key)


@key_app.command("revoke")
def revoke_key(
    login: LoginArgument,
    prefix: Annotated[
        str | None, typer.Option(help="密钥开头 its first letters, as `key list` shows them")
    ] = None,
) -> None:
    """停用密钥 Make a key worthless at once."""
    with _work() as (connection, now):
        gone = keys.revoke_key(connection, login, prefix, now)
    tell("key.revoked", login=login, prefix=gone.prefix, label=gone.label)


@key_app.command("list")
def list_keys(login: LoginArgument) -> None:
    """密钥一览 List the live keys of an account: their beginnings, never the keys."""
    with _work() as (connection, now):
        live = keys.keys_of(connection, login, now)
    for key in live:
        print(
            f"{key.prefix}…  {key.label:<24}{_minute(key.created_at)} → {_minute(key.expires_at)}"
        )
    if not live:
        tell("key.none", login=login)


def _hand_over(made: workflow.OneTime) -> None:
    tell("account.one_time", login=made.login, password=made.password, until=_minute(made.until))


def _role(role: Role) -> str:
    return say(language(), f"role.{role}")


def _minute(moment: datetime) -> str:
    return moment.astimezone(BEIJING).strftime(MINUTE)


def _text(given: str) -> str:
    """The one kind of text we keep, from a terminal as from a request."""
    try:
        kept: str = TypeAdapter(Name).validate_python(given)
    except ValidationError:
        raise BadInput("error.text_not_taken") from None
    return kept
