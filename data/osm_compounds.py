"""Which compounds does an OpenStreetMap file offer (.osm.pbf or .osm)?

Volunteers draw where people live as landuse=residential; where that has a name it is nearly always
that of a compound or an estate. Who looks after it they don't say: that stays as it is known.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from data import osm_areas
from data.osm_areas import address_of, code_of, name_of, read_areas
from data.sheets import LONGEST_TEXT, Asked, Cells
from gis.places import Compound, PropertyMode
from gis.sheets import Sheet

HEADINGS: Final = {**osm_areas.HEADINGS, "landuse": ("landuse",)}
FIELDS: Final = frozenset({"name", "address", "shape"})


def read_osm_compounds(file: Path, asked: Asked) -> Sheet[Compound]:
    """Every named residential area of the file, read as any area is (`osm_areas.read_areas`)."""
    return read_areas(file, asked, HEADINGS, FIELDS, _compound, lambda one: one.shape is not None)


def _compound(cells: Cells) -> Compound:
    name = name_of(cells)[:LONGEST_TEXT]
    return Compound(code_of(cells), name, address_of(cells), cells.place.shape, PropertyMode.NONE)
