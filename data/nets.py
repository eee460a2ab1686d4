"""Which grids does a list give to which units of which nets? One row a grid of a unit."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from data.sheets import Asked, Cells, read_sheet, words_of
from gis.nets import NetKind, NetLine
from gis.sheets import Sheet

HEADINGS: Final = {
    "code": ("业务网编码", "网编码", "net", "net_code"),
    "name": ("业务网名称", "网名称", "net_name"),
    "kind": ("业务网类型", "类型", "kind"),
    "unit": ("单元编码", "分组编码", "unit", "unit_code"),
    "unit_name": ("单元名称", "分组名称", "unit_name"),
    "grid": ("网格", "网格编码", "grid", "grid_code"),
}
NEEDED: Final = ("code", "name", "kind", "grid")
KINDS: Final = words_of(
    NetKind,
    {
        NetKind.POLICE: "警务 公安 警务网",
        NetKind.URBAN_MANAGEMENT: "城管 城市管理 城管网",
        NetKind.FIRE: "消防 消防网",
        NetKind.GOVERNANCE: "综治 综治网",
        NetKind.EMERGENCY: "应急 应急网",
        NetKind.SANITATION: "环卫 环卫网",
        NetKind.MARKET: "市场监管 市场监管网",
        NetKind.PARTY: "党建 党建网",
        NetKind.GROUP: "分组 网格组",
    },
)


def read_nets(file: Path, asked: Asked) -> Sheet[NetLine]:
    """Read nets. Without a column of units each net is one unit of its own name."""
    return read_sheet(file, HEADINGS, NEEDED, asked, _line)


def _line(cells: Cells) -> NetLine:
    code = cells.code("code", needed=True) or ""
    name = cells.text("name", needed=True)
    kind = cells.choice("kind", KINDS, needed=True) or NetKind.GROUP
    unit = cells.code("unit")
    unit_name = cells.text("unit_name") or ("" if unit else name)
    return NetLine(code, name, kind, unit or code, unit_name, cells.code("grid", needed=True) or "")
