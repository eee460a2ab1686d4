"""Which ground is contested, by whom, and who acts there meanwhile? Out of a file of areas."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from data.sheets import Asked, Cells, read_sheet
from gis.disputes import DisputeLine, RegionNamed
from gis.sheets import Sheet

HEADINGS: Final = {
    "code": ("编码", "争议编码", "code"),
    "claimants": ("争议方", "争议各方", "claimants"),
    "owner": ("临时归属", "临时网格", "owner", "temporary_owner"),
    "reason": ("事由", "原因", "reason"),
    "source": ("依据", "文件", "source"),
    "since": ("起始", "起始日期", "since"),
    "ends_on": ("截止", "截止日期", "ends_on"),
}
NEEDED: Final = ("code", "claimants", "owner", "reason", "ends_on")


def read_disputes(file: Path, asked: Asked) -> Sheet[DisputeLine]:
    """Read disputes. Claimants are LEVEL:CODE, parted by 、 or a comma; every row has an area."""
    return read_sheet(file, HEADINGS, NEEDED, asked, _line, located=True)


def _line(cells: Cells) -> DisputeLine:
    claimants = []
    for written in cells.names("claimants"):
        level, colon, code = written.partition(":")
        if colon and level and code:
            claimants.append(RegionNamed(level, code))
        else:
            cells.wrong("row.claimant", "claimants")
    if len(claimants) < 2:
        cells.wrong("row.two_claimants", "claimants")
    since, ends_on = cells.moment("since"), cells.moment("ends_on")
    if ends_on is None and not cells.text("ends_on"):
        cells.wrong("row.missing", "ends_on")
    if cells.place.shape is None and not cells.place.problem:
        cells.wrong("row.no_area", "code")
    return DisputeLine(
        cells.code("code", needed=True) or "",
        tuple(claimants),
        cells.code("owner", needed=True) or "",
        cells.text("reason", needed=True),
        cells.text("source"),
        since.date() if since else None,
        ends_on.date() if ends_on else None,
        cells.place.shape,
    )
