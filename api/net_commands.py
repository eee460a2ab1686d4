"""Commands about nets of grids: bring in lists of them, list them, match foreign ones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from api.boundary_commands import import_app, pair
from api.nets import fault_said
from api.place_commands import Column, Layer, SkipBad, TableFile, show_row_faults
from api.start import open_database
from api.terminal import complain, language, progress, tell
from data.nets import HEADINGS, read_nets
from data.sheets import Asked
from gis.model import BEIJING, AsOf
from gis.store import nets
from gis.store.regions import region_id_of
from gis.workflows.import_places import Choice
from gis.workflows.keep_nets import NetKept, import_nets
from maps.words import say

if TYPE_CHECKING:
    from sqlalchemy import Connection

nets_app = typer.Typer(no_args_is_help=True, help="业务网 nets: list them, match foreign ones")

MOST_SHOWN = 50
EVERY = 10_000

Home: TypeAlias = Annotated[
    str | None, typer.Option(help="所属区划 LEVEL:CODE whose grids the net is about")
]
Since: TypeAlias = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d"], help="生效日 first day (today)")
]


@import_app.command("nets")
def bring_nets(
    file: TableFile,
    region: Home = None,
    valid_from: Since = None,
    layer: Layer = None,
    column: Column = None,
    commit: Annotated[bool, typer.Option("--commit", help="写入 write")] = False,
    skip_bad: SkipBad = False,
) -> None:
    """导入业务网 Nets and groups: net code, name, kind, unit and grid, one row a grid."""
    now = datetime.now(BEIJING)
    since = valid_from.date() if valid_from else now.date()
    headings = dict(pair(one, "=", "error.column_option") for one in column or [])
    with progress("import.reading", None):
        sheet = read_nets(file, Asked(layer, None, headings))
    tell("sheet.file", file=sheet.source, rows=len(sheet.rows), encoding=sheet.encoding, crs="-")
    with open_database(writes_much=commit) as engine, engine.begin() as connection:
        home = home_of(connection, region, since, now)
        choice = Choice(commit, skip_bad)
        report = import_nets(connection, sheet, since, now, choice, home_id=home)
    show_row_faults(report.faults, HEADINGS)
    tell("net.day", day=since)
    for one in report.nets:
        show_net(one)
    if report.kept:
        tell("net.kept", count=len(report.nets))
    elif report.left_out:
        complain("sheet.refused" if commit else "sheet.faulty", left_out=report.left_out)
        raise typer.Exit(1)
    else:
        tell("sheet.only_report")


@nets_app.command("list")
def list_nets() -> None:
    """业务网一览 List the nets with their units and grids today, and how many faults each has."""
    as_of = AsOf.at(datetime.now(BEIJING))
    with open_database() as engine, engine.connect() as connection:
        for one in nets.list_nets(connection, as_of, most=EVERY):
            kind = say(language(), f"net.kind.{one.kind}")
            faults = [f for f in nets.faults_of(connection, one, as_of) if not f.is_note]
            print(
                f"{one.code:<20}{kind:<10}{one.units:>6}{one.grids:>8}{len(faults):>6}  {one.name}"
            )


def home_of(connection: Connection, region: str | None, since: date, now: datetime) -> int | None:
    """The region typed as LEVEL:CODE; None where none is. Raises NotFound."""
    if region is None:
        return None
    return region_id_of(connection, *pair(region, ":", "error.region_written"), AsOf(since, now))


def show_net(one: NetKept) -> None:
    """What became of a net, and what is wrong with it."""
    tell(
        "net.line",
        code=one.code,
        name=one.name,
        units=one.units,
        joined=one.joined,
        left=one.left,
    )
    _show_faults([(fault_said(fault, language()), fault.is_note) for fault in one.faults])


def _show_faults(said: Sequence[tuple[str, bool]]) -> None:
    for words, note in said[:MOST_SHOWN]:
        complain("fault.line", mark="·" if note else "✗", fault=words)
    if len(said) > MOST_SHOWN:
        complain("fault.more", count=len(said) - MOST_SHOWN)
