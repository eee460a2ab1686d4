"""The command that proposes better grids for a community."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.boundary_commands import import_app, pair, sentence
from api.settings import Settings
from api.start import open_database
from api.terminal import complain, language, progress, tell
from data.barriers import read_barriers
from data.groups import read_groups
from gis.model import BEIJING
from gis.regridding import Measure
from gis.store.barriers import keep_barriers
from gis.workflows.regrid_community import RegridAsked, RegridReport, regrid_community
from maps.words import say

if TYPE_CHECKING:
    from gis.regridding import Balance


class BarrierLine(StrEnum):
    """What a barrier line is."""

    ROAD = "road"
    WATER = "water"
    RAILWAY = "railway"
    WALL = "wall"
    SLOPE = "slope"


@import_app.command("barriers")
def bring_barriers(
    file: Annotated[Path, typer.Argument(help="GPKG, GeoJSON, Shapefile …")],
    kind: Annotated[BarrierLine, typer.Option(help="种类 what these lines are")],
    source: Annotated[
        str | None, typer.Option(help="来源名 replaces what came under it (the file's name)")
    ] = None,
    layer: Annotated[str | None, typer.Option(help="图层 layer, where a file has several")] = None,
    crs: Annotated[str | None, typer.Option(help="坐标系 EPSG:n, overrides the file's own")] = None,
    only: Annotated[list[str] | None, typer.Option(help="只取 COL=VALUE, may be repeated")] = None,
    commit: Annotated[bool, typer.Option("--commit", help="写入 write")] = False,
) -> None:
    """导入阻隔线 Roads, rivers, railways, walls where proposed grids should end."""
    chosen = dict(pair(one, "=", "error.only_option") for one in only or [])
    with progress("import.reading", None):
        lines = read_barriers(file, layer=layer, crs=crs, only=chosen)
    tell("barriers.read", lines=len(lines), kind=kind.value)
    if not commit:
        tell("sheet.only_report")
        return
    named = source or file.name
    with open_database() as engine, engine.begin() as connection:
        gone = keep_barriers(connection, named, kind.value, lines)
    tell("barriers.kept", source=named, gone=gone)


def regrid(
    community: Annotated[str, typer.Option(help="社区代码 code of the community")],
    target: Annotated[float, typer.Option(help="每格目标 what a grid is to hold")] = 400,
    by: Annotated[Measure, typer.Option(help="按什么均衡 what is balanced")] = Measure.HOUSEHOLDS,
    barriers: Annotated[
        Path | None, typer.Option(help="阻隔线文件 lines: GPKG, GeoJSON, Shapefile …")
    ] = None,
    layer: Annotated[str | None, typer.Option(help="图层 layer, where a file has several")] = None,
    crs: Annotated[str | None, typer.Option(help="坐标系 EPSG:n, overrides the file's own")] = None,
    only: Annotated[list[str] | None, typer.Option(help="只取 COL=VALUE, may be repeated")] = None,
    groups: Annotated[
        Path | None, typer.Option(help="村民小组、院落 list of buildings that belong together")
    ] = None,
    draft: Annotated[str | None, typer.Option(help="存为草案 keep as a draft edition")] = None,
    valid_from: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="生效日 first day (today)")
    ] = None,
) -> None:
    """网格优化 Propose grids of one size for a community; --draft keeps them as a draft edition."""
    now = datetime.now(BEIJING)
    lines = []
    if barriers is not None:
        chosen = dict(pair(one, "=", "error.only_option") for one in only or [])
        with progress("import.reading", None):
            lines = read_barriers(barriers, layer=layer, crs=crs, only=chosen)
    asked = RegridAsked(
        community,
        target,
        by,
        lines,
        draft,
        valid_from.date() if valid_from else None,
        groups=read_groups(groups) if groups is not None else {},
        pattern=Settings().code_pattern(),
    )
    with open_database() as engine, engine.begin() as connection:
        report = regrid_community(connection, asked, now)
    _show(report)
    if draft is not None:
        tell("regrid.kept", edition=draft)
    elif report.judged.stopping:
        raise typer.Exit(1)


def _show(report: RegridReport) -> None:
    proposed = report.proposed
    tell("regrid.blocks", blocks=proposed.blocks, target=f"{proposed.target:g}")
    _balance("regrid.before", proposed.before)
    for row, one in zip(report.rows, proposed.grids, strict=True):
        why = say(language(), f"regrid.{one.why_not}") if one.why_not else ""
        tell("regrid.line", code=row.code, weight=f"{one.weight:g}", why=why)
    _balance("regrid.after", proposed.after)
    for fault in report.judged.stopping:
        complain("fault.line", mark="✗", fault=sentence(fault))


def _balance(key: str, one: Balance) -> None:
    tell(
        key,
        count=one.count,
        within=one.within,
        least=f"{one.least:g}",
        most=f"{one.most:g}",
        mean=f"{one.mean:.0f}",
    )
