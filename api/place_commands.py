"""Commands that bring in what stands on the ground and who serves there, and list vacancies."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from api.boundary_commands import MOST_SHOWN, import_app, pair
from api.settings import Settings
from api.start import open_database
from api.terminal import complain, language, progress, tell
from data import (
    addresses,
    buildings,
    compounds,
    facilities,
    members,
    organisations,
    osm_buildings,
    osm_compounds,
    roads,
)
from data.incoming import is_osm
from data.sheets import PLACE, Asked
from gis.accounts import EVERYTHING
from gis.model import BEIJING, AsOf
from gis.sheets import ImportReport, RowFault, Sheet
from gis.store import people_lists
from gis.store.regions import region_id_of
from gis.store.rehoming import stranded_posts
from gis.store.roads import keep_roads
from gis.workflows.import_addresses import import_addresses
from gis.workflows.import_people import import_organisations, import_staff
from gis.workflows.import_places import (
    Choice,
    import_buildings,
    import_compounds,
    import_facilities,
    within_regions,
)
from maps.words import say

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["import_app", "member_app"]

member_app = typer.Typer(no_args_is_help=True, help="人员 members and vacancies")

SHOWN = 12
"""Names in a sentence before it says that there are more."""

File: TypeAlias = Annotated[Path, typer.Argument(help="XLSX, CSV, GPKG, GeoJSON, Shapefile …")]
TableFile: TypeAlias = Annotated[Path, typer.Argument(help="XLSX, CSV")]
Layer: TypeAlias = Annotated[
    str | None, typer.Option(help="图层或工作表 layer or sheet, where a file has several")
]
Crs: TypeAlias = Annotated[
    str | None, typer.Option(help="坐标系 wgs84, cgcs2000, gcj02, bd09, EPSG:n")
]
Column: TypeAlias = Annotated[
    list[str] | None, typer.Option("--column", help="指定列 FIELD=HEADING, may be repeated")
]
Commit: TypeAlias = Annotated[bool, typer.Option("--commit", help="写入 write")]
SkipBad: TypeAlias = Annotated[
    bool, typer.Option("--skip-bad", help="跳过有错的行 leave bad rows out, keep the others")
]
TrustCrs: TypeAlias = Annotated[
    bool, typer.Option("--trust-crs", help="坐标系已核对 the coordinate system was checked")
]


@dataclass(frozen=True, slots=True)
class ListKind:
    """One kind of list: how it is read, how it is brought in, how its columns are called."""

    read: Callable[[Path, Asked], Sheet[Any]]
    bring: Callable[[Connection, Sheet[Any], AsOf, Choice], ImportReport]
    headings: Mapping[str, Sequence[str]]


@import_app.command("compounds")
def bring_compounds(
    file: File,
    layer: Layer = None,
    crs: Crs = None,
    column: Column = None,
    commit: Commit = False,
    skip_bad: SkipBad = False,
) -> None:
    """导入小区 Compounds with their property companies."""
    kind = ListKind(
        compounds.read_compounds,
        import_compounds,
        compounds.HEADINGS,
    )
    if is_osm(file):
        read = osm_compounds.read_osm_compounds
        kind = ListKind(read, _osm_compounds, osm_compounds.HEADINGS)
    bring_list(kind, file, asked_of(layer, crs, column), Choice(commit, skip_bad))


@import_app.command("buildings")
def bring_buildings(
    file: File,
    layer: Layer = None,
    crs: Crs = None,
    column: Column = None,
    commit: Commit = False,
    skip_bad: SkipBad = False,
    trust_crs: TrustCrs = False,
) -> None:
    """导入楼栋 Buildings with households; the grid of each is found from its place."""
    kind = ListKind(buildings.read_buildings, import_buildings, buildings.HEADINGS)
    if is_osm(file):
        kind = ListKind(osm_buildings.read_osm_buildings, _osm, osm_buildings.HEADINGS)
    bring_list(kind, file, asked_of(layer, crs, column), Choice(commit, skip_bad, trust_crs))


def _osm(connection: Connection, sheet: Sheet[Any], as_of: AsOf, choice: Choice) -> ImportReport:
    inside, outside = within_regions(connection, sheet, as_of)
    unsaid = sum(not one.item.households for one in inside.rows)
    tell("sheet.osm", count=len(inside.rows), outside=outside, unsaid=unsaid)
    return import_buildings(connection, inside, as_of, choice)


def _osm_compounds(
    connection: Connection, sheet: Sheet[Any], as_of: AsOf, choice: Choice
) -> ImportReport:
    inside, outside = within_regions(connection, sheet, as_of)
    names = "、".join(one.item.name for one in inside.rows[:SHOWN])
    names += "…" if len(inside.rows) > SHOWN else ""
    tell("sheet.osm_compounds", count=len(inside.rows), outside=outside, names=names or "-")
    return import_compounds(connection, inside, as_of, choice)


@import_app.command("facilities")
def bring_facilities(
    file: File,
    layer: Layer = None,
    crs: Crs = None,
    column: Column = None,
    commit: Commit = False,
    skip_bad: SkipBad = False,
    trust_crs: TrustCrs = False,
) -> None:
    """导入设施 Facilities by kind and status."""
    kind = ListKind(facilities.read_facilities, import_facilities, facilities.HEADINGS)
    bring_list(kind, file, asked_of(layer, crs, column), Choice(commit, skip_bad, trust_crs))


@import_app.command("addresses")
def bring_addresses(
    file: File,
    layer: Layer = None,
    crs: Crs = None,
    column: Column = None,
    commit: Commit = False,
    skip_bad: SkipBad = False,
    trust_crs: TrustCrs = False,
) -> None:
    """导入地址 Any list of addresses with coordinates, for geocoding."""
    kind = ListKind(addresses.read_addresses, import_addresses, addresses.HEADINGS)
    bring_list(kind, file, asked_of(layer, crs, column), Choice(commit, skip_bad, trust_crs))


@import_app.command("roads")
def bring_roads(
    file: Annotated[Path, typer.Argument(help="GPKG, GeoJSON, Shapefile …")],
    name: Annotated[str, typer.Option(help="路名列 column that holds the name")],
    source: Annotated[
        str | None, typer.Option(help="来源名 replaces what came under it (the file's name)")
    ] = None,
    layer: Layer = None,
    crs: Crs = None,
    commit: Commit = False,
) -> None:
    """导入道路 Named roads, so that a crossing of two is a place."""
    Settings()  # knows the deployment's own systems
    with progress("import.reading", None):
        found = roads.read_roads(file, name, layer=layer, crs=crs)
    tell("roads.read", lines=len(found), names=len({one for one, _ in found}))
    if not commit:
        tell("sheet.only_report")
        return
    named = source or file.name
    with open_database(writes_much=True) as engine, engine.begin() as connection:
        gone = keep_roads(connection, named, found)
    tell("barriers.kept", source=named, gone=gone)


@import_app.command("organisations")
def bring_organisations(
    file: TableFile,
    layer: Layer = None,
    column: Column = None,
    commit: Commit = False,
    skip_bad: SkipBad = False,
) -> None:
    """导入组织 Organisations, for which region they act and what they are competent for."""
    kind = ListKind(organisations.read_organisations, import_organisations, organisations.HEADINGS)
    bring_list(kind, file, asked_of(layer, None, column), Choice(commit, skip_bad))


@import_app.command("members")
def bring_members(
    file: TableFile,
    layer: Layer = None,
    column: Column = None,
    commit: Commit = False,
    skip_bad: SkipBad = False,
) -> None:
    """导入人员 Members and their posts, one row a post."""
    kind = ListKind(members.read_members, _staff, members.HEADINGS)
    bring_list(kind, file, asked_of(layer, None, column), Choice(commit, skip_bad))


def _staff(connection: Connection, sheet: Sheet[Any], as_of: AsOf, choice: Choice) -> ImportReport:
    found = import_staff(connection, sheet, as_of, choice)
    tell(
        "sheet.posts",
        added=found.posts_added,
        changed=found.posts_changed,
        unchanged=found.posts_unchanged,
    )
    return found.members


@member_app.command("vacancies")
def list_vacancies(
    region: Annotated[str | None, typer.Option(help="只看 LEVEL:CODE, only below it")] = None,
) -> None:
    """空岗 The grids without a responsible member, and who stands in."""
    now = datetime.now(BEIJING)
    as_of = AsOf.at(now)
    with open_database() as engine, engine.connect() as connection:
        below = None
        if region is not None:
            below = region_id_of(connection, *pair(region, ":", "error.region_written"), as_of)
        vacant = people_lists.vacancies(
            connection, EVERYTHING, as_of, region_id=below, most=100_000
        )
    for one in vacant:
        since = "-" if one.since is None else f"{one.since.astimezone(BEIJING):%Y-%m-%d}"
        stands_in = one.substitute.name if one.substitute else "-"
        tell("vacancy.line", code=one.code, name=one.name or "-", since=since, substitute=stands_in)
    tell("vacancy.count", count=len(vacant))


@member_app.command("stranded")
def list_stranded() -> None:
    """失去网格的任职 Posts whose region has ended: each needs a new home from a person."""
    with open_database() as engine, engine.connect() as connection:
        found = stranded_posts(connection, datetime.now(BEIJING))
    for one in found:
        tell(
            "stranded.line",
            member=one.member_code,
            name=one.member_name,
            role=one.role,
            level=one.level,
            region=one.region,
        )
    tell("stranded.count", count=len(found))


# ---- what all of them do ------------------------------------------------------------------------


def asked_of(layer: str | None, crs: str | None, columns: list[str] | None) -> Asked:
    """How a file is to be read, as options say it. Raises BadInput for a column without =."""
    headings = dict(pair(one, "=", "error.column_option") for one in columns or [])
    return Asked(layer, crs, headings)


def bring_list(kind: ListKind, file: Path, asked: Asked, choice: Choice) -> None:
    """Read, report, and keep if asked to; exit code 1 when rows stand in the way."""
    with many_objects():
        report = _bring(kind, file, asked, choice)
    show_row_faults(report.faults, kind.headings)
    tell(
        "sheet.changes",
        added=len(report.added),
        changed=len(report.changed),
        unchanged=report.unchanged,
    )
    if report.kept:
        tell("sheet.kept_some" if report.left_out else "sheet.kept", left_out=report.left_out)
        return
    if report.left_out:
        complain("sheet.refused" if choice.commit else "sheet.faulty", left_out=report.left_out)
        raise typer.Exit(1)
    tell("sheet.only_report")


@contextmanager
def many_objects() -> Iterator[None]:
    """A million rows are ten million objects, none of them in a circle: looking for garbage among
    them again and again takes a third of the time of reading them.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _bring(kind: ListKind, file: Path, asked: Asked, choice: Choice) -> ImportReport:
    settings = Settings()  # knows the deployment's own systems
    now = datetime.now(BEIJING)
    with progress("import.reading", None):
        sheet = kind.read(file, asked)
    tell(
        "sheet.file",
        file=sheet.source,
        rows=len(sheet.rows),
        encoding=sheet.encoding or "-",
        crs=sheet.crs_used or "-",
    )
    with open_database(settings, writes_much=choice.commit) as engine, engine.begin() as connection:
        return kind.bring(connection, sheet, AsOf.at(now), choice)


def show_row_faults(faults: Sequence[RowFault], headings: Mapping[str, Sequence[str]]) -> None:
    """What is wrong with which rows, on stderr."""
    for fault in faults[:MOST_SHOWN]:
        mark = "✗" if fault.stops else "·"
        complain("sheet.fault", mark=mark, row=fault.row, fault=sentence(fault, headings))
    if len(faults) > MOST_SHOWN:
        complain("fault.more", count=len(faults) - MOST_SHOWN)


def sentence(fault: RowFault, headings: Mapping[str, Sequence[str]]) -> str:
    """A fault in the terminal's language; a column is called as the files may call it."""
    values = dict(fault.values)
    if "field" in values:
        names = {**headings, **PLACE}.get(str(values["field"]), [str(values["field"])])
        english = next((one for one in names if one.isascii()), names[0])
        values["field"] = english if language() == "en" else names[0]
    return say(language(), fault.key, **values)
