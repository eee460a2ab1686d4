"""Commands that write files out of the database: boundaries as they stood on any day."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from api.boundary_commands import pair
from api.start import open_database
from api.terminal import tell
from data.boundary_files import RegionOut, write_boundaries
from gis.errors import BadInput
from gis.model import BEIJING, AsOf
from gis.store import levels, regions

export_app = typer.Typer(no_args_is_help=True, help="导出 export files: boundaries of any day")


@export_app.callback()
def group() -> None:
    """导出 Write files out of the database."""


@export_app.command("boundaries")
def boundaries(
    output: Annotated[Path, typer.Argument(help=".gpkg .geojson .zip (Shapefile) .kml .xlsx .csv")],
    level: Annotated[str, typer.Option(help="层级 the level to write")],
    root: Annotated[str | None, typer.Option(help="只取 LEVEL:CODE, only regions under it")] = None,
    at: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="日期 as on this day (today)")
    ] = None,
    known_at: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%dT%H:%M:%S%z"], help="以何时所知 as known then (now)"),
    ] = None,
) -> None:
    """导出边界 Write the boundaries of a level; GPKG, GeoJSON, Shapefile and CSV come in again."""
    now = datetime.now(UTC)
    if known_at is not None and known_at > now:
        raise BadInput("error.known_at_future")
    as_of = AsOf(at.date() if at else now.astimezone(BEIJING).date(), known_at or now)
    with open_database() as engine, engine.connect() as connection:
        kept = levels.level_of(connection, level)
        root_id = None
        if root is not None:
            named = pair(root, ":", "error.root_option")
            root_id = regions.region_id_of(connection, *named, as_of)
        found = regions.all_regions(connection, kept.code, as_of, root_id=root_id)
    rows = [
        RegionOut(
            code=one.code,
            name=one.name or "",
            parent=one.parent_code or "",
            level=kept.code,
            edition=one.edition,
            valid_from=one.valid_from,
            valid_to=one.valid_to,
            shape=one.shape,
        )
        for one in found
    ]
    write_boundaries(rows, output)
    tell("export.written", count=len(rows), file=output, day=as_of.valid_on)
