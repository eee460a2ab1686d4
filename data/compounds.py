"""Which compounds does a file list?"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from data.sheets import Asked, Cells, read_sheet, words_of
from gis.places import Compound, PropertyMode
from gis.sheets import Sheet

HEADINGS: Final = {
    "code": ("编码", "小区编码", "code"),
    "name": ("名称", "小区名称", "name"),
    "aliases": ("别名", "曾用名", "俗称", "aliases"),
    "address": ("地址", "address"),
    "property_mode": ("物业管理方式", "物业方式", "property_mode"),
    "property_company": ("物业公司", "物业公司编码", "property_company"),
    "is_old": ("老旧小区", "is_old"),
}
NEEDED: Final = ("code", "name", "property_mode")
MODES: Final = words_of(
    PropertyMode,
    {
        PropertyMode.COMPANY: "物业公司 专业物业",
        PropertyMode.COMMUNITY: "社区管理 社区组建",
        PropertyMode.SELF_MANAGED: "居民自管 自管",
        PropertyMode.NONE: "无物业 无",
    },
)


def read_compounds(file: Path, asked: Asked) -> Sheet[Compound]:
    """Read compounds, with their outlines where the file has shapes."""
    return read_sheet(file, HEADINGS, NEEDED, asked, _compound, located=True)


def _compound(cells: Cells) -> Compound:
    mode = cells.choice("property_mode", MODES, needed=True) or PropertyMode.NONE
    company = cells.code("property_company")
    if company is not None and mode is not PropertyMode.COMPANY:
        cells.wrong("row.company_without_mode", "property_company")
    return Compound(
        cells.code("code", needed=True) or "",
        cells.text("name", needed=True),
        cells.text("address"),
        cells.place.shape,
        mode,
        cells.yes("is_old"),
        company,
        cells.names("aliases"),
    )
