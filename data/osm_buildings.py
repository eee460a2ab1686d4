"""Which buildings does an OpenStreetMap file hold (.osm.pbf or .osm)?

What volunteers drew says where houses stand and often how many floors they have; seldom an address,
hardly ever how many households. So what a building doesn't say is not known, rather than nothing:
it never wipes out what lists said.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Final

from data.buildings import LONGEST_ADDRESS, MOST_HOUSEHOLDS, MOST_STOREYS
from data.sheets import LONGEST_TEXT, Asked, Cells, read_sheet
from gis.errors import BadFile
from gis.places import Building
from gis.sheets import RowFault, Sheet

HEADINGS: Final = {
    "way": ("osm_way_id",),
    "relation": ("osm_id",),
    "name": ("name",),
    "name_zh": ("name:zh",),
    "flats": ("building:flats",),
    "levels": ("building:levels",),
    "full": ("addr:full",),
    "street": ("addr:street",),
    "place": ("addr:place",),
    "number": ("addr:housenumber",),
    "house": ("addr:housename",),
    "unit": ("addr:unit",),
}
FIELDS: Final = frozenset({"name", "address", "storeys", "households", "point", "shape"})
_CHINESE: Final = re.compile("[\u4e00-\u9fff]")
_ENDS_IN_NUMBER: Final = re.compile(r"[0-9A-Za-z]$")


def read_osm_buildings(file: Path, asked: Asked) -> Sheet[Building]:
    """Every building of the file: its code is osm-w and the way's number, osm-r and a relation's.

    `asked.crs` and `asked.headings` say nothing here: OpenStreetMap is in WGS 84 and its tags are
    known. A building without a name has "". A footprint that isn't whole (the file is cut through
    it) is a fault of its row.
    """
    if asked.layer or asked.crs or asked.headings:
        raise BadFile("error.osm_options")
    sheet = read_sheet(file, HEADINGS, (), asked, _building, located=True)
    broken = {one.row for one in sheet.faults if one.stops}
    broken |= {one.row for one in sheet.rows if one.item.point is None}
    faults = [one for one in sheet.faults if one.row not in broken]
    faults += [
        RowFault(one.row, "row.osm_footprint", {"code": one.item.code})
        for one in sheet.rows
        if one.row in broken
    ]
    return replace(sheet, fields=FIELDS, faults=faults, silent_when_empty=True)


def _building(cells: Cells) -> Building:
    way = cells.text("way")
    code = f"osm-w{way}" if way else f"osm-r{cells.text('relation')}"
    address = address_of(cells)
    return Building(
        code,
        _house_name(cells)[:LONGEST_TEXT],
        address,
        _number(cells, "flats", MOST_HOUSEHOLDS) or 0,
        cells.place.point,
        cells.place.shape,
        _number(cells, "levels", MOST_STOREYS),
    )


def name_of(cells: Cells) -> str:
    """What it is called, in Chinese where that was written down."""
    given = cells.text("name")
    chinese = cells.text("name_zh")
    return chinese if chinese and not _CHINESE.search(given) else given


def _house_name(cells: Cells) -> str:
    return name_of(cells) or cells.text("house") or cells.text("unit") or cells.text("number")


def address_of(cells: Cells) -> str:
    """Road and door as people here write them; in other scripts as they stand.

    >>> from data.shapes import Place
    >>> tags = {"street": "滨河路", "number": "18"}
    >>> address_of(Cells(1, tags, Place()))
    '滨河路18号'
    """
    full = cells.text("full", LONGEST_ADDRESS)
    if full:
        return full[:LONGEST_ADDRESS]
    road, door = cells.text("street") or cells.text("place"), cells.text("number")
    if not (road and door):
        return ""
    if not _CHINESE.search(road):
        return f"{road} {door}"[:LONGEST_ADDRESS]
    return (road + door + ("号" if _ENDS_IN_NUMBER.search(door) and "号" not in door else ""))[
        :LONGEST_ADDRESS
    ]


def _number(cells: Cells, name: str, most: int) -> int | None:
    """A whole number; what isn't one (5;6, 5.5) is not said, with a note."""
    written = cells.text(name)
    if not written:
        return None
    if written.isascii() and written.isdigit() and int(written) <= most:
        return int(written)
    cells.wrong("row.osm_number", name, stops=False)
    return None
