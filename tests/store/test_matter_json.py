"""What is kept of a proposal, read back, is the same proposal."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.governance.classify import propose
from gis.governance.rulebook import rulebook
from gis.matters import Label, Words
from gis.store.matter_json import (
    item_from_json,
    item_to_json,
    proposal_from_json,
    proposal_to_json,
    words_from_json,
    words_to_json,
)

VALUES = st.text() | st.integers() | st.floats(allow_nan=False) | st.builds(Label, st.text())


@pytest.mark.parametrize(
    "text",
    ["暴露垃圾", "网格员张某收费50元", "垃圾桶旁边路灯不亮，燃气泄漏", "", "3号楼修枝"],
)
@pytest.mark.parametrize("category", [None, "E0101", "conduct", "no such"])
def test_every_proposal_comes_back_the_same(text: str, category: str | None):
    proposal = propose(text, category, rulebook().in_force())

    kept = json.loads(json.dumps(proposal_to_json(proposal)))

    assert proposal_from_json(kept) == proposal


@pytest.mark.parametrize("code", list(rulebook().categories))
def test_every_item_of_the_list_comes_back_the_same(code: str):
    item = rulebook().default_list.items[code]

    assert item_from_json(json.loads(json.dumps(item_to_json(item)))) == item


@given(st.text(), st.dictionaries(st.text(), VALUES))
def test_words_come_back_the_same(key: str, values: dict[str, str | int | float | Label]):
    words = Words(key, values)

    assert words_from_json(json.loads(json.dumps(words_to_json(words)))) == words
