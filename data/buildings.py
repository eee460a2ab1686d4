"""Which buildings does a file list?"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from data.sheets import MANY, Asked, Cells, read_sheet
from gis.places import Building
from gis.sheets import Sheet

HEADINGS: Final = {
    "code": ("编码", "楼栋编码", "建筑编码", "code"),
    "name": ("名称", "楼栋名称", "楼栋", "name"),
    "aliases": ("别名", "曾用名", "俗称", "aliases"),
    "address": ("地址", "详细地址", "address"),
    "households": ("户数", "households"),
    "storeys": ("层数", "楼层数", "storeys"),
    "stairwells": ("单元数", "单元", "stairwells"),
    "compound_code": ("小区", "小区编码", "compound"),
    "grid_code": ("网格", "网格编码", "所属网格", "grid"),
}
NEEDED: Final = ("code", "name", "households")
MOST_HOUSEHOLDS: Final = 10_000
MOST_STOREYS: Final = 200
LONGEST_ADDRESS: Final = 300


def read_buildings(file: Path, asked: Asked) -> Sheet[Building]:
    """Read buildings: by point, by footprint, or by address alone."""
    return read_sheet(file, HEADINGS, NEEDED, asked, _building, located=True, limits=MANY)


def _building(cells: Cells) -> Building:
    households = cells.whole("households", most=MOST_HOUSEHOLDS)
    if not cells.text("households"):
        cells.wrong("row.missing", "households")
    return Building(
        cells.code("code", needed=True) or "",
        cells.text("name", needed=True),
        cells.text("address", LONGEST_ADDRESS),
        households or 0,
        cells.place.point,
        cells.place.shape,
        cells.whole("storeys", most=MOST_STOREYS),
        cells.whole("stairwells", most=MOST_STOREYS),
        cells.code("compound_code"),
        cells.code("grid_code"),
        cells.names("aliases"),
    )
