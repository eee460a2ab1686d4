"""Compounds, buildings and facilities come in: checked against what is there, then kept or not.

An import is always carried out and then, unless it is to be kept, taken back: what the report says
is what would happen, to the row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import shapely

from gis.model import GRID, Point
from gis.places import Building, Compound
from gis.sheets import ImportReport, RowFault, Sheet, Stated, rows_left_out
from gis.store import keep_places, known_addresses
from gis.store.datum_fit import LOOKED_AT, Witness, check_fit
from gis.store.edition_lock import share_turn
from gis.store.homes import (
    Kind,
    grids_of_buildings,
    grids_of_places,
    keep_homes,
    pieces_of,
)
from gis.store.regions import codes_of, region_ids
from gis.store.tables.people import organisation
from gis.store.tables.places import building, compound
from gis.store.upserts import Changes, ids_by_code

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table

    from gis.model import AsOf
    from gis.places import Facility

T = TypeVar("T")
Drawn = TypeVar("Drawn", Building, Compound)


@dataclass(frozen=True, slots=True)
class Choice:
    """What to do: `commit` keeps the rows, `skip_bad` keeps the good ones and leaves the others.

    `trust_crs` takes coordinates as declared even where the rows' own words speak for another
    system.
    """

    commit: bool = False
    skip_bad: bool = False
    trust_crs: bool = False


ONLY_REPORT = Choice()
KEEP = Choice(commit=True)


@contextmanager
def trial(connection: Connection, *, keep: bool) -> Iterator[None]:
    """What is written inside stays if `keep`, else it is taken back at the end."""
    with connection.begin_nested() as inner:
        yield
        if not keep:
            inner.rollback()


def import_compounds(
    connection: Connection, sheet: Sheet[Compound], as_of: AsOf, choice: Choice
) -> ImportReport:
    """Keep compounds by code. A property company that isn't there is a fault."""
    companies = _known(connection, organisation, (one.item.property_company for one in sheet.rows))
    faults = (
        sheet.faults
        + list(doubles(sheet))
        + list(_unknown(sheet, "property_company", companies, "row.unknown_organisation"))
    )
    good, keep = sift(sheet, faults, choice)
    with trial(connection, keep=keep):
        changes = keep_places.keep_compounds(
            connection, good, sheet.fields, companies, silent_when_empty=sheet.silent_when_empty
        )
        if sheet.silent_when_empty:  # drawn by volunteers: nobody said which buildings are in it
            keep_places.take_buildings_in(connection, (one.code for one in good))
        if keep:
            _keep_addresses(connection, "compound", sheet, good, as_of)
    return report(sheet, faults, changes, keep=keep)


def import_buildings(
    connection: Connection, sheet: Sheet[Building], as_of: AsOf, choice: Choice
) -> ImportReport:
    """Keep buildings by code, and the grid each belongs to, found from its place.

    A building that nobody has located keeps the grid its source states. Where both are there and
    differ, the place decides, and the report says so. A compound that isn't there is a fault.
    Raises BadInput where codes, addresses and grids speak for another coordinate system.
    """
    as_of = share_turn(connection, as_of)
    check_crs(connection, sheet, _building_witness, as_of, choice)
    compounds = _known(connection, compound, (one.item.compound_code for one in sheet.rows))
    grids = _stated_grids(connection, sheet, as_of)
    faults = (
        sheet.faults
        + list(doubles(sheet))
        + list(_unknown(sheet, "compound_code", compounds, "row.unknown_compound"))
        + list(_unknown_grids(sheet, grids))
    )
    good, keep = sift(sheet, faults, choice)
    with trial(connection, keep=keep):
        changes = keep_places.keep_buildings(
            connection,
            good,
            sheet.fields,
            compounds,
            silent_when_empty=sheet.silent_when_empty,
        )
        where = keep_places.where_buildings_are(connection, (one.code for one in good))
        stated = {one.code: grids.get(one.grid_code or "") for one in good}
        if "grid_code" not in sheet.fields:
            stated = {}
        changes, found = _settle(connection, "building", where, stated, changes, as_of)
        if keep:
            _keep_addresses(connection, "building", sheet, good, as_of)
        located = codes_of(connection, filter(None, found.values()), as_of)
    faults += _differing(sheet, {code: located.get(grid or 0) for code, grid in found.items()})
    return report(sheet, faults, changes, keep=keep)


