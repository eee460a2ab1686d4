"""Which compounds does an OpenStreetMap file offer (.osm.pbf or .osm)?

Volunteers draw where people live as landuse=residential; where that has a name it is nearly always
that of a compound or an estate. Who looks after it they don't say: that stays as it is known.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

from data.osm_buildings import address_of, name_of
from data.sheets import LONGEST_TEXT, Asked, Cells, read_sheet
from gis.errors import BadFile
from gis.places import Compound, PropertyMode
from gis.sheets import RowFault, Sheet

HEADINGS: Final = {
    "way": ("osm_way_id",),
    "relation": ("osm_id",),
    "landuse": ("landuse",),
    "name": ("name",),
    "name_zh": ("name:zh",),
    "full": ("addr:full",),
    "street": ("addr:street",),
    "place": ("addr:place",),
    "number": ("addr:housenumber",),
}
FIELDS: Final = frozenset({"name", "address", "shape"})


def read_osm_compounds(file: Path, asked: Asked) -> Sheet[Compound]:
    """Every named residential area of the file; codes as of buildings (`read_osm_buildings`).

    One that isn't whole (the file is cut through it) is a fault of its row.
    """
    if asked.layer or asked.crs or asked.headings:
        raise BadFile("error.osm_options")
    sheet = read_sheet(file, HEADINGS, (), asked, _compound, located=True)
    broken = {one.row for one in sheet.faults if one.stops}
    broken |= {one.row for one in sheet.rows if one.item.shape is None}
    faults = [one for one in sheet.faults if one.row not in broken]
    faults += [
        RowFault(one.row, "row.osm_footprint", {"code": one.item.code})
        for one in sheet.rows
        if one.row in broken
    ]
    return replace(sheet, fields=FIELDS, faults=faults, silent_when_empty=True)


def _compound(cells: Cells) -> Compound:
    way = cells.text("way")
    code = f"osm-w{way}" if way else f"osm-r{cells.text('relation')}"
    name = name_of(cells)[:LONGEST_TEXT]
    return Compound(code, name, address_of(cells), cells.place.shape, PropertyMode.NONE)
