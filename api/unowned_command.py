"""`wangge unowned`: ground of communities that no grid has."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from api.boundary_commands import pair
from api.start import open_database
from api.terminal import language, tell
from data.outgoing import aside
from gis.model import BEIJING, AsOf
from gis.store.regions import region_id_of
from gis.workflows.list_unowned import list_unowned
from maps.unowned_places import unowned_geojson, unowned_words

MOST_SHOWN = 50


def unowned(
    region: Annotated[
        str | None, typer.Option(help="只看 LEVEL:CODE, only communities under it")
    ] = None,
    at: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="日期 as of a day (today)")
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="写成 GeoJSON write all places as features")
    ] = None,
) -> None:
    """无主地块 List ground of communities that no grid has, and what stands on it."""
    now = datetime.now(BEIJING)
    as_of = AsOf(at.date() if at else now.date(), now)
    with open_database() as engine, engine.connect() as connection:
        named = pair(region, ":", "error.region_written") if region else None
        root = region_id_of(connection, *named, as_of) if named else None
        found = list_unowned(connection, root, as_of, now, count=True)
    for one in found[:MOST_SHOWN]:
        print(unowned_words(language(), one))
    tell("unowned.count", count=len(found), m2=f"{sum(one.m2 for one in found):,.0f}")
    if output is not None:
        with aside(output) as out:
            out.write(unowned_geojson(found, language()))
        tell("match.written", count=len(found), file=output)
