"""`wangge locate`: a file of places goes in, the same file with the owners of each comes out."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import numpy as np
import typer

from api.settings import Settings
from api.start import open_database
from api.terminal import Step, language, progress, tell
from data import addresses
from data.csv_rows import Record
from data.points import PointChunk, PointFile, read_points, write_points
from gis.coordinates import parse_crs
from gis.locating import DEFAULT_ACCURACY_M, MOST_REACH_M, Method
from gis.model import BEIJING, AsOf, Point
from gis.store import levels, regions
from gis.store.codes_of_many import codes_of_many, index_codes
from gis.store.datum_fit import LOOKED_AT, Witness, check_fit
from gis.store.measured_many import index_day, measure_many
from gis.store.nearest_many import Nearest, nearest_buildings, nearest_staffed
from gis.workflows.keep_tiling import kept_tiling
from maps.words import say

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from gis.store.codes_of_many import CodeIndex
    from gis.store.locating_many import ManyLocated
    from gis.tiling_index import TilingIndex

AFTER_LEVELS: Final = ("method", "confidence", "edge_m", "edition", "error")
# Headings of columns that say where a row is: a building's code, a grid's, names and addresses.
SAYING: Final = (
    frozenset({"楼栋编码", "building"}),
    frozenset({"网格编码", "所属网格", "grid"}),
    frozenset({"区县", "街道", "乡镇", "社区", "村", *addresses.HEADINGS["text"]}),
)
LONGEST_WORDS: Final = 300
AT_ONCE: Final = 100_000  # rows located together: enough to make a join of them, small in memory
INDEXED_AFTER: Final = 200_000  # rows: by then the database has cost what making an index costs


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is nearest, within so many metres; None: not asked for."""

    building_m: float | None = None
    member_m: float | None = None

    def names(self) -> list[str]:
        """The columns that tell it."""
        building = [] if self.building_m is None else ["nearest_building", "building_m"]
        member = [] if self.member_m is None else ["nearest_member_grid", "member_grid_m"]
        return building + member


NOTHING_NEAR: Final = Wanted()


@dataclass
class Tally:
    """How many rows there were, how many found an owner, how many couldn't be read."""

    rows: int = 0
    placed: int = 0
    bad: int = 0


def locate(
    file: Annotated[Path, typer.Argument(help="CSV 或 CSV.gz")],
    lon: Annotated[str, typer.Option(help="经度列 column of the longitude or easting")],
    lat: Annotated[str, typer.Option(help="纬度列 column of the latitude or northing")],
    crs: Annotated[str, typer.Option(help="坐标系 wgs84, cgcs2000, gcj02, bd09 or EPSG:n")],
    output: Annotated[Path, typer.Option(help="结果文件 where the result goes")],
    accuracy: Annotated[
        str | None, typer.Option(help="误差列 column of the error radius, m")
    ] = None,
    at: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="按哪天 as it stood then (today)")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="覆盖 overwrite the result file")] = False,
    trust_crs: Annotated[
        bool, typer.Option("--trust-crs", help="坐标系已核对 the coordinate system was checked")
    ] = False,
    codes_only: Annotated[
        bool,
        typer.Option("--codes-only", help="只要编码 codes alone: nothing measured, far quicker"),
    ] = False,
    nearest_building: Annotated[
        float | None,
        typer.Option(min=1, max=MOST_REACH_M, help="最近楼栋 nearest building within METRES"),
    ] = None,
    nearest_member: Annotated[
        float | None,
        typer.Option(
            min=1, max=MOST_REACH_M, help="最近有人网格 nearest grid with a member within METRES"
        ),
    ] = None,
) -> None:
    """定位 Find the regions of every place in a CSV file, one column a level.

    坐标有误的行保留原样，error 列写明原因。 A row with bad coordinates stays and says why.
    """
    settings = Settings()  # knows the deployment's own systems
    now = datetime.now(UTC)
    as_of = AsOf(at.date() if at else now.astimezone(BEIJING).date(), now)
    points = read_points(file, lon, lat, accuracy, crs=parse_crs(crs))
    with open_database(settings) as engine, engine.connect() as connection:
        if not trust_crs:
            check_points(connection, points, as_of)
        kept = kept_tiling(settings.tiling_folder())
        if kept is not None and not kept.stamp.holds_on(as_of.valid_on):
            kept = None
        answer = code_file if codes_only else locate_file
        nearest = Wanted(nearest_building, nearest_member)
        tally = answer(connection, points, as_of, output, nearest, kept=kept, force=force)
    tell("locate.done", file=output, rows=tally.rows, placed=tally.placed, bad=tally.bad)


def locate_file(
    connection: Connection,
    points: PointFile,
    as_of: AsOf,
    output: Path,
    nearest: Wanted = NOTHING_NEAR,
    *,
    kept: TilingIndex | None = None,
    force: bool = False,
) -> Tally:
    """Write `points` to `output` with the owners of each row; the file appears whole or not at all.

    One column a level that has regions on the day, holding the region's code, then method,
    confidence (share of the error disc, 30 m where no accuracy is given), edge_m, edition, error,
    and what is nearest if it is asked for.
    """
    named, tally = _levels_named(connection, as_of), Tally()
    with progress("locate.reading", None) as step:
        answered = _answered(connection, points, as_of, named, nearest, kept, tally, step)
        names = [*named, *AFTER_LEVELS, *nearest.names()]
        write_points(points, output, names, answered, force=force)
    return tally


