"""Commands about contested ground: bring it in, list it with what is overdue, settle it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from api.boundary_commands import import_app
from api.place_commands import (
    Column,
    Commit,
    Crs,
    File,
    Layer,
    ListKind,
    SkipBad,
    asked_of,
    bring_list,
)
from api.start import open_database
from api.terminal import language, tell
from data.disputes import HEADINGS, read_disputes
from gis.disputes import DisputeState
from gis.model import BEIJING, AsOf
from gis.store import disputes
from gis.workflows.import_places import Choice
from gis.workflows.keep_disputes import import_disputes, settle_dispute
from maps.words import say

disputes_app = typer.Typer(no_args_is_help=True, help="边界争议 disputes: list, settle")

EVERY = 10_000


@import_app.command("disputes")
def bring_disputes(
    file: File,
    layer: Layer = None,
    crs: Crs = None,
    column: Column = None,
    commit: Commit = False,
    skip_bad: SkipBad = False,
) -> None:
    """导入边界争议 Contested areas with claimants, temporary owner and last day."""
    kind = ListKind(
        read_disputes,
        lambda connection, sheet, as_of, choice: import_disputes(
            connection, sheet, as_of.known_at, choice
        ),
        HEADINGS,
    )
    bring_list(kind, file, asked_of(layer, crs, column), Choice(commit, skip_bad))


@disputes_app.command("list")
def list_disputes(
    overdue: Annotated[bool, typer.Option("--overdue", help="只看逾期 only overdue ones")] = False,
) -> None:
    """争议一览 List disputes with who acts until when; those overdue are named as such."""
    as_of = AsOf.at(datetime.now(BEIJING))
    with open_database() as engine, engine.connect() as connection:
        found = disputes.list_disputes(connection, as_of, most=EVERY)
    late = sum(one.state is DisputeState.OVERDUE for one in found)
    for one in found:
        if overdue and one.state is not DisputeState.OVERDUE:
            continue
        tell(
            "dispute.line",
            code=one.code,
            state=say(language(), f"dispute.{one.state}"),
            claimants=", ".join(f"{level}:{code}" for level, code, _ in one.claimants),
            owner=one.owner or "-",
            since=one.since,
            ends_on=one.ends_on or "-",
            reason=one.reason,
        )
    tell("dispute.count", count=len(found))
    if late:
        tell("dispute.count_overdue", overdue=late)


@disputes_app.command("settle")
def settle(
    code: Annotated[str, typer.Argument(help="争议编码 code of the dispute")],
    outcome: Annotated[str, typer.Option(help="结果 how it was settled")],
    on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="自哪天起 from which day (today)")
    ] = None,
) -> None:
    """争议解决 Settle a dispute: its ground belongs to whom the boundaries say."""
    now = datetime.now(BEIJING)
    with open_database() as engine, engine.begin() as connection:
        found = disputes.dispute_of(connection, code, AsOf.at(now))
        settle_dispute(connection, found, outcome, now, on=on.date() if on else None)
    tell("dispute.is_settled", code=code)
