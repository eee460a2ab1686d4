"""Commands about editions: what they change, their faults, approvals, into force, back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from api.boundary_commands import sentence, show_rehomed
from api.start import open_database, utc_now
from api.terminal import language, tell
from gis.accounts import Role
from gis.editions import ApprovalStep, missing_steps
from gis.model import BEIJING, FaultKind
from gis.store import accounts, approvals, edition_findings, editions, levels
from gis.store.edition_life import EditionFacts, facts_of
from gis.workflows.change_editions import (
    Decision,
    accept_faults,
    activate_edition,
    approve,
    open_editions_beside,
    undo_edition,
)
from maps.words import say

if TYPE_CHECKING:
    from sqlalchemy import Connection

app = typer.Typer(no_args_is_help=True, help="版本 editions: look, accept, approve, activate, undo")

Name = Annotated[str, typer.Argument(help="版本名 name of the edition")]
Account = Annotated[str, typer.Option(help="账号 login of who takes the responsibility")]
MOST_CHANGES = 200


@contextmanager
def _edition(
    name: str, *, writes_much: bool = False
) -> Iterator[tuple[Connection, EditionFacts, datetime]]:
    """One transaction about one edition, and the time."""
    with open_database(writes_much=writes_much) as engine, engine.begin() as connection:
        yield connection, facts_of(connection, name=name), datetime.now(BEIJING)


@app.command("list")
def list_editions() -> None:
    """版本一览 List the editions, the newest day first."""
    with open_database() as engine, engine.connect() as connection:
        for one in editions.all_editions(connection):
            state = say(language(), f"edition.{one.state}")
            print(f"{one.valid_from}  {one.level:<14}{state}  {one.name}  ({one.source})")


@app.command()
def show(name: Name) -> None:
    """版本详情 Say where an edition stands and what it changes, region by region with areas."""
    with _edition(name) as (connection, edition, _):
        _show_state(connection, edition)
        _show_approvals(connection, edition)
        for _, one in edition_findings.kept_changes(connection, edition.id, most=MOST_CHANGES):
            kinds = ", ".join(say(language(), f"edition.change.{kind}") for kind in one.changes)
            was = f"{one.code_before} → " if one.code_before not in (None, one.code) else ""
            print(f"  {was}{one.code}  {one.name_after or one.name_before or ''}  {kinds}")
            print(f"    m²: {_m2(one.m2_before)} → {_m2(one.m2_after)}", end="  ")
            print(f"+{_m2(one.m2_gained)} −{_m2(one.m2_lost)}")


def _m2(size: float | None) -> str:
    return "-" if size is None else f"{size:,.0f}"


def _show_state(connection: Connection, edition: EditionFacts) -> None:
    tell(
        "edition.line_state",
        edition=edition.name,
        state=say(language(), f"edition.{edition.state}"),
        day=edition.valid_from,
        level=edition.level,
        source=edition.source,
    )
    if edition.undoes:
        tell("edition.line_undoes", undone=edition.undoes)
    counts = edition_findings.change_counts(connection, edition.id)
    said = [f"{say(language(), f'edition.change.{kind}')} {n}" for kind, n in counts.items()]
    tell("edition.line_changes", changes=", ".join(said) or "-")
    if edition.activated_at is None:
        tell("edition.line_judged" if edition.judged else "edition.line_not_judged")
        if beside := open_editions_beside(connection, edition.id):
            tell("edition.line_beside", names=", ".join(beside))
    if edition.failure:
        key, values = edition.failure
        tell("edition.line_failure", failure=say(language(), key, **values))


def _show_approvals(connection: Connection, edition: EditionFacts) -> None:
    taken = approvals.approvals_of(connection, edition.id)
    for one in taken:
        tell(
            "edition.line_approval",
            step=one.step_name,
            account=f"{one.account_name} ({one.login})",
            document=one.document_no or "-",
            day=one.decided_on,
        )
    steps = approvals.steps_of(connection, edition.id)
    missing = missing_steps(steps, {one.step for one in taken})
    if missing and edition.activated_at is None:
        tell("edition.line_missing", steps=", ".join(f"{s.name} ({s.code})" for s in missing))


@app.command()
def faults(name: Name) -> None:
    """版本问题 List what would stop an edition, each with the key to accept it by."""
    with _edition(name) as (connection, edition, _):
        found = edition_findings.kept_faults(connection, edition.id)
    for one in found:
        accepted = {"who": one.accepted_by, "why": one.why}
        how = "edition.fault_accepted" if one.accepted_at else "edition.fault_open"
        print(f"{one.key}  [{say(language(), how, **accepted)}]  {sentence(one.fault)}")
    if not found:
        tell("edition.no_faults")


@app.command()
def accept(
    name: Name,
    why: Annotated[str, typer.Option(help="理由 why it is right as it is")],
    account: Account,
    keys: Annotated[
        list[str] | None, typer.Argument(help="问题编号 keys of faults, from `faults`")
    ] = None,
    kind: Annotated[
        FaultKind | None, typer.Option(help="类别 besides, all open faults of this kind")
    ] = None,
) -> None:
    """接受问题 Take the responsibility for faults of a draft, by their keys or all of a kind."""
    with _edition(name) as (connection, edition, now):
        who = accounts.lock_account(connection, account).id
        found = edition_findings.kept_faults(connection, edition.id)
        of_kind = [one.key for one in found if one.fault.kind is kind and not one.accepted_at]
        named = list(dict.fromkeys([*(keys or []), *of_kind]))
        left = accept_faults(connection, edition, named, why=why, account_id=who, now=now)
    tell("edition.accepted", count=len(named), open=left)


@app.command("approve")
def approve_step(
    name: Name,
    step: Annotated[str, typer.Option(help="步骤 code of the step, see `steps`")],
    account: Account,
    document_no: Annotated[str, typer.Option("--doc-no", help="文号 number of the document")] = "",
    day: Annotated[
        datetime | None,
        typer.Option("--date", formats=["%Y-%m-%d"], help="日期 decided (today)"),
    ] = None,
) -> None:
    """审批 Record an approval; after the last one the edition comes into force on its day."""
    with _edition(name) as (connection, edition, now):
        decided_on = day.date() if day else now.date()
        decision = Decision(step, document_no, decided_on, by_command=True)
        who = accounts.lock_account(connection, account).id
        last = approve(connection, edition, decision, who, now)
    tell("edition.approved", step=step)
    if last:
        tell("edition.schedule_told", edition=name, day=edition.valid_from)


@app.command()
def activate(name: Name) -> None:
    """版本生效 Put a draft in force from its day on; one of a day to come waits for it."""
    with _edition(name, writes_much=True) as (connection, edition, now):
        changed = activate_edition(connection, edition, now, clock=utc_now)
    if changed is None:
        tell("edition.schedule_told", edition=name, day=edition.valid_from)
    else:
        tell("edition.activated", edition=name)
        show_rehomed(changed.rehomed)


@app.command()
def drop(name: Name) -> None:
    """删除草案 Throw a draft away; editions in force stay for ever."""
    with _edition(name) as (connection, _, _):
        editions.drop_draft(connection, name)
    tell("edition.dropped", edition=name)


@app.command()
def undo(
    name: Name,
    new: Annotated[str, typer.Option("--as", help="新版本名 name of the edition that undoes it")],
    day: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="自何日起 from (today)")
    ] = None,
) -> None:
    """撤销版本 Make a draft that restores what held before an edition."""
    with _edition(name, writes_much=True) as (connection, edition, now):
        valid_from = day.date() if day else max(now.date(), edition.valid_from)
        undo_edition(connection, edition, new, valid_from=valid_from, now=now)
    tell("edition.undo_kept", edition=new, undone=name, day=valid_from)


@app.command()
def steps() -> None:
    """审批步骤 List the approvals that editions begun from now on need."""
    with open_database() as engine, engine.connect() as connection:
        found = approvals.approval_steps(connection)
    for one in found:
        tell(
            "edition.step_line",
            position=one.position,
            code=one.code,
            name=one.name,
            role=say(language(), f"role.{one.role}"),
            level=say(language(), "edition.step_from", level=one.level)
            if one.level
            else say(language(), "edition.step_anywhere"),
        )
    if not found:
        tell("edition.no_steps")


@app.command("add-step")
def add_step(
    code: Annotated[str, typer.Argument(help="步骤代码 short code, such as review")],
    name: Annotated[str, typer.Option(help="名称 such as 街道审")],
    role: Annotated[Role, typer.Option(help="角色 who takes it")],
    position: Annotated[int, typer.Option(help="序号 its place among the steps", min=1, max=99)],
    level: Annotated[
        str | None, typer.Option(help="层级 the role is held at this level or higher")
    ] = None,
) -> None:
    """新增步骤 Every edition begun from now on needs this approval."""
    with open_database() as engine, engine.begin() as connection:
        level_id = levels.level_of(connection, level).id if level else None
        step = ApprovalStep(position, code, name, role, level)
        approvals.add_approval_step(connection, step, level_id)
    tell("edition.step_added", step=code, name=name)


@app.command("drop-step")
def drop_step(code: Annotated[str, typer.Argument(help="步骤代码 code of the step")]) -> None:
    """删除步骤 No longer ask for an approval of editions begun from now on."""
    with open_database() as engine, engine.begin() as connection:
        approvals.drop_approval_step(connection, code)
    tell("edition.step_dropped", step=code)
