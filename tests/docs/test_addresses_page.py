"""docs/addresses.md: its example works, and its figures are those that are counted."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest

from tests.address_figures import Demo, Taipei, sections

FILE = Path(__file__).parents[2] / "docs" / "addresses.md"
PAGE = FILE.read_text(encoding="utf-8")
MAY_BE_WRONG = {"a slip in a name", "a character missing", "a wrong digit"}


def test_the_example_works():
    assert doctest.testfile(str(FILE), module_relative=False).failed == 0


def test_the_taipei_figures_are_those_that_are_counted():
    taipei = Taipei()
    assert taipei.named_regions() in PAGE
    assert taipei.understood() in PAGE


def test_no_way_of_writing_an_address_right_leads_to_a_wrong_place():
    rows = Demo().written(40)
    assert sum(row.asked for row in rows.values()) > 500
    for name, row in rows.items():
        assert name in PAGE
        if name not in MAY_BE_WRONG:
            assert not row.counts["wrong"], row.examples["wrong"]
            assert not row.counts["region wrong"], row.examples["region wrong"]
    for name in ("with all regions", "full-width", "Chinese numerals", "room, words around"):
        assert rows[name].counts["right"] == rows[name].asked


@pytest.mark.prove
def test_every_figure_of_the_page_is_the_one_that_is_counted():
    for title, text in sections(Demo(), Taipei()).items():
        assert text in PAGE, title
