"""What OpenStreetMap says of any named area, and how the areas of a file are read.

It is in WGS 84 and its tags are known: nobody states a system or columns. A code is osm-w and the
way's number, osm-r and a relation's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, TypeVar

from data.buildings import LONGEST_ADDRESS
from data.sheets import Asked, Cells, read_sheet
from gis.errors import BadFile
from gis.places import Building, Compound
from gis.sheets import RowFault, Sheet

HEADINGS: Final = {
    "way": ("osm_way_id",),
    "relation": ("osm_id",),
    "name": ("name",),
    "name_zh": ("name:zh",),
    "full": ("addr:full",),
    "street": ("addr:street",),
    "place": ("addr:place",),
    "number": ("addr:housenumber",),
}
_CHINESE: Final = re.compile("[\u4e00-\u9fff]")
_ENDS_IN_NUMBER: Final = re.compile(r"[0-9A-Za-z]$")

Area = TypeVar("Area", Building, Compound)


def read_areas(
    file: Path,
    asked: Asked,
    headings: Mapping[str, Sequence[str]],
    fields: frozenset[str],
    area_of: Callable[[Cells], Area],
    is_whole: Callable[[Area], bool],
) -> Sheet[Area]:
    """The areas of a file; one that isn't whole (the file is cut through it) is a fault of its row.

    Raises BadFile where a layer, a system or columns are asked for.
    """
    if asked.layer or asked.crs or asked.headings:
        raise BadFile("error.osm_options")
    sheet = read_sheet(file, headings, (), asked, area_of, located=True)
    broken = {one.row for one in sheet.faults if one.stops}
    broken |= {one.row for one in sheet.rows if not is_whole(one.item)}
    faults = [one for one in sheet.faults if one.row not in broken]
    faults += [
        RowFault(one.row, "row.osm_footprint", {"code": one.item.code})
        for one in sheet.rows
        if one.row in broken
    ]
    return replace(sheet, fields=fields, faults=faults, silent_when_empty=True)


def code_of(cells: Cells) -> str:
    """Its code among ours."""
    way = cells.text("way")
    return f"osm-w{way}" if way else f"osm-r{cells.text('relation')}"


def name_of(cells: Cells) -> str:
    """What it is called, in Chinese where that was written down."""
    given = cells.text("name")
    chinese = cells.text("name_zh")
    return chinese if chinese and not _CHINESE.search(given) else given


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
