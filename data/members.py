"""Which members does a file list, and which posts do they hold? One row a post."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from data.sheets import Asked, Cells, read_sheet, words_of
from gis.people import (
    BuildingRef,
    Member,
    OrganisationRef,
    PostRole,
    RegionRef,
    StaffLine,
)
from gis.sheets import Sheet

HEADINGS: Final = {
    "code": ("编码", "人员编码", "工号", "code"),
    "name": ("姓名", "name"),
    "phone": ("电话", "工作电话", "联系电话", "phone"),
    "role": ("岗位", "职务", "role"),
    "grid": ("网格", "网格编码", "grid"),
    "level": ("层级", "区划层级", "level"),
    "region": ("区划", "区划代码", "region"),
    "building": ("楼栋", "楼栋编码", "building"),
    "organisation": ("组织", "组织编码", "单位", "organisation"),
    "since": ("起始", "起始日期", "任职日期", "since"),
    "until": ("截止", "截止日期", "离任日期", "until"),
    "responsible": ("责任", "责任人", "是否责任网格员", "responsible"),
}
NEEDED: Final = ("code", "name")
ROLES: Final = words_of(
    PostRole,
    {
        PostRole.GRID_MEMBER: "网格员 专职网格员",
        PostRole.PART_TIME_MEMBER: "兼职网格员",
        PostRole.GRID_INSTRUCTOR: "网格指导员",
        PostRole.GRID_HEAD: "网格长",
        PostRole.SUBSTITUTE: "代管人员 代管",
        PostRole.BUILDING_HEAD: "楼栋长",
        PostRole.BUILDING_AFFAIRS: "楼栋事务管理员",
        PostRole.BUILDING_SANITATION: "楼栋卫生管理员",
        PostRole.BUILDING_MEDIATOR: "楼栋治安调解员",
        PostRole.SECRETARY: "书记 主任 社区书记 村书记",
        PostRole.CLERK: "工作人员 社区工作人员 村工作人员",
        PostRole.PLANNER: "社区规划师",
        PostRole.LEGAL_AWARE_RESIDENT: "法律明白人",
        PostRole.DELEGATE: "两代表一委员",
        PostRole.DISPATCHER: "调度员",
        PostRole.SECTION_HEAD: "科室负责人",
        PostRole.HANDLING_PERSON: "承办人员 承办人",
    },
)
LONGEST_PHONE: Final = 40


def read_members(file: Path, asked: Asked) -> Sheet[StaffLine]:
    """Read members and their posts. Somebody with several posts has several rows."""
    return read_sheet(file, HEADINGS, NEEDED, asked, _line)


def _line(cells: Cells) -> StaffLine:
    member = Member(
        cells.code("code", needed=True) or "",
        cells.text("name", needed=True),
        cells.text("phone", LONGEST_PHONE),
    )
    role = cells.choice("role", ROLES)
    places = _places(cells)
    since, until = cells.moment("since"), cells.moment("until")
    responsible = cells.yes("responsible")
    if role is None and places and not cells.text("role"):
        cells.wrong("row.place_without_role", "role")
    if role is not None and len(places) != 1:
        cells.wrong("row.one_place", "role", places=len(places))
    elif responsible and not _may_be_responsible(role, places):
        cells.wrong("row.not_responsible", "responsible")
    if role is None or len(places) != 1:
        return StaffLine(member)
    return StaffLine(member, role, places[0], since, until, responsible)


def _places(cells: Cells) -> list[RegionRef | BuildingRef | OrganisationRef]:
    """Every place that the row names; a post has exactly one."""
    found: list[RegionRef | BuildingRef | OrganisationRef] = []
    if grid := cells.code("grid"):
        found.append(RegionRef("grid", grid))
    if region := cells.code("region"):
        found.append(RegionRef(cells.text("level") or "grid", region))
    if building := cells.code("building"):
        found.append(BuildingRef(building))
    if organisation := cells.code("organisation"):
        found.append(OrganisationRef(organisation))
    return found


def _may_be_responsible(
    role: PostRole | None, places: list[RegionRef | BuildingRef | OrganisationRef]
) -> bool:
    """Responsible is said of grid members in their grid only."""
    return role is PostRole.GRID_MEMBER and all(isinstance(one, RegionRef) for one in places)
