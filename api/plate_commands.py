"""`wangge plates`: a page of QR codes of buildings, grids or facilities, to print."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from api.boundary_commands import pair
from api.settings import Settings
from api.start import open_database
from api.terminal import language, tell
from data.outgoing import aside
from gis.accounts import EVERYTHING
from gis.errors import BadInput, Conflict
from gis.intake import Thing
from gis.model import BEIJING, GRID, AsOf
from gis.store.gazetteer import region_names
from gis.store.places import list_buildings, list_facilities
from gis.store.regions import list_regions, region_id_of
from maps.plates import Plate, plate_sheet

if TYPE_CHECKING:
    from sqlalchemy import Connection

MOST_PLATES: Final = 5_000
KINDS: Final = {"building": Thing.BUILDING, "grid": Thing.GRID, "facility": Thing.FACILITY}


def print_plates(
    kind: Annotated[str, typer.Argument(help="building, grid 或 or facility")],
    output: Annotated[Path, typer.Option(help="结果文件 the page to print (HTML)")],
    region: Annotated[str | None, typer.Option(help="只要 LEVEL:CODE, only below it")] = None,
    address: Annotated[
        str | None, typer.Option(help="服务网址 address of the service (WANGGE_PUBLIC_ADDRESS)")
    ] = None,
) -> None:
    """门牌码 A page of QR codes to print: each opens the report page with its place filled in."""
    settings = Settings()
    base = address or settings.public_address
    if base is None:
        raise BadInput("error.plates_without_address")
    if kind not in KINDS:
        raise BadInput("error.plates_kind")
    if output.exists():
        raise Conflict("error.output_exists")
    as_of = AsOf.at(datetime.now(BEIJING))
    with open_database(settings) as engine, engine.connect() as connection:
        below = None
        if region is not None:
            below = region_id_of(connection, *pair(region, ":", "error.region_written"), as_of)
        plates = plates_of(connection, kind, below, as_of)
    with aside(output) as file:
        file.write(plate_sheet(language(), base, plates).encode())
    tell("plates.done", file=output, count=len(plates))


def plates_of(connection: Connection, kind: str, below: int | None, as_of: AsOf) -> list[Plate]:
    """The plates of all buildings, grids or facilities below a region, by code; at most 5,000."""
    letter = KINDS[kind].value
    if kind == "building":
        houses = list_buildings(connection, EVERYTHING, as_of, region_id=below, most=MOST_PLATES)
        return [Plate(f"{letter}:{one.code}", one.name, one.address) for one in houses]
    if kind == "facility":
        places = list_facilities(connection, as_of, region_id=below, most=MOST_PLATES)
        return [Plate(f"{letter}:{one.code}", one.name, one.address) for one in places]
    names = region_names(connection, as_of)
    grids = list_regions(connection, as_of, level=GRID, most=100_000)
    inside = [one for one in grids if below is None or str(below) in names.chain(str(one.id))]
    return [Plate(f"{letter}:{one.code}", one.name or one.code) for one in inside[:MOST_PLATES]]
