"""Commands about codes: what they would be by the rule. No code is changed here."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from api.boundary_commands import pair
from api.settings import Settings
from api.start import open_database
from api.terminal import tell
from data.outgoing import aside
from gis.codes import STANDARD, CodePattern
from gis.model import BEIJING, GRID, AsOf
from gis.store.codes import Proposal, proposed_codes

codes_app = typer.Typer(no_args_is_help=True, help="编码 codes: propose them by the rule")


@codes_app.callback()
def group() -> None:
    """编码 What codes would be by the rule."""


@codes_app.command("propose")
def propose(
    root: Annotated[str, typer.Option(help="LEVEL:CODE, such as community:500199001001")],
    level: Annotated[str, typer.Option(help="层级 the level to number")] = GRID,
    at: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="日期 as on this day (today)")
    ] = None,
    pattern: Annotated[
        str | None, typer.Option(help="本地编码 an own form, such as '{parent}-{number:02}'")
    ] = None,
    rule: Annotated[
        str | None, typer.Option(help="本地规则 a regular expression all own codes fit")
    ] = None,
    output: Annotated[Path | None, typer.Option(help="写成 CSV write a CSV file")] = None,
) -> None:
    """建议编码 Number the grids of a community west to east, north to south; changes nothing."""
    now = datetime.now(UTC)
    as_of = AsOf(at.date() if at else now.astimezone(BEIJING).date(), now)
    named = pair(root, ":", "error.root_option")
    own = CodePattern.of(pattern, rule) if pattern or rule else Settings().code_pattern()
    form = own or STANDARD
    with open_database() as engine, engine.connect() as connection:
        found = proposed_codes(connection, named, level, as_of, pattern=form)
    if output is not None:
        _write(found, output)
    else:
        for one in found:
            mark = " " if one.proposed in (one.code, None) else "*"
            print(f"{mark} {one.code:<20} {one.proposed or '-':<20} {one.kind.value:<10}{one.name}")
    differ = sum(one.proposed not in (one.code, None) for one in found)
    tell("codes.proposed", count=len(found), differ=differ)


def _write(found: list[Proposal], output: Path) -> None:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("code", "proposed", "kind", "name"))
    writer.writerows((one.code, one.proposed or "", one.kind.value, one.name) for one in found)
    with aside(output) as out:
        out.write(text.getvalue().encode("utf-8-sig"))