def code_file(
    connection: Connection,
    points: PointFile,
    as_of: AsOf,
    output: Path,
    nearest: Wanted = NOTHING_NEAR,
    *,
    kept: TilingIndex | None = None,
    force: bool = False,
) -> Tally:
    """Write `points` to `output` with the codes of each row's regions, one column a level, and
    error; the same codes as `locate_file`. The file appears whole or not at all.
    """
    named, tally = _levels_named(connection, as_of), Tally()
    with progress("locate.reading", None) as step:
        answered = _coded(connection, points, as_of, named, nearest, kept, tally, step)
        names = [*named, "error", *nearest.names()]
        write_points(points, output, names, answered, force=force)
    return tally


def _levels_named(connection: Connection, as_of: AsOf) -> list[str]:
    """Codes of the levels that have regions on the day."""
    counts = regions.level_counts(connection, as_of)
    return [one.code for one in levels.all_levels(connection) if one.code in counts]


def check_points(connection: Connection, points: PointFile, as_of: AsOf) -> None:
    """Do coordinates fit the addresses, buildings and regions in the file's other columns?

    Looks at the first `AT_ONCE` rows; without such columns, at the regions and the buildings they
    lie in. Raises BadInput where they speak for another system.
    """
    columns = [
        [n for n, name in enumerate(points.file.columns) if name.strip().lower() in known]
        for known in SAYING
    ]
    first = next(points.chunks(AT_ONCE), None)
    if first is None:
        return
    step = max(1, len(first) // LOOKED_AT)
    some = [n for n in range(0, len(first), step) if n not in first.errors]
    witnesses = [_witness(points, first.records[n], columns) for n in some]
    places: list[Point | None] = [Point(float(first.lon[n]), float(first.lat[n])) for n in some]
    check_fit(connection, places, points.crs, witnesses, as_of)


def _witness(points: PointFile, record: Record, columns: list[list[int]]) -> Witness:
    fields, _ = points.file.usable(record)
    thing, grid, words = (
        "".join(points.file.decoded(fields[n]).strip() for n in places) for places in columns
    )
    return Witness(f"building:{thing}" if thing else "", grid, words[:LONGEST_WORDS])


def _answered(
    connection: Connection,
    points: PointFile,
    as_of: AsOf,
    named: list[str],
    nearest: Wanted,
    kept: TilingIndex | None,
    tally: Tally,
    step: Step,
) -> Iterator[tuple[PointChunk, list[list[str]]]]:
    """Chunks with all that is measured, by the database or by indexes as in `_coded`."""
    day = None
    for chunk in points.chunks(AT_ONCE):
        if day is None and (kept is not None or tally.rows >= INDEXED_AFTER):
            day = index_day(connection, as_of, kept)
        radius = np.where(np.isnan(chunk.accuracy_m), DEFAULT_ACCURACY_M, chunk.accuracy_m)
        found = measure_many(connection, chunk.lon, chunk.lat, radius, as_of, day)
        near = _near(connection, nearest, as_of, chunk)
        connection.rollback()  # nothing to keep: only temporary tables
        tally.rows += len(chunk)
        tally.bad += len(chunk.errors)
        tally.placed += sum(method is not Method.OUTSIDE for method in found.method)
        yield chunk, [*_columns(found, chunk, named), *near]
        step(tally.rows)


def _coded(
    connection: Connection,
    points: PointFile,
    as_of: AsOf,
    named: list[str],
    nearest: Wanted,
    kept: TilingIndex | None,
    tally: Tally,
    step: Step,
) -> Iterator[tuple[PointChunk, list[list[str]]]]:
    """Chunks with their codes: small files by the database, what comes after by indexes."""
    indexes: list[CodeIndex] = []
    for chunk in points.chunks(AT_ONCE):
        if not indexes and (kept is not None or tally.rows >= INDEXED_AFTER):
            indexes = index_codes(connection, as_of, kept)
        codes = codes_of_many(connection, chunk.lon, chunk.lat, as_of, indexes)
        near = _near(connection, nearest, as_of, chunk)
        connection.rollback()  # nothing to keep: only temporary tables
        columns = [["" if code is None else code for code in codes[level]] for level in named]
        tally.rows += len(chunk)
        tally.bad += len(chunk.errors)
        tally.placed += sum(map(any, zip(*columns, strict=True)))
        yield chunk, [*columns, _errors(chunk), *near]
        step(tally.rows)


def _near(
    connection: Connection, wanted: Wanted, as_of: AsOf, chunk: PointChunk
) -> list[list[str]]:
    """The columns of what is nearest."""
    columns: list[list[str]] = []
    if wanted.building_m is not None:
        reach_m = wanted.building_m
        columns += _told(nearest_buildings(connection, chunk.lon, chunk.lat, reach_m=reach_m))
    if wanted.member_m is not None:
        reach_m = wanted.member_m
        columns += _told(nearest_staffed(connection, chunk.lon, chunk.lat, as_of, reach_m=reach_m))
    return columns


def _told(found: Nearest) -> list[list[str]]:
    metres = ["" if math.isnan(one) else f"{one:.2f}" for one in found.metres.tolist()]
    return [[code or "" for code in found.codes], metres]


def _errors(chunk: PointChunk) -> list[str]:
    bad, rows = chunk.errors, range(len(chunk))
    return [say(language(), bad[n], lat="…") if n in bad else "" for n in rows]


def _columns(found: ManyLocated, chunk: PointChunk, named: list[str]) -> list[list[str]]:
    bad = chunk.errors
    owners = [[code or "" for code in found.codes[level]] for level in named]
    rows = range(len(chunk))
    return [
        *owners,
        ["" if n in bad else found.method[n].value for n in rows],
        ["" if n in bad else f"{found.confidence[n]:.4f}" for n in rows],
        ["" if edge is None else f"{edge:.2f}" for edge in found.edge_m],
        [edition or "" for edition in found.edition],
        _errors(chunk),
    ]
