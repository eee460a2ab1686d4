"""docs/imports.md lists every heading that the readers accept, and no other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from data import (
    addresses,
    buildings,
    compounds,
    disputes,
    facilities,
    members,
    nets,
    organisations,
)
from data.sheets import PLACE

PAGE = (Path(__file__).parents[2] / "docs" / "imports.md").read_text(encoding="utf-8")
LOCATED = (addresses, buildings, compounds, facilities)


@pytest.mark.parametrize(
    "kind",
    [organisations, compounds, buildings, facilities, addresses, members, nets, disputes],
)
def test_every_heading_stands_on_the_page(kind):
    name = kind.__name__.rpartition(".")[2]
    part = re.search(rf"^### {name} .*?(?=^###|\Z)", PAGE, re.M | re.S)[0]
    listed = {
        field + star: tuple(headings.split(" · "))
        for field, star, headings in re.findall(r"^\| `(\w+)`(\*?) \| (.+) \|$", part, re.M)
    }
    headings = kind.HEADINGS | (PLACE if kind in LOCATED else {})

    assert listed == {
        name + ("*" if name in kind.NEEDED else ""): tuple(accepted)
        for name, accepted in headings.items()
    }
