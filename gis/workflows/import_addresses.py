"""A list of addresses with coordinates becomes part of the gazetteer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gis.sheets import ImportReport, RowFault
from gis.store.datum_fit import Witness
from gis.store.known_addresses import IMPORTED, KnownPlace, keep_known, regions_at
from gis.workflows.import_places import check_crs, report, sift, trial

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from gis.model import AsOf
    from gis.places import ListedAddress
    from gis.sheets import Sheet
    from gis.workflows.import_places import Choice


def import_addresses(
    connection: Connection, sheet: Sheet[ListedAddress], as_of: AsOf, choice: Choice
) -> ImportReport:
    """Keep addresses by their codes, each with the lowest region that holds its place.

    An address that came before in the list is left out with a note. One without a
    single letter is a fault. Without coordinates, or outside all
    regions, it is kept, with a note: it can be found, but nobody can be sent there. Raises BadInput
    where the addresses that are known already speak for another coordinate system.
    """
    check_crs(connection, sheet, lambda one: Witness("", "", one.text), as_of, choice)
    faults = [*sheet.faults, *_doubles(sheet), *_unread(sheet)]
    good, keep = sift(sheet, faults, choice)
    first = list({one.code: one for one in reversed(good)}.values())[::-1]
    regions = regions_at(connection, [one.point for one in first], as_of)
    placed = {one.code for one, region in zip(first, regions, strict=True) if region is not None}
    faults += _unplaced(sheet, placed)
    with trial(connection, keep=keep):
        changes = keep_known(connection, map(_known, first, regions))
    return report(sheet, faults, changes, keep=keep)


def _known(one: ListedAddress, region_id: int | None) -> KnownPlace:
    names = dict.fromkeys([*([one.name] if one.name else []), *one.aliases])
    return KnownPlace(
        f"{IMPORTED}:{one.code}", one.text, one.name, tuple(names), region_id, one.point
    )


def _doubles(sheet: Sheet[ListedAddress]) -> Iterator[RowFault]:
    first: dict[str, int] = {}
    for one in sheet.rows:
        before = first.setdefault(one.item.code, one.row)
        if before != one.row:
            yield RowFault(one.row, "row.double_address", {"before": before}, stops=False)


def _unread(sheet: Sheet[ListedAddress]) -> Iterator[RowFault]:
    """Numbers and signs alone name no place."""
    for one in sheet.rows:
        if one.item.text and not any(char.isalpha() for char in one.item.text + one.item.name):
            values: dict[str, str | int] = {"field": "text", "value": one.item.text[:40]}
            yield RowFault(one.row, "row.address_unread", values)


def _unplaced(sheet: Sheet[ListedAddress], placed: set[str]) -> Iterator[RowFault]:
    for one in sheet.rows:
        if one.item.code not in placed:
            key = "row.address_outside" if one.item.point else "row.address_without_place"
            yield RowFault(one.row, key, {}, stops=False)