def within_regions(
    connection: Connection, sheet: Sheet[Drawn], as_of: AsOf
) -> tuple[Sheet[Drawn], int]:
    """The rows of a sheet whose place some region covers, and how many lie outside all: a file of a
    whole province holds more than the deployment's own. A compound's place is a point inside it.
    """
    points = [_place_of(one.item) for one in sheet.rows]
    regions = known_addresses.regions_at(connection, points, as_of)
    inside = [
        one
        for one, region, point in zip(sheet.rows, regions, points, strict=True)
        if region is not None or point is None
    ]
    return replace(sheet, rows=inside), len(sheet.rows) - len(inside)


def _place_of(one: Building | Compound) -> Point | None:
    if isinstance(one, Building):
        return one.point
    if one.shape is None:
        return None
    inside = shapely.point_on_surface(one.shape)
    return Point(inside.x, inside.y)


def import_facilities(
    connection: Connection, sheet: Sheet[Facility], as_of: AsOf, choice: Choice
) -> ImportReport:
    """Keep facilities by code, and the grid of each, found from its entrance or its building.

    Raises BadInput where buildings and addresses speak for another coordinate system.
    """
    as_of = share_turn(connection, as_of)
    check_crs(connection, sheet, _facility_witness, as_of, choice)
    buildings = _known(connection, building, (one.item.building_code for one in sheet.rows))
    faults = (
        sheet.faults
        + list(doubles(sheet))
        + list(_unknown(sheet, "building_code", buildings, "row.unknown_building"))
    )
    good, keep = sift(sheet, faults, choice)
    with trial(connection, keep=keep):
        changes = keep_places.keep_facilities(connection, good, sheet.fields, buildings)
        where = keep_places.where_facilities_are(connection, (one.code for one in good))
        inside = {one.code: one.building_code for one in good if one.building_code is not None}
        grids = grids_of_buildings(connection, inside.values(), as_of)
        stated = {code: grids.get(building_code) for code, building_code in inside.items()}
        changes, _ = _settle(connection, "facility", where, stated, changes, as_of)
        if keep:
            _keep_addresses(connection, "facility", sheet, good, as_of)
    return report(sheet, faults, changes, keep=keep)


