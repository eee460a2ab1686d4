"""`wangge audit`: how healthy boundaries are, and a draft that mends what it can."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from api.boundary_commands import pair
from api.start import open_database
from api.terminal import language, progress, tell
from data.outgoing import aside
from gis.audit import counts
from gis.editions import fault_key
from gis.errors import BadInput
from gis.model import BEIJING, AsOf, Level
from gis.store import levels, regions
from gis.workflows.audit_boundaries import Audited, audit_boundaries, repair_boundaries
from maps.audit_sheets import FaultLine, audit_csv, audit_geojson, audit_xlsx, repair_words
from maps.faults import fault_words
from maps.words import say

if TYPE_CHECKING:
    from sqlalchemy import Connection

Writer = Callable[[Sequence[FaultLine], str], bytes]
FORMS: Final[dict[str, Writer]] = {
    ".geojson": audit_geojson,
    ".xlsx": audit_xlsx,
    ".csv": audit_csv,
}
MOST_SHOWN: Final = 50  # faults on the terminal; --output writes them all


def audit(
    level: Annotated[str | None, typer.Option(help="层级 one level; without it all")] = None,
    root: Annotated[str | None, typer.Option(help="只查 LEVEL:CODE, only regions under it")] = None,
    at: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="某日 as of a day (today)")
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="写成 .geojson, .xlsx or .csv, all faults and notes")
    ] = None,
    repair: Annotated[
        str | None, typer.Option(help="修复，存为草案 name of a draft that mends what is safe")
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option(help="只修复 key of a fault to mend, may be repeated")
    ] = None,
) -> None:
    """边界体检 Audit boundaries in force; exit code 1 when there are faults."""
    write = _writer(output)
    now = datetime.now(BEIJING)
    if repair and at:
        raise BadInput("error.repair_past")
    as_of = AsOf(at.date() if at else now.date(), now)
    with open_database(writes_much=bool(repair)) as engine, engine.begin() as connection:
        root_id = _root(connection, root, as_of)
        chosen = _levels(connection, level)
        if repair and len(chosen) != 1:
            raise BadInput("error.repair_one_level")
        lines, faults = [], 0
        for one in chosen:
            with progress("audit.sheet", None):
                audited = audit_boundaries(connection, one, root_id, as_of, now)
            faults += _show(audited)
            lines += _lines(audited)
        if repair:
            _repair(connection, audited, root_id, repair, only, as_of)
    _show_lines(lines)
    if output is not None and write is not None:
        with aside(output) as out:
            out.write(write(lines, language()))
        tell("audit.written", count=len(lines), file=output)
    if faults and not repair:
        raise typer.Exit(1)


def _writer(output: Path | None) -> Writer | None:
    if output is None:
        return None
    if output.suffix.lower() not in FORMS:
        raise BadInput("error.audit_form")
    return FORMS[output.suffix.lower()]


def _root(connection: Connection, root: str | None, as_of: AsOf) -> int | None:
    if root is None:
        return None
    return regions.region_id_of(connection, *pair(root, ":", "error.root_option"), as_of)


def _levels(connection: Connection, code: str | None) -> list[Level]:
    if code is not None:
        return [levels.level_of(connection, code)]
    return levels.all_levels(connection)


def _show(audited: Audited) -> int:
    """The counts of one level; how many faults there are, notes aside."""
    if not audited.rows:
        return 0
    by_kind = counts(audited.faults)
    faults = sum(one for one, _ in by_kind.values())
    notes = sum(two for _, two in by_kind.values())
    tell(
        "audit.level_line",
        level=audited.level.name,
        regions=len(audited.rows),
        faults=faults,
        notes=notes,
    )
    for kind, (faulty, noted) in by_kind.items():
        words = say(language(), f"audit.kind.{kind.value}")
        tell("audit.count_line", kind=words, faults=faulty, notes=noted)
    return faults


def _lines(audited: Audited) -> list[FaultLine]:
    repairs = audited.repairs()
    keyed = ((fault_key(one), one) for one in audited.faults)
    return [FaultLine(audited.level.code, key, one, repairs.get(key)) for key, one in keyed]


def _show_lines(lines: Sequence[FaultLine]) -> None:
    stopping = [line for line in lines if not line.fault.tolerated]
    for line in stopping[:MOST_SHOWN]:
        print(f"  {line.key}  {fault_words(language(), line.fault)}")
        if line.repair:
            tell("audit.repair_line", what=repair_words(language(), line.repair))
    if len(stopping) > MOST_SHOWN:
        tell("audit.more", count=len(stopping) - MOST_SHOWN)


def _repair(
    connection: Connection,
    audited: Audited,
    root_id: int | None,
    name: str,
    only: list[str] | None,
    as_of: AsOf,
) -> None:
    made = repair_boundaries(
        connection, audited, root_id, name, valid_from=as_of.valid_on, keys=only
    )
    tell("audit.repaired", edition=name, count=len(made.taken), left=len(made.left))
