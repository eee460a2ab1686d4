"""Lists that say which buildings belong together."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.groups import read_groups
from gis.errors import BadInput


def listed(folder: Path, text: str) -> Path:
    file = folder / "组.csv"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_list_names_the_group_of_each_building(tmp_path):
    read = read_groups(listed(tmp_path, "村民小组,楼栋编码\n一组,a\n二组,b\n一组,c\n一组,a\n"))
    assert read == {"a": "一组", "b": "二组", "c": "一组"}


@pytest.mark.parametrize(
    ("text", "key"),
    [("code,group\na,一\na,二\n", "groups_two"), ("code,group\na,\n", "groups_row")],
)
def test_a_building_in_two_groups_or_in_none_is_refused_with_its_row(tmp_path, text, key):
    with pytest.raises(BadInput, match=key):
        read_groups(listed(tmp_path, text))
