"""Which buildings does an OpenStreetMap file hold (.osm.pbf or .osm)?

What volunteers drew says where houses stand and often how many floors they have; seldom an address,
hardly ever how many households. So what a building doesn't say is not known, rather than nothing:
it never wipes out what lists said.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from data import osm_areas
from data.buildings import MOST_HOUSEHOLDS, MOST_STOREYS
from data.osm_areas import address_of, code_of, name_of, read_areas
from data.sheets import LONGEST_TEXT, Asked, Cells
from gis.places import Building
from gis.sheets import Sheet

HEADINGS: Final = {
    **osm_areas.HEADINGS,
    "flats": ("building:flats",),
    "levels": ("building:levels",),
    "house": ("addr:housename",),
    "unit": ("addr:unit",),
}
FIELDS: Final = frozenset({"name", "address", "storeys", "households", "point", "shape"})


def read_osm_buildings(file: Path, asked: Asked) -> Sheet[Building]:
    """Every building of the file, read as any area is (`osm_areas.read_areas`); "" where it has no
    name.
    """
    return read_areas(file, asked, HEADINGS, FIELDS, _building, lambda one: one.point is not None)


def _building(cells: Cells) -> Building:
    return Building(
        code_of(cells),
        _house_name(cells)[:LONGEST_TEXT],
        address_of(cells),
        _number(cells, "flats", MOST_HOUSEHOLDS) or 0,
        cells.place.point,
        cells.place.shape,
        _number(cells, "levels", MOST_STOREYS),
    )


def _house_name(cells: Cells) -> str:
    return name_of(cells) or cells.text("house") or cells.text("unit") or cells.text("number")


def _number(cells: Cells, name: str, most: int) -> int | None:
    """A whole number; what isn't one (5;6, 5.5) is not said, with a note."""
    written = cells.text(name)
    if not written:
        return None
    if written.isascii() and written.isdigit() and int(written) <= most:
        return int(written)
    cells.wrong("row.osm_number", name, stops=False)
    return None
