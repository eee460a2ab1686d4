"""docs/security.md names tests that exist, and every row of the chapters it covers."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (\d+(?:\.\d+)+) \| (.+?) \| (.+) \|$", PAGE, re.M)
ANSWERS = ("`", "document: ", "does not apply: ", "**untested**: ", "**not met**: ")


def test_every_row_has_an_answer_of_a_known_kind():
    assert len(ROWS) > 200
    assert [row for row in ROWS if not row[2].startswith(ANSWERS)] == []


def test_every_test_that_is_named_exists():
    missing = []
    for number, _, shown in ROWS:
        for file, name in re.findall(r"`([\w/]+\.py)::(\w+)`", shown):
            path = ROOT / "tests" / file
            if not path.exists() or f"def {name}(" not in path.read_text(encoding="utf-8"):
                missing.append((number, file, name))

    assert missing == []


def test_every_document_that_is_named_exists():
    decisions = ROOT / "docs" / "decisions"
    for number in set(re.findall(r"decision (\d+)", PAGE)):
        assert list(decisions.glob(f"{int(number):04}-*.md")), number
    for path in set(re.findall(r"(docs/[\w/-]+\.md)", PAGE)):
        assert (ROOT / path).exists(), path
