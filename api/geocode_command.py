"""`wangge geocode`: a file of addresses goes in, the same file with the place of each comes out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from api.addresses import LONGEST_ADDRESS, judged
from api.start import open_database
from api.terminal import Step, language, progress, tell
from data.address_files import AddressChunk, AddressFile, read_address_file, write_addresses
from gis.model import BEIJING, AsOf
from gis.store.geocoding import Geocoded, geocode
from maps.words import say

if TYPE_CHECKING:
    from sqlalchemy import Connection

AT_ONCE: Final = 2_000
COLUMNS: Final = (
    "standard", "elements", "level", "score", "place_kind", "place_code", "place_address",
    "place_lon", "place_lat", "place_radius_m", "grid", "region", "relation", "candidates", "error",
)  # fmt: skip


@dataclass
class Tally:
    """How many rows there were, how many have one place, a list, a fault."""

    rows: int = 0
    placed: int = 0
    listed: int = 0
    bad: int = 0


def command(
    file: Annotated[Path, typer.Argument(help="CSV 或 CSV.gz")],
    address: Annotated[str, typer.Option(help="地址列 column of the address")],
    output: Annotated[Path, typer.Option(help="结果文件 where the result goes")],
    force: Annotated[bool, typer.Option("--force", help="覆盖 overwrite the result file")] = False,
) -> None:
    """地址匹配 Find the place of every address in a CSV file: one sure place, or candidates.

    有误的行保留原样，error 列写明原因。 A bad row stays as it is and says why.
    """
    now = datetime.now(UTC)
    as_of = AsOf(now.astimezone(BEIJING).date(), now)
    addresses = read_address_file(file, address)
    with open_database() as engine, engine.connect() as connection:
        tally = geocode_file(connection, addresses, as_of, output, force=force)
    tell(
        "geocode.done",
        file=output,
        rows=tally.rows,
        placed=tally.placed,
        listed=tally.listed,
        bad=tally.bad,
    )


def geocode_file(
    connection: Connection, file: AddressFile, as_of: AsOf, output: Path, *, force: bool = False
) -> Tally:
    """Write a file of addresses with what each means; it appears whole or not at all.

    `elements` are type codes with values (41:滨河路 50:18附3), `candidates` codes with scores.
    Without a place nothing is filled in but the deepest region that is sure.
    """
    tally = Tally()
    with progress("geocode.reading", None) as step:
        answered = _answered(connection, file, as_of, tally, step)
        write_addresses(file, output, COLUMNS, answered, force=force)
    return tally


def _answered(
    connection: Connection, file: AddressFile, as_of: AsOf, tally: Tally, step: Step
) -> Iterator[tuple[AddressChunk, list[list[str]]]]:
    for chunk in file.chunks(AT_ONCE):
        every = [
            ("", fault) if fault else judged(one)
            for one, fault in zip(chunk.texts, chunk.faults, strict=True)
        ]
        good = geocode(connection, [one for one, fault in every if not fault], as_of)
        found = iter(good)
        lines = [_faulty(fault) if fault else _cells(next(found)) for _, fault in every]
        tally.rows += len(lines)
        tally.bad += sum(bool(fault) for _, fault in every)
        tally.placed += sum(one.place is not None for one in good)
        tally.listed += sum(one.place is None and bool(one.candidates) for one in good)
        yield chunk, [list(column) for column in zip(*lines, strict=True)]
        step(tally.rows)


def _faulty(fault: str) -> Sequence[str]:
    return [*[""] * (len(COLUMNS) - 1), say(language(), fault, most=LONGEST_ADDRESS)]


def _cells(one: Geocoded) -> Sequence[str]:
    match, place = one.match, one.place
    elements = (f"{part.kind.type_code}:{part.value}" for part in match.address.elements)
    candidates = (f"{c.thing.kind}:{c.thing.code} {c.score:.2f}" for c in one.candidates)
    lowest = one.regions[-1] if one.regions else None
    return [
        one.standard,
        " ".join(elements),
        match.level.value if match.level else "",
        f"{match.score:.4f}",
        place.kind if place else "",
        place.code if place else "",
        place.address if place else "",
        _number(place.lon) if place else "",
        _number(place.lat) if place else "",
        f"{place.radius_m:.0f}" if place and place.radius_m is not None else "",
        one.grid.code if one.grid else "",
        f"{lowest.level}:{lowest.code}" if lowest else "",
        match.address.relation,
        "; ".join(candidates) if place is None else "",
        "",
    ]


def _number(degrees: float | None) -> str:
    return "" if degrees is None else f"{degrees:.7f}"
