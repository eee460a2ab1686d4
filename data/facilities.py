"""Which facilities does a file list?"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from data.sheets import Asked, Cells, read_sheet, words_of
from gis.facility_kinds import facility_kinds
from gis.places import Facility, FacilityStatus, ServingLevel
from gis.sheets import Sheet

HEADINGS: Final = {
    "code": ("编码", "设施编码", "code"),
    "kind": ("类型", "设施类型", "kind"),
    "name": ("名称", "设施名称", "name"),
    "status": ("状态", "status"),
    "level": ("服务层级", "层级", "level"),
    "floor_area_m2": ("建筑面积", "floor_area"),
    "land_area_m2": ("用地面积", "land_area"),
    "hours": ("开放时间", "服务时间", "hours"),
    "aliases": ("别名", "曾用名", "俗称", "aliases"),
    "address": ("地址", "address"),
    "building_code": ("楼栋", "楼栋编码", "building"),
}
NEEDED: Final = ("code", "kind", "name", "status")
STATUSES: Final = words_of(
    FacilityStatus,
    {
        FacilityStatus.PLANNED: "规划",
        FacilityStatus.BUILDING: "在建",
        FacilityStatus.OPEN: "开放 在用",
        FacilityStatus.IDLE: "闲置",
        FacilityStatus.CLOSED: "停用 关闭",
    },
)
LEVELS: Final = words_of(
    ServingLevel,
    {
        ServingLevel.COUNTY: "区县",
        ServingLevel.SUBDISTRICT: "街道 乡镇",
        ServingLevel.COMMUNITY: "社区 村",
        ServingLevel.COMPOUND: "小区",
        ServingLevel.CIRCLE_15: "十五分钟生活圈 15分钟生活圈",
        ServingLevel.CIRCLE_10: "十分钟生活圈 10分钟生活圈",
        ServingLevel.CIRCLE_5: "五分钟生活圈 5分钟生活圈",
        ServingLevel.BLOCK: "居住街坊",
    },
)


def read_facilities(file: Path, asked: Asked) -> Sheet[Facility]:
    """Read facilities: by their entrance, or by the building they are in."""
    return read_sheet(file, HEADINGS, NEEDED, asked, _facility, located=True)


def _facility(cells: Cells) -> Facility:
    return Facility(
        cells.code("code", needed=True) or "",
        _kind(cells),
        cells.text("name", needed=True),
        cells.choice("status", STATUSES, needed=True) or FacilityStatus.PLANNED,
        cells.place.point,
        cells.choice("level", LEVELS),
        cells.number("floor_area_m2"),
        cells.number("land_area_m2"),
        cells.text("hours"),
        cells.text("address"),
        cells.code("building_code"),
        cells.names("aliases"),
    )


def _kind(cells: Cells) -> str:
    """The code of a kind, given by its code or its name."""
    kinds = facility_kinds()
    written = cells.text("kind", needed=True)
    by_name = {one.name: code for code, one in kinds.items()}
    code = written if written in kinds else by_name.get(written)
    if code is None and written:
        cells.wrong("row.unknown_kind", "kind")
    return code or ""
