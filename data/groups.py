"""Which buildings belong together, by a list: 村民小组, 院落, or whatever a grid mustn't part?"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from data.sheets import Asked, Cells, read_sheet
from gis.errors import BadInput

HEADINGS: Final = {
    "building": ("楼栋编码", "房屋编码", "编码", "building", "code"),
    "group": ("村民小组", "院落", "小组", "组", "group"),
}
NEEDED: Final = ("building", "group")


def read_groups(file: Path, asked: Asked = Asked()) -> dict[str, str]:  # noqa: B008 - frozen
    """The group of each building, by the building's code.

    Raises BadInput where rows can't be read, or a building stands in two groups; BadFile as any
    list does.
    """
    sheet = read_sheet(file, HEADINGS, NEEDED, asked, _pair)
    if sheet.faults:
        raise BadInput("error.groups_row", row=sheet.faults[0].row, count=len(sheet.faults))
    groups: dict[str, str] = {}
    for row, (building, group) in ((one.row, one.item) for one in sheet.rows):
        if groups.setdefault(building, group) != group:
            raise BadInput("error.groups_two", row=row, building=building)
    return groups


def _pair(cells: Cells) -> tuple[str, str]:
    return cells.code("building", needed=True) or "", cells.text("group", needed=True)
