"""Commands about nets of grids: bring in lists of them, list them, match foreign ones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from api.boundary_commands import import_app, pair
from api.nets import fault_said
from api.place_commands import Column, Layer, SkipBad, TableFile, show_row_faults
from api.start import open_database
from api.terminal import complain, language, progress, tell
from data.boundaries import Columns, read_boundaries
from data.nets import HEADINGS, read_nets
from data.outgoing import aside
from data.sheets import Asked
from gis.model import BEIJING, AsOf
from gis.net_matching import TOLERANCE_M, MatchBy, Matched, Verdict
from gis.nets import NetKind
from gis.store import nets
from gis.store.regions import region_id_of
from gis.workflows.import_places import Choice
from gis.workflows.keep_nets import NetKept, end_net, import_nets
from gis.workflows.match_net import MatchAsked, match_foreign
from maps.net_places import offence_words, offences_geojson, verdict_words
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


@nets_app.command("end")
def end(
    code: Annotated[str, typer.Argument(help="业务网编码 code of the net")],
    on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="自哪天起 from which day (today)")
    ] = None,
) -> None:
    """停用业务网 End a net; how it was stays readable."""
    now = datetime.now(BEIJING)
    with open_database() as engine, engine.begin() as connection:
        left = end_net(connection, code, on.date() if on else now.date(), now)
    tell("net.ended", code=code, left=left)


@nets_app.command("match")
def match(
    file: Annotated[Path, typer.Argument(help="GPKG, GeoJSON, Shapefile (zip), FGB, Parquet")],
    name: Annotated[str, typer.Option(help="业务网名称 name of the net")],
    code: Annotated[str, typer.Option(help="业务网编码 code of the net")],
    kind: Annotated[NetKind, typer.Option(help="类型 whose net it is")],
    unit: Annotated[str, typer.Option(help="编码列 column of a polygon's code")] = "code",
    unit_name: Annotated[str | None, typer.Option(help="名称列 column of its name")] = None,
    region: Home = None,
    tolerance: Annotated[
        float, typer.Option(help="容差（米）pieces nowhere wider than this pass", min=0, max=100)
    ] = TOLERANCE_M,
    by: Annotated[MatchBy, typer.Option(help="按面积或户数 by what the larger part is told")] = (
        MatchBy.AREA
    ),
    output: Annotated[
        Path | None, typer.Option(help="把不符之处写成 GeoJSON write the offending places")
    ] = None,
    valid_from: Since = None,
    layer: Annotated[str | None, typer.Option(help="图层 layer, where a file has several")] = None,
    crs: Annotated[str | None, typer.Option(help="坐标系 EPSG:n, overrides the file's own")] = None,
    commit: Annotated[bool, typer.Option("--commit", help="写入 keep it as sets of grids")] = False,
) -> None:
    """比对外来网 Match a foreign net of polygons to sets of grids: where does it cut grids?"""
    now = datetime.now(BEIJING)
    since = valid_from.date() if valid_from else now.date()
    with progress("import.reading", None):
        read = read_boundaries(file, Columns(unit, unit_name), layer=layer, crs=crs)
    with open_database(writes_much=commit) as engine, engine.begin() as connection:
        root = home_of(connection, region, since, now)
        asked = MatchAsked(code, name, kind, since, root, tolerance, by, keep=commit)
        report = match_foreign(connection, read, asked, now)
    _show_match(report.matched)
    if output is not None:
        with aside(output) as out:
            out.write(offences_geojson(report.matched.offences, language()))
        tell("match.written", count=len(report.matched.offences), file=output)
    if report.kept is None:
        tell("sheet.only_report")
    else:
        show_net(report.kept)


def _show_match(found: Matched) -> None:
    for one in found.units:
        verdict = verdict_words(language(), one)
        tell("match.line", unit=f"{one.code} {one.name}".rstrip(), verdict=verdict)
    _show_faults([(offence_words(language(), one), False) for one in found.offences])
    verdicts = [one.verdict for one in found.units]
    tell(
        "match.summary",
        units=len(found.units),
        fits=verdicts.count(Verdict.FITS),
        cuts=verdicts.count(Verdict.CUTS),
        empty=verdicts.count(Verdict.EMPTY),
        count=len(found.offences),
        m2=f"{sum(one.m2 for one in found.offences):,.0f}",
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
