"""Which organisations does a file list, and what is each competent for?"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from data.sheets import Asked, Cells, read_sheet, words_of
from gis.governance.rulebook import rulebook
from gis.people import Organisation, OrganisationKind, RegionRef
from gis.sheets import Sheet

HEADINGS: Final = {
    "code": ("编码", "组织编码", "code"),
    "name": ("名称", "组织名称", "name"),
    "kind": ("类型", "组织类型", "kind"),
    "level": ("层级", "区划层级", "level"),
    "region": ("所属区划", "区划代码", "region"),
    "parent": ("上级", "上级编码", "parent"),
    "duty_phone": ("值班电话", "电话", "duty_phone"),
    "handles": ("承办类型", "handles"),
}
NEEDED: Final = ("code", "name", "kind", "level", "region")
KINDS: Final = words_of(
    OrganisationKind,
    {
        OrganisationKind.DEPARTMENT: "职能部门 部门",
        OrganisationKind.HANDLING_UNIT: "承办单位",
        OrganisationKind.HANDLING_SECTION: "承办科室 科室",
        OrganisationKind.SUBDISTRICT_OFFICE: "街道办事处 镇政府 乡政府",
        OrganisationKind.RESIDENTS_COMMITTEE: "居委会 居民委员会",
        OrganisationKind.VILLAGERS_COMMITTEE: "村委会 村民委员会",
        OrganisationKind.OWNERS_COMMITTEE: "业委会 业主委员会",
        OrganisationKind.COUNCIL: "议事会 理事会 协商委员会",
        OrganisationKind.PROPERTY_COMPANY: "物业公司",
        OrganisationKind.RESIDENT_UNIT: "驻区单位",
        OrganisationKind.PARTY_ALLIANCE: "党建联盟",
    },
)
LONGEST_PHONE: Final = 40
_BETWEEN: Final = re.compile(r"[,，;；|、\s]+")


def read_organisations(file: Path, asked: Asked) -> Sheet[Organisation]:
    """Read organisations: what each is, for which region it acts, under whom it stands."""
    return read_sheet(file, HEADINGS, NEEDED, asked, _organisation)


def _organisation(cells: Cells) -> Organisation:
    return Organisation(
        cells.code("code", needed=True) or "",
        cells.text("name", needed=True),
        cells.choice("kind", KINDS, needed=True) or OrganisationKind.DEPARTMENT,
        RegionRef(cells.text("level", needed=True), cells.code("region", needed=True) or ""),
        cells.code("parent"),
        cells.text("duty_phone", LONGEST_PHONE),
        _handles(cells),
    )


def _handles(cells: Cells) -> tuple[str, ...]:
    """Codes of handler kinds, each given by its code or by its name, in the order of the rules.

    Names may hold the sign that parts them (社会组织、志愿者队伍): whole names are taken first.
    """
    written = cells.text("handles")
    found = set()
    for code, kind in rulebook().handlers.items():
        if kind.name.zh in written:
            found.add(code)
            written = written.replace(kind.name.zh, " ")
    left = {one for one in _BETWEEN.split(written) if one}
    known = rulebook().handlers.keys()
    if left - known:
        cells.wrong("row.unknown_handler", "handles")
    found |= left & known
    return tuple(code for code in known if code in found)
