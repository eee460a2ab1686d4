"""The file of the index is written when it has to be, and only then."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection

from gis.workflows.keep_tiling import FILE, keep_tiling, stamp_of
from tests.makers import NOW, keep
from tests.sketch import sketch

LATER = NOW + timedelta(minutes=1)


@pytest.fixture
def kept(connection: Connection, tmp_path: Path) -> Path:
    keep(connection, sketch("1 2"))
    assert keep_tiling(connection, tmp_path, NOW) == 1
    return tmp_path


def test_without_a_drawn_level_there_is_nothing_to_keep(connection, tmp_path):
    assert keep_tiling(connection, tmp_path, NOW) == 0
    assert list(tmp_path.iterdir()) == []


def test_a_current_file_stays(connection, kept):
    before = (kept / FILE).stat().st_ino
    assert keep_tiling(connection, kept, LATER) == 0
    assert (kept / FILE).stat().st_ino == before


def test_an_activation_a_new_day_and_a_broken_file_make_a_new_one(connection, kept):
    version = stamp_of(kept / FILE).boundary_version
    keep(connection, sketch("1 1"), edition="second")
    assert keep_tiling(connection, kept, LATER) == 1
    assert stamp_of(kept / FILE).boundary_version == version + 1
    (kept / FILE).write_bytes((kept / FILE).read_bytes()[:-1] + b"x")
    assert stamp_of(kept / FILE) is None
    assert keep_tiling(connection, kept, LATER) == 1
    assert keep_tiling(connection, kept, NOW - timedelta(days=1)) == 1


def test_a_file_of_a_day_that_is_over_is_replaced(connection, kept):
    tomorrow = NOW + timedelta(days=1)
    keep(connection, sketch("1 1"), edition="second", valid_from=tomorrow.date())
    assert keep_tiling(connection, kept, NOW) == 1
    assert keep_tiling(connection, kept, tomorrow) == 1
    assert stamp_of(kept / FILE).valid_until is None
