"""Commands about levels and boundary files."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from api.start import open_database, utc_now
from api.terminal import complain, language, progress, tell
from data.boundaries import Columns, read_boundaries
from data.outgoing import aside
from gis.errors import BadBoundaries, BadInput
from gis.model import BEIJING, BoundaryFile, Fault
from gis.store import levels
from gis.store.rehoming import NOTHING_MOVED, Rehomed
from gis.workflows.import_boundaries import (
    TOLERANCE_M2,
    Keep,
    Report,
    Wanted,
    import_boundaries,
)
from maps.faults import fault_words, some
from maps.words import say

level_app = typer.Typer(no_args_is_help=True, help="层级 levels: list them, add one")
import_app = typer.Typer(
    no_args_is_help=True, help="导入 import files; reports first, --commit writes"
)

MOST_SHOWN = 50  # faults on the terminal; --faults-to writes them all


@level_app.command("list")
def list_levels() -> None:
    """层级一览 List the levels, top first."""
    with open_database() as engine, engine.connect() as connection:
        for one in levels.all_levels(connection):
            kind = say(language(), "level.overlay" if one.overlay else "level.tiling")
            print(f"{one.code:<16}{one.name:<12}{one.under or '-':<16}{kind}")


@level_app.command("add")
def add_level(
    code: Annotated[str, typer.Argument(help="小写字母 lower-case letters, digits, _")],
    name: Annotated[str, typer.Option(help="名称 the name people read")],
    under: Annotated[str | None, typer.Option(help="上级层级 the level above")] = None,
    overlay: Annotated[
        bool, typer.Option("--overlay", help="可重叠 its regions may overlap")
    ] = False,
) -> None:
    """新增层级 Add a level to the ladder, or beside it."""
    with open_database() as engine, engine.begin() as connection:
        made = levels.add_level(connection, code, name, under=under, overlay=overlay)
    tell("level.added", code=made.code, name=made.name)


@import_app.command("boundaries")
def boundaries(
    file: Annotated[Path, typer.Argument(help="GPKG, GeoJSON, Shapefile, KML, CSV, XLSX …")],
    level: Annotated[str, typer.Option(help="层级 the level these regions are of")],
    code: Annotated[str, typer.Option(help="代码列 column that holds the code")],
    edition: Annotated[str, typer.Option(help="版本名 name of the new edition")],
    name: Annotated[str | None, typer.Option(help="名称列 column that holds the name")] = None,
    parent: Annotated[
        str | None, typer.Option(help="上级代码列 column of the parent's code")
    ] = None,
    layer: Annotated[str | None, typer.Option(help="图层 layer, where a file has several")] = None,
    crs: Annotated[str | None, typer.Option(help="坐标系 EPSG:n, overrides the file's own")] = None,
    only: Annotated[list[str] | None, typer.Option(help="只取 COL=VALUE, may be repeated")] = None,
    pad_code: Annotated[
        int | None, typer.Option(help="代码补零到几位 zeros on the right", min=1)
    ] = None,
    root: Annotated[str | None, typer.Option(help="只管 LEVEL:CODE, only regions under it")] = None,
    valid_from: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="生效日 first day (today)")
    ] = None,
    tolerance: Annotated[
        float, typer.Option(help="容差 m², smaller faults pass", min=0)
    ] = TOLERANCE_M2,
    precision: Annotated[
        float, typer.Option(help="界线精度 m, how far off its lines may be", min=0, max=1000)
    ] = 0.0,
    faults_to: Annotated[
        Path | None, typer.Option(help="把问题写成 GeoJSON write all faults")
    ] = None,
    trust_crs: Annotated[
        bool, typer.Option("--trust-crs", help="坐标系无误 the system is right as stated")
    ] = False,
    draft: Annotated[bool, typer.Option("--draft", help="存为草案 keep aside")] = False,
    commit: Annotated[bool, typer.Option("--commit", help="写入并生效 write and activate")] = False,
) -> None:
    """导入边界 Check a boundary file; with --commit keep it as a new edition."""
    now = datetime.now(BEIJING)
    wanted = Wanted(
        level=level,
        edition=edition,
        valid_from=valid_from.date() if valid_from else now.date(),
        root=pair(root, ":", "error.root_option") if root else None,
        states_parent=parent is not None,
        tolerance_m2=tolerance,
        precision_m=precision,
        keep=_what_to_keep(draft=draft, commit=commit),
        trust_crs=trust_crs,
    )
    filters = dict(pair(one, "=", "error.only_option") for one in only or [])
    with progress("import.reading", None):
        read = read_boundaries(
            file, Columns(code, name, parent), layer=layer, crs=crs, only=filters, pad_code=pad_code
        )
    _describe(read)
    with open_database(writes_much=commit) as engine, engine.begin() as connection:
        try:
            report = import_boundaries(connection, read, wanted, now, clock=utc_now)
        except BadBoundaries as refused:
            _show_faults(refused.faults, faults_to)
            raise
    _show_faults(report.faults, faults_to)
    _show_changes(report, wanted)
    if report.kept is Keep.NOTHING and report.stopping:
        raise typer.Exit(1)


def show_rehomed(moved: Rehomed) -> None:
    """What moved with an edition; nothing is said where nothing did."""
    if moved == NOTHING_MOVED:
        return
    tell(
        "edition.rehomed",
        buildings=moved.buildings.moved,
        facilities=moved.facilities.moved,
        matters=moved.matters,
    )
    if moved.nets.joined or moved.nets.left:
        tell("edition.nets_carried", joined=moved.nets.joined, left=moved.nets.left)
    if moved.buildings.homeless:
        tell("edition.homeless", count=moved.buildings.homeless)
    if moved.stranded:
        codes = tuple(f"{one.member_code} ({one.region})" for one in moved.stranded)
        tell("edition.stranded", posts=some(codes))


def _what_to_keep(*, draft: bool, commit: bool) -> Keep:
    if draft and commit:
        raise BadInput("error.draft_and_commit")
    return Keep.DRAFT if draft else Keep.ACTIVE if commit else Keep.NOTHING


def pair(written: str, between: str, key: str) -> tuple[str, str]:
    """The two sides of what was typed around a mark; `key` says what else it should have been."""
    left, found, right = written.partition(between)
    if not (left and found and right):
        raise BadInput(key, given=written)
    return left, right


def _describe(file: BoundaryFile) -> None:
    tell(
        "import.file",
        file=file.source,
        rows=len(file.rows),
        shapes=sum(row.shape is not None for row in file.rows),
        found=file.crs_found or "-",
        used=file.crs_used or "-",
        encoding=file.encoding,
    )


def _show_changes(report: Report, wanted: Wanted) -> None:
    changes = report.changes
    tell(
        "import.changes",
        day=wanted.valid_from,
        added=len(changes.added),
        moved=len(changes.moved),
        changed=len(changes.changed),
        renamed=len(changes.renamed),
        ended=len(changes.ended),
        unchanged=changes.unchanged,
    )
    if changes.ended:
        tell("import.ending", codes=some(changes.ended))
        tell("import.ending_why", level=wanted.level)
    if report.kept is Keep.NOTHING and report.stopping:
        tell("import.kept_nothing_faulty", count=len(report.stopping))
        return
    tell(f"import.kept_{report.kept.value}", edition=wanted.edition, day=wanted.valid_from)
    show_rehomed(changes.rehomed)
    if report.beside:
        tell("import.beside", names=some(report.beside))


def _show_faults(faults: list[Fault], write_to: Path | None) -> None:
    for fault in faults[:MOST_SHOWN]:
        complain("fault.line", mark="·" if fault.tolerated else "✗", fault=sentence(fault))
    if len(faults) > MOST_SHOWN:
        complain("fault.more", count=len(faults) - MOST_SHOWN)
    if write_to is not None:
        _write_faults(faults, write_to)
        tell("fault.written", count=len(faults), file=write_to)


def sentence(fault: Fault) -> str:
    """A fault in the terminal's language."""
    return fault_words(language(), fault)


def _write_faults(faults: list[Fault], file: Path) -> None:
    features = [
        {
            "type": "Feature",
            "geometry": None
            if fault.lon is None
            else {"type": "Point", "coordinates": [fault.lon, fault.lat]},
            "properties": {
                "kind": fault.kind.value,
                "text": sentence(fault),
                "codes": ", ".join(fault.codes),
                "rows": ", ".join(map(str, fault.rows)),
                "m2": fault.m2,
                "tolerated": fault.tolerated,
            },
        }
        for fault in faults
    ]
    collection = {"type": "FeatureCollection", "features": features}
    with aside(file) as out:
        out.write(json.dumps(collection, ensure_ascii=False).encode())