def check_crs(
    connection: Connection,
    sheet: Sheet[T],
    witness_of: Callable[[T], Witness],
    as_of: AsOf,
    choice: Choice,
) -> None:
    """Do coordinates fit what the rows say in other words? Raises BadInput, before any is kept."""
    if choice.trust_crs:
        return
    items: list[Any] = [one.item for one in sheet.rows if getattr(one.item, "point", None)]
    some = items[:: max(1, len(items) // LOOKED_AT)]
    witnesses = [witness_of(one) for one in some]
    check_fit(connection, [one.point for one in some], sheet.crs_used, witnesses, as_of)


def _building_witness(one: Building) -> Witness:
    return Witness(f"building:{one.code}", one.grid_code or "", one.address)


def _facility_witness(one: Facility) -> Witness:
    inside = one.building_code
    return Witness(f"building:{inside}" if inside else f"facility:{one.code}", "", one.address)


def _keep_addresses(
    connection: Connection,
    kind: known_addresses.ThingKind,
    sheet: Sheet[Any],
    good: Sequence[Building | Compound | Facility],
    as_of: AsOf,
) -> None:
    """What was brought in can be found by its address and its names from now on."""
    codes = [one.code for one in good]
    if "aliases" in sheet.fields:
        names = {one.code: one.aliases for one in good}
        known_addresses.keep_aliases(connection, kind, names, as_of.known_at)
    known_addresses.keep_things(connection, as_of, kind, codes)
    if kind == "compound":  # what its buildings are called begins with its name
        within = keep_places.buildings_of_compounds(connection, codes)
        known_addresses.keep_things(connection, as_of, "building", within)
    if kind == "building":  # a compound is where its buildings are
        around = keep_places.compounds_of_buildings(connection, codes)
        known_addresses.keep_things(connection, as_of, "compound", around)


# ---- rows, good and bad -------------------------------------------------------------------------


def doubles(sheet: Sheet[Any]) -> Iterator[RowFault]:
    """A code that came before is a fault of the later row."""
    first: dict[str, int] = {}
    for one in sheet.rows:
        before = first.setdefault(one.item.code, one.row)
        if before != one.row:
            yield RowFault(one.row, "row.double_code", {"code": one.item.code, "before": before})


def sift(sheet: Sheet[T], faults: Iterable[RowFault], choice: Choice) -> tuple[list[T], bool]:
    """The items without a stopping fault, and whether what is asked for may be kept."""
    bad = rows_left_out(faults)
    good = [one.item for one in sheet.rows if one.row not in bad]
    return good, choice.commit and (choice.skip_bad or not bad)


def report(
    sheet: Sheet[Any], faults: Sequence[RowFault], changes: Changes, *, keep: bool
) -> ImportReport:
    """What happened, faults in the order of their rows."""
    return ImportReport(
        changes.added,
        changes.changed,
        changes.unchanged,
        sorted(faults, key=lambda fault: fault.row),
        len(rows_left_out(faults)),
        kept=keep,
    )


def _known(connection: Connection, target: Table, codes: Iterable[str | None]) -> dict[str, int]:
    return ids_by_code(connection, target, (code for code in codes if code is not None))


def _unknown(
    sheet: Sheet[Any], attribute: str, known: dict[str, int], key: str
) -> Iterator[RowFault]:
    for one in sheet.rows:
        code = getattr(one.item, attribute)
        if code is not None and code not in known:
            yield RowFault(one.row, key, {"code": code})


# ---- grids --------------------------------------------------------------------------------------


def _stated_grids(connection: Connection, sheet: Sheet[Building], as_of: AsOf) -> dict[str, int]:
    pairs = {(GRID, one.item.grid_code) for one in sheet.rows if one.item.grid_code is not None}
    return {code: number for (_, code), number in region_ids(connection, pairs, as_of).items()}


def _unknown_grids(sheet: Sheet[Building], grids: dict[str, int]) -> Iterator[RowFault]:
    """It stops the row only where nothing else says where the building is."""
    for one in sheet.rows:
        code = one.item.grid_code
        if code is not None and code not in grids:
            unlocated = one.item.point is None and one.item.shape is None
            yield RowFault(one.row, "row.unknown_grid", {"code": code}, stops=unlocated)


def _settle(
    connection: Connection,
    kind: Kind,
    where: dict[str, tuple[int, float | None, float | None]],
    stated: Mapping[str, int | None],
    changes: Changes,
    as_of: AsOf,
) -> tuple[Changes, dict[str, int | None]]:
    """Keep the home of each object; the changes with those that only moved, and the grids found.

    One without a place gets the stated grid, and keeps its home where nothing is stated. One whose
    place is in no grid gets the stated grid, too: coordinates may be off.
    """
    located = {
        code: (lon, lat)
        for code, (_, lon, lat) in where.items()
        if lon is not None and lat is not None
    }
    days, grids = grids_of_places(
        connection, list(located.values()), as_of.valid_on, as_of.known_at
    )
    nowhere: tuple[int | None, ...] = (None,) * len(days)
    on_days = dict(zip(located, zip(*grids, strict=True), strict=True))
    homes = {
        where[code][0]: pieces_of(
            days, [one or stated.get(code) for one in on_days.get(code, nowhere)]
        )
        for code in where
        if code in located or code in stated
    }
    moved = keep_homes(connection, kind, homes, as_of.known_at)
    codes = {number: code for code, (number, _, _) in where.items()}
    only_moved = {codes[number] for number in moved} - {*changes.added, *changes.changed}
    return (
        Changes(
            changes.added,
            tuple(sorted({*changes.changed, *only_moved})),
            changes.unchanged - len(only_moved),
        ),
        {code: owners[0] for code, owners in on_days.items()},
    )


def _differing(sheet: Sheet[Building], found: dict[str, str | None]) -> list[RowFault]:
    """Rows whose stated grid isn't the one their place is in: notes."""
    return [
        _difference(one, found[one.item.code])
        for one in sheet.rows
        if one.item.grid_code is not None
        and one.item.code in found
        and found[one.item.code] != one.item.grid_code
    ]


def _difference(one: Stated[Building], located: str | None) -> RowFault:
    stated = one.item.grid_code or ""
    if located is None:
        return RowFault(one.row, "row.outside_grids", {"stated": stated}, stops=False)
    values: dict[str, str | int] = {"stated": stated, "located": located}
    return RowFault(one.row, "row.grid_differs", values, stops=False)
